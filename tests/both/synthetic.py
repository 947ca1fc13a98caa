"""A planar runner in integers, for tests that run on both interpreters: counts of a board strapped on upright.

Chip axes are the thigh's: x forward, y up, z right. The thigh swings as a sine, so that every figure is known.
"""

from array import array

from kneecore import settings
from kneecore.pipeline import Pipeline

PERIOD_US = 9600
G_COUNTS = 2049


class Ears:
    """A sink that keeps everything."""

    def __init__(self):
        self.strides = []
        self.events = []

    def stride(self, *values):
        self.strides.append(values)

    def event(self, *values):
        self.events.append(values)

    def of_kind(self, kind):
        """The events of one kind."""
        return [event for event in self.events if event[1] == kind]


def sine_q14(turn_65536ths):
    """Sine of a share of a turn, Q14 (good to 0.1 %: fifth-order polynomial)."""
    turn = turn_65536ths & 0xFFFF
    sign = 1
    if turn >= 32768:
        turn -= 32768
        sign = -1
    if turn > 16384:
        turn = 32768 - turn
    # x = turn / 16384 of a quarter: sin(pi/2 x) = x (1.5706 - x^2 (0.6432 - 0.0727 x^2))
    square = (turn * turn) >> 14
    inner = 10538 - ((1191 * square) >> 14)
    inner = 25733 - ((inner * square) >> 14)
    return sign * ((turn * inner) >> 14)


class Runner:
    """Feeds a Pipeline: stand(), raise_knee(), run(). `lift_cdeg` and `low_cdeg` are the turning points of running."""

    def __init__(self, changes=None, period_us=PERIOD_US, burst=26):
        self.ears = Ears()
        values = settings.defaults()
        for name in changes or {}:
            values[name] = changes[name]
        self.pipeline = Pipeline(values, self.ears)
        self.period_us = period_us
        self.bias = (37, -52, 21)  # counts
        self.samples = 0
        self._burst = [array("h", [0] * burst) for _ in range(6)]
        self._size = burst
        self._n = 0
        self._last_cdeg = 0

    def sample(self, tilt_cdeg, bounce_counts=0):
        """One sample of the thigh at this tilt."""
        # rate from the tilt's change: 0.01 degree a sample is 1e6 / period_us * 0.01 / 0.07 counts
        rate = (tilt_cdeg - self._last_cdeg) * 142857 // self.period_us
        self._last_cdeg = tilt_cdeg
        turn = tilt_cdeg * 65536 // 36000
        force = G_COUNTS + bounce_counts
        burst = self._burst
        at = self._n
        # a sensor that repeats itself is a broken one: two counts of noise, alike in every run
        noise = self.samples * 7
        burst[0][at] = self.bias[0] + noise % 5 - 2
        burst[1][at] = self.bias[1] + (noise + 1) % 5 - 2
        burst[2][at] = self.bias[2] + rate
        burst[3][at] = (force * sine_q14(turn)) >> 14
        burst[4][at] = (force * sine_q14(turn + 16384)) >> 14
        burst[5][at] = (noise + 2) % 5 - 2
        self._n += 1
        self.samples += 1
        if self._n == self._size:
            self._n = 0
            self.pipeline.feed(burst, 1, self._size, 0, self.now_ms())

    def now_ms(self):
        """Board time of the newest sample, ms."""
        return 1000 + self.samples * self.period_us // 1000

    def stand(self, samples):
        for _ in range(samples):
            self.sample(0)

    def raise_knee(self, lift_cdeg=6500, samples=160):
        for i in range(samples):
            self.sample(lift_cdeg * (16384 - sine_q14(16384 + i * 65536 // samples)) >> 15)

    def run(self, strides, lift_cdeg=4000, low_cdeg=-2000, samples=73):
        """So many strides; starts and ends at the standing pose's tilt on the way up."""
        middle = (lift_cdeg + low_cdeg) // 2
        reach = (lift_cdeg - low_cdeg) // 2
        start = 0
        while middle + (reach * sine_q14(start - 16384) >> 14) < 0:
            start += 64
        for i in range(strides * samples):
            turn = start - 16384 + i * 65536 // samples
            # the hip bounces twice a stride, with 1.2 g
            self.sample(middle + (reach * sine_q14(turn) >> 14), 2400 * sine_q14(2 * turn) >> 14)
