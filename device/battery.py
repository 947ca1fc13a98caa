"""The battery, where the board can read it: warned of once, then `empty`."""

from board import battery_mv

EVERY_MS = 30_000
LOW_MV = 3500
EMPTY_MV = 3300  # below this a brown-out in the middle of a write is near
FULL_MV = 4200


class Battery:
    """`mv`: as last read; 0 where the board cannot."""

    def __init__(self):
        self.mv = 0
        self.empty = False
        self._low = False
        self._due_ms = 0

    def poll(self, now_ms):
        """Read it every half minute. True once, when it first is low."""
        if now_ms < self._due_ms:
            return False
        self._due_ms = now_ms + EVERY_MS
        self.mv = battery_mv() or 0
        if not self.mv:
            return False
        self.empty = self.mv < EMPTY_MV
        was_low = self._low
        self._low = self.mv < LOW_MV
        return self._low and not was_low

    def percent(self):
        """Roughly, along a straight line."""
        return max(0, min(100, (self.mv - EMPTY_MV) * 100 // (FULL_MV - EMPTY_MV)))
