"""File requests of the running board, served by its flash. Statuses are errno's negatives, as the VM raises them."""

from collections.abc import Callable

from littlefs import lfs
from littlefs.errors import LittleFSError

from kneesync.virtual.flash import BLOCK_BYTES, Flash
from kneesync.virtual.vm.on_board import _requests as ask

_TEXT = "utf-8"
_EBADF, _ENOTDIR, _EISDIR = 9, 20, 21

Answer = int | tuple[int, bytes]


class FileRequests:
    """`table`: request number -> function (a, b, data) -> status, or (status, data)."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self._listing = b""
        serves: dict[int, Callable[[int, int, bytes], Answer]] = {
            ask.FILE_OPEN: lambda a, b, data: flash.open(data.decode(), b),
            ask.FILE_CLOSE: self._close,
            ask.FILE_READ: self._read,
            ask.FILE_WRITE: self._write,
            ask.FILE_SEEK: self._seek,
            ask.FILE_FLUSH: lambda a, b, data: flash.flush(a),
            ask.PATH_STAT: self._stat,
            ask.PATH_LIST: self._list,
            ask.PATH_LISTING: lambda a, b, data: (0, self._listing),
            ask.PATH_REMOVE: self._remove_file,
            ask.PATH_RMDIR: self._remove_folder,
            ask.PATH_MKDIR: lambda a, b, data: lfs.mkdir(flash.fs, data.decode(), _TEXT),
            ask.PATH_RENAME: self._rename,
            ask.VOLUME_STAT: self._volume,
        }
        self.table = {request: self._guarded(serve) for request, serve in serves.items()}

    def _guarded(self, serve: Callable[[int, int, bytes], Answer]) -> Callable[[int, int, bytes], Answer]:
        def guarded(a: int, b: int, data: bytes) -> Answer:
            with self._flash.lock:
                try:
                    return serve(a, b, data)
                except LittleFSError as error:
                    self._flash.after(error)
                    return error.code

        return guarded

    def _close(self, a: int, b: int, data: bytes) -> Answer:
        self._flash.close(a)
        return 0

    # What littlefs would stop the whole process for, rp2 answers with an error (it is built without assertions).

    def _write(self, a: int, b: int, data: bytes) -> Answer:
        if not self._flash.mode(a) & 2:
            return -_EBADF
        return lfs.file_write(self._flash.fs, self._flash.file(a), data)

    def _read(self, a: int, b: int, data: bytes) -> Answer:
        if not self._flash.mode(a) & 1:
            return -_EBADF
        got = bytes(lfs.file_read(self._flash.fs, self._flash.file(a), b >> 8))
        return len(got), got

    def _seek(self, a: int, b: int, data: bytes) -> Answer:
        handle, whence = a & 0xFFFF, a >> 16 & 3
        if a >> 24:
            return self._flash.remaining(handle)
        return lfs.file_seek(self._flash.fs, self._flash.file(handle), b, whence)

    def _stat(self, a: int, b: int, data: bytes) -> Answer:
        size = self._flash.size_of(data.decode())
        return -_EISDIR if size is None else size

    def _list(self, a: int, b: int, data: bytes) -> Answer:
        listing = bytearray()
        for name, size in self._flash.entries(data.decode()):
            text = name.encode()
            listing += bytes([size is None]) + (size or 0).to_bytes(4, "little") + bytes([len(text)]) + text
        self._listing = bytes(listing)
        return len(listing)

    def _remove_file(self, a: int, b: int, data: bytes) -> Answer:
        # littlefs removes an empty folder by the same call; so does os.remove on rp2.
        return lfs.remove(self._flash.fs, data.decode(), _TEXT)

    def _remove_folder(self, a: int, b: int, data: bytes) -> Answer:
        if self._flash.size_of(data.decode()) is not None:
            return -_ENOTDIR
        return lfs.remove(self._flash.fs, data.decode(), _TEXT)

    def _rename(self, a: int, b: int, data: bytes) -> Answer:
        old, new = data.decode().split("\0")
        return lfs.rename(self._flash.fs, old, new, _TEXT)

    def _volume(self, a: int, b: int, data: bytes) -> Answer:
        numbers = (BLOCK_BYTES, self._flash.blocks, self._flash.free_blocks())
        return 0, b"".join(n.to_bytes(4, "little") for n in numbers)
