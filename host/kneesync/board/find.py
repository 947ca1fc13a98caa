"""Which boards are here: on USB by their maker's number, virtual ones by the notes they leave while they run."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kneesync import untrusted
from kneesync.errors import NoBoardError

# USB vendor ids under which MicroPython boards of ours appear: Raspberry Pi (RP2040) and Adafruit.
NONE_FOUND = "no board found; plug one in with a data cable, or start one without hardware: kneesync virtual"
USB_VENDORS = {0x2E8A: "RP2040 board", 0x239A: "Adafruit board"}


@dataclass
class Board:
    """A board that could be opened. `id` is None where a port was named that tells nothing of itself."""

    port: str
    id: str | None
    description: str
    virtual: bool = False


def boards() -> list[Board]:
    """Every board in reach, USB first. Nothing is opened: a run under way goes on."""
    from serial.tools import list_ports

    found = []
    for port in list_ports.comports():
        if port.vid in USB_VENDORS:
            board_id = untrusted.board_id((port.serial_number or "").lower())
            found.append(Board(port.device, board_id, port.product or USB_VENDORS[port.vid]))
    return found + _virtual_boards()


def other_ports() -> list[str]:
    """Serial ports whose maker is none of our boards'."""
    from serial.tools import list_ports

    return sorted(untrusted.printable(port.device, 40) for port in list_ports.comports() if port.vid not in USB_VENDORS)


def pick(wanted: str | None = None) -> Board:
    """The board that an id (or its start) or a port names; for None the only one there is.

    NoBoardError if that is none or several.
    """
    if wanted and (os.sep in wanted or wanted.upper().startswith("COM")):
        named = _port_named(wanted)
        return next(
            (board for board in boards() if _port_named(board.port) == named), Board(wanted, None, "named port")
        )
    found = boards()
    matching = [board for board in found if (board.id or "").startswith((wanted or "").lower())]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise NoBoardError(f"several boards: {_listed(matching)}; name one by its id")
    if wanted:
        here = f"here: {_listed(found)}" if found else "none is connected"
        raise NoBoardError(f"no board {untrusted.printable(wanted)}; {here}")
    raise NoBoardError(NONE_FOUND)


def _port_named(name):
    """A port's name as it is compared: Windows' without regard to capitals, macOS' pair of a device as one."""
    if os.name == "nt":
        return name.upper().removeprefix("\\\\.\\")
    return name.replace("/dev/tty.", "/dev/cu.", 1) if name.startswith("/dev/tty.") else name


def port_of(board_id: str | None) -> str | None:
    """Where the board with this id is now, or None."""
    return next((board.port for board in boards() if board_id and board.id == board_id), None)


@contextlib.contextmanager
def registered(port: str, board_id: str) -> Iterator[Callable[..., None]]:
    """While inside, other kneesync commands of this user find the virtual board at `port`.

    Gives moved(port, drive): where the board is from now on, one of the two None.
    """
    folder = _registry()
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / f"{os.getpid()}.json"

    def moved(port: str | None, drive: str | None = None) -> None:
        beside = note.with_suffix(".new")
        beside.write_text(json.dumps({"port": port, "drive": drive, "id": board_id, "pid": os.getpid()}), "ascii")
        beside.replace(note)

    moved(port)
    try:
        yield moved
    finally:
        note.unlink(missing_ok=True)


def _registry():
    import warnings

    import platformdirs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without XDG_RUNTIME_DIR it falls back to a folder under /tmp, and says so
        runtime = platformdirs.user_runtime_dir("kneesync", appauthor=False)
    return Path(os.environ.get("KNEESYNC_RUNTIME") or runtime) / "boards"


def virtual_drives() -> list[Path]:
    """The folders of virtual boards in their bootloader."""
    return [Path(about["drive"]) for about in _notes() if isinstance(about.get("drive"), str)]


def _virtual_boards():
    found = []
    for about in _notes():
        port, board_id = about.get("port"), untrusted.board_id(about.get("id"))
        if isinstance(port, str) and board_id is not None and os.path.exists(port):
            found.append(Board(port, board_id, "virtual board", virtual=True))
    return found


def _notes():
    """What the virtual boards that live say of themselves."""
    found = []
    for note in sorted(_registry().glob("*.json")):
        try:
            about = untrusted.parsed(note.read_bytes())
        except Exception:  # half-written or foreign: not a board
            continue
        pid = untrusted.whole(about.get("pid"), 2, 1 << 31)
        if pid is not None and _lives(pid):
            found.append(about)
    return found


def _lives(pid):
    if os.name == "nt":
        return False  # the virtual board needs POSIX
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _listed(some):
    return ", ".join(f"{board.id or 'without id'} at {board.port}" for board in some)
