"""What comes before a board is changed: its installer's text, its clock's note, and no if runs would be lost."""

from collections.abc import Mapping
from typing import Any

from kneesync import untrusted
from kneesync.board.keeper import Keeper
from kneesync.board.link import HASHING_QUIET_S, Link
from kneesync.errors import KneesyncError
from kneesync.firmware.image import INSTALLER, device_folder


def date_boot(link: Link, library: Keeper[Any, Any]) -> None:
    """Note when the board's present boot began: it ends here, and runs recorded in it are still to be pulled."""
    if link.info.get("runs") is not True:
        return  # no firmware ran in it, or nobody knows
    found = link.call("this_boot()")
    boot, up_ms = untrusted.whole(found.get("boot"), 0, 1 << 31), untrusted.whole(found.get("up_ms"), 0, 1 << 40)
    if boot is not None and up_ms is not None and link.board:
        library.note_boot(link.board, boot, up_ms)


def refuse_unpulled(link: Link, library: Keeper[Any, Any]) -> None:
    """KneesyncError if the board holds sessions that the library does not."""
    found = link.call("sessions()", list, HASHING_QUIET_S)
    hashes = map(untrusted.sha256, found)
    missing = sum(sha256 is None or not library.holds(sha256) for sha256 in hashes)
    if missing:
        raise KneesyncError(
            f"found {missing} session{'s' if missing > 1 else ''} on board {link.board} that the library lacks; "
            "run `kneesync pull` first, or say --even-unpulled to leave them on the board"
        )


def micropython_version(info: Mapping[str, object]) -> str:
    """Such as 1.28.0."""
    numbers = info.get("version")
    numbers = numbers if isinstance(numbers, list) else []
    return ".".join(str(number) for number in numbers[:3] if untrusted.whole(number, 0, 9999) is not None) or "unknown"


def installer() -> str:
    """The text of device/install.py."""
    return (device_folder() / INSTALLER).read_text(encoding="utf-8")
