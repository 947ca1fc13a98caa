"""All that the coach says to one athlete: findings, barriers, a week's plan, what was done and what it came to.

    with Library() as library:
        advice = advise(library, athlete="Anna", today=datetime.date.today())

A plain dict, fit for JSON; its sentences are shown as they are by every view.
"""

import datetime

from kneesync import untrusted
from kneesync.coach import plan as plans
from kneesync.coach.catalog import load
from kneesync.coach.findings import findings
from kneesync.coach.progress import progress
from kneesync.errors import KneesyncError
from kneesync.library import training
from kneesync.library.index import NOBODY


def whose(kept, athlete=None):
    """The athlete whom advice is for: as asked, in the library's own spelling, else of the newest session."""
    if athlete is not None:
        wanted = " ".join(athlete.split())
        return next((one.athlete for one in kept if one.athlete.casefold() == wanted.casefold()), wanted or NOBODY)
    return kept[0].athlete if kept else NOBODY


def advise(library, athlete=None, today=None, **wishes):
    """The advice from a Library; `wishes`: days, minutes, equipment, hard of plan.week(), else as last wished.

    See advice_of().
    """
    kept = library.sessions()
    log = training.read(library, whose(kept, athlete))
    return advice_of(kept, log, first_day(log, today), **wishes)


def now():
    """Today, by this machine's calendar."""
    return datetime.date.today()


def first_day(log, today=None):
    """The day a plan begins: today, or tomorrow if today's training is logged already."""
    today = today or now()
    return today + datetime.timedelta(days=any(one.date == today.isoformat() for one in log.done))


def advice_of(kept, log, start, **wishes):
    """{"athlete", "others" (names), "findings" (see findings()), "pain", "plan" (see plan.week()), "done" {"days",
    "newest"}, "progress"}. kept: everybody's sessions, newest first; log: the athlete's library.training.Training;
    start: the plan's first day.
    """
    catalog = load()
    own = [one for one in kept if one.athlete.casefold() == log.athlete.casefold()]
    found = findings(own, log.answers, catalog)
    hurts = pain(own)
    days = sorted({one.date for one in log.done})
    return {
        "athlete": log.athlete,
        "others": sorted({one.athlete for one in kept if one.athlete.casefold() != log.athlete.casefold()}),
        "findings": found,
        "answers": log.answers,
        "pain": hurts,
        "plan": plans.week(catalog, found["barriers"], log.done, start, pain=hurts, **{**log.wishes, **wishes}),
        "done": {"days": len(days), "newest": days[-1] if days else None},
        "progress": progress(own, log.done, catalog),
    }


def pain(kept):
    """What hurts by the newest session that says: {"pain", "where", "id", "day"}, or None. Pain 0 clears it.

    kept: one athlete's sessions, newest first.
    """
    for one in kept:
        if one.pain is not None:
            if one.pain == 0:
                return None
            moment = one.start_unix_s or one.pulled_unix_s
            day = datetime.date.fromtimestamp(min(max(moment, 0), 4e9)).isoformat()
            return {"pain": one.pain, "where": one.pain_where, "id": one.id, "day": day}
    return None


def exercise_named(catalog, name):
    """The Exercise that a key or a name means, or the start of one. KneesyncError names what is near."""
    wanted = "-".join(name.casefold().replace("-", " ").split())
    exact, starts = [], []
    for one in catalog.exercises.values():
        names = (one.key, "-".join(one.name.casefold().replace("-", " ").split()))
        if wanted in names or wanted.removesuffix("s") in names:
            exact.append(one)
        elif wanted and any(each.startswith(wanted) for each in names):
            starts.append(one)
    found = exact or starts
    if len(found) == 1:
        return found[0]
    shown = untrusted.printable(name, 40)
    if found:
        raise KneesyncError(f"{shown} could be {', '.join(one.key for one in found)}; which?")
    import difflib

    near = difflib.get_close_matches(wanted, catalog.exercises, n=3)
    advice = f"did you mean {' or '.join(near)}?" if near else "`kneesync drills list` names them"
    raise KneesyncError(f"no exercise {shown}; {advice}")
