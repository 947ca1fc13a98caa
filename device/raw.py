"""Every IMU sample too, delta-coded, and sync marks; at 208 Hz the pipeline's 104 Hz, made from pairs. Loaded if `raw`
is on.

    raw = Raw(recorder, 208)
    feed = raw.into(pipeline)            # stands in for pipeline.feed
    raw.open(room_bytes)
    raw.keep(channels, n, clock)         # after each feed, while a session is open
    raw.gap(ms)

A burst becomes a group: for each channel the deltas in 8, 12 or 16 bits, as its largest needs. kneecore.rawlog has the
layout. Measured (bench/recorder.py): 8.6 bytes a sample of 12. keep() and feed allocate nothing.
"""

from array import array
from struct import pack_into

import board
from imu import BURST_SAMPLES
from micropython import const
from sessionfile import Block
from signals import SYNC
from taps import NONE, TAPS, Taps

from kneecore import rawlog
from kneecore import sessionlog as log

STRIDES_BYTES = const(262144)  # of what is free stay for strides: four hours
_STEP = const(7)  # imu.STEP, which would be looked up each time
_MOST_BYTES = const(3840)
_GROUP_BYTES = const(399)  # of BURST_SAMPLES + 1 at 12 bytes
_BYTES_A_SAMPLE = const(10)  # to tell how long it will last


def keep_raw(recorder, settings):
    """Have `recorder` keep raw samples; returns the IMU's rate for that."""
    rate_hz = int(settings["raw.rate_hz"])
    recorder.raw = Raw(recorder, rate_hz)
    return rate_hz


class Raw:
    """`block`: what waits for the flash. `is_on`: there is a session and room. `minutes`: room at the opening."""

    def __init__(self, recorder, rate_hz):
        self._recorder = recorder
        self.rate_hz = rate_hz
        self.block = Block(log.RAW, _MOST_BYTES)
        self.is_on = False
        self.minutes = 0
        self.number = 0  # of the next sample
        self._most_bytes = 0  # of the file with raw samples in it
        self.sync_ms = 0  # of the last sync mark; 0: none since the last session
        self._synced = False  # and nobody has been told
        self._taps = Taps(rate_hz)
        self._cut = False
        self._last = array("h", bytes(12))
        self._width = 0
        self._half = array("h", bytes(12))
        self._has_half = False
        self._means = tuple([array("h", bytes(BURST_SAMPLES + 2)) for _ in range(6)])
        self._pipeline = None

    def into(self, pipeline):
        """From now on the samples go into that pipeline, by the function that this returns."""
        self._pipeline = pipeline
        self._has_half = False
        return self._feed if self.rate_hz == 208 else pipeline.feed

    def open(self, room_bytes):
        """A session opens with so much room on the flash."""
        self._most_bytes = room_bytes - STRIDES_BYTES
        self.minutes = max(0, self._most_bytes // (_BYTES_A_SAMPLE * 60 * self.rate_hz))
        self.is_on = self.minutes > 0
        board.say("room for %d minutes of raw samples" % self.minutes)
        self.block.used = 0
        if self.sync_ms:  # made before the run
            self._mark()

    def tell(self, now_ms, sign):
        """Let the runner know of a new sync mark: sign(now_ms, signals.SYNC)."""
        if self._synced:
            self._synced = False
            board.say("sync mark at %d ms" % self.sync_ms)
            sign(now_ms, SYNC)

    def close(self):
        """The session is over."""
        self.is_on = False
        self.sync_ms = 0

    def _mark(self):
        self._recorder.event(self.sync_ms, rawlog.SYNC, TAPS, 0, 0, 0, 0, 0, 0)

    def _feed(self, channels, step, n, waiting, t_ms):
        """Pipeline.feed at 208 Hz: means of pairs."""
        means = self._means
        half = self._half
        odd = self._has_half
        for c in range(6):
            channel = channels[c]
            mean = means[c]
            i = 0
            if odd:
                mean[0] = half[c] + channel[0] >> 1
                i = 1
            for k in range(i * step, (n - 1) * step, 2 * step):
                mean[i] = channel[k] + channel[k + step] >> 1
                i += 1
            half[c] = channel[(n - 1) * step]
        n += odd
        self._has_half = bool(n & 1)
        self._pipeline.feed(means, 1, n >> 1, waiting + (n & 1) >> 1, t_ms)

    def gap(self, ms):
        """So much is missing before the next keep(): numbers go on as time does."""
        self._cut = True
        self._has_half = False
        self.number += ms * self.rate_hz // 1000

    def keep(self, channels, n, clock):
        """Take in a burst; `clock`: the pipeline's, which has just been fed it."""
        if not self._pipeline.state.run.running:
            at = self._taps.look(channels, n)
            if at != NONE:
                self.sync_ms = clock.time_ms(clock.count - (n - at) * 104 // self.rate_hz, 0)
                self._synced = True
                self._mark()
        if self.is_on:
            block = self.block
            if self._cut or block.used + _GROUP_BYTES > block.most:
                self._cut = False
                if self._recorder.put(block) >= self._most_bytes:
                    self.is_on = False
                    self._recorder.event(clock.at_ms, rawlog.RAW_STOPPED, 0, 0, 0, 0, 0, 0, 0)
                    return
            if block.used == 0:
                self._begin(channels, n, clock)
            self._group(channels, n)
        self.number += n

    def _begin(self, channels, n, clock):
        last = self._last
        for c in range(6):
            last[c] = channels[c][0]
        pairs = self.rate_hz == 208
        t_ms = clock.time_ms(clock.count - (n >> pairs), -128 if pairs else 0)
        x, y, z, u, v, w = last
        pack_into(rawlog.HEAD, self.block.buffer, log.BLOCK_BYTES, self.number, t_ms, x, y, z, u, v, w)
        self.block.used = rawlog.HEAD_BYTES

    def _group(self, channels, n):
        block = self.block
        start = log.BLOCK_BYTES + block.used
        at = start + rawlog.GROUP_BYTES
        widths = 0
        last = self._last
        for c in range(6):
            at = self._channel(at, channels[c], last[c], n)
            last[c] = channels[c][(n - 1) * _STEP]
            widths |= self._width << 2 * c
        pack_into(rawlog.GROUP, block.buffer, start, n, widths)
        block.used = at - log.BLOCK_BYTES

    def _channel(self, at, x, old, n):
        """A channel's differences from `old` on, at buffer[at:], and their `_width`. Returns where they end."""
        buffer = self.block.buffer
        first = old
        start = at
        size = 0
        # 12 bits is what running mostly takes: written at once, and anew where it is not so
        for k in range(0, (n & ~1) * _STEP, 2 * _STEP):
            a = x[k]
            v = a - old
            old = x[k + _STEP]
            w = old - a
            size |= v ^ v >> 15 | w ^ w >> 15
            buffer[at] = v
            buffer[at + 1] = w
            buffer[at + 2] = v >> 8 & 15 | w >> 4 & 240
            at += 3
        if n & 1:
            v = x[(n - 1) * _STEP] - old
            size |= v ^ v >> 15
            buffer[at] = v
            buffer[at + 1] = 0
            buffer[at + 2] = v >> 8 & 15
            at += 3
        if 128 <= size < 2048:
            self._width = 1
            return at
        self._width = wide = 2 if size >= 2048 else 0
        for k in range(0, n * _STEP, _STEP):
            a = x[k]
            buffer[start] = a - first
            start += 1
            if wide:
                buffer[start] = a - first >> 8
                start += 1
            first = a
        return start
