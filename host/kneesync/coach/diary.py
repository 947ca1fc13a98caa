"""Logging what was done: exercises by name, a day, sets; undoing it; and what each was chosen for at the time."""

import datetime

from kneesync import untrusted
from kneesync.coach.advice import exercise_named, whose
from kneesync.coach.catalog import load
from kneesync.coach.findings import findings
from kneesync.coach.history import least_sets
from kneesync.errors import KneesyncError
from kneesync.library import training

OLDEST_DAYS = 366


def log(library, athlete):
    """The athlete's Training as it is."""
    return training.read(library, whose(library.sessions(), athlete))


def add(library, athlete, names, on=None, sets=None, today=None):
    """(Training, the Dones that were added). KneesyncError for an unknown exercise or a day that cannot be."""
    catalog, date = load(), day(on, today)
    exercises = [exercise_named(catalog, name) for name in names]
    kept = library.sessions()
    athlete = whose(kept, athlete)
    with training.changing(library, athlete) as found:
        own = [one for one in kept if one.athlete.casefold() == athlete.casefold()]
        barriers = findings(own, found.answers, catalog)["barriers"]
        new = [
            training.Done(
                one.key,
                date,
                sets or least_sets(one),
                next((row["key"] for row in barriers if one.key in row["train"]), ""),
            )
            for one in exercises
        ]
        found.done += new
    return found, new


def undo(library, athlete, names, on=None, today=None):
    """(Training, the Dones that were taken back): the named ones of a day (today), or the one logged last."""
    catalog = load()
    keys = [exercise_named(catalog, name).key for name in names]
    date = day(on, today) if on or keys else None
    with training.changing(library, whose(library.sessions(), athlete)) as found:
        if not found.done:
            raise KneesyncError("nothing is logged, so there is nothing to take back")
        if date is None:
            gone = found.done[-1:]
        else:
            gone = []
            for key in keys or dict.fromkeys(one.exercise for one in found.done if one.date == date):
                own = [one for one in found.done if one.exercise == key and one.date == date]
                if not own:
                    raise KneesyncError(f"no {key} is logged on {date}; `kneesync drills done` lists the log")
                gone.append(own[-1])
            if not gone:
                raise KneesyncError(f"nothing is logged on {date}; `kneesync drills done` lists the log")
        for one in gone:
            found.done.remove(one)
    return found, gone


def day(text, today=None):
    """A date as 2026-11-22 from a date or "yesterday". KneesyncError unless it lies within the last year."""
    today = today or datetime.date.today()
    if text is None:
        return today.isoformat()
    if text.strip().casefold() in ("today", "yesterday"):
        return (today - datetime.timedelta(days=text.strip().casefold() == "yesterday")).isoformat()
    try:
        found = datetime.date.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or not 0 <= (today - found).days <= OLDEST_DAYS:
        shown = untrusted.printable(text, 30)
        raise KneesyncError(f"found {shown!r}, expected a day of the last year up to today, as {today.isoformat()}")
    return found.isoformat()
