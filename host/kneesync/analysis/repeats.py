"""Repeats: stretches of running with rests between, found from pauses (run and walk) or from cadence (intervals)."""

from itertools import pairwise

import numpy as np

from kneesync.analysis.figures import Repeat
from kneesync.analysis.run import Run

LEAST_REPEATS = 3
LEAST_BETWEEN_PAUSES = 4  # halts at lights are pauses too
MOST_UNLIKE = 3.0  # the longest repeat, or rest, against the shortest; the first and the last may be anything
LEAST_REPEAT_S = 20
LEAST_REST_S = 10
LONGEST_REPEAT_SHARE = 0.6  # of the running: more is a run with halts at lights
STEADY_STRIDES = 21  # median over so many strides: a change of pace lasts longer
LEAST_CADENCE_STEP_PERCENT = 4
LEAST_PARTED = 0.8  # share of cadence's variance that two levels explain; one level with noise has 0.64


def repeats(run: Run) -> list[Repeat]:
    """The repeats in order, without an interval of their drops; [] for a run that is none."""
    spans, by = _between_pauses(run), "pauses"
    if not spans:
        spans, by = _fast(run), "cadence"
    rows = []
    for i, (from_s, to_s) in enumerate(spans):
        inside = run.within((from_s, to_s + 0.001))
        sure = inside & run.sure
        lift_deg = float(run.columns["knee_lift_deg"][sure].mean()) if sure.any() else None
        rows.append(
            Repeat(
                from_s=from_s,
                to_s=to_s,
                rest_s=spans[i + 1][0] - to_s if i + 1 < len(spans) else None,
                strides=int(inside.sum()),
                cadence_spm=run.cadence_spm(inside),
                knee_lift_deg=lift_deg,
                range_deg=float(run.columns["range_deg"][sure].mean()) if sure.any() else None,
                drop_deg=rows[0].knee_lift_deg - lift_deg
                if rows and None not in (rows[0].knee_lift_deg, lift_deg)
                else None,
                by=by,
            )
        )
    return rows


def _between_pauses(run):
    """Spans of running between rests without a stride; [] unless they are several and alike in being short."""
    if len(run.t_s) < 2:
        return []
    gaps = np.flatnonzero(np.diff(run.t_s) >= LEAST_REST_S)
    begins, ends = np.concatenate([[0], gaps + 1]), np.concatenate([gaps, [len(run.t_s) - 1]])
    spans = [
        (float(run.t_s[a]), float(run.t_s[b]))
        for a, b in zip(begins, ends, strict=True)
        if run.t_s[b] - run.t_s[a] >= LEAST_REPEAT_S
    ]
    longest_s = max((b - a for a, b in spans), default=0.0)
    if len(spans) < LEAST_BETWEEN_PAUSES or longest_s > LONGEST_REPEAT_SHARE * sum(b - a for a, b in spans):
        return []
    inner_s = [b - a for a, b in spans[1:-1]]
    rests_s = [after[0] - before[1] for before, after in pairwise(spans)]
    alike = all(max(some) <= MOST_UNLIKE * min(some) for some in (inner_s, rests_s))
    return spans if alike else []


def _fast(run):
    """Spans at the higher of two cadences; [] where cadence has not two."""
    timed = np.flatnonzero(run.timed)
    if len(timed) < 8 * STEADY_STRIDES:
        return []
    stride_s, t_s = run.columns["stride_s"][timed], run.t_s[timed]
    half = STEADY_STRIDES // 2
    padded = np.pad(stride_s, half, mode="edge")
    cadence = 120 / np.median(np.lib.stride_tricks.sliding_window_view(padded, STEADY_STRIDES), axis=1)
    limit, parted = _two_levels(cadence)
    fast = cadence > limit
    if parted < LEAST_PARTED or not fast.any() or fast.all():
        return []
    step_percent = 100 * (cadence[fast].mean() / cadence[~fast].mean() - 1)
    if step_percent < LEAST_CADENCE_STEP_PERCENT:
        return []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], fast.astype(int), [0]])))
    spans = []
    for a, b in zip(edges[::2], edges[1::2] - 1, strict=True):
        if spans and t_s[a] - spans[-1][1] < LEAST_REST_S:
            spans[-1] = (spans[-1][0], float(t_s[b]))
        else:
            spans.append((float(t_s[a] - stride_s[a]), float(t_s[b])))
    spans = [span for span in spans if span[1] - span[0] >= LEAST_REPEAT_S]
    longest_s = max((b - a for a, b in spans), default=0.0)
    alike = longest_s <= LONGEST_REPEAT_SHARE * sum(b - a for a, b in spans)
    return spans if len(spans) >= LEAST_REPEATS and alike else []


def _two_levels(values):
    """(limit between two levels, share of the variance that they explain), by Otsu 1979."""
    ordered = np.sort(values)
    n = len(ordered)
    below = np.arange(1, n)
    sums = np.cumsum(ordered)
    means_low = sums[:-1] / below
    means_high = (sums[-1] - sums[:-1]) / (n - below)
    between = below * (n - below) / n**2 * (means_high - means_low) ** 2
    best = int(between.argmax())
    variance = float(ordered.var())
    return (ordered[best] + ordered[best + 1]) / 2, float(between[best]) / variance if variance > 0 else 0.0
