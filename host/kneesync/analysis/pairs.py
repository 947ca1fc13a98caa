"""Two boards on one runner: their sessions laid on one time, and the difference between right and left leg.

They are laid together by what both legs share: the small ups and downs of cadence, and the pauses. Start times only
say where to look. The difference of absolute angles holds each board's own zero (3-5 degrees); that of range, and the
change of the difference within the run, do not.

In simulated pairs (6-60 min, peaks timed to 3-9 ms) the time was found to 0.4 s in all; cadence matched by 0.67-0.95
against 0.41 at most for other runs, which were all refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kneesync.analysis.drift import Drift
from kneesync.analysis.figures import IF_KNOWN, Figures, called
from kneesync.analysis.population import HEALTHY_SD_DEG
from kneesync.analysis.run import Run
from kneesync.errors import KneesyncError
from kneesync.formats.session import ANGLES_AND_RATES, Session

GRID_S = 0.25
STEADY_S = 60  # slower changes of cadence say little about where two series meet
SMOOTH_S = 2  # what a single stride differs by is each board's own noise
CLOCK_S = 45  # start times by the host's or the board's clock are that good
LEAST_OVERLAP_S = 120
LEAST_MATCH = 0.55
LEAST_LEAD = 0.2  # above the best match elsewhere
APART_S = 6  # elsewhere is further away than that
BIN_S = 10
METRICS = (*ANGLES_AND_RATES, "cadence_spm")


@dataclass(frozen=True, kw_only=True)
class LegNames(Figures):
    """Which session is which leg's, by name."""

    left: str
    right: str


@dataclass(frozen=True, kw_only=True)
class LegStrides(Figures):
    """How many sure strides of each leg were compared."""

    left: int
    right: int


@dataclass(frozen=True, kw_only=True)
class LegDifference(Figures):
    """Means of both legs in a metric's own unit, and the right one less the left with its 95 % interval."""

    left: float
    right: float
    right_less_left: float
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class DifferenceChange(Figures):
    """Right less left, fresh and late, and late less fresh with its 95 % interval; deg."""

    fresh_deg: float = field(metadata=called("fresh"))
    late_deg: float = field(metadata=called("late"))
    change_deg: float = field(metadata=called("change"))
    low_deg: float = field(metadata=called("low"))
    high_deg: float = field(metadata=called("high"))


@dataclass(frozen=True, kw_only=True)
class PairChange(Figures):
    """How the difference of knee lift changed from fresh to late."""

    knee_lift: DifferenceChange = field(metadata=called("knee_lift_deg"))


@dataclass(frozen=True, kw_only=True)
class Pair(Figures):
    """How the right leg differs from the left in two sessions of one run; see pair().

    `other_starts_s`: on the first one's time; `clock_s`: what the clock said of that. `match`: of the cadence's ups and
    downs, 0 to 1. `difference`: by metric. `inside`: the difference of knee lift is within `healthy_sd_deg`. `found`:
    "time" of a pair that the library found by its times, "named" of one that was asked for.
    """

    legs: LegNames
    overlap_s: float
    other_starts_s: float
    clock_s: float | None
    match: float
    strides: LegStrides
    difference: dict[str, LegDifference]
    healthy_sd_deg: float
    inside: bool
    change: PairChange | None
    notes: list[str]
    found: str | None = field(default=None, metadata=IF_KNOWN)


def pair(
    one: Session,
    other: Session,
    apart_s: float | None = None,
    names: Sequence[str] = ("one", "other"),
    legs: Sequence[str | None] | None = None,
) -> Pair:
    """How the right leg differs from the left in two sessions of one run.

    one, other: Sessions. apart_s: start of `other` less start of `one` on the clock, s; None where unknown: the whole
    of both is searched then. names: how errors and the Pair call them. legs: "L" or "R" of
    each; None: as the boards say.
    KneesyncError if both are of one leg, do not overlap, or do not match.
    """
    runs = Run(one), Run(other)
    left = _left(legs or [session.header.get("leg") for session in (one, other)], names)
    if not all(len(run.t_s) for run in runs):
        raise KneesyncError(f"{names[not len(runs[1].t_s)]} holds no stride: there is nothing to compare")
    lag_s, match = _lag(*runs, apart_s, names)
    times_s = [runs[0].t_s, runs[1].t_s + lag_s]
    from_s, to_s = (float(end) for end in (max(t[0] for t in times_s), min(t[-1] for t in times_s)))
    overlap_s = to_s - from_s
    if overlap_s < LEAST_OVERLAP_S:
        raise KneesyncError(
            f"{names[0]} and {names[1]} ran together for {max(0.0, overlap_s):.0f} s only, "
            f"{LEAST_OVERLAP_S} s are needed to compare legs"
        )
    order = (left, 1 - left)  # the left leg's first
    bins = _Bins([runs[i] for i in order], [times_s[i] for i in order], from_s, to_s)
    if len(bins) < LEAST_OVERLAP_S / BIN_S / 2:
        raise KneesyncError(f"{names[0]} and {names[1]} share too few sure strides to compare legs")
    drift = Drift(bins, bins.differences)
    difference = {name: _difference(bins, drift, name) for name in METRICS}
    return Pair(
        legs=LegNames(left=names[order[0]], right=names[order[1]]),
        overlap_s=overlap_s,
        other_starts_s=lag_s,
        clock_s=apart_s,
        match=match,
        strides=LegStrides(left=bins.strides[0], right=bins.strides[1]),
        difference=difference,
        healthy_sd_deg=HEALTHY_SD_DEG,
        inside=abs(difference["knee_lift_deg"].right_less_left) <= HEALTHY_SD_DEG,
        change=_change(runs[0], bins, drift),
        notes=_notes(difference, apart_s, lag_s),
    )


def overlapping(kept, others):
    """The kept session that was worn on the other leg at the same time as `kept`, or None.

    Both start times must be known; of several the one that overlaps most. others: SessionEntry of the same athlete.
    """
    best, longest_s = None, LEAST_OVERLAP_S
    for other in others:
        known = None not in (kept.start_unix_s, other.start_unix_s, kept.duration_s, other.duration_s)
        if not known or other.board == kept.board or {kept.leg, other.leg} != {"L", "R"}:
            continue
        if kept.athlete != other.athlete:
            continue
        ends_s = (one.start_unix_s + one.duration_s for one in (kept, other))
        shared_s = min(ends_s) - max(kept.start_unix_s, other.start_unix_s)
        if shared_s > max(longest_s, 0.5 * min(kept.duration_s, other.duration_s)):
            best, longest_s = other, shared_s
    return best


def _left(legs, names):
    """Which of two sessions is the left leg's."""
    if legs[0] == legs[1] or not set(legs) <= {"L", "R"}:
        said = " and ".join({"L": "the left", "R": "the right"}.get(leg, "no") + " leg" for leg in legs)
        raise KneesyncError(
            f"{names[0]} and {names[1]} say {said}, expected one of each; "
            "`kneesync note SESSION --leg R` says which one it was"
        )
    return legs.index("L")


def _lag(one, other, apart_s, names):
    """(s to add to the other's times, how well they match there); KneesyncError where that is not clear."""
    series = [_ups_and_downs(run) for run in (one, other)]
    n = 1 << int(np.ceil(np.log2(sum(len(values) for values, _ in series))))
    spectra = [[np.fft.rfft(part, n) for part in (values, known, values**2)] for values, known in series]
    (x, x_known, x_square), (y, y_known, y_square) = spectra

    def crossed(a, b):
        return np.fft.irfft(a * np.conj(b), n)

    together = crossed(x_known, y_known)
    size = np.sqrt(np.maximum(crossed(x_square, y_known) * crossed(x_known, y_square), 0))
    enough = together * GRID_S >= LEAST_OVERLAP_S
    match = np.where(enough, crossed(x, y) / np.maximum(size, 1e-9), -1.0)
    steps = np.arange(n)
    lags_s = np.where(steps < n // 2, steps, steps - n) * GRID_S
    # the series begin at the runs' first strides
    lags_s = lags_s + one.t_s[0] - other.t_s[0]
    if apart_s is not None:
        match = np.where(np.abs(lags_s - apart_s) <= CLOCK_S, match, -1.0)
    best = int(match.argmax())
    far = np.abs(lags_s - lags_s[best]) > APART_S
    lead = match[best] - match[far].max(initial=-1.0)
    if match[best] < LEAST_MATCH or lead < LEAST_LEAD:
        where = "at that time" if apart_s is not None else "anywhere"
        found = f"{max(0.0, float(match[best])):.2f}"
        raise KneesyncError(
            f"the cadence of {names[0]} and {names[1]} does not match {where} ({found}, expected {LEAST_MATCH} or "
            "more and no second best): they are no two legs of one run, or too short or steady to tell"
        )
    return float(lags_s[best]), float(match[best])


def _ups_and_downs(run):
    """(cadence less its own level around, 0 where unknown; 1 where known): one a GRID_S from the first stride on."""
    timed = np.flatnonzero(run.timed)
    count = int(min(run.t_s[-1] - run.t_s[0], 24 * 3600) / GRID_S) + 1
    at_s = run.t_s[0] + np.arange(count) * GRID_S
    if not len(timed):
        return np.zeros(count), np.zeros(count)
    # a stride's time holds from the peak before to its own
    nth = np.minimum(np.searchsorted(run.t_s[timed], at_s), len(timed) - 1)
    stride_s = run.columns["stride_s"][timed[nth]]
    known = ((run.t_s[timed[nth]] - at_s >= 0) & (run.t_s[timed[nth]] - at_s <= stride_s)).astype(float)
    quick = np.log(stride_s) * known
    width = int(STEADY_S / GRID_S)
    around = _moving_sum(quick, width) / np.maximum(_moving_sum(known, width), 1)
    steps = int(SMOOTH_S / GRID_S)
    return _moving_sum(np.clip(quick - around, -0.1, 0.1) * known, steps) / steps * known, known


def _moving_sum(values, width):
    sums = np.cumsum(np.concatenate([np.zeros(width // 2 + 1), values, np.zeros(width - width // 2)]))
    return sums[width : width + len(values)] - sums[: len(values)]


class _Bins:
    """Means of both legs over the same BIN_S where each has sure strides; for Drift, like StrideBlocks."""

    def __init__(self, runs, times_s, from_s, to_s):
        count = max(1, int((to_s - from_s) / BIN_S))
        self.sides, self.strides, enough = [], [], np.ones(count, bool)
        for run, t_s in zip(runs, times_s, strict=True):
            chosen = run.sure & run.timed & (t_s >= from_s) & (t_s < from_s + count * BIN_S)
            where = ((t_s[chosen] - from_s) / BIN_S).astype(int)
            strides = np.bincount(where, minlength=count)
            enough &= strides >= 5
            means = {
                name: np.bincount(where, run.columns[name][chosen], count) / np.maximum(strides, 1)
                for name in ANGLES_AND_RATES
            }
            seconds = np.bincount(where, run.columns["stride_s"][chosen], count)
            means["cadence_spm"] = 120 * strides / np.maximum(seconds, 1e-9)
            self.sides.append(means)
            self.strides.append(int(chosen.sum()))
        self.t_s = (from_s + (np.arange(count) + 0.5) * BIN_S)[enough]
        self.sides = [{name: values[enough] for name, values in means.items()} for means in self.sides]
        self.span_s = np.full(len(self.t_s), float(BIN_S))
        self.differences = {name: self.sides[1][name] - self.sides[0][name] for name in METRICS}

    def __len__(self):
        return len(self.t_s)

    def ran_min(self):
        return (np.arange(len(self.t_s)) + 0.5) * BIN_S / 60


def _difference(bins, drift, name):
    left, right = (float(side[name].mean()) for side in bins.sides)
    low = high = None
    if drift.enough:
        _, low, high = drift.of(name, np.full(len(bins), 1 / len(bins)))
    return LegDifference(left=left, right=right, right_less_left=right - left, low=low, high=high)


def _change(run, bins, drift):
    """How the difference of knee lift changed from fresh to late, by the stretches of `run`; None without."""
    fresh_span, late_span, _ = run.stretches()
    if not fresh_span or not late_span or not drift.enough:
        return None
    fresh, late = ((bins.t_s >= span[0]) & (bins.t_s < span[1]) for span in (fresh_span, late_span))
    if min(fresh.sum(), late.sum()) * BIN_S < LEAST_OVERLAP_S / 2:
        return None
    change, low, high = drift.of("knee_lift_deg", late / late.sum() - fresh / fresh.sum())
    difference = bins.differences["knee_lift_deg"]
    return PairChange(
        knee_lift=DifferenceChange(
            fresh_deg=float(difference[fresh].mean()),
            late_deg=float(difference[late].mean()),
            change_deg=change,
            low_deg=low,
            high_deg=high,
        )
    )


def _notes(difference, apart_s, lag_s):
    notes = []
    cadences = difference["cadence_spm"]
    if abs(cadences.right_less_left) > 0.01 * cadences.left:
        notes.append("The two legs' cadences differ by more than 1 %: one board missed strides or lost time.")
    if apart_s is None:
        notes.append("A start time is unknown: the two were laid together by cadence alone.")
    elif abs(lag_s - apart_s) > 5:
        notes.append(f"The clocks were {abs(lag_s - apart_s):.0f} s apart; the cadence says how they belong together.")
    return notes
