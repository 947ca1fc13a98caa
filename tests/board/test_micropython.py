"""UF2 files as they come, and where a bootloader's drive may be."""

import random
import struct
import sys
from pathlib import Path

import pytest

from kneesync.board import find, micropython
from kneesync.errors import KneesyncError, NoBoardError

RP2040 = 0xE48BFF56


def block(
    number, count, family=RP2040, flags=0x2000, address=0x1000_0000, payload=256, magic=0x0A324655, end=0x0AB16F30
):
    head = struct.pack("<8I", magic, 0x9E5D5157, flags, address + 256 * number, payload, number, count, family)
    return head + bytes(476) + struct.pack("<I", end)


def blocks(count=4, **more):
    return b"".join(block(number, count, **more) for number in range(count))


FILES = {
    "empty": (b"", "found 0 bytes, expected blocks of 512"),
    "half a block": (blocks()[:-1], "is no whole UF2 file: found 2047 bytes"),
    "text": (b"x" * 1024, "block 0 is no UF2 block"),
    "wrong magic": (blocks(magic=1), "block 0 is no UF2 block"),
    "wrong end": (blocks(end=1), "block 0 is no UF2 block"),
    "for an RP2350": (blocks(family=0xE48BFF59), "is for RP2350, expected RP2040 (0xe48bff56)"),
    "for another chip": (blocks(family=0x1234), "is for family 0x00001234"),
    "for any chip": (blocks(flags=0), "is for no family"),
    "not for flash": (blocks(flags=0x2001), "not for the flash of an RP2040"),
    "for RAM": (blocks(address=0x2000_0000), "not for the flash"),
    "past the flash": (blocks(address=0x1100_0000), "not for the flash"),
    "too much in a block": (blocks(payload=477), "not for the flash"),
    "cut": (blocks()[:1024], "is cut or mixed: found 2 blocks, one of which says 0 of 4"),
    "mixed": (block(0, 2) + block(1, 3), "one of which says 1 of 3"),
    "numbered past its end": (block(0, 2) + block(2, 2), "says 2 of 2"),
    "a block twice": (block(0, 2) + block(0, 2), "has a block twice"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_firmware_is_refused(name, tmp_path):
    data, says = FILES[name]
    path = tmp_path / "file.uf2"
    path.write_bytes(data)
    with pytest.raises(KneesyncError) as refused:
        micropython.checked(path)
    assert says in str(refused.value) and "\n" not in str(refused.value)


def test_a_whole_file_is_taken_in_any_order_and_one_bit_of_a_head_is_noticed(tmp_path):
    path = tmp_path / "file.uf2"
    shuffled = [block(number, 9) for number in range(9)]
    random.Random(1).shuffle(shuffled)
    path.write_bytes(b"".join(shuffled))
    assert micropython.checked(path) == b"".join(shuffled)
    data = bytearray(blocks())
    for at in (0, 7, 28, 511, 512 + 20, 1024 + 24):
        spoilt = bytearray(data)
        spoilt[at] ^= 0x10
        path.write_bytes(spoilt)
        with pytest.raises(KneesyncError):
            micropython.checked(path)


def drive(folder, text="UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"):
    folder.mkdir(parents=True)
    (folder / "INFO_UF2.TXT").write_text(text)
    return folder


def test_a_drive_is_known_by_its_board_id(tmp_path):
    right = drive(tmp_path / "RPI-RP2")
    drive(tmp_path / "FEATHERBOOT", "Board-ID: SAMD51J19A-Feather-v0\r\n")
    drive(tmp_path / "NEWER", "Board-ID: RP2350\r\n")
    drive(tmp_path / "QUOTING", "Model: no Board-ID: RPI-RP2\r\n")
    (tmp_path / "STICK").mkdir()
    folders = [*tmp_path.iterdir(), tmp_path / "gone"]
    assert micropython.drives(lambda: folders) == [right]


def test_several_drives_are_named_not_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr(find, "boards", list)
    two = [drive(tmp_path / "1"), drive(tmp_path / "2")]
    path = tmp_path / "file.uf2"
    path.write_bytes(blocks())
    with pytest.raises(NoBoardError, match=r"several boards in their bootloader: .*1, .*2; name one by its folder"):
        micropython.install(None, path, None, mounted=lambda: two)
    assert not (two[0] / "firmware.uf2").exists()


def test_a_board_that_does_not_come_back_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(find, "boards", list)
    monkeypatch.setattr(micropython, "BACK_S", 0.2)
    there = drive(tmp_path / "RPI-RP2")
    path = tmp_path / "file.uf2"
    path.write_bytes(blocks())
    with pytest.raises(KneesyncError, match=r"did not come back with MicroPython .*no port appeared.* BOOT button"):
        micropython.install(str(there), path, None, mounted=list)
    assert (there / "firmware.uf2").read_bytes() == blocks()


def test_mounted_folders_are_read_from_the_system(monkeypatch):
    rows = "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /media/me/RPI-RP2 vfat rw 0 0\n"
    rows += "/dev/sdc1 /media/жан/my\\040stick vfat rw 0 0\n"
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: rows)
    assert micropython.mounted_folders() == [Path("/media/me/RPI-RP2"), Path("/media/жан/my stick")]
    monkeypatch.setattr(sys, "platform", "win32")
    assert len(micropython.mounted_folders()) == 23
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter([folder / "RPI-RP2"]))
    assert micropython.mounted_folders() == [Path("/Volumes/RPI-RP2")]
