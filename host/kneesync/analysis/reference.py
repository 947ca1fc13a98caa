"""A laboratory's reference as a CSV: knee-lift peaks, or the thigh's angle over time from which they are taken.

The first row names the columns, with units: `t_s` (seconds from any zero) or `time` (of day, as 18:30:05.120, or with a
date before it), and `knee_lift_deg` (one row a stride) or `thigh_angle_deg` (a series, at least 50 Hz). `extension_deg`
may stand beside the peaks. Other columns are passed over. Separated by commas, semicolons or tabs.
"""

import csv
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from kneesync import untrusted
from kneesync.errors import KneesyncError

MOST_BYTES = 200 << 20
LEAST_HZ = 50
LEAST_SWING_DEG = 20
HYSTERESIS = 0.15  # of the swing, around its middle: what a series must cross to have turned
DAY_S = 86_400


@dataclass
class Reference:
    """Knee-lift peaks (n,) as a laboratory saw them: s from the file's zero (or of the day), degrees; NaN unknown."""

    t_s: np.ndarray
    knee_lift_deg: np.ndarray
    extension_deg: np.ndarray
    of_day: bool  # t_s is time of day
    source: str  # "knee_lift_deg" or "thigh_angle_deg"


def read(path):
    """The Reference in the CSV at `path`. KneesyncError says which row or column is not as it must be."""
    path = Path(path)
    called = untrusted.printable(path.name, 80)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise KneesyncError(f"{called} has {path.stat().st_size} bytes, a reference at most {MOST_BYTES}")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise KneesyncError(f"{called} is no text in UTF-8; export it as CSV") from None
    except OSError as error:
        raise KneesyncError(f"cannot read {untrusted.printable(str(path), 200)}: {error.strerror or error}") from None
    lines = text.splitlines()
    if not lines or not lines[0].strip():
        raise KneesyncError(f"{called} is empty; {_EXPECTED}")
    separator = max(",;\t", key=lines[0].count)
    rows = csv.reader(lines, delimiter=separator)
    names = [name.strip().lower() for name in next(rows)]
    time_name = next((name for name in ("t_s", "time") if name in names), None)
    value_name = next((name for name in ("knee_lift_deg", "thigh_angle_deg") if name in names), None)
    if time_name is None or value_name is None:
        found = ", ".join(untrusted.printable(name, 30) for name in names[:8])
        raise KneesyncError(f"{called} has the columns {found}; {_EXPECTED}")
    wanted = {name: names.index(name) for name in (time_name, value_name, "extension_deg") if name in names}
    columns = _columns(rows, wanted, time_name, separator, called)
    t_s = columns[time_name]
    if len(t_s) < 2:
        raise KneesyncError(f"{called} has {len(t_s)} rows of values, expected one a stride or a series of angles")
    if time_name == "time" and np.any(np.diff(t_s) < -DAY_S / 2):  # past midnight
        t_s = t_s + DAY_S * np.cumsum(np.diff(t_s, prepend=t_s[0]) < -DAY_S / 2)
    back = np.flatnonzero(np.diff(t_s) <= 0)
    if len(back):
        raise KneesyncError(
            f"{called}, row {back[0] + 3}: {time_name} does not go up ({t_s[back[0] + 1]:g} after {t_s[back[0]]:g} s)"
        )
    if value_name == "knee_lift_deg":
        known = ~np.isnan(columns[value_name])
        extension = columns.get("extension_deg", np.full(len(t_s), np.nan))
        return Reference(t_s[known], columns[value_name][known], extension[known], time_name == "time", value_name)
    return _from_series(t_s, columns[value_name], time_name == "time", called)


_EXPECTED = (
    "expected the columns t_s (or time) and knee_lift_deg (a row a stride) or thigh_angle_deg (a series), "
    "named in the first row"
)


def _columns(rows, wanted, time_name, separator, called):
    """The wanted columns as float arrays; rows without a time are passed over, values that are missing become NaN."""
    values = {name: [] for name in wanted}
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        for name, at in wanted.items():
            cell = row[at].strip() if at < len(row) else ""
            read_cell = _time_of_day if name == "time" else _number
            try:
                value = read_cell(cell, separator) if cell else math.nan
            except ValueError:
                shown = untrusted.printable(cell, 30)
                what = "a time of day such as 18:30:05.120" if name == "time" else "a number"
                raise KneesyncError(
                    f"{called}, row {number}, column {name}: found {shown!r}, expected {what}"
                ) from None
            if name == time_name and math.isnan(value):
                raise KneesyncError(f"{called}, row {number}: {name} is missing")
            values[name].append(value)
    return {name: np.array(column, dtype=float) for name, column in values.items()}


def _number(cell, separator):
    value = float(cell.replace(",", ".") if separator != "," else cell)
    if math.isinf(value) or abs(value) > 1e10:
        raise ValueError
    return value


def _time_of_day(cell, _):
    clock = cell.replace("T", " ").split(" ")[-1]
    at = datetime.strptime(clock, "%H:%M:%S.%f" if "." in clock else "%H:%M:%S")
    return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6


def _from_series(t_s, angle_deg, of_day, called):
    """Peaks and the lowest angle since the peak before, out of a series of angles."""
    known = ~np.isnan(angle_deg)
    t_s, angle_deg = t_s[known], angle_deg[known]
    rate_hz = 1 / float(np.median(np.diff(t_s))) if len(t_s) > 2 else 0.0
    if rate_hz < LEAST_HZ:
        raise KneesyncError(
            f"{called} has thigh_angle_deg at {rate_hz:.0f} Hz, expected {LEAST_HZ} Hz or more; "
            "give peaks as knee_lift_deg instead"
        )
    low, high = np.percentile(angle_deg, (5, 95))
    if high - low < LEAST_SWING_DEG:
        raise KneesyncError(
            f"{called}: thigh_angle_deg swings by {high - low:.0f}° only, running by {LEAST_SWING_DEG}° or more; "
            "is it in degrees?"
        )
    middle, dead = (low + high) / 2, HYSTERESIS * (high - low)
    side = np.where(angle_deg > middle + dead, 1, np.where(angle_deg < middle - dead, -1, 0))
    turned = np.flatnonzero(side)
    side, where = side[turned], turned
    crossed = np.flatnonzero(np.diff(side) != 0) + 1
    starts = np.concatenate([[0], crossed])
    peaks, troughs = [], []
    for first, last in zip(starts, np.append(starts[1:], len(side)), strict=True):
        span = slice(where[first], where[last - 1] + 1)
        if side[first] > 0:
            at = int(angle_deg[span].argmax()) + span.start
            if 0 < at < len(angle_deg) - 1:
                peaks.append((*_top(t_s[at - 1 : at + 2], angle_deg[at - 1 : at + 2]), len(troughs)))
        else:
            troughs.append(float(angle_deg[span].min()))
    if len(peaks) < 2:
        raise KneesyncError(f"{called}: found {len(peaks)} strides in thigh_angle_deg, expected a run")
    lows = [troughs[count - 1] if count else math.nan for _, _, count in peaks]
    times, lifts = (np.array([peak[i] for peak in peaks]) for i in (0, 1))
    return Reference(times, lifts, np.array(lows), of_day, "thigh_angle_deg")


def _top(t_s, values):
    """(time, height) of the top of the parabola through three samples."""
    curve = values[0] - 2 * values[1] + values[2]
    if curve >= 0:
        return float(t_s[1]), float(values[1])
    shift = 0.5 * (values[0] - values[2]) / curve
    step_s = (t_s[2] - t_s[0]) / 2
    return float(t_s[1] + shift * step_s), float(values[1] - 0.25 * (values[0] - values[2]) * shift)
