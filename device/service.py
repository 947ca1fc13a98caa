"""What the host may call over the REPL: each function prints one line of JSON, read() lines of data.

    import service
    service.info()

Every call keeps the board from waiting for ever: from then on the watchdog bites if the host falls silent.
Nothing that the host sends is trusted: names, places and lengths are checked. Errors are {"error": text}.
"""

import json
import os
import sys
from binascii import b2a_base64, crc32, hexlify
from hashlib import sha256
from struct import unpack_from

import battery
import board
import persist

import __main__  # pyright: ignore[reportMissingImports] - whatever runs the board: main.py, or a prompt
from kneecore import __version__
from kneecore import sessionlog as log
from kneecore import settings as table

SESSIONS = "/sessions"
WIRE = 2  # how read() sends; the host asks for it in info()
CHUNK_BYTES = 6144  # 8 KB of base64: what the heap gives in one piece, and few enough calls
_FEED_MS = 1000  # a chunk takes 0.7 s at 115200 baud; the watchdog bites after 8.4
_MOST_JSON = 2048
_JUST_MS = 60_000
_HOST = log.END_REASONS.index("host")

_fed_ms = 0  # uptime when the watchdog was last fed in the midst of a call


def let_in():
    """A host pressed Ctrl-C: leave it the prompt, but not for ever."""
    board.stop_watchdog()
    board.speed_up()
    board.stop_motor()
    persist.started_well()
    _lease("start")
    print("the firmware starts again in 25 s of silence; to stay at the prompt: import service; service.stay()")


def _lease(do):
    """Start or cancel what main.py left in __main__: at the prompt too, the board comes back by itself."""
    lease = getattr(__main__, "kneesync_lease", None)
    if lease:
        getattr(lease, do)()


def say(value):
    """Print a value as one line of JSON."""
    print(json.dumps(value))


def guarded(function):
    """The watchdog in place of the lease, and one line whatever happens."""

    def call(*arguments):
        _lease("cancel")
        board.start_watchdog()
        try:
            function(*arguments)
        except (OSError, ValueError, TypeError) as error:
            say({"error": str(error) or repr(error)})
        board.feed_watchdog()

    return call


def _checked_name(name):
    """A session's name is 00012-3.knee and nothing else: no path, no surprise."""
    boot, dash, rest = name.partition("-")
    number, dot, kind = rest.partition(".")
    if len(boot) == 5 and boot.isdigit() and 0 < len(number) <= 4 and number.isdigit() and kind == "knee":
        return name
    raise ValueError("no session is called %s" % repr(name[:40]))


def sessions():
    """The sessions' names, oldest first. A file that a cut left empty at its opening is cleared away."""
    found = []
    try:
        for name in os.listdir(SESSIONS):
            try:
                if _size(_checked_name(name)):
                    found.append(name)
                else:
                    os.remove(SESSIONS + "/" + name)
            except ValueError:
                pass
    except OSError:
        pass
    found.sort(key=lambda name: (name[:5], len(name), name))
    return found


def _size(name):
    return os.stat(SESSIONS + "/" + name)[6]


def _sha256(name):
    """The file's SHA-256 as hex."""
    digest = sha256()
    with open(SESSIONS + "/" + name, "rb") as file:
        for data in _chunks(file, _size(name)):
            digest.update(data)
    return hexlify(digest.digest()).decode()


def _chunks(file, length):
    """The file's next bytes, at most length, as views of one buffer. The watchdog is fed, over many small files too."""
    global _fed_ms
    chunk = bytearray(CHUNK_BYTES)
    view = memoryview(chunk)
    while length > 0:
        n = file.readinto(chunk if length >= CHUNK_BYTES else view[:length])
        if not n:
            return
        yield chunk if n == CHUNK_BYTES else view[:n]
        length -= n
        now_ms = board.up_ms()
        if now_ms - _fed_ms > _FEED_MS:
            board.feed_watchdog()
            _fed_ms = now_ms


def _closed():
    """The session that this host's Ctrl-C ended, or None: its last block says so."""
    names = sessions()
    if not names or names[-1][:5] != "%05d" % persist.boot():
        return None
    with open(SESSIONS + "/" + names[-1], "rb") as file:
        file.seek(max(0, _size(names[-1]) - log.BLOCK_BYTES - log.END_BYTES))
        block = file.read()
    if len(block) < log.BLOCK_BYTES + log.END_BYTES or block[0] != log.END:
        return None
    reason, t_ms, _ = unpack_from(log.END_PAYLOAD, block, log.BLOCK_BYTES)
    return names[-1] if reason == _HOST and 0 <= board.up_ms() - t_ms < _JUST_MS else None


@guarded
def info():
    """Who this is and how it stands."""
    free, total = board.free_bytes()
    say(
        {
            "firmware": __version__,
            "wire": WIRE,
            "board": board.board_id(),
            "row": board.name,
            "chip": board.imu_name,
            "boot": persist.this_boot,  # None where no app counted: in safe mode, on a full flash
            "up_ms": board.up_ms(),
            "clock_s": board.clock_s(),
            "free_bytes": free,
            "total_bytes": total,
            "battery_mv": battery.read_mv() or None,
            "sessions": len(sessions()),
            "closed": _closed(),
            "mpy": getattr(sys.implementation, "_mpy", None),
            "settings": table.merged(persist.changes())[0],
        }
    )


@guarded
def listing():
    """Every session: name, bytes, SHA-256."""
    print("[", end="")
    mark = ""
    for name in sessions():
        print(mark + json.dumps({"name": name, "bytes": _size(name), "sha256": _sha256(name)}), end="")
        mark = ", "
    print("]")


@guarded
def read(name, offset, length):
    """The bytes from offset on, at most length: lines "<crc32> <base64>" a chunk of 6144, then ".".

    Written as bytes: print would make a second copy of each chunk, and a third to add the CRC.
    """
    path = SESSIONS + "/" + _checked_name(name)
    if not 0 <= offset <= _size(name) or length < 0:
        raise ValueError("%s has %d bytes; asked for %s from %s" % (name, _size(name), length, offset))
    write = sys.stdout.buffer.write
    with open(path, "rb") as file:
        file.seek(offset)
        for data in _chunks(file, length):
            write(b"\n%08x " % crc32(data))
            write(b2a_base64(data, newline=False))  # pyright: ignore[reportArgumentType] - any buffer will do
    write(b"\n.\n")


@guarded
def remove(name, digest):
    """Delete a session, if its SHA-256 is still that one."""
    found = _sha256(_checked_name(name))
    if found != digest:
        raise ValueError("%s is not what was listed, its SHA-256 is %s...: it stays" % (name, found[:12]))
    os.remove(SESSIONS + "/" + name)
    say({"removed": name})


@guarded
def set_clock(unix_s):
    """Set the wall clock."""
    if not 1_700_000_000 < unix_s < 4_102_444_800:
        raise ValueError("clock %s is not between 2023 and 2100" % unix_s)
    board.set_clock(int(unix_s))
    say({"up_ms": board.up_ms(), "clock_s": board.clock_s()})


@guarded
def settings(json_text, afresh=False):
    """Change settings, all of them or none: a JSON object name -> value, null for the default.

    With `afresh` every other setting goes back to its default too. The firmware reads them at its next start.
    """
    if len(json_text) > _MOST_JSON:
        raise ValueError("settings of %d characters; at most %d" % (len(json_text), _MOST_JSON))
    changes = json.loads(json_text)
    if not isinstance(changes, dict):
        raise ValueError("settings are %s; expected an object of names and values" % json_text[:40])
    kept = {} if afresh else persist.changes()
    for name in changes:
        if changes[name] is None:
            table.row(name)
            kept.pop(name, None)
        else:
            kept[name] = table.checked(name, changes[name])
    persist.save_changes(kept)
    say({"settings": table.merged(persist.changes())[0]})


def stay():
    """Stay at the prompt until a reset: no lease, no watchdog."""
    _lease("cancel")
    board.stop_watchdog()
    say({"stays": True})


def restart():
    """Back to the firmware: a wanted reset, the clock is kept. Says nothing itself; the firmware's start does."""
    persist.restart()
