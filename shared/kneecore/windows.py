"""Once a window of 24 or 32 samples (0.3 s): is the thigh at rest, was that a knee raise, what should the log hear.

The half of the pipeline that is not about strides; `strapdown` and `peaks` add the sample loop and the strides to it.
"""

from . import sessionlog
from .fit import Fit
from .telling import RAISED, RUNNING, STANDING, UNKNOWN, WALKING, Telling  # noqa: F401 - the activities

PAIRS = 16  # of samples in a window: 0.3 s
ONE_G = 2049  # counts

_UNEVEN = 20  # bits 0 to 4: which windows of running are 32 samples long, the others 24 (`_look` wants multiples of 8)
_STILL_TURN = 700  # sum over a window's 4 looked-at samples of |rate|, Q18: 8 dps over the three axes
_MOST_TURN = 35000  # Q18: 1,600 dps; no thigh turns faster, and what is clipped tells no axis
_MOVES = 440  # 20 dps
_SAME = 2  # looks in a row with a reading repeated: one in 2 million in running, to 0.07 dps; twice that is a fault
_MOST_BIAS = 2000  # sum over 4 samples: 23 dps
_STEADY = 6  # windows
_STILL_BOUNCE = 2400  # 150 counts a pair
_LONG = 8  # windows without a stride before movement corrects the tilt
_RAISE_COS = 14189  # 30 degrees, Q14
_DOWN_COS = 16026  # 12 degrees
_SURE_FIT = 20  # strides with these axes before the sensor can have moved


class Windows(Telling):
    """State and decisions of the windows."""

    def __init__(self):
        Telling.__init__(self)
        self._window_bounce = 0  # the sum `_bounce` when the window began
        self._turn_x = self._turn_y = self._turn_z = 0
        self._was = 0  # of the last window that was not quiet, the three of `_turn` in one number
        self._turning = 0
        self._quiet_windows = 0
        self._windows = 0  # while running
        self._beat = 0
        self._pairs = PAIRS  # in the window under way
        self._steady = 0  # windows in a row in which the gyro hardly changed
        self._raised = False
        self._seen = [0] * 6  # gyro and specific force when last looked at
        self._same = 0  # looks in a row at which an axis read the same in movement
        self._same_force = 0  # the same for the specific force, looked at once a window
        self._stuck = 0
        self.fit = Fit()

    def _look(self, hx, hy, hz):
        """One of the samples looked at for alignment and stillness (every eighth)."""
        self._turn_x += hx
        self._turn_y += hy
        self._turn_z += hz
        turning = abs(hx) + abs(hy) + abs(hz)
        self._turning += turning
        seen = self._seen
        if turning > _MOVES and (hx == seen[0] or hy == seen[1] or hz == seen[2]):
            self._same += 1
            if self._same >= _SAME:
                # before the window is over: this stride may come out earlier
                self._lost |= sessionlog.UNSURE
                if self.axes.known:
                    return
        else:
            self._same = 0
        seen[0] = hx
        seen[1] = hy
        seen[2] = hz
        if turning > _MOST_TURN:
            return
        hx >>= 7
        hy >>= 7
        hz >>= 7
        alignment = self.axes
        if not alignment.standing:
            self.fit.look(hx, hy, hz, alignment.right)
        covariance = alignment.covariance
        covariance[0] += hx * hx
        covariance[1] += hx * hy
        covariance[2] += hx * hz
        covariance[3] += hy * hy
        covariance[4] += hy * hz
        covariance[5] += hz * hz
        alignment.samples += 1

    def _window(self):
        """Every 32 samples, in running 24 or 32: standing, raises, drift while nothing strides."""
        attitude = self.attitude
        alignment = self.axes
        if not (self._beat & 1 and self.run.running):
            attitude.renormalise()
        turn_x = self._turn_x
        turn_y = self._turn_y
        turn_z = self._turn_z
        turning = self._turning
        self._turn_x = self._turn_y = self._turn_z = self._turning = 0
        self._quiet_windows += 1
        pairs = self._pairs
        self._pairs = PAIRS
        if self._is_spoilt(turning):
            attitude.cold = 1
            if self.run.running:
                self._clear_sums()
            if alignment.known:
                self._look_up()
                return
        if turning > _STILL_TURN or not attitude.level:
            # A gyro that reads the same for long stands still, whatever we hold its bias to be. Before the first rest
            # one window is enough to try: the next one shows whether it was right.
            self._steady += 1
            if turning - abs(turn_x) - abs(turn_y) - abs(turn_z) > _STILL_TURN:
                self._steady = 0
            if abs(turn_x) > _MOST_BIAS or abs(turn_y) > _MOST_BIAS or abs(turn_z) > _MOST_BIAS:
                self._steady = 0
            turn = turn_x + 2 * turn_y - 3 * turn_z
            if attitude.level and abs(turn - self._was) > _STILL_TURN:
                self._steady = 0
            self._was = turn
            if self._steady >= _STEADY or (self._steady and attitude.still == 0):
                self._steady = 0
                attitude.take_bias(turn_x, turn_y, turn_z)
                attitude.dither_bias()
                self._start_level()
                return
            if not attitude.level:
                self._start_level()
                return
        if turning < _STILL_TURN and self._is_at_rest(pairs):
            if self.run.running and self.turns.rising and self.turns.top_at > self._last_top and self._peak_real:
                # the run's last peak has no swing back behind it
                self._peak()
            self.turns.restart()
            attitude.still_window(turn_x, turn_y, turn_z)
            self._clear_sums()
            if alignment.still_window(attitude.up) and self.activity < STANDING:
                self.activity = STANDING
            self.run.stop()
            self._last_top = -1
            self._quiet_windows = 0
            self._steady = 0
        elif self.run.running:
            attitude.resting = 0
            # Every window, and of uneven length: else a stride of two windows shows two poses for the mean.
            self._left = self._pairs = 12 + ((_UNEVEN >> self._beat & 1) << 2)
            self._beat = self._beat - 1 if self._beat else 4
            attitude.find_up()
            alignment.moving_window(attitude.up)
            if self.fit.off:
                self._lost |= sessionlog.UNSURE
            if self.fit.window(attitude.up):
                self.fit.judge(alignment.turned_off())
                self._judge_fit()
            self._window_bounce = self._bounce
            # every 1.2 s will do for the rest
            self._windows = (self._windows + 1) & 3
            if self._windows:
                return
        else:
            attitude.resting = 0
            attitude.find_up()
            alignment.moving_window(attitude.up)
            if self._quiet_windows >= _LONG:
                attitude.moving_window()
                self._clear_sums()
            if alignment.strides < 4:
                self._align()
        self._window_bounce = self._bounce
        self._count_raises()
        attitude.dither_bias()
        self._look_up()

    def _is_spoilt(self, turning):
        """Was the window just gone clipped, or does an axis stand still while the thigh moves? Strides hear of it."""
        flags = self._clipped | self._peak_clipped
        self._clipped = self._peak_clipped = 0
        seen = self._seen
        if turning > _STILL_TURN and (self._old_x == seen[3] or self._old_y == seen[4] or self._old_z == seen[5]):
            self._same_force += 1
        else:
            self._same_force = 0
        seen[3] = self._old_x
        seen[4] = self._old_y
        seen[5] = self._old_z
        stuck = 1 if self._same >= 2 * _SAME else 2 if self._same_force >= 2 * _SAME else 0
        if stuck:
            flags |= sessionlog.UNSURE
            if not self._stuck:
                self._event(self.clock.time_ms(self._sample, 0), sessionlog.STUCK, stuck, 0, 0, 0, 0, 0, 0)
        self._stuck = stuck
        self._lost |= flags
        return flags

    def _judge_fit(self):
        """A span of running is over: if the sensor seems to sit otherwise twice in a row, align anew."""
        fit = self.fit
        alignment = self.axes
        alignment.dwells += fit.dwell - (alignment.dwells >> 2)
        if alignment.strides < _SURE_FIT:
            fit.spans = fit.off = 0  # nothing to compare with
        if fit.off >= 2:
            t_ms = self.clock.time_ms(self._sample, 0)
            self._event(t_ms, sessionlog.RESTRAPPED, fit.leans, 0, 0, 0, 0, 0, 0)
            self.cue.realigned(t_ms)
            alignment.forget_turning()
            alignment.strides = alignment.raises = alignment.dwells = 0
            self.attitude.facing = False
            for i in range(3):
                alignment.raised[i] = alignment.swung[i] = 0
                if fit.leans:
                    alignment.lean[i] = fit.seen[i]
            # up is the mean pose until the runner stands again
            alignment.standing = alignment.standing and not fit.leans
        fit.begin()
        if not alignment.standing and alignment.dwells < 0:
            self._align()

    def _is_at_rest(self, pairs):
        """The gyro was quiet in the window just gone, of `pairs`; was the specific force too?"""
        if self._bounce - self._window_bounce < _STILL_BOUNCE:
            return True
        # It is not where the attitude has it, so one of them is wrong. A whole window of it tells.
        attitude = self.attitude
        if self._quiet_windows > 1 or self._base_at >= 0:
            self._clear_sums()
            return False
        size = attitude.sum_size() // pairs
        return ONE_G * 92 < size * 100 < ONE_G * 108 and attitude.set_level(True)

    def _start_level(self):
        """Take the sums so far for gravity."""
        self.attitude.still = 0
        self.attitude.cold = 1
        self.attitude.resting = 0
        self.attitude.set_level()
        self._clear_sums()
        self._window_bounce = 0

    def _clear_sums(self):
        self.attitude.clear_sums()
        self._bounce = 0
        self._base_at = -1
        self._peak_good = False
        self._quiet_windows = 0

    def _align(self):
        """Look for the axes again; if right has turned over, what was a peak was a valley."""
        alignment = self.axes
        known = alignment.known
        if alignment.find_right() and (not known or alignment.moved_q14 > 8192):
            self.turns.restart()
            self._last_top = -1
            self._peak_good = False
            self.run.stop()

    def _count_raises(self):
        alignment = self.axes
        if not alignment.standing or self.run.running or alignment.strides:
            return
        up = self.attitude.up
        upward = alignment.up
        cosine = (up[0] * upward[0] + up[1] * upward[1] + up[2] * upward[2]) >> 14
        if cosine < _RAISE_COS:
            self._raised = True
            alignment.raise_window(up)
        elif cosine > _DOWN_COS and self._raised:
            self._raised = False
            if alignment.raise_over() and self.activity == STANDING:
                self.activity = RAISED
