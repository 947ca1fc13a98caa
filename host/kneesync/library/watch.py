"""What a runner's watch recorded of a session: speed, grade, heart rate and distance over the session's own time.

A watch's FIT file is read as it comes: records each second or unevenly ("smart"), with fields missing, pauses, and
cadence in strides or in steps a minute. `kneesync join` (kneesync.services.join) finds where the session lies in it and
keeps the file as it was beside the session's, with the series that views need.

<id>.fit          the watch's file, byte for byte
<id>.watch.npz    a Watch
"""

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kneesync.errors import KneesyncError
from kneesync.formats import fit
from kneesync.library.index import SessionEntry
from kneesync.library.store import Library

LONGEST_S = 48 * 3600
GAP_S = 12  # records further apart are a pause, or a fault: nothing is known between them
GRADE_M = 40  # grade is altitude's slope over this far either way: a barometer's noise allows no less
LEAST_GRADE_M = 50
STEEPEST = 0.6  # a slope that nobody runs is a fault of the altitude
SPEED_S = 4  # speed out of distance alone: over this long either way
MOST_SPEED_MPS = 12.0
SPORTS = {0: "generic", 1: "running", 4: "fitness equipment", 10: "training", 11: "walking", 17: "hiking"}
_OTHER_SPORTS = {2: "cycling", 5: "swimming", 12: "cross country skiing", 15: "rowing", 18: "multisport"}
_SERIES = ("t_s", "speed_mps", "grade_percent", "heart_rate_bpm", "distance_m")


@dataclass
class Watch:
    """A watch's series over a session's time (numpy arrays of one length; NaN where unknown, and in pauses)."""

    t_s: np.ndarray  # s since the session's start, ascending; in a pause two moments with NaN keep the sides apart
    speed_mps: np.ndarray
    grade_percent: np.ndarray  # over GRADE_M either way; uphill positive
    heart_rate_bpm: np.ndarray
    distance_m: np.ndarray  # since the watch's start
    grade_error_percent: float | None = None  # SD of a grade's error, out of this run's own altitude


@dataclass
class Recording:
    """A watch's records (numpy arrays of one length, NaN unknown): what a FIT file says of a run."""

    unix_s: np.ndarray  # ascending, each once
    cadence_spm: np.ndarray  # steps of both legs a minute
    speed_mps: np.ndarray
    altitude_m: np.ndarray
    heart_rate_bpm: np.ndarray
    distance_m: np.ndarray
    stopped: list[tuple[float, float]]  # (from, to) in Unix s where the runner had stopped the timer
    sport: str | None = None

    def watch(self, start_unix_s: float) -> Watch:
        """The Watch of a session that began at `start_unix_s` by this watch's clock."""
        distance_m = _filled_distance(self)
        speed_mps = _speed(self, distance_m)
        grade_percent, error = _grade(self, distance_m)
        columns = [self.unix_s - start_unix_s, speed_mps, grade_percent, self.heart_rate_bpm, distance_m]
        gaps = np.flatnonzero(np.diff(self.unix_s) > GAP_S)
        for i, column in enumerate(columns):
            beside = np.full((len(gaps), 2), np.nan)
            if i == 0:
                beside = np.column_stack([column[gaps] + 1, column[gaps + 1] - 1])
            columns[i] = np.insert(column, np.repeat(gaps + 1, 2), beside.ravel())
        return Watch(*columns, grade_error_percent=error)


# Reading a FIT file


def recording(data: bytes, called: str) -> Recording:
    """The Recording of a FIT file's bytes. KneesyncError in one line where they are none, damaged, or no run."""
    rows, stops, sports = [], [], []
    for part in fit.parts(data, called):
        for message in fit.messages(data, part, called):
            if message.definition is None:
                continue
            number = message.definition.number
            if number == fit.RECORD:
                rows.append(_row(data, message))
            elif number == fit.EVENT and message.value(data, 0) == 0:  # the timer
                stops.append((message.time_s, message.value(data, 1)))
            elif number == fit.SPORT:
                sports.append(message.value(data, 0))
            elif number == fit.SESSION:
                sports.append(message.value(data, 5))
    _check_sports(sports, called)
    return _recording(rows, stops, sports, called)


def _check_sports(sports, called):
    told = {sport for sport in sports if sport is not None}
    if told and not told & set(SPORTS):
        names = ", ".join(sorted(_OTHER_SPORTS.get(sport, f"sport {sport}") for sport in told))
        raise KneesyncError(f"{called} is no run: found {names}, expected running; pass the run's file")


def _row(data, message):
    """One record: FIT seconds, then cadence, speed, altitude, heart rate, distance; NaN for what it lacks."""

    def scaled(scale, offset, *numbers):
        for number in numbers:
            if (value := message.value(data, number)) is not None:
                return value / scale - offset
        return math.nan

    whole = scaled(256, 0, 52)  # cadence256, where a device has it
    if math.isnan(whole):
        part = scaled(128, 0, 53)
        whole = scaled(1, 0, 4) + (0.0 if math.isnan(part) else part)
    time_s = math.nan if message.time_s is None else float(message.time_s)
    return (
        time_s,
        whole,
        scaled(1000, 0, 73, 6),
        scaled(5, 500, 78, 2),
        scaled(1, 0, 3),
        scaled(100, 0, 5),
    )


def _recording(rows, stops, sports, called):
    table = np.array(rows, float).reshape(-1, 6)
    table = table[np.isfinite(table[:, 0])]
    if not len(table):
        raise KneesyncError(f"{called} has no records: found a FIT file without a track, expected an activity's file")
    table = table[table[:, 0] >= fit.EARLIEST_S]
    if not len(table):
        raise KneesyncError(f"{called} has no time of day: the watch's clock was never set; it cannot be joined")
    seconds, index = np.unique(table[:, 0], return_inverse=True)
    if seconds[-1] - seconds[0] > LONGEST_S:
        days = (seconds[-1] - seconds[0]) / 86400
        raise KneesyncError(f"{called} spans {days:.0f} days, expected one run; export a single activity")
    columns = []
    for values in table[:, 1:].T:  # several records of one second tell one thing each: the last word counts
        known = np.isfinite(values)
        column = np.full(len(seconds), np.nan)
        column[index[known]] = values[known]
        columns.append(column)
    cadence, speed, altitude, heart_rate, distance = columns
    heart_rate[heart_rate == 0] = np.nan
    speed[speed > MOST_SPEED_MPS] = np.nan
    told = [SPORTS[sport] for sport in sports if sport in SPORTS]
    return Recording(
        seconds + fit.EPOCH_UNIX_S,
        _steps(cadence),
        speed,
        altitude,
        heart_rate,
        distance,
        _stopped(stops, seconds[-1]),
        told[0] if told else None,
    )


def _steps(cadence):
    """Steps a minute. FIT counts strides; some apps write steps: nobody runs 120 strides a minute for long."""
    moving = cadence[cadence > 40]
    return cadence if len(moving) and np.percentile(moving, 75) >= 120 else 2 * cadence


def _stopped(stops, last_s):
    """Spans between a stop of the timer and its next start, in Unix s."""
    spans, since = [], None
    for time_s, kind in stops:
        if time_s is None:
            continue
        if kind in (1, 4, 8, 9) and since is None:
            since = time_s
        elif kind == 0 and since is not None:
            spans.append((since + fit.EPOCH_UNIX_S, time_s + fit.EPOCH_UNIX_S))
            since = None
    if since is not None and since < last_s:
        spans.append((since + fit.EPOCH_UNIX_S, float(last_s) + fit.EPOCH_UNIX_S))
    return [(a, b) for a, b in spans if b > a]


def _filled_distance(record):
    """Distance in m, never falling; out of speed where the watch gave none."""
    known = np.isfinite(record.distance_m)
    if known.sum() >= 2:
        rising = np.maximum.accumulate(np.where(known, record.distance_m, -np.inf))
        return np.where(known, rising, np.nan)
    if np.isfinite(record.speed_mps).sum() < 2:
        return np.full(len(record.unix_s), np.nan)
    took_s = np.diff(record.unix_s, prepend=record.unix_s[0])
    return np.cumsum(np.nan_to_num(record.speed_mps) * np.where(took_s > GAP_S, 0, took_s))


def _speed(record, distance_m):
    """Speed in m/s as the watch gave it, else out of its distance; NaN while the timer was stopped."""
    speed_mps = record.speed_mps
    if np.isfinite(speed_mps).sum() < 2 and np.isfinite(distance_m).sum() >= 2:
        known = np.isfinite(distance_m)
        at_s, far_m = record.unix_s[known], distance_m[known]
        low, high = record.unix_s - SPEED_S, record.unix_s + SPEED_S
        low, high = np.maximum(low, at_s[0]), np.minimum(high, at_s[-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            speed_mps = (np.interp(high, at_s, far_m) - np.interp(low, at_s, far_m)) / (high - low)
        speed_mps = np.where(speed_mps <= MOST_SPEED_MPS, speed_mps, np.nan)
    speed_mps = speed_mps.copy()
    for from_s, to_s in record.stopped:
        speed_mps[(record.unix_s > from_s) & (record.unix_s < to_s)] = np.nan
    return speed_mps


def _grade(record, distance_m):
    """(grade in percent at each record, its error or None): the slope of altitude over distance around.

    The error (SD) comes from how far grades two windows apart differ, which share no altitude: a barometer's noise,
    and what the ground changes over that far, so it is rather too large. What the weather does to a barometer over
    minutes is not in it.
    """
    known = np.isfinite(distance_m) & np.isfinite(record.altitude_m)
    grade = np.full(len(known), np.nan)
    if known.sum() < 10:
        return grade, None
    x, y = distance_m[known], record.altitude_m[known]
    x, y = x - x.mean(), y - y.mean()
    low, high = np.searchsorted(x, x - GRADE_M, "left"), np.searchsorted(x, x + GRADE_M, "right")
    sums = [np.concatenate([[0], np.cumsum(values)]) for values in (x, y, x * x, x * y)]
    sx, sy, sxx, sxy = (total[high] - total[low] for total in sums)
    n = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (sxy - sx * sy / n) / (sxx - sx * sx / n)
    wide = (x[high - 1] - x[low] >= LEAST_GRADE_M) & (n >= 5)
    slope = 100 * np.where(wide & (np.abs(slope) < STEEPEST), slope, np.nan)
    grade[known] = slope
    apart = np.searchsorted(x, x + 2 * GRADE_M)
    inside = apart < len(x)
    difference = np.abs(slope[np.minimum(apart, len(x) - 1)] - slope)[inside]
    difference = difference[np.isfinite(difference)]
    if len(difference) < 30:
        return grade, None
    return grade, round(float(np.median(difference)) / 0.6745 / math.sqrt(2), 2)


# SessionEntry beside the session


def of(library: Library, kept: SessionEntry | None) -> Watch | None:
    """The Watch that was joined to a kept session, or None."""
    return None if kept is None or not kept.watch else beside(library.path(kept))


def beside(path: Path) -> Watch | None:
    """The Watch that stands beside a session's file, or None if there is none that can be read."""
    path = path.with_suffix(".watch.npz")
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept_series:
            series = [np.asarray(kept_series[name], float) for name in _SERIES]
            error = float(kept_series["grade_error_percent"])
    except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile):
        return None
    if any(values.ndim != 1 or len(values) != len(series[0]) for values in series) or len(series[0]) < 2:
        return None
    if not np.all(np.diff(series[0]) >= 0):
        return None
    return Watch(*series, grade_error_percent=None if math.isnan(error) else error)


def series_bytes(watch: Watch) -> bytes:
    """A Watch as the bytes of its npz file."""
    import io

    file = io.BytesIO()
    error = math.nan if watch.grade_error_percent is None else watch.grade_error_percent
    np.savez_compressed(file, grade_error_percent=np.float64(error), **{name: getattr(watch, name) for name in _SERIES})
    return file.getvalue()
