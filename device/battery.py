"""The battery, where the board can read it: warned of once, then `empty`."""

import board
from micropython import const

_EVERY_MS = const(30_000)
_AGAIN_MS = const(2_000)  # a buzz pulls the voltage down: it is empty if it still is after that
_LOW_MV = const(3500)
_CHARGED_MV = const(3700)  # so far up it comes by charging only, not by a rest
_EMPTY_MV = const(3300)  # below this a brown-out in the middle of a write is near
_FULL_MV = const(4200)


class Battery:
    """`mv`: as last read; 0 where the board cannot. `low`, `empty`: what that means."""

    def __init__(self):
        self.mv = 0
        self.empty = False
        self.low = False
        self._was_below = False
        self._due_ms = 0

    def poll(self, now_ms):
        """Read it every half minute. True once, when it first is low."""
        if now_ms < self._due_ms:
            return False
        self.mv = board.battery_mv() or 0
        below = 0 < self.mv < _EMPTY_MV
        self.empty = below and self._was_below
        self._due_ms = now_ms + (_AGAIN_MS if below and not self._was_below else _EVERY_MS)
        self._was_below = below
        was_low = self.low
        if 0 < self.mv < _LOW_MV:
            self.low = True
        elif self.mv > _CHARGED_MV:
            self.low = False
        return self.low and not was_low

    def percent(self):
        """As the gauge has it; without one roughly, along a straight line."""
        percent = board.battery_percent()
        if percent is not None:
            return percent
        return max(0, min(100, (self.mv - _EMPTY_MV) * 100 // (_FULL_MV - _EMPTY_MV)))
