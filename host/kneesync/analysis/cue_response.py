"""What the board expected of knee lift at each moment, how long it was below that, and what followed its cues.

The baseline and its slope on cadence are those of kneecore.cue, so that the report and the board speak of one thing.
"""

import numpy as np

from kneecore import sessionlog as log
from kneesync.analysis.figures import BelowBaseline, Cue, CueResponse, Stretch
from kneesync.analysis.run import Run
from kneesync.analysis.stride_blocks import StrideBlocks
from kneesync.formats.session import Session

ANSWER_S = 60  # what follows a cue is looked at for this long
AFTER_STRIDES = (20, 50, 100)
BEFORE_STRIDES = 50
MOST_CUES = 500  # the firmware gives at most 60 an hour; a damaged file may claim any number


class Expected:
    """The baselines that knee lift is held against: the board's, one a cadence; else the report's own fresh stretch.

    `threshold_deg` is a fall that may cue; `by` is "board" or "report". As the cue does, each stride is held against
    the baseline whose cadence is nearest to its own, and lift is expected to go with cadence around that.
    """

    def __init__(self, settings, learnt, fresh):
        self.by = "board" if learnt else "report"
        rows = learnt or [{**fresh.as_json(), "stride_s": 120 / fresh.cadence_spm}]
        self._knee_lift_deg = np.array([row["knee_lift_deg"] for row in rows])
        self._range_deg = self._knee_lift_deg - np.array([row["extension_deg"] for row in rows])
        self._stride_s = np.array([row["stride_s"] for row in rows])
        slope = rows[-1]["slope_deg_per_percent"] if learnt else settings["cue.slope_cdeg"] / 100
        self.slope_deg_per_percent = slope
        self.metric = settings["cue.metric"]
        self.freeze_percent = settings["cue.freeze_percent"]
        self.hold_s = settings["cue.hold_s"]
        level = (self._range_deg if self.metric == "range" else self._knee_lift_deg)[0]
        self.threshold_deg = max(settings["cue.drop_cdeg"] / 100, level * settings["cue.drop_percent"] / 100)

    def _nearest(self, stride_s):
        """For each stride time (n,): which baseline, and how much faster the stride is than that one, percent."""
        faster = 100 * (self._stride_s[:, None] / np.asarray(stride_s) - 1)
        which = np.abs(faster).argmin(axis=0)
        return which, np.take_along_axis(faster, which[None], axis=0)[0]

    def faster_percent(self, stride_s):
        return self._nearest(stride_s)[1]

    def drop_deg(self, knee_lift_deg, stride_s):
        """How far knee lift lies below what its cadence lets expect."""
        return self._drop_deg(self._knee_lift_deg, knee_lift_deg, stride_s)

    def cued_drop_deg(self, columns, strides):
        """The same of what the cue is about, lift or range, for `strides` (indices) of a run's columns."""
        levels = self._range_deg if self.metric == "range" else self._knee_lift_deg
        name = "range_deg" if self.metric == "range" else "knee_lift_deg"
        return self._drop_deg(levels, columns[name][strides], columns["stride_s"][strides])

    def _drop_deg(self, levels, values, stride_s):
        which, faster = self._nearest(stride_s)
        return levels[which] + self.slope_deg_per_percent * faster - values


def expected(session: Session, learnt_any: bool, fresh: Stretch | None) -> Expected | None:
    """The session's Expected, or None without a baseline of either kind that makes sense.

    `learnt_any`: whether the board learnt one. `fresh`: the report's own, for where it did not.
    """
    learnt = _learnt(session) if learnt_any else []
    if not learnt and (not fresh or None in (fresh.knee_lift_deg, fresh.extension_deg) or not fresh.cadence_spm):
        return None
    return Expected(session.settings, learnt, fresh)


def _learnt(session):
    """The board's baselines that held last, one a cadence, in the order of their learning."""
    held = {}
    for event in session.named_events(log.BASELINE):
        if event.detail == 0:
            held = {}  # it learnt anew
        if event.values["stride_s"] > 0:
            held[event.detail] = {**event.values, "slope_deg_per_percent": event.values["slope_deg"]}
    return list(held.values())


def below_baseline(tens: StrideBlocks, expect: Expected | None, from_s: float) -> BelowBaseline | None:
    """How long knee lift, averaged over the cue's hold time, was below the baseline by what may cue; None if unknown.

    Judged is running after from_s at a cadence within
    the cue's freeze limit.
    """
    if expect is None or not len(tens):
        return None
    judged = (tens.t_s >= from_s) & (np.abs(expect.faster_percent(tens.stride_s)) <= expect.freeze_percent)
    span_s = tens.span_s[judged]
    judged_s = float(span_s.sum())
    if judged_s < expect.hold_s:
        return None
    drop_deg = expect.drop_deg(tens.knee_lift_deg, tens.stride_s)[judged]
    over = max(1, round(expect.hold_s / float(np.median(span_s))))
    sums = np.cumsum(np.concatenate([np.zeros(over), drop_deg]))
    held = np.arange(1, len(drop_deg) + 1) >= over
    low = held & ((sums[over:] - sums[:-over]) / over >= expect.threshold_deg)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], low.astype(int), [0]])))
    ran_s = np.concatenate([[0.0], np.cumsum(span_s)])
    stretches_s = ran_s[edges[1::2]] - ran_s[edges[::2]]
    return BelowBaseline(
        below_s=float(stretches_s.sum()),
        percent=100 * float(stretches_s.sum()) / judged_s,
        longest_s=float(stretches_s.max()) if len(stretches_s) else 0.0,
        judged_s=judged_s,
        threshold_deg=expect.threshold_deg,
        by=expect.by,
    )


def of(session: Session) -> list[Cue]:
    """cues() of a Session by itself."""
    run = Run(session)
    span, _, _ = run.stretches()
    return cues(run, expected(session, bool(session.named_events(log.BASELINE, most=1)), run.stretch(span)))


def cues(run: Run, expect: Expected | None) -> list[Cue]:
    """Every cue, also those held back (`held_by` says why): when, how far knee lift was down, and what it did then.

    `answer_deg`: mean of the minute after less that before. `back_deg`: of the 20, 50 and 100 strides after less the
    50 before, at equal cadence by the cue's own slope. `came_back`: the last 50 of those 100 were less than half a
    threshold below the baseline. Part of any rise is chance: a cue comes at a low moment. Simulated runners who never
    answer rose by -0.6 to +0.1 degree over 100 strides where knee lift had fallen indeed, and by 1.2 degrees after cues
    that only their drift had brought about.
    """
    session = run.session
    events = session.event_records
    cleared_s = (events["t_ms"][events["kind"] == log.CUE_CLEARED] - float(session.start_ms)) / 1000
    quiet = np.flatnonzero(run.sure & run.timed & ~run.columns["motor"])
    t_s, lift_deg = run.t_s[quiet], run.columns["knee_lift_deg"][quiet]
    drop_deg = expect.cued_drop_deg(run.columns, quiet) if expect else None
    found = []
    for event in session.named_events(log.CUE, log.CUE_HELD, most=MOST_CUES):
        at_s, said = event.t_s, event.values
        first, now, last = np.searchsorted(t_s, (at_s - ANSWER_S, at_s, at_s + ANSWER_S))
        later = cleared_s[cleared_s > at_s]
        enough = min(now - first, last - now) >= 20
        back_deg: dict[str, float | None] = dict.fromkeys(map(str, AFTER_STRIDES))
        came_back = None
        if expect is not None and drop_deg is not None and now >= BEFORE_STRIDES and enough:
            before_deg = drop_deg[now - BEFORE_STRIDES : now].mean()
            for strides in AFTER_STRIDES:
                after = drop_deg[now : now + strides]
                # a pause in between makes it another stretch of running
                if len(after) == strides and t_s[now + strides - 1] - at_s < 1.5 * strides:
                    back_deg[str(strides)] = float(before_deg - after.mean())
                    came_back = bool(after[-50:].mean() < expect.threshold_deg / 2) if strides == 100 else None
        cue = Cue(
            t_s=at_s,
            drop_deg=said["drop_deg"],
            knee_lift_deg=said["knee_lift_deg"],
            expected_deg=said["expected_deg"],
            in_row=event.detail if event.kind == "cue" and isinstance(event.detail, int) else None,
            held_by=str(event.detail) if event.kind == "cue_held" else None,
            buzzed=event.kind == "cue" and said["pulse_ms"] > 0,
            answer_deg=float(lift_deg[now:last].mean() - lift_deg[first:now].mean()) if enough else None,
            cleared_after_s=float(later[0] - at_s) if len(later) else None,
            back_deg=back_deg,
            came_back=came_back,
        )
        found.append(cue)
    return found


def answered(found: list[Cue]) -> CueResponse | None:
    """All cues together: how many, how many came back of those that can be said, the mean rise after each count."""
    if not found:
        return None
    known = [cue.came_back for cue in found if cue.came_back is not None]
    back_deg = {}
    for strides in map(str, AFTER_STRIDES):
        rises = [rise for cue in found if (rise := cue.back_deg[strides]) is not None]
        back_deg[strides] = float(np.mean(rises)) if rises else None
    return CueResponse(cues=len(found), judged=len(known), came_back=sum(known), back_deg=back_deg)
