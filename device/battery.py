"""The battery, where the board can read it: warned of once, then `empty`; a reading that never moves empties nothing.

A MAX17048 is read plainly: Adafruit's driver takes 3.2 KB of memory for two registers, and it resets the gauge at each
start, which then takes a voltage under load for that of a cell at rest (data sheet 19-6171, "Quick-Start").
"""

import board
from micropython import const

_EVERY_MS = const(30_000)
# A buzz pulls the voltage down: it is empty if it still is after that. A gauge looks every 45 s while it hibernates
# (data sheet 19-6171, HIBRT), and shows the same reading until then.
_AGAIN_MS, _AGAIN_GAUGE_MS = const(2_000), const(50_000)
_LOW_MV = const(3500)
_CHARGED_MV = const(3700)  # so far up it comes by charging only, not by a rest
EMPTY_MV = const(3300)  # below this a brown-out in the middle of a write is near
_FULL_MV = const(4200)
_LEAST_MV = const(2_000)
# A solder jumper on the gauge's breakout decides what it measures: on Vin it is the 3.3 V rail, which does not move. A
# cell under load does: by so much before it may be called empty.
_MOVES_MV = const(30)

_GAUGE = const(0x36)
_VCELL = const(0x02)
_SOC = const(0x04)


def read_mv():
    """The battery, mV; 0 where the board cannot read it, as without its gauge.

    A reading at which no RP2040 board runs is that of a pin without its divider, or of a gauge just switched on.
    """
    if board.supply:
        total = 0
        for _ in range(4):
            total += board.supply.read_u16()
        mv = (total >> 2) * 9900 // 65535
    else:
        mv = _register(_VCELL) * 5 >> 6  # 78.125 uV a count
    return mv if mv >= _LEAST_MV else 0


def _register(number):
    """A register of the gauge; 0 where there is none, or the bus hangs."""
    if board.has_gauge:
        try:
            data = board.bus().readfrom_mem(_GAUGE, number, 2)
            return data[0] << 8 | data[1]
        except OSError:
            pass
    return 0


class Battery:
    """`mv`: as last read; 0 where the board cannot. `low`, `empty`: what that means."""

    def __init__(self):
        self.mv = 0
        self.empty = False
        self.low = False
        self._was_below = False
        self._first_mv = 0  # what it began with; -1 once it has moved from there
        self._due_ms = 0

    def poll(self, now_ms):
        """Read it every half minute. True once, when it first is low."""
        if now_ms < self._due_ms:
            return False
        self.mv = mv = read_mv()
        if mv and self._first_mv >= 0:
            self._first_mv = self._first_mv or mv
            if abs(mv - self._first_mv) >= _MOVES_MV:
                self._first_mv = -1
        below = 0 < mv < EMPTY_MV
        self.empty = below and self._was_below and self._first_mv < 0
        self._due_ms = now_ms + _EVERY_MS
        if below and not self._was_below:
            self._due_ms = now_ms + (_AGAIN_GAUGE_MS if board.has_gauge else _AGAIN_MS)
        self._was_below = below
        was_low = self.low
        if 0 < self.mv < _LOW_MV:
            self.low = True
        elif self.mv > _CHARGED_MV:
            self.low = False
        return self.low and not was_low

    def percent(self):
        """As the gauge has it; without one roughly, along a straight line."""
        counts = _register(_SOC)
        if counts:
            return min(counts >> 8, 100)
        return max(0, min(100, (self.mv - EMPTY_MV) * 100 // (_FULL_MV - EMPTY_MV)))
