"""How a session agrees with a laboratory's reference, stride by stride: bias, limits of agreement, and what was missed.

The two clocks are laid together by the strides themselves: at the right offset their times and heights agree best.
Limits of agreement as in Bland and Altman 1986; intervals by a block bootstrap over neighbouring strides, which
resemble each other; ICC(A,1), two-way, absolute agreement, as in McGraw and Wong 1996.

In simulated runs the offset was found to 10 ms in all of 32, also from 30 s of reference; the next best one fitted at
least 4.7 times worse, and 2.0 is asked for. References of other runs were all refused.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from kneesync.analysis.agreement import TOLERANCE_S, agreement
from kneesync.analysis.figures import Figures, called
from kneesync.analysis.reference import Reference
from kneesync.analysis.run import Run
from kneesync.errors import KneesyncError
from kneesync.formats.session import Session

LEAST_STRIDES = 20
LEAST_MATCHED = 0.7  # of the reference's strides while the board ran
CLEAR = 2.0  # the next best offset fits worse by that factor at least
ELSEWHERE_S = 0.25
CLOCK_S = 90  # a time of day is trusted to this
MOST_PROBED = 160  # strides of the reference that offsets are tried on
BLOCK_STRIDES = 20
DRAWS = 1000
_SEED = 3


@dataclass(frozen=True, kw_only=True)
class StrideCounts(Figures):
    """The reference's strides while the board ran, the board's while the reference ran, and how they match."""

    reference: int
    board: int
    matched: int
    missed: int
    invented: int


@dataclass(frozen=True, kw_only=True)
class TimeError(Figures):
    """The board's peak times less the reference's, beside the offset."""

    mean_s: float = field(metadata=called("mean"))
    sd_s: float = field(metadata=called("sd"))


@dataclass(frozen=True, kw_only=True)
class AngleAgreement(Figures):
    """How one angle agrees with the reference's, deg; each interval is (low, high) of 95 %.

    `limits_deg`: of agreement, lower and upper, with an interval each. `icc` and `r` have no unit; `slope_per_deg`: of
    the difference over the mean of both.
    """

    strides: int
    bias_deg: float = field(metadata=called("bias"))
    bias_interval_deg: list[float] = field(metadata=called("bias_interval"))
    sd_deg: float = field(metadata=called("sd"))
    limits_deg: list[float] = field(metadata=called("limits"))
    limits_intervals_deg: list[list[float]] = field(metadata=called("limits_intervals"))
    rmse_deg: float = field(metadata=called("rmse"))
    mae_deg: float = field(metadata=called("mae"))
    icc: float
    icc_interval: list[float]
    r: float
    slope_per_deg: float
    slope_interval: list[float]
    reference_mean_deg: float = field(metadata=called("reference_mean"))
    reference_sd_deg: float = field(metadata=called("reference_sd"))


@dataclass(frozen=True, kw_only=True)
class Validation(Figures):
    """How a session agrees with a reference, whose times less `offset_s` are the session's; see validate().

    `offset_clear`: the next best offset fits that many times worse; None where the offset was given.
    """

    reference: str
    offset_s: float
    offset_found: bool
    offset_clear: float | None
    strides: StrideCounts
    time_error: TimeError = field(metadata=called("time_error_s"))
    knee_lift: AngleAgreement | None = field(metadata=called("knee_lift_deg"))
    extension: AngleAgreement | None = field(metadata=called("extension_deg"))
    notes: list[str]


def validate(
    session: Session, reference: Reference, start_of_day_s: float | None = None, offset_s: float | None = None
) -> Validation:
    """Agreement of a Session with a Reference.

    start_of_day_s: the session's start as local time of day, s, where known; used if the reference has times of day.
    offset_s: what to add to the reference's times to get the session's; None: found.

    KneesyncError where the two cannot be laid together.
    """
    run = Run(session)
    counted = run.sure
    if counted.sum() < LEAST_STRIDES or len(reference.t_s) < LEAST_STRIDES:
        few, who = min((int(counted.sum()), "session"), (len(reference.t_s), "reference"))
        raise KneesyncError(f"the {who} has {few} strides to compare, expected {LEAST_STRIDES} or more")
    found_s, lift_deg = run.t_s[counted], run.columns["knee_lift_deg"][counted]
    clear = None
    given = offset_s is not None
    if offset_s is None:
        around_s = None
        if reference.of_day and start_of_day_s is not None:
            around_s = -start_of_day_s
        offset_s, clear = _offset(found_s, lift_deg, reference, around_s)
    true_s = reference.t_s + offset_s
    inside = (true_s >= run.t_s[0] - 0.1) & (true_s <= run.t_s[-1] + 0.1)
    # strides that the board called unsure are neither missed nor invented: they are left out on both sides
    unsure_s = run.t_s[~counted]
    if len(unsure_s):
        inside &= np.abs(unsure_s[_nearest(unsure_s, true_s)] - true_s) > TOLERANCE_S
    while_s = (true_s[0] - TOLERANCE_S, true_s[-1] + TOLERANCE_S)
    meant = (found_s >= while_s[0]) & (found_s <= while_s[1])
    match = agreement(found_s[meant], lift_deg[meant], true_s[inside], reference.knee_lift_deg[inside])
    if match.matched < LEAST_STRIDES or match.matched < LEAST_MATCHED * match.true:
        raise KneesyncError(
            f"only {match.matched} of {match.true} strides of the reference lie within "
            f"{1000 * TOLERANCE_S:.0f} ms of one of the session: are they of the same run and leg?"
        )
    at_true = np.searchsorted(true_s, match.true_t_s)
    at_found = _nearest(found_s, match.true_t_s + match.time_error_s)
    true_lift_deg, extension_deg = reference.knee_lift_deg[at_true], run.columns["extension_deg"][counted]
    return Validation(
        reference=reference.source,
        offset_s=float(offset_s),
        offset_found=not given,
        offset_clear=clear,
        strides=StrideCounts(
            reference=match.true,
            board=match.found,
            matched=match.matched,
            missed=match.missed,
            invented=match.invented,
        ),
        time_error=TimeError(mean_s=float(match.time_error_s.mean()), sd_s=float(match.time_error_s.std(ddof=1))),
        knee_lift=angle_agreement(lift_deg[at_found], true_lift_deg),
        extension=angle_agreement(extension_deg[at_found], reference.extension_deg[at_true]),
        notes=_notes(run, match, true_lift_deg),
    )


def of_day_s(unix_s: float | None) -> float | None:
    """The local time of day of a moment, s; None where it is unknown."""
    if unix_s is None:
        return None
    began = datetime.fromtimestamp(unix_s)
    return began.hour * 3600 + began.minute * 60 + began.second + began.microsecond / 1e6


def _nearest(sorted_s, at_s):
    """Index of the nearest of sorted times to each of at_s."""
    after = np.clip(np.searchsorted(sorted_s, at_s), 1, max(1, len(sorted_s) - 1))
    before = after - 1
    after = np.minimum(after, len(sorted_s) - 1)
    return np.where(np.abs(sorted_s[before] - at_s) <= np.abs(sorted_s[after] - at_s), before, after)


def _offset(found_s, lift_deg, reference, around_s):
    """(s to add to the reference's times, how many times worse the next best fits)."""
    middle = len(reference.t_s) // 2
    part = slice(max(0, middle - MOST_PROBED // 2), middle + MOST_PROBED // 2)
    true_s, true_deg = reference.t_s[part], reference.knee_lift_deg[part]
    # one of these few strides will have been found by the board
    anchors = true_s[np.linspace(0, len(true_s) - 1, 3).astype(int)]
    offsets = np.unique(np.round((found_s[:, None] - anchors).ravel(), 2))
    if around_s is not None:
        offsets = offsets[np.abs(offsets - around_s) <= CLOCK_S]
    misses, heights = np.zeros(len(offsets)), np.full(len(offsets), np.inf)
    for first in range(0, len(offsets), 1000):  # not all at once: an hour has 15,000 of them
        some = slice(first, first + 1000)
        misses[some], heights[some] = _misfit(found_s, lift_deg, true_s, true_deg, offsets[some])
    if not len(offsets) or not np.isfinite(heights).any():
        where = " within 90 s of the time that the clocks say" if around_s is not None else ""
        raise KneesyncError(f"the reference's strides fit nowhere in the session{where}: are they of the same run?")
    # both as shares of what a wrong offset of the same run leaves
    score = misses / np.median(misses) + heights / np.median(heights[np.isfinite(heights)])
    best = int(score.argmin())
    elsewhere = np.abs(offsets - offsets[best]) > ELSEWHERE_S
    clear = float(score[elsewhere].min() / score[best]) if elsewhere.any() else np.inf
    if clear < CLEAR:
        other = offsets[elsewhere][int(score[elsewhere].argmin())]
        raise KneesyncError(
            f"the reference fits at {offsets[best]:.1f} s and nearly as well at {other:.1f} s: is it of this run and "
            "leg? If it is, it is too short or steady to tell; give --offset"
        )
    offset_s = offsets[best]
    for _ in range(3):
        off_s = found_s[_nearest(found_s, reference.t_s + offset_s)] - reference.t_s - offset_s
        near = np.abs(off_s) <= TOLERANCE_S
        offset_s += float(np.median(off_s[near])) if near.any() else 0.0
    return float(offset_s), min(clear, 1e6)


def _misfit(found_s, lift_deg, true_s, true_deg, offsets):
    """(mean square of what strides are off in time beside a shift, variance of what lifts are), an offset each."""
    at_s = true_s + offsets[:, None]
    nearest = _nearest(found_s, at_s)
    off_s = found_s[nearest] - at_s
    near = np.abs(off_s) <= 2 * TOLERANCE_S
    count = near.sum(axis=1)
    shift_s = (off_s * near).sum(axis=1) / np.maximum(count, 1)
    misses = np.minimum((off_s - shift_s[:, None]) ** 2, TOLERANCE_S**2).mean(axis=1)
    difference = lift_deg[nearest] - true_deg
    mean = (difference * near).sum(axis=1) / np.maximum(count, 1)
    variance = ((difference - mean[:, None]) ** 2 * near).sum(axis=1) / np.maximum(count, 1)
    return misses, np.where(count >= LEAST_STRIDES // 2, variance, np.inf)


def angle_agreement(found: np.ndarray, true: np.ndarray) -> AngleAgreement | None:
    """Agreement of two columns (n,), deg; None where the reference has none."""
    known = ~np.isnan(true)
    if known.sum() < LEAST_STRIDES:
        return None
    found, true = found[known], true[known]
    # sums of these six over any strides hold all figures; less a middle, so that squares do not swallow differences
    middle = true.mean()
    f, t = found - middle, true - middle
    moments = np.stack([np.ones_like(f), f, t, f * f, t * t, f * t])
    whole = _agreement_of(moments.sum(axis=1)[:, None], middle)
    n = len(f)
    block = min(BLOCK_STRIDES, max(1, n // 5))
    sums = np.cumsum(np.concatenate([np.zeros((6, 1)), moments, moments[:, : block - 1]], axis=1), axis=1)
    blocks = sums[:, block:] - sums[:, :-block]
    starts = np.random.default_rng(_SEED).integers(0, n, (DRAWS, -(-n // block)))
    drawn = _agreement_of(blocks[:, starts].sum(axis=2), middle)
    low, high = ({name: np.quantile(values, q) for name, values in drawn.items()} for q in (0.025, 0.975))
    one = {name: float(values[0]) for name, values in whole.items()}

    def interval(name):
        return [float(low[name]), float(high[name])]

    return AngleAgreement(
        strides=n,
        bias_deg=one["bias"],
        bias_interval_deg=interval("bias"),
        sd_deg=one["sd"],
        limits_deg=[one["lower"], one["upper"]],
        limits_intervals_deg=[interval("lower"), interval("upper")],
        rmse_deg=one["rmse"],
        mae_deg=float(np.abs(found - true).mean()),
        icc=one["icc"],
        icc_interval=interval("icc"),
        r=one["r"],
        slope_per_deg=one["slope"],
        slope_interval=interval("slope"),
        reference_mean_deg=one["reference_mean"],
        reference_sd_deg=one["reference_sd"],
    )


def _agreement_of(moments, middle):
    """Each figure from sums (6, s) over strides of 1, f, t, f², t², ft (found, true, less `middle`): arrays (s,)."""
    n, f, t, ff, tt, ft = moments
    bias = (f - t) / n
    found_squares, true_squares, product = ff - f * f / n, tt - t * t / n, ft - f * t / n
    off_squares = np.maximum(found_squares + true_squares - 2 * product, 0)
    sd = np.sqrt(off_squares / (n - 1))
    of_middle = np.maximum((found_squares + true_squares + 2 * product) / 4, 1e-12)
    # two-way mean squares of n strides by two instruments
    of_strides = 2 * of_middle / (n - 1)
    of_instruments = n * bias**2 / 2
    of_rest = np.maximum(off_squares / 2 / (n - 1), 1e-12)
    return {
        "bias": bias,
        "sd": sd,
        "lower": bias - 1.96 * sd,
        "upper": bias + 1.96 * sd,
        "rmse": np.sqrt(off_squares / n + bias**2),
        "icc": (of_strides - of_rest) / (of_strides + of_rest + 2 / n * (of_instruments - of_rest)),
        "r": product / np.maximum(np.sqrt(found_squares * true_squares), 1e-12),
        "slope": (found_squares - true_squares) / 2 / of_middle,
        "reference_sd": np.sqrt(true_squares / (n - 1)),
        "reference_mean": middle + t / n,
    }


def _notes(run, match, true_deg):
    notes = [
        "The bias holds the zero of both: the board's is the runner's standing pose. The limits are about one stride."
    ]
    if true_deg.std(ddof=1) < 3:
        notes.append(
            f"The reference's knee lift spreads by {true_deg.std(ddof=1):.1f}° only: within one steady run ICC and r "
            "are low however good both are. Bias, limits and RMSE hold."
        )
    unsure = int((~run.sure).sum())
    if unsure:
        notes.append(f"{unsure} strides that the board was not sure of are left out.")
    if match.missed + match.invented > 0.05 * match.true:
        notes.append("More than 5 % of the strides stand on one side only: look at them before you trust the rest.")
    return notes
