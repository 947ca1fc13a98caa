"""What kneesync keeps: pulled files as they were, the runner's notes beside them, and an index."""

from pathlib import Path
from typing import TYPE_CHECKING

from kneesync.library.store import Library

if TYPE_CHECKING:  # numpy comes with the first file
    from kneesync.formats.session import Session
    from kneesync.library.index import SessionEntry

__all__ = ["Library", "opened"]


def opened(reference: str | None = None, athlete: str | None = None) -> "tuple[SessionEntry | None, Session]":
    """(SessionEntry or None, Session) of a .knee file, or of a library's id; None: the athlete's newest."""
    from kneesync.formats.decoder import read

    if reference and (
        Path(reference).is_file() or "/" in reference or "\\" in reference or reference.endswith(".knee")
    ):
        return None, read(reference)
    with Library() as library:
        kept = library.find(reference, athlete)
        return kept, library.read_whole(kept)
