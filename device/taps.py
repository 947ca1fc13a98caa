"""Three sharp taps on the board while the thigh is at rest: a mark that a camera sees and hears too.

    taps = Taps(104)
    at = taps.look(channels, n)          # sample of the third tap, counted from the burst's first; NONE

A tap jumps by half a g from one sample to the next and rings for an eighth of a second. Before the first the thigh is
at rest for a second, between taps and for half a second after the third it is too: walking, running and strapping the
board on turn it all the while. Allocates nothing.
"""

from micropython import const

NONE = const(-100000)
TAPS = 3

_STEP = const(7)  # imu.STEP
_TAP = const(1000)  # sum over the axes of what the acceleration changes by, counts of 0.488 mg
_SHAKE = const(700)  # the board's own motor makes up to 570
_TURN = const(1400)  # sum over the axes of |rate|, counts of 0.07 dps: 98 dps


class Taps:
    """Looks at each sample once, in order."""

    def __init__(self, rate_hz):
        self._ring = rate_hz // 8
        self._apart = rate_hz * 3 // 4  # at most, from tap to tap
        self._after = rate_hz // 2
        self._before = rate_hz
        self._x = self._y = self._z = 0
        self._calm = 0  # samples at rest, the taps left out
        self._since = 0  # samples since the last tap
        self._taps = 0

    def look(self, channels, n):
        """The next `n` samples. Where the third of three taps was, or NONE."""
        gyro_x, gyro_y, gyro_z, acc_x, acc_y, acc_z = channels
        found = NONE
        for k in range(0, n * _STEP, _STEP):
            x = acc_x[k]
            y = acc_y[k]
            z = acc_z[k]
            jump = abs(x - self._x) + abs(y - self._y) + abs(z - self._z)
            self._x = x
            self._y = y
            self._z = z
            self._since += 1
            if self._taps and self._since < self._ring:
                continue
            if jump > _TAP:
                if self._taps == 0 and self._calm < self._before:
                    self._calm = 0
                else:
                    self._taps += 1
                    self._since = 0
            elif jump > _SHAKE or abs(gyro_x[k]) + abs(gyro_y[k]) + abs(gyro_z[k]) > _TURN:
                self._calm = self._taps = 0
            else:
                self._calm += 1
                if self._taps == TAPS and self._since >= self._after:
                    self._taps = 0
                    found = k // _STEP - self._since
                elif self._since > self._apart:
                    self._taps = 0
            if self._taps > TAPS:
                self._calm = self._taps = 0
        return found
