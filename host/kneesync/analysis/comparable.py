"""One run in the few figures that stand beside other runs': what lists, trends and the coach compare (in the index).

The angles change with pace, and with cadence where pace is not known, far more than a runner does from week to week.
So a run keeps its means per band of cadence, and per band of speed where a watch was joined: two runs are compared in
a band that both ran in. A band counts its first BAND_STRIDES strides only, so that a long run, which ends lower than
it began, stands beside a short one as its equal.
"""

import numpy as np

from kneecore import sessionlog as log
from kneesync.analysis import quality
from kneesync.analysis.moving_mean import moving_mean
from kneesync.analysis.pace import BAND_MPS, LEVEL_PERCENT, along
from kneesync.analysis.run import Run
from kneesync.analysis.stride_blocks import StrideBlocks
from kneesync.formats.session import ANGLES_AND_RATES

VERSION = 3  # of these figures' meaning: figures of another one in the index are made anew
BAND_SPM = 5
BAND_STRIDES = 1800  # about 20 minutes
LEAST_BAND_STRIDES = 40  # as for any mean: about half a minute
SMOOTH_STRIDES = 21  # a stride's own time scatters by 2 %; the band is that of the strides around it
LEAST_SPAN_S = 600  # of running: over less a slope per hour is guesswork
_MOST_BAND = 400  # of either kind: a damaged file may hold any stride time


def row(session, watch=None):
    """A session's figures as a plain dict, fit for JSON; None where it cannot say. Never fails on what decoded.

    `watch`: its joined library.watch.Watch, or None. Angles are in deg from the runner's own standing pose, means over
    the sure strides; `bands` has "cadence_spm" and "speed_mps": lists of {"from", "to", "strides", "cadence_spm",
    "speed_mps", and the ANGLES_AND_RATES}, means over the band's strides. `mounting` is the thigh's up and right in
    chip axes. `flags` are the words of the report's (analysis.quality). `fresh` and `late` hold their stretch's means,
    its stride-to-stride spread, and speed and grade where the watch knew them: what a change within a run is judged by.
    """
    run = Run(session)
    fresh_span, late_span, _ = run.stretches()
    fresh, late = run.stretch(fresh_span), run.stretch(late_span)
    cues = int((session.event_records["kind"] == log.CUE).sum())
    running_h = run.running_s / 3600
    drop_deg = _difference(fresh, late, "knee_lift_deg")
    settings, cautions = session.settings, quality.quality(run)
    at = along(run, watch) if watch is not None and len(run.t_s) else None
    return {
        "version": VERSION,
        "duration_s": round(run.duration_s, 1),
        "running_s": round(run.running_s, 1),
        "strides": len(run.t_s),
        "strides_sure": int(run.sure.sum()),
        "cadence_spm": run.cadence_spm(np.ones(len(run.t_s), bool)),
        "speed_mps": _mean_known(at, "speed_mps"),
        **{name: float(run.columns[name][run.sure].mean()) if run.sure.any() else None for name in ANGLES_AND_RATES},
        **run.variability().as_json(),
        "drop_deg": drop_deg,
        "drop_deg_per_h": _drop_per_h(run),
        "cues": cues,
        "cues_per_h": cues / running_h if run.running_s >= LEAST_SPAN_S else None,
        "fresh": _kept(run, fresh_span, fresh, at),
        "late": _kept(run, late_span, late, at),
        "alignment_sure_percent": cautions.alignment_sure_percent,
        "mounting": _mounting(session),
        "has_raw": bool(len(session.raw_heads)),
        "quiet": settings["quiet"] == "on",
        "cue_settings": {name: value for name, value in settings.items() if name.startswith("cue.")},
        "flags": [flag.what for flag in quality.flags(run, cautions)],
        "bands": {"cadence_spm": _cadence_bands(run), "speed_mps": _speed_bands(run, at)},
    }


def _mounting(session):
    aligned = session.named_events(log.ALIGNED, most=1)
    if not aligned:
        return None
    return {way: [round(aligned[-1].values[f"{way}_{axis}"], 3) for axis in "xyz"] for way in ("up", "right")}


def _kept(run, span, means, at):
    """A stretch's means without what only a report of the run itself shows; its spread, speed and grade."""
    if means is None:
        return None
    kept = {name: value for name, value in means.as_json().items() if name != "knee_lift_error_deg"}
    inside = run.within(span)
    return {
        **kept,
        **run.variability(span).as_json(),
        "speed_mps": _mean_known(at, "speed_mps", inside),
        "grade_percent": _mean_known(at, "grade_percent", inside),
    }


def _difference(fresh, late, name):
    if not fresh or not late or None in (getattr(fresh, name), getattr(late, name)):
        return None
    return getattr(fresh, name) - getattr(late, name)


def _drop_per_h(run):
    """How fast knee lift fell, deg an hour of running: the report's slope (analysis.drift) without its interval."""
    tens = StrideBlocks(run)
    hours = tens.ran_min() / 60
    if not len(tens) or hours[-1] - hours[0] < LEAST_SPAN_S / 3600:
        return None
    hours = hours - hours.mean()
    return float(-(hours @ tens.knee_lift_deg) / (hours @ hours))


def _smoothed(values):
    """The mean of the known ones among the SMOOTH_STRIDES around each; NaN where there are none."""
    return moving_mean(values, SMOOTH_STRIDES // 2)[0]


def _cadence_bands(run):
    if not len(run.t_s):
        return []
    cadence_spm = 120 / _smoothed(run.columns["stride_s"])
    return _bands(run, cadence_spm, BAND_SPM, {"cadence_spm": cadence_spm})


def _mean_known(at, name, chosen=True):
    """Mean over the chosen strides where the watch knew it; None over fewer than LEAST_BAND_STRIDES of them."""
    known = np.isfinite(at[name]) & chosen if at else np.zeros(0, bool)
    return float(at[name][known].mean()) if known.sum() >= LEAST_BAND_STRIDES else None


def _speed_bands(run, at):
    """On level ground, where the watch knew the speed."""
    if at is None:
        return []
    speed_mps = at["speed_mps"]
    level = ~(np.abs(at["grade_percent"]) > LEVEL_PERCENT)  # a grade that is not known counts as level
    speed_mps = np.where(level, _smoothed(speed_mps), np.nan)
    cadence_spm = 120 / _smoothed(run.columns["stride_s"])
    return _bands(run, speed_mps, BAND_MPS, {"cadence_spm": cadence_spm, "speed_mps": speed_mps})


def _bands(run, value, width, also):
    """Means of the sure strides in each band of `value` that has LEAST_BAND_STRIDES, lowest band first."""
    usable = run.sure & np.isfinite(value) & (value >= 0) & (value < _MOST_BAND)
    for one in also.values():
        usable = usable & np.isfinite(one)
    where = np.flatnonzero(usable)
    if not len(where):
        return []
    number = np.floor(value[where] / width).astype(int)
    order = np.argsort(number, kind="stable")
    where, number = where[order], number[order]
    first = np.flatnonzero(np.diff(number, prepend=-1))
    rank = np.arange(len(number)) - np.repeat(first, np.diff(first, append=len(number)))
    where, number = where[rank < BAND_STRIDES], number[rank < BAND_STRIDES]
    first = np.flatnonzero(np.diff(number, prepend=-1))
    counts = np.diff(first, append=len(number))
    means = {name: np.add.reduceat(run.columns[name][where], first) / counts for name in ANGLES_AND_RATES}
    means.update({name: np.add.reduceat(values[where], first) / counts for name, values in also.items()})
    return [
        {
            "from": float(number[first[i]] * width),
            "to": float((number[first[i]] + 1) * width),
            "strides": int(counts[i]),
            **{name: round(float(values[i]), 4) for name, values in means.items()},
        }
        for i in np.flatnonzero(counts >= LEAST_BAND_STRIDES)
    ]
