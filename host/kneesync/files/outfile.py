"""A file that the user named to be written: whole or not at all, and never over what is none of ours."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.files import durable

STDOUT = "-"
_HEAD_BYTES = 2000


def write(
    target: str | Path,
    data: bytes,
    besides: str | Path | None = None,
    only_over: tuple[str, Callable[[bytes], bool]] | None = None,
) -> None:
    """Write bytes to a file, or to stdout for "-".

    `besides`: a file that is read and stays. `only_over`: (what it is called, whether the first 2,000 bytes of a file
    are of that kind): a file of another kind stays, an empty one does not. KneesyncError if it cannot be written.
    """
    if str(target) == STDOUT:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    path = Path(target)
    shown = untrusted.printable(str(path), 200)
    try:
        if path.is_dir():
            raise KneesyncError(f"{shown} is a folder; name a file in it")
        if path.exists():
            if besides and Path(besides).exists() and path.samefile(besides):
                raise KneesyncError(f"{shown} is the file that is read; give the result another name")
            if only_over and not _is(path, only_over[1]):
                raise KneesyncError(f"{shown} exists and is no {only_over[0]}: it stays; give another name")
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            part.write_bytes(data)
            durable.put_in_place(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise KneesyncError(
            f"cannot write {shown}: {error.strerror or error}; name a file in a folder of yours"
        ) from None


def _is(path, kind):
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return not head or kind(head)
