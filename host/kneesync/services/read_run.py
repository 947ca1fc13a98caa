"""All that is said of one session: its own figures, what its watch adds, the other leg's board, the experiment.

The one way to read a run: report, page and dashboard have the same figures of it.
"""

import contextlib
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kneesync import untrusted
from kneesync.analysis import experiment
from kneesync.analysis.eligibility import experimented
from kneesync.analysis.figures import Effect, RunFigures
from kneesync.analysis.pairs import Pair, overlapping, pair
from kneesync.analysis.session import summary
from kneesync.errors import KneesyncError
from kneesync.formats.session import Session
from kneesync.library import Library, opened
from kneesync.library import watch as watches
from kneesync.library.index import SessionEntry
from kneesync.library.watch import Watch

MOST_RUNS = 60  # of an experiment: the newest


@dataclass
class Reading:
    """One session as every view has it. `pair`, `apart`: see Beside; the pair is `found` "named" if it was.

    `watch`: the library.watch.Watch that was joined to it, or None.
    """

    kept: SessionEntry | None
    session: Session
    watch: Watch | None
    figures: RunFigures
    pair: Pair | None = None
    apart: str = ""


@dataclass
class Beside:
    """What other sessions of the library add to one.

    `pair`: of it and the other leg's, `found` by "time"; None where there is none, and `apart` says
    why one that overlaps by time was not paired. `over_runs`: what the experiment says over this athlete's runs of
    that leg, up to this one; None where there is but this.
    """

    pair: Pair | None = None
    apart: str = ""
    over_runs: Effect | None = None


def read(reference: str | None = None, beside: str | None = None, athlete: str | None = None) -> Reading:
    """The Reading of a session that an id or a path names; None: the newest, of `athlete` if one is given.

    `beside` names the other leg's session; without it the library's of the same time is taken, if there is one.
    KneesyncError for what cannot be read or paired.
    """
    kept, session = opened(reference, athlete)
    if kept is None:
        reading = of_file(session)
    else:
        with Library() as library:
            reading = of_entry(library, kept, session)
            add(reading, beside_of(library, kept, reading.figures, session if beside is None else None, beside is None))
    if beside is not None:
        reading.pair = replace(_pair((kept, session), opened(beside), (reference, beside)), found="named")
    return reading


def of_file(session: Session) -> Reading:
    """The Reading of a session that no library holds."""
    return Reading(None, session, None, summary(session))


def of_entry(library: Library, kept: SessionEntry, session: Session | None = None) -> Reading:
    """The Reading of one session of the library by itself. `session`: what `kept` decodes to, where it is at hand."""
    session = library.read_whole(kept) if session is None else session
    watch = watches.of(library, kept)
    return Reading(kept, session, watch, summary(session, watch))


def beside_of(
    library: Library,
    kept: SessionEntry,
    figures: RunFigures,
    session: Session | None = None,
    legs: bool = True,
) -> Beside:
    """What the library's other sessions say beside a session's own figures. `legs`: look for the other leg's too."""
    pair, apart = other_leg(library, kept, session) if legs else (None, "")
    return Beside(pair, apart, _over_runs(library, kept) if figures.experiment else None)


def add(reading: Any, beside: Beside) -> None:
    """Put what other sessions say into a Reading, or whatever has its figures, pair and apart."""
    reading.pair, reading.apart = beside.pair, beside.apart
    reading.figures = replace(reading.figures, experiment_over_runs=beside.over_runs)


def other_leg(library: Library, kept: SessionEntry, session: Session | None = None) -> tuple[Pair | None, str]:
    """(the pair with the session that the other leg's board recorded at that time or None, why not or "").

    `session`: what `kept` decodes to, where it is at hand.
    """
    found = overlapping(kept, library.during(kept))
    if found is None:
        return None, ""
    try:
        own = library.read_whole(kept) if session is None else session
        other = library.read_whole(found)
        return replace(_pair((kept, own), (found, other), (kept.id, found.id)), found="time"), ""
    except KneesyncError as error:
        return None, f"{found.id} was worn on the other leg at that time, but {error}"


def _over_runs(library, kept):
    """What the experiment says over this athlete's runs of that leg, up to this one; None where there is but this.

    A run whose file cannot be read any more is left out: `runs` of the Effect says how many are in.
    """
    tried = [
        one
        for one in library.sessions(athlete=kept.athlete, leg=kept.leg)
        if experimented(one.figures) and (one.start_unix_s or 0) <= (kept.start_unix_s or math.inf)
    ]
    sessions = []
    for one in tried[:MOST_RUNS]:
        with contextlib.suppress(KneesyncError):
            sessions.append(library.read_whole(one))
    return experiment.over_runs(sessions) if len(sessions) > 1 else None


def _pair(one, other, references):
    """analysis.pairs.pair() of two (SessionEntry or None, Session), named by id or file."""
    names, legs = [], []
    for (kept, session), reference in zip((one, other), references, strict=True):
        names.append(kept.id if kept else untrusted.printable(Path(reference).name, 60))
        legs.append(kept.leg if kept and kept.leg else session.header.get("leg"))
    starts = [kept.start_unix_s if kept else None for kept, _ in (one, other)]
    apart_s = None if starts[0] is None or starts[1] is None else starts[1] - starts[0]
    return pair(one[1], other[1], apart_s, names, legs)
