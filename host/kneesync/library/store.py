"""The library: a folder of session files exactly as the boards wrote them, and an index.

sessions/<id>.knee    the file; its id is the start of its SHA-256, never a name that a board chose
sessions/<id>.json    its sidecar: where it came from, when it started and what the runner says of it
incoming/<sha>.part   a transfer under way, with its .json beside it
trash/<id>.*          what was deleted, until it is restored
training/<hash>.json  what a runner trained, and answered in the self-check: see training.py
index.sqlite          can be made anew from the rest
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kneesync import notices, untrusted
from kneesync.errors import KneesyncError, LibraryError
from kneesync.files import durable
from kneesync.library import entry, sidecar
from kneesync.library.choice import chosen
from kneesync.library.incoming import Incoming
from kneesync.library.index import Index, SessionEntry

if TYPE_CHECKING:  # a list of sessions waits for no numpy
    from kneesync.formats.session import Session

ID_DIGITS = 10
INDEX = "index.sqlite"
MANY_FILES = 20  # from so many on, reading all of them takes a moment that wants a word
EARLIEST_UNIX_S = 1_700_000_000  # a board clock before this was never set


class Library:
    """The sessions kept in `folder` (default: KNEESYNC_LIBRARY, else the user's data folder)."""

    def __init__(self, folder: str | Path | None = None) -> None:
        if folder is None:
            folder = os.environ.get("KNEESYNC_LIBRARY")
        if not folder:
            import platformdirs

            folder = platformdirs.user_data_dir("kneesync", appauthor=False)
        self.folder = Path(folder).expanduser()
        self._sessions = self.folder / "sessions"
        self._incoming = self.folder / "incoming"
        self.trash_folder = self.folder / "trash"
        try:
            self._sessions.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KneesyncError(
                f"cannot use {self.folder} as library: {error.strerror}; set KNEESYNC_LIBRARY to another folder"
            ) from None
        with contextlib.suppress(OSError):  # whoever writes there will say so
            self._incoming.mkdir(exist_ok=True)
        self._index = Index(self.folder / INDEX)
        try:
            if self._index.read_only:
                notices.once(
                    f"The library in {self.folder} cannot be written to: it is read, and nothing is kept in it."
                )
            if self._index.fresh:
                self._index_anew()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What is kept

    def stamp(self) -> tuple[tuple[str, int, int, int], ...]:
        """Another value after each change that any process made to the index: cheap to ask every second."""
        found = []
        for name in (INDEX, INDEX + "-wal"):
            try:
                state = os.stat(self.folder / name)
            except OSError:
                continue
            found.append((name, state.st_ino, state.st_size, state.st_mtime_ns))
        return tuple(found)

    def sessions(
        self,
        athlete: str | None = None,
        leg: str | None = None,
        tag: str | None = None,
        since_unix_s: float | None = None,
        search: str | None = None,
    ) -> list[SessionEntry]:
        """The kept sessions, newest first; the segments of a run that was cut and went on as one.

        Only those that fit what is given: see choice.chosen().
        """
        runs = {}
        for kept in self._index.sessions():
            segments = runs.setdefault((kept.board, kept.run or kept.id), {})
            if kept.segment in segments:  # two files claim to be the same segment: each stands for itself
                segments = runs.setdefault((kept.board, kept.id), {})
            segments[kept.segment] = kept
        found = [self._whole([segments[number] for number in sorted(segments)]) for segments in runs.values()]
        return chosen(found, athlete, leg, tag, since_unix_s, search)

    def during(self, kept: SessionEntry) -> list[SessionEntry]:
        """The other kept sessions that ran at some time while this one did."""
        if kept.start_unix_s is None:
            return []
        found = self._index.during(kept.start_unix_s, kept.start_unix_s + (kept.duration_s or 0))
        whole = {one.id: one for one in (self._whole(self.segments(row)) for row in found)}
        return [one for one in whole.values() if one.id != kept.id]

    def segments(self, kept: SessionEntry) -> list[SessionEntry]:
        """The kept files of a session, in order: more than one if it was cut and went on."""
        found = {}
        for one in self._index.of_run(kept.board, kept.run) if kept.run else ():
            found.setdefault(one.segment, one)
        if found.get(kept.segment, kept).id != kept.id:
            return [kept]
        return [found[number] for number in sorted(found)] or [kept]

    def _whole(self, segments):
        """One SessionEntry of a run's segments, which come in order: the first, with the figures of all."""
        if len(segments) == 1:
            return segments[0]
        ids = [one.id for one in segments]
        described = self._index.joined(ids)
        if described is None:
            try:
                described = entry.described(self._joined(segments), entry.joined_watch(self.path(segments[0])))
            except KneesyncError as error:
                described = {"problems": [str(error)]}
            else:
                with contextlib.suppress(LibraryError):  # only listing: what another writes now is no trouble
                    self._index.enter_joined(ids, described)
        return replace(sidecar.taken_over(segments[0], _speaker(segments)), **described)

    def find(self, reference: str | None = None, athlete: str | None = None) -> SessionEntry:
        """The session that an id, or the start of one, names; the newest (of an athlete) for None or "latest"."""
        if reference in (None, "latest"):
            if athlete is None and (newest := self._index.newest()):
                return self._whole(self.segments(newest))
            if athlete is not None and (of_athlete := self.sessions(athlete)[:1]):
                return of_athlete[0]
            if athlete is not None and (others := {one.athlete for one in self.sessions()}):
                names = ", ".join(sorted(untrusted.printable(name) for name in others)[:8])
                raise KneesyncError(
                    f"no session of {untrusted.printable(athlete)}; the library in {self.folder} has runs of {names}"
                )
            raise KneesyncError(f"the library in {self.folder} is empty; run `kneesync pull`, or try `kneesync demo`")
        found = self._index.matching(reference.lower())
        if len(found) == 1:
            return self._whole(self.segments(found[0]))
        shown = untrusted.printable(reference)
        if found:
            raise KneesyncError(f"{shown} could be {', '.join(kept.id for kept in found[:5])}; give more digits")
        if next(self.trash_folder.glob(f"{reference.lower()}*.knee") if reference.isalnum() else iter(()), None):
            raise KneesyncError(f"{shown} is in the trash; `kneesync trash restore {shown}` brings it back")
        raise KneesyncError(f"no session {shown} and no such file; `kneesync sessions` lists the ids")

    def read(self, reference: str | None = None) -> "Session":
        """The Session that an id names (see find)."""
        return self.read_whole(self.find(reference))

    def read_whole(self, kept: SessionEntry) -> "Session":
        """The Session of a kept file; of all segments, if it is one of several."""
        return self._joined(self.segments(kept))

    def _joined(self, segments):
        from kneesync.formats.decoder import read
        from kneesync.formats.segments import concatenated

        return concatenated([read(self.path(one)) for one in segments])

    def path(self, kept: SessionEntry) -> Path:
        """The kept file."""
        return self._sessions / (kept.id + ".knee")

    def holds(self, sha256: str) -> SessionEntry | None:
        """The kept session with these bytes, or None. One whose index entry was lost is entered again.

        What was deleted is held too, as `trashed`: nothing brings it back but its restoring.
        """
        path = self._sessions / (sha256[:ID_DIGITS] + ".knee")
        if not path.is_file():
            return self._in_trash(sha256)
        kept = self._index.by_sha256(sha256)
        if kept and path.stat().st_size == kept.bytes:
            return kept
        if durable.sha256_of(path) != sha256:
            return None
        with self.writing():
            self._forget_transfers(sidecar.read(path))
            return self.enter(path)

    def _in_trash(self, sha256):
        path = self.trash_folder / (sha256[:ID_DIGITS] + ".knee")
        with contextlib.suppress(OSError):
            kept = entry.from_file(path)
            if kept.sha256 == sha256:
                return replace(kept, trashed=True)
        return None

    def why_not_safe(self, sha256: str) -> str:
        """Why a board's file with these bytes must stay there; "" if the copy here, read anew, has the same.

        A copy in the trash is one: what was deleted here may go there.
        """
        path = self._sessions / (sha256[:ID_DIGITS] + ".knee")
        if not path.exists() and (trashed := self.trash_folder / path.name).exists():
            path = trashed
        try:
            found = durable.sha256_of(path)
        except FileNotFoundError:
            return "not pulled yet"
        except OSError as error:
            return f"the library cannot read its copy {path}: {error.strerror}"
        return "" if found == sha256 else f"the library's copy has changed: move {path} away and pull again"

    # Bringing one in

    def incoming(self, board: str, name: str, size_bytes: int, sha256: str) -> Incoming:
        """The transfer of a board's file: where it stands, and how it goes on. LibraryError if another has it."""
        about = {"board": board, "name": name, "bytes": size_bytes, "sha256": sha256}
        with self.writing():
            return Incoming(self._incoming / sha256, about, self.writing)

    def keep(self, incoming: Incoming, note: Mapping[str, Any] | None = None) -> SessionEntry:
        """Give a complete transfer its name. NotASessionError if it is none, KneesyncError if the hash is wrong.

        Order: file on disk, bytes checked, note on disk, rename, index. Cut anywhere, nothing half stands in sessions/.
        `note`: what is known of it elsewhere, as sidecar.sound() leaves it: a start, what the runner says.
        """
        from kneesync.formats.session import NotASessionError

        about = incoming.about
        with self.writing():
            if incoming.synced() != about["sha256"]:
                incoming.drop()
                raise KneesyncError(
                    f"{about['name']}: the bytes received have another SHA-256 than on the board; pull again"
                )
            try:
                session = incoming.session(about["sha256"])
            except NotASessionError:
                incoming.drop()
                raise
            except KneesyncError as error:
                session = error  # of a newer format: kept, a later kneesync reads it
            path = self._sessions / (about["sha256"][:ID_DIGITS] + ".knee")
            start_unix_s, start_from = self._started(about["board"], session)
            found = {"pulled_unix_s": time.time(), **(note or {}), **about}
            if start_from == "pull" or "start_unix_s" not in found:
                found.update(start_unix_s=start_unix_s, start_from=start_from)
            found.update(sidecar.said(sidecar.read(path)))  # it was here before, and lost
            sidecar.write(path, found)
            incoming.rename(path)
            self._forget_transfers(about)
            kept = entry.build(path, about["sha256"], session)
            self._index.enter(kept)
            return kept

    def _forget_transfers(self, about):
        """The notes on a board's file that is here now, and parts of what it was before it grew. Before the index."""
        for path in self._incoming.glob("*.json"):
            other = sidecar.unchecked(path)
            if all(other.get(key) == about.get(key) for key in ("board", "name")):
                path.with_suffix(".part").unlink(missing_ok=True)
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """What the disk refuses inside, as one line; LibraryError at once where it takes nothing."""
        self._refuse_if_read_only()
        try:
            yield
        except OSError as error:
            raise LibraryError(
                f"cannot write to the library in {self.folder}: {error.strerror or error}; "
                "make room there, or set KNEESYNC_LIBRARY, and pull again: it goes on from there"
            ) from None

    def alone(self) -> AbstractContextManager[None]:
        """A context in which no other process changes the library: the index's lock."""
        self._refuse_if_read_only()
        return self._index.at_once()

    def _refuse_if_read_only(self):
        if self._index.read_only:
            raise LibraryError(
                f"the library in {self.folder} cannot be written to; "
                "set KNEESYNC_LIBRARY to a folder of yours, and `kneesync import` takes its sessions in there"
            )

    def note_of(self, kept: SessionEntry) -> dict[str, Any]:
        """What the runner says of a session, by the keys of sidecar.SAID."""
        return sidecar.said(sidecar.read(self.path(_speaker(self.segments(kept)))))

    def say(self, kept: SessionEntry, **said: object) -> SessionEntry:
        """Put what the runner says of a session into its sidecar; the SessionEntry that it is then.

        `said`: keys of sidecar.SAID and their values; None takes one back. What does not fit its key is left out.
        """
        with self.writing(), self._index.at_once():  # the index's lock is the notes' too
            segments = self.segments(kept)
            first, speaker = segments[0], _speaker(segments)
            path = self.path(first)
            if not path.exists():
                raise KneesyncError(f"{first.id} is not in the library any more; `kneesync sessions` lists what is")
            note = sidecar.unchecked(path) or {
                "board": first.board,  # the note was lost: what the index knows
                "name": first.name,
                "bytes": first.bytes,
                "sha256": first.sha256,
                "start_unix_s": None if first.start_from in ("you", "watch") else first.start_unix_s,
                "start_from": "unknown" if first.start_from in ("you", "watch") else first.start_from,
                "pulled_unix_s": first.pulled_unix_s,
            }
            if speaker is not first:
                note.update(sidecar.said(sidecar.read(self.path(speaker))))
            note.update(sidecar.sound({name: said[name] for name in sidecar.SAID if name in said}))
            for name in said:
                if said[name] is None:
                    note.pop(name, None)
            sidecar.write(path, note)
            if "watch" in said:  # the figures at equal pace are of it
                self._index.forget_joined()
                self.enter(path)
            else:
                self._index.enter(sidecar.applied(first, sidecar.sound(note)))
        return self.find(first.id)

    def note_boot(self, board: str, boot: int, up_ms: float) -> None:
        """A board is up_ms into its boot number `boot`: this dates that boot's sessions, now or later."""
        self._index.note_boot(board, boot, time.time() - up_ms / 1000)

    def _started(self, board, session):
        """(Unix time of the session's start or None, how that is known)."""
        if isinstance(session, KneesyncError):
            return None, "unknown"
        boot = untrusted.whole(session.header.get("boot"), 0, 1 << 31)
        zero_unix_s = self._index.boot_zero_unix_s(board, boot) if boot is not None else None
        latest_unix_s = time.time() + 60
        if zero_unix_s is not None and zero_unix_s + session.start_ms / 1000 < latest_unix_s:
            return zero_unix_s + session.start_ms / 1000, "pull"
        clock_s = untrusted.whole(session.header.get("clock_s"), EARLIEST_UNIX_S, int(latest_unix_s))
        if clock_s is not None and session.opened_ms is not None:
            return clock_s - (session.opened_ms - session.start_ms) / 1000, "board clock"
        return None, "unknown"

    # The index

    def reindex(
        self, processes: int = 1, progress: Callable[[str, int, int], object] | None = None
    ) -> tuple[list[SessionEntry], list[tuple[Path, str]]]:
        """Make the index anew from the files, which stay as they are.

        `processes`: how many may share the reading; more than one only under a guarded __main__. `progress` is called
        with a name, how many files are through and how many there are.
        Returns (every SessionEntry, damaged ones with their problems; (path, why) of each file that cannot be read).
        """
        self._refuse_if_read_only()
        return self._reindexed(processes, progress)

    def _index_anew(self):
        """The first index of these files, or one in place of an older version's: told of where that takes a while."""
        number = sum(1 for _ in self._sessions.glob("*.knee"))
        if number < MANY_FILES:
            self._reindexed()
            return
        notices.once(f"Making the library's index anew from its {number:,} files, once for this version.")
        with notices.counting("reading") as progress:
            self._reindexed(progress=progress)

    def _reindexed(self, processes=1, progress=None):
        read, unreadable = entry.from_files(sorted(self._sessions.glob("*.knee")), processes, progress)
        with self._index.at_once():  # held for no longer than it takes to write: others go on meanwhile
            self._index.forget_joined()
            seen = {kept.id for kept in read} | {path.stem for path, _ in unreadable}
            for kept in self._index.sessions():
                if kept.id in seen or not self.path(kept).exists():  # else it came while we read
                    self._index.forget(kept.id)
            here = [kept for kept in read if self.path(kept).exists()]  # and what was deleted meanwhile is not
            entered = [sidecar.applied(kept, sidecar.read(self.path(kept))) for kept in here]
            for kept in entered:
                self._index.enter(kept)
            self._index.is_whole()
        return entered, unreadable

    def enter(self, path: Path) -> SessionEntry:
        """Enter one file of sessions/ into the index, from its note and its content; its SessionEntry."""
        kept = entry.from_file(path)
        self._index.enter(kept)
        return kept

    def forget(self, kept: SessionEntry) -> None:
        """Take one file out of the index."""
        self._index.forget(kept.id)


def _speaker(segments):
    """The first of a run's segments of which the runner said anything, else the first."""
    return next((one for one in segments if sidecar.speaks(one)), segments[0])
