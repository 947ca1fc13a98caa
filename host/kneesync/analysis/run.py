"""The strides of one session in order of time: which of them count for what, and which are fresh and which late."""

import math

import numpy as np

from kneecore import sessionlog as log
from kneesync.analysis.figures import Means, Minute, Pause, Stretch, Variability
from kneesync.formats.session import ANGLES_AND_RATES, CAUTIONS, Session

LATE_S = 240  # the last stretch of running that is compared with the fresh one
LEAST_STRETCH_STRIDES = 40  # under about half a minute a mean says little
BLOCK_STRIDES = 20  # neighbouring strides resemble each other; means of 20 do less
PAUSE_S = 5  # no stride for this long is a pause


def sure_strides(columns: dict[str, np.ndarray]) -> np.ndarray:
    """Bool array (n,): strides whose angles count, of a session's columns."""
    return ~np.logical_or.reduce([columns[name] for name in CAUTIONS])


class Run:
    """A session's columns sorted by time.

    `t_s`, `running_s`, `duration_s` in s; `sure` and `timed` are bool arrays, a stride each: its angles
    count, its stride time does.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        columns = session.columns
        if np.any(columns["t_s"][1:] < columns["t_s"][:-1]):  # damaged files can hold times out of order
            order = np.argsort(columns["t_s"], kind="stable")
            columns = {name: values[order] for name, values in columns.items()}
        self.columns = columns
        self.t_s = self.columns["t_s"]
        self.timed = ~np.isnan(self.columns["stride_s"])
        self.sure = sure_strides(columns)
        self._ran_s = np.cumsum(np.nan_to_num(self.columns["stride_s"]))
        self.running_s = float(self._ran_s[-1]) if len(self.t_s) else 0.0
        self.duration_s = self._duration_s()

    def _duration_s(self):
        """From the session's start to its last stride: what the board then waits before it closes is no run."""
        return max(0.0, float(self.t_s[-1]) - min(0.0, float(self.t_s[0]))) if len(self.t_s) else 0.0

    def within(self, span: tuple[float, float]) -> np.ndarray:
        """Bool array: strides with t_s in the span (from, to)."""
        return (self.t_s >= span[0]) & (self.t_s < span[1])

    def cadence_spm(self, chosen: np.ndarray | None = None) -> float | None:
        """Steps a minute of both legs over the chosen strides (all) that have a stride time; None over none."""
        stride_s = self.columns["stride_s"][self.timed if chosen is None else chosen & self.timed]
        return 120 * len(stride_s) / float(stride_s.sum()) if len(stride_s) else None

    def means(self) -> Means:
        """Means over the sure strides of the whole run."""
        return Means(strides_used=int(self.sure.sum()), **self._means(self.sure))

    def stretch(self, span: tuple[float, float] | None) -> Stretch | None:
        """The same over a span (from, to) in s, with its cadence; None for no span."""
        if span is None:
            return None
        inside = self.within(span)
        chosen = inside & self.sure
        return Stretch(
            strides_used=int(chosen.sum()),
            from_s=round(span[0], 1),
            to_s=round(span[1], 1),
            cadence_spm=self.cadence_spm(inside),
            **self._means(chosen),
        )

    def _means(self, chosen):
        """Mean of each angle and rate over the chosen strides, and the standard error of the lift's.

        That error knows nothing of the drift from minute to minute; intervals of a change do (see analysis.drift).
        """
        any_ = bool(chosen.any())
        means = {name: float(self.columns[name][chosen].mean()) if any_ else None for name in ANGLES_AND_RATES}
        return {**means, "knee_lift_error_deg": _error_of_mean(self.columns["knee_lift_deg"][chosen])}

    def stretches(self):
        """(fresh, late, why not): spans in s. Fresh is what the board learnt its baseline from."""
        settings = self.session.settings
        baselines = self.session.named_events(log.BASELINE, most=1)
        needed_s = settings["cue.skip_s"] + settings["cue.learn_s"]
        to_s = baselines[-1].t_s if baselines else self._after_running(needed_s)
        if to_s is None or not len(self.t_s):
            why = f"the run is too short: fresh is learnt from the first {needed_s / 60:g} min of running"
            return None, None, why
        # time that was run, not time on the clock: pauses belong to neither stretch
        from_s = self._before_running(to_s, settings["cue.learn_s"])
        last_s = float(self.t_s[-1]) + 0.001
        late_s = max(to_s, self._before_running(last_s, LATE_S))
        late = (late_s, last_s)
        if (self.within(late) & self.sure).sum() < LEAST_STRETCH_STRIDES:
            return (from_s, to_s), None, "too few sure strides after the baseline to call any of them late"
        return (from_s, to_s), late, None

    def _after_running(self, needed_s):
        """t_s at which `needed_s` of running were done, or None."""
        if not len(self._ran_s) or self._ran_s[-1] < needed_s:
            return None
        return float(self.t_s[int(np.searchsorted(self._ran_s, needed_s))])

    def _before_running(self, to_s, needed_s):
        """t_s from which there are `needed_s` of running up to to_s."""
        ran_s = self._ran_s[: np.searchsorted(self.t_s, to_s, side="right")]
        if not len(ran_s):
            return to_s
        return float(self.t_s[int(np.searchsorted(ran_s, max(0.0, ran_s[-1] - needed_s)))])

    def variability(self, span: tuple[float, float] = (-math.inf, math.inf)) -> Variability:
        """Stride-to-stride spread in a span without the slow trend: from differences of neighbours, over sqrt 2."""
        inside = self.sure & self.timed & self.within(span)
        pairs = inside[1:] & inside[:-1]
        if pairs.sum() < LEAST_STRETCH_STRIDES:
            return Variability(knee_lift_sd_deg=None, stride_time_cv_percent=None)
        lift = np.diff(self.columns["knee_lift_deg"])[pairs]
        stride = np.diff(self.columns["stride_s"])[pairs]
        mean_s = float(self.columns["stride_s"][1:][pairs].mean())
        return Variability(
            knee_lift_sd_deg=float(np.sqrt(np.mean(lift**2) / 2)),
            stride_time_cv_percent=100 * float(np.sqrt(np.mean(stride**2) / 2)) / mean_s,
        )

    def pauses(self) -> list[Pause]:
        """Stretches without a stride for more than PAUSE_S."""
        gaps = np.flatnonzero(np.diff(self.t_s) > PAUSE_S)
        return [Pause(from_s=float(self.t_s[i]), to_s=float(self.t_s[i + 1])) for i in gaps]

    def per_minute(self) -> list[Minute]:
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
            Minute(
                minute=int(minutes[starts[i]]) + 1,
                strides=int(strides[i]),
                knee_lift_deg=float(lifts_deg[i] / sure[i]),
                cadence_spm=float(120 * timed[i] / strides_s[i]) if timed[i] else None,
            )
            for i in np.flatnonzero(sure)
        ]


def _error_of_mean(values):
    """Standard error of a mean from means of BLOCK_STRIDES neighbours; None with fewer than three blocks."""
    blocks = len(values) // BLOCK_STRIDES
    if blocks < 3:
        return None
    means = values[: blocks * BLOCK_STRIDES].reshape(blocks, BLOCK_STRIDES).mean(axis=1)
    return float(means.std(ddof=1) / math.sqrt(blocks))
