"""The RP2040's bootloader as a host sees it: a drive that takes a UF2 file and is gone once it has all of it.

Model of the ROM (RP2040 data sheet 2.8.4, USB mass storage): INFO_UF2.TXT and INDEX.HTM, any file name, blocks for
other chips passed over. What the file holds is not run: the board starts with the MicroPython it had.
"""

import contextlib
import shutil
import struct
import tempfile
from pathlib import Path

BLOCK_BYTES = 512
_FAMILY = 0xE48BFF56
_FILES = {
    "INFO_UF2.TXT": "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n",
    "INDEX.HTM": "<html><body>virtual board</body></html>\r\n",
}


class Drive:
    """Context manager: `folder` is there while inside."""

    def __enter__(self) -> "Drive":
        self._parent = tempfile.mkdtemp(prefix="kneesync-bootloader-")
        self.folder = Path(self._parent) / "RPI-RP2"
        beside = Path(self._parent) / "new"
        beside.mkdir()
        for name, text in _FILES.items():
            (beside / name).write_text(text)
        beside.rename(self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._parent, ignore_errors=True)

    def programmed(self) -> bool:
        """Whether some file's blocks for this chip are all there."""
        for path in self.folder.iterdir():
            if path.name not in _FILES:
                with contextlib.suppress(OSError):
                    if _is_whole(path.read_bytes()):
                        return True
        return False


def _is_whole(data: bytes) -> bool:
    seen: set[int] = set()
    expected = 0
    for at in range(0, len(data) - BLOCK_BYTES + 1, BLOCK_BYTES):
        words = struct.unpack_from("<8I", data, at)
        end = struct.unpack_from("<I", data, at + BLOCK_BYTES - 4)[0]
        if words[:2] == (0x0A324655, 0x9E5D5157) and end == 0x0AB16F30 and words[2] & 0x2000 and words[7] == _FAMILY:
            seen.add(words[5])
            expected = words[6]
    return 0 < expected == len(seen)
