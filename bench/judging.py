"""What an estimator's strides are worth beside a recording's truth: the figures that the bench prints and tests hold.

Strides are dicts with `t_s`, `stride_s`, `knee_lift_deg` and `extension_deg`, as `replay` gives them. Errors count from
SETTLED_S after running starts; strides found and missed count from the first whole one. A stride's time is judged by
the thigh's valleys: some thighs come up twice, so that the time from top to top jumps where the valleys' does not.
"""

from itertools import pairwise

import numpy as np

from kneesync.analysis.agreement import SETTLED_S, TOLERANCE_S, agreement
from kneesync.simulation.feed import Recording

LEAST_STRIDE_S = 0.45  # a peak sooner after running starts ends a stride that the recording cut off
LONGEST_STRIDE_S = 1.5  # further apart are not neighbours: the runner stood, or one between was missed
EARLY_S = (120, 360)  # of running: what the board learns its baseline from
LATE_S = 300  # before running ends


def truth_of(path):
    """A recording's truth, and its `tilt_deg` at each sample (`fs_hz`).

    Of each stride `truth_extension_deg`, the lowest tilt between its peak and the one before, and `truth_stride_s`,
    from valley to valley; NaN where there is none before.
    """
    feed = Recording(path)
    with np.load(path, allow_pickle=False) as fields:
        tilt_deg = fields["truth_tilt_cdeg"] / 100
    at = np.rint(np.concatenate([[feed.truth["t_run_s"]], feed.truth["truth_peak_t_s"]]) * feed.fs_hz).astype(int)
    lowest = np.array([start + int(np.argmin(tilt_deg[start:end])) for start, end in pairwise(at)])
    valley_s = np.array([_bottom(tilt_deg, low) for low in lowest]) / feed.fs_hz
    return feed.truth | {
        "truth_extension_deg": tilt_deg[lowest],
        "truth_stride_s": np.diff(valley_s, prepend=np.nan),
        "speed": f"{feed.truth['speed_mps']:.1f}",
        "tilt_deg": tilt_deg,
        "fs_hz": feed.fs_hz,
    }


def judged(strides, truth):
    """Figures of one recording, and as arrays the errors of its strides: found minus true."""
    t_s, stride_s, lift_deg, extension_deg = columns(strides)
    true_t_s, true_deg = truth["truth_peak_t_s"], truth["truth_peak_deg"]
    match = agreement(t_s, lift_deg, true_t_s, true_deg)
    # strides are matched by time alone, so what is compared may as well be the range
    span = agreement(t_s, lift_deg - extension_deg, true_t_s, true_deg - truth["truth_extension_deg"])
    settled_s = truth["t_run_s"] + SETTLED_S
    settled = match.true_t_s >= settled_s
    whole_s = truth["t_run_s"] + LEAST_STRIDE_S
    whole = int((true_t_s >= whole_s).sum())
    matched = int((match.true_t_s >= whole_s).sum())
    errors_deg = match.lift_error_deg[settled]
    found_s = (match.true_t_s + match.time_error_s)[settled]
    found = np.searchsorted(t_s, found_s - 1e-6)
    stride_errors_ms, found_stride_s = _stride_times(truth, match.true_t_s[settled], stride_s[found])
    return {
        "true": whole,
        "missed": whole - matched,
        "invented": match.invented,
        "invented_below_deg": _below_deg(t_s, truth),
        "lift_errors_deg": errors_deg,
        "range_errors_deg": span.lift_error_deg[settled],
        "stride_errors_ms": stride_errors_ms,
        "lift_rmse_deg": rms(errors_deg),
        "lift_bias_deg": float(errors_deg.mean()),
        "lift_sd_deg": float(errors_deg.std()),
        "range_rmse_deg": rms(span.lift_error_deg[settled]),
        "stride_time_rmse_ms": rms(stride_errors_ms),
        "stride_time_cv_percent": float(100 * found_stride_s.std() / found_stride_s.mean()),
        "cadence_error_spm": _cadence_spm(t_s, found_s[0], found_s[-1])
        - _cadence_spm(true_t_s, match.true_t_s[settled][0], match.true_t_s[settled][-1]),
    }


def pooled(trials):
    """Figures over several recordings' `judged`: strides weigh alike; SD and cadence are means over the recordings,
    stride time their median."""
    true = sum(trial["true"] for trial in trials)
    missed = sum(trial["missed"] for trial in trials)
    lift_deg = np.concatenate([trial["lift_errors_deg"] for trial in trials])
    cadence_spm = np.abs([trial["cadence_error_spm"] for trial in trials])
    return {
        "trials": len(trials),
        "strides": true,
        "lift_rmse_deg": rms(lift_deg),
        "lift_rmse_worst_deg": max(trial["lift_rmse_deg"] for trial in trials),
        "lift_bias_deg": float(lift_deg.mean()),
        "lift_sd_deg": float(np.mean([trial["lift_sd_deg"] for trial in trials])),
        "lift_sd_worst_deg": max(trial["lift_sd_deg"] for trial in trials),
        "range_rmse_deg": rms(np.concatenate([trial["range_errors_deg"] for trial in trials])),
        "matched_percent": 100 * (1 - missed / true),
        "missed": missed,
        "invented": sum(trial["invented"] for trial in trials),
        "invented_below_deg": sorted(below for trial in trials for below in trial["invented_below_deg"]),
        "stride_time_rmse_ms": float(np.median([trial["stride_time_rmse_ms"] for trial in trials])),
        "stride_time_rmse_worst_ms": max(trial["stride_time_rmse_ms"] for trial in trials),
        "stride_time_cv_worst_percent": max(trial["stride_time_cv_percent"] for trial in trials),
        "cadence_error_spm": float(cadence_spm.mean()),
        "cadence_error_worst_spm": float(cadence_spm.max()),
    }


def change_error_deg(strides, truth):
    """Error of a run's late-minus-early change of knee lift, found minus true."""
    t_s, _, lift_deg, _ = columns(strides)
    return _change_deg(t_s, lift_deg, truth) - _change_deg(truth["truth_peak_t_s"], truth["truth_peak_deg"], truth)


def scalars(figures):
    """`judged` without its arrays, as JSON takes it."""
    return {name: value for name, value in figures.items() if not isinstance(value, np.ndarray)}


def columns(strides):
    """(t_s, stride_s, knee_lift_deg, extension_deg) of strides as arrays; NaN for what a stride has not."""
    names = ("t_s", "stride_s", "knee_lift_deg", "extension_deg")
    return tuple(np.array([stride[name] for stride in strides], dtype=float) for name in names)


def rms(errors):
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(errors))))


def _stride_times(truth, true_t_s, stride_s):
    """(errors, ms; stride times, s) of the strides matched at `true_t_s` whose time both have."""
    true_stride_s = truth["truth_stride_s"][np.searchsorted(truth["truth_peak_t_s"], true_t_s - 1e-6)]
    both = ~np.isnan(stride_s) & ~np.isnan(true_stride_s) & (true_stride_s < LONGEST_STRIDE_S)
    return 1000 * (stride_s - true_stride_s)[both], stride_s[both]


def _bottom(tilt_deg, low):
    """Where the parabola through three samples has its bottom, samples."""
    if not 0 < low < len(tilt_deg) - 1:
        return float(low)
    left, lowest, right = tilt_deg[low - 1 : low + 2]
    bend = left - 2 * lowest + right
    return low + ((left - right) / (2 * bend) if bend > 0 else 0.0)


def _below_deg(t_s, truth):
    """Of each stride far from any true one: how far the truth's tilt there is below the peak that it takes instead."""
    true_t_s, below_deg = truth["truth_peak_t_s"], []
    for found_s in t_s:
        nearest = np.argmin(np.abs(true_t_s - found_s))
        if abs(true_t_s[nearest] - found_s) > TOLERANCE_S:
            from_, to = (round((found_s + side * TOLERANCE_S) * truth["fs_hz"]) for side in (-1, 1))
            here_deg = truth["tilt_deg"][max(0, from_) : to + 1].max(initial=-90.0)
            below_deg.append(float(truth["truth_peak_deg"][nearest] - here_deg))
    return below_deg


def _change_deg(t_s, lift_deg, truth):
    early = (t_s >= truth["t_run_s"] + EARLY_S[0]) & (t_s < truth["t_run_s"] + EARLY_S[1])
    late = (t_s >= truth["t_end_s"] - LATE_S) & (t_s < truth["t_end_s"])
    return float(lift_deg[late].mean() - lift_deg[early].mean())


def _cadence_spm(t_s, from_s, to_s):
    """Steps a minute over all strides from one to another, invented ones too."""
    spans_s = np.diff(t_s[(t_s >= from_s - 1e-6) & (t_s <= to_s + 1e-6)])
    return float(120 / spans_s[spans_s < LONGEST_STRIDE_S].mean())
