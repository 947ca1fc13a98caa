"""The pictures of a run's page, and what each shows in words and numbers: its text alternative."""

import math
from itertools import pairwise

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, MultipleLocator

from kneesync.views.page.svg import FRESH, GRID, INK, LATE, MUTED, figure, picture
from kneesync.views.units import clock, count, degrees, pace
from kneesync.views.words import plural

_MINUTES = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 1440)
_LEAST_SPAN_DEG = 8.0  # of an axis: a quiet run looks quiet
_MOST_NUMBERED = 12  # cues that get their number


def _axes(drawing, left, bottom, right, height):
    """Axes by points from the drawing's edges."""
    width, whole = (drawing.get_figwidth() * 72, drawing.get_figheight() * 72)
    return drawing.add_axes((left / width, bottom / whole, (width - left - right) / width, height / whole))


def _head(axes, words, more=""):
    """A panel's title, bold, above its left edge, and what its line is, muted."""
    axes.annotate(words, (0, 1), (0, 10), xycoords="axes fraction", textcoords="offset points", weight="bold")
    if more:
        axes.annotate(
            more, (1, 1), (0, 10), xycoords="axes fraction", textcoords="offset points", color=MUTED, ha="right",
            fontsize=11,
        )  # fmt: skip


def _beside(axes, labels):
    """Labels [(value, words, colour)] at the right edge, at their values, but never over one another."""
    low, high = axes.get_ylim()
    height = axes.get_position().height * axes.figure.get_figheight() * 72
    at = []
    for value, words, colour in sorted(labels, key=lambda label: label[0]):
        point = (value - low) / (high - low) * height
        at.append((max(point, at[-1][0] + 15) if at else point, words, colour))
    over = max(0, at[-1][0] - height) if at else 0
    for point, words, colour in at:
        axes.annotate(
            words, (1, 0), (6, point - over), xycoords="axes fraction", textcoords="offset points", color=colour,
            va="center", weight="bold", fontsize=11,
        )  # fmt: skip


def _span_of(values, least, margin=0.06):
    """(low, high) of an axis that shows all finite values."""
    values = np.asarray([value for value in values if value is not None and math.isfinite(value)])
    if not len(values):
        return 0.0, least
    low, high = values.min(), values.max()
    more = max(least - (high - low), 0) / 2 + margin * (high - low)
    return low - more, high + more


def _broken(t_s, *series, span_s):
    """The series with a NaN between spans that are no neighbours, so that no line crosses a pause."""
    breaks = np.flatnonzero(np.diff(t_s) > 1.5 * span_s) + 1
    return [np.insert(values, breaks, np.nan) for values in (t_s, *series)]


def over_time(figures, course):
    """Knee lift, cadence and, with a watch, pace over the run; None where hardly a stride is.

    `figures`: a session's summary; `course`: analysis.overtime.over_time of the same.
    """
    if not _any(course["knee_lift_deg"]) and not _any(course["cadence_spm"]):
        return None
    return picture(
        "over-time", "Knee lift and cadence over the run", _over_time_in_words(figures, course),
        lambda width: _draw_over_time(figures, course, width),
    )  # fmt: skip


def _draw_over_time(figures, course, width):
    narrow = width < 500
    panels = ["cadence_spm"] + (["speed_mps"] if _any(course["speed_mps"]) else [])
    lift_height, panel_height, gap = (170, 60, 34) if narrow else (230, 70, 36)
    drawing = figure(width, 40 + len(panels) * (panel_height + gap) + lift_height + 28)
    left, right = (34, 76) if narrow else (40, 86)
    start_s, end_s = _ends(figures, course)
    bottom = 40
    for name in reversed(panels):
        axes = _axes(drawing, left, bottom, right, panel_height)
        _draw_line(axes, course, name, figures)
        _time_axis(axes, start_s, end_s, is_last=bottom == 40, narrow=narrow)
        bottom += panel_height + gap
    axes = _axes(drawing, left, bottom, right, lift_height)
    _time_axis(axes, start_s, end_s, is_last=False, narrow=narrow)
    _draw_lift(axes, figures, course, narrow)
    return drawing


def _any(values):
    return values is not None and np.isfinite(values).any()


def _ends(figures, course):
    half_s = course["span_s"] / 2
    return min(0.0, float(course["t_s"][0]) - half_s), max(figures.duration_s, float(course["t_s"][-1]) + half_s)


def _time_axis(axes, start_s, end_s, is_last, narrow):
    axes.set_xlim(start_s / 60, end_s / 60)
    span_min = (end_s - start_s) / 60
    step = next((step for step in _MINUTES if span_min / step <= (6 if narrow else 10)), span_min)
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.tick_params(labelbottom=is_last)
    if is_last:
        axes.set_xlabel("minutes", loc="right")


def _draw_lift(axes, figures, course, narrow):
    """The knee lift panel: spread, medians, the level when fresh, the drop's onset, cues and pauses."""
    t_s, lift, low, high = _broken(
        course["t_s"], course["knee_lift_deg"], course["low_deg"], course["high_deg"], span_s=course["span_s"]
    )
    fresh, late = figures.fresh, figures.late
    levels = [part.knee_lift_deg for part in (fresh, late) if part]
    axes.set_ylim(_span_of([*low, *high, *levels], _LEAST_SPAN_DEG, margin=0.1))
    axes.yaxis.set_major_locator(MaxNLocator(4 if narrow else 6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}°".replace("-", "−")))
    _draw_pauses(axes, figures)
    _draw_onset(axes, figures.onset)
    axes.fill_between(t_s / 60, low, high, color=INK, alpha=0.13, linewidth=0)
    axes.plot(t_s / 60, lift, color=INK, linewidth=1.7)
    labels = []
    for part, words, colour in ((fresh, "fresh", FRESH), (late, "late", LATE)):
        if not part or part.knee_lift_deg is None:
            continue
        level = part.knee_lift_deg
        if part is fresh:
            _draw_baseline(axes, figures, level)
        axes.plot([part.from_s / 60, part.to_s / 60], [level, level], color=colour, linewidth=3.5)
        labels.append((level, f"{words} {degrees(level)}", colour))
    _beside(axes, labels)
    _draw_cues(axes, figures.cues)
    _head(axes, "Knee lift", "" if narrow else f"median of each {_length(course)}; grey: 8 of 10 strides")


def _draw_baseline(axes, figures, level):
    """The fresh level over the whole run, with the spread that it was learnt with (of ten-stride means)."""
    axes.axhline(level, color=FRESH, linewidth=1, linestyle=(0, (5, 3)))
    sigma = figures.baseline.sigma_deg if figures.baseline else None
    if sigma and 0 < sigma < 10:
        axes.axhspan(level - 2 * sigma, level + 2 * sigma, color=FRESH, alpha=0.12, linewidth=0)


def _draw_pauses(axes, figures):
    for pause in figures.pauses[:40]:
        axes.axvspan(pause.from_s / 60, pause.to_s / 60, color=GRID, alpha=0.6, linewidth=0)
    start, end = axes.get_xlim()
    for pause in figures.pauses[:40]:
        if (pause.to_s - pause.from_s) / 60 > 0.07 * (end - start):
            at = (pause.from_s + pause.to_s) / 120
            axes.annotate("pause", (at, 0.5), xycoords=("data", "axes fraction"), color=MUTED, ha="center", fontsize=11)


def _draw_onset(axes, onset):
    if not onset:
        return
    axes.axvspan(onset.from_s / 60, onset.to_s / 60, color=LATE, alpha=0.13, linewidth=0)
    axes.axvline(onset.t_s / 60, color=LATE, linewidth=1.2, linestyle=(0, (2, 2)))
    start, end = axes.get_xlim()
    leftwards = onset.t_s / 60 > (start + end) / 2
    axes.annotate(
        f"falls from {clock(onset.t_s)}", (onset.t_s / 60, 0.04), (-5 if leftwards else 5, 0),
        xycoords=("data", "axes fraction"), textcoords="offset points", color=LATE, fontsize=11,
        ha="right" if leftwards else "left",
    )  # fmt: skip


def _draw_cues(axes, cues):
    start, end = axes.get_xlim()
    inside = [(i, cue.t_s / 60) for i, cue in enumerate(cues, 1) if start <= cue.t_s / 60 <= end]
    if not inside:
        return
    axes.plot(
        [at for _, at in inside], [0.97] * len(inside), "v", transform=axes.get_xaxis_transform(), color=INK,
        markersize=7, clip_on=False,
    )  # fmt: skip
    axes.annotate(
        "cues" if len(inside) > 1 else "cue", (inside[0][1], 0.97), (-9, -4), xycoords=("data", "axes fraction"),
        textcoords="offset points", ha="right", fontsize=11,
    )  # fmt: skip
    apart = min((b - a for (_, a), (_, b) in pairwise(inside)), default=end)
    if apart < 0.02 * (end - start) or len(inside) > _MOST_NUMBERED:
        return
    for number, at in inside:
        axes.annotate(
            str(number), (at, 0.97), (0, -17), xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="center", fontsize=11,
        )  # fmt: skip


def _draw_line(axes, course, name, figures):
    t_s, values = _broken(course["t_s"], course[name], span_s=course["span_s"])
    is_pace = name == "speed_mps"
    axes.set_ylim(_span_of(values, 0.6 if is_pace else 12))
    axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    if is_pace:
        axes.yaxis.set_major_locator(FixedLocator(_round_paces_mps(*axes.get_ylim())))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: pace(value, unit=False)))
    _draw_pauses(axes, figures)
    axes.plot(t_s / 60, values, color=INK, linewidth=1.5)
    _head(axes, *(("Pace", "min/km") if is_pace else ("Cadence", "steps/min")))


def _round_paces_mps(low_mps, high_mps):
    """Speeds within an axis whose paces are round, two to four of them."""
    slow_s, quick_s = 1000 / max(low_mps, 0.5), 1000 / max(high_mps, 0.6)
    step_s = next((step for step in (10, 15, 30, 60, 120, 300) if (slow_s - quick_s) / step <= 4), 600)
    paces_s = np.arange(np.ceil(quick_s / step_s), np.floor(slow_s / step_s) + 1) * step_s
    return 1000 / np.maximum(paces_s, 1)


def _length(course):
    span_s = course["span_s"]
    return f"{span_s:.0f} s" if span_s < 60 else f"{span_s / 60:g} min"


def _over_time_in_words(figures, course):
    known = np.flatnonzero(np.isfinite(course["knee_lift_deg"]))
    words = []
    if len(known):
        lift, t_s = course["knee_lift_deg"][known], course["t_s"][known]
        high, low = lift.argmax(), lift.argmin()
        words.append(
            f"Knee lift as the median of each {_length(course)}: {degrees(lift[0])} at the start, "
            f"{degrees(lift[high])} at its highest ({clock(t_s[high])}), {degrees(lift[low])} at its lowest "
            f"({clock(t_s[low])}), {degrees(lift[-1])} at the end."
        )
    for name in ("fresh", "late"):
        part = getattr(figures, name)
        if part and part.knee_lift_deg is not None:
            mean = f"mean {name} {degrees(part.knee_lift_deg)}"
            words.append(f"From {clock(part.from_s)} to {clock(part.to_s)}: {mean}.")
    if onset := figures.onset:
        words.append(f"It began to fall at {clock(onset.t_s)} (between {clock(onset.from_s)} and {clock(onset.to_s)}).")
    if figures.cues:
        at = ", ".join(clock(cue.t_s) for cue in figures.cues[:_MOST_NUMBERED])
        words.append(f"Cues: {len(figures.cues)}, at {at}{' and later' if len(figures.cues) > 12 else ''}.")
    if figures.pauses:
        words.append(f"Pauses: {len(figures.pauses)}.")
    if _any(course["cadence_spm"]):
        low, high = np.nanmin(course["cadence_spm"]), np.nanmax(course["cadence_spm"])
        words.append(f"Cadence between {count(low)} and {count(high)} steps/min.")
    if _any(course["speed_mps"]):
        low, high = np.nanmin(course["speed_mps"]), np.nanmax(course["speed_mps"])
        words.append(f"Pace between {pace(low)} and {pace(high)}.")
    return " ".join(words)


def stride(shape):
    """Thigh angle over the stride, fresh and late; None where neither is known. `shape`: shape.stride_shape."""
    if not shape["fresh"] and not shape["late"]:
        return None
    return picture(
        "stride-shape", "Thigh angle over the stride", _stride_in_words(shape), lambda width: _draw_stride(shape, width)
    )


_PARTS = (("fresh", FRESH), ("late", LATE))
_LINES = {"fresh": "-", "late": (0, (6, 2))}  # told apart without colour too


def _draw_stride(shape, width):
    narrow = width < 500
    drawing = figure(width, 260 if narrow else 300)
    axes = _axes(drawing, 34 if narrow else 40, 42, 76 if narrow else 86, 190 if narrow else 230)
    axes.set_xlim(0, 100)
    labels, values = [], []
    for name, colour in _PARTS:
        if not (part := shape[name]):
            continue
        mean, sd = np.array(part["mean_deg"]), np.array(part["sd_deg"])
        values += [*(mean - sd), *(mean + sd)]
        axes.fill_between(shape["percent"], mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
        axes.plot(shape["percent"], mean, color=colour, linewidth=2.2, linestyle=_LINES[name])
        labels.append((mean[-1], f"{name} {degrees(mean[-1])}", colour))
    low, high = _span_of(values, _LEAST_SPAN_DEG)
    axes.set_ylim(low - 0.1 * (high - low), high)  # room for the labels below
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.annotate(
        "standing", (1, 0), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", color=MUTED,
        va="center", fontsize=11,
    )  # fmt: skip
    for i, (name, colour) in enumerate(_PARTS):
        if part := shape[name]:
            at, low = part["lowest_at_percent"], min(part["mean_deg"])
            axes.annotate(
                f"{name} {degrees(low)}", (at, low), (-5 if i == 0 else 5, -19), textcoords="offset points",
                color=colour, ha="right" if i == 0 else "left", fontsize=11, weight="bold",
            )  # fmt: skip
    _beside(axes, labels)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}°".replace("-", "−")))
    axes.xaxis.set_major_locator(MultipleLocator(25 if narrow else 10))
    axes.set_xlabel("% of the stride" if narrow else "% of the stride, from one highest point of the knee to the next")
    _head(axes, "Thigh angle", "" if narrow else "mean of all strides; shaded: ± 1 SD between strides")
    return drawing


def _stride_in_words(shape):
    words = ["From one highest point of the knee to the next."]
    for name, _ in _PARTS:
        if part := shape[name]:
            at = part["lowest_at_percent"]
            words.append(
                f"{name.capitalize()} ({plural(part['strides'], 'stride')}):"
                f" {degrees(part['mean_deg'][-1])} with the knee up,"
                f" down to {degrees(min(part['mean_deg']))} at {at} % of the stride,"
                f" spread between strides {degrees(float(np.mean(part['sd_deg'])))} (SD)."
            )
    if shape["fresh"] and shape["late"]:
        change = np.array(shape["late"]["mean_deg"]) - shape["fresh"]["mean_deg"]
        at = int(np.abs(change).argmax())
        words.append(f"They differ most at {at} %: {degrees(change[at], signed=True)} late.")
    return " ".join(words)


def spread(figures, shares):
    """How often each knee lift came up, fresh and late; None without strides. `shares`: overtime.distribution."""
    if shares["edges_deg"] is None:
        return None
    return picture(
        "distribution", "How often each knee lift came up", _spread_in_words(shares),
        lambda width: _draw_spread(figures, shares, width),
    )  # fmt: skip


def _draw_spread(figures, shares, width):
    narrow = width < 500
    drawing = figure(width, 220)
    axes = _axes(drawing, 34 if narrow else 40, 42, 12, 150)
    edges = shares["edges_deg"]
    top = max(float(shares[name].max()) for name, _ in _PARTS if shares[name] is not None)
    inner = [edges[np.flatnonzero(shares[name] > 0.02 * top)] for name, _ in _PARTS if shares[name] is not None]
    inner = np.concatenate(inner)
    axes.set_xlim(inner.min() - 1, inner.max() + 1.5)
    axes.set_ylim(0, 1.22 * top)
    means = [part.knee_lift_deg if (part := getattr(figures, name)) else None for name, _ in _PARTS]
    for i, (name, colour) in enumerate(_PARTS):
        if shares[name] is None:
            continue
        some = np.flatnonzero(shares[name])
        part, ends = shares[name][some[0] : some[-1] + 1], edges[some[0] : some[-1] + 2]
        axes.stairs(part, ends, color=colour, fill=True, alpha=0.25, linewidth=0)
        axes.stairs(part, ends, color=colour, linewidth=1.8, linestyle=_LINES[name])
        mean = means[i]
        if mean is not None:
            axes.plot([mean] * 2, [0, 1.06 * top], color=colour, linewidth=1.2)
            another = means[1 - i]
            other = mean - 1 if another is None else another
            axes.annotate(
                f"{name} {degrees(mean)}", (mean, 1.08 * top), (4 if mean >= other else -4, 0),
                textcoords="offset points", color=colour, weight="bold", fontsize=11,
                ha="left" if mean >= other else "right",
            )  # fmt: skip
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    axes.xaxis.set_major_locator(MaxNLocator(5 if narrow else 10, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}°".replace("-", "−")))
    axes.set_xlabel("knee lift of a stride")
    _head(axes, "Share of the strides", f"in steps of {edges[1] - edges[0]:g}°")
    return drawing


def _spread_in_words(shares):
    words = []
    middles = (shares["edges_deg"][1:] + shares["edges_deg"][:-1]) / 2
    for name, _ in _PARTS:
        if shares[name] is None:
            continue
        upto = np.cumsum(shares[name])
        low, middle, high = (middles[np.searchsorted(upto, share * upto[-1])] for share in (0.1, 0.5, 0.9))
        words.append(
            f"{name.capitalize()}: half of the strides below {degrees(middle)}, eight of ten between {degrees(low)}"
            f" and {degrees(high)}."
        )
    return " ".join(words)
