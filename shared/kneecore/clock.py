"""When each sample was taken, in board ms, and the IMU's true sample period, in 1/1024 us.

The chip's "104 Hz" is 6667/64 = 104.17 Hz give or take a few per cent, and only the board's clock can tell. Each time
the FIFO is read we learn that `count` samples existed at `t_ms`. A straight line through these points is fitted by
the growing-memory alpha-beta filter (least squares of a line, recursively: Brookner, Tracking and Kalman Filtering
Made Easy, ch. 1 and 2); its memory stops growing after about 25 minutes so that a warming crystal is followed.
"""

NOMINAL_PERIOD = 9830400  # 1/1024 us: 64/6667 s to 0.01 %
_LONGEST = 6000  # bursts in the fit's memory
_SEED = 3  # the nominal rate counts as this many bursts


class SampleClock:
    """Line through (samples that existed, board ms)."""

    def __init__(self):
        self.period = NOMINAL_PERIOD  # 1/1024 us
        self.count = 0  # samples drained so far
        self.at_count = 0  # where the line stands now ...
        self.at_ms = 0  # ... and the board time there,
        self.at_us = 0  # 0..999 us more
        self.steps = 0  # bursts since the phase was set
        self.seen = _SEED  # bursts in the fit of the period
        self.known = False

    def span_us(self, samples):
        """Duration of a number of samples (|samples| < 100,000), us."""
        return (self.period >> 10) * samples + (((self.period & 1023) * samples) >> 10)

    def observe(self, n, waiting, t_ms):
        """`n` more samples are drained, `waiting` remain, and the level was read at `t_ms`."""
        self.count += n
        existing = self.count + waiting
        if not self.known:
            self.known = True
            self.at_count = existing
            self.at_ms = t_ms
            self.at_us = 0
            self.steps = 0
            return
        passed = existing - self.at_count
        if passed <= 0:
            return
        if passed > 60000:
            self.lost()
            return
        us = self.at_us + self.span_us(passed)
        ms = us // 1000
        self.at_count = existing
        self.at_ms += ms
        self.at_us = us - ms * 1000
        error_ms = t_ms - self.at_ms
        if error_ms > 200 or error_ms < -200:
            # no rate error does that within a burst: samples were lost, or the clock was set
            self.at_ms = t_ms
            self.at_us = 0
            self.steps = 0
            return
        error_us = error_ms * 1000 - self.at_us
        self.steps += 1
        k = self.steps + 1 if self.steps < _LONGEST else _LONGEST
        self._shift_us(error_us * 2 * (2 * k - 1) // (k * (k + 1)))
        if self.seen < _LONGEST:
            self.seen += 1
        k = self.seen
        # the period changes by 6 / (k (k + 1)) of the error per sample
        self.period += (error_us * 1024 // passed) * 6 // (k * (k + 1))

    def _shift_us(self, us):
        us += self.at_us
        ms = us // 1000
        self.at_ms += ms
        self.at_us = us - ms * 1000

    def lost(self):
        """Samples went missing: the next burst sets the phase anew, the period stays."""
        self.known = False

    def time_ms(self, sample, fraction_256ths):
        """Board time of the drained sample number `sample` (0 is the first) plus a fraction of a period, ms."""
        # On average half a period has passed since the newest sample when the level is read.
        us = self.at_us + self.span_us(sample - self.at_count) + (((fraction_256ths + 128) * (self.period >> 10)) >> 8)
        return self.at_ms + (us + 500) // 1000
