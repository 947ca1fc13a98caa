"""What each run says of each sign: one number a run, larger where the sign is stronger, None where it cannot say.

What happens within a run (fresh against late) needs no reference but the runner's own: it is compared at equal pace
where a watch was joined, else by what cadence says of pace. What a whole run shows is held against recorded runners at
that pace (analysis.population); pace unknown, nothing is said. All from the figures in the index
(analysis.comparable.row).
"""

import bisect
from dataclasses import dataclass

import numpy as np

from kneesync.analysis import eligibility, population
from kneesync.analysis.figures import as_json
from kneesync.analysis.pairs import overlapping
from kneesync.analysis.trends import local_day

LEAST_RUNNING_S = 600
LEAST_AT_PACE_STRIDES = 200
PACES_MPS = (2.0, 5.0)  # beyond them nothing is known of others
SAME_GRADE_PERCENT = 2.0


@dataclass
class GoodRun:
    """One run of good sessions: one, or two if both legs wore a board. `unix_s`: its start, else when it was pulled."""

    sessions: list
    unix_s: float
    dated: bool

    @property
    def ids(self):
        return [one.id for one in self.sessions]

    @property
    def day(self):
        return local_day(self.unix_s) or "unknown"


def good_runs(kept):
    """(GoodRuns, oldest first; [{"why", "sessions", "ids"}] of what does not count). `kept`: one athlete's."""
    left_out, good = eligibility.LeftOut(), []
    for one in kept:
        if why := _why_not(one.figures):
            left_out.add(why, one.id)
        else:
            good.append(one)
    runs, taken, near = [], set(), _Near(good)
    for one in good:
        if one.id in taken:
            continue
        other = overlapping(one, [each for each in near.to(one) if each.id not in taken and each.id != one.id])
        sessions = [one, other] if other else [one]
        taken.update(each.id for each in sessions)
        dated = one.start_unix_s is not None
        runs.append(GoodRun(sessions, one.start_unix_s if dated else one.pulled_unix_s, dated))
    runs.sort(key=lambda run: (run.unix_s, run.ids))
    return runs, as_json(left_out.reasons())


class _Near:
    """The sessions that may have run at the same time as another: years of them are not held against each other."""

    def __init__(self, kept):
        self._dated = sorted((one for one in kept if one.start_unix_s is not None), key=lambda one: one.start_unix_s)
        self._starts_s = [one.start_unix_s for one in self._dated]
        self._longest_s = max((one.duration_s or 0 for one in self._dated), default=0)

    def to(self, one):
        if one.start_unix_s is None:
            return []
        first = bisect.bisect_left(self._starts_s, one.start_unix_s - self._longest_s)
        last = bisect.bisect_right(self._starts_s, one.start_unix_s + (one.duration_s or 0))
        return self._dated[first:last]


def _why_not(figures):
    return (
        eligibility.unknown(figures)
        or eligibility.unfit_angles(figures)
        or eligibility.too_short(figures, LEAST_RUNNING_S)
    )


def values(sign, runs):
    """[(GoodRun, value)] of the runs that say something of a sign (see catalog.SIGNS)."""
    found = ((run, _OF_RUN[sign](run)) for run in runs)
    return [(run, float(value)) for run, value in found if value is not None]


# Within the run: fresh against late


def _within(change):
    """The mean over a run's sessions of what `change` says of (fresh, late)."""

    def of(run):
        found = []
        for one in run.sessions:
            fresh, late = one.figures["fresh"], one.figures["late"]
            if fresh and late and not _other_ground(fresh, late):
                found.append(change(fresh, late))
        return _mean(found)

    return of


def _other_ground(fresh, late):
    grades = [each.get("grade_percent") for each in (fresh, late)]
    return None not in grades and abs(grades[1] - grades[0]) > SAME_GRADE_PERCENT


def _fall(fresh, late):
    """How far knee lift fell at equal pace, deg. Only what range fell too: a strap that slips moves no range."""
    falls = []
    for name in ("knee_lift_deg", "range_deg"):
        if fresh[name] is None or late[name] is None:
            return None
        falls.append(fresh[name] - late[name] + _by_pace(name, fresh, late))
    return min(falls)


def _by_pace(name, fresh, late):
    """What the change of pace from fresh to late lets expect, deg."""
    faster_mps = _faster_mps(fresh, late)
    if faster_mps is not None:
        return population.PER_MPS[name] * faster_mps
    if not fresh["cadence_spm"] or not late["cadence_spm"]:
        return 0.0
    return population.PER_CADENCE_PERCENT[name] * 100 * (late["cadence_spm"] / fresh["cadence_spm"] - 1)


def _faster_mps(fresh, late):
    if fresh.get("speed_mps") is None or late.get("speed_mps") is None:
        return None
    return late["speed_mps"] - fresh["speed_mps"]


def _cadence_fall(fresh, late):
    """Steps/min fewer than the late pace lets expect; None where pace is unknown: slower is fewer steps."""
    faster_mps = _faster_mps(fresh, late)
    if faster_mps is None or not fresh["cadence_spm"] or not late["cadence_spm"]:
        return None
    return fresh["cadence_spm"] - late["cadence_spm"] + population.PER_MPS["cadence_spm"] * faster_mps


def _variability_growth(fresh, late):
    """By how many percent knee lift varied more from stride to stride."""
    early, later = fresh.get("knee_lift_sd_deg"), late.get("knee_lift_sd_deg")
    return 100 * (later / early - 1) if early and later else None


# The whole run: against recorded runners at that pace


def _at_pace(name, way):
    """How far the run lies from recorded runners at its own paces, towards `way` (1 above, -1 below)."""

    def of(run):
        off = weight = 0.0
        for one in run.sessions:
            for band in one.figures["bands"]["speed_mps"]:
                if PACES_MPS[0] <= band["speed_mps"] <= PACES_MPS[1]:
                    off += band["strides"] * way * (band[name] - population.typical(name, band["speed_mps"]))
                    weight += band["strides"]
        return off / weight if weight >= LEAST_AT_PACE_STRIDES else None

    return of


def _swing_up_short(run):
    """Percent by which the peak swing-up rate lies below what this range and cadence have in recorded runners."""
    found = []
    for one in run.sessions:
        figures = one.figures
        range_deg, cadence_spm, up_dps = (figures[name] for name in ("range_deg", "cadence_spm", "swing_up_dps"))
        if range_deg and cadence_spm and up_dps and range_deg > 0:
            constant, per_range, per_cadence = population.SWING_UP
            expected_dps = np.exp(constant + per_range * np.log(range_deg) + per_cadence * np.log(cadence_spm))
            found.append(100 * (1 - up_dps / expected_dps))
    return _mean(found)


def _right_less_left(run):
    """Knee lift of the right leg less the left, deg; None for one board, or where range says otherwise."""
    legs = {one.leg: one.figures for one in run.sessions}
    if set(legs) != {"L", "R"}:
        return None
    return legs["R"]["knee_lift_deg"] - legs["L"]["knee_lift_deg"]


def range_right_less_left(run):
    """The same of range, which has no zero that a strap could shift."""
    legs = {one.leg: one.figures for one in run.sessions}
    return legs["R"]["range_deg"] - legs["L"]["range_deg"] if set(legs) == {"L", "R"} else None


def _mean(found):
    known = [one for one in found if one is not None]
    return sum(known) / len(known) if known else None


_OF_RUN = {
    "drop_late": _within(_fall),
    "falling_cadence": _within(_cadence_fall),
    "growing_variability": _within(_variability_growth),
    "short_extension": _at_pace("extension_deg", 1),
    "low_lift_at_pace": _at_pace("knee_lift_deg", -1),
    "low_cadence": _at_pace("cadence_spm", -1),
    "slow_swing_up": _swing_up_short,
    "asymmetry": _right_less_left,
}
