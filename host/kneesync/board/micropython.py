"""Installing MicroPython itself: a UF2 file onto the drive that a board's bootloader is, and the board back from there.

The RP2040's bootloader lives in ROM and cannot be damaged: whatever goes wrong here, holding BOOT while plugging the
board in leads back to it. Tried on the virtual board only.
"""

import os
import re
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kneesync import untrusted
from kneesync.board import find
from kneesync.board.installing import date_boot, installer, micropython_version, refuse_unpulled
from kneesync.board.keeper import Keeper
from kneesync.board.link import LinkError
from kneesync.board.prompt import Prompt
from kneesync.errors import KneesyncError, NoBoardError

DRIVE_S = 30  # the system has to notice the drive and mount it
BACK_S = 40  # writing 1 MB of flash, then starting
INFO = "INFO_UF2.TXT"
BOARD_ID = "Board-ID: RPI-RP2"  # what the RP2040's ROM calls itself there
# UF2's own description (github.com/microsoft/uf2): a block's first 8 words, its magic numbers and flags
BLOCK_BYTES, MOST_PAYLOAD_BYTES = 512, 476
_HEAD = struct.Struct("<8I")
_MAGICS = 0x0A32_4655, 0x9E5D_5157, 0x0AB1_6F30
_NOT_FOR_FLASH, _HAS_FAMILY = 0x0000_0001, 0x0000_2000
RP2040 = 0xE48B_FF56
_FAMILIES = {0xE48B_FF57: "absolute addresses", 0xE48B_FF59: "RP2350", 0x68ED_2B88: "SAMD21", 0x5511_4460: "SAMD51"}
_FLASH = range(0x1000_0000, 0x1100_0000)  # RP2040 data sheet 2.2: where the flash chip appears, 16 MB
_MOST_BYTES = 2 * len(_FLASH)


def install(
    wanted: str | None,
    path: str | Path,
    library: Keeper[Any, Any],
    say: Callable[[str], object] | None = None,
    even_unpulled: bool = False,
    mounted: Callable[[], list[Path]] | None = None,
) -> find.Board:
    """Install the MicroPython of a UF2 file. Returns the find.Board that came back, at its prompt.

    `wanted`: as find.pick takes it, or the folder of a bootloader's drive. say(text) hears what is going on.
    mounted() gives the folders that a drive may be at; default: what this system has mounted.
    KneesyncError, before the board is touched, if the file is not for an RP2040, or over sessions not in `library`.
    """
    data = checked(path)
    mounted = mounted or mounted_folders
    drive, board_id = _found_drive(wanted, mounted)
    if drive is None:
        picked = find.pick(wanted)
        there = drives(mounted)
        with Prompt(picked.port, picked.id, installer()) as link:
            date_boot(link, library)
            if not even_unpulled:
                refuse_unpulled(link, library)
            board_id = link.board
            link.leave("bootloader()")
        drive = _new_drive(there, mounted, board_id)
    others = {board.port for board in find.boards() if board_id is None or board.id != board_id}
    _tell(say, f"Copying {Path(path).name} to {drive} ...")
    trouble = _copy(data, drive)
    return _back(board_id, others, trouble, say)


def checked(path: str | Path) -> bytes:
    """A UF2 file's bytes. KneesyncError if it is not a whole one for an RP2040's flash."""
    shown = untrusted.printable(str(path), 100)
    try:
        if os.path.getsize(path) > _MOST_BYTES:
            raise KneesyncError(f"{shown} is too large for an RP2040's firmware; expected a UF2 file of some 100 KB")
        data = Path(path).read_bytes()
    except OSError as error:
        raise KneesyncError(f"cannot read {shown}: {error.strerror}") from None
    if not data or len(data) % BLOCK_BYTES:
        raise KneesyncError(f"{shown} is no whole UF2 file: found {len(data)} bytes, expected blocks of {BLOCK_BYTES}")
    blocks = len(data) // BLOCK_BYTES
    numbers = set()
    for at in range(0, len(data), BLOCK_BYTES):
        first, second, flags, address, payload, number, count, family = _HEAD.unpack_from(data, at)
        where = f"{shown}, block {at // BLOCK_BYTES}"
        if (first, second, *struct.unpack_from("<I", data, at + BLOCK_BYTES - 4)) != _MAGICS:
            raise KneesyncError(f"{where} is no UF2 block (its magic numbers are wrong); download the file again")
        if not flags & _HAS_FAMILY or family != RP2040:
            found = _FAMILIES.get(family, f"family 0x{family:08x}") if flags & _HAS_FAMILY else "no family"
            raise KneesyncError(
                f"{where} is for {found}, expected RP2040 (0x{RP2040:08x}); take the file of your board from "
                "micropython.org/download"
            )
        if flags & _NOT_FOR_FLASH or not 0 < payload <= MOST_PAYLOAD_BYTES or address not in _FLASH:
            raise KneesyncError(f"{where} is not for the flash of an RP2040; take another file")
        if count != blocks or number >= count:
            raise KneesyncError(
                f"{shown} is cut or mixed: found {blocks} blocks, one of which says {number} of {count}; "
                "download the file again"
            )
        numbers.add(number)
    if len(numbers) != blocks:
        raise KneesyncError(f"{shown} has a block twice, so another is missing; download the file again")
    return data


def mounted_folders() -> list[Path]:
    """Where this system may have mounted a drive that was just plugged in."""
    if sys.platform == "darwin":
        return list(Path("/Volumes").iterdir())
    if sys.platform == "win32":
        return [Path(f"{letter}:\\") for letter in "DEFGHIJKLMNOPQRSTUVWXYZ"]
    try:
        lines = Path("/proc/self/mounts").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
    rows = [line.split(" ") for line in lines]
    # spaces and the like stand as \040 there
    plain = [
        re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), row[1]) for row in rows if row[2:3] == ["vfat"]
    ]
    return [Path(folder) for folder in plain]


def drives(mounted: Callable[[], list[Path]] = mounted_folders) -> list[Path]:
    """The folders at which an RP2040's bootloader is mounted, virtual ones too."""
    return [folder for folder in [*mounted(), *find.virtual_drives()] if _is_bootloader(folder)]


def _is_bootloader(folder):
    try:
        with open(Path(folder) / INFO, encoding="ascii", errors="replace") as file:
            return any(line.strip() == BOARD_ID for line in file.read(1000).splitlines())
    except OSError:
        return False


def _found_drive(wanted, mounted):
    """(drive, board id or None) where a board is in its bootloader already, else (None, None)."""
    if wanted and _is_bootloader(wanted):
        return Path(wanted), None
    if wanted or find.boards():
        return None, None  # a board that runs and can be named goes first
    found = drives(mounted)
    if len(found) > 1:
        listed = ", ".join(str(folder) for folder in found)
        raise NoBoardError(f"several boards in their bootloader: {listed}; name one by its folder")
    return (found[0], None) if found else (None, None)


def _new_drive(before, mounted, board_id):
    """The drive that appears, for a board just sent into its bootloader."""
    until_s = time.monotonic() + DRIVE_S
    while time.monotonic() < until_s:
        if new := [folder for folder in drives(mounted) if folder not in before]:
            return new[0]
        time.sleep(0.1)
    raise KneesyncError(
        f"board {board_id} is in its bootloader, but no drive with {INFO} was mounted within {DRIVE_S} s; mount it "
        "(RPI-RP2) and run the same with its folder in the board's place, or unplug the board to leave it as it was"
    )


def _copy(data, drive):
    """Write the file; the trouble there was, or None. The drive may go with the last block: the board judges."""
    try:
        with open(drive / "firmware.uf2", "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return None


def _back(board_id, others, trouble, say):
    """The board that comes back, once MicroPython answers on it."""
    until_s = time.monotonic() + BACK_S
    last = "no port appeared"
    while time.monotonic() < until_s:
        time.sleep(0.1)
        for board in find.boards():
            if board.port in others or (board_id and board.id != board_id):
                continue
            try:
                with Prompt(board.port, board.id) as link:
                    _tell(say, f"MicroPython {micropython_version(link.info)} runs on board {link.board}.")
                    link.let_go()  # a reset would take its port away just when the firmware is to be installed
                    return find.Board(board.port, link.board, board.description, board.virtual)
            except (NoBoardError, LinkError) as error:
                last = str(error)  # just plugged in: the port may not be open to us yet
    why = untrusted.printable(trouble or last, 160)
    raise KneesyncError(
        f"the board did not come back with MicroPython within {BACK_S} s ({why}); "
        "hold its BOOT button while plugging it in and run the same again"
    )


def _tell(say, text):
    if say:
        say(untrusted.printable(text, 200))
