"""All that a report says of one session: its own figures, what its watch adds, and the other leg's board."""

import math
from dataclasses import dataclass
from pathlib import Path

from kneesync import untrusted
from kneesync.analysis import experiment
from kneesync.analysis import session as of_run
from kneesync.analysis.eligibility import experimented
from kneesync.analysis.pairs import overlapping, pair
from kneesync.errors import KneesyncError
from kneesync.formats.session import Session
from kneesync.library import Library, opened
from kneesync.library.index import SessionEntry

MOST_RUNS = 60  # of an experiment: the newest


@dataclass
class Reading:
    """One session as a report has it. `pair`: see analysis.pairs, with "found": "time" where nobody named the other.

    `apart`: why a session that overlaps by time was not paired, "" if there is none.
    """

    kept: SessionEntry | None
    session: Session
    watch: object
    figures: dict
    pair: dict | None = None
    apart: str = ""


def read(reference=None, beside=None, athlete=None):
    """The Reading of a session that an id or a path names; None: the newest, of `athlete` if one is given.

    `beside` names the other leg's session; without it the library's of the same time is taken, if there is one.
    """
    kept, session = opened(reference, athlete)
    watch, both, apart = None, None, ""
    if kept is not None:
        from kneesync.library.watch import of

        with Library() as library:
            watch = of(library, kept)
            if beside is None:
                both, apart = other_leg(library, kept, session)
    if beside is not None:
        both = {**_pair((kept, session), opened(beside), (reference, beside)), "found": "named"}
    figures = of_run.summary(session, watch)
    figures["experiment_over_runs"] = _experiment(kept) if figures["experiment"] else None
    return Reading(kept, session, watch, figures, both, apart)


def other_leg(library, kept, session=None):
    """(the pair with the session that the other leg's board recorded at that time or None, why not or "").

    `session`: what `kept` decodes to, where it is at hand.
    """
    found = overlapping(kept, library.during(kept))
    if found is None:
        return None, ""
    try:
        own = library.read_whole(kept) if session is None else session
        other = library.read_whole(found)
        return {**_pair((kept, own), (found, other), (kept.id, found.id)), "found": "time"}, ""
    except KneesyncError as error:
        return None, f"{found.id} was worn on the other leg at that time, but {error}"


def _experiment(kept):
    """What the experiment says over this athlete's runs of that leg, up to this one; None where there is but this."""
    if kept is None:
        return None
    with Library() as library:
        tried = [
            one
            for one in library.sessions(athlete=kept.athlete, leg=kept.leg)
            if experimented(one.figures) and (one.start_unix_s or 0) <= (kept.start_unix_s or math.inf)
        ]
        newest = tried[:MOST_RUNS]
        return experiment.over_runs(map(library.read_whole, newest)) if len(newest) > 1 else None


def _pair(one, other, references):
    """analysis.pairs.pair() of two (SessionEntry or None, Session), named by id or file."""
    names, legs = [], []
    for (kept, session), reference in zip((one, other), references, strict=True):
        names.append(kept.id if kept else untrusted.printable(Path(reference).name, 60))
        legs.append(kept.leg if kept and kept.leg else session.header.get("leg"))
    starts = [kept.start_unix_s if kept else None for kept, _ in (one, other)]
    apart_s = None if None in starts else starts[1] - starts[0]
    return pair(one[1], other[1], apart_s, names, legs)
