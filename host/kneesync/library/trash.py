"""Sessions deleted from the library: moved to its trash folder, whole, until they are restored or the trash is emptied.

Cut anywhere, doing it again completes it.
"""

import glob
from dataclasses import replace

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.files import durable
from kneesync.library import entry
from kneesync.library.index import SessionEntry
from kneesync.library.store import Library


def delete(library: Library, kept: SessionEntry) -> None:
    """Move a session, all segments of it, to the trash with what stands beside its files."""
    with library.writing():
        library.trash_folder.mkdir(exist_ok=True)
        for one in library.segments(kept):
            _move(one.id, library.path(one).parent, library.trash_folder, file_first=True)
            library.forget(one)


def restore(library: Library, reference: str) -> SessionEntry:
    """Bring back the session that an id, or the start of one, names in the trash; the SessionEntry that it is then."""
    segments = named(listed(library), reference)
    with library.writing():
        for one in segments:
            path = library.path(one)
            if path.exists() and durable.sha256_of(path).startswith(one.id):
                (library.trash_folder / path.name).unlink()  # it is here already, whole
            _move(one.id, library.trash_folder, path.parent, file_first=False)
            library.enter(path)
    return library.find(segments[0].id)


def named(thrown_away: list[SessionEntry], reference: str) -> list[SessionEntry]:
    """The segments, of those that are listed(), of the one session that an id or the start of one names."""
    found = [one for one in thrown_away if reference and one.id.startswith(reference.lower())]
    runs = {(one.board, one.run or one.id) for one in found}
    shown = untrusted.printable(reference)
    if not found:
        raise KneesyncError(f"no session {shown} in the trash; `kneesync trash` lists it")
    if len(runs) > 1:
        raise KneesyncError(f"{shown} could be {', '.join(one.id for one in found[:5])}; give more digits")
    return [one for one in thrown_away if (one.board, one.run or one.id) in runs]


def empty(library: Library, segments: list[SessionEntry]) -> int:
    """Delete these files of the trash for good, with what stands beside them; the bytes that this made free.

    LibraryError at the first that the disk does not let go: those before it are gone.
    """
    freed_bytes = 0
    with library.writing():
        for one in segments:
            for path in _of(one.id, library.trash_folder, file_first=False):  # last: cut before, it is still listed
                size_bytes = path.stat().st_size
                path.unlink()
                freed_bytes += size_bytes
    return freed_bytes


def listed(library: Library) -> list[SessionEntry]:
    """What is in the trash, newest first; as `trashed` Kepts, a file each. What cannot be read is left out."""
    found = []
    for path in library.trash_folder.glob("*.knee"):
        try:
            found.append(replace(entry.from_file(path), trashed=True))
        except OSError:
            continue
    return sorted(found, key=lambda one: (one.start_unix_s or one.pulled_unix_s, one.name, one.id), reverse=True)


def _of(session_id, folder, file_first):
    """The session's file in a folder, and all that bears its id beside it, the file first or last."""
    found = folder.glob(f"{glob.escape(session_id)}.*")
    return sorted(found, key=lambda path: (path.suffix == ".knee") != file_first)


def _move(session_id, source, target, file_first):
    """The session's file, and all that bears its id beside it.

    What is in the trash is there as long as the file is: it is the first to come and the last to go.
    """
    for path in _of(session_id, source, file_first):
        durable.put_in_place(path, target / path.name)
    durable.sync_folder(target)
    durable.sync_folder(source)
