"""From the IMU's counts to strides, events and cues: one call a burst, integers only, nothing allocated.

    pipeline = Pipeline(settings, sink)
    pipeline.feed(samples, n, waiting, t_ms)     # after each FIFO read

`sink.stride(t_ms, dt_ms, knee_lift_cdeg, extension_cdeg, swing_up_ddps, swing_back_ddps, flags)` hears of each stride,
`sink.event(t_ms, kind, detail, a, b, c, d, e, f)` of what `sessionread.EVENT_KINDS` lists.

The sample loop is written out in one piece: a call a sample costs more than the arithmetic. Units in it: counts for
specific force, half the rotation of one sample in Q18 rad for the gyro, quaternion as in `attitude`.
"""

from . import sessionlog
from .alignment import Alignment
from .attitude import Attitude
from .clock import SampleClock
from .cue import Cue
from .stride import Run, Turns
from .trig import atan2_cdeg
from .windows import ONE_G, RAISED, RUNNING, STANDING, UNKNOWN, WALKING, WINDOW, Windows  # noqa: F401 - the activities

_SCALE = 85971  # half of 0.07 dps in rad/us, Q32 a count, Q15
_LEAST_RATE = 2160000  # a turning point follows a swing of more than 12 dps (half-angle a sample, Q31)
_SOFT_RATE = 70000  # 100 dps (as above, >> 8): no thigh stops from more within one sample
_LEAST_PACE = 220  # sum of |rate| over the axes, Q18: 10 dps; nor is one that swings quieter at its turning point
_FAST = 9000000  # half-angles squared (Q28): 1,900 dps in one of a pair, so that an axis may be at its limit
_SURE_STRIDES = 4
_SWINGS = 12  # strides whose swings tell forward: long enough for it, too short for many corners


class Pipeline(Windows):
    """See the module's text. Attributes for the application: activity, still_ms, running_ms, pulse_ms."""

    def __init__(self, settings, sink):
        Windows.__init__(self)
        self._event = sink.event
        self._sink_stride = sink.stride
        self.cue = Cue(settings, sink.event)
        self.clock = SampleClock()
        self.attitude = Attitude()
        self.axes = Alignment()
        self.turns = Turns()
        self.run = Run(self._stride)
        self.pulse_ms = 0
        self._sample = 0  # samples taken in
        self._left = WINDOW
        self._old_x = self._old_y = self._old_z = 0  # specific force of a pair's first sample
        self._square = 0  # half-angles squared of that sample, Q28
        self._rate = 0
        self._rising = False
        self._top_rate = 0
        self._low_rate = 0
        self._bounce = 0  # sum of |vertical specific force - 1 g| since the sums began
        self._step_x = self._step_y = self._step_z = 0  # the last sample's share of the sums
        self._clipped = 0
        # what stood at the latest candidate peak
        self._peak_x = self._peak_y = self._peak_z = 0
        self._peak_bounce = 0
        self._peak_clipped = 0
        self._peak_good = False
        self._peak_real = False  # the thigh came to it as a thigh does
        self._pace = 0
        self._base_at = -1  # the peak at which the sums began, 1/256 sample; -1: they began elsewhere
        self._last_top = -1
        self._lost = 0
        self._last_stride_ms = 0
        self._any_stride = False
        self._motor_from = 0
        self._motor_to = -1

    @property
    def period_1024ths_us(self):
        """Sample period found, 1/1024 us."""
        return self.clock.period

    def motor(self, from_ms, to_ms):
        """The haptic motor runs between these times: strides that touch it are flagged."""
        self._motor_from = from_ms
        self._motor_to = to_ms

    def gap(self, t_ms):
        """Samples were lost before the next feed."""
        self.clock.lost()
        self.attitude.lost()
        self.turns.restart()
        self.run.stop()
        self._clear_sums()
        self._last_top = -1
        self._lost = sessionlog.LOST
        self._left = WINDOW
        self._turn_x = self._turn_y = self._turn_z = self._turning = 0
        self._window_bounce = 0

    def feed(self, samples, n, waiting, t_ms):
        """Take in `n` samples (gyro x y z, acceleration x y z); `waiting` more stood in the FIFO at `t_ms`."""
        self.clock.observe(n, waiting, t_ms)
        # half an angle a sample in Q18 = (counts - bias) * scale >> 14
        scale = ((self.clock.period >> 10) * _SCALE + 16384) >> 15
        attitude = self.attitude
        alignment = self.axes
        at = 0
        while at < n:
            k = 6 * at
            end = self._left - n + at
            if end < 0:
                end = 0
            qw = attitude.qw
            qx = attitude.qx
            qy = attitude.qy
            qz = attitude.qz
            bias_x = attitude.bias_x
            bias_y = attitude.bias_y
            bias_z = attitude.bias_z
            sum_x = attitude.sum_x
            sum_y = attitude.sum_y
            sum_z = attitude.sum_z
            right_x = alignment.right[0] >> 1
            right_y = alignment.right[1] >> 1
            right_z = alignment.right[2] >> 1
            old_x = self._old_x
            old_y = self._old_y
            old_z = self._old_z
            square = self._square
            bounce = self._bounce
            rate = self._rate
            rising = self._rising
            top_rate = self._top_rate
            low_rate = self._low_rate
            turned = False
            step_x = self._step_x
            step_y = self._step_y
            step_z = self._step_z
            hx = hy = hz = before = left = 0
            for left in range(self._left - 1, end - 1, -1):
                hx = ((samples[k] - bias_x) * scale) >> 14
                hy = ((samples[k + 1] - bias_y) * scale) >> 14
                hz = ((samples[k + 2] - bias_z) * scale) >> 14
                if left & 1:
                    old_x = samples[k + 3]
                    old_y = samples[k + 4]
                    old_z = samples[k + 5]
                    pw = qw >> 18
                    px = qx >> 18
                    py = qy >> 18
                    pz = qz >> 18
                    square += (hx >> 4) * (hx >> 4) + (hy >> 4) * (hy >> 4) + (hz >> 4) * (hz >> 4)
                else:
                    # the pair's specific force, where the quaternion stands between the two
                    old_x = (old_x + samples[k + 3]) >> 1
                    old_y = (old_y + samples[k + 4]) >> 1
                    old_z = (old_z + samples[k + 5]) >> 1
                    pw = qw >> 16
                    px = qx >> 16
                    py = qy >> 16
                    pz = qz >> 16
                    tx = (py * old_z - pz * old_y) >> 12
                    ty = (pz * old_x - px * old_z) >> 12
                    tz = (px * old_y - py * old_x) >> 12
                    step_x = old_x + ((pw * tx + py * tz - pz * ty) >> 13)
                    step_y = old_y + ((pw * ty + pz * tx - px * tz) >> 13)
                    step_z = old_z + ((pw * tz + px * ty - py * tx) >> 13)
                    sum_x += step_x
                    sum_y += step_y
                    sum_z += step_z
                    if step_z > ONE_G:
                        bounce += step_z - ONE_G
                    else:
                        bounce += ONE_G - step_z
                    # second order of both rotations
                    square += (hx >> 4) * (hx >> 4) + (hy >> 4) * (hy >> 4) + (hz >> 4) * (hz >> 4)
                    if square > _FAST:
                        self._clipped = sessionlog.CLIPPED
                    square >>= 13
                    qw -= pw * square
                    qx -= px * square
                    qy -= py * square
                    qz -= pz * square
                    square = 0
                    pw >>= 2
                    px >>= 2
                    py >>= 2
                    pz >>= 2
                    if not left & 7:
                        self._look(hx, hy, hz)
                k += 6
                qw -= px * hx + py * hy + pz * hz
                qx += pw * hx + py * hz - pz * hy
                qy += pw * hy + pz * hx - px * hz
                qz += pw * hz + px * hy - py * hx
                before = rate
                rate = hx * right_x + hy * right_y + hz * right_z
                if rate > 0:
                    if rising:
                        if rate > top_rate:
                            top_rate = rate
                    else:
                        rising = True
                        if low_rate < -_LEAST_RATE:
                            turned = True
                            break
                        top_rate = rate
                elif rising:
                    rising = False
                    if top_rate > _LEAST_RATE:
                        turned = True
                        break
                    low_rate = rate
                elif rate < low_rate:
                    low_rate = rate
            done = self._left - left
            at += done
            attitude.qw = qw
            attitude.qx = qx
            attitude.qy = qy
            attitude.qz = qz
            attitude.sum_x = sum_x
            attitude.sum_y = sum_y
            attitude.sum_z = sum_z
            self._old_x = old_x
            self._old_y = old_y
            self._old_z = old_z
            self._square = square
            self._bounce = bounce
            self._rate = rate
            self._rising = rising
            self._top_rate = top_rate
            self._low_rate = low_rate
            self._sample += done
            self._left = left
            self._step_x = step_x
            self._step_y = step_y
            self._step_z = step_z
            if turned:
                self._pace = abs(hx) + abs(hy) + abs(hz)
                self._turning_point(before, rate)
            if self._left == 0:
                self._left = WINDOW
                self._window()

    def _turning_point(self, before, rate):
        """The sagittal rate has passed zero between the last two samples: from `before` to `rate` (Q31 half-angles)."""
        attitude = self.attitude
        attitude.find_up()
        up = attitude.up
        forward = self.axes.forward
        upward = self.axes.up
        sine = (up[0] * forward[0] + up[1] * forward[1] + up[2] * forward[2]) >> 14
        cosine = (up[0] * upward[0] + up[1] * upward[1] + up[2] * upward[2]) >> 14
        tilt = atan2_cdeg(sine, cosine)
        if self.run.running and self.axes.strides < _SWINGS:
            attitude.swing(upward, -1 if self._rising else 1)
        # the crossing, in 256ths of the way from the last sample but one to the last
        before >>= 8
        rate >>= 8
        part = (before << 8) // (before - rate) if before != rate else 0
        # The quaternion stands half a sample after the last one; back to the crossing it turned by
        # rate * (2 - part), Q31 rad.
        tilt -= (((rate >> 4) * (512 - part) >> 8) * 179) >> 14
        at = (self._sample - 2) * 256 + part
        if self._rising:
            if self.turns.minimum(tilt, at, self._low_rate):
                self._peak()
                self.turns.valley(tilt)
            self._top_rate = rate << 8
        else:
            self.turns.maximum(tilt, at, self._top_rate)
            if self.turns.better:
                # the sums reach half a sample beyond the last whole pair
                rest = 128 - part if self._left & 1 else 384 - part
                self._peak_x = attitude.sum_x - ((self._step_x * rest) >> 9)
                self._peak_y = attitude.sum_y - ((self._step_y * rest) >> 9)
                self._peak_z = attitude.sum_z - ((self._step_z * rest) >> 9)
                self._peak_bounce = self._bounce
                self._peak_clipped = self._clipped
                self._peak_good = True
                self._peak_real = before < _SOFT_RATE and self._pace > _LEAST_PACE
                self._clipped = 0
            self._low_rate = rate << 8

    def _peak(self):
        """The candidate peak is one: correct the attitude over the stride it ends, and see whether it was running."""
        attitude = self.attitude
        alignment = self.axes
        turns = self.turns
        clock = self.clock
        span = turns.top_at - self._last_top
        fresh = self._last_top < 0 or span > 60000
        us = 0 if fresh else (span * (clock.period >> 10)) >> 8 if span < 100000 else 9999999
        bounce = -1
        whole = not fresh and self._peak_good and self._base_at == self._last_top
        if whole:
            bounce = (self._peak_bounce << 9) // span if self._peak_bounce < 2000000 else 9999
        flags = self._lost | self._peak_clipped
        sample = turns.top_at >> 8
        t_ms = clock.time_ms(sample, turns.top_at & 255)
        settled = attitude.cold == 0 or attitude.cold > 8
        if not (settled and alignment.standing and alignment.strides >= _SURE_STRIDES):
            flags |= sessionlog.UNSURE
        if self._motor_to >= t_ms - us // 1000 and self._motor_from <= t_ms:
            flags |= sessionlog.MOTOR
        is_stride = self.run.peak(
            t_ms,
            us,
            turns.top_cdeg,
            turns.low_cdeg,
            self._ddps(turns.top_up),
            self._ddps(-turns.low_down),
            bounce,
            flags,
        )
        if is_stride:
            self._lost = 0
        # the sums since the peak go on; those before it tell gravity
        x = self._peak_x
        y = self._peak_y
        z = self._peak_z
        if self._peak_good:
            if whole and us < 2000000:
                attitude.sum_x -= x
                attitude.sum_y -= y
                attitude.sum_z -= z
                attitude.stride(x, y, z, alignment.right, (turns.top_cdeg + turns.low_cdeg) >> 1)
            else:
                attitude.sum_x -= x
                attitude.sum_y -= y
                attitude.sum_z -= z
            self._bounce -= self._peak_bounce
            self._window_bounce -= self._peak_bounce
            self._base_at = turns.top_at
        self._peak_good = False
        self._quiet_windows = 0
        self._last_top = turns.top_at
        if is_stride:
            if 4 <= alignment.strides <= _SWINGS:
                attitude.find_swing(alignment.swung)
            alignment.strides += 1
            if alignment.strides < 12 or not alignment.strides & 7:
                self._align()

    def _ddps(self, rate):
        """A rate (half-angle a sample, Q31) in 0.1 dps, 0..65535."""
        # 2 * 572.96 * 1e6 / 2**31 = 0.5336 = 4371 / 8192
        ddps = (rate // (self.clock.period >> 10)) * 4371 >> 13
        return 0 if ddps < 0 else ddps if ddps < 65535 else 65535

    def _stride(self, t_ms, dt_ms, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags):
        """A running stride, in order."""
        self._sink_stride(t_ms, dt_ms, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags)
        self._last_stride_ms = t_ms
        self._any_stride = True
        pulse_ms = self.cue.stride(t_ms, dt_ms, lift_cdeg, low_cdeg, flags)
        if pulse_ms:
            self.pulse_ms = pulse_ms

    def baseline(self):
        """The cue's baseline as a dict, or None while there is none."""
        return self.cue.baseline()
