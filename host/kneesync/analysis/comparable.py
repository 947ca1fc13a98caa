"""One run in the few figures that stand beside other runs': what lists, trends and the coach compare (in the index).

The angles change with pace, and with cadence where pace is not known, far more than a runner does from week to week.
So a run keeps its means per band of cadence, and per band of speed where a watch was joined: two runs are compared in
a band that both ran in. A band counts its first BAND_STRIDES strides only, so that a long run, which ends lower than
it began, stands beside a short one as its equal.
"""

import math

import numpy as np

from kneecore import sessionlog as log
from kneesync.analysis.run import Run

VERSION = 1  # of these figures' meaning: figures of another one in the index are made anew
BAND_SPM = 5
BAND_MPS = 0.25
BAND_STRIDES = 1800  # about 20 minutes
LEAST_BAND_STRIDES = 40  # as for any mean: about half a minute
SMOOTH_STRIDES = 21  # a stride's own time scatters by 2 %; the band is that of the strides around it
LEVEL_PERCENT = 2.0  # steeper ground changes the lift at the same pace
LEAST_SPAN_S = 600  # of running after the warm-up: over less a slope per hour is guesswork
ANGLES = ("knee_lift_deg", "extension_deg", "range_deg", "swing_up_dps", "swing_back_dps")
_MOST_BAND = 400  # of either kind: a damaged file may hold any stride time


def row(session, watch=None):
    """A session's figures as a plain dict, fit for JSON; None where it cannot say. Never fails on what decoded.

    `watch`: its joined library.watch.Watch, or None. Angles are in deg from the runner's own standing pose, means over
    the sure strides; `bands` has "cadence_spm" and "speed_mps": lists of {"from", "to", "strides", "cadence_spm",
    "speed_mps", and the ANGLES}, means over the band's strides. `mounting` is the thigh's up and right in chip axes.
    `flags` are words for what limits the figures.
    """
    run = Run(session)
    fresh_span, late_span, _ = run.stretches()
    fresh, late = run.means(fresh_span), run.means(late_span)
    cues = int((session.event_records["kind"] == log.CUE).sum())
    running_h = run.running_s / 3600
    drop_deg = _difference(fresh, late, "knee_lift_deg")
    settings = session.settings
    figures = {
        "version": VERSION,
        "duration_s": round(run.duration_s, 1),
        "running_s": round(run.running_s, 1),
        "strides": len(run.t_s),
        "strides_sure": int(run.sure.sum()),
        "cadence_spm": run.cadence_spm(np.ones(len(run.t_s), bool)),
        **{name: float(run.columns[name][run.sure].mean()) if run.sure.any() else None for name in ANGLES},
        **run.variability(),
        "drop_deg": drop_deg,
        "drop_deg_per_h": _drop_per_h(run, settings["cue.skip_s"]),
        "cues": cues,
        "cues_per_h": cues / running_h if run.running_s >= LEAST_SPAN_S else None,
        "fresh": _kept(fresh),
        "late": _kept(late),
        "alignment_sure_percent": None,
        "mounting": None,
        "has_raw": bool(len(session.raw_heads)),
        "quiet": settings["quiet"] == "on",
        "cue_settings": {name: value for name, value in settings.items() if name.startswith("cue.")},
        "bands": {"cadence_spm": _cadence_bands(run), "speed_mps": _speed_bands(run, watch)},
    }
    if aligned := session.named_events(log.ALIGNED, most=1):
        figures["alignment_sure_percent"] = aligned[-1]["sure_percent"]
        figures["mounting"] = {
            way: [round(aligned[-1][f"{way}_{axis}"], 3) for axis in "xyz"] for way in ("up", "right")
        }
    figures["flags"] = _flags(run, figures, late)
    return figures


def _kept(means):
    """A stretch's means without what only a report of the run itself shows."""
    if means is None:
        return None
    return {name: value for name, value in means.items() if name != "knee_lift_error_deg"}


def _difference(fresh, late, name):
    if not fresh or not late or fresh[name] is None or late[name] is None:
        return None
    return fresh[name] - late[name]


def _drop_per_h(run, skip_s):
    """How fast knee lift fell after the warm-up, deg an hour of the clock: a line through the minutes' means."""
    start_s = float(run.t_s[0]) + skip_s if len(run.t_s) else 0.0
    chosen = run.sure & (run.t_s >= start_s)
    t_s, lift_deg = run.t_s[chosen], run.columns["knee_lift_deg"][chosen]
    if not len(t_s) or t_s[-1] - t_s[0] < LEAST_SPAN_S:
        return None
    first = np.unique(np.searchsorted(t_s, np.arange(t_s[0], t_s[-1], 60.0)))
    counts = np.diff(first, append=len(t_s))
    enough = counts >= LEAST_BAND_STRIDES // 2
    if enough.sum() < LEAST_SPAN_S // 120:
        return None
    at_s = (np.add.reduceat(t_s, first) / counts)[enough]
    mean_deg = (np.add.reduceat(lift_deg, first) / counts)[enough]
    off_s = at_s - at_s.mean()
    return float(-3600 * (off_s @ (mean_deg - mean_deg.mean())) / (off_s @ off_s))


def _smoothed(values, known):
    """Mean of the known ones among the SMOOTH_STRIDES around each; NaN where there are none."""
    half = SMOOTH_STRIDES // 2
    near = np.zeros((2, len(values) + 2 * half + 1))  # running sums and counts, with nothing on either side
    np.cumsum(np.where(known, values, 0.0), out=near[0, half + 1 : half + 1 + len(values)])
    np.cumsum(known, out=near[1, half + 1 : half + 1 + len(values)])
    near[:, half + 1 + len(values) :] = near[:, half + len(values), None]
    total, number = near[:, SMOOTH_STRIDES:] - near[:, :-SMOOTH_STRIDES]
    return np.divide(total, number, out=np.full(len(values), np.nan), where=number > 0)


def _cadence_bands(run):
    if not len(run.t_s):
        return []
    cadence_spm = 120 / _smoothed(run.columns["stride_s"], run.timed)
    return _bands(run, cadence_spm, BAND_SPM, {"cadence_spm": cadence_spm})


def _speed_bands(run, watch):
    """On level ground, where the watch knew the speed."""
    if watch is None or not len(run.t_s) or not len(watch.t_s):
        return []
    speed_mps = np.interp(run.t_s, watch.t_s, watch.speed_mps, left=np.nan, right=np.nan)
    grade_percent = np.interp(run.t_s, watch.t_s, watch.grade_percent)
    level = ~(np.abs(grade_percent) > LEVEL_PERCENT)  # a grade that is not known counts as level
    speed_mps = np.where(level, _smoothed(speed_mps, np.isfinite(speed_mps)), np.nan)
    cadence_spm = 120 / _smoothed(run.columns["stride_s"], run.timed)
    return _bands(run, speed_mps, BAND_MPS, {"cadence_spm": cadence_spm, "speed_mps": speed_mps})


def _bands(run, value, width, also):
    """Means of the sure strides in each band of `value` that has LEAST_BAND_STRIDES, lowest band first."""
    usable = run.sure & np.isfinite(value) & (value >= 0) & (value < _MOST_BAND)
    for one in also.values():
        usable = usable & np.isfinite(one)
    where = np.flatnonzero(usable)
    if not len(where):
        return []
    band = np.floor(value[where] / width).astype(np.int16)  # sorted five times as fast as int64
    order = np.argsort(band, kind="stable")
    number, first, counts = np.unique(band[order], return_index=True, return_counts=True)
    counts = np.minimum(counts, BAND_STRIDES)
    where = where[np.concatenate([order[at : at + count] for at, count in zip(first, counts, strict=True)])]
    first = np.cumsum(counts) - counts
    means = {name: np.add.reduceat(run.columns[name][where], first) / counts for name in ANGLES}
    means.update({name: np.add.reduceat(values[where], first) / counts for name, values in also.items()})
    return [
        {
            "from": float(number[i] * width),
            "to": float((number[i] + 1) * width),
            "strides": int(counts[i]),
            **{name: round(float(values[i]), 4) for name, values in means.items()},
        }
        for i in np.flatnonzero(counts >= LEAST_BAND_STRIDES)
    ]


def _flags(run, figures, late):
    """Words for what limits the figures: none of them makes a figure wrong, each makes some unfit to compare."""
    events = run.session.event_records
    sure_share = figures["strides_sure"] / figures["strides"] if figures["strides"] else math.nan
    found = {
        "no strides": not figures["strides"],
        "short": bool(figures["strides"]) and late is None,
        "alignment unsure": sure_share < 0.5 and float(run.columns["unsure"].mean()) > 0.25,
        "clipped": bool(figures["strides"]) and float(run.columns["clipped"].mean()) > 0.02,
        "lost samples": bool(figures["strides"]) and float(run.columns["lost"].mean()) > 0.02,
        "re-strapped": bool((events["kind"] == log.RESTRAPPED).any()),
        "damaged": bool(run.session.problems),
    }
    return [word for word, is_so in found.items() if is_so]
