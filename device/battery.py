"""The battery, where the board can read it: warned of once, then `empty`."""

import board
from micropython import const

_EVERY_MS = const(30_000)
_LOW_MV = const(3500)
_EMPTY_MV = const(3300)  # below this a brown-out in the middle of a write is near
_FULL_MV = const(4200)


class Battery:
    """`mv`: as last read; 0 where the board cannot. `low`, `empty`: what that means."""

    def __init__(self):
        self.mv = 0
        self.empty = False
        self.low = False
        self._due_ms = 0

    def poll(self, now_ms):
        """Read it every half minute. True once, when it first is low."""
        if now_ms < self._due_ms:
            return False
        self._due_ms = now_ms + _EVERY_MS
        self.mv = board.battery_mv() or 0
        if not self.mv:
            return False
        self.empty = self.mv < _EMPTY_MV
        was_low = self.low
        self.low = self.mv < _LOW_MV
        return self.low and not was_low

    def percent(self):
        """Roughly, along a straight line."""
        return max(0, min(100, (self.mv - _EMPTY_MV) * 100 // (_FULL_MV - _EMPTY_MV)))
