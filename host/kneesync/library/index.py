"""The library's SQLite index: what is kept and its key figures, so that lists need not decode every file.

It holds nothing that the kept files and their notes do not hold; Library.reindex() makes it anew from them.
The exception is `boot`: when each boot of a board began by this machine's clock, which only helps a later pull.
"""

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from kneesync.errors import KneesyncError, LibraryError

VERSION = 5  # raised with analysis.comparable.VERSION, whose figures stand in it

NOBODY = "me"  # whose runs they are where neither board nor runner says


@dataclass
class SessionEntry:
    """One session in the library: what its file says, and what the runner's sidecar says of it."""

    id: str  # first digits of the file's SHA-256
    board: str
    name: str  # the file's name on the board
    sha256: str
    bytes: int
    start_unix_s: float | None  # None: unknown
    start_from: str  # "pull", "board clock", "watch" (joined), "you" (set by hand) or "unknown"
    pulled_unix_s: float
    leg: str | None = None  # the runner's word, else the board's
    athlete: str = NOBODY  # the runner's word, else the board's
    duration_s: float | None = None
    strides: int = 0
    cadence_spm: float | None = None
    knee_lift_deg: float | None = None
    drop_deg: float | None = None
    cues: int = 0
    problems: list[str] = field(default_factory=list)
    run: str = ""  # the same for the segments of a run that was cut and went on
    segment: int = 1
    note: str = ""  # the runner's words
    tags: list[str] = field(default_factory=list)
    pain: int | None = None  # 0 to 10
    pain_where: str = ""
    effort: int | None = None  # 0 to 10
    marked: bool = False
    has_raw: bool = False
    watch: dict | None = None  # facts of the watch's recording that was joined
    board_leg: str | None = None  # as the board had it
    board_athlete: str = ""  # as the board's settings had it
    figures: dict = field(default_factory=dict)  # analysis.comparable.row
    trashed: bool = False  # in the trash folder, not in the index


_NAMES = [one.name for one in fields(SessionEntry) if one.name != "trashed"]
_AS_JSON = ("problems", "tags", "watch", "figures")
_AS_BOOL = ("marked", "has_raw")
_SCHEMA = """
CREATE TABLE session (
  id TEXT PRIMARY KEY, board TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL,
  start_unix_s REAL, start_from TEXT NOT NULL, pulled_unix_s REAL NOT NULL, leg TEXT, athlete TEXT NOT NULL,
  duration_s REAL, strides INTEGER NOT NULL, cadence_spm REAL, knee_lift_deg REAL, drop_deg REAL,
  cues INTEGER NOT NULL, problems TEXT NOT NULL, run TEXT NOT NULL, segment INTEGER NOT NULL,
  note TEXT NOT NULL, tags TEXT NOT NULL, pain INTEGER, pain_where TEXT NOT NULL, effort INTEGER,
  marked INTEGER NOT NULL, has_raw INTEGER NOT NULL, watch TEXT NOT NULL, board_leg TEXT, board_athlete TEXT NOT NULL,
  figures TEXT NOT NULL);
CREATE TABLE joined (segments TEXT PRIMARY KEY, described TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS boot (
  board TEXT NOT NULL, boot INTEGER NOT NULL, zero_unix_s REAL NOT NULL, PRIMARY KEY (board, boot));
"""


_REFUSES_WRITING = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class Index:
    """An open index file. `fresh` is true if it had to be made: the kept files then want to be entered.

    Where the folder cannot be written to, a copy in a temporary place is opened (SQLite needs a log beside the file
    even to read it), and `read_only` is true: what is entered is forgotten when it is closed.
    """

    def __init__(self, path: Path) -> None:
        self.fresh = self.read_only = False
        self._path, self._elsewhere = path, None
        try:
            self._open_or_anew(path)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _REFUSES_WRITING:
                raise self._refused(error) from None
            self._open_copy(error)
        except OSError as error:  # a broken one that cannot be set aside
            self._open_copy(error)

    def _open_or_anew(self, path):
        try:
            self._open(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # not a database any more: set it aside, the files know everything
            path.replace(path.with_name(path.name + ".broken"))
            for ending in ("-wal", "-shm"):  # its log is none of the new one's
                path.with_name(path.name + ending).unlink(missing_ok=True)
            self._open(path)

    def _open_copy(self, error):
        self.read_only = True
        self._elsewhere = tempfile.TemporaryDirectory(prefix="kneesync-index-")
        copy = Path(self._elsewhere.name) / self._path.name
        try:
            for ending in ("", "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(self._path.with_name(self._path.name + ending), copy.with_name(copy.name + ending))
            self._open_or_anew(copy)
        except (OSError, sqlite3.Error):
            self._elsewhere.cleanup()
            raise self._refused(error) from None
        except BaseException:
            self._elsewhere.cleanup()
            raise

    def _open(self, path):
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            # one flush of the disk a commit in place of four, and who only reads never waits for who writes
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            version = self._version()
            if version < VERSION:
                self._db.execute("BEGIN IMMEDIATE")
                version = self._version()  # another process may have been quicker
                if version < VERSION:
                    self._make()
                self._db.execute("COMMIT")
            if version > VERSION:
                raise KneesyncError(
                    f"the library's index has version {version}, this one knows {VERSION}: pip install -U kneesync"
                )
        except BaseException:
            self._db.close()  # and with it the lock
            raise

    def _version(self):
        return self._db.execute("PRAGMA user_version").fetchone()[0]

    def _make(self):
        """Empty tables in place of those of an older version, or of one that was never filled."""
        self.fresh = True
        for table in ("session", "joined"):
            self._db.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _SCHEMA.split(";"):
            self._db.execute(statement)

    def _refused(self, error):
        busy = "lock" in str(error)
        advice = "another kneesync is at it: wait until it is done" if busy else "is the disk full or read-only?"
        return LibraryError(f"cannot use the library's index {self._path}: {error}; {advice}")

    def _do(self, statement, values=()):
        """Run one statement; outside at_once() it is committed when this returns."""
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._refused(error) from None

    def is_whole(self) -> None:
        """Say that everything kept has been entered: until then an index is `fresh` each time it is opened."""
        self._do(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        self._db.close()
        if self._elsewhere is not None:
            self._elsewhere.cleanup()

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """All changes made inside are committed together at the end, or none of them."""
        self._do("BEGIN IMMEDIATE")
        try:
            yield
            self._do("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # a full disk may have ended the transaction by itself
                self._db.execute("ROLLBACK")
            raise

    def enter(self, kept: SessionEntry) -> None:
        """Add or replace one session: committed when this returns, but inside at_once()."""
        row = {name: getattr(kept, name) for name in _NAMES}
        row.update({name: json.dumps(row[name]) for name in _AS_JSON})
        marks = ", ".join(":" + name for name in _NAMES)
        self._do(f"INSERT OR REPLACE INTO session ({', '.join(_NAMES)}) VALUES ({marks})", row)

    def forget(self, session_id: str) -> None:
        self._do("DELETE FROM session WHERE id = ?", (session_id,))

    def by_sha256(self, sha256: str) -> SessionEntry | None:
        return next(iter(self._kept("WHERE sha256 = ?", sha256)), None)

    def sessions(self) -> list[SessionEntry]:
        """All, newest first; those without a start time by when they were pulled."""
        return self._kept("ORDER BY coalesce(start_unix_s, pulled_unix_s) DESC, name DESC, id")

    def newest(self) -> SessionEntry | None:
        """The newest alone, as sessions() has them, or None: the others need not be read for it."""
        return next(
            iter(self._kept("ORDER BY coalesce(start_unix_s, pulled_unix_s) DESC, name DESC, id LIMIT 1")), None
        )

    def during(self, from_unix_s: float, to_unix_s: float) -> list[SessionEntry]:
        """All that ran at some time between these two; those without a start time are none."""
        return self._kept(
            "WHERE start_unix_s < ? AND start_unix_s + coalesce(duration_s, 0) > ? ORDER BY id", to_unix_s, from_unix_s
        )

    def matching(self, start_of_id: str) -> list[SessionEntry]:
        return self._kept("WHERE substr(id, 1, ?) = ?", len(start_of_id), start_of_id)

    def of_run(self, board: str, run: str) -> list[SessionEntry]:
        """The segments of a run, in no order."""
        return self._kept("WHERE board = ? AND run = ? ORDER BY id", board, run)

    def _kept(self, rest, *values):
        return [_as_kept(row) for row in self._do(f"SELECT {', '.join(_NAMES)} FROM session {rest}", values)]

    def joined(self, segments: Sequence[str]) -> dict[str, Any] | None:
        """What was entered of a run's segments (ids in order) as one session: fields of a SessionEntry, or None."""
        row = self._do("SELECT described FROM joined WHERE segments = ?", (" ".join(segments),)).fetchone()
        return json.loads(row[0]) if row else None

    def enter_joined(self, segments: Sequence[str], described: Mapping[str, Any]) -> None:
        self._do("INSERT OR REPLACE INTO joined VALUES (?, ?)", (" ".join(segments), json.dumps(described)))

    def forget_joined(self) -> None:
        self._do("DELETE FROM joined")

    def note_boot(self, board: str, boot: int, zero_unix_s: float) -> None:
        """A boot of a board began at this Unix time. A board that counts from the start again loses its older notes."""
        self._do(
            "DELETE FROM boot WHERE board = :board AND :boot < (SELECT max(boot) FROM boot WHERE board = :board)",
            {"board": board, "boot": boot},
        )
        self._do("INSERT OR REPLACE INTO boot VALUES (?, ?, ?)", (board, boot, zero_unix_s))

    def boot_zero_unix_s(self, board: str, boot: int) -> float | None:
        row = self._do("SELECT zero_unix_s FROM boot WHERE board = ? AND boot = ?", (board, boot)).fetchone()
        return row[0] if row else None


def _as_kept(row):
    values = dict(zip(_NAMES, row, strict=True))
    values.update({name: json.loads(values[name]) for name in _AS_JSON})
    values.update({name: bool(values[name]) for name in _AS_BOOL})
    return SessionEntry(**values)
