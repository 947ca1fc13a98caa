"""Weeks of runs: what changed beyond the noise between days, and what cannot be compared.

A runner's knee lifts 6 deg higher at 1 m/s more, and a strap put on anew moves the angle by 2 to 3 deg. So sessions are
compared in one band of pace (where a watch was joined) or of cadence, a leg and an athlete at a time; a straight line
is drawn only where enough days stand beside each other, and a change is claimed only if it is larger than days differ
anyway and its interval leaves zero out. Everything comes from the figures in the index (see comparable.row).
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kneesync.analysis import population, theil_sen
from kneesync.analysis.eligibility import ALIGNMENT_UNSURE, RESTRAPPED, LeftOut, under, unfit_angles, unknown
from kneesync.analysis.trend_figures import Compared, Point, RunnerTrends, Trend, TrendLine, Trends

WEEKS = 12
LEAST_DAYS = 6
LEAST_SPAN_DAYS = 21
LEAST_BAND_STRIDES = 200  # in the common band: two and a half minutes
LEAST_RUN_S = 1200  # a shorter run says nothing of a drop or of cues an hour
TURNED_COS = 0.7  # a sensor that sits turned by more than 45 degrees is strapped another way
WHOLE_RUN_BANDS = 2  # a whole run is about as fast if its mean is within so many bands of the common one's middle
_DAY_S = 86400
UNSEEN_MPS = 0.5  # of pace that equal cadence can hide: it costs only 3 % of cadence


@dataclass(frozen=True)
class Metric:
    """What is followed over weeks. `least_noise`: no smaller change is called one."""

    name: str
    least_noise: float
    of_run: bool = False  # a figure of the whole run, not of the band
    literature: tuple[float, float] | None = None  # between-day noise, (low, high)

    @property
    def per_mps(self) -> float:
        """Its change with pace, for each m/s; 0 for a figure of the whole run."""
        return population.PER_MPS.get(self.name, 0)


METRICS = {
    metric.name: metric
    for metric in (
        Metric("knee_lift_deg", 2.0, literature=population.BETWEEN_DAYS_DEG),
        Metric("extension_deg", 2.0, literature=population.BETWEEN_DAYS_DEG),
        # Between days excursions and rates repeat better than peaks (Ferber 2002); how much better, nobody says of a
        # thigh: these come from the runner's own sessions.
        Metric("range_deg", 1.0),
        Metric("swing_up_dps", 5.0),
        Metric("swing_back_dps", 5.0),
        Metric("cadence_spm", 1.0),
        Metric("drop_deg_per_h", 1.0, of_run=True),
        Metric("cues_per_h", 0.5, of_run=True),
    )
}
SHOWN = ("knee_lift_deg", "range_deg", "swing_up_dps", "cadence_spm", "drop_deg_per_h", "cues_per_h")


def trends(entries: Sequence[Any], weeks: int = WEEKS, metrics: Iterable[str] = SHOWN) -> Trends:
    """The trends of sessions (library.index.SessionEntry, in any order).

    `weeks`: back from the newest session; 0 is all of them. `metrics`: names in METRICS.
    """
    metrics = tuple(metrics)
    placed = sorted((one for one in entries if _is_placed(one)), key=lambda one: one.start_unix_s)
    to_s = placed[-1].start_unix_s if placed else None
    from_s = placed[0].start_unix_s if placed else None
    if to_s is not None and weeks:
        from_s = to_s - weeks * 7 * _DAY_S
    shown = [one for one in placed if one.start_unix_s >= from_s]
    left_out, runners = LeftOut(), defaultdict(list)
    for one in shown:
        if why := unknown(one.figures):
            left_out.add(why, one.id)
        elif one.leg not in ("L", "R"):
            left_out.add("leg unknown", one.id)
        else:
            runners[one.athlete.casefold(), one.leg].append(one)
    return Trends(
        weeks=weeks,
        from_unix_s=from_s,
        to_unix_s=to_s,
        sessions=len(shown),
        older=len(placed) - len(shown),
        not_placed=[one.id for one in entries if not _is_placed(one)],
        left_out=left_out.reasons(),
        runners=[_runner(runners[who], metrics) for who in sorted(runners)],
    )


def _is_placed(one):
    """Whether it has a start: one a day after it was pulled is none, and would push all others out of the weeks."""
    return one.start_unix_s is not None and one.start_unix_s < one.pulled_unix_s + _DAY_S


def _runner(sessions, metrics):
    """One athlete's leg. `sessions`: in order of time."""
    unfit = _unfit(sessions)
    common = _common([one for one in sessions if one.id not in unfit])
    left_out = LeftOut()
    for one in sessions:
        if one.id in unfit:
            left_out.add(unfit[one.id], one.id)
        elif not common or one.id not in common.inside:
            left_out.add(_why_outside(one, common), one.id)

    def trend(metric, cadence=None):
        if metric.of_run:
            return _trend(metric, *_of_runs(metric, sessions, unfit, common), common)
        if metric.name == "cadence_spm" and not (common and common.by_pace):
            return _trend(metric, *_whole_cadence(sessions), common)
        return _trend(metric, _in_band(metric, sessions, common), left_out, common, cadence)

    # where pace is unknown, cadence is the one witness of it
    cadence = trend(METRICS["cadence_spm"]) if common and not common.by_pace else None
    return RunnerTrends(
        athlete=sessions[-1].athlete,
        leg=sessions[-1].leg,
        sessions=len(sessions),
        with_watch=sum(bool(one.figures["bands"]["speed_mps"]) for one in sessions),
        compared=common.described() if common else None,
        left_out=left_out.reasons(),
        metrics={name: trend(METRICS[name], cadence) for name in metrics},
    )


def _unfit(sessions):
    """{id: why} of the sessions whose angles are not to be compared with any other's."""
    usual = _usual_mounting(sessions)
    unfit = {}
    for one in sessions:
        figures = one.figures
        if why := unfit_angles(figures):
            unfit[one.id] = why
        elif usual is not None and figures["mounting"] and not _alike(usual, figures["mounting"]):
            unfit[one.id] = "strapped another way"
    return unfit


def _usual_mounting(sessions):
    """The mounting that most sessions are like; the newest of those. None if none is known."""
    known = [one.figures["mounting"] for one in reversed(sessions) if one.figures["mounting"]]
    if not known:
        return None
    axes = np.array([[each["up"], each["right"]] for each in known])
    alike = (np.einsum("iak,jak->ija", axes, axes) > TURNED_COS).all(axis=2)
    return known[int(np.argmax(alike.sum(axis=1)))]


def _alike(one, other):
    return all(np.dot(one[way], other[way]) > TURNED_COS for way in ("up", "right"))


@dataclass
class _Band:
    """A band of speed or cadence, and each session's means in it: {id: means}, in order of time."""

    by: str  # "speed_mps" or "cadence_spm"
    low: float
    high: float
    inside: dict
    unix_s: list

    @property
    def by_pace(self):
        return self.by == "speed_mps"

    @property
    def middle(self):
        return (self.low + self.high) / 2

    @property
    def span_s(self):
        return self.unix_s[-1] - self.unix_s[0]

    def suffices(self):
        return (
            len({local_day(unix_s) for unix_s in self.unix_s}) >= LEAST_DAYS and self.span_s >= LEAST_SPAN_DAYS * _DAY_S
        )

    def described(self):
        return Compared(by=self.by, low=self.low, high=self.high, sessions=len(self.inside))


def _common(sessions):
    """The _Band to compare in, or None: of pace as soon as it carries a line over half the time that cadence would."""
    by_pace, by_cadence = _best_band(sessions, "speed_mps"), _best_band(sessions, "cadence_spm")
    if by_pace and by_cadence and by_pace.suffices() and 2 * by_pace.span_s >= by_cadence.span_s:
        return by_pace
    return by_cadence or by_pace


def _best_band(sessions, by):
    """The band that most weeks, then most sessions, have in common; None if there is none."""
    bands = defaultdict(dict)
    for one in sessions:
        for means in one.figures["bands"][by]:
            if means["strides"] >= LEAST_BAND_STRIDES:
                bands[means["from"], means["to"]][one.id] = (one.start_unix_s, means)
    if not bands:
        return None

    def worth(edges):
        return len({unix_s // (7 * _DAY_S) for unix_s, _ in bands[edges].values()}), len(bands[edges])

    low, high = best = max(sorted(bands), key=worth)
    found = bands[best]
    return _Band(by, low, high, {key: means for key, (_, means) in found.items()}, [at for at, _ in found.values()])


def _why_outside(one, common):
    by = common.by if common else "cadence_spm"
    bands = one.figures["bands"][by]
    if by == "speed_mps" and not bands:
        return "without a watch's pace"
    if any(means["strides"] >= LEAST_BAND_STRIDES for means in bands):
        return "ran at another pace" if by == "speed_mps" else "ran at another cadence"
    return "too short"


def _in_band(metric, sessions, common):
    """[(session, value)] of those in the common band."""
    if not common:
        return []
    per = metric.per_mps / (1 if common.by_pace else population.PER_MPS["cadence_spm"])
    values = []
    for one in sessions:
        if means := common.inside.get(one.id):
            # a band is not a point: to its middle, by what runners change on average
            values.append((one, means[metric.name] - per * (means[common.by] - common.middle)))
    return values


def _whole_cadence(sessions):
    """([(session, value)], LeftOut): where pace is not known, there is nothing to compare cadence at."""
    reasons, values = LeftOut(), []
    for one in sessions:
        if one.figures["cadence_spm"] and one.figures["strides"] >= LEAST_BAND_STRIDES:
            values.append((one, one.figures["cadence_spm"]))
        else:
            reasons.add("too short", one.id)
    return values, reasons


def _of_runs(metric, sessions, unfit, common):
    """([(session, value)], LeftOut) of whole runs about as fast; cues only where the newest settings decided them."""
    reasons, values = LeftOut(), []
    settings = sessions[-1].figures["cue_settings"]
    for one in sessions:
        figures = one.figures
        if unfit.get(one.id) in (ALIGNMENT_UNSURE, RESTRAPPED):
            reasons.add(unfit[one.id], one.id)
        elif figures["running_s"] < LEAST_RUN_S or figures[metric.name] is None:
            reasons.add(under(LEAST_RUN_S), one.id)
        elif metric.name == "cues_per_h" and figures["cue_settings"] != settings:
            reasons.add("other cue settings", one.id)
        elif not common or figures[common.by] is None:
            reasons.add("without a watch's pace" if common else "no common band", one.id)
        elif abs(figures[common.by] - common.middle) > WHOLE_RUN_BANDS * (common.high - common.low):
            reasons.add("ran at another pace" if common.by_pace else "ran at another cadence", one.id)
        else:
            values.append((one, figures[metric.name]))
    return values, reasons


def local_day(unix_s: float) -> str | None:
    """The local calendar day of a moment, as 2026-11-22; None of one that no calendar has."""
    try:
        return time.strftime("%Y-%m-%d", time.localtime(unix_s))
    except (OverflowError, ValueError, OSError):
        return None


def _trend(metric, values, reasons, common, cadence=None):
    """A Trend of [(SessionEntry, value)] in order of time. `cadence`: its Trend where nothing else witnesses pace."""
    points = [Point(id=one.id, unix_s=one.start_unix_s, value=float(value)) for one, value in values]
    days = defaultdict(list)
    for point in points:
        days[local_day(point.unix_s)].append(point)
    span_days = (points[-1].unix_s - points[0].unix_s) / _DAY_S if points else 0
    if len(days) < LEAST_DAYS or span_days < LEAST_SPAN_DAYS:
        literature = metric.literature
        return Trend(
            points=points,
            days=len(days),
            left_out=reasons.reasons(),
            line=None,
            verdict="no line",
            least_noise=metric.least_noise,
            noise=sum(literature) / 2 if literature else None,  # there are too few days for the runner's own
            noise_from="literature" if literature else None,
            why_no_line=_missing(len(days), span_days),
        )
    at_days = np.array([_mean(group, "unix_s") for group in days.values()]) / _DAY_S
    level = np.array([_mean(group, "value") for group in days.values()])
    at_days, start_day = at_days - at_days[0], at_days[0]
    fitted = theil_sen.line(at_days, level)
    span = at_days[-1]
    noise, noise_from = _noise(metric, fitted.sd)
    line = TrendLine(
        from_unix_s=float(start_day * _DAY_S),
        to_unix_s=float((start_day + span) * _DAY_S),
        from_value=fitted.at(0.0),
        to_value=float(fitted.at(span)),
        change=float(fitted.slope * span),
        change_interval=[float(fitted.low * span), float(fitted.high * span)],
        per_week=fitted.slope * 7,
        per_week_interval=[fitted.low * 7, fitted.high * 7],
        weeks=float(span / 7),
    )
    may_be_pace = _pace_allowance(metric, common)
    return Trend(
        points=points,
        days=len(days),
        left_out=reasons.reasons(),
        line=line,
        verdict=_verdict(line, noise, may_be_pace, metric, cadence),
        least_noise=metric.least_noise,
        noise=noise,
        noise_from=noise_from,
        why_no_line=None,
        may_be_pace=may_be_pace,
    )


def _mean(points, name):
    return sum(getattr(point, name) for point in points) / len(points)


def _missing(days, span_days):
    """What a line still lacks, in words."""
    weeks = LEAST_SPAN_DAYS // 7
    if not days:
        return f"no session to compare; a line needs {LEAST_DAYS} days over {weeks} weeks"
    if days < LEAST_DAYS:
        return f"{days} day{'' if days == 1 else 's'} to compare; a line needs {LEAST_DAYS} over {weeks} weeks"
    return f"the days to compare span {span_days:.0f} days; a line needs {weeks} weeks"


def _noise(metric, own):
    """How much days differ without a change: the runner's own spread about the line, but no less than is known."""
    if own >= metric.least_noise:
        return own, "own sessions"
    return metric.least_noise, "literature" if metric.literature else "least called"


def _pace_allowance(metric, common):
    """The change that UNSEEN_MPS of pace would make, where pace is not known; 0 at equal pace."""
    return 0.0 if common and common.by_pace else abs(metric.per_mps) * UNSEEN_MPS


def _verdict(line, noise, may_be_pace, metric, cadence):
    if abs(line.change) <= noise:
        return "within noise"
    if not _leaves_zero_out(line):
        return "unclear"
    if may_be_pace:
        if metric.name == "cadence_spm":  # of the whole run, at whatever pace
            return "may be pace"
        small = abs(line.change) <= float(np.hypot(noise, may_be_pace))
        if small or (cadence and _went_along(line.change * metric.per_mps, cadence.line)):
            return "may be pace"
    return "rose" if line.change > 0 else "fell"


def _went_along(change, line):
    """Whether cadence changed in the same sense: then pace may well have."""
    return bool(line and _leaves_zero_out(line) and line.change * change > 0)


def _leaves_zero_out(line):
    low, high = line.change_interval
    return low > 0 or high < 0
