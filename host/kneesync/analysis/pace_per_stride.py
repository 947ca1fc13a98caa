"""What a watch knows, brought to each stride; and knee lift compared at equal pace.

Knee lift rises by some 6.5 degrees for each m/s (RBDS: +6.8 +- 2.6 from 2.5 to 3.5 m/s, +6.3 +- 2.1 from 3.5 to 4.5):
a runner who slows looks as if the knee drive fell. At equal pace means: what is left of a change once this has been
taken off. The slope comes from this run as far as its paces tell it, from those figures where they do not, and its
uncertainty stands in the interval.
"""

import numpy as np

from kneesync.analysis.figures import BySlope
from kneesync.analysis.population import KNEE_LIFT_SLOPE_DEG_PER_MPS, KNEE_LIFT_SLOPE_SD

MEAN_OF_STRIDES = 20  # neighbouring strides resemble each other; means of 20 hardly do
LEAST_MEANS = 4
WANDER_SD_DEG, WANDER_S = 1.1, 270.0  # of knee lift, and its memory: as the runner model assumes (SD 0.8-1.5)
UPHILL_DEG_PER_PERCENT, UPHILL_SD = 0.4, 0.5  # an assumption, as wide as it is
GAP_S = 12  # between moments further apart nothing is known
SERIES = ("speed_mps", "grade_percent", "heart_rate_bpm", "distance_m")
LAGGING_S = 2.0  # a stride this far from the watch's nearest moment knows nothing of it


def per_stride(t_s, stride_s, watch, names=SERIES):
    """The watch's values at each stride: a dict of arrays as long as t_s (s of session time) and stride_s (s).

    speed_mps, grade_percent, heart_rate_bpm, distance_m (since the watch's start), and stride_length_m (two steps:
    speed x stride time). NaN where the watch or the stride's time is unknown. `names`: only these, speed among them.
    """
    found = {name: _at(t_s, watch.t_s, getattr(watch, name)) for name in names}
    found["stride_length_m"] = found["speed_mps"] * stride_s
    return found


def _at(t_s, watch_t_s, values):
    """A watch's series at the strides' times, straight between its moments; NaN beyond them and where unknown."""
    known = np.isfinite(values)
    if known.sum() < 2 or not len(t_s):
        return np.full(len(t_s), np.nan)
    at_s = watch_t_s[known]
    found = np.interp(t_s, at_s, values[known], left=np.nan, right=np.nan)
    after = np.clip(np.searchsorted(at_s, t_s), 1, len(at_s) - 1)
    apart_s = at_s[after] - at_s[after - 1]
    nearest_s = np.minimum(np.abs(t_s - at_s[after - 1]), np.abs(at_s[after] - t_s))
    return np.where((apart_s <= GAP_S) | (nearest_s <= LAGGING_S), found, np.nan)


def at_equal_pace(t_s, values, joined, sure, fresh, late):
    """How far a value of strides fell from the span `fresh` to the span `late` (from, to in s), at equal pace.

    `t_s`, `values` and `sure` (bool) have an entry a stride; `joined`: per_stride of them.

    A regression on means of MEAN_OF_STRIDES strides: one level for each span, one slope on speed and one on grade
    for both, which start from what is known of runners. Returns the BySlope; None where
    either span has too few strides with a known speed. The interval holds the strides' scatter, the slope's
    uncertainty, and how a runner's form wanders from minute to minute (WANDER).
    """
    usable = sure & np.isfinite(joined["speed_mps"])
    rows = []
    for which, (from_s, to_s) in enumerate((fresh, late)):
        chosen = np.flatnonzero(usable & (t_s >= from_s) & (t_s < to_s))
        groups = len(chosen) // MEAN_OF_STRIDES
        if groups < LEAST_MEANS:
            return None
        chosen = chosen[: groups * MEAN_OF_STRIDES].reshape(groups, MEAN_OF_STRIDES)
        grade = np.nan_to_num(joined["grade_percent"][chosen]).mean(axis=1)
        speed = joined["speed_mps"][chosen].mean(axis=1)
        rows.append(np.column_stack([np.full(groups, which), speed, grade, values[chosen].mean(axis=1)]))
    ran_s = [np.ptp(t_s[usable & (t_s >= from_s) & (t_s < to_s)]) for from_s, to_s in (fresh, late)]
    return _compared(np.concatenate(rows), sum(_wander_variance(span_s) for span_s in ran_s))


def _wander_variance(span_s):
    """Variance of the mean over a span of a wander with SD WANDER_SD_DEG and memory WANDER_S, deg^2."""
    share = WANDER_S / max(span_s, 1.0)
    return WANDER_SD_DEG**2 * 2 * share * (1 - share * (1 - np.exp(-1 / share)))


def _compared(table, wander_variance):
    """The comparison of rows (span 0 or 1, speed, grade, value), a mean of strides each."""
    which, speed, grade, value = table.T
    known = (KNEE_LIFT_SLOPE_DEG_PER_MPS, UPHILL_DEG_PER_PERCENT)
    spread = np.array([KNEE_LIFT_SLOPE_SD, UPHILL_SD])
    centred = np.column_stack([speed - speed.mean(), grade - grade.mean()])
    design = np.column_stack([which == 0, which == 1, centred]).astype(float)
    # noise of a mean of strides: first as the spans scatter by themselves, then as the fit leaves it
    noise = np.sqrt(np.mean([np.var(value[which == one]) for one in (0, 1)])) or 1e-3
    for _ in range(3):
        precision = design.T @ design / noise**2
        wanted = design.T @ value / noise**2
        precision[2:, 2:] += np.diag(1 / spread**2)
        wanted[2:] += np.array(known) / spread**2
        covariance = np.linalg.inv(precision)
        fitted = covariance @ wanted
        left = value - design @ fitted
        again = float(np.clip(np.sum(left[1:] * left[:-1]) / max(float(np.sum(left**2)), 1e-9), 0, 0.9))
        noise = max(float(np.sqrt(np.sum(left**2) / max(len(value) - 3, 1) * (1 + again) / (1 - again))), 0.05)
    contrast = np.array([1.0, -1.0, 0, 0])
    drop = float(contrast @ fitted)
    half = 1.96 * float(np.sqrt(contrast @ covariance @ contrast + wander_variance))
    return BySlope(
        drop_deg=drop,
        low_deg=drop - half,
        high_deg=drop + half,
        raw_drop_deg=float(value[which == 0].mean() - value[which == 1].mean()),
        fresh_mps=float(speed[which == 0].mean()),
        late_mps=float(speed[which == 1].mean()),
        slope_deg_per_mps=float(fitted[2]),
        slope_error=float(np.sqrt(covariance[2, 2])),
        slope_own_percent=100 * (1 - float(covariance[2, 2]) / KNEE_LIFT_SLOPE_SD**2),
    )
