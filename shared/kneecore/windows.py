"""Once a window of 24 or 32 samples (0.3 s): is the thigh at rest, was that a knee raise, what should the log hear.

What of the pipeline is not about strides.
"""

from . import sessionlog
from .state import ONE_G, PAIRS

_UNEVEN = 20  # bits 0 to 4: which windows of running are 32 samples long, the others 24 (`_look` wants multiples of 8)
_STILL_TURN = 700  # sum over a window's 4 looked-at samples of |rate|, Q18: 8 dps over the three axes
_MOST_TURN = 35000  # Q18: 1,600 dps; no thigh turns faster, and what is clipped tells no axis
_MOVES = 440  # 20 dps
_SAME_LOOKS = 2  # in a row with a reading repeated: one in 2 million in running, to 0.07 dps; twice that is a fault
_MOST_BIAS = 2000  # sum over 4 samples: 23 dps
_STEADY_WINDOWS = 6
_STILL_BOUNCE = 2400  # 150 counts a pair
_DRIFT_WINDOWS = 8  # without a stride before movement corrects the tilt
_RAISE_COS = 14189  # 30 degrees, Q14
_DOWN_COS = 16026  # 12 degrees
_RESUMED_STRIDES = 24  # as in `peaks`
_SPOILT = 295000000  # (Q15 rad)^2: 30 degrees, which a window of clipped samples may turn the tilt by
_SURE_FIT = 20  # strides with these axes before the sensor can have moved


class Windows:
    """Decisions of the windows.

    `after()` is called at the end of most, `realigned(t_ms)` when the strap has moved; `event`: the sink's.
    """

    def __init__(self, state, peaks, after, event, realigned):
        self.state = state
        self._peaks = peaks
        self._after = after
        self._event = event
        self._realigned = realigned

    def look(self, hx, hy, hz):
        """One of the samples looked at for alignment and stillness (every eighth)."""
        state = self.state
        state.turn_x_q18 += hx
        state.turn_y_q18 += hy
        state.turn_z_q18 += hz
        turning = abs(hx) + abs(hy) + abs(hz)
        state.turning_q18 += turning
        seen = state.seen
        if turning > _MOVES and (hx == seen[0] or hy == seen[1] or hz == seen[2]):
            state.same_looks += 1
            if state.same_looks >= _SAME_LOOKS:
                # before the window is over: this stride may come out earlier
                state.next_flags |= sessionlog.UNSURE
                if state.axes.known:
                    return
        else:
            state.same_looks = 0
        seen[0] = hx
        seen[1] = hy
        seen[2] = hz
        if turning > _MOST_TURN:
            return
        hx >>= 7
        hy >>= 7
        hz >>= 7
        alignment = state.axes
        if not alignment.standing:
            state.mounting_fit.look(hx, hy, hz, alignment.right)
        if state.attitude.turning and alignment.standing:
            return
        covariance = alignment.covariance
        covariance[0] += hx * hx
        covariance[1] += hx * hy
        covariance[2] += hx * hz
        covariance[3] += hy * hy
        covariance[4] += hy * hz
        covariance[5] += hz * hz
        alignment.samples += 1

    def window(self):
        """Every 32 samples, in running 24 or 32: standing, raises, drift while nothing strides."""
        state = self.state
        attitude = state.attitude
        alignment = state.axes
        if not (state.beat & 1 and state.run.running):
            attitude.renormalise()
        turn_x = state.turn_x_q18
        turn_y = state.turn_y_q18
        turn_z = state.turn_z_q18
        turning = state.turning_q18
        state.turn_x_q18 = state.turn_y_q18 = state.turn_z_q18 = state.turning_q18 = 0
        state.quiet_windows += 1
        pairs = state.window_pairs
        state.window_pairs = PAIRS
        if self._is_spoilt(turning):
            attitude.loosen(_SPOILT)
            if state.run.running:
                state.clear_sums()
            if alignment.known:
                self._after()
                return
        if turning > _STILL_TURN or not attitude.level:
            # A gyro that reads the same for long stands still, whatever we hold its bias to be. Before the first rest
            # one window is enough to try: the next one shows whether it was right.
            state.steady_windows += 1
            if turning - abs(turn_x) - abs(turn_y) - abs(turn_z) > _STILL_TURN:
                state.steady_windows = 0
            if abs(turn_x) > _MOST_BIAS or abs(turn_y) > _MOST_BIAS or abs(turn_z) > _MOST_BIAS:
                state.steady_windows = 0
            turn = turn_x + 2 * turn_y - 3 * turn_z
            if attitude.level and abs(turn - state.last_turn_q18) > _STILL_TURN:
                state.steady_windows = 0
            state.last_turn_q18 = turn
            if state.steady_windows >= _STEADY_WINDOWS or (state.steady_windows and attitude.still == 0):
                state.steady_windows = 0
                attitude.take_bias(turn_x, turn_y, turn_z)
                attitude.dither_bias()
                self._start_level()
                return
            if not attitude.level:
                self._start_level()
                return
        if turning < _STILL_TURN and self._is_at_rest(pairs):
            if state.run.running and state.turns.rising and state.turns.top_at > state.top_at and state.top_real:
                # the run's last peak has no swing back behind it
                self._peaks.peak()
            state.turns.restart()
            attitude.still_window(turn_x, turn_y, turn_z)
            state.clear_sums()
            if alignment.still_window(attitude.up) and state.activity < sessionlog.STANDING:
                state.activity = sessionlog.STANDING
            state.run.stop()
            state.top_at = state.low_at = -1
            state.quiet_windows = 0
            state.steady_windows = 0
        elif state.run.running:
            attitude.resting = 0
            # Every window, and of uneven length: else a stride of two windows shows two poses for the mean.
            state.pairs_left = state.window_pairs = 12 + ((_UNEVEN >> state.beat & 1) << 2)
            state.beat = state.beat - 1 if state.beat else 4
            attitude.find_up()
            fit = state.mounting_fit
            if not (attitude.turning and alignment.standing):
                # a runner leans into a curve: that is not how the sensor sits
                alignment.moving_window(attitude.up)
                if fit.window(attitude.up):
                    fit.judge(alignment.turned_off())
                    self._judge_fit()
            if fit.off:
                state.next_flags |= sessionlog.UNSURE
            if fit.dwell and not alignment.standing:
                alignment.dwells += fit.dwell - (alignment.dwells >> 3)
                fit.dwell = 0
                if alignment.dwells < 0:
                    self._peaks.align()
            state.window_bounce = state.bounce
            # every 1.2 s will do for the rest
            state.run_windows = (state.run_windows + 1) & 3
            if state.run_windows:
                return
        else:
            attitude.resting = 0
            attitude.find_up()
            alignment.moving_window(attitude.up)
            if state.quiet_windows >= _DRIFT_WINDOWS:
                attitude.moving_window()
                state.clear_sums()
            if alignment.strides < 4:
                self._peaks.align()
        state.window_bounce = state.bounce
        self._count_raises()
        attitude.dither_bias()
        self._after()

    def _is_spoilt(self, turning):
        """Was the window just gone clipped, or does an axis stand still while the thigh moves? Strides hear of it."""
        state = self.state
        flags = state.clipped | state.top_clipped
        state.clipped = state.top_clipped = 0
        seen = state.seen
        if turning > _STILL_TURN and (state.force_x == seen[3] or state.force_y == seen[4] or state.force_z == seen[5]):
            state.same_force_windows += 1
        else:
            state.same_force_windows = 0
        seen[3] = state.force_x
        seen[4] = state.force_y
        seen[5] = state.force_z
        stuck = 1 if state.same_looks >= 2 * _SAME_LOOKS else 2 if state.same_force_windows >= 2 * _SAME_LOOKS else 0
        if stuck:
            flags |= sessionlog.UNSURE
            if not state.stuck:
                self._event(state.clock.time_ms(state.samples, 0), sessionlog.STUCK, stuck, 0, 0, 0, 0, 0, 0)
        state.stuck = stuck
        state.next_flags |= flags
        return flags

    def _judge_fit(self):
        """A span of running is over: if the sensor seems to sit otherwise twice in a row, align anew."""
        state = self.state
        fit = state.mounting_fit
        alignment = state.axes
        if (
            alignment.strides < _SURE_FIT
            or state.run.strides < _RESUMED_STRIDES
            and state.run.strides < alignment.strides
        ):
            fit.spans = fit.off = 0  # nothing to compare with
        if fit.off >= 2:
            t_ms = state.clock.time_ms(state.samples, 0)
            self._event(t_ms, sessionlog.RESTRAPPED, fit.leans, 0, 0, 0, 0, 0, 0)
            self._realigned(t_ms)
            alignment.forget_turning()
            alignment.strides = alignment.raises = alignment.dwells = 0
            state.attitude.facing = False
            for i in range(3):
                alignment.raised[i] = alignment.swung[i] = 0
                if fit.leans:
                    alignment.lean[i] = fit.seen[i]
            # up is the mean pose until the runner stands again
            alignment.standing = alignment.standing and not fit.leans
        fit.begin()

    def _is_at_rest(self, pairs):
        """The gyro was quiet in the window just gone, of `pairs`; was the specific force too?"""
        state = self.state
        if state.bounce - state.window_bounce < _STILL_BOUNCE:
            return True
        # It is not where the attitude has it, so one of them is wrong. A whole window of it tells.
        attitude = state.attitude
        if state.quiet_windows > 1 or state.sums_at >= 0:
            state.clear_sums()
            return False
        size = attitude.sum_size() // pairs
        return ONE_G * 92 < size * 100 < ONE_G * 108 and attitude.set_level(True)

    def _start_level(self):
        """Take the sums so far for gravity."""
        state = self.state
        state.attitude.start_level()
        state.clear_sums()
        state.window_bounce = 0

    def _count_raises(self):
        state = self.state
        alignment = state.axes
        if not alignment.standing or state.run.running or alignment.strides:
            return
        up = state.attitude.up
        upward = alignment.up
        cosine = (up[0] * upward[0] + up[1] * upward[1] + up[2] * upward[2]) >> 14
        if cosine < _RAISE_COS:
            state.knee_up = True
            alignment.raise_window(up)
        elif cosine > _DOWN_COS and state.knee_up:
            state.knee_up = False
            if alignment.raise_over() and state.activity == sessionlog.STANDING:
                state.activity = sessionlog.RAISES
