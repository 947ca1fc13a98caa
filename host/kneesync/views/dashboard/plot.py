"""A run over time: textual-plot, with medians instead of thousands of strides, gaps left open, and zoom in time.

A column of dots is the median of what falls into it, as in the report's chart. Zoomed in, medians are taken anew.
Colours are the terminal's own, which its user chose to be readable on a light or a dark ground.
"""

import time

import numpy as np
from textual_plot import HiResMode, NumericAxisFormatter, PlotWidget

LINE, LEVEL, MARK = "cyan", "green", "yellow"
PAUSE_MIN = 5 / 60  # without a stride for this long the line is broken, as in analysis.session
LEAST_SPAN_MIN = 1.0  # zoomed in further there are fewer strides than dots
_STEPS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_DAY_S = 86400
_MARGIN = 7  # columns for the values on the left


class OverTime(PlotWidget):
    """Values over a run's minutes. `least`: the least height of the scale, so that a quiet run looks quiet."""

    DEFAULT_CSS = """
    OverTime > .plot--axis { color: $foreground; text-style: dim; }
    OverTime > .plot--tick { color: $foreground; text-style: none; }
    """

    can_focus = False

    def __init__(self, unit, least, **named):
        super().__init__(allow_pan_and_zoom=False, **named)
        self._least = least
        self._x_min_shown, self._x_max_shown = 0.0, 1.0
        self._whole = 0.0, 1.0
        self._x, self._y, self._level, self._marks = np.zeros(0), np.zeros(0), None, np.zeros(0)
        self.set_y_formatter(_WithUnit(unit))

    def on_mount(self):
        self.margin_left, self.margin_top, self.margin_bottom = _MARGIN, 0, 1

    def on_resize(self):
        self._draw()

    def show(self, t_s, values, level=None, marks_s=()):
        """Draw values over t_s (s, ascending), `level` as a line across, ▼ at marks_s.

        The whole run, not zoomed; but the same series again, after a note or a pull, stays as it was zoomed.
        """
        x, y = np.asarray(t_s, float) / 60, np.asarray(values, float)
        sound = np.isfinite(x) & np.isfinite(y)
        again = np.array_equal(self._x, x[sound]) and np.array_equal(self._y, y[sound])
        self._x, self._y = x[sound], y[sound]
        self._level, self._marks = level, np.asarray(marks_s, float) / 60
        first, last = (float(self._x[0]), float(self._x[-1])) if len(self._x) else (0.0, 1.0)
        self._whole = min(0.0, first), max(last, first + 1 / 60)
        if not again:
            self._x_min_shown, self._x_max_shown = self._whole
        self._draw()

    @property
    def span_min(self):
        """(from, to) of what is drawn, in minutes."""
        return self._x_min_shown, self._x_max_shown

    def zoom(self, factor, around=None):
        """Show `factor` times as much time, around this minute (default: the middle); never more than the run."""
        low, high = self.span_min
        middle = (low + high) / 2 if around is None else min(max(around, low), high)
        longest = self._whole[1] - self._whole[0]
        span = min(longest, max(min(LEAST_SPAN_MIN, longest), (high - low) * factor))
        share = (middle - low) / (high - low)
        self._look_at(middle - share * span, span)

    def pan(self, share):
        """Go right by this share of what is shown (left if negative), up to the run's end."""
        low, high = self.span_min
        self._look_at(low + share * (high - low), high - low)

    def follow(self, other):
        """Show the same time as another chart."""
        low, high = other.span_min
        self._look_at(low, high - low)

    def _look_at(self, low, span):
        low = min(max(low, self._whole[0]), self._whole[1] - span)
        self._x_min_shown, self._x_max_shown = low, low + span
        self._draw()

    def _draw(self):
        self.clear()
        rows, columns = self.size.height - 3, self.size.width - _MARGIN - 2
        low_x, high_x = self.span_min
        inside = (self._x >= low_x) & (self._x <= high_x)
        if not inside.any() or rows < 2 or columns < 4:
            return
        bins, middles = _medians(self._x[inside], self._y[inside], low_x, high_x, columns * 2)
        low, high, ticks = _heights(
            middles if self._level is None else np.append(middles, self._level), rows, self._least
        )
        self.set_xlimits(low_x, high_x)
        self.set_ylimits(low, high)
        self.set_yticks(ticks)
        if self._level is not None:
            across = low_x + (np.arange(columns) + 0.5) * (high_x - low_x) / columns
            self.scatter(across, np.full(columns, self._level), marker_style=LEVEL, hires_mode=HiResMode.BRAILLE)
        width_min = (high_x - low_x) / (columns * 2)
        breaks = np.flatnonzero(np.diff(bins) > max(1.0, PAUSE_MIN / width_min)) + 1
        for piece in np.split(np.arange(len(bins)), breaks):
            at = low_x + (bins[piece] + 0.5) * width_min
            draw = self.plot if len(piece) > 1 else self.scatter
            draw(at, middles[piece], **{"line_style" if len(piece) > 1 else "marker_style": LINE},
                 hires_mode=HiResMode.BRAILLE)  # fmt: skip
        marks = self._marks[(self._marks >= low_x) & (self._marks <= high_x)]
        if len(marks):
            top = high - (high - low) / rows / 2
            self.scatter(marks, np.full(len(marks), top), marker="▼", marker_style=MARK)
        self.render()  # onto its canvas now: left to the next refresh it would paint the whole screen once more

    # The mouse: the wheel scrolls the page, with ctrl it zooms; dragging moves.

    def on_mouse_scroll_down(self, event):
        self._wheel(event, 1.25)

    def on_mouse_scroll_up(self, event):
        self._wheel(event, 0.8)

    def _wheel(self, event, factor):
        event.prevent_default()
        if event.ctrl:
            event.stop()
            share = (event.x - _MARGIN) / max(1, self.size.width - _MARGIN)
            low, high = self.span_min
            self.zoom(factor, low + share * (high - low))

    def on_mouse_move(self, event):
        event.prevent_default()
        if event.button == 1 and event.delta_x:
            self.pan(-event.delta_x / max(1, self.size.width - _MARGIN))


def _heights(values, rows, least):
    """(bottom, top, labelled values) of a scale: its height is never less than `least`, labels are round."""
    low, high = float(values.min()), float(values.max())
    spare = max(least - (high - low), (high - low) * 0.1) / 2
    low, high = low - spare, high + spare
    step = next((step for step in _STEPS if (high - low) / step <= max(2, rows / 2)), high - low)
    return low, high, [float(tick) for tick in np.arange(np.ceil(low / step) * step, high, step)]


class _WithUnit(NumericAxisFormatter):
    """Values with their unit behind them, as 36° or 165."""

    def __init__(self, unit):
        self._unit = unit

    def get_labels_for_ticks(self, ticks):
        return [label.replace("-", "−") + self._unit for label in super().get_labels_for_ticks(ticks)]


def _medians(x, y, low_x, high_x, columns):
    """(columns that hold something, the median of each); x ascending."""
    where = np.clip(((x - low_x) / (high_x - low_x) * columns).astype(int), 0, columns - 1)
    filled, first = np.unique(where, return_index=True)
    return filled, np.array([np.median(part) for part in np.split(y, first[1:])])


class OverWeeks(PlotWidget):
    """One quantity over days: a dot a session, and the straight line where one may be drawn."""

    DEFAULT_CSS = """
    OverWeeks > .plot--axis { color: $foreground; text-style: dim; }
    OverWeeks > .plot--tick { color: $foreground; text-style: none; }
    """

    can_focus = False

    def __init__(self, **named):
        super().__init__(allow_pan_and_zoom=False, **named)
        self._shown = None

    def on_mount(self):
        self.margin_left, self.margin_top, self.margin_bottom = _MARGIN + 2, 0, 1

    def on_resize(self):
        if self._shown:
            self.show(*self._shown)

    def on_mouse_scroll_down(self, event):
        event.prevent_default()  # the wheel scrolls the page

    on_mouse_scroll_up = on_mouse_scroll_down

    def show(self, trend, from_unix_s, to_unix_s, unit):
        """Draw a trend of analysis.trends over the days from its first to its last moment."""
        self._shown = trend, from_unix_s, to_unix_s, unit
        self.clear()
        rows, points, line = self.size.height - 3, trend.points, trend.line
        if not points or rows < 2:
            return
        at = np.array([point.unix_s for point in points]) / _DAY_S
        values = np.array([point.value for point in points])
        first, last = from_unix_s / _DAY_S, max(to_unix_s, from_unix_s + _DAY_S) / _DAY_S
        least = 3 * (trend.noise or 0) or 1.0
        low, high, ticks = _heights(values, rows, least)
        self.set_xlimits(first, last)
        self.set_ylimits(low, high)
        self.set_yticks(ticks)
        self.set_y_formatter(_WithUnit(unit))
        self.set_x_formatter(_Days())
        if line:
            ends = np.array([line.from_unix_s, line.to_unix_s]) / _DAY_S
            self.plot(ends, [line.from_value, line.to_value], line_style=LEVEL, hires_mode=HiResMode.BRAILLE)
        self.scatter(at, values, marker="•", marker_style=LINE)


class _Days(NumericAxisFormatter):
    """Days since 1970 as local dates."""

    def get_ticks(self, min_, max_, max_ticks=8):
        step = next((step for step in (1, 2, 7, 14, 28, 56, 112, 364) if (max_ - min_) / step <= max_ticks), 728)
        return [float(day) for day in np.arange(np.ceil(min_), max_, step)]

    def get_labels_for_ticks(self, ticks):
        return [time.strftime("%d %b", time.localtime(tick * _DAY_S)) for tick in ticks]
