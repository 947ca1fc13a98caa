"""A line over time in characters: eight Braille dots a cell, so that 70 columns show 140 points in time."""

import math

import numpy as np

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # Braille dot of (row, column) in a cell
_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)
_STEPS = (1, 2, 2.5, 5, 10, 20, 50, 100)  # degrees a row; not finer, so that a quiet run looks quiet


def lines(t_s, values, width=80, height=9, level=None, marks_s=(), unit="°"):
    """Rows of (text, style) pieces: `values` over `t_s` (sorted), `level` as a dashed line, marks as ▼ above.

    Each column of dots is the median of what falls into it; where nothing does there is a gap.
    """
    if not len(values):
        return [[("no sure strides to draw", "dim")]]
    gutter = 6
    columns = (width - gutter) * 2
    start_s, end_s = min(0.0, float(t_s[0])), max(float(t_s[-1]), float(t_s[0]) + 1.0)
    where = np.minimum(((t_s - start_s) / (end_s - start_s) * columns).astype(int), columns - 1)
    filled, first = np.unique(where, return_index=True)
    medians = np.array([np.median(part) for part in np.split(values, first[1:])])
    low, step = _scale(np.append(medians, level if level is not None else medians[0]), height)
    cells = _dots(filled, medians, low, step, height, columns)
    level_row = None if level is None else _row(level, low, step, height)
    rows = [_marks_row(marks_s, start_s, end_s, width - gutter, gutter)] if len(marks_s) else []
    for row in range(height):
        value = low + (height - 1 - row + 0.5) * step
        label = f"{value:4.0f}{unit}" if (height - 1 - row) % 2 == 0 else " " * 5
        pieces = [(label + "│", "dim")]
        for cell in cells[row]:
            if cell:
                _add(pieces, chr(0x2800 + cell), "cyan")
            elif row == level_row:
                _add(pieces, "┄", "green")
            else:
                _add(pieces, " ", "")
        pieces[-1] = (pieces[-1][0].rstrip(), pieces[-1][1])
        rows.append(pieces)
    rows.append(_time_axis(start_s, end_s, width - gutter, gutter))
    return rows


def small(x, values, columns, height, low, high, joined=True):
    """`height` rows of `columns` Braille cells: values over x (0 to 1 across; low to high upwards), no axes.

    `joined`: neighbours that are both known are joined by a line; NaN breaks it.
    """
    cells = [[0] * columns for _ in range(height)]
    across = np.clip((np.asarray(x) * columns * 2).astype(int), 0, columns * 2 - 1)
    share = np.clip((np.nan_to_num(values, nan=low) - low) / (high - low), 0, 1)
    down = np.round((1 - share) * (height * 4 - 1)).astype(int)
    before = None
    for i in range(len(across)):
        if math.isnan(values[i]):
            before = None
            continue
        steps = 1
        if joined and before is not None:
            steps = max(abs(across[i] - across[before]), abs(down[i] - down[before]), 1)
        start = before if steps > 1 else i
        for step in range(1, steps + 1):
            column = round(across[start] + (across[i] - across[start]) * step / steps)
            dot = round(down[start] + (down[i] - down[start]) * step / steps)
            cells[dot // 4][column // 2] |= _DOTS[dot % 4][column % 2]
        before = i
    return ["".join(chr(0x2800 + cell) if cell else " " for cell in row) for row in cells]


def _scale(values, height):
    """(value at the bottom edge, degrees a row), so that every other row's middle is a round number."""
    least, most = float(np.min(values)), float(np.max(values))
    # rounding the labels moves the values by up to a row up or down
    step = next((step for step in _STEPS if most - least <= step * (height - 2)), most - least)
    lowest_label = round(((least + most) / 2 - step * (height - 1) / 2) / (2 * step)) * 2 * step
    return lowest_label - step / 2, step


def _row(value, low, step, height):
    return min(height - 1, max(0, height - 1 - int((value - low) / step)))


def _dots(filled, medians, low, step, height, columns):
    """Braille cells by row: a dot each column, joined up and down between neighbouring columns."""
    cells = [[0] * (columns // 2) for _ in range(height)]
    level = np.clip((height * 4 - 1) - ((medians - low) / step * 4).astype(int), 0, height * 4 - 1)
    for i, column in enumerate(filled):
        top = bottom = int(level[i])
        if i and filled[i - 1] == column - 1:
            before = int(level[i - 1])
            top, bottom = min(top, before + 1), max(bottom, before - 1)
        for dot in range(top, bottom + 1):
            cells[dot // 4][column // 2] |= _DOTS[dot % 4][column % 2]
    return cells


def _marks_row(marks_s, start_s, end_s, width, gutter):
    row = [" "] * width
    for mark_s in marks_s:
        at = int((mark_s - start_s) / (end_s - start_s) * width)
        if 0 <= at <= width:
            row[min(at, width - 1)] = "▼"
    return [(" " * gutter + "".join(row).rstrip(), "yellow")]


def _time_axis(start_s, end_s, width, gutter):
    """Minutes below the chart, as many as fit."""
    span_min = (end_s - start_s) / 60
    step_min = next(
        (step for step in _STEPS_MIN if span_min / step <= width / 8), 10 ** math.ceil(math.log10(max(span_min, 1)))
    )
    row = [" "] * width
    minute = math.ceil(start_s / 60 / step_min) * step_min
    while minute * 60 <= end_s:
        label = f"{minute:g}"
        at = min(int((minute * 60 - start_s) / (end_s - start_s) * width), width - len(label))
        row[at : at + len(label)] = label
        minute += step_min
    return [("min".rjust(gutter - 1) + " " + "".join(row).rstrip(), "dim")]


def _add(pieces, text, style):
    if pieces[-1][1] == style:
        pieces[-1] = (pieces[-1][0] + text, style)
    else:
        pieces.append((text, style))
