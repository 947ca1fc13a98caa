"""The cue: knee drive has fallen below the run's own baseline, and stays there.

Strides are averaged in tens. After the warm-up, `cue.learn_s` of running teach the baseline: mean knee lift, its
spread, the stride time. Then a one-sided CUSUM runs on how far each ten lies below what its cadence lets expect
(Page 1954; k is half the drop to be found, h in spreads). It only speaks when the fall began `cue.hold_s` ago and the
mean over that time is low by `cue.drop_cdeg` and `cue.drop_percent` too, and it holds still in pace changes, after
halts and off the baseline's cadence: slowing down looks like fading.
"""

from . import sessionlog

_TEN = 10
_LEAST_TENS = 12  # a baseline needs that many, however long they took
_WAIT_TENS = 2  # left out after a halt or a change of pace
_PACE_PERMILLE = 25  # a ten this far off the stride time of late is a change of pace
_RING = 64
_LEFT_OUT = sessionlog.FIRST | sessionlog.UNSURE | sessionlog.CLIPPED | sessionlog.LOST | sessionlog.MOTOR
_MOST_CUSUM = 100000  # 0.01 degree
PULSES_MS = 300  # two pulses of 150 ms


class Cue:
    """Feed it strides in order; it says through `event` and its return value when to buzz.

    It knows of nothing but strides, so that a pulled session's strides replay to the same decisions.
    """

    def __init__(self, settings, event=None):
        self._event = event
        self._skip_ms = settings["cue.skip_s"] * 1000
        self._learn_ms = settings["cue.learn_s"] * 1000
        self._drop_cdeg = settings["cue.drop_cdeg"]
        self._drop_percent = settings["cue.drop_percent"]
        self._hold_ms = settings["cue.hold_s"] * 1000
        self._floor_cdeg = settings["cue.sigma_floor_cdeg"]
        self._limit_tenths = settings["cue.cusum_limit_tenths"]
        self._slope_cdeg = settings["cue.slope_cdeg"]
        self._freeze_permille = settings["cue.freeze_percent"] * 10
        self._refractory_ms = settings["cue.refractory_s"] * 1000
        self._most_in_row = settings["cue.most_in_row"]
        self._silence_ms = settings["cue.silence_s"] * 1000
        self._run_ms = 0  # time spent running
        self._count = self._lift = self._low = self._time_ms = 0  # the ten being gathered
        self._wait = 0
        self._late_ms = 0  # stride time of late, 1/16 ms
        self.tens = 0  # of the baseline so far
        self._mean_16ths = 0
        self._squares = 0
        self._base_time_16ths = 0
        self._base_low_16ths = 0
        self.known = False
        self.lift_cdeg = self.sigma_cdeg = self.stride_us = self.extension_cdeg = self.threshold_cdeg = 0
        self.cusum_cdeg = 0
        self._low_ms = 0  # how long it has been above zero
        self._drops = [0] * _RING
        self._spans_ms = [0] * _RING
        self._at = 0
        self._held_ms = 0
        self._filled = 0
        self.low = False  # a cue stands and has not cleared
        self.in_row = 0
        self._last_cue_ms = 0
        self.cues = 0

    def _interrupt(self):
        """Running was interrupted: drop the ten being gathered and let the next ones pass."""
        self._count = self._lift = self._low = self._time_ms = 0
        self._wait = _WAIT_TENS
        self._late_ms = 0

    def stride(self, t_ms, dt_ms, knee_lift_cdeg, extension_cdeg, flags):
        """One stride. Returns how long the motor should be on in all, ms (0: no cue)."""
        if flags & (sessionlog.FIRST | sessionlog.LOST):
            self._interrupt()
            return 0
        self._run_ms += dt_ms
        if flags & _LEFT_OUT:
            return 0
        self._count += 1
        self._lift += knee_lift_cdeg
        self._low += extension_cdeg
        self._time_ms += dt_ms
        if self._count < _TEN:
            return 0
        lift = self._lift // _TEN
        low = self._low // _TEN
        span_ms = self._time_ms
        self._count = self._lift = self._low = self._time_ms = 0
        return self._ten(t_ms, span_ms, lift, low)

    def _ten(self, t_ms, span_ms, lift, low):
        """The mean of ten strides."""
        time_16ths = span_ms * 16 // _TEN
        if self._late_ms:
            off = (time_16ths - self._late_ms) * 1000 // self._late_ms
            if off > _PACE_PERMILLE or off < -_PACE_PERMILLE:
                self._wait = _WAIT_TENS
                self._late_ms = time_16ths
            else:
                self._late_ms += (time_16ths - self._late_ms) // 4
        else:
            self._late_ms = time_16ths
        if self._run_ms < self._skip_ms:
            return 0
        if self._wait:
            self._wait -= 1
            return 0
        if not self.known:
            self._learn(t_ms, time_16ths, lift, low)
            return 0
        return self._watch(t_ms, span_ms, time_16ths, lift)

    def _learn(self, t_ms, time_16ths, lift, low):
        """Take a ten into the baseline: running mean and sum of squared deviations (Welford)."""
        self.tens += 1
        n = self.tens
        off = lift * 16 - self._mean_16ths if n > 1 else 0
        if n == 1:
            self._mean_16ths = lift * 16
        self._mean_16ths += off // n
        after = lift * 16 - self._mean_16ths
        if -16000 < off < 16000:
            self._squares += (off // 16) * (after // 16)
        self._base_time_16ths += (time_16ths - self._base_time_16ths) // n
        self._base_low_16ths += (low * 16 - self._base_low_16ths) // n
        if n < _LEAST_TENS or self._run_ms < self._skip_ms + self._learn_ms:
            return
        self.known = True
        self.lift_cdeg = self._mean_16ths >> 4
        variance = self._squares // (n - 1)
        sigma = 1
        while sigma * sigma < variance and sigma < 3000:
            sigma += 1
        self.sigma_cdeg = sigma if sigma > self._floor_cdeg else self._floor_cdeg
        self.stride_us = self._base_time_16ths * 1000 >> 4
        self.extension_cdeg = self._base_low_16ths >> 4
        share = self.lift_cdeg * self._drop_percent // 100
        self.threshold_cdeg = share if share > self._drop_cdeg else self._drop_cdeg
        if self._event:
            self._event(
                t_ms,
                sessionlog.BASELINE,
                n if n < 255 else 255,
                self.lift_cdeg,
                self.sigma_cdeg,
                self.stride_us // 1000,
                self.extension_cdeg,
                0,
                0,
            )

    def _watch(self, t_ms, span_ms, time_16ths, lift):
        """Compare a ten with the baseline; returns the pattern's motor time if it is time for a cue."""
        base_16ths = self._base_time_16ths
        faster_permille = (base_16ths - time_16ths) * 1000 // time_16ths
        if faster_permille > self._freeze_permille or faster_permille < -self._freeze_permille:
            return 0
        expected = self.lift_cdeg + self._slope_cdeg * faster_permille // 10
        drop = expected - lift
        self.cusum_cdeg += drop - self.threshold_cdeg // 2
        self._low_ms += span_ms
        if self.cusum_cdeg < 0:
            # CUSUM's own estimate of when a fall began is when it last left zero
            self.cusum_cdeg = 0
            self._low_ms = 0
        elif self.cusum_cdeg > _MOST_CUSUM:
            self.cusum_cdeg = _MOST_CUSUM
        self._drops[self._at] = drop
        self._spans_ms[self._at] = span_ms
        self._at = (self._at + 1) % _RING
        if self._filled < _RING:
            self._filled += 1
        mean = self._mean_drop()
        held_ms = self._held_ms
        alarm = self.cusum_cdeg * 10 > self._limit_tenths * self.sigma_cdeg
        if self.low and mean < self.threshold_cdeg // 2:
            self.low = False
            self.in_row = 0
            self.cusum_cdeg = 0
            self._low_ms = 0
            self._filled = 0
            if self._event:
                self._event(t_ms, sessionlog.CUE_CLEARED, 0, drop, lift, expected, 0, 0, 0)
            return 0
        if self._low_ms < self._hold_ms or held_ms < self._hold_ms:
            return 0
        if not alarm or mean < self.threshold_cdeg:
            return 0
        if self.cues and t_ms - self._last_cue_ms < self._refractory_ms:
            return 0
        if self.in_row >= self._most_in_row:
            if t_ms - self._last_cue_ms < self._silence_ms:
                return 0
            self.in_row = 0
        self.low = True
        self.in_row += 1
        self.cues += 1
        self._last_cue_ms = t_ms
        tenths = self.cusum_cdeg * 10 // self.sigma_cdeg
        if self._event:
            self._event(
                t_ms,
                sessionlog.CUE,
                self.in_row,
                mean,
                lift,
                expected,
                tenths if tenths < 32767 else 32767,
                time_16ths >> 4,
                PULSES_MS,
            )
        return PULSES_MS

    def _mean_drop(self):
        """Mean drop of the latest tens that last `cue.hold_s`, or all there are; _held_ms is what they last."""
        held_ms = total = n = 0
        at = self._at
        while n < self._filled and held_ms < self._hold_ms:
            at = (at - 1) % _RING
            held_ms += self._spans_ms[at]
            total += self._drops[at]
            n += 1
        self._held_ms = held_ms  # not returned beside the mean: a tuple is allocated
        return total // n if n else 0

    def baseline(self):
        """The baseline as a dict, None while it is being learnt."""
        if not self.known:
            return None
        return {
            "knee_lift_deg": self.lift_cdeg / 100,
            "sigma_deg": self.sigma_cdeg / 100,
            "stride_s": self.stride_us / 1000000,
            "extension_deg": self.extension_cdeg / 100,
            "threshold_deg": self.threshold_cdeg / 100,
            "means": self.tens,
        }
