"""Putting a firmware on the board: what runs there for it. In no slot: the host sends this text to the prompt.

So it works on a board that holds nothing. Each function prints one line of JSON; from the first call on, a host that
falls silent ends in the watchdog's reset. Whatever moment that comes at, the board starts as it stood:
a slot is filled while it holds no app.mpy (the loader passes over it), /main.py and /active change by one rename each.
"""

import json
import os
import sys
import time
from binascii import a2b_base64, hexlify
from hashlib import sha256

import machine

WATCHDOG_MS = 8_000
APP, HELD = "/app.mpy", "/app.held"
_WATCHDOG_CTRL_CLEAR = 0x4005_B000  # as in board.py
_WATCHDOG_ENABLE = 1 << 30
_watchdog = None


def guarded(function):
    """The watchdog armed, and one line whatever happens."""

    def call(*arguments):
        global _watchdog
        _watchdog = machine.WDT(timeout=WATCHDOG_MS)
        try:
            answer = function(*arguments)
        except (OSError, ValueError) as error:
            answer = {"error": str(error) or repr(error)}
        print(json.dumps(answer))
        _watchdog.feed()

    return call


def text_of(path):
    """A small file's text; None if there is none or it is no text."""
    try:
        with open(path) as file:
            return file.read(64).strip()
    except (OSError, ValueError):
        return None


def size(path):
    """Bytes of a file, -1 for a folder, None for nothing."""
    try:
        stat = os.stat(path)
        return -1 if stat[0] & 0x4000 else stat[6]
    except OSError:
        return None


def digest(path):
    """A file's SHA-256 as hex, read from flash."""
    found = sha256()
    with open(path, "rb") as file:
        while True:
            data = file.read(1024)
            if not data:
                return hexlify(found.digest()).decode()
            found.update(data)
            _watchdog.feed()


def walk(folder, inside=""):
    """Paths of all files in a folder, from that folder on."""
    found = []
    for name in os.listdir(folder) if size(folder) == -1 else []:
        path = folder + "/" + name
        if size(path) == -1:
            found += walk(path, inside + name + "/")
        else:
            found.append(inside + name)
    return found


@guarded
def facts():
    """How the board stands, as far as an installation cares. The running version's slot joins the path."""
    active = text_of("/active")
    holds = {slot: size("/" + slot + APP) is not None or size("/" + slot + "/app.py") is not None for slot in "ab"}
    if active in ("a", "b") and holds[active]:
        sys.path.insert(0, "/" + active)  # so that a reset goes through its service and keeps the clock
    volume = os.statvfs("/")
    return {
        "active": active,
        "holds": holds,
        "row": text_of("/board"),
        "block_bytes": volume[0],
        "free_bytes": volume[0] * volume[3],
        "loader": None if size("/main.py") is None else digest("/main.py"),
    }


@guarded
def this_boot():
    """The number of the firmware's last start, and how long ago the board was switched on or reset, ms."""
    number = text_of("/boots") or ""
    return {"boot": int(number) if number.isdigit() else None, "up_ms": time.ticks_ms()}


@guarded
def sessions():
    """SHA-256 of every session file that holds something."""
    names = os.listdir("/sessions") if size("/sessions") == -1 else []
    return [digest("/sessions/" + name) for name in names if name.endswith(".knee") and size("/sessions/" + name)]


@guarded
def listing(slot):
    """Path in the slot -> SHA-256."""
    return {path: digest("/" + slot + "/" + path) for path in walk("/" + slot)}


@guarded
def hold(slot):
    """Make the slot one that the loader passes over, until complete()."""
    if size("/" + slot) is None:
        os.mkdir("/" + slot)
    if size("/" + slot + APP) is not None:
        os.rename("/" + slot + APP, "/" + slot + HELD)
    if size("/" + slot + "/app.py") is not None:
        os.remove("/" + slot + "/app.py")
    return {"held": slot}


@guarded
def complete(slot):
    """All files are there and right: the slot holds a firmware."""
    os.rename("/" + slot + HELD, "/" + slot + APP)
    return {"complete": slot}


@guarded
def remove(*paths):
    for path in paths:
        os.remove(path)
    return {"removed": len(paths)}


def make_folders(path):
    parts = path.split("/")
    for n in range(2, len(parts)):
        if size("/".join(parts[:n])) is None:
            os.mkdir("/".join(parts[:n]))


@guarded
def take(path, data, first, last):
    """A piece of a file, base64; the whole file's SHA-256, read back, after the last."""
    if first:
        make_folders(path)
    with open(path, "wb" if first else "ab") as file:
        file.write(a2b_base64(data))
    return {"sha256": digest(path) if last else None}


@guarded
def copy(source, target):
    """A file that the board has already; SHA-256 of what was written."""
    make_folders(target)
    with open(source, "rb") as old, open(target, "wb") as new:
        while True:
            data = old.read(1024)
            if not data:
                break
            new.write(data)
    return {"sha256": digest(target)}


@guarded
def put_loader():
    """/main.py.new over /main.py. A main.py of the board's owner, from before kneesync, is kept as /main.py.before."""
    if size("/main.py") is not None:
        with open("/main.py", "rb") as file:
            ours = b"kneesync" in file.read()
        if not ours:
            os.rename("/main.py", "/main.py.before")
    os.rename("/main.py.new", "/main.py")
    return {"loader": digest("/main.py")}


@guarded
def switch(slot):
    """The next start is the slot's, as if none of its starts had ever failed. The last rename is the switch."""
    for path in ("/starting", "/failed", "/left"):
        if size(path) is not None:
            os.remove(path)
    with open("/active.new", "w") as file:
        file.write(slot)
    os.rename("/active.new", "/active")
    return {"active": slot}


def test(slot):
    """The self-test, from the slot's own files: a line of JSON a check."""
    sys.path.insert(0, "/" + slot)
    import selftest

    selftest.run()


def bootloader():
    """The board leaves MicroPython and becomes a drive. Nothing may reset it there."""
    machine.mem32[_WATCHDOG_CTRL_CLEAR] = _WATCHDOG_ENABLE
    machine.bootloader()
