"""One run in figures: how high the knee went when fresh and late, how the legs turned over, what the cues did.

Every figure carries its unit in its name. A figure that the session cannot give is None, and `notes`, `flags` or a
`why_...` beside it say why. Knee lift is compared within the run only: the absolute angle is good to 3-5 degrees, a
change to far less.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from kneecore import sessionlog as log
from kneesync.analysis import cue_response, experiment, pace, pace_per_stride, quality
from kneesync.analysis.drift import Drift
from kneesync.analysis.figures import (
    Baseline,
    Change,
    EqualPace,
    Pace,
    RunFigures,
    Unlearnt,
    Watched,
)
from kneesync.analysis.onset import onset
from kneesync.analysis.repeats import repeats
from kneesync.analysis.run import Run
from kneesync.analysis.stride_blocks import StrideBlocks
from kneesync.formats.session import ANGLES_AND_RATES, Session

ABSOLUTE_DEG = (3, 5)  # soft tissue and the standing pose, see docs
CHANGING = (*ANGLES_AND_RATES, "cadence_spm")
TRENDING = (*CHANGING, "knee_lift_sd_deg")
_FALL = "fall_deg"
MOST_WATCHED = 50  # a damaged file may claim any number


def summary(session: Session, watch: Any = None) -> RunFigures:
    """All figures of a session. Never fails on a session that decoded.

    `watch`: a library.watch.Watch of the same run, or None.
    """
    run = Run(session)
    tens = StrideBlocks(run)
    fresh_span, late_span, why_not = run.stretches()
    slipped = _slipped(session, fresh_span)
    why_not = slipped or why_not
    fresh, late = run.stretch(fresh_span), run.stretch(late_span)
    baseline = _baseline(session)
    expect = cue_response.expected(session, baseline is not None, fresh)
    quality_figures = quality.quality(run)
    drift = _drift(tens, expect)
    found, why_no_onset = None, "without a fresh stretch there is no level to fall from"
    if slipped:
        why_no_onset = slipped
    elif fresh_span is not None and expect is not None:
        found, why_no_onset = onset(drift, _FALL, fresh_span[1])
    due = cue_response.cues(run, expect)
    cues = [cue for cue in due if not cue.held_by]
    held = [cue for cue in due if cue.held_by]
    figures = RunFigures(
        board=session.header.get("board"),
        leg=session.header.get("leg") if session.header.get("leg") in ("L", "R") else None,
        athlete=session.settings["athlete"],
        firmware=session.header.get("firmware"),
        duration_s=run.duration_s,
        running_s=run.running_s,
        strides=len(run.t_s),
        strides_sure=int(run.sure.sum()),
        cadence_spm=run.cadence_spm(),
        **run.means().as_json(),
        fresh=fresh,
        late=late,
        change=None if slipped else _change(fresh, late, drift, tens, fresh_span, late_span),
        why_no_change=why_not,
        variability=run.variability(),
        baseline=baseline,
        onset=found,
        why_no_onset=why_no_onset,
        below_baseline=None if slipped or not fresh_span else cue_response.below_baseline(tens, expect, fresh_span[1]),
        cadence_relation=drift.cadence_relation(),
        trend_per_h={name: drift.per_h(name) for name in TRENDING},
        cues=cues,
        cues_held=held,
        cue_response=cue_response.answered(cues),
        experiment=experiment.effect(due),
        unlearnt=_unlearnt(session),
        watched=_watched(session),
        repeats=_repeats(run, tens),
        pauses=run.pauses(),
        per_minute=run.per_minute(),
        quality=quality_figures,
        flags=quality.flags(run, quality_figures),
        absolute_error_deg=list(ABSOLUTE_DEG),
        notes=_notes(run, fresh, late),
    )
    if figures.repeats and figures.repeats[0].by == "cadence":
        figures.notes.append("In a session of repeats fresh and late are at unlike paces: compare the repeats.")
    if watch is not None:
        figures = replace(figures, pace=_pace(run, tens, drift, watch, fresh_span, late_span))
    return figures


def drawable(session):
    """(t_s, knee_lift_deg) of the sure strides in order of time: what a chart of the run shows."""
    run = Run(session)
    return run.t_s[run.sure], run.columns["knee_lift_deg"][run.sure]


def _baseline(session):
    """What the board learnt as fresh, the last time it did, or None."""
    found = session.named_events(log.BASELINE, most=1)
    if not found:
        return None
    event = found[-1]
    stride_s = event.values["stride_s"]
    cadence_spm = 120 / stride_s if stride_s > 0 else None
    return Baseline.of({"t_s": event.t_s, "band": event.detail, **event.values, "cadence_spm": cadence_spm})


def _unlearnt(session):
    """Why the board learnt no baseline, or None if it did or did not say."""
    found = session.named_events(log.UNLEARNT, most=1)
    return Unlearnt.of(found[-1].values) if found else None


def _watched(session):
    """What else was off the board's baseline for minutes; `change_deg` is what it was when it was first told."""
    found, standing = [], {}
    for event in session.named_events(log.WATCHED, log.RESTRAPPED, most=2 * MOST_WATCHED):
        if event.kind == "restrapped":
            standing = {}
            continue
        what, _, way = str(event.detail).partition("_")
        if way == "back" and what in standing:
            number = standing.pop(what)
            found[number] = replace(found[number], to_s=event.t_s)
        elif way in ("lower", "higher", "more", "less"):
            change_deg = event.values["change_deg"]
            standing[what] = len(found)
            found.append(Watched(what=what, way=way, from_s=event.t_s, to_s=None, change_deg=change_deg))
    return found[-MOST_WATCHED:]


def _slipped(session, fresh_span):
    """Why angles before and after cannot be compared, if the board moved on the thigh after the fresh stretch began."""
    moved = session.named_events(log.RESTRAPPED)
    moved_s = [event.t_s for event in moved if fresh_span and event.t_s > fresh_span[0]]
    if not moved_s:
        return None
    at = f"{int(moved_s[0]) // 60}:{int(moved_s[0]) % 60:02}"
    return f"the board moved on the thigh at {at}, and angles before and after it have different zeros"


def _drift(tens, expect):
    """The Drift of all series that figures are given for; `_FALL` is knee lift below what was expected."""
    series = {name: getattr(tens, name) for name in TRENDING}
    if expect is not None:
        series[_FALL] = expect.drop_deg(tens.knee_lift_deg, tens.stride_s)
    return Drift(tens, series)


def _change(fresh, late, drift, tens, fresh_span, late_span):
    """Late minus fresh, each with its 95 % interval. None without both."""
    if not fresh or not late or fresh.knee_lift_deg is None or late.knee_lift_deg is None:
        return None
    early, later = tens.within(fresh_span), tens.within(late_span)
    change = {}
    for name in CHANGING:
        was, now = getattr(fresh, name), getattr(late, name)
        change[name] = now - was if None not in (was, now) else None
        change[name + "_interval"] = None
        if drift.enough and change[name] is not None and early.any() and later.any():
            weights = later / later.sum() - early / early.sum()
            change[name + "_interval"] = list(drift.of(name, weights, change[name])[1:])
    interval = change["knee_lift_deg_interval"]
    change["knee_lift_95_percent_deg"] = (interval[1] - interval[0]) / 2 if interval else None
    change["drop_deg"] = -change["knee_lift_deg"]
    change["drop_deg_interval"] = [-interval[1], -interval[0]] if interval else None
    return Change(**change)


def _repeats(run, tens):
    """The repeats, each with the 95 % interval of its drop below the first."""
    rows = repeats(run)
    if not rows:
        return rows
    half_s = tens.span_s / 2  # a mean of ten that reaches out of a repeat is of two paces
    insides = [(tens.t_s - half_s >= row.from_s) & (tens.t_s + half_s <= row.to_s + 0.5) for row in rows]
    # of the repeats alone: what lies between them is another pace
    among = np.any(insides, axis=0)
    some = tens.only(among)
    drift = Drift(some, {"knee_lift_deg": some.knee_lift_deg}) if among.any() else None
    first = insides[0][among]
    for number, (row, inside) in enumerate(zip(rows, insides, strict=True)):
        if drift and drift.enough and row.drop_deg is not None and first.any() and inside.any():
            weights = first / first.sum() - inside[among] / inside.sum()
            rows[number] = replace(row, drop_interval_deg=list(drift.of("knee_lift_deg", weights, row.drop_deg)[1:]))
    return rows


def _pace(run, tens, drift, watch, fresh_span, late_span):
    """What the watch adds: means, fresh and late, their change, and knee lift at equal pace."""
    at = pace.along(run, watch)
    figures = Pace(
        **pace.means(at, np.ones(len(run.t_s), bool)).as_json(),
        fresh=pace.means(at, run.within(fresh_span)) if fresh_span else None,
        late=pace.means(at, run.within(late_span)) if late_span else None,
    )
    if not fresh_span or not late_span or not drift.enough:
        return replace(figures, why_not_at_equal_pace="there is no fresh or no late stretch")
    speed_mps = at["speed_mps"][tens.strides].mean(axis=1)
    grade_percent = at["grade_percent"][tens.strides].mean(axis=1)
    weights, shared = pace.equal_pace_weights(speed_mps, grade_percent, tens.within(fresh_span), tens.within(late_span))
    if weights is None:
        lift_deg = run.columns["knee_lift_deg"]
        by_slope = pace_per_stride.at_equal_pace(run.t_s, lift_deg, at, run.sure, fresh_span, late_span)
        return replace(figures, why_not_at_equal_pace=str(shared), by_slope=by_slope)
    rise, low, high = drift.of("knee_lift_deg", weights)
    equal = EqualPace(
        drop_deg=-rise,
        low_deg=-high,
        high_deg=-low,
        bands_mps=[float(band) for band, _ in shared],
        band_width_mps=pace.BAND_MPS,
    )
    return replace(figures, at_equal_pace=equal)


def _notes(run, fresh, late):
    """What limits these figures, in plain sentences."""
    notes = []
    if fresh and late and fresh.cadence_spm and late.cadence_spm:
        percent = 100 * (late.cadence_spm / fresh.cadence_spm - 1)
        if abs(percent) > 2:
            way = "lower" if percent < 0 else "higher"
            notes.append(f"Cadence was {abs(percent):.1f} % {way} late in the run: part of the change may be pace.")
    if run.session.settings["quiet"] == "on":
        notes.append("Quiet mode was on: cues were logged, not buzzed.")
    return notes
