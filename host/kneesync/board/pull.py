"""Bringing a board's sessions home: list, stream, check, keep. Cut anywhere and run again, it ends the same.

A file gets its name in the library only when every chunk's CRC and the whole file's SHA-256 are those that the board
said. What was received before a cut is kept aside and the transfer goes on from there.
"""

import binascii
import math
import time
from dataclasses import dataclass

from kneesync import untrusted
from kneesync.board.link import HASHING_QUIET_S, LinkError
from kneesync.errors import KneesyncError
from kneesync.library.session import MOST_FILE_BYTES

CHUNK_BYTES = 3072  # what service.read puts into one line
WINDOW_BYTES = 64 * CHUNK_BYTES  # asked for at once: bounds memory and what a bad chunk costs
_LINE_BYTES = CHUNK_BYTES // 3 * 4 + 16
MOST_SESSIONS = 4096
MOST_TRIES = 4  # of one file: windows in a row without progress, or whole transfers with a wrong hash


@dataclass
class Pulled:
    """What became of one file on the board."""

    name: str
    bytes: int = 0
    state: str = "failed"  # "new", "here already" or "failed"
    kept: object = None  # library.index.Kept, unless failed
    problem: str | None = None

    @property
    def session_id(self):
        """The session's id in the library, None if it failed."""
        return self.kept.id if self.kept else None


@dataclass
class Listed:
    """One file as the board lists it, checked."""

    name: str
    bytes: int
    sha256: str


def pull(link, library, progress=None, on_result=None):
    """Bring every session of the board at `link` that the library does not hold. Returns a list of Pulled.

    progress(name, bytes so far, bytes in all) is called as data comes, on_result(Pulled) after each file. A file that
    cannot be had or is no session is reported and the next one taken; LinkError when the board itself is gone.
    """
    _tell_time(link, library)
    listed, results = _listing(link)
    for result in results:
        if on_result:
            on_result(result)
    for file in listed:
        result = _one(link, library, file, progress)
        results.append(result)
        if on_result:
            on_result(result)
    return results


def _tell_time(link, library):
    """Date the board's present boot by this machine's clock, and set the board's."""
    up_ms = untrusted.whole(link.info.get("up_ms"), 0, 1 << 40)
    boot = untrusted.whole(link.info.get("boot"), 0, 1 << 31)
    if up_ms is not None and boot is not None:
        library.note_boot(link.board, boot, up_ms)
    link.call(f"service.set_clock({int(time.time())})")


def _listing(link):
    """(files that make sense, Pulled for those that do not)."""
    listed, refused = [], []
    entries = link.call("service.listing()", list, HASHING_QUIET_S)
    if len(entries) > MOST_SESSIONS:
        raise LinkError(
            f"the board lists {len(entries)} sessions, expected up to {MOST_SESSIONS}; run `kneesync flash`"
        )
    for one in entries:
        entry = one if isinstance(one, dict) else {}
        name = untrusted.session_name(entry.get("name"))
        size_bytes = untrusted.whole(entry.get("bytes"), 0, MOST_FILE_BYTES)
        digest = untrusted.sha256(entry.get("sha256"))
        if name is None or size_bytes is None or digest is None:
            shown = untrusted.printable(entry.get("name"), 40)
            refused.append(Pulled(shown, problem="its name, size or hash is not one of a session; left on the board"))
        else:
            listed.append(Listed(name, size_bytes, digest))
    return listed, refused


def _one(link, library, file, progress):
    """Bring one file, unless the library holds it."""
    kept = library.holds(file.sha256)
    if kept:
        return Pulled(file.name, file.bytes, "here already", kept)
    problem = None
    for _ in range(2):  # a part left by an earlier pull may be what spoils the hash: then once from its start
        incoming = library.incoming(link.board, file.name, file.bytes, file.sha256)
        resumed = incoming.received_bytes > 0
        try:
            _receive(link, file, incoming, progress)
            return Pulled(file.name, file.bytes, "new", library.keep(incoming))
        except LinkError:
            raise
        except KneesyncError as error:
            problem = str(error)
        finally:
            incoming.close()
        if not resumed:
            break
    return Pulled(file.name, file.bytes, problem=problem)


def _receive(link, file, incoming, progress):
    """Append to `incoming` until all of the file is there."""
    idle = 0
    while (offset := incoming.received_bytes) < file.bytes:
        wanted = min(WINDOW_BYTES, file.bytes - offset)
        window = _Window(wanted, lambda data: _took(incoming, data, file, progress))
        most_bytes = math.ceil(wanted / CHUNK_BYTES) * _LINE_BYTES + 64
        link.stream(f"service.read({file.name!r}, {offset}, {wanted})", window.take, most_bytes)
        if window.error:
            raise KneesyncError(f"{file.name}: the board says: {window.error}")
        idle = 0 if incoming.received_bytes > offset else idle + 1
        if idle == MOST_TRIES:
            raise KneesyncError(
                f"{file.name}: its bytes at {offset} arrived damaged {MOST_TRIES} times; try another cable"
            )


def _took(incoming, data, file, progress):
    incoming.append(data)
    if progress:
        progress(file.name, incoming.received_bytes, file.bytes)


class _Window:
    """Decodes the lines of one service.read: chunks in order up to the first damaged one, the rest is passed over."""

    def __init__(self, wanted_bytes, on_chunk):
        self._left = wanted_bytes
        self._on_chunk = on_chunk
        self._rest = bytearray()
        self._sound = True
        self.error = None

    def take(self, data):
        """More of what the board printed."""
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        self._rest = rest
        for line in lines:
            if self._sound and self._left:
                self._line(line.strip())

    def _line(self, line):
        chunk = _chunk(line)
        if chunk is None or len(chunk) != min(CHUNK_BYTES, self._left):
            self._sound = False
            if line.startswith(b'{"error"'):
                self.error = untrusted.printable(line.decode("ascii", "replace"), 160)
            return
        self._left -= len(chunk)
        self._on_chunk(chunk)


def _chunk(line):
    """The bytes of one line "<base64> <crc32>", or None if they are not those that were sent."""
    coded, _, crc = line.partition(b" ")
    try:
        data = binascii.a2b_base64(coded, strict_mode=True)
        return data if len(crc) == 8 and int(crc, 16) == binascii.crc32(data) else None
    except ValueError:
        return None
