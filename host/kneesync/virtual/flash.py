"""The board's flash: real littlefs over RAM that takes as long as a chip, and can lose power at any operation.

Times are the typical ones of the W25Q64JV data sheet, "AC Electrical Characteristics": sector erase (4 KB) 45 ms, page
program (256 B) 0.4 ms; reads come from the memory-mapped chip at about 20 MB/s. The geometry is rp2's: 4096-byte
blocks, programmed by 256-byte pages. littlefs's error numbers are the negatives of the usual errno values.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from littlefs import lfs
from littlefs.errors import LittleFSError

BLOCK_BYTES = 4096
PAGE_BYTES = 256
_ERASED = b"\xff" * BLOCK_BYTES
FEATHER_BLOCKS = 1792  # MicroPython leaves 7 of the Feather RP2040's 8 MB to files,
PICO_BLOCKS = 352  # and 1408 KB of the Pico's 2 MB (ports/rp2/boards/RPI_PICO)
ERASE_US = 45_000
PROGRAM_US_PER_PAGE = 400
READ_BYTES_PER_US = 20
_EIO = 5
_FULL = (-28, -36)  # ENOSPC; and littlefs's word where a new name finds no room: ENAMETOOLONG
_READ, _WRITE, _CREATE, _NEW, _EMPTY, _APPEND = 1, 2, 4, 8, 16, 32  # as on_board/_files.py
_TEXT = "utf-8"


@dataclass(frozen=True)
class FlashOp:
    """One erase or program, in the order they came: `kind` "erase" or "program", `t_us` when it began.

    It was to leave `data` at byte `start` of the chip.
    """

    t_us: int
    kind: str
    block: int
    start: int
    data: bytes

    def replay(self, chip: bytearray, share: float = 1.0) -> None:
        """Do it to `chip`, a whole chip's bytes; only the first `share` of it where power goes in its midst."""
        done = int(len(self.data) * share)
        chip[self.start : self.start + done] = self.data[:done]


@dataclass(frozen=True)
class Flushed:
    """A flush or close has returned: the first `ops` of the journal are done, `path` holds `size` bytes for good."""

    ops: int
    path: str
    size: int


class Memory:
    """The chip, as littlefs's block device. `spent_us` grows by what operations took; the board collects it."""

    def __init__(self, blocks: int) -> None:
        self.data = bytearray(b"\xff" * (blocks * BLOCK_BYTES))
        self.now_us: Callable[[], int] = lambda: 0  # the board says
        self.journal: list[FlashOp] = []
        self.flushes: list[Flushed] = []
        self.ops_to_cut: int | None = None
        self.without_power = False
        self.spent_us = 0
        self.stall_next_us = 0
        self.erase_us = ERASE_US

    def read(self, _cfg: object, block: int, offset: int, size: int) -> bytearray:
        self.spent_us += 1 + size // READ_BYTES_PER_US
        start = block * BLOCK_BYTES + offset
        return self.data[start : start + size]

    def prog(self, _cfg: object, block: int, offset: int, data: bytes) -> int:
        start = block * BLOCK_BYTES + offset
        done = self._begin("program", block, start, bytes(data))
        self.data[start : start + done] = data[:done]
        self.spent_us += -(-done // PAGE_BYTES) * PROGRAM_US_PER_PAGE
        return 0 if done == len(data) else -_EIO

    def erase(self, _cfg: object, block: int) -> int:
        start = block * BLOCK_BYTES
        done = self._begin("erase", block, start, _ERASED)
        self.data[start : start + done] = _ERASED[:done]
        self.spent_us += self.erase_us * done // BLOCK_BYTES
        return 0 if done == BLOCK_BYTES else -_EIO

    def sync(self, _cfg: object) -> int:
        return -_EIO if self.without_power else 0

    def _begin(self, kind: str, block: int, start: int, data: bytes) -> int:
        """How many bytes of an operation get done: all, or half when power goes in its midst, or none after that."""
        if self.without_power:
            return 0
        size = len(data)
        self.journal.append(FlashOp(self.now_us() + self.spent_us, kind, block, start, data))
        self.spent_us += self.stall_next_us
        self.stall_next_us = 0
        if self.ops_to_cut is None:
            return size
        self.ops_to_cut -= 1
        if self.ops_to_cut > 0:
            return size
        self.ops_to_cut, self.without_power = None, True
        return size // 2


class Flash:
    """The volume. read_file, write_file, listdir and the like are for set-up and tests: they cost no simulated time.

    `chip`: what the chip holds, else it is empty and gets formatted.
    """

    def __init__(
        self, blocks: int = FEATHER_BLOCKS, files: dict[str, bytes] | None = None, chip: bytes | None = None
    ) -> None:
        if chip is not None:
            blocks = len(chip) // BLOCK_BYTES
        self.memory = Memory(blocks)
        if chip is not None:
            self.memory.data[:] = chip
        self.lock = threading.RLock()
        self.blocks = blocks
        self.block_bytes = BLOCK_BYTES
        self._config = lfs.LFSConfig(
            context=self.memory,  # type: ignore[arg-type]
            block_size=BLOCK_BYTES,
            block_count=blocks,
            read_size=32,
            prog_size=PAGE_BYTES,
            cache_size=4 * PAGE_BYTES,
            lookahead_size=32,
            block_cycles=100,
        )
        self.mount()
        for path, data in (files or {}).items():
            self.write_file(path, data)
        self.memory.journal.clear()
        self.memory.flushes.clear()
        self.memory.spent_us = 0

    @property
    def journal(self) -> list[FlashOp]:
        """Every erase and program since the volume was set up."""
        return self.memory.journal

    @property
    def flushes(self) -> list[Flushed]:
        """Every flush and close of a file since then."""
        return self.memory.flushes

    def cut_power_at(self, op: int | None) -> None:
        """Lose power in the midst of the `op`-th erase or program from now (1: the next); None takes it back."""
        self.memory.ops_to_cut = op

    def mount(self) -> None:
        """Forget what was not written and read the volume, as at power-on; one that cannot be read is formatted."""
        with self.lock:
            self.memory.without_power = False
            self._unfinished = False
            self.fs = lfs.LFSFilesystem()
            self._open: dict[int, lfs.LFSFile] = {}
            self._paths: dict[int, str] = {}
            self._modes: dict[int, int] = {}
            try:
                lfs.mount(self.fs, self._config)
            except LittleFSError:  # as rp2's _boot.py
                lfs.format(self.fs, self._config)
                lfs.mount(self.fs, self._config)

    def after(self, error: LittleFSError) -> None:
        """To be called with what a call raised: on a full volume, littlefs forgets the commit that it did not finish.

        rp2's is built without assertions and does; this one would abort at the next commit. Mounting anew forgets too.
        """
        self._unfinished = self._unfinished or error.code in _FULL
        if self._unfinished and not self._open:
            self.mount()

    def close_all(self) -> None:
        """Close the open files, as a soft reset does."""
        for handle in list(self._open):
            with contextlib.suppress(LittleFSError):
                self.close(handle)

    # What the running board does. Each raises LittleFSError with .code as errno's negative.

    def open(self, path: str, mode: int) -> int:
        """A handle; `mode` in the bits of on_board/_files.py."""
        flags = (mode & 3) | (0x100 if mode & _CREATE else 0) | (0x200 if mode & _NEW else 0)
        flags |= (0x400 if mode & _EMPTY else 0) | (0x800 if mode & _APPEND else 0)
        file = lfs.file_open(self.fs, path, lfs.LFSFileFlag(flags), _TEXT)
        handle = next(n for n in range(len(self._open) + 1) if n not in self._open)
        self._open[handle] = file
        self._paths[handle] = path
        self._modes[handle] = mode
        return handle

    def file(self, handle: int) -> lfs.LFSFile:
        """The open file of a handle; error 9 (EBADF) if there is none."""
        try:
            return self._open[handle]
        except KeyError:
            raise LittleFSError(-9) from None

    def mode(self, handle: int) -> int:
        """How an open file was opened: 1 to read, 2 to write; 0 if there is none."""
        return self._modes[handle] & 3 if handle in self._open else 0

    def close(self, handle: int) -> None:
        file = self.file(handle)
        del self._open[handle]
        size = lfs.file_size(self.fs, file)
        lfs.file_close(self.fs, file)
        self.flushes.append(Flushed(len(self.journal), self._paths[handle], size))

    def flush(self, handle: int) -> int:
        """What was written to it is on the chip when this returns."""
        file = self.file(handle)
        lfs.file_sync(self.fs, file)
        self.flushes.append(Flushed(len(self.journal), self._paths[handle], lfs.file_size(self.fs, file)))
        return 0

    def remaining(self, handle: int) -> int:
        """Bytes from the file's position to its end."""
        file = self.file(handle)
        return max(0, lfs.file_size(self.fs, file) - lfs.file_tell(self.fs, file))

    def size_of(self, path: str) -> int | None:
        """Bytes of a file, None for a folder."""
        stat = lfs.stat(self.fs, path, _TEXT)
        return stat.size if stat.type == 1 else None

    def entries(self, path: str) -> list[tuple[str, int | None]]:
        """(name, bytes or None for a folder) of a folder's entries, in littlefs's order."""
        folder = lfs.dir_open(self.fs, path, _TEXT)
        try:
            found = []
            while entry := lfs.dir_read(self.fs, folder, _TEXT):
                if entry.name not in (".", ".."):
                    found.append((entry.name, entry.size if entry.type == 1 else None))
            return found
        finally:
            lfs.dir_close(self.fs, folder)

    def free_blocks(self) -> int:
        return self.blocks - lfs.fs_size(self.fs)

    # For set-up and tests, from any thread, also while the board runs. They raise OSError as os does.

    @property
    def stall_next_us(self) -> int:
        """How much longer than usual the next erase or program takes; set it to let one hang."""
        return self.memory.stall_next_us

    @stall_next_us.setter
    def stall_next_us(self, us: int) -> None:
        self.memory.stall_next_us = us

    @property
    def erase_us(self) -> int:
        """What an erase takes: the chip's typical time unless set; its worst is 400 ms."""
        return self.memory.erase_us

    @erase_us.setter
    def erase_us(self, us: int) -> None:
        self.memory.erase_us = us

    def free_bytes(self) -> int:
        """Room for files."""
        with _Outside(self, "/"):
            return self.free_blocks() * BLOCK_BYTES

    def read_file(self, path: str) -> bytes:
        """What a file holds; of one that is open on the board, what is flushed."""
        with _Outside(self, path):
            file = lfs.file_open(self.fs, path, lfs.LFSFileFlag(_READ), _TEXT)
            try:
                return bytes(lfs.file_read(self.fs, file, lfs.file_size(self.fs, file)))
            finally:
                lfs.file_close(self.fs, file)

    def write_file(self, path: str, data: bytes) -> None:
        """Put a file there, and the folders it needs."""
        with _Outside(self, path):
            parts = path.strip("/").split("/")
            for n in range(1, len(parts)):
                try:
                    lfs.mkdir(self.fs, "/" + "/".join(parts[:n]), _TEXT)
                except LittleFSError as error:
                    if error.code != -17:
                        raise
            file = lfs.file_open(self.fs, path, lfs.LFSFileFlag(_WRITE | 0x100 | 0x400), _TEXT)
            try:
                lfs.file_write(self.fs, file, data)
            finally:
                lfs.file_close(self.fs, file)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder."""
        with _Outside(self, path):
            lfs.remove(self.fs, path, _TEXT)

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder of that name."""
        try:
            with _Outside(self, path):
                lfs.stat(self.fs, path, _TEXT)
            return True
        except FileNotFoundError:
            return False

    def listdir(self, path: str = "/") -> list[str]:
        """Names in a folder."""
        with _Outside(self, path):
            return [name for name, _ in self.entries(path)]


class _Outside:
    """While a test or set-up works on the volume: not at once with the board, free of charge, without a power cut."""

    def __init__(self, flash: Flash, path: str) -> None:
        self._flash = flash
        self._path = path

    def __enter__(self) -> None:
        self._flash.lock.acquire()
        memory = self._flash.memory
        self._kept = memory.spent_us, memory.ops_to_cut, memory.stall_next_us
        memory.ops_to_cut, memory.stall_next_us = None, 0

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        memory = self._flash.memory
        if isinstance(error, LittleFSError):
            self._flash.after(error)
        memory.spent_us, memory.ops_to_cut, memory.stall_next_us = self._kept
        self._flash.lock.release()
        if isinstance(error, LittleFSError):
            raise OSError(-error.code, os.strerror(-error.code), self._path) from error
