"""A transfer under way into the library: bytes only ever appended, by one process at a time."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kneesync.errors import LibraryError
from kneesync.files import durable

if TYPE_CHECKING:  # numpy comes with the first file
    from kneesync.formats.session import Session

try:
    import fcntl
except ImportError:  # Windows, where a board's port is opened by one process at a time anyway
    fcntl = None

_PIECE_BYTES = 1 << 20


class Incoming:
    """A file on its way in: `received_bytes` of it are here, each already checked on its way.

    Nothing is synced before the end: what a power cut leaves of it, the whole file's hash judges. `about`: board, name,
    bytes and sha256 of the file; `writing`: a context manager that says what the disk refuses.
    Its blocks are checked and decoded as they come, while a wire would be waited for. That counts only if the file
    on the disk turns out to be of the same bytes.
    """

    def __init__(
        self, stem: Path, about: Mapping[str, Any], writing: Callable[[], AbstractContextManager[None]]
    ) -> None:
        from kneesync.formats.decoder import Decoder

        self.about = about
        self.path = stem.with_suffix(".part")
        self._note = stem.with_suffix(".json")
        self._writing = writing
        self._decoder = Decoder(about["name"])
        self._digest = hashlib.sha256()
        self._file = _locked(self.path)
        try:
            self.received_bytes = os.fstat(self._file.fileno()).st_size
            noted = json.dumps(about).encode()
            if self.received_bytes > about["bytes"] or not _holds(self._note, noted):
                self._file.truncate(0)
                self.received_bytes = 0
                self._note.write_bytes(noted)
            with open(self.path, "rb") as file:
                while data := file.read(_PIECE_BYTES):
                    self._look_at(data)
        except BaseException:
            self._file.close()
            raise

    def append(self, data: bytes) -> None:
        """Add bytes; `received_bytes` counts those that the system has taken, also where a full disk ends it."""
        at = 0
        while at < len(data):
            with self._writing():
                taken = self._file.write(data[at:])
            self.received_bytes += taken
            self._look_at(data[at : at + taken])
            at += taken

    def _look_at(self, data):
        self._digest.update(data)
        self._decoder.take(data)

    def synced(self) -> str:
        """Everything received is on the disk; the SHA-256 of what the file there holds."""
        os.fsync(self._file.fileno())
        return durable.sha256_of(self.path)

    def session(self, sha256: str) -> "Session":
        """The Session in the file, whose bytes have this SHA-256. Raises as formats.decoder.decode."""
        from kneesync.formats.decoder import decode

        if self._digest.hexdigest() == sha256:
            return self._decoder.session()
        return decode(self.path.read_bytes(), self.about["name"])

    def rename(self, path: Path) -> None:
        """Give the file its name in the library, for good; the transfer is over."""
        if fcntl is None:
            self._file.close()  # Windows does not rename what is open
        durable.put_in_place(self.path, path)
        durable.sync_folder(path.parent)

    def close(self) -> None:
        """Leave the transfer as it stands, for the next pull."""
        self._file.close()

    def drop(self) -> None:
        """Forget the transfer."""
        if fcntl is None:
            self._file.close()  # Windows does not delete what is open
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self._file.close()


def _locked(path):
    """`path` opened for appending, by one process at a time; unbuffered, so that what is counted is with the system."""
    while True:
        file = open(path, "ab", buffering=0)  # noqa: SIM115 - the transfer's
        if fcntl is None:
            return file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        except BlockingIOError:
            file.close()
            raise LibraryError("another kneesync is pulling this session; wait until it is done") from None
        except FileNotFoundError:
            pass
        file.close()  # another process ended the transfer between our opening and our locking: its file is not ours


def _holds(path, data):
    try:
        return path.read_bytes() == data
    except FileNotFoundError:
        return False
