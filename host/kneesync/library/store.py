"""The library: a folder of session files exactly as the boards wrote them, and an index.

sessions/<id>.knee    the file; its id is the start of its SHA-256, never a name that a board chose
sessions/<id>.json    where it came from and when it started; written before the file gets its name
incoming/<sha>.part   a transfer under way, with its .json beside it
index.sqlite          can be made anew from the rest
"""

import hashlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.library.index import Index, Kept

_ID_DIGITS = 10
_EARLIEST_UNIX_S = 1_700_000_000  # a board clock before this was never set


class Library:
    """The sessions kept in `folder` (default: KNEESYNC_LIBRARY, else the user's data folder)."""

    def __init__(self, folder=None):
        if folder is None:
            folder = os.environ.get("KNEESYNC_LIBRARY")
        if not folder:
            import platformdirs

            folder = platformdirs.user_data_dir("kneesync", appauthor=False)
        self.folder = Path(folder).expanduser()
        self._sessions = self.folder / "sessions"
        self._incoming = self.folder / "incoming"
        try:
            self._sessions.mkdir(parents=True, exist_ok=True)
            self._incoming.mkdir(exist_ok=True)
        except OSError as error:
            raise KneesyncError(
                f"cannot use {self.folder} as library: {error.strerror}; set KNEESYNC_LIBRARY to another folder"
            ) from None
        self._index = Index(self.folder / "index.sqlite")
        if self._index.fresh:
            self.reindex()

    def close(self):
        self._index.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # What is kept

    def sessions(self):
        """Every kept session, newest first; the segments of a run that was cut and went on as one."""
        runs = {}
        for kept in self._index.sessions():
            segments = runs.setdefault((kept.board, kept.run or kept.id), {})
            if kept.segment in segments:  # two files claim to be the same segment: each stands for itself
                segments = runs.setdefault((kept.board, kept.id), {})
            segments[kept.segment] = kept
        return [self._whole(list(segments.values())) for segments in runs.values()]

    def segments(self, kept):
        """The kept files of a session, in order: more than one if it was cut and went on."""
        found = {}
        for one in self._index.sessions():
            if kept.run and (one.board, one.run) == (kept.board, kept.run):
                found.setdefault(one.segment, one)
        if found.get(kept.segment, kept).id != kept.id:
            return [kept]
        return [found[number] for number in sorted(found)] or [kept]

    def _whole(self, segments):
        """The first of a run's segments, with the figures of all."""
        if len(segments) == 1:
            return segments[0]
        first = min(segments, key=lambda kept: kept.segment)
        whole = replace(first)
        try:
            self._describe(whole, self.read_whole(first))
        except KneesyncError as error:
            whole.problems = [str(error)]
        return whole

    def find(self, reference=None):
        """The session that an id, or the start of one, names; the newest for None or "latest"."""
        if reference in (None, "latest"):
            newest = self.sessions()[:1]
            if not newest:
                raise KneesyncError(
                    f"the library in {self.folder} is empty; run `kneesync pull`, or try `kneesync demo`"
                )
            return newest[0]
        found = self._index.matching(reference.lower())
        if len(found) == 1:
            return self._whole(self.segments(found[0]))
        shown = untrusted.printable(reference)
        if found:
            raise KneesyncError(f"{shown} could be {', '.join(kept.id for kept in found[:5])}; give more digits")
        raise KneesyncError(f"no session {shown} and no such file; `kneesync sessions` lists the ids")

    def read(self, reference=None):
        """The Session that an id names (see find)."""
        return self.read_whole(self.find(reference))

    def read_whole(self, kept):
        """The Session of a kept file; of all segments, if it is one of several."""
        from kneesync.library.segments import joined
        from kneesync.library.session import read

        return joined([read(self.path(one)) for one in self.segments(kept)])

    def path(self, kept):
        """The kept file."""
        return self._sessions / (kept.id + ".knee")

    def holds(self, sha256):
        """The kept session with these bytes, or None. One whose index entry was lost is entered again."""
        kept = self._index.by_sha256(sha256)
        path = self._sessions / (sha256[:_ID_DIGITS] + ".knee")
        if not path.is_file():
            return None
        if kept and path.stat().st_size == kept.bytes:
            return kept
        if _sha256_of(path) != sha256:
            return None
        return self._enter(path)

    # Bringing one in

    def incoming(self, board, name, size_bytes, sha256):
        """The transfer of a board's file: where it stands, and how it goes on."""
        return Incoming(self._incoming / sha256, {"board": board, "name": name, "bytes": size_bytes, "sha256": sha256})

    def keep(self, incoming):
        """Give a complete transfer its name. NotASessionError if it is none, KneesyncError if the hash is wrong.

        Order: file on disk, bytes checked, note on disk, rename, index. Cut anywhere, nothing half stands in sessions/.
        """
        from kneesync.library.session import NotASessionError, decode

        incoming.sync()
        data = incoming.path.read_bytes()
        if hashlib.sha256(data).hexdigest() != incoming.about["sha256"]:
            incoming.drop()
            raise KneesyncError(
                f"{incoming.about['name']}: the bytes received have another SHA-256 than on the board; pull again"
            )
        try:
            session = decode(data, incoming.about["name"])
        except NotASessionError:
            incoming.drop()
            raise
        except KneesyncError:
            session = None  # of a newer format: kept, a later kneesync reads it
        started = self._started(incoming.about["board"], session)
        note = {**incoming.about, "start_unix_s": started[0], "start_from": started[1], "pulled_unix_s": time.time()}
        path = self._sessions / (incoming.about["sha256"][:_ID_DIGITS] + ".knee")
        _write_whole(path.with_suffix(".json"), json.dumps(note).encode())
        os.replace(incoming.path, path)
        _sync_folder(self._sessions)
        incoming.drop()
        return self._enter(path)

    def note_boot(self, board, boot, up_ms):
        """A board is up_ms into its boot number `boot`: this dates that boot's sessions, now or later."""
        self._index.note_boot(board, boot, time.time() - up_ms / 1000)

    def _started(self, board, session):
        """(Unix time of the session's start or None, how that is known)."""
        if session is None:
            return None, "unknown"
        boot = untrusted.whole(session.header.get("boot"), 0, 1 << 31)
        zero_unix_s = self._index.boot_zero_unix_s(board, boot) if boot is not None else None
        latest_unix_s = time.time() + 60
        if zero_unix_s is not None and zero_unix_s + session.start_ms / 1000 < latest_unix_s:
            return zero_unix_s + session.start_ms / 1000, "pull"
        clock_s = untrusted.whole(session.header.get("clock_s"), _EARLIEST_UNIX_S, int(latest_unix_s))
        if clock_s is not None and session.opened_ms is not None:
            return clock_s - (session.opened_ms - session.start_ms) / 1000, "board clock"
        return None, "unknown"

    # The index

    def reindex(self):
        """Make the index anew from the files. Returns how many sessions it holds."""
        with self._index.at_once():
            for kept in self._index.sessions():
                self._index.forget(kept.id)
            entered = [self._enter(path) for path in sorted(self._sessions.glob("*.knee"))]
            self._index.is_whole()
        return len(entered)

    def _enter(self, path):
        """Enter one kept file into the index, from its note and its content."""
        from kneesync.library.session import read

        try:
            note = untrusted.parsed(path.with_suffix(".json").read_bytes())
        except (OSError, KneesyncError):
            note = {}
        kept = Kept(
            id=path.stem,
            board=untrusted.board_id(note.get("board")) or "unknown",
            name=untrusted.session_name(note.get("name")) or path.name,
            sha256=_sha256_of(path),
            bytes=path.stat().st_size,
            start_unix_s=note.get("start_unix_s"),
            start_from=note.get("start_from", "unknown"),
            pulled_unix_s=note.get("pulled_unix_s", path.stat().st_mtime),
        )
        changed = []
        if not kept.sha256.startswith(kept.id):
            changed = [
                "the file is not as it was pulled: its SHA-256 has changed; restore it from a backup or the board"
            ]
        try:
            session = read(path)
        except KneesyncError as error:
            kept.problems = [*changed, str(error)]
        else:
            self._describe(kept, session)
            kept.run, kept.segment = session.run, session.segment
            kept.problems = changed + kept.problems
        self._index.enter(kept)
        return kept

    def _describe(self, kept, session):
        """Enter the key figures of its session into a Kept."""
        from kneesync.analysis.session import summary

        figures = summary(session)
        kept.leg, kept.athlete = figures["leg"], figures["athlete"]
        kept.duration_s, kept.strides = figures["duration_s"], figures["strides"]
        kept.cadence_spm, kept.knee_lift_deg = figures["cadence_spm"], figures["knee_lift_deg"]
        kept.drop_deg = figures["change"]["drop_deg"] if figures["change"] else None
        kept.cues, kept.problems = len(figures["cues"]), list(session.problems)


class Incoming:
    """A transfer under way: bytes only ever appended, each already checked on its way in."""

    def __init__(self, stem, about):
        self.about = about
        self.path = stem.with_suffix(".part")
        self._note = stem.with_suffix(".json")
        noted = json.dumps(about).encode()
        try:
            same = self._note.read_bytes() == noted
        except OSError:
            same = False
        if not same or self.received_bytes > about["bytes"]:
            self.path.unlink(missing_ok=True)
            _write_whole(self._note, noted)
        self._file = open(self.path, "ab")  # noqa: SIM115 - closed by sync() and drop()

    @property
    def received_bytes(self):
        """How much of the file is here: the offset to go on from."""
        return self.path.stat().st_size if self.path.exists() else 0

    def append(self, data):
        self._file.write(data)
        self._file.flush()

    def sync(self):
        """Everything received is on the disk when this returns."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self):
        """Leave the transfer as it stands, for the next pull."""
        self._file.close()

    def drop(self):
        """Forget the transfer."""
        self._file.close()
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_whole(path, data):
    """Write a small file so that it is either absent, as it was, or whole."""
    beside = path.with_name(path.name + ".new")
    with open(beside, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    _sync_folder(path.parent)


def _sync_folder(folder):
    """Make renames in a folder durable (POSIX; Windows has no such call and needs none)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
