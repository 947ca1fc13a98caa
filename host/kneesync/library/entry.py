"""From a kept file to its entry in the index: what lists, trends and the coach compare, so that they decode no file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kneesync.errors import KneesyncError
from kneesync.files import durable
from kneesync.library import sidecar
from kneesync.library.index import SessionEntry

if TYPE_CHECKING:  # a list of sessions waits for no numpy
    from kneesync.formats.session import Session
    from kneesync.library.watch import Watch

PAYS_FROM = 100  # files: below, starting a process takes longer than it saves
CHUNK = 20


def from_file(path: Path) -> SessionEntry:
    """The SessionEntry of one file, from its content and its sidecar. OSError if it cannot be read."""
    from kneesync.formats.decoder import read

    sha256 = durable.sha256_of(path)
    try:
        session = read(path)
    except KneesyncError as error:
        session = error
    return build(path, sha256, session)


def from_files(
    paths: Sequence[Path], processes: int = 1, progress: Callable[[str, int, int], object] | None = None
) -> tuple[list[SessionEntry], list[tuple[Path, str]]]:
    """([SessionEntry], [(path, why)] of those that cannot be read) of many files, in their order.

    Other processes are started anew (spawn), as Windows and macOS do it. If one dies, this one reads what is left.
    """
    read, unreadable = [], []

    def take(path, found):
        if isinstance(found, str):
            unreadable.append((path, found))
        else:
            read.append(found)
        if progress:
            progress("files", len(read) + len(unreadable), len(paths))

    if processes > 1 and len(paths) >= PAYS_FROM:
        import multiprocessing
        import signal
        from concurrent.futures import ProcessPoolExecutor
        from concurrent.futures.process import BrokenProcessPool

        try:
            # Ctrl-C is this process's to answer
            deaf = (signal.SIGINT, signal.SIG_IGN)
            spawning = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(processes, spawning, initializer=signal.signal, initargs=deaf) as pool:
                try:
                    for path, found in zip(paths, pool.map(_read, paths, chunksize=CHUNK), strict=True):
                        take(path, found)
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
        except (BrokenProcessPool, OSError, ImportError):
            pass  # no other processes here, or one died
    for path in paths[len(read) + len(unreadable) :]:
        take(path, _read(path))
    return read, unreadable


def _read(path):
    """The SessionEntry of one file, or why it cannot be read."""
    try:
        return from_file(path)
    except OSError as error:
        return error.strerror or str(error)


def build(path: Path, sha256: str, session: "Session | KneesyncError") -> SessionEntry:
    """The SessionEntry of a file. `session`: what it decoded to, or the KneesyncError that says why it did not."""
    on_disk = path.stat()
    kept = SessionEntry(
        id=path.stem,
        board="unknown",
        name=path.name,
        sha256=sha256,
        bytes=on_disk.st_size,
        start_unix_s=None,
        start_from="unknown",
        pulled_unix_s=on_disk.st_mtime,
    )
    problems = []
    if not sha256.startswith(kept.id):
        problems = ["the file is not as it was pulled: its SHA-256 has changed; restore it from a backup or the board"]
    if isinstance(session, KneesyncError):
        kept.problems = [*problems, str(session)]
    else:
        kept.run, kept.segment = session.run, session.segment
        try:
            found = described(session, joined_watch(path))
        except Exception as error:  # one strange file must not keep the others out of the index
            found = {
                "problems": [f"its figures cannot be computed ({type(error).__name__}: {error}): please report it"]
            }
        for name, value in found.items():
            setattr(kept, name, value)
        kept.problems = problems + kept.problems
    return sidecar.applied(kept, sidecar.read(path))


def joined_watch(path: Path) -> "Watch | None":
    """The Watch that was joined to the session in a file, or None."""
    if "watch" not in sidecar.read(path):
        return None
    from kneesync.library import watch

    return watch.beside(path)


def described(session: "Session", watch: "Watch | None" = None) -> dict[str, Any]:
    """What the session itself, and the watch joined to it, say of a SessionEntry: a dict of its fields."""
    from kneesync.analysis.comparable import row

    figures = row(session, watch)
    leg = session.header.get("leg")
    return {
        "board_leg": leg if leg in ("L", "R") else None,
        "board_athlete": sidecar.line(session.settings["athlete"], sidecar.NAME_CHARACTERS),
        "has_raw": figures["has_raw"],
        "problems": list(session.problems),
        "figures": figures,
        **{
            name: figures[name]
            for name in ("duration_s", "strides", "cadence_spm", "knee_lift_deg", "drop_deg", "cues")
        },
    }
