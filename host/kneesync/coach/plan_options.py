"""What a runner wishes of a plan, read from the command line, checked, and remembered for the next one."""

import datetime

from kneesync import untrusted
from kneesync.coach.advice import advice_of, first_day, whose
from kneesync.coach.catalog import load
from kneesync.coach.plan import weekdays
from kneesync.errors import KneesyncError
from kneesync.library import training

FURTHEST_DAYS = 366


def planned(library, athlete=None, start=None, days=None, minutes=None, equipment=None, hard=None):
    """The advice with a plan as wished (texts; None: as last time); new wishes are kept first."""
    given = {
        "days": None if days is None else list(weekdays(days)),
        "minutes": minutes,
        "equipment": None if equipment is None else things(equipment),
        "hard": None if hard is None else [] if hard.strip().casefold() == "none" else list(weekdays(hard)),
    }
    given = {name: value for name, value in given.items() if value is not None}
    first = None if start is None else _first(start)
    kept = library.sessions()
    athlete = whose(kept, athlete)
    if given:
        with training.changing(library, athlete) as log:
            log.wishes.update(given)
    else:
        log = training.read(library, athlete)
    return advice_of(kept, log, first or first_day(log))


def things(text):
    """Equipment by the catalogue's words from "band, kettlebell", "all" or "none". KneesyncError for other words."""
    known = load().equipment()
    if text.strip().casefold() in ("all", "none"):
        return list(known) if text.strip().casefold() == "all" else []
    found = []
    for word in text.split(","):
        wanted = " ".join(word.casefold().split())
        fits = [one for one in known if wanted and (one == wanted or one.split()[0] == wanted or one == wanted[:-1])]
        if not fits:
            shown = untrusted.printable(word.strip(), 30)
            raise KneesyncError(f"found equipment {shown!r}, expected some of {', '.join(known)}; or none")
        found += fits
    return sorted(set(found), key=known.index)


def _first(text):
    today = datetime.date.today()
    try:
        found = datetime.date.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or abs((found - today).days) > FURTHEST_DAYS:
        shown = untrusted.printable(text, 30)
        raise KneesyncError(f"found --from {shown!r}, expected a day within a year of today, as {today.isoformat()}")
    return found
