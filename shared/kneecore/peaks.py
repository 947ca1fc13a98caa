"""From the turning points of the thigh to strides: its tilt there, what the stride carries, what it teaches."""

from . import sessionlog
from .trig import atan2_cdeg

_SOFT_RATE = 45714  # 100 dps (counts Q5): no thigh stops from more within one sample
_LEAST_PACE = 143  # sum of |rate| over the axes, counts: 10 dps; nor is one that swings quieter at its turning point
_SURE_STRIDES = 3  # counted once a run has shown itself, three or four strides into it
_RESUMED_STRIDES = 24  # within which a tilt is found in running; how soon depends on where in a stride it began
_SWINGS = 12


class Peaks:
    """What the sample loop calls at the thigh's turning points."""

    def __init__(self, state):
        self.state = state

    def turning_point(self, before, rate, after, x, y, z, late):
        """The rate about right has passed zero between two samples: from `before` to `rate` (counts Q14).

        `after`: the rate of one more sample taken in since, or 0. `late`: how many samples before the next one to come
        the first of the two stands. `x`, `y`, `z`: the second one's gyro, counts.
        """
        state = self.state
        attitude = state.attitude
        attitude.find_up()
        ux, uy, uz = attitude.up
        ax, ay, az = state.axes.forward
        sine = (ux * ax + uy * ay + uz * az) >> 14
        ax, ay, az = state.axes.up
        cosine = (ux * ax + uy * ay + uz * az) >> 14
        tilt = atan2_cdeg(sine, cosine)
        if state.run.running and state.axes.strides < _SWINGS:
            attitude.swing(state.axes.up, -1 if state.rising else 1)
        before >>= 9
        part = 0
        if state.turns.matters(tilt, state.rising):
            slope = (rate >> 9) - before
            swivel = self.swivel(x, y, z, sine, cosine)
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
            tilt -= (back * ((state.clock.period >> 10) * 30065 >> 20)) >> 14
        at = (state.samples - late) * 256 + part
        turns = state.turns
        # the sums reach half a sample beyond the last but one
        rest = late * 256 - 384 - part
        if state.rising:
            if turns.minimum(tilt, at, state.low_rate_q14):
                self.peak()
                turns.valley(tilt, at)
            if turns.better:
                self._mark(rest)
            state.top_rate_q14 = rate if rate > after else after
        else:
            turns.maximum(tilt, at, state.top_rate_q14)
            if turns.better:
                if turns.low_at < 0:
                    self._mark(rest)
                state.top_clipped = state.clipped
                state.top_real = before < _SOFT_RATE and abs(x) + abs(y) + abs(z) > _LEAST_PACE
                state.clipped = 0
            state.low_rate_q14 = rate if rate < after else after

    def _mark(self, rest):
        """A stride may begin here: keep the sums so far, less `rest` 256ths of a sample."""
        state = self.state
        attitude = state.attitude
        state.mark_x = attitude.sum_x - ((state.step_x * rest) >> 9)
        state.mark_y = attitude.sum_y - ((state.step_y * rest) >> 9)
        state.mark_z = attitude.sum_z - ((state.step_z * rest) >> 9)
        state.mark_bounce = state.bounce
        state.marked = True

    def swivel(self, x, y, z, sine, cosine):
        """What the tilt turns faster than the thigh does about right, counts Q5.

        A thigh that leans sideways (by 5 degrees with the knee up, up to 10) and rotates about its length tilts by that
        too: its sagittal angle turns about the level axis across it, not about right. `x`, `y`, `z`: the gyro, counts;
        `sine`, `cosine`: of the tilt, Q14, both less by the cosine of the lean.
        """
        state = self.state
        axes = state.axes
        ux, uy, uz = state.attitude.up
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

    def peak(self):
        """The candidate peak is one: correct the attitude over the stride it ends, and see whether it was running."""
        state = self.state
        attitude = state.attitude
        alignment = state.axes
        turns = state.turns
        clock = state.clock
        low_at = turns.low_at
        timed = low_at >= 0 and state.low_at >= 0
        # From valley to valley; the first peak from rest has none before it.
        span = low_at - state.low_at if timed else turns.top_at - state.top_at
        fresh = state.top_at < 0 or span > 60000
        us = 0 if fresh else (span * (clock.period >> 10)) >> 8 if span < 100000 else 9999999
        at = low_at if low_at >= 0 else turns.top_at
        summed = at - state.sums_at
        whole = timed and not fresh and state.marked and state.sums_at == state.low_at
        score = -1
        if state.marked and state.sums_at >= 0 and not fresh and summed > 2560:
            score = (state.mark_bounce << 9) // summed if state.mark_bounce < 2000000 else 9999
        flags = state.next_flags | state.top_clipped
        t_ms = clock.time_ms(turns.top_at >> 8, turns.top_at & 255)
        settled = attitude.settled()
        # a resumed run has known axes from its first stride, and finds its tilt anew
        strides = state.run.strides
        if strides < _RESUMED_STRIDES and strides < alignment.strides:
            settled = False
        if not (settled and alignment.standing and alignment.strides >= _SURE_STRIDES):
            flags |= sessionlog.UNSURE
        if state.motor_to_ms >= t_ms - us // 1000 and state.motor_from_ms <= t_ms:
            flags |= sessionlog.MOTOR
        is_stride = state.run.peak(
            t_ms,
            us,
            turns.top_cdeg,
            turns.low_cdeg,
            # counts Q14 in 0.1 dps
            min((turns.top_up >> 8) * 7 // 640, 65535),
            min((-turns.low_down >> 8) * 7 // 640, 65535),
            score,
            flags,
        )
        if is_stride:
            state.next_flags = 0
        # the sums since the valley go on; those before it tell gravity
        if state.marked:
            x = state.mark_x
            y = state.mark_y
            z = state.mark_z
            attitude.sum_x -= x
            attitude.sum_y -= y
            attitude.sum_z -= z
            if whole and us < 2000000 and not flags & sessionlog.MOTOR:
                attitude.stride(x, y, z, alignment.right, (turns.top_cdeg + turns.low_cdeg) >> 1, us)
            state.bounce -= state.mark_bounce
            state.window_bounce -= state.mark_bounce
            state.sums_at = at
        state.marked = False
        state.quiet_windows = 0
        state.top_at = turns.top_at
        state.low_at = low_at
        if is_stride:
            if 4 <= alignment.strides <= _SWINGS:
                attitude.find_swing(alignment.swung)
            alignment.strides += 1
            if alignment.strides < 12 or not alignment.strides & 15:
                self.align()

    def align(self):
        """Look for the axes again; if right has turned over, what was a peak was a valley."""
        state = self.state
        alignment = state.axes
        known = alignment.known
        if alignment.find_right() and (not known or alignment.moved_q14 > 8192):
            state.turns.restart()
            state.top_at = state.low_at = -1
            state.marked = False
            state.run.stop()
