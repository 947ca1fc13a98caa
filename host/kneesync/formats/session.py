"""One session as data, made from its file by `decoder`; DataFrames are made when asked for.

session = kneesync.read("run.knee")
session.strides.knee_lift_deg.rolling(50).median().plot()
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from kneecore import sessionlog as log
from kneecore import sessionread
from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.formats import rawsamples

if TYPE_CHECKING:  # a list of sessions needs no pandas
    from pandas import DataFrame

STRIDE_DTYPE = np.dtype(list(zip(sessionread.STRIDE_FIELDS, ("<u2", "<i2", "<i2", "<u2", "<u2", "u1"), strict=True)))
EVENT_DTYPE = np.dtype([("t_ms", "<u4"), ("kind", "u1"), ("detail", "u1"), ("values", "<i2", (6,))])

# Columns of a stride, by what they are; all of them: Session.strides
ANGLES_AND_RATES = ("knee_lift_deg", "extension_deg", "range_deg", "swing_up_dps", "swing_back_dps")
FLAG_NAMES = tuple(name for name, _ in sessionread.FLAGS)
CAUTIONS = ("unsure", "clipped", "lost")  # the flags whose strides' angles do not count

# An event value's unit on the board -> (its unit here, factor). Others keep name and number.
_UNITS = {
    "_cdeg": ("_deg", 0.01),
    "_q14": ("", 1 / 16384),
    "_tenths": ("_sigma", 0.1),
    "stride_ms": ("stride_s", 0.001),
}
# Pairs of 16-bit values that are one number: (high, low) -> (name, how to join them).
_WORDS = {
    "start_reason": sessionread.START_REASONS,
    "stuck_sensor": sessionread.STUCK_SENSORS,
    "activity": sessionread.ACTIVITIES,
    "held_by": sessionread.HELD,
    "watched": sessionread.WATCHED_WORDS,
}
_JOINED = {
    ("clock_s_high", "clock_s_low"): ("clock_s", lambda high, low: (high & 0xFFFF) << 16 | low & 0xFFFF),
    ("period_us", "period_1024ths_us"): ("period_us", lambda whole, part: whole + part / 1024),
}


class NotASessionError(KneesyncError):
    """Bytes that are no session file, or not one intact block of it."""


class BoardStride(NamedTuple):
    """One stride as the board tells it: board uptime of its knee-lift peak, ms, and sessionread.STRIDE_FIELDS."""

    t_ms: int
    dt_ms: int
    knee_lift_cdeg: int
    extension_cdeg: int
    swing_up_ddps: int
    swing_back_ddps: int
    flags: int


class BoardEvent(NamedTuple):
    """One event as the board tells it: board uptime, ms, kind (a key of sessionread.EVENT_KINDS), and its numbers."""

    t_ms: int
    kind: int
    detail: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Event:
    """One event in the host's words: when (s since the session's start), of which kind, its detail, its values.

    `detail` is what its kind calls `detail_name`: a word or a number, None where the kind has none. `values` go by
    name with the unit in it (deg, s, percent).
    """

    t_s: float
    kind: str
    detail_name: str | None
    detail: str | int | None
    values: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """A flat dict: t_s, kind, the detail under its own name, and the values."""
        detail = {self.detail_name: self.detail} if self.detail_name else {}
        return {"t_s": self.t_s, "kind": self.kind, **detail, **self.values}


@dataclass
class Session:
    """What one session file holds. `problems` says in plain lines what is damaged or missing."""

    header: dict
    stride_records: np.ndarray  # STRIDE_DTYPE: what the board recorded
    t_ms: np.ndarray  # int64, board uptime of each stride's knee-lift peak
    event_records: np.ndarray  # EVENT_DTYPE, as on the board
    raw_heads: np.ndarray  # int64 (n, 3), a row a raw block: its first sample's number since boot and t_ms, its samples
    raw_lsb: np.ndarray  # int16 (n, 6): gyro x y z, acceleration x y z, chip counts
    end: dict | None  # reason, t_ms, strides; None where the run was cut
    file_bytes: int = 0
    run: str = ""  # the same for all segments of a run that was cut and went on
    segment: int = 1
    problems: list = field(default_factory=list)

    @property
    def start_ms(self) -> int:
        """Board uptime at the session's start, ms; t_s counts from it.

        The board opens the file once it is sure that this is a run: the strides up to then are in it and come first.
        """
        known_ms = [int(self.t_ms[0])] if len(self.t_ms) else []
        if self.opened_ms is not None:
            known_ms.append(self.opened_ms)
        return min(known_ms, default=0)

    @property
    def opened_ms(self) -> int | None:
        """Board uptime when the file was opened, ms: the moment of the header's clock. None if unknown."""
        return untrusted.whole(self.header.get("ticks_ms"), 0, 1 << 32)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings the board ran with, by name; what is unknown or does not fit is left out."""
        from kneecore import settings

        found = self.header.get("settings")
        return cast("dict[str, Any]", settings.merged(found if isinstance(found, dict) else {})[0])

    @property
    def period_ms(self) -> float:
        """Time from one raw sample to the next, ms."""
        return rawsamples.period_ms(self.raw_heads)

    def raw_times(self) -> tuple[np.ndarray, np.ndarray]:
        """(numbers, t_s) of the raw samples: int64 since the board's boot, and s since the session's start."""
        first, _, count = self.raw_heads.T
        numbers = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
        return numbers, (rawsamples.t_ms(numbers, self.raw_heads) - self.start_ms) / 1000

    def flagged(self, flag: int) -> np.ndarray:
        """Bool array: which strides carry `flag` (one of sessionread.FLAGS)."""
        return (self.stride_records["flags"] & flag) != 0

    @cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """The strides as a dict of numpy arrays: the columns of `strides`."""
        records = self.stride_records
        first = self.flagged(log.FIRST)
        stride_s = np.where(first | (records["dt_ms"] == 0), np.nan, records["dt_ms"] / 1000)
        knee_lift_deg = records["knee_lift_cdeg"] / 100
        extension_deg = records["extension_cdeg"] / 100
        columns = {
            "t_s": (self.t_ms - self.start_ms) / 1000,
            "t_ms": self.t_ms,
            "stride_s": stride_s,
            "cadence_spm": 120 / stride_s,
            "knee_lift_deg": knee_lift_deg,
            "extension_deg": extension_deg,
            "range_deg": knee_lift_deg - extension_deg,
            "swing_up_dps": records["swing_up_ddps"] / 10,
            "swing_back_dps": records["swing_back_ddps"] / 10,
        }
        columns.update({name: self.flagged(flag) for name, flag in sessionread.FLAGS})
        return columns

    def named_events(self, *kinds: int, most: int | None = None) -> list[Event]:
        """The events of these kinds (all that are known if none given), in order.

        `most`: the last so many at most.
        """
        wanted = np.flatnonzero(np.isin(self.event_records["kind"], list(kinds or sessionread.EVENT_KINDS)))
        return [self._named(event) for event in self.event_records[wanted[-(most or len(wanted)) :]]]

    def _named(self, event) -> Event:
        kind, detail_name, value_names = sessionread.EVENT_KINDS[int(event["kind"])]
        t_s = (int(event["t_ms"]) - self.start_ms) / 1000
        detail = None
        if detail_name:
            number = int(event["detail"])
            detail = word(_WORDS[detail_name], number) if detail_name in _WORDS else number
        numbers = [int(value) for value in event["values"]]
        if value_names in _JOINED:
            name, join = _JOINED[value_names]
            return Event(t_s, kind, detail_name, detail, {name: join(numbers[0], numbers[1])})
        values = {}
        for name, number in zip(value_names, numbers, strict=False):
            ending = next((ending for ending in _UNITS if name.endswith(ending)), "")
            unit, factor = _UNITS.get(ending, ("", 1))
            values[name.removesuffix(ending) + unit] = number * factor
        return Event(t_s, kind, detail_name, detail, values)

    @cached_property
    def strides(self) -> "DataFrame":
        """One row a stride of the leg that wears the board, in order (pandas DataFrame).

        t_s             s      time of the knee-lift peak since the session's start
        t_ms            ms     the same as board uptime
        stride_s        s      stride time, peak to peak; NaN on the first stride after a break
        cadence_spm     1/min  steps of both legs a minute (2 x this leg's strides); NaN with stride_s
        knee_lift_deg   deg    thigh's sagittal peak, from the runner's own standing pose, forward positive
        extension_deg   deg    thigh's lowest angle of the stride (behind the body: negative)
        range_deg       deg    knee_lift_deg - extension_deg
        swing_up_dps    deg/s  peak rate of the upward swing
        swing_back_dps  deg/s  peak rate of the backward swing, as a positive number
        first, unsure, clipped, lost, motor   bool: no stride before it; alignment not settled; IMU at its range
                        limit; samples lost inside it; the haptic motor ran during it
        """
        import pandas

        return pandas.DataFrame(self.columns)

    @cached_property
    def events(self) -> "DataFrame":
        """One row an event (pandas DataFrame): t_s (s since the start), kind, and the values of that kind, else NaN.

        The units stand in the names; kinds and values are those of kneecore.sessionread.EVENT_KINDS, with angles in
        deg, up_* and right_* as unit vectors in chip axes, cusum_sigma in standard deviations, period_us the measured
        sample period and clock_s Unix time in s.
        """
        import pandas

        rows = [event.as_json() for event in self.named_events()]
        return pandas.DataFrame(rows, columns=_event_columns())

    @cached_property
    def raw(self) -> "DataFrame":
        """One row an IMU sample, where raw capture was on (pandas DataFrame).

        sample          -      number of the sample since the board's boot
        t_s             s      time since the session's start, as in strides
        gyr_x_lsb, gyr_y_lsb, gyr_z_lsb   counts of 0.070 deg/s, chip axes
        acc_x_lsb, acc_y_lsb, acc_z_lsb   counts of 0.000488 g, chip axes
        """
        import pandas

        numbers, t_s = self.raw_times()
        columns = {"sample": numbers, "t_s": t_s}
        for i, name in enumerate(("gyr_x", "gyr_y", "gyr_z", "acc_x", "acc_y", "acc_z")):
            columns[name + "_lsb"] = self.raw_lsb[:, i]
        return pandas.DataFrame(columns)


def word(words: Sequence[str], index: int) -> str:
    """What a number stands for."""
    return words[index] if index < len(words) else f"unknown ({index})"


def _event_columns():
    """All columns that `events` can have, in the order of EVENT_KINDS."""
    nothing = np.zeros(1, EVENT_DTYPE)[0]
    bare = Session({}, np.zeros(0, STRIDE_DTYPE), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 6)), None)
    names = {}
    for kind in sessionread.EVENT_KINDS:
        nothing["kind"] = kind
        names.update(dict.fromkeys(bare._named(nothing).as_json()))
    return list(names)
