"""What a reader of session files needs beyond their layout: what the events mean, and the walk over the blocks.

Apart from `sessionlog` because the board only writes: it never loads this.
"""

import struct
from binascii import crc32

from .rawlog import GROUP, GROUP_BYTES, HEAD_BYTES, RAW_STOPPED, SYNC
from .sessionlog import (
    ACTIVITY,
    ALIGNED,
    BASELINE,
    BATTERY,
    BLOCK,
    BLOCK_BYTES,
    CLIPPED,
    CLOCK,
    CRC_AT,
    CUE,
    CUE_CLEARED,
    CUE_HELD,
    END,
    FIRST,
    FLAGS_SHIFT,
    HEADER,
    IMU_FAULT,
    LOST,
    MAX_PAYLOAD_BYTES,
    MOTOR,
    PAUSE,
    RATE,
    RESTRAPPED,
    RESUME,
    SAMPLES_LOST,
    SIGNATURE,
    START,
    STRIDE,
    STRIDE_BYTES,
    STRIDES_HEAD,
    STRIDES_HEAD_BYTES,
    STUCK,
    TIME,
    TIME_MARK,
    UNLEARNT,
    UNSURE,
    WANDER,
    WATCHED,
)  # fmt: skip

MOST_DAMAGED = 255  # blocks in a row; a reader looks no further
_CUE = ("drop_cdeg", "knee_lift_cdeg", "expected_cdeg", "cusum_tenths", "stride_ms", "pulse_ms")
# kind -> (name, meaning of detail, meaning of the six values)
EVENT_KINDS = {
    START: ("start", "start_reason", ()),
    PAUSE: ("pause", None, ()),
    RESUME: ("resume", None, ()),
    ALIGNED: (
        "aligned",
        "sure_percent",
        ("up_x_q14", "up_y_q14", "up_z_q14", "right_x_q14", "right_y_q14", "right_z_q14"),
    ),
    BASELINE: (
        "baseline",
        "band",
        ("knee_lift_cdeg", "sigma_cdeg", "stride_ms", "extension_cdeg", "slope_cdeg", "slope_error_cdeg"),
    ),
    CUE: ("cue", "in_row", _CUE),
    CUE_CLEARED: ("cue_cleared", None, ("drop_cdeg", "knee_lift_cdeg", "expected_cdeg")),
    RATE: ("rate", None, ("period_us", "period_1024ths_us")),
    CLOCK: ("clock", None, ("clock_s_high", "clock_s_low")),
    BATTERY: ("battery", "percent", ("battery_mv",)),
    IMU_FAULT: ("imu_fault", "errno", ("faults",)),
    SAMPLES_LOST: ("samples_lost", None, ("gap_ms",)),
    STUCK: ("stuck", "stuck_sensor", ()),
    RESTRAPPED: ("restrapped", "leans", ()),
    ACTIVITY: ("activity", "activity", ()),
    SYNC: ("sync", "taps", ()),
    RAW_STOPPED: ("raw_stopped", None, ()),
    CUE_HELD: ("cue_held", "held_by", _CUE),
    WATCHED: ("watched", "watched", ("change_cdeg",)),
    UNLEARNT: ("unlearnt", None, ("learnt_s", "needed_s", "running_s")),
    WANDER: ("wander", "rises", ("wander_cdeg",)),
}
STRIDE_FIELDS = ("dt_ms", "knee_lift_cdeg", "extension_cdeg", "swing_up_ddps", "swing_back_ddps", "flags")
FLAGS = (("first", FIRST), ("unsure", UNSURE), ("clipped", CLIPPED), ("lost", LOST), ("motor", MOTOR))
# What the details of these events count in.
START_REASONS = ("running", "button", "resumed")
HELD = ("", "silence", "answered", "muted", "quiet", "observing", "fading", "experiment")
WATCHED_WORDS = (
    "lift_lower",
    "lift_higher",
    "extension_more",
    "extension_less",
    "range_less",
    "range_more",
    "lift_back",
    "extension_back",
    "range_back",
)
STUCK_SENSORS = ("", "gyroscope", "accelerometer")
ACTIVITIES = ("unknown", "standing", "raises", "walking", "running", "drill")


def strides(payload):
    """The strides of a strides block's payload: yields (t_ms, and STRIDE_FIELDS)."""
    (t_ms,) = struct.unpack_from(STRIDES_HEAD, payload)
    for at in range(STRIDES_HEAD_BYTES, len(payload) - STRIDE_BYTES + 1, STRIDE_BYTES):
        word, lift_cdeg, extension_cdeg, up_ddps, back_ddps = struct.unpack_from(STRIDE, payload, at)
        dt_ms = word & TIME_MARK
        if dt_ms == TIME_MARK:
            t_ms = struct.unpack_from(TIME, payload, at)[1]
        else:
            t_ms += dt_ms
            yield t_ms, dt_ms, lift_cdeg, extension_cdeg, up_ddps, back_ddps, word >> FLAGS_SHIFT


def raw_groups(payload):
    """The whole groups of a raw block's payload: yields (samples, [(width, offset) of each channel])."""
    at = HEAD_BYTES
    while at + GROUP_BYTES <= len(payload):
        n, widths = struct.unpack_from(GROUP, payload, at)
        at += GROUP_BYTES
        channels = []
        for _ in range(6):
            width = widths & 3
            channels.append((width, at))
            at += (n, (n + 1) // 2 * 3, 2 * n, len(payload) + 1)[width]
            widths >>= 2
        if n == 0 or at > len(payload):
            return
        yield n, channels


def blocks(data):
    """Walk the intact blocks of a session file's bytes: yields (offset, kind, sequence, payload).

    Behind damage it looks for the next intact block of a kind it knows whose sequence is a little further on.
    ValueError if `data` is no session file at all.
    """
    return Blocks().of(data, last=True)


class Blocks:
    """The same walk over a file that comes in pieces: what it yields depends on the whole file, not on how it came."""

    def __init__(self):
        self.rest = b""  # what was taken and not yet decided on
        self._at = 0  # of the rest's first byte in the file
        self._expected = 0
        self._whole = True  # nothing is damaged between the block before and the rest

    def of(self, data, last=False):
        """The blocks that `data`, the file's next bytes, complete; with `last` the file ends with them. As blocks().

        Where a block, or what damage makes of one, reaches past what has come, it waits for more.
        """
        if self.rest:
            data = self.rest + data
        view = memoryview(data)
        ends = len(data)
        at = 0
        if not self._at:
            if bytes(data[:4]) != SIGNATURE[: 4 if last else min(4, ends)]:
                self.rest = bytes(data[:4])
                raise ValueError("no session file: it starts with %s, not %s" % (repr(self.rest), repr(SIGNATURE)))
            at = 4
        before, expected, whole = self._at, self._expected, self._whole
        unpack = struct.unpack_from
        most = ends - BLOCK_BYTES
        while at <= most:
            kind, length, sequence, crc = unpack(BLOCK, data, at)
            starts = at + BLOCK_BYTES
            end = starts + length
            likely = whole or (HEADER <= kind <= END and (sequence - expected) & 0xFFFF <= MOST_DAMAGED)
            if likely and 0 < length <= MAX_PAYLOAD_BYTES:
                if end <= ends:
                    payload = view[starts:end]
                    if crc32(payload, crc32(view[at : at + CRC_AT])) == crc:
                        yield before + at, kind, sequence, payload
                        at = end
                        expected = sequence + 1
                        whole = True
                        continue
                elif not last:
                    break
            at += 1
            whole = False
        if at <= ends:  # else the signature is not whole yet
            self.rest = bytes(view[at:])
            self._at, self._expected, self._whole = before + at, expected, whole
        else:
            self.rest = data
