"""The motor on the thigh: pulses that play by themselves while the loop calls tick(), and that always end.

    haptics = Haptics(find_motor(), False)
    haptics.play(up_ms(), 2, 150)        # two pulses of 150 ms
    haptics.tick(up_ms())                # as often as the loop likes
    haptics.stop(300)                    # before anything that takes long

A pulse drives the motor as hard as its supply can, then brakes it: in open loop the DRV2605L does neither by itself
(data sheet SLOS825C, 7.5.8.1). Its registers are written plainly: Adafruit's driver takes 5.7 KB of memory, and knows
neither standby nor the STATUS register.
"""

from time import sleep_ms

import board
from micropython import const

_GAP_MS = const(150)  # from one pulse to the next, braking included
_COAST_MS = const(200)  # until the motor shakes the IMU no more
_BRAKE_MS = const(40)
_RETRY_MS = const(20)
_SOON_MS = const(50)  # a motor that may be running is tried again so soon,
_FOR_MS = const(2_000)  # for so long; then every
_LATER_MS = const(3_000)
_LATE_MS = const(600)  # a pattern that a fault held up for longer is dropped

_DRV2605 = const(0x5A)
_STATUS, _MODE, _RTP_INPUT = const(0x00), const(0x01), const(0x02)
_ERM_OPEN_LOOP = b"\x36\x93\xf5\xa0"  # FEEDBACK_CONTROL to CONTROL3 (0x1A to 0x1D), as after power-on
_FEEDBACK_CONTROL = const(0x1A)
_REALTIME, _STANDBY = b"\x05", b"\x40"
_FULL, _BRAKE = b"\x7f", b"\xc0"  # signed: 127, -64
_OVER = const(3)  # STATUS: over-current, over-temperature; reading it clears them


class Drv2605:
    """Call it with 1 to drive the motor, -1 to brake it, 0 for standby. OSError if nobody acknowledges."""

    def __init__(self):
        self._ready = False
        self.over = 0  # what STATUS has complained of, bits of _OVER

    def __call__(self, level):
        try:
            if not self._ready:
                self.set_up()
            bus = board.bus()
            if level:
                bus.writeto_mem(_DRV2605, _RTP_INPUT, _FULL if level > 0 else _BRAKE)
                bus.writeto_mem(_DRV2605, _MODE, _REALTIME)
                self._look(bus.readfrom_mem(_DRV2605, _STATUS, 1)[0] & _OVER)
            else:
                bus.writeto_mem(_DRV2605, _MODE, _STANDBY)
        except OSError:
            self._ready = False
            raise

    def _look(self, over):
        if over and not self.over:
            board.say(
                "the motor driver reports over-%s; check the motor's leads" % ("current" if over & 1 else "temperature")
            )
        self.over |= over

    def set_up(self):
        """Off, and as this module wants it, on a bus set up anew. ValueError if it is another chip."""
        bus = board.i2c()
        if bus.readfrom_mem(_DRV2605, _STATUS, 1)[0] >> 5 not in (3, 7):
            raise ValueError("what answers at 0x5A is no DRV2605L")
        bus.writeto_mem(_DRV2605, _MODE, _STANDBY)
        bus.writeto_mem(_DRV2605, _FEEDBACK_CONTROL, _ERM_OPEN_LOOP)
        self._ready = True


def find_motor():
    """A function that drives the motor (1), brakes it (-1) or lets it rest (0); None if board.py's row has none."""
    if board.haptic_name == "pin":
        return board.motor()
    return Drv2605() if board.haptic_name == "DRV2605L" else None


class Haptics:
    """Plays pulses of one length; `busy` while it does. What the motor was not seen to do, it is told again."""

    def __init__(self, motor, quiet):
        self._motor = motor
        self._quiet = quiet
        self._level = 0
        self._left = 0  # pulses to come
        self._pulse_ms = 0
        self._due_ms = 0
        self._unsure = motor is not None  # whether it rests: a reset of the board alone does not stop it
        self._fault_ms = board.up_ms()
        self._said = False  # that it does not answer

    @property
    def busy(self):
        return self._left > 0 or self._level != 0

    def play(self, now_ms, pulses, pulse_ms):
        """Start a pattern, in place of one that plays. Returns when the motor will be still again, ms."""
        if self._motor is None or self._quiet or pulses == 0 or self._said:
            return now_ms
        start_ms = now_ms
        if self._level > 0:
            self._due_ms = now_ms
            start_ms += _GAP_MS
        elif self._level < 0:
            start_ms = self._due_ms + _GAP_MS - _BRAKE_MS
        elif now_ms < self._due_ms:
            start_ms = self._due_ms
        self._left = pulses
        self._pulse_ms = pulse_ms
        self.tick(now_ms)
        return start_ms + pulses * (pulse_ms + _GAP_MS) - _GAP_MS + _COAST_MS

    def tick(self, now_ms):
        """Switch the motor if it is time to."""
        if now_ms < self._due_ms:
            return
        if self._unsure:
            self._settle(now_ms)
            return
        level = self._level
        if level > 0:
            level = -1
            self._due_ms = now_ms + _BRAKE_MS
        elif level < 0:
            level = 0
            self._due_ms = now_ms + _GAP_MS - _BRAKE_MS
        elif self._left:
            level = 1
            self._due_ms = now_ms + self._pulse_ms
        else:
            return
        try:
            self._motor(level)
            self._level = level
            if level > 0:
                self._left -= 1
        except OSError:
            self._unsure = True
            self._fault_ms = self._due_ms = now_ms
            self._settle(now_ms)

    def _settle(self, now_ms):
        """Switch the motor off until it is seen to be, then go on with what was to come."""
        self._level = 0
        if now_ms - self._fault_ms > _LATE_MS:
            self._left = 0
        try:
            self._motor(0)
        except (OSError, ValueError) as error:
            late = now_ms - self._fault_ms >= _FOR_MS
            self._due_ms = now_ms + (_LATER_MS if late else _SOON_MS)
            if late and not self._said:
                self._said = True
                text = str(error)
                if isinstance(error, OSError):
                    text = "no DRV2605L answers at 0x5A (error %d)" % error.errno
                board.say(text + "; check its cable. LED only.")
            return
        self._unsure = False
        if self._said:
            self._said = False
            board.say("the motor is back")
        self._due_ms = now_ms + _GAP_MS

    def stop(self, patience_ms):
        """The motor rests from now on, nothing of a pattern is left: tried for so long."""
        now_ms = board.up_ms()
        end_ms = now_ms + patience_ms
        self._left = 0
        if self._motor is None or self._said:
            return
        if not self._unsure:
            self._unsure = True  # it may have been cut short while it switched the motor
            self._fault_ms = now_ms
        while True:
            self._settle(now_ms)
            now_ms = board.up_ms()
            if not self._unsure or now_ms >= end_ms:
                return
            sleep_ms(_RETRY_MS)

    def wait_ms(self, now_ms, most_ms):
        """How long the loop may sleep before the next tick is due."""
        if self.busy or self._unsure:
            return max(1, min(most_ms, self._due_ms - now_ms))
        return most_ms
