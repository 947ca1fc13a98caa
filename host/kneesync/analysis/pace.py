"""What a watch adds to the strides: speed, stride length, heart rate, and knee lift compared at equal pace."""

import numpy as np

from kneesync.analysis import pace_per_stride
from kneesync.analysis.figures import PaceMeans
from kneesync.analysis.run import LEAST_STRETCH_STRIDES

BAND_MPS = 0.25
LEVEL_PERCENT = 2.0  # a steeper grade changes knee lift by itself
NAMES = ("speed_mps", "stride_length_m", "heart_rate_bpm", "grade_percent")


def along(run, watch):
    """The watch's series at each stride's time, NaN unknown: a dict of arrays by NAMES."""
    series = ("speed_mps", "heart_rate_bpm", "grade_percent")
    return pace_per_stride.per_stride(run.t_s, run.columns["stride_s"], watch, series)


def means(at: dict[str, np.ndarray], chosen: np.ndarray) -> PaceMeans:
    """Mean of each figure over the chosen strides, None where the watch said nothing."""
    figures = {}
    for name in NAMES:
        values = at[name][chosen]
        values = values[~np.isnan(values)]
        figures[name] = float(values.mean()) if len(values) else None
    return PaceMeans(**figures)


def equal_pace_weights(speed_mps, grade_percent, fresh, late):
    """(weights (n,) that make late less fresh at equal pace of a series, which bands) or (None, why not).

    speed_mps, grade_percent: of each ten; fresh, late: bool. Bands of BAND_MPS that both stretches ran on level ground
    count by the fewer of their tens.
    """
    level = ~(np.abs(grade_percent) > LEVEL_PERCENT) & ~np.isnan(speed_mps)
    band = np.where(level, np.floor(np.nan_to_num(speed_mps) / BAND_MPS), -1)
    weights, shared = np.zeros(len(band)), []
    for one in np.unique(band[level & fresh]):
        inside = band == one
        early, later = inside & fresh & level, inside & late & level
        least = min(early.sum(), later.sum())
        if least >= 2:
            weights[early] -= least / early.sum()
            weights[later] += least / later.sum()
            shared.append((float(one * BAND_MPS), int(least)))
    tens = sum(least for _, least in shared)
    if tens * 10 < LEAST_STRETCH_STRIDES:
        if not (level & fresh).any() or not (level & late).any():
            return None, "the watch gives no level pace in the fresh or the late stretch"
        early, later = speed_mps[level & fresh].mean(), speed_mps[level & late].mean()
        return None, f"fresh and late share no pace: {early:.1f} m/s against {later:.1f} m/s"
    return weights / tens, shared
