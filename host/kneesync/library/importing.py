"""Session files from another machine into the library: verified, never twice, damaged ones named and left.

They take the way of a pull: a transfer, the hash of what stands on the disk, sidecar, rename, index.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from kneesync import untrusted
from kneesync.errors import KneesyncError, LibraryError
from kneesync.files import durable
from kneesync.library import sidecar
from kneesync.library.index import SessionEntry
from kneesync.library.store import EARLIEST_UNIX_S, ID_DIGITS, Library

BESIDE = (".fit", ".watch.npz")  # what a joined watch left beside the file
_OF_A_LIBRARY = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}")  # a name that says what the SHA-256 begins with


@dataclass
class Imported:
    """What became of one file."""

    file: str
    state: str  # "new", "here already", "in the trash" or "failed"
    problem: str = ""  # why it failed, or what was left out
    kept: SessionEntry | None = None


def files(paths: Iterable[str | Path]) -> list[Path]:
    """The .knee files that paths name: files, and folders with all below them; of a library's folder its sessions."""
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = path / "sessions" if (path / "sessions").is_dir() else path
            found += sorted(one for one in inside.rglob("*.knee") if one.is_file())
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def imported(
    library: Library,
    paths: Iterable[str | Path],
    athlete: str | None = None,
    on_imported: Callable[[Imported], object] | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> list[Imported]:
    """Bring the files that `paths` name into the library; an Imported each. `athlete`: whose they are.

    LibraryError if the library's disk refuses: no other file will fare better. Nothing of the sources is changed.
    """
    results = []
    sources = files(paths)
    if not sources:
        raise KneesyncError("found no .knee file there, expected files of boards or a folder that holds some")
    for number, path in enumerate(sources, 1):
        try:
            result = _imported(library, path, athlete)
        except LibraryError:
            raise
        except KneesyncError as error:
            result = Imported(str(path), "failed", str(error))
        results.append(result)
        if on_imported:
            on_imported(result)
        if progress:
            progress("files", number, len(sources))
    return results


def _imported(library, path, athlete):
    from kneesync.formats.decoder import read_bytes

    data = read_bytes(path)
    sha256 = hashlib.sha256(data).hexdigest()
    if _OF_A_LIBRARY.fullmatch(path.stem) and not sha256.startswith(path.stem):
        raise KneesyncError(f"{path.name} is not as it was pulled: its SHA-256 has changed; left where it is")
    note, remark = _note(path, sha256)
    if athlete:
        note["athlete"] = athlete
    kept = library.holds(sha256)
    if kept and kept.trashed:
        return Imported(str(path), "in the trash", f"`kneesync trash restore {kept.id}` brings it back", kept)
    watch = note.pop("watch", None)
    state = "here already" if kept else "new"
    if kept is None:
        kept = library.keep(_transferred(library, path, data, sha256, note), note)
    said = {name: value for name, value in sidecar.said(note).items() if name not in library.note_of(kept)}
    if watch and "watch" not in library.note_of(kept) and _beside(library, path, kept):
        said["watch"] = watch
    if said and state == "here already":
        remark = remark or "notes taken along: " + ", ".join(_WORDS.get(name, name) for name in said)
    if said:
        kept = library.say(kept, **said)
    return Imported(str(path), state, remark, kept)


_WORDS = {"corrected_start_unix_s": "start", "pain_where": "where it hurt"}


def _note(path, sha256):
    """(what the sidecar beside a file says, what to tell of it)."""
    note = sidecar.read(path)
    if note.get("sha256", sha256) != sha256:
        return {}, "the sidecar beside it is of another file: left out"
    if "pulled_unix_s" not in note:  # it was on a disk by then, so its run was over
        with contextlib.suppress(OSError):
            if (seen_unix_s := path.stat().st_mtime) > EARLIEST_UNIX_S:
                note["pulled_unix_s"] = seen_unix_s
    return note, ""


def _transferred(library, path, data, sha256, note):
    """The file's bytes as a complete transfer. NotASessionError, and the transfer forgotten, if they are no session."""
    from kneesync.formats.decoder import decode
    from kneesync.formats.session import NotASessionError

    board = None
    try:
        board = untrusted.board_id(decode(data, path.name).header.get("board"))
    except NotASessionError:
        raise
    except KneesyncError:
        pass  # of a newer format: kept, a later kneesync reads it
    board = note.get("board") or board or "unknown"
    name = note.get("name") or untrusted.session_name(path.name) or f"{sha256[:ID_DIGITS]}.knee"
    transfer = library.incoming(board, name, len(data), sha256)
    try:
        transfer.append(data[transfer.received_bytes :])
    except BaseException:
        transfer.close()
        raise
    return transfer


def _beside(library, path, kept):
    """Take along what a joined watch left beside the file; whether all of it was there."""
    found = [path.with_name(path.stem + ending) for ending in BESIDE]
    if not all(one.is_file() for one in found):
        return False
    with library.writing():
        for one, ending in zip(found, BESIDE, strict=True):
            target = library.path(kept)
            durable.write_whole(target.with_name(target.stem + ending), one.read_bytes())
    return True
