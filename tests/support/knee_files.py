"""Builds session files for tests, with kneecore's own block writer: the bytes a board would have written."""

import hashlib
import json
import struct
from itertools import pairwise

from kneecore import rawlog, settings
from kneecore import sessionlog as log

BOARD = "e66118604b1a2b3c"
NEWEST_UNIX_S = 1_795_331_520  # 2026-11-22 07:12 UTC


def stored(row):
    """A stride's record from its values as sessionread.STRIDE_FIELDS, or a time mark from its ms."""
    if isinstance(row, int):
        return struct.pack(log.TIME, log.TIME_MARK, row, 0)
    dt_ms, *angles_and_rates, flags = row
    return struct.pack(log.STRIDE, dt_ms | flags << log.FLAGS_SHIFT, *angles_and_rates)


def raw_group(rows):
    """The group of rows[1:], by the format's words alone."""
    n, widths, coded = len(rows) - 1, 0, b""
    for channel in range(6):
        deltas = [(b[channel] - a[channel] + 0x8000) % 0x10000 - 0x8000 for a, b in pairwise(rows)]
        size = max(*deltas, -1 - min(deltas))
        width = 0 if size < 128 else 1 if size < 2048 else 2
        widths |= width << 2 * channel
        if width == 1:
            padded = [delta & 0xFFF for delta in deltas] + [0] * (n % 2)
            for one, other in zip(padded[::2], padded[1::2], strict=True):
                coded += bytes([one & 255, other & 255, one >> 8 | other >> 8 << 4])
        else:
            coded += struct.pack(f"<{n}{'bxh'[width]}", *deltas)
    return struct.pack(rawlog.GROUP, n, widths) + coded


class KneeFile:
    """A session file block by block; .data are its bytes so far."""

    def __init__(self, **header):
        self.data = bytearray(log.SIGNATURE)
        self.sequence = 0
        self.strides = 0
        fields = {
            "format": log.FORMAT,
            "firmware": "0.1.0",
            "board": BOARD,
            "leg": "L",
            "chip": "LSM6DSOX",
            "settings": settings.defaults(),
            "boot": 7,
            "ticks_ms": 20_000,
            "clock_s": 0,
            "ranges": {"gyr_dps": 2000, "acc_g": 16},
        }
        fields.update(header)
        self.block(log.HEADER, json.dumps(fields).encode())

    def block(self, kind, payload):
        buffer = bytearray(log.BLOCK_BYTES + len(payload))
        buffer[log.BLOCK_BYTES :] = payload
        log.seal(buffer, memoryview(buffer), kind, len(payload), self.sequence)
        self.sequence += 1
        self.data += buffer
        return self

    def stride_block(self, before_ms, rows):
        """rows: tuples as sessionread.STRIDE_FIELDS; a whole number is a time mark."""
        self.strides += sum(not isinstance(row, int) for row in rows)
        return self.block(log.STRIDES, struct.pack(log.STRIDES_HEAD, before_ms) + b"".join(map(stored, rows)))

    def events(self, *events):
        """events: (t_ms, kind, detail, values...)."""
        payload = b""
        for t_ms, kind, detail, *values in events:
            payload += struct.pack(log.EVENT, t_ms, kind, detail, *(values + [0] * (6 - len(values))))
        return self.block(log.EVENTS, payload)

    def raw(self, first, samples, t_ms=0):
        """Raw samples (rows of six counts), in groups of up to 24 as wide as they need."""
        payload = struct.pack(rawlog.HEAD, first, t_ms, *samples[0])
        before = samples[0]
        for at in range(0, len(samples), 24):
            group = samples[at : at + 24]
            payload += raw_group([before, *group])
            before = group[-1]
        return self.block(log.RAW, payload)

    def end(self, t_ms, reason=0):
        return self.block(log.END, struct.pack(log.END_PAYLOAD, reason, t_ms, self.strides))


def tired_run(minutes=25, drop_cdeg=500, **header):
    """A run whose knee lift falls by drop_cdeg over its second half; one cue, answered. Deterministic."""
    file = KneeFile(**header)
    t_ms, count, rows, before_ms = 26_000, minutes * 90, [], 26_000
    cue_at = int(count * 0.8)
    for i in range(count):
        dt_ms = 667 + (i * 37) % 11 - 5
        late = max(0.0, (i / count - 0.5) * 2)
        wave = (i * 7919) % 201 - 100
        lift_cdeg = 4200 - int(drop_cdeg * late) + wave
        flags = log.FIRST | log.UNSURE if i == 0 else log.UNSURE if i < 12 else log.MOTOR if i == cue_at else 0
        rows.append((dt_ms, lift_cdeg, -1500 + wave // 3, 3900 - int(200 * late), 4100, flags))
        t_ms += dt_ms
        if len(rows) == 60:
            file.stride_block(before_ms, rows)
            rows, before_ms = [], t_ms
        if i == 540:
            file.events((t_ms, log.BASELINE, 36, 4200, 100, 667, -1500))
        if i == cue_at:
            file.events((t_ms, log.CUE, 1, 330, 3870, 4200, 61, 667, 300))
        if i == cue_at + 80:
            file.events((t_ms, log.CUE_CLEARED, 0, 140, 4060, 4200))
    if rows:
        file.stride_block(before_ms, rows)
    file.end(t_ms)
    return file


def put(folder, data, start_unix_s=NEWEST_UNIX_S, name="00007-1.knee", **said):
    """A session's file and its sidecar in a library's folder, as a pull leaves them; its id."""
    sha256 = hashlib.sha256(data).hexdigest()
    (folder / "sessions").mkdir(parents=True, exist_ok=True)
    note = {"board": BOARD, "name": name, "bytes": len(data), "sha256": sha256, "pulled_unix_s": NEWEST_UNIX_S + 9000}
    note.update(start_unix_s=start_unix_s, start_from="pull" if start_unix_s else "unknown", **said)
    (folder / "sessions" / f"{sha256[:10]}.knee").write_bytes(data)
    (folder / "sessions" / f"{sha256[:10]}.json").write_text(json.dumps(note))
    return sha256[:10]
