"""Findings: what a runner's own runs say of the barriers to knee drive, how sure that is, and what else could be it.

A finding needs three good runs that say something of it, an effect beyond LIMITS (no smaller one is told from the noise
between days and the spread of healthy runners) and an interval that stays well clear of nothing. What a thigh sensor
cannot see is asked, never inferred. Nothing here is a target: low lift is a question.
"""

import math
from dataclasses import dataclass

import numpy as np

from kneesync.analysis import population
from kneesync.coach import evidence
from kneesync.coach.catalog import SIGNS, load

LEAST_RUNS = 3
WEEKS = 8  # back from the newest run
MANY_RUNS = 6
_DAY_S = 86_400
_Z90 = 1.645
_MEDIAN_SE = 1.253  # of a median over that of a mean
_CLEAR_OF_NOTHING = 0.5  # the interval's near end lies at least at this share of the limit
_AGREES = 0.5  # of a difference between legs, what range must show of it


@dataclass(frozen=True)
class Sign:
    """How one sign is judged and said. `limit`: the least that is a finding; `noise`: what runs differ by anyway."""

    limit: float
    noise: float
    unit: str
    title: str
    text: str  # {value}, {side}
    also: tuple  # what else could be it
    needs: str  # what it takes three of


# Limits of what happens in a run: what a cue takes for a fall (3 deg), the rest of that order and beyond what simulated
# sound runners show. Of what is held against other runners: 2.2 to 2.6 times their spread (population.SPREAD).
_AT_PACE = "runs with a watch's pace (`kneesync join`), since all of that changes with pace"
TABLE = {
    "drop_late": Sign(
        3.0, 1.0, "°", "Knee lift falls late in your runs",
        "At equal pace or cadence knee lift ends {value} below where it began, and range falls with it",
        ("a late pace, wind or ground that neither watch nor cadence shows", "a warm-up that begins above your usual"),
        "runs of more than 10 min with a fresh and a late stretch",
    ),
    "falling_cadence": Sign(
        4.0, 1.5, " steps/min", "Your steps slow down late in your runs",
        "At the pace of the end, cadence is {value} below what that pace had at the start",
        ("hills or ground underfoot", "steps made longer on purpose"),
        _AT_PACE,
    ),
    "growing_variability": Sign(
        30.0, 10.0, " %", "Your strides vary more late in your runs",
        "From stride to stride knee lift varies {value} more at the end than at the start",
        ("rough ground, turns or traffic late in the run", "a strap that works loose"),
        "runs of more than 10 min with a fresh and a late stretch",
    ),
    "slow_swing_up": Sign(
        13.0, 3.0, " %", "The thigh swings up slowly",
        "Its peak rate is {value} below that of recorded runners with your range and cadence",
        ("a soft or loose strap, which smooths the peak", "a stride that is simply evener than theirs"),
        "good runs",
    ),
    "short_extension": Sign(
        7.0, 2.5, "°", "The thigh goes back little",
        "Behind you it reaches {value} less far than that of recorded runners at your pace",
        ("a standing pose with the hip bent: it shifts lift and extension alike", "a build unlike those 13 runners'"),
        _AT_PACE,
    ),
    "low_cadence": Sign(
        20.0, 2.0, " steps/min", "Few, long steps for your pace",
        "Cadence is {value} below that of recorded runners at your pace",
        ("long legs", "soft or steep ground"),
        _AT_PACE,
    ),
    "low_lift_at_pace": Sign(
        14.0, 2.5, "°", "Is your knee lift meant to be this low?",
        "At your pace it is {value} below that of recorded runners. Many run well so: it is a question, not a target",
        ("a standing pose with the knee raised: it shifts lift and extension alike", "a stride that suits you"),
        _AT_PACE,
    ),
    "asymmetry": Sign(
        7.5, 2.8, "°", "Your legs lift unequally",
        "The {side} knee lifts {value} higher, range agrees, and healthy runners differ by "
        f"{population.HEALTHY_SD_DEG}° (SD)",
        ("two straps that sit unlike", "a cambered road run one way only"),
        "runs with a board on each leg",
    ),
}  # fmt: skip
assert tuple(sorted(TABLE)) == tuple(sorted(SIGNS))


def findings(kept, answers=None, catalog=None):
    """What one athlete's SessionEntries, in any order, and self-check `answers` say: a dict, fit for JSON.

    answers: {barrier: {"answer": "yes" or "no", "date"}}. The result: "good_runs", "left_out" [{"why", "sessions",
    "ids"}], "from", "to" (days), "findings" (the strongest first, see _finding), "held" (what was judged and is none:
    {sign: {"value", "runs"}}), "missing" (sentences), "barriers" (see _barriers), "ask" (barriers not answered yet).
    """
    catalog, answers = catalog or load(), answers or {}
    every, left_out = evidence.good_runs(kept)
    runs = [run for run in every if run.unix_s >= every[-1].unix_s - WEEKS * 7 * _DAY_S] if every else []
    found, held, lacking = [], {}, []
    for sign in SIGNS:
        values = evidence.values(sign, runs)
        if len(values) < LEAST_RUNS:
            lacking.append((sign, len(values)))
            continue
        judged = _judged(sign, values)
        if judged.pop("is"):
            found.append(judged)
        else:
            held[sign] = {name: judged[name] for name in ("value", "unit", "interval", "runs", "limit")}
    found.sort(key=lambda one: (-one["strength"], SIGNS.index(one["sign"])))
    barriers = _barriers(catalog, found, answers)
    for one in found:
        one["barriers"] = [each["key"] for each in barriers if one["sign"] in catalog.barriers[each["key"]].signs]
    return {
        "sessions": len(kept),
        "good_runs": len(runs),
        "older_runs": len(every) - len(runs),
        "left_out": left_out,
        "from": runs[0].day if runs else None,
        "to": runs[-1].day if runs else None,
        "findings": found,
        "held": held,
        "missing": _missing(runs, found, lacking),
        "barriers": barriers,
        "ask": [key for key in catalog.barriers if key not in answers],
    }


def _judged(sign, values):
    """One sign over its runs: the finding's dict, and "is": whether it is one."""
    judged = TABLE[sign]
    numbers = np.array([value for _, value in values])
    value = float(np.median(numbers))
    error = _MEDIAN_SE * max(float(np.std(numbers, ddof=1)), judged.noise) / math.sqrt(len(numbers))
    near = abs(value) - _Z90 * error
    size = abs(value) if sign == "asymmetry" else value
    agrees = sign != "asymmetry" or _range_agrees(values, value)
    many = len(numbers) >= MANY_RUNS and near >= judged.limit
    low, high = value - _Z90 * error, value + _Z90 * error
    side = "right" if value > 0 else "left"
    return {
        "is": size >= judged.limit and near >= _CLEAR_OF_NOTHING * judged.limit and agrees,
        "sign": sign,
        "title": judged.title,
        "text": judged.text.format(value=number(abs(value), judged.unit), side=side) + ".",
        "sure": _sure(many, len(numbers), (low, high), judged),
        "confidence": "good" if many else "fair",
        "also": list(judged.also),
        "value": value,
        "unit": judged.unit.strip(),
        "interval": [low, high],
        "noise": judged.noise,
        "limit": judged.limit,
        "strength": size / judged.limit,
        "runs": len(numbers),
        "sessions": [
            {"ids": run.ids, "day": run.day if run.dated else None, "value": number} for run, number in values
        ],
    }


def _range_agrees(values, value):
    """A difference of knee lift that range, which no strap shifts, does not show is put down to the straps."""
    ranges = [evidence.range_right_less_left(run) for run, _ in values]
    return float(np.median(np.array(ranges, dtype=float))) * math.copysign(1, value) >= _AGREES * abs(value)


def _sure(many, runs, interval, judged):
    ends = " to ".join(number(end, "") for end in interval)
    return (
        f"{'Good' if many else 'Fair'} evidence: {runs} runs, 90 % interval {ends}{judged.unit}; "
        f"single runs differ by about {number(judged.noise, judged.unit)} anyway."
    )


def number(value, unit, signed=False):
    """A value as people read it: one decimal below 20, none of percent, a minus that is one."""
    decimals = 0 if unit.strip() == "%" or abs(value) >= 20 else 1
    text = f"{value:+.{decimals}f}" if signed else f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−") + unit


def _missing(runs, found, lacking):
    """What stands between these runs and more findings, in sentences."""
    if len(runs) < LEAST_RUNS:
        more = LEAST_RUNS - len(runs)
        have = {0: "there is none", 1: "there is one", 2: "there are two"}[len(runs)]
        return [
            f"Findings need {LEAST_RUNS} good runs of at least {evidence.LEAST_RUNNING_S // 60} min; {have} of the "
            f"last {WEEKS} weeks. {more} more {'is' if more == 1 else 'are'} needed: "
            "one run cannot tell a habit from a day."
        ]
    said = []
    if not found:
        said.append(f"Nothing stands out beyond day-to-day noise in {len(runs)} good runs.")
    needs = {}
    for sign, number in lacking:
        needs.setdefault((TABLE[sign].needs, number), []).append(_SHORT[sign])
    for (need, number), signs in needs.items():
        said.append(f"Not judged: {', '.join(signs)}. It takes {LEAST_RUNS} {need}; there {_are(number)}.")
    return said


def _are(number):
    return {0: "are none", 1: "is one"}.get(number, f"are {number}")


_SHORT = {
    "drop_late": "a fall of knee lift late in runs",
    "falling_cadence": "steps that slow down",
    "growing_variability": "strides that vary more",
    "slow_swing_up": "swing-up rate",
    "short_extension": "extension",
    "low_cadence": "cadence",
    "low_lift_at_pace": "knee lift",
    "asymmetry": "right against left",
}


def _barriers(catalog, found, answers):
    """Barriers to work on, in order: those that runs point to, then those that only the runner's answers name.

    [{"key", "name", "what", "signs" (of the findings), "answer", "because" (a sentence), "train" (exercise keys)}]. Of
    several barriers with one sign those that the self-check names come first, those that it clears are left out unless
    no other has the sign.
    """
    rows = []
    for one in found:
        keys = [key for key, barrier in catalog.barriers.items() if one["sign"] in barrier.signs]
        limited = {key: _limits(catalog, key, answers) for key in keys}
        keep = [key for key in keys if limited[key] is not False] or keys
        for key in sorted(keep, key=lambda key: limited[key] is not True):
            if all(row["key"] != key for row in rows):
                rows.append(_barrier(catalog, key, found, answers))
    for key in catalog.barriers:
        if _limits(catalog, key, answers) and all(row["key"] != key for row in rows):
            rows.append(_barrier(catalog, key, found, answers))
    return rows


def _limits(catalog, key, answers):
    """Whether the runner's answer names this barrier; None where it was not asked."""
    answer = answers.get(key, {}).get("answer")
    return None if answer is None else answer == catalog.barriers[key].limited_if


def _barrier(catalog, key, found, answers):
    barrier, limited = catalog.barriers[key], _limits(catalog, key, answers)
    own = [one for one in found if one["sign"] in barrier.signs]
    because = "; ".join(one["title"].rstrip("?").lower() for one in own)
    if own and limited:
        because += ", and your self-check says so too"
    elif own and limited is None:
        because += f"; a sensor cannot tell why, so answer the self-check (`kneesync drills --check`): {barrier.ask}"
    elif own:
        because += ", though your self-check does not say so"
    else:
        because = "your self-check says so; no sensor on the thigh sees it"
    return {
        "key": key,
        "name": barrier.name,
        "what": barrier.what,
        "signs": [one["sign"] for one in own],
        "answer": answers.get(key, {}).get("answer"),
        "because": because[0].upper() + because[1:] + ("" if because.endswith("?") else "."),
        "train": list(barrier.train),
    }
