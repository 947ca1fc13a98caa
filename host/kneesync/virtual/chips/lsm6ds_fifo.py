"""The FIFO of the LSM6DSOX family: tagged words of 7 bytes (data sheet DS12814, sections 6 and 9; AN5272).

Words of the time slots to come are built some thousand at once; what is in the FIFO is a slice of them, so that a burst
of hundreds of bytes costs microseconds.
"""

from bisect import bisect_right

import numpy as np

from kneesync.virtual.chips.lsm6ds_sensing import Sensing

WORDS = 512  # section 6: 3 kB of data at 6 bytes a word, and a tag byte each
WORD_BYTES = 7
BYPASS, FILL_ONCE, CONTINUOUS = 0, 1, 6  # FIFO_CTRL4 FIFO_MODE; 001 is called "FIFO mode"
TAG_GYRO, TAG_ACCEL = 0x01, 0x02  # FIFO_DATA_OUT_TAG, TAG_SENSOR

_AHEAD_SLOTS = 2048


class Fifo:
    """The words stored so far.

    Whoever owns the registers sets `mode`, `dividers`, `watermark`, `stop_at_watermark`, `count_limit` and `count_tag`,
    calls `replan` after a change to what shapes words to come, and `advance` before looking at anything.
    """

    def __init__(self, sensing: Sensing) -> None:
        self._sensing = sensing
        self.lost = 0  # words overwritten, or not stored, because it was full
        self.empty_reads = 0
        self.was_read = False  # somebody took a word of this feed
        self.reset(0)

    def reset(self, tick: int) -> None:
        """As after a reset of the chip: bypass, empty."""
        self.mode = BYPASS
        self.disordered = False
        self.dividers: tuple[int, int] = (0, 0)  # ticks between two words of gyroscope and accelerometer, 0: none
        self.watermark, self.stop_at_watermark = 0, False
        self.count_limit, self.count_tag, self.count = 0, TAG_ACCEL, 0
        self._latched = False
        self._tag = 0  # of the newest word
        self.clear(tick)

    def clear(self, tick: int) -> None:
        """Empty, as by a change of mode; TAG_CNT begins anew."""
        self._bytes = bytearray()
        self._overrun = self._counted = self._stored = False
        self.replan(tick)

    def replan(self, tick: int) -> None:
        """Rates, ranges, mode or feed change at `tick`: what was built for later no longer holds."""
        if not self.was_read and not self._stored:
            self._sensing.start_tick = None  # nobody has had a sample of the feed: it begins with the next one stored
        self._words, self._ticks, self._at = b"", [], 0
        self._built_to = tick
        self._tag_from = None

    @property
    def level(self) -> int:
        """Words in it."""
        return len(self._bytes) // WORD_BYTES

    def _depth(self):
        return self.watermark if self.stop_at_watermark and self.watermark else WORDS

    def advance(self, tick: int) -> None:
        """Store what was sampled up to `tick`."""
        while self._at < len(self._ticks) or self._built_to < tick:
            if self._at == len(self._ticks) and not self._build(tick):
                return
            end = bisect_right(self._ticks, tick, self._at)
            if end == self._at:
                return
            self._store(end)

    def read(self, offset: int, n: int) -> bytes:
        """`n` bytes on from byte `offset` of the oldest word. A word is gone once its last byte was read: ST's own
        drivers read tag and data in two transfers, so reading the tag alone takes nothing away."""
        values = bytes(self._bytes[offset : offset + n])
        gone = (offset + n) // WORD_BYTES
        if gone:
            self.was_read = True
            del self._bytes[: WORD_BYTES * gone]
            self._overrun = self._overrun and self.level >= self._depth()
        if len(values) < n:  # what an empty FIFO gives is not documented
            self.empty_reads += -(-(n - len(values)) // WORD_BYTES)
            values += bytes(n - len(values))
        if self.disordered and n % WORD_BYTES == 0:
            words = [values[at : at + WORD_BYTES] for at in range(0, n, WORD_BYTES)]
            values = b"".join(reversed(words))
        return values

    def status2(self) -> int:
        """FIFO_STATUS2 (3Bh): flags, and bits 9:8 of the level. Reading clears FIFO_OVR_LATCHED and COUNTER_BDR_IA.

        FIFO_OVR_IA follows AN5272: full, and something was overwritten (in FIFO mode: full). The data sheet lets
        COUNTER_BDR_IA be "reset when these registers are read", which may also mean COUNTER_BDR_REG1/2.
        """
        level, depth = self.level, self._depth()
        coming = 0  # words of the next time slot
        if self._at < len(self._ticks):
            coming = bisect_right(self._ticks, self._ticks[self._at], self._at) - self._at
        flags = (
            bool(self.watermark and level >= self.watermark) << 7
            | self._overrun << 6
            | bool(coming and level + coming >= depth) << 5
            | self._counted << 4
            | self._latched << 3
        )
        self._latched = self._counted = False
        return flags | level >> 8

    def _build(self, tick):
        """Words of the time slots after `_built_to`; False, and caught up with `tick`, if nothing is stored."""
        dividers = [divider for divider in self.dividers if divider]
        if self.mode == BYPASS or not dividers:
            self._built_to = tick
            return False
        self._slot = min(dividers)
        first = (self._built_to // self._slot + 1) * self._slot
        if self._sensing.start_tick is None:
            self._sensing.start_tick = first
        if self._tag_from is None:  # TAG_CNT goes on from the newest word
            self._tag_from = first - ((self._tag >> 1 & 3) + 1) * self._slot if self._stored else first
        ticks = first + self._slot * np.arange(_AHEAD_SLOTS, dtype=np.int64)
        self._words, stamps = self._encode(ticks, self._sensing.samples(ticks))
        self._ticks, self._at = stamps.tolist(), 0
        self._built_to = int(ticks[-1])
        return True

    def _encode(self, ticks, samples):
        """(bytes, tick of each word) of the time slots `ticks`; in a slot the gyroscope's word comes first."""
        words = np.zeros((len(ticks), 2, WORD_BYTES), dtype=np.uint8)
        words[:, :, 1:] = samples.astype("<i2").view(np.uint8).reshape(-1, 2, 6)
        slot = (ticks - self._tag_from) // self._slot & 3
        for column, sensor in enumerate((TAG_GYRO, TAG_ACCEL)):
            tag = sensor << 3 | slot << 1
            ones = tag ^ tag >> 4
            ones ^= ones >> 2
            words[:, column, 0] = tag | (ones ^ ones >> 1) & 1  # TAG_PARITY makes the number of ones even
        due = [ticks % d == 0 if d else np.zeros(len(ticks), dtype=bool) for d in self.dividers]
        batched = np.stack(due, axis=1)
        return words[batched].tobytes(), np.broadcast_to(ticks[:, None], batched.shape)[batched]

    def _store(self, end):
        words, stamps = self._words[WORD_BYTES * self._at : WORD_BYTES * end], self._ticks[self._at : end]
        if self._sensing.shakes(stamps[0], stamps[-1]):  # known only now that the time has come
            ticks = np.unique(stamps)
            words = self._encode(ticks, self._sensing.shaken_samples(ticks))[0]
        self._at = end
        self._stored = True
        self._tag = words[-WORD_BYTES]
        if self.count_limit:
            self.count += sum(tag >> 3 == self.count_tag for tag in words[::WORD_BYTES])
            self._counted |= self.count >= self.count_limit
            self.count %= self.count_limit
        self._bytes += words
        depth = WORD_BYTES * self._depth()
        excess = len(self._bytes) - depth
        if excess > 0:
            self.lost += excess // WORD_BYTES
            if self.mode == FILL_ONCE:
                del self._bytes[depth:]
            else:
                del self._bytes[:excess]
        if excess > 0 or (not excess and self.mode == FILL_ONCE):
            self._overrun = self._latched = True
