"""One session file as data: decoded with numpy, whatever state it is in; DataFrames are made when asked for.

session = kneesync.read("run.knee")
session.strides.knee_lift_deg.rolling(50).median().plot()
"""

import struct
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zlib import crc32

import numpy as np

from kneecore import rawlog, sessionread
from kneecore import sessionlog as log
from kneesync import untrusted
from kneesync.errors import KneesyncError

_NOMINAL_PERIOD_MS = 64 / 6.667
MOST_FILE_BYTES = 64 << 20  # no board of ours has half as much flash

STRIDE_DTYPE = np.dtype(list(zip(sessionread.STRIDE_FIELDS, ("<u2", "<i2", "<i2", "<u2", "<u2", "u1"), strict=True)))
EVENT_DTYPE = np.dtype([("t_ms", "<u4"), ("kind", "u1"), ("detail", "u1"), ("values", "<i2", (6,))])
_STORED_DTYPE = np.dtype(
    list(zip(("word", *sessionread.STRIDE_FIELDS[1:5]), ("<u2", "<i2", "<i2", "<u2", "<u2"), strict=True))
)
_MARK_DTYPE = np.dtype([("word", "<u2"), ("t_ms", "<u4"), ("rest", "<u4")])  # the same bytes where they state a time
assert _STORED_DTYPE.itemsize == _MARK_DTYPE.itemsize == log.STRIDE_BYTES and EVENT_DTYPE.itemsize == log.EVENT_BYTES

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
    "changed": sessionread.CHANGES,
}
_JOINED = {
    ("clock_s_high", "clock_s_low"): ("clock_s", lambda high, low: (high & 0xFFFF) << 16 | low & 0xFFFF),
    ("period_us", "period_1024ths_us"): ("period_us", lambda whole, part: whole + part / 1024),
}


class NotASessionError(KneesyncError):
    """Bytes that are no session file, or not one intact block of it."""


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
    def start_ms(self):
        """Board uptime at the session's start, ms; t_s counts from it.

        The board opens the file once it is sure that this is a run: the strides up to then are in it and come first.
        """
        known_ms = [int(self.t_ms[0])] if len(self.t_ms) else []
        if self.opened_ms is not None:
            known_ms.append(self.opened_ms)
        return min(known_ms, default=0)

    @property
    def opened_ms(self):
        """Board uptime when the file was opened, ms: the moment of the header's clock. None if unknown."""
        return untrusted.whole(self.header.get("ticks_ms"), 0, 1 << 32)

    @property
    def settings(self):
        """The settings the board ran with: a dict of name to value, unknown and ill-fitting ones left out."""
        from kneecore import settings

        found = self.header.get("settings")
        return settings.merged(found if isinstance(found, dict) else {})[0]

    @property
    def period_ms(self):
        """Time from one raw sample to the next, ms."""
        return _raw_period_ms(self.raw_heads)

    def flagged(self, flag):
        """Bool array: which strides carry `flag` (one of sessionread.FLAGS)."""
        return (self.stride_records["flags"] & flag) != 0

    @cached_property
    def columns(self):
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

    def named_events(self, *kinds, most=None):
        """The events of these kinds (all if none given) as dicts: t_s, kind, and that kind's named values.

        `most`: the last so many at most.
        """
        wanted = np.flatnonzero(np.isin(self.event_records["kind"], list(kinds or sessionread.EVENT_KINDS)))
        return [self._named(event) for event in self.event_records[wanted[-(most or len(wanted)) :]]]

    def _named(self, event):
        kind, detail_name, value_names = sessionread.EVENT_KINDS[int(event["kind"])]
        named = {"t_s": (int(event["t_ms"]) - self.start_ms) / 1000, "kind": kind}
        if detail_name in _WORDS:
            named[detail_name] = _word(_WORDS[detail_name], int(event["detail"]))
        elif detail_name:
            named[detail_name] = int(event["detail"])
        values = [int(value) for value in event["values"]]
        if value_names in _JOINED:
            name, join = _JOINED[value_names]
            named[name] = join(values[0], values[1])
            return named
        for name, value in zip(value_names, values, strict=False):
            ending = next((ending for ending in _UNITS if name.endswith(ending)), "")
            unit, factor = _UNITS.get(ending, ("", 1))
            named[name.removesuffix(ending) + unit] = value * factor
        return named

    @cached_property
    def strides(self):
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
    def events(self):
        """One row an event (pandas DataFrame): t_s (s since the start), kind, and the values of that kind, else NaN.

        The units stand in the names; kinds and values are those of kneecore.sessionread.EVENT_KINDS, with angles in
        deg, up_* and right_* as unit vectors in chip axes, cusum_sigma in standard deviations, period_us the measured
        sample period and clock_s Unix time in s.
        """
        import pandas

        return pandas.DataFrame(self.named_events(), columns=_event_columns())

    @cached_property
    def raw(self):
        """One row an IMU sample, where raw capture was on (pandas DataFrame).

        sample          -      number of the sample since the board's boot
        t_s             s      time since the session's start, as in strides
        gyr_x_lsb, gyr_y_lsb, gyr_z_lsb   counts of 0.070 deg/s, chip axes
        acc_x_lsb, acc_y_lsb, acc_z_lsb   counts of 0.000488 g, chip axes
        """
        import pandas

        first, _, count = self.raw_heads.T
        numbers = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
        columns = {"sample": numbers, "t_s": (_raw_t_ms(numbers, self.raw_heads) - self.start_ms) / 1000}
        for i, name in enumerate(("gyr_x", "gyr_y", "gyr_z", "acc_x", "acc_y", "acc_z")):
            columns[name + "_lsb"] = self.raw_lsb[:, i]
        return pandas.DataFrame(columns)


def _word(words, index):
    return words[index] if index < len(words) else f"unknown ({index})"


def _event_columns():
    """All columns that `events` can have, in the order of EVENT_KINDS."""
    nothing = np.zeros(1, EVENT_DTYPE)[0]
    bare = Session({}, np.zeros(0, STRIDE_DTYPE), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 6)), None)
    names = {}
    for kind in sessionread.EVENT_KINDS:
        nothing["kind"] = kind
        names.update(dict.fromkeys(bare._named(nothing)))
    return list(names)


def read(path):
    """Decode the session file at `path`. NotASessionError if it is none, KneesyncError if it is of a newer format.

    A torn tail or a damaged block loses only itself; `.problems` says so.
    """
    path = Path(path)
    try:
        file_bytes = path.stat().st_size
        if file_bytes > MOST_FILE_BYTES:
            raise KneesyncError(
                f"{_shown(path)} has {file_bytes} bytes, a session at most {MOST_FILE_BYTES}; is it the right file?"
            )
        data = path.read_bytes()
    except OSError as error:
        raise KneesyncError(
            f"cannot read {_shown(path)}: {error.strerror or error}; `kneesync sessions` lists what is kept"
        ) from None
    return decode(data, _shown(path))


def decode(data, called="the file"):
    """Decode a session file's bytes; `called` names it in errors."""
    walk = _Walk()
    try:
        for offset, kind, sequence, payload in sessionread.blocks(data):
            walk.take(offset, kind, sequence, payload)
    except ValueError:
        head = untrusted.printable(repr(bytes(data[:4])))
        raise NotASessionError(
            f"{called} is no kneesync session: found {head} at its start, expected {log.SIGNATURE!r}; "
            "pass a .knee file or an id from `kneesync sessions`"
        ) from None
    if walk.at == 4:
        raise NotASessionError(
            f"{called} is cut or damaged: {len(data)} bytes without one intact block; "
            "pull it again if the board still has it"
        )
    newest = untrusted.whole(walk.header.get("format"), 0, 1 << 16)
    if newest is not None and newest > log.FORMAT:
        raise KneesyncError(
            f"{called} has session format {newest}, this one reads up to {log.FORMAT}: pip install -U kneesync"
        )
    return walk.session(len(data))


class _Walk:
    """Collects blocks in order and keeps count of what is missing between them."""

    def __init__(self):
        self.header = {}
        self.strides, self.stride_counts, self.before_ms = bytearray(), [], []  # all records; of each block, how many
        self.events, self.raw, self.raw_heads = bytearray(), [], []
        self.run = ""
        self.end = None
        self.at = 4  # end of the last intact block
        self.expected = 0
        self.lost_blocks = self.damaged_bytes = self.repeated = self.odd = 0

    def take(self, offset, kind, sequence, payload):
        self.damaged_bytes += offset - self.at
        self.at = offset + log.BLOCK_BYTES + len(payload)
        ahead = (sequence - self.expected) & 0xFFFF
        if ahead >= 0x8000:  # an older block again
            self.repeated += 1
            return
        self.lost_blocks += ahead
        self.expected = (sequence + 1) & 0xFFFF
        if kind == log.HEADER and not self.header:
            try:
                self.header = untrusted.parsed(bytes(payload))
            except KneesyncError:
                self.odd += 1
            boot = untrusted.whole(self.header.get("boot"), 0, 99_999) or 0
            crc = crc32(payload, crc32(struct.pack("<BHH", kind, len(payload), sequence)))
            self.run = f"{boot:05d}-{crc:08x}"
        elif kind == log.STRIDES:
            if records := self._records(payload, log.STRIDES_HEAD_BYTES, log.STRIDE_BYTES):
                self.strides += records
                self.stride_counts.append(len(records) // log.STRIDE_BYTES)
                self.before_ms.append(struct.unpack_from(log.STRIDES_HEAD, payload)[0])
        elif kind == log.EVENTS:
            self.events += self._records(payload, 0, log.EVENT_BYTES)
        elif kind == log.RAW:
            count = sum(n for n, _ in sessionread.raw_groups(payload))
            if count:
                self.raw.append(payload)
                self.raw_heads.append((*struct.unpack_from(rawlog.HEAD, payload)[:2], count))
            else:
                self.odd += 1
        elif kind == log.END and len(payload) >= log.END_BYTES:
            reason, t_ms, strides = struct.unpack_from(log.END_PAYLOAD, payload)
            self.end = {"reason": _word(log.END_REASONS, reason), "t_ms": t_ms, "strides": strides}

    def _records(self, payload, head_bytes, record_bytes):
        """The bytes of a payload's whole records behind its head."""
        count, rest = divmod(len(payload) - head_bytes, record_bytes)
        if count < 0 or rest:
            self.odd += 1
        return payload[head_bytes : head_bytes + max(0, count) * record_bytes]

    def session(self, file_bytes):
        stride_records, t_ms = self._take_strides()
        session = Session(
            header=self.header,
            stride_records=stride_records,
            t_ms=t_ms,
            event_records=np.frombuffer(self.events, EVENT_DTYPE),
            raw_heads=np.array(self.raw_heads, dtype=np.int64).reshape(-1, 3),
            raw_lsb=_raw_samples(self.raw, sum(count for _, _, count in self.raw_heads)),
            end=self.end,
            file_bytes=file_bytes,
            run=untrusted.run_id(self.header.get("run")) or self.run,
            segment=untrusted.whole(self.header.get("segment"), 1, 9999) or 1,
        )
        session.problems = list(self._problems(session, file_bytes - self.at))
        return session

    def _take_strides(self):
        """(STRIDE_DTYPE records, int64 board times in ms) of the strides blocks, which are given away with it."""
        stored = np.frombuffer(self.strides, _STORED_DTYPE)
        self.strides = None  # an hour's worth need not stand in memory three times
        marks = np.flatnonzero(stored["word"] & log.TIME_MARK == log.TIME_MARK)
        # From each block's start on times count from `before_ms`, from each mark on from what it states.
        firsts = np.cumsum([0, *self.stride_counts])[:-1]
        at = np.concatenate([firsts - np.searchsorted(marks, firsts), marks - np.arange(len(marks))])
        from_ms = np.concatenate([np.array(self.before_ms, np.int64), stored[marks].view(_MARK_DTYPE)["t_ms"]])
        order = np.argsort(at, kind="stable")  # a mark at a block's start has the last word
        at, from_ms = at[order], from_ms[order]
        strides = np.delete(stored, marks) if len(marks) else stored
        records = np.empty(len(strides), STRIDE_DTYPE)
        records["dt_ms"] = strides["word"] & log.TIME_MARK
        records["flags"] = strides["word"] >> log.FLAGS_SHIFT
        for name in sessionread.STRIDE_FIELDS[1:5]:
            records[name] = strides[name]
        del stored, strides
        t_ms = records["dt_ms"].astype(np.int64)
        if len(t_ms):
            holds = at < np.append(at[1:], len(t_ms))  # a stride comes before the next start
            at, from_ms = at[holds], from_ms[holds]
            ended_ms = from_ms + np.add.reduceat(t_ms, at)
            t_ms[at] += from_ms - np.concatenate([[0], ended_ms[:-1]])  # so that one running sum does for all
            np.cumsum(t_ms, out=t_ms)
        return records, t_ms

    def _problems(self, session, tail_bytes):
        if not self.header:
            yield "the header is missing or damaged: settings, leg and start time are unknown"
        if self.lost_blocks or self.damaged_bytes:
            yield f"{self.damaged_bytes} damaged bytes passed over, {self.lost_blocks} blocks lost with what they held"
        if self.repeated:
            yield f"{self.repeated} blocks stood in it twice or out of order and were passed over"
        if self.odd:
            yield f"{self.odd} blocks hold other than whole records; the whole ones are used"
        if tail_bytes > 0:
            yield f"the last {tail_bytes} bytes are torn; all before them holds"
        if self.end is None:
            yield "no end mark: the run was cut; strides up to the last save hold"
        elif self.end["strides"] != len(session.stride_records):
            yield f"the end mark counts {self.end['strides']} strides, the file holds {len(session.stride_records)}"
        if np.any(session.t_ms[1:] < session.t_ms[:-1]):
            yield "stride times run backwards in places: rates over time are not to be trusted"
        unknown = len(set(session.event_records["kind"].tobytes()) - set(sessionread.EVENT_KINDS))
        if unknown:
            yield f"{unknown} kinds of event are unknown to this version and left out"


def _raw_t_ms(numbers, heads):
    """Board time of each sample, ms: on the line from its block's head to the next."""
    if len(heads) == 0:
        return np.zeros(0)
    number, t_ms = _ascending(heads)
    behind_ms = np.maximum(0, numbers - number[-1]) * _raw_period_ms(heads)  # the last block has no next one
    return np.interp(numbers, number, t_ms) + behind_ms


def _raw_samples(payloads, count):
    """int16 (count, 6) of raw blocks' payloads."""
    samples = np.empty((count, 6), np.int16)
    at = 0
    for payload in payloads:
        start = at
        for n, channels in sessionread.raw_groups(payload):
            for channel, (width, offset) in enumerate(channels):
                samples[at : at + n, channel] = _raw_differences(payload, n, width, offset)
            at += n
        first = struct.unpack_from(rawlog.HEAD, payload)[2:]
        block = samples[start:at]
        np.cumsum(block, axis=0, dtype=np.int16, out=block)
        block += np.array(first, np.int16)
    return samples


def _raw_differences(payload, n, width, offset):
    if width != 1:
        return np.frombuffer(payload, "<i2" if width else "i1", n, offset)
    low, second, high = np.frombuffer(payload, "u1", (n + 1) // 2 * 3, offset).reshape(-1, 3).T.astype(np.int16)
    pairs = np.stack([low | (high & 15) << 8, second | (high >> 4) << 8], axis=1)
    return ((pairs.ravel() ^ 2048) - 2048)[:n]


def _ascending(heads):
    number, t_ms = heads[:, 0], heads[:, 1]
    ascending = np.concatenate([[True], np.diff(np.maximum.accumulate(number)) > 0])
    return number[ascending], t_ms[ascending]


def _raw_period_ms(heads):
    number, t_ms = _ascending(heads) if len(heads) else ((), ())
    return (t_ms[-1] - t_ms[0]) / (number[-1] - number[0]) if len(number) > 1 else _NOMINAL_PERIOD_MS


def _shown(path):
    return untrusted.printable(str(path), 200)
