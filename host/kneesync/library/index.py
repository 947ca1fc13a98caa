"""The library's SQLite index: what is kept and its key figures, so that lists need not decode every file.

It holds nothing that the kept files and their notes do not hold; Library.reindex() makes it anew from them.
The exception is `boot`: when each boot of a board began by this machine's clock, which only helps a later pull.
"""

import contextlib
import json
import sqlite3
from dataclasses import asdict, dataclass, fields

from kneesync.errors import KneesyncError

_VERSION = 2


class LibraryError(KneesyncError):
    """The library's disk or index refuses: no other session will fare better."""


@dataclass
class Kept:
    """One session in the library."""

    id: str  # first digits of the file's SHA-256
    board: str
    name: str  # the file's name on the board
    sha256: str
    bytes: int
    start_unix_s: float | None  # None: unknown
    start_from: str  # "pull", "board clock", "you" (set by hand) or "unknown"
    pulled_unix_s: float
    leg: str | None = None
    athlete: str = ""
    duration_s: float | None = None
    strides: int = 0
    cadence_spm: float | None = None
    knee_lift_deg: float | None = None
    drop_deg: float | None = None
    cues: int = 0
    problems: list | None = None
    run: str = ""  # the same for the segments of a run that was cut and went on
    segment: int = 1


_NAMES = [field.name for field in fields(Kept)]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS session (
  id TEXT PRIMARY KEY, board TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL,
  start_unix_s REAL, start_from TEXT NOT NULL, pulled_unix_s REAL NOT NULL, leg TEXT, athlete TEXT NOT NULL,
  duration_s REAL, strides INTEGER NOT NULL, cadence_spm REAL, knee_lift_deg REAL, drop_deg REAL,
  cues INTEGER NOT NULL, problems TEXT NOT NULL, run TEXT NOT NULL, segment INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS boot (
  board TEXT NOT NULL, boot INTEGER NOT NULL, zero_unix_s REAL NOT NULL, PRIMARY KEY (board, boot));
"""


class Index:
    """An open index file. `fresh` is true if it had to be made: the kept files then want to be entered."""

    def __init__(self, path):
        self.fresh = False
        self._path = path
        try:
            self._open(path)
        except sqlite3.OperationalError as error:
            raise self._refused(error) from None
        except sqlite3.DatabaseError:  # not a database any more: set it aside, the files know everything
            path.replace(path.with_name(path.name + ".broken"))
            self._open(path)

    def _open(self, path):
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("BEGIN IMMEDIATE")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version < _VERSION:
                self.fresh = True
                self._db.execute("DROP TABLE IF EXISTS session")
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
            self._db.execute("COMMIT")
            if version > _VERSION:
                raise KneesyncError(
                    f"the library's index has version {version}, this one knows {_VERSION}: pip install -U kneesync"
                )
        except BaseException:
            self._db.close()  # and with it the lock
            raise

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

    def is_whole(self):
        """Say that everything kept has been entered: until then an index is `fresh` each time it is opened."""
        self._do(f"PRAGMA user_version = {_VERSION}")

    def close(self):
        self._db.close()

    @contextlib.contextmanager
    def at_once(self):
        """All changes made inside are committed together at the end, or none of them."""
        self._do("BEGIN IMMEDIATE")
        try:
            yield
            self._do("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # a full disk may have ended the transaction by itself
                self._db.execute("ROLLBACK")
            raise

    def enter(self, kept):
        """Add or replace one session: committed when this returns, but inside at_once()."""
        row = asdict(kept)
        row["problems"] = json.dumps(row["problems"] or [])
        marks = ", ".join(":" + name for name in _NAMES)
        self._do(f"INSERT OR REPLACE INTO session ({', '.join(_NAMES)}) VALUES ({marks})", row)

    def forget(self, session_id):
        self._do("DELETE FROM session WHERE id = ?", (session_id,))

    def by_sha256(self, sha256):
        row = self._do("SELECT * FROM session WHERE sha256 = ?", (sha256,)).fetchone()
        return _kept(row) if row else None

    def sessions(self):
        """All, newest first; those without a start time by when they were pulled."""
        rows = self._do("SELECT * FROM session ORDER BY coalesce(start_unix_s, pulled_unix_s) DESC, name DESC")
        return [_kept(row) for row in rows]

    def matching(self, start_of_id):
        rows = self._do("SELECT * FROM session WHERE substr(id, 1, ?) = ?", (len(start_of_id), start_of_id))
        return [_kept(row) for row in rows]

    def note_boot(self, board, boot, zero_unix_s):
        """A boot of a board began at this Unix time. A board that counts from the start again loses its older notes."""
        self._do(
            "DELETE FROM boot WHERE board = :board AND :boot < (SELECT max(boot) FROM boot WHERE board = :board)",
            {"board": board, "boot": boot},
        )
        self._do("INSERT OR REPLACE INTO boot VALUES (?, ?, ?)", (board, boot, zero_unix_s))

    def boot_zero_unix_s(self, board, boot):
        row = self._do("SELECT zero_unix_s FROM boot WHERE board = ? AND boot = ?", (board, boot)).fetchone()
        return row[0] if row else None


def _kept(row):
    values = dict(row)
    values["problems"] = json.loads(values["problems"])
    return Kept(**values)
