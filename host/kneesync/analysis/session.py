"""One run in figures: how high the knee went when fresh and late, how the legs turned over, what the cues did.

Every figure carries its unit in its name. A figure that the session cannot give is None, and `notes` says why.
Knee lift is compared within the run only: the absolute angle is good to 3-5 degrees, a change to far less.
"""

import math

import numpy as np

from kneecore import sessionlog as log

LATE_S = 240  # the last stretch of running that is compared with the fresh one
LEAST_STRETCH_STRIDES = 40  # under about half a minute a mean says little
BLOCK_STRIDES = 20  # neighbouring strides resemble each other; means of 20 hardly do
ANSWER_S = 60  # what follows a cue is looked at for this long
PAUSE_S = 5  # no stride for this long is a pause
MOST_CUES = 500  # the firmware gives at most 60 an hour; a damaged file may claim any number
ABSOLUTE_DEG = (3, 5)  # soft tissue and the standing pose, see docs


def summary(session):
    """All figures of a session as a plain dict, fit for JSON. Never fails on a session that decoded."""
    run = _Run(session)
    fresh_span, late_span, why_not = run.stretches()
    fresh, late = run.means(fresh_span), run.means(late_span)
    return {
        "board": session.header.get("board"),
        "leg": session.header.get("leg") if session.header.get("leg") in ("L", "R") else None,
        "athlete": session.settings["athlete"],
        "firmware": session.header.get("firmware"),
        "duration_s": run.duration_s,
        "running_s": run.running_s,
        "strides": len(run.t_s),
        "strides_sure": int(run.sure.sum()),
        "cadence_spm": run.cadence_spm(np.ones(len(run.t_s), bool)),
        **run.means((-math.inf, math.inf)),
        "fresh": fresh,
        "late": late,
        "change": _change(fresh, late),
        "why_no_change": why_not,
        "variability": run.variability(),
        "baseline": run.baseline(),
        "cues": run.cues(),
        "pauses": run.pauses(),
        "per_minute": run.per_minute(),
        "quality": run.quality(),
        "absolute_error_deg": list(ABSOLUTE_DEG),
        "notes": run.notes(fresh, late),
    }


class _Run:
    """A session's columns, and which strides count for what."""

    def __init__(self, session):
        self.session = session
        columns = session.columns
        if np.any(columns["t_s"][1:] < columns["t_s"][:-1]):  # damaged files can hold times out of order
            order = np.argsort(columns["t_s"], kind="stable")
            columns = {name: values[order] for name, values in columns.items()}
        self.columns = columns
        self.t_s = self.columns["t_s"]
        self.timed = ~np.isnan(self.columns["stride_s"])
        self.sure = ~(self.columns["unsure"] | self.columns["clipped"] | self.columns["lost"])
        self.running_s = float(np.nansum(self.columns["stride_s"])) if len(self.t_s) else 0.0
        self.duration_s = self._duration_s()

    def _duration_s(self):
        """From the session's start to its last stride: what the board then waits before it closes is no run."""
        return max(0.0, float(self.t_s[-1]) - min(0.0, float(self.t_s[0]))) if len(self.t_s) else 0.0

    def within(self, span):
        """Bool array: strides with t_s in the span (from, to)."""
        return (self.t_s >= span[0]) & (self.t_s < span[1])

    def cadence_spm(self, chosen):
        """Steps a minute of both legs over the chosen strides that have a stride time."""
        return _cadence_spm(self.columns["stride_s"][chosen & self.timed])

    def means(self, span):
        """Mean of each angle and rate over the sure strides in a span, with the error of the knee lift's mean."""
        if span is None:
            return None
        inside = self.within(span)
        chosen = inside & self.sure
        figures = {"strides_used": int(chosen.sum())}
        if math.isfinite(span[0]):
            figures.update(from_s=round(span[0], 1), to_s=round(span[1], 1), cadence_spm=self.cadence_spm(inside))
        for name in ("knee_lift_deg", "extension_deg", "range_deg", "swing_up_dps", "swing_back_dps"):
            figures[name] = float(self.columns[name][chosen].mean()) if chosen.any() else None
        figures["knee_lift_error_deg"] = _error_of_mean(self.columns["knee_lift_deg"][chosen])
        return figures

    def stretches(self):
        """(fresh, late, why not): spans in s. Fresh is what the board learnt its baseline from."""
        settings = self.session.settings
        baselines = self.session.named_events(log.BASELINE, most=1)
        if baselines:
            to_s = baselines[-1]["t_s"]
        else:
            to_s = self._after_running(settings["cue.skip_s"] + settings["cue.learn_s"])
        if to_s is None or not len(self.t_s):
            needed_min = (settings["cue.skip_s"] + settings["cue.learn_s"]) / 60
            return None, None, f"the run is too short: fresh is learnt from the first {needed_min:g} min of running"
        # time that was run, not time on the clock: pauses belong to neither stretch
        from_s = self._before_running(to_s, settings["cue.learn_s"])
        last_s = float(self.t_s[-1]) + 0.001
        late_s = max(to_s, self._before_running(last_s, LATE_S))
        late = (late_s, last_s)
        if (self.within(late) & self.sure).sum() < LEAST_STRETCH_STRIDES:
            return (from_s, to_s), None, "too few sure strides after the baseline to call any of them late"
        return (from_s, to_s), late, None

    def _ran_s(self):
        return np.cumsum(np.nan_to_num(self.columns["stride_s"]))

    def _after_running(self, needed_s):
        """t_s at which `needed_s` of running were done, or None."""
        ran_s = self._ran_s()
        if not len(ran_s) or ran_s[-1] < needed_s:
            return None
        return float(self.t_s[int(np.searchsorted(ran_s, needed_s))])

    def _before_running(self, to_s, needed_s):
        """t_s from which there are `needed_s` of running up to to_s."""
        upto = self.t_s <= to_s
        ran_s = self._ran_s()[upto]
        if not len(ran_s):
            return to_s
        return float(self.t_s[int(np.searchsorted(ran_s, max(0.0, ran_s[-1] - needed_s)))])

    def variability(self):
        """Stride-to-stride spread without the slow trend: from differences of neighbours, over sqrt 2."""
        pairs = (
            self.sure[1:] & self.sure[:-1] & self.timed[1:] & self.timed[:-1] if len(self.t_s) else np.zeros(0, bool)
        )
        if pairs.sum() < LEAST_STRETCH_STRIDES:
            return {"knee_lift_sd_deg": None, "stride_time_cv_percent": None}
        lift = np.diff(self.columns["knee_lift_deg"])[pairs]
        stride = np.diff(self.columns["stride_s"])[pairs]
        mean_s = float(self.columns["stride_s"][1:][pairs].mean())
        return {
            "knee_lift_sd_deg": float(np.sqrt(np.mean(lift**2) / 2)),
            "stride_time_cv_percent": 100 * float(np.sqrt(np.mean(stride**2) / 2)) / mean_s,
        }

    def baseline(self):
        """What the board learnt as fresh, the last time it did, or None."""
        found = self.session.named_events(log.BASELINE, most=1)
        if not found:
            return None
        kept = {name: value for name, value in found[-1].items() if name != "kind"}
        kept["cadence_spm"] = 120 / kept["stride_s"] if kept["stride_s"] > 0 else None
        return kept

    def cues(self):
        """Every cue: when, how far knee lift was down, and the mean knee lift in the minute before and after."""
        events = self.session.event_records
        cleared_s = (events["t_ms"][events["kind"] == log.CUE_CLEARED] - float(self.session.start_ms)) / 1000
        cues = []
        for event in self.session.named_events(log.CUE, most=MOST_CUES):
            t_s = event["t_s"]
            quiet = self.sure & ~self.columns["motor"]
            before = self.columns["knee_lift_deg"][quiet & self.within((t_s - ANSWER_S, t_s))]
            after = self.columns["knee_lift_deg"][quiet & self.within((t_s, t_s + ANSWER_S))]
            later = cleared_s[cleared_s > t_s]
            enough = min(len(before), len(after)) >= LEAST_STRETCH_STRIDES // 2
            cues.append(
                {
                    "t_s": t_s,
                    "drop_deg": event["drop_deg"],
                    "knee_lift_deg": event["knee_lift_deg"],
                    "expected_deg": event["expected_deg"],
                    "in_row": event["in_row"],
                    "buzzed": event["pulse_ms"] > 0,
                    "answer_deg": float(after.mean() - before.mean()) if enough else None,
                    "cleared_after_s": float(later[0] - t_s) if len(later) else None,
                }
            )
        return cues

    def pauses(self):
        """Stretches without a stride for more than PAUSE_S: [{from_s, to_s}]."""
        gaps = np.flatnonzero(np.diff(self.t_s) > PAUSE_S) if len(self.t_s) > 1 else []
        return [{"from_s": float(self.t_s[i]), "to_s": float(self.t_s[i + 1])} for i in gaps]

    def per_minute(self):
        """Knee lift and cadence of each minute that has sure strides."""
        minutes = np.floor(self.t_s / 60).astype(int)
        starts = np.flatnonzero(np.diff(minutes, prepend=minutes[:1] - 1))
        if not len(starts):
            return []

        def sums(name, counting):
            """(how many of a minute's strides count, their sum in this column), a minute each."""
            values = np.where(counting, self.columns[name], 0)
            return np.add.reduceat(counting.astype(int), starts), np.add.reduceat(values, starts)

        sure, lifts_deg = sums("knee_lift_deg", self.sure)
        timed, strides_s = sums("stride_s", self.timed)
        strides = np.diff(starts, append=len(minutes))
        return [
            {
                "minute": int(minutes[starts[i]]) + 1,
                "strides": int(strides[i]),
                "knee_lift_deg": float(lifts_deg[i] / sure[i]),
                "cadence_spm": float(120 * timed[i] / strides_s[i]) if timed[i] else None,
            }
            for i in np.flatnonzero(sure)
        ]

    def quality(self):
        """Shares of strides that carry each caution, in percent, and samples lost."""
        count = len(self.t_s)
        shares = {
            name + "_percent": 100 * float(self.columns[name].sum()) / count if count else None
            for name in ("unsure", "clipped", "lost")
        }
        events = self.session.event_records
        gaps_ms = events["values"][events["kind"] == log.SAMPLES_LOST, 0]
        aligned = self.session.named_events(log.ALIGNED, most=1)
        return {
            **shares,
            "samples_lost_ms": int(gaps_ms.sum(dtype=np.int64)),
            "imu_faults": int((events["kind"] == log.IMU_FAULT).sum()),
            "alignment_sure_percent": aligned[-1]["sure_percent"] if aligned else None,
            "ended": self.session.end["reason"] if self.session.end else None,
            "problems": list(self.session.problems),
        }

    def notes(self, fresh, late):
        """What limits these figures, in plain sentences."""
        notes = []
        count = len(self.t_s)
        if not count:
            notes.append("No strides in this session.")
        elif not self.sure.any():
            notes.append("No stride is sure (alignment, range or lost samples): angles are left out, cadence holds.")
        elif self.sure.mean() < 0.9:
            notes.append(f"Only {100 * self.sure.mean():.0f} % of the strides are sure; angles come from those.")
        if fresh and late and fresh["cadence_spm"] and late["cadence_spm"]:
            percent = 100 * (late["cadence_spm"] / fresh["cadence_spm"] - 1)
            if abs(percent) > 2:
                way = "lower" if percent < 0 else "higher"
                notes.append(f"Cadence was {abs(percent):.1f} % {way} late in the run: part of the change may be pace.")
        if self.session.settings["quiet"] == "on":
            notes.append("Quiet mode was on: cues were logged, not buzzed.")
        return notes


def _cadence_spm(stride_s):
    """Steps a minute of both legs over stride times; None over none."""
    return 120 * len(stride_s) / float(stride_s.sum()) if len(stride_s) else None


def _change(fresh, late):
    """Late minus fresh; the drop of knee lift with a 95 % interval of the difference of means. None without both."""
    if not fresh or not late or fresh["knee_lift_deg"] is None or late["knee_lift_deg"] is None:
        return None
    change = {}
    for name in ("knee_lift_deg", "extension_deg", "range_deg", "swing_up_dps", "swing_back_dps", "cadence_spm"):
        change[name] = late[name] - fresh[name] if None not in (fresh[name], late[name]) else None
    errors = (fresh["knee_lift_error_deg"], late["knee_lift_error_deg"])
    half_deg = 1.96 * math.hypot(*errors) if None not in errors else None
    change["knee_lift_95_percent_deg"] = half_deg
    change["drop_deg"] = -change["knee_lift_deg"]
    return change


def _error_of_mean(values):
    """Standard error of a mean from means of BLOCK_STRIDES neighbours; None with fewer than three blocks."""
    blocks = len(values) // BLOCK_STRIDES
    if blocks < 3:
        return None
    means = values[: blocks * BLOCK_STRIDES].reshape(blocks, BLOCK_STRIDES).mean(axis=1)
    return float(means.std(ddof=1) / math.sqrt(blocks))


def drawable(session):
    """(t_s, knee_lift_deg) of the sure strides in order of time: what a chart of the run shows."""
    run = _Run(session)
    return run.t_s[run.sure], run.columns["knee_lift_deg"][run.sure]
