"""The motor on the thigh: pulses that play by themselves while the loop calls tick().

    haptics = Haptics(find_motor(bus))
    haptics.play(up_ms(), 2, 150)        # two pulses of 150 ms
    haptics.tick(up_ms())                # as often as the loop likes

The DRV2605L is driven by real-time playback: its library's effects have lengths that no data sheet states.
"""

import board
from micropython import const

_GAP_MS = const(100)
_FULL = const(127)


class _Drv2605:
    def __init__(self, bus):
        from adafruit_drv2605 import DRV2605, MODE_INTTRIG, MODE_REALTIME

        self._chip = DRV2605(bus)
        self._playing, self._resting = MODE_REALTIME, MODE_INTTRIG

    def __call__(self, on):
        if on:
            self._chip.realtime_value = _FULL
            self._chip.mode = self._playing
        else:
            self._chip.mode = self._resting


def find_motor(bus):
    """A function that drives the motor (1 or 0) as board.py's row says, or None if there is none."""
    if board.haptic_name == "pin":
        return board.motor()
    if board.haptic_name == "DRV2605L":
        try:
            return _Drv2605(bus)
        except (ValueError, RuntimeError, OSError) as error:
            print("no DRV2605L answers at 0x5A (%s); check its cable. Signals by LED only." % error)
    return None


class Haptics:
    """Plays pulses of one length; `busy` while it does. A motor that fails is let go: a run goes on without it."""

    def __init__(self, motor):
        self._motor = motor
        self._on = False
        self._left = 0
        self._edge_ms = 0
        self._pulse_ms = 0

    @property
    def busy(self):
        return self._left > 0

    def play(self, now_ms, pulses, pulse_ms):
        """Start a pattern, in place of one that plays. Returns when the motor will be still again, ms."""
        if self._motor is None or pulses == 0:
            return now_ms
        self._left = pulses
        self._pulse_ms = pulse_ms
        self._edge_ms = now_ms
        self._on = False
        self.tick(now_ms)
        return now_ms + pulses * (pulse_ms + _GAP_MS) - _GAP_MS

    def tick(self, now_ms):
        """Switch the motor if it is time to."""
        if self._left == 0 or now_ms < self._edge_ms:
            return
        self._on = not self._on
        if self._on:
            self._edge_ms = now_ms + self._pulse_ms
        else:
            self._left -= 1
            self._edge_ms = now_ms + _GAP_MS
        try:
            self._motor(self._on)
        except OSError as error:
            print("the haptic driver failed (error %d); going on without it" % error.errno)
            self._left = 0

    def wait_ms(self, now_ms, most_ms):
        """How long the loop may sleep before the next tick is due."""
        if self._left == 0:
            return most_ms
        return max(1, min(most_ms, self._edge_ms - now_ms))
