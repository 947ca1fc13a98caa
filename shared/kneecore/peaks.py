"""From the turning points of the thigh to strides: its tilt there, what the stride carries, what it teaches."""

from . import sessionlog
from .strapdown import Strapdown
from .trig import atan2_cdeg

_SOFT_RATE = 45714  # 100 dps (counts Q5): no thigh stops from more within one sample
_LEAST_PACE = 143  # sum of |rate| over the axes, counts: 10 dps; nor is one that swings quieter at its turning point
_SURE_STRIDES = 4
_SWINGS = 12


class Peaks(Strapdown):
    """Needs the attributes clock, attitude, axes, turns, run and cue, which `Pipeline` makes."""

    def __init__(self):
        Strapdown.__init__(self)
        # what stood at the latest candidate peak
        self._peak_x = self._peak_y = self._peak_z = 0
        self._peak_bounce = 0
        self._peak_clipped = 0
        self._peak_good = False
        self._peak_real = False  # the thigh came to it as a thigh does
        self._base_at = -1  # the peak at which the sums began, 1/256 sample; -1: they began elsewhere
        self._last_top = -1
        self._lost = 0
        self._last_stride_ms = 0
        self._any_stride = False
        self._motor_from = 0
        self._motor_to = -1

    def _turning_point(self, before, rate, after, x, y, z, late):
        """The rate about right has passed zero between two samples: from `before` to `rate` (counts Q14).

        `after`: the rate of one more sample taken in since, or 0. `late`: how many samples before the next one to come
        the first of the two stands. `x`, `y`, `z`: the second one's gyro, counts.
        """
        attitude = self.attitude
        attitude.find_up()
        ux, uy, uz = attitude.up
        ax, ay, az = self.axes.forward
        sine = (ux * ax + uy * ay + uz * az) >> 14
        ax, ay, az = self.axes.up
        cosine = (ux * ax + uy * ay + uz * az) >> 14
        tilt = atan2_cdeg(sine, cosine)
        if self.run.running and self.axes.strides < _SWINGS:
            attitude.swing(self.axes.up, -1 if self._rising else 1)
        before >>= 9
        part = 0
        if self.turns.matters(tilt, self._rising):
            slope = (rate >> 9) - before
            swivel = self._swivel(x, y, z, sine, cosine)
            # the crossing, in 256ths of the way from the one sample to the next
            if slope:
                shift = (swivel << 8) // -slope
                part = (before << 8) // -slope + (256 if shift > 256 else -256 if shift < -256 else shift)
            # The quaternion stands half a sample after the last one. Since the crossing the rate has grown in
            # proportion to time, so the thigh has turned by slope * (3/2 - part) ** 2 / 2, and by `after`; Q2, of
            # 0.07 dps * period.
            since = 384 - part
            back = (slope >> 4) * (since * since >> 8) >> 8
            if late > 2:
                back += (after >> 12) + (swivel >> 3)
            tilt -= (back * ((self.clock.period >> 10) * 30065 >> 20)) >> 14
        at = (self._sample - late) * 256 + part
        if self._rising:
            if self.turns.minimum(tilt, at, self._low_rate):
                self._peak()
                self.turns.valley(tilt)
            self._top_rate = rate if rate > after else after
        else:
            self.turns.maximum(tilt, at, self._top_rate)
            if self.turns.better:
                # the sums reach half a sample beyond the last but one
                rest = late * 256 - 384 - part
                self._peak_x = attitude.sum_x - ((self._step_x * rest) >> 9)
                self._peak_y = attitude.sum_y - ((self._step_y * rest) >> 9)
                self._peak_z = attitude.sum_z - ((self._step_z * rest) >> 9)
                self._peak_bounce = self._bounce
                self._peak_clipped = self._clipped
                self._peak_good = True
                self._peak_real = before < _SOFT_RATE and abs(x) + abs(y) + abs(z) > _LEAST_PACE
                self._clipped = 0
            self._low_rate = rate if rate < after else after

    def _swivel(self, x, y, z, sine, cosine):
        """What the tilt turns faster than the thigh does about right, counts Q5.

        A thigh that leans sideways (by 5 degrees with the knee up, up to 10) and rotates about its length tilts by that
        too: its sagittal angle turns about the level axis across it, not about right. `x`, `y`, `z`: the gyro, counts;
        `sine`, `cosine`: of the tilt, Q14, both less by the cosine of the lean.
        """
        axes = self.axes
        ux, uy, uz = self.attitude.up
        size = (sine * sine + cosine * cosine) >> 14
        if size < 4096:
            return 0  # lying on its side
        ax, ay, az = axes.right
        lean = (ux * ax + uy * ay + uz * az) >> 14
        ax, ay, az = axes.up
        spin = cosine * ((x * ax + y * ay + z * az) >> 14)
        ax, ay, az = axes.forward
        spin += sine * ((x * ax + y * ay + z * az) >> 14)
        swivel = -(lean * (spin >> 14)) // size
        return 32768 << 5 if swivel > 32768 else -32768 << 5 if swivel < -32768 else swivel << 5

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
            if whole and us < 2000000 and not flags & sessionlog.MOTOR:
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
            if alignment.strides < 12 or not alignment.strides & 15:
                self._align()

    def _ddps(self, rate):
        """A rate (counts Q14) in 0.1 dps, 0..65535."""
        ddps = (rate >> 8) * 7 // 640
        return 0 if ddps < 0 else ddps if ddps < 65535 else 65535

    def _stride(self, t_ms, dt_ms, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags):
        """A running stride, in order."""
        self._sink_stride(t_ms, dt_ms, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags)
        self._last_stride_ms = t_ms
        self._any_stride = True
        pulse_ms = self.cue.stride(t_ms, dt_ms, lift_cdeg, low_cdeg, flags)
        if pulse_ms:
            self.pulse_ms = pulse_ms
