"""The library: a folder of session files exactly as the boards wrote them, and an index.

sessions/<id>.knee    the file; its id is the start of its SHA-256, never a name that a board chose
sessions/<id>.json    where it came from and when it started; written before the file gets its name
incoming/<sha>.part   a transfer under way, with its .json beside it
index.sqlite          can be made anew from the rest
"""

import contextlib
import hashlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.library.index import Index, Kept, LibraryError

try:
    import fcntl
except ImportError:  # Windows, where a board's port is opened by one process at a time anyway
    fcntl = None

_ID_DIGITS = 10
_CORRECTED = "corrected_start_unix_s"  # in the note: the runner's own word
EARLIEST_UNIX_S = 1_700_000_000  # a board clock before this was never set


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
            try:
                self.reindex()
            except BaseException:
                self.close()
                raise

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
        with self._writing():
            self._forget_transfers(_note_of(path))
            return self._enter(path)

    def why_not_safe(self, sha256):
        """Why a board's file with these bytes must stay there; "" if the copy here, read anew, has the same."""
        path = self._sessions / (sha256[:_ID_DIGITS] + ".knee")
        try:
            found = _sha256_of(path)
        except FileNotFoundError:
            return "not pulled yet"
        except OSError as error:
            return f"the library cannot read its copy {path}: {error.strerror}"
        return "" if found == sha256 else f"the library's copy has changed: move {path} away and pull again"

    # Bringing one in

    def incoming(self, board, name, size_bytes, sha256):
        """The transfer of a board's file: where it stands, and how it goes on. LibraryError if another has it."""
        about = {"board": board, "name": name, "bytes": size_bytes, "sha256": sha256}
        with self._writing():
            return Incoming(self._incoming / sha256, about, self._writing)

    def keep(self, incoming):
        """Give a complete transfer its name. NotASessionError if it is none, KneesyncError if the hash is wrong.

        Order: file on disk, bytes checked, note on disk, rename, index. Cut anywhere, nothing half stands in sessions/.
        """
        from kneesync.library.session import NotASessionError, decode

        about = incoming.about
        with self._writing():
            data = incoming.synced()
            if hashlib.sha256(data).hexdigest() != about["sha256"]:
                incoming.drop()
                raise KneesyncError(
                    f"{about['name']}: the bytes received have another SHA-256 than on the board; pull again"
                )
            try:
                session = decode(data, about["name"])
            except NotASessionError:
                incoming.drop()
                raise
            except KneesyncError as error:
                session = error  # of a newer format: kept, a later kneesync reads it
            started = self._started(about["board"], session)
            note = {**about, "start_unix_s": started[0], "start_from": started[1], "pulled_unix_s": time.time()}
            path = self._sessions / (about["sha256"][:_ID_DIGITS] + ".knee")
            if (corrected := _note_of(path).get(_CORRECTED)) is not None:  # it was here before, and lost
                note[_CORRECTED] = corrected
            _write_whole(path.with_suffix(".json"), json.dumps(note).encode())
            incoming.rename(path)
            self._forget_transfers(about)
            return self._record(path, note, about["sha256"], session)

    def _forget_transfers(self, about):
        """The notes on a board's file that is here now, and parts of what it was before it grew. Before the index."""
        for path in self._incoming.glob("*.json"):
            other = _note_of(path)
            if all(other.get(key) == about.get(key) for key in ("board", "name")):
                path.with_suffix(".part").unlink(missing_ok=True)
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _writing(self):
        """What the disk refuses, as one line."""
        try:
            yield
        except OSError as error:
            raise LibraryError(
                f"cannot write to the library in {self.folder}: {error.strerror or error}; "
                "make room there, or set KNEESYNC_LIBRARY, and pull again: it goes on from there"
            ) from None

    def correct_start(self, kept, start_unix_s):
        """Give a kept session a start by hand (Unix s), or with None the one it came with; the Kept that it is then."""
        path = self.path(kept)
        note = _note_of(path)
        if not note:  # lost: what the index knows
            note = {"board": kept.board, "name": kept.name, "bytes": kept.bytes, "sha256": kept.sha256}
            note.update(start_unix_s=kept.start_unix_s, start_from=kept.start_from, pulled_unix_s=kept.pulled_unix_s)
        note.pop(_CORRECTED, None)
        if start_unix_s is not None:
            note[_CORRECTED] = start_unix_s
        _write_whole(path.with_suffix(".json"), json.dumps(note).encode())
        return self._enter(path)

    def note_boot(self, board, boot, up_ms):
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

    def reindex(self):
        """Make the index anew from the files, which stay as they are.

        Returns (every Kept, damaged ones with their problems; (path, why) of each file that cannot be read).
        """
        entered, unreadable = [], []
        with self._index.at_once():
            for kept in self._index.sessions():
                self._index.forget(kept.id)
            for path in sorted(self._sessions.glob("*.knee")):
                try:
                    entered.append(self._enter(path))
                except OSError as error:
                    unreadable.append((path, error.strerror))
            self._index.is_whole()
        return entered, unreadable

    def _enter(self, path):
        """Enter one kept file into the index, from its note and its content."""
        from kneesync.library.session import read

        try:
            session = read(path)
        except KneesyncError as error:
            session = error
        return self._record(path, _note_of(path), _sha256_of(path), session)

    def _record(self, path, note, sha256, session):
        """Enter a kept file into the index. `session` is what it decoded to, or the error that says why it did not."""
        corrected = _unix_s(note.get(_CORRECTED))
        start_unix_s = _unix_s(note.get("start_unix_s"))
        kept = Kept(
            id=path.stem,
            board=untrusted.board_id(note.get("board")) or "unknown",
            name=untrusted.session_name(note.get("name")) or path.name,
            sha256=sha256,
            bytes=path.stat().st_size,
            start_unix_s=start_unix_s if corrected is None else corrected,
            start_from=untrusted.printable(note.get("start_from", "unknown")) if corrected is None else "you",
            pulled_unix_s=_unix_s(note.get("pulled_unix_s")) or path.stat().st_mtime,
        )
        changed = []
        if not sha256.startswith(kept.id):
            changed = [
                "the file is not as it was pulled: its SHA-256 has changed; restore it from a backup or the board"
            ]
        if isinstance(session, KneesyncError):
            kept.problems = [*changed, str(session)]
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
    """A transfer under way: bytes only ever appended, each already checked on its way in.

    Nothing is synced before the end: what a power cut leaves of it, the whole file's hash judges.
    """

    def __init__(self, stem, about, writing):
        self.about = about
        self.path = stem.with_suffix(".part")
        self._note = stem.with_suffix(".json")
        self._writing = writing
        self._file = _locked(self.path)
        try:
            self.received_bytes = os.fstat(self._file.fileno()).st_size
            noted = json.dumps(about).encode()
            if self.received_bytes > about["bytes"] or not _holds(self._note, noted):
                self._file.truncate(0)
                self.received_bytes = 0
                self._note.write_bytes(noted)
        except BaseException:
            self._file.close()
            raise

    def append(self, data):
        """Add bytes; `received_bytes` counts those that the system has taken, also where a full disk ends it."""
        view = memoryview(data)
        with self._writing():
            while view:
                taken = self._file.write(view)
                self.received_bytes += taken
                view = view[taken:]

    def synced(self):
        """Everything received is on the disk; what the file there holds."""
        os.fsync(self._file.fileno())
        return self.path.read_bytes()

    def rename(self, path):
        """Give the file its name in the library, for good; the transfer is over."""
        if fcntl is None:
            self._file.close()  # Windows does not rename what is open
        os.replace(self.path, path)
        _sync_folder(path.parent)

    def close(self):
        """Leave the transfer as it stands, for the next pull."""
        self._file.close()

    def drop(self):
        """Forget the transfer."""
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


def _note_of(path):
    """What stands in the note beside a kept file; {} if there is none that can be read."""
    try:
        return untrusted.parsed(path.with_suffix(".json").read_bytes())
    except (OSError, KneesyncError):
        return {}


def _unix_s(value):
    """A note's moment if it is one, else None."""
    return value if isinstance(value, (int, float)) and 0 < value < 1e11 else None


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
