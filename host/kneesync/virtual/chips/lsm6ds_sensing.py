"""The sensing half of an LSM6DS chip: its clock, and a feed's samples as the counts of the ranges that are set.

All data rates divide one counter of 6667 Hz, times the part's own deviation, by powers of two. So the chip's samples at
104 Hz are the feed's own; at other rates they interpolate the feed linearly.

While a motor on the board turns, also while it coasts (erm.py), its shaking is added: at full speed 0.08 g and 3 dps
turning at 170 Hz in a seeded plane. The figures are our guess at what passes the chip's filters, not a measurement:
enough to see whether flagged samples are left out.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from kneesync.simulation.feed import NOMINAL_HZ, Feed
from kneesync.virtual.chips import erm

FEED_UG, FEED_UDPS = 488, 70000  # µg and µ°/s a count, as feeds hold them
TICKS_A_SAMPLE = 64  # 6667 Hz to 104 Hz

_SHAKE_HZ, _SHAKE_G, _SHAKE_DPS = 170.0, 0.08, 3.0
_LONG_BEFORE = 1 << 34  # samples: the feed stands there, however long the board has been on


class Motor(Protocol):
    """What shakes the samples: a Drv2605 or a PinMotor."""

    stalled: bool

    def pulses(self, from_us: float, to_us: float, /) -> Sequence[tuple[float, float, str, float]]: ...


class Sensing:
    """Counter steps ("ticks") to time and to samples. `motor`: whose shaking is added, or None."""

    def __init__(self, now_us: int, feed: Feed, motor: Motor | None = None, seed: int = 0) -> None:
        self.gyro_udps, self.acc_ug = FEED_UDPS, FEED_UG  # the ranges; set by whoever owns the registers
        self.spoil: Callable[[np.ndarray], np.ndarray] | None = None
        self.start_tick: int | None = None  # of the feed's sample 0; None while nobody has had one: the thigh stands
        self._motor = motor
        self._shake_axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0][:, :2]
        self._from_us, self._from_tick = now_us, 0
        self._begin(feed)

    def _begin(self, feed):
        self.feed = feed
        self._ticks_per_us = feed.fs_hz * TICKS_A_SAMPLE / 1e6
        self.start_tick = None

    def play(self, feed: Feed, now_us: int) -> None:
        """Go over to another feed, and to its clock."""
        self._from_us, self._from_tick = now_us, self.tick(now_us)
        self._begin(feed)

    def tick(self, now_us: int) -> int:
        """The counter at a time."""
        return self._from_tick + int((now_us - self._from_us) * self._ticks_per_us)

    def time_us(self, tick):
        """When the counter reaches `tick` (a number or an array), as a float."""
        return self._from_us + (tick - self._from_tick) / self._ticks_per_us

    def freq_fine(self) -> int:
        """INTERNAL_FREQ_FINE (63h): the part's deviation from 6667 Hz in steps of 0.15 %, -128..127."""
        return max(-128, min(127, round((self.feed.fs_hz / NOMINAL_HZ - 1) / 0.0015)))

    def shakes(self, from_tick: int, to_tick: int) -> bool:
        """Whether the motor turned between these two ticks."""
        return bool(self._driven(from_tick, to_tick))

    def samples(self, ticks: np.ndarray) -> np.ndarray:
        """int16 (n, 6): gyro and acceleration at these ticks (ascending) without the motor; ranges saturate."""
        return self._ranged(self._counts(ticks))

    def shaken_samples(self, ticks: np.ndarray) -> np.ndarray:
        """The same, with the motor's shaking where it turned."""
        t_us = self.time_us(ticks)
        strength = erm.speeds(self._driven(int(ticks[0]), int(ticks[-1])), t_us) ** 2
        turn = 2 * np.pi * (_SHAKE_HZ / 1e6) * t_us
        circle = strength[:, None] * (np.stack([np.cos(turn), np.sin(turn)], axis=1) @ self._shake_axes.T)
        shake = np.hstack([circle * (_SHAKE_DPS * 1e6 / FEED_UDPS), circle * (_SHAKE_G * 1e6 / FEED_UG)])
        return self._ranged(self._counts(ticks) + shake)

    def _driven(self, from_tick, to_tick):
        """What drove the motor, oldest first, from long enough before."""
        if self._motor is None or self._motor.stalled:
            return []
        from_us = self.time_us(from_tick) - erm.STILL_AFTER_US
        return self._motor.pulses(from_us, self.time_us(to_tick) + 1)[::-1]

    def _counts(self, ticks):
        """Feed counts at these ticks, int16 (n, 6)."""
        start = ticks[0] % TICKS_A_SAMPLE if self.start_tick is None else self.start_tick
        whole, part = np.divmod(ticks - start, TICKS_A_SAMPLE)
        if self.start_tick is None:
            whole = whole - _LONG_BEFORE
        first = int(whole[0])
        block = self.feed.block(first, int(whole[-1]) - first + 2)
        counts = block[whole - first]
        if part.any():
            step = block[whole - first + 1].astype(np.int32) - counts
            counts = (counts + (step * part[:, None] + TICKS_A_SAMPLE // 2) // TICKS_A_SAMPLE).astype(np.int16)
        return counts if self.spoil is None else np.asarray(self.spoil(counts.copy()), dtype=np.int16)

    def _ranged(self, counts):
        if (self.gyro_udps, self.acc_ug) == (FEED_UDPS, FEED_UG) and counts.dtype == np.int16:
            return counts
        scale = np.array([FEED_UDPS / self.gyro_udps] * 3 + [FEED_UG / self.acc_ug] * 3)
        return np.clip(np.rint(counts * scale), -32768, 32767).astype(np.int16)
