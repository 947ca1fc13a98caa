"""What stands in the tables of a run's page: figures of a summary written out, each with how sure it is.

Everything given back is plain text or None for a cell that has no figure; the page escapes and lays it out.
"""

from typing import Any

from kneesync.views.report import repeats, sentences
from kneesync.views.report.sentences import ROWS
from kneesync.views.units import NONE, clock, count, day, degrees, pace, rate, steps
from kneesync.views.words import plural


def _bare_rate(value, signed=False):
    return rate(value, signed).removesuffix(" °/s")


_BARE: dict[Any, tuple] = {rate: (", °/s", _bare_rate)}
_ROWS = [(label + _BARE.get(write, ("",))[0], key, _BARE.get(write, ("", write))[1]) for label, key, write in ROWS]
_SIDES = (*_ROWS[:3], _ROWS[5])
_TRENDS = (*_ROWS, ("Spread of knee lift", "knee_lift_sd_deg", degrees))


def _minutes(speed_mps):
    return pace(speed_mps, unit=False)


def _slower(seconds, signed=True):
    """A change of pace, from seconds a km."""
    return NONE if seconds is None else ("+" if round(seconds) > 0 else "") + clock(seconds)


def _metres(value, signed=False):
    return degrees(value, 2, signed).removesuffix("°")


def _whole(value, signed=False):
    return degrees(value, 0, signed).removesuffix("°")


def _tenths(value, signed=False):
    return degrees(value, 1, signed).removesuffix("°")


_WATCH_ROWS = (
    ("Pace, min/km", "speed_mps", _minutes, _slower),
    ("Stride length, m", "stride_length_m", _metres, _metres),
    ("Heart rate, /min", "heart_rate_bpm", _whole, _whole),
    ("Grade, %", "grade_percent", _tenths, _tenths),
)


def facts(figures):
    """The run at a glance: [(what, figure, more)]."""
    duration_s = figures.duration_s
    rows = [
        ("Duration", clock(duration_s), "h" if duration_s >= 3600 else "min"),
        ("Strides", f"{figures.strides:,}", "of this leg"),
        ("Cadence", count(figures.cadence_spm), "steps/min"),
        ("Knee lift", degrees(figures.knee_lift_deg), "on average"),
    ]
    if below := figures.below_baseline:
        rows.append(("Below baseline", clock(below.below_s), f"min, {below.percent:.0f} % of the time"))
    if onset := figures.onset:
        rows.append(("Fell from", clock(onset.t_s), f"95 %: {clock(onset.from_s)}–{clock(onset.to_s)}"))
    rows.append(("Cues", str(len(figures.cues)), "given" if any(cue.buzzed for cue in figures.cues) else ""))
    if figures.pace and figures.pace.speed_mps:
        rows.insert(3, ("Pace", pace(figures.pace.speed_mps, unit=False), "min/km"))
    return rows


def figure_rows(figures):
    """The table of figures: [{what, whole, fresh, late, change, interval, reading}]."""
    rows = [_row(label, key, write, write, figures, _as_dict(figures.change)) for label, key, write in _ROWS]
    if watch := figures.pace:
        change = {}
        for _, key, _, _ in _WATCH_ROWS:
            both = [getattr(part, key) if part else None for part in (watch.fresh, watch.late)]
            if key == "speed_mps":
                both = [1000 / speed if speed else None for speed in both]
            change[key] = both[1] - both[0] if None not in both else None
        rows += [
            _row(label, key, write, write_change, watch, change)
            for label, key, write, write_change in _WATCH_ROWS
            if getattr(watch, key) is not None
        ]
    return rows if figures.strides else []


def _row(label, key, write, write_change, parts, change):
    row = {"what": label, "whole": write(getattr(parts, key))}
    for name, part in (("fresh", parts.fresh), ("late", parts.late)):
        row[name] = write(getattr(part, key)) if part else NONE
    value = change[key] if change else None
    row["change"] = write_change(value, signed=True)
    interval = change.get(key + "_interval") if change else None
    row["interval"] = row["reading"] = ""
    if interval:
        row["interval"] = _ends(interval, write_change)
        row["reading"] = "hardly" if interval[0] > 0 or interval[1] < 0 else "may be"
    return row


def _as_dict(change):
    return change.as_json() if change else {}


def _ends(interval, write):
    """An interval of changes, its unit left to the cell before it."""
    return " to ".join(write(end, signed=True).split()[0] for end in interval)


def trend_rows(figures):
    """The table of trends over the whole run: a list of cells each, [] for a run too short for them."""
    found = [(label, figures.trend_per_h[key], write) for label, key, write in _TRENDS]
    return [
        [label, write(trend.per_h, signed=True), _ends((trend.low, trend.high), write)]
        for label, trend, write in found
        if trend
    ]


def side_rows(pair):
    """The table of two boards: a list of cells each."""
    rows = []
    for label, key, write in _SIDES:
        row = pair.difference[key]
        cells = [label, write(row.left), write(row.right), write(row.right_less_left, signed=True)]
        rows.append([*cells, NONE if row.low is None else _ends((row.low, row.high), write)])
    return rows


def repeat_rows(figures):
    """The table of repeats: a list of cells each, the change's interval last."""
    return [
        [
            *repeats.cells(number, row),
            _ends([-end for end in reversed(row.drop_interval_deg)], degrees) if row.drop_interval_deg else NONE,
        ]
        for number, row in enumerate(figures.repeats, 1)
    ]


def cue_rows(figures):
    """The table of cues: a list of cells each."""
    return [
        [
            str(number),
            clock(cue.t_s) + ("" if cue.buzzed else " (not buzzed)"),
            degrees(cue.drop_deg),
            degrees(cue.answer_deg, signed=True),
            _came_back(cue),
        ]
        for number, cue in enumerate(figures.cues, 1)
    ]


def _came_back(cue):
    if cue.cleared_after_s is not None:
        return f"after {clock(cue.cleared_after_s)}"
    came_back = cue.came_back
    return NONE if came_back is None else "yes" if came_back else "no"


SURE_COLUMNS = ("Figure", "By itself", "Its change within this run", "In this run")


def sureness_rows(figures, shape):
    """How sure each figure is: [(figure, by itself, its change in this run, does it hold here)]."""
    low, high = figures.absolute_error_deg
    change = _as_dict(figures.change)
    angles = _held(figures.strides_sure, "no stride's angles are sure", figures.strides_sure)
    timed = figures.strides if figures.cadence_spm else 0
    times = _held(timed, "no stride follows another" if figures.strides else "no strides", timed)
    return [
        (
            "Knee lift, extension",
            f"±{low}–{high}° on a body: soft tissue and the standing pose. From day to day 1.6–2.7° without any change "
            "in the runner.",
            _plus_minus(change, "knee_lift_deg", degrees),
            angles,
        ),
        (
            "Range, swing rates",
            "Better than the angles by themselves: an error of the standing pose cancels out. Compare days by these.",
            _plus_minus(change, "range_deg", degrees),
            angles,
        ),
        (
            "Cadence",
            "Within 1 step/min: the board's quartz times every stride.",
            _plus_minus(change, "cadence_spm", steps),
            times,
        ),
        (
            "Baseline and drop",
            "Your own first minutes are the yardstick; no other runner's figures are.",
            _plus_minus(change, "knee_lift_deg", degrees),
            "holds" if change else f"missing: {figures.why_no_change or 'no sure strides to compare'}",
        ),
        (
            "The stride's shape",
            "0.6° RMS beside motion capture of treadmill runners, the mean of 18 s; on a body as knee lift.",
            "as knee lift",
            "holds" if shape["fresh"] or shape["late"] else f"missing: {shape['why_not']}",
        ),
    ]


def _held(strides, why_not, used):
    return f"holds, from {plural(used, 'stride')}" if strides else f"missing: {why_not}"


def _plus_minus(change, key, write):
    interval = change.get(key + "_interval")
    return f"±{write((interval[1] - interval[0]) / 2)} (95 %)" if interval else "no interval: too few strides"


def missing(figures, kept, shape, watch, pair):
    """What this page does not say, and why: [(what, why)]."""
    rows = []
    if kept and kept.start_unix_s is None:
        latest = day(kept.pulled_unix_s - (kept.duration_s or 0))
        rows.append(
            (
                "When it was",
                f"the board's clock was not set. It began before {latest}; say when with: "
                f'kneesync note {kept.id} --start "{latest}". Times within the run and all figures hold',
            )
        )
    rows += [(what[:1].upper() + what[1:], why) for what, why in sentences.missing(figures)]
    if not figures.strides:
        return rows
    if shape["why_not"]:
        rows.append(("The stride's shape", shape["why_not"]))
    if watch is None:
        rows.append(
            (
                "Pace, grade, heart rate",
                "no watch's recording is joined (kneesync join RUN.fit). Knee lift falls by about 3° with 0.5 m/s less "
                "pace, so a slower end can look like a fall",
            )
        )
    elif figures.pace and figures.pace.why_not_at_equal_pace:
        rows.append(("Knee lift at equal pace", figures.pace.why_not_at_equal_pace))
    if pair is None:
        rows.append(
            ("Left against right", "one board sees one leg (kneesync report SESSION --with OTHER, where two ran)")
        )
    return rows
