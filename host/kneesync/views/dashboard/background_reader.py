"""The one thread that reads the library's files for the dashboard, so that the screen never waits for them.

Work is asked for from the event loop and done in order. What nobody waits for any more is dropped before it starts:
holding a key down reads the session that one stops at, not those on the way.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kneesync.errors import KneesyncError, inside

if TYPE_CHECKING:
    from kneesync.analysis.figures import RunFigures
    from kneesync.analysis.pairs import Pair

MOST_READ = 64  # an hour's run takes 200 KB here


@dataclass
class Reading:
    """What one session's file says, or in `problem` why it says nothing."""

    figures: "RunFigures | None" = None
    lift: tuple = ((), ())  # (t_s, deg) of the sure strides
    cadence: tuple = ((), ())  # (t_s, steps/min) of the timed ones
    problem: str = ""
    pair: "Pair | None" = None  # of it and the other leg's session
    apart: str = ""  # why a session of the other leg at that time is none of its own
    looked_beside: bool = False  # whether other sessions were looked at since the library changed


class BackgroundReader:
    """Reads in a thread of its own, with a library of its own (SQLite's connections stay in their thread)."""

    def __init__(self, folder):
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "kneesync-reader")
        self._library = None
        self._read = {}

    async def ask(self, work, *arguments):
        """What `work(library, *arguments)` returns; what it raises is raised here."""
        return await asyncio.wrap_future(self._thread.submit(self._do, work, arguments))

    def _do(self, work, arguments):
        if self._library is None:
            from kneesync.library import Library

            self._library = Library(self._folder)
        return work(self._library, *arguments)

    def known(self, kept):
        """The Reading of a session if it stands ready, else None."""
        return self._read.get(_key(kept))

    async def reading(self, kept):
        """The Reading of a session. Whoever asks while it is read for another waits for the same."""
        return self.known(kept) or await self.ask(self._reading, kept)

    def _reading(self, library, kept):
        """Read a session, unless it was read since it was asked for; the oldest Reading gives way."""
        key = _key(kept)
        if key not in self._read:
            self._read[key] = read(library, kept)
            if len(self._read) > MOST_READ:
                del self._read[next(iter(self._read))]
        return self._read[key]

    async def beside(self, kept):
        """Look at what other sessions add to one that was read: its Reading if that changed it, else None."""
        return await self.ask(self._beside, kept)

    def _beside(self, library, kept):
        reading = self._reading(library, kept)
        before, reading.looked_beside = (reading.pair, reading.apart, reading.figures), True
        if not reading.problem:
            add_beside(library, kept, reading)
        return None if before == (reading.pair, reading.apart, reading.figures) else reading

    def look_again(self):
        """The library changed: another leg's session or another run may have come, or a note made one of it."""
        for reading in list(self._read.values()):
            reading.looked_beside = False

    def close(self):
        """Drop what waits, let what runs end, close the library in the thread that opened it."""
        self._thread.submit(self._close)  # in line behind what runs; what waits goes first, and finds nobody waiting
        self._thread.shutdown(wait=True)

    def _close(self):
        if self._library is not None:
            self._library.close()


def _key(kept):
    """The same while a session's figures are: a run's next segment or a joined watch changes it."""
    return kept.id, kept.sha256, kept.strides, repr(kept.watch)


def read(library, kept):
    """Decode and sum up one session. Never fails: what is wrong with the file is in the Reading."""
    try:
        return _read(library, kept)
    except KneesyncError as error:
        return Reading(problem=str(error))
    except Exception as error:
        return Reading(problem=f"cannot be read: {type(error).__name__}: {error}; please report it with the file")


def add_beside(library, kept, reading):
    """Add to a Reading what other sessions say: the other leg's board, the experiment over runs. Never fails."""
    from kneesync.services import read_run

    try:
        read_run.add(reading, read_run.beside_of(library, kept, reading.figures))
    except Exception as error:
        reading.pair, reading.apart = None, f"Other sessions cannot be compared with this one: {inside(error)}"


def _read(library, kept):
    import numpy as np

    from kneesync.analysis.session import drawable
    from kneesync.services.read_run import of_entry

    found = of_entry(library, kept)
    columns = found.session.columns
    timed = ~np.isnan(columns["stride_s"])
    order = np.argsort(columns["t_s"][timed], kind="stable")
    cadence = columns["t_s"][timed][order], columns["cadence_spm"][timed][order]
    return Reading(found.figures, drawable(found.session), cadence)
