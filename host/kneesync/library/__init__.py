"""What kneesync keeps: pulled files as they were, the runner's notes beside them, and an index."""

from pathlib import Path

from kneesync.library.store import Library

__all__ = ["Library", "opened"]


def opened(reference=None, athlete=None):
    """(SessionEntry or None, Session) of a .knee file, or of a library's id; None: the athlete's newest."""
    from kneesync.formats.decoder import read

    if reference and (
        Path(reference).is_file() or "/" in reference or "\\" in reference or reference.endswith(".knee")
    ):
        return None, read(reference)
    with Library() as library:
        kept = library.find(reference, athlete)
        return kept, library.read_whole(kept)
