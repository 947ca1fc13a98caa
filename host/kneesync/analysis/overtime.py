"""A run in short spans of time, and how often each knee lift came up in a stretch of it: what pictures draw."""

from itertools import pairwise

import numpy as np

from kneesync.analysis.run import sure_strides

MOST_SPANS = 170  # more than a page's width can show
SPANS_S = (5, 10, 15, 20, 30, 60, 120, 300, 600)
LEAST_STRIDES = 3
BIN_DEG = 0.5


def over_time(session, watch=None):
    """Medians of spans of equal length over a run, spans without strides left out. A dict of arrays (n,), and:

    span_s         length of a span
    t_s            its middle, ascending
    knee_lift_deg, low_deg, high_deg   median, 10th and 90th percentile of its sure strides; NaN where under 3
    cadence_spm    of its timed strides; NaN where under 3
    speed_mps      mean of the watch's; NaN where it has none, None without a watch
    """
    columns = session.columns
    order = np.argsort(columns["t_s"], kind="stable")
    t_s, stride_s, lift_deg = (columns[name][order] for name in ("t_s", "stride_s", "knee_lift_deg"))
    sure = sure_strides(columns)[order]
    length_s = float(t_s[-1] - t_s[0]) if len(t_s) else 0.0
    span_s = next((span_s for span_s in SPANS_S if length_s / span_s <= MOST_SPANS), length_s / MOST_SPANS)
    number = np.floor(t_s / span_s).astype(np.int64)
    spans, first = np.unique(number, return_index=True)
    parts = [slice(a, b) for a, b in pairwise([*first, len(t_s)])]
    lifts = [lift_deg[part][sure[part]] for part in parts]
    quantiles = [np.percentile(some, (10, 50, 90)) if len(some) >= LEAST_STRIDES else [np.nan] * 3 for some in lifts]
    low, middle, high = np.array(quantiles, float).reshape(-1, 3).T
    timed = [stride_s[part][~np.isnan(stride_s[part])] for part in parts]
    cadence = [120 / some.mean() if len(some) >= LEAST_STRIDES else np.nan for some in timed]
    return {
        "span_s": span_s,
        "t_s": (spans + 0.5) * span_s,
        "knee_lift_deg": middle,
        "low_deg": low,
        "high_deg": high,
        "cadence_spm": np.array(cadence, float),
        "speed_mps": None if watch is None else _means(watch.t_s, watch.speed_mps, spans, span_s),
    }


def _means(t_s, values, spans, span_s):
    """Mean of the known values that fall into each of the numbered spans; NaN where none does."""
    known = ~np.isnan(values)
    number = np.floor(np.asarray(t_s)[known] / span_s).astype(np.int64)
    at = np.searchsorted(spans, number)
    hits = (at < len(spans)) & (spans[np.minimum(at, len(spans) - 1)] == number) if len(spans) else np.zeros(0, bool)
    counts = np.bincount(at[hits], minlength=len(spans))
    sums = np.bincount(at[hits], weights=np.asarray(values)[known][hits], minlength=len(spans))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def distribution(session, **stretches):
    """How often each knee lift came up: {"edges_deg": (n + 1,), name: percent of that stretch's sure strides (n,)}.

    `stretches`: name=(from, to) in s, or None. A stretch without sure strides is None, and so are edges if all are.
    """
    columns = session.columns
    sure = sure_strides(columns)
    lifts = {}
    for name, span in stretches.items():
        inside = sure & (columns["t_s"] >= span[0]) & (columns["t_s"] < span[1]) if span else np.zeros(len(sure), bool)
        lifts[name] = columns["knee_lift_deg"][inside]
    some = np.concatenate(list(lifts.values())) if lifts else np.zeros(0)
    if not len(some):
        return {"edges_deg": None, **dict.fromkeys(lifts)}
    low, high = np.floor(some.min() / BIN_DEG), np.floor(some.max() / BIN_DEG) + 1
    edges_deg = np.arange(low, high + 1) * BIN_DEG
    counted = {name: np.histogram(one, edges_deg)[0] for name, one in lifts.items()}
    shares = {name: 100 * count / count.sum() if count.sum() else None for name, count in counted.items()}
    return {"edges_deg": edges_deg, **shares}
