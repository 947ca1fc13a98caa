"""Before and after: for each exercise that was followed, the metric it was chosen for, before it was begun and since.

What changed in that time is said, never why: a runner who trains changes more than one thing.
"""

import datetime
import math

import numpy as np

from kneesync.coach import evidence
from kneesync.coach.catalog import load
from kneesync.coach.findings import TABLE, number
from kneesync.coach.history import AT_HOME_DAYS

LEAST_RUNS = 3  # on either side
WEEKS = 8  # of runs on either side
# Student's t, 97.5 %, by degrees of freedom: with three runs on a side the normal's 1.96 claims too much
_T95 = {
    4: 2.776,
    5: 2.571,
    6: 2.447,
    7: 2.365,
    8: 2.306,
    9: 2.262,
    10: 2.228,
    12: 2.179,
    15: 2.131,
    20: 2.086,
    30: 2.042,
}
_MEDIAN_SE = 1.253
_WORDS = {
    "drop_late": "fall of knee lift late in runs",
    "falling_cadence": "steps lost late in runs",
    "growing_variability": "growth of the stride-to-stride spread",
    "slow_swing_up": "swing-up rate short of recorded runners' at your range and cadence",
    "short_extension": "extension short of recorded runners' at your pace",
    "low_cadence": "cadence below recorded runners' at your pace",
    "low_lift_at_pace": "knee lift below recorded runners' at your pace",
    "asymmetry": "difference between the legs",
}
NO_CLAIM = "This says what changed in that time, not why: other things changed as well."


def progress(kept, done, catalog=None):
    """[{"exercise", "name", "since", "days", "sign", "unit", "before", "after", "runs_before", "runs_after", "change",
    "interval" (95 %), "noise", "verdict" ("changed", "within noise", "not yet" or "unseen"), "text", "sessions"}], in
    the catalogue's order, of exercises done on AT_HOME_DAYS days or more. kept: one athlete's; done: training.Done.
    """
    catalog = catalog or load()
    runs, _ = evidence.good_runs(kept)
    runs = [run for run in runs if run.dated]
    rows = []
    for key, exercise in catalog.exercises.items():
        own = [one for one in done if one.exercise == key]
        days = sorted({one.date for one in own})
        if len(days) >= AT_HOME_DAYS:
            chosen_for = next((one.barrier for one in reversed(own) if one.barrier in catalog.barriers), None)
            row = {"exercise": key, "name": exercise.name, "since": days[0], "days": len(days)}
            rows.append({**row, **_compared(catalog, key, chosen_for, days[0], runs)})
    return rows


def _compared(catalog, key, chosen_for, since, runs):
    signs = _signs(catalog, key, chosen_for)
    began = f"{catalog.exercises[key].name}, since {since}"
    if not signs:
        return {"sign": None, "verdict": "unseen", "text": f"{began}: no sensor on the thigh sees what it is for."}
    first = datetime.date.fromisoformat(since)
    best = None
    for sign in signs:  # the first that both sides can be told of, else the one with most runs
        sides = _sides(evidence.values(sign, runs), first)
        least = min(map(len, sides))
        if best is None or least > best[0]:
            best = (least, sign, sides)
        if least >= LEAST_RUNS:
            break
    if best is None:
        raise ValueError("no sign to tell a change by")
    _, sign, (before, after) = best
    row = {"sign": sign, "unit": TABLE[sign].unit.strip(), "runs_before": len(before), "runs_after": len(after)}
    if min(len(before), len(after)) < LEAST_RUNS:
        text = (
            f"{began}: {_WORDS[sign]} cannot be compared yet: it takes {LEAST_RUNS} runs that tell it on either side, "
            f"there are {len(before)} before and {len(after)} since."
        )
        return {**row, "verdict": "not yet", "text": text}
    return {**row, **_judged(sign, began, before, after)}


def _signs(catalog, key, chosen_for):
    """The signs that speak of what an exercise is for: of the barrier it was chosen for, else of all that train it."""
    barriers = [chosen_for] if chosen_for else [one for one, row in catalog.barriers.items() if key in row.train]
    return list(dict.fromkeys(sign for one in barriers for sign in catalog.barriers[one].signs))


def _sides(values, first):
    """[(run, value)] of the WEEKS before a day and of the newest WEEKS from it on."""
    before, after = [], []
    newest = max((run.unix_s for run, _ in values), default=0)
    for run, value in values:
        try:
            away = (datetime.date.fromisoformat(run.day) - first).days
        except ValueError:
            continue
        if -7 * WEEKS <= away < 0:
            before.append((run, value))
        elif away >= 0 and newest - run.unix_s <= WEEKS * 7 * 86_400:
            after.append((run, value))
    return before, after


def _judged(sign, began, before, after):
    judged = TABLE[sign]
    sides = [np.array([value for _, value in side]) for side in (before, after)]
    if sign == "asymmetry":  # how large it is counts, not which leg it is
        sides = [side * math.copysign(1, float(np.median(sides[0]))) for side in sides]
    was, now = (float(np.median(side)) for side in sides)
    free = len(before) + len(after) - 2
    own = math.sqrt(sum(float(((side - side.mean()) ** 2).sum()) for side in sides) / free)
    error = _MEDIAN_SE * max(own, judged.noise) * math.sqrt(1 / len(before) + 1 / len(after))
    half, change = _T95[max(each for each in _T95 if each <= free)] * error, now - was
    real = abs(change) > max(half, judged.noise)
    unit = judged.unit
    both = f"{number(was, unit)} in {len(before)} runs before, {number(now, unit)} in {len(after)} since"
    interval = f"95 % interval {number(change - half, '', True)} to {number(change + half, unit, True)}"
    if real:
        way = "smaller" if change < 0 else "larger"
        said = f"{way} by {number(abs(change), unit)} ({interval}): {both}. {NO_CLAIM}"
    else:
        said = f"no change beyond noise ({number(change, unit, True)}, {interval}): {both}."
    return {
        "before": was,
        "after": now,
        "change": change,
        "interval": [change - half, change + half],
        "noise": judged.noise,
        "verdict": "changed" if real else "within noise",
        "text": f"{began}: {_WORDS[sign]}: {said}",
        "sessions": {
            name: [{"ids": run.ids, "day": run.day, "value": value} for run, value in side]
            for name, side in (("before", before), ("after", after))
        },
    }
