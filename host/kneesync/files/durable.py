"""Files that a power cut leaves either absent, as they were, or whole."""

import hashlib
import os
import time
from pathlib import Path

TRIES, AGAIN_S = 20, 0.05


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that it is either absent, as it was, or whole."""
    beside = path.with_name(path.name + ".new")
    with open(beside, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    put_in_place(beside, path)
    sync_folder(path.parent)


def put_in_place(path: Path, target: Path) -> None:
    """Rename a file over another. Windows refuses while a virus scanner or a reader has one open: it tries again."""
    for _ in range(TRIES - 1 if os.name == "nt" else 0):
        try:
            os.replace(path, target)
        except PermissionError:
            time.sleep(AGAIN_S)
        else:
            return
    os.replace(path, target)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable (POSIX; Windows has no such call and needs none)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, as 64 hex digits. OSError if it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
