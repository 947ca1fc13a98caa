"""What gravity teaches the orientation, once a stride or once a window: tilt, gyro bias, and the heading of a start.

Over whole strides the hip's acceleration averages to zero, so the mean specific force in the level frame is gravity
and its lean is the attitude's error. Tilt and bias are one small Kalman filter, alike for both level directions, with
the variances of tilt and bias and what they share carried along. A stride, a still window and some seconds of other
movement are the same two steps with different noise. What may have spoilt the tilt widens its variance; the bias keeps
its own, so one that was learnt standing or over many strides is never dropped.

How noisy leans are is learnt in the run, from how they differ from one stride to the next: 0.6 degrees on treadmill
recordings, 2.4 in a pocket. A lean that stays is error, not noise; ten to one side widen both variances.

While the runner turns (mean yaw rate of the strides), the sideways lean is the curve's and not the tilt's: only what
leans forward is heard then, and the bias is left alone.

An accelerometer that reads too much along the thigh leans the force by the sine of the thigh's mean tilt (12 degrees):
what it reads above 1 g at rest tells how much. Heel strikes leave a small constant lean ("offset"), which a tilt
carried over from standing by the gyroscope makes visible.

The frame also keeps its heading for the minute between standing and the first strides. A runner sets off the way he
stood, so where the thigh swings in the level frame is forward in the standing pose: 2.5 degrees off on the RBDS
recordings, against 4.7 for the axis about which the thigh turns (it also rotates inward in running).
"""

from .orientation import Orientation
from .trig import root, turn, unit_q14

# Variances: of tilt in (Q15 rad)^2, of bias in (Q17 rad/s)^2, of both in the product. 1 degree is 572, 1 dps 2288.
_OFFSET_GAINS = (130, 100, 77, 59, 45, 32, 21, 12, 4)  # Q10, by stride
_NOISE_LEAST = 99000  # 0.55 degree
_NOISE_MOST = 12000000  # 6 degrees
_NOISE_UNSETTLED = 2000000  # 2.5 degrees
_NOISE_START = 4000000  # 3.5 degrees: speeding up leans the mean force too
_NOISE_MOVING = 8200000  # 5 degrees
_NOISE_CURVE = 330000  # 1 degree
_NOISE_STILL = 100000  # 0.55 degree: people sway
_NOISE_MEMORY = 32  # strides
_TILT_WALK = 200  # a stride ...
_TILT_WALK_SHARE = 9  # ... and of the noise, 2 ** -9
_BIAS_WALK = 40  # a second ...
_BIAS_WALK_SHARE = 13  # ... and of the noise, 2 ** -13
_TILT_UNKNOWN = 295000000  # 30 degrees
_TILT_LEVEL = 1000000  # 1.7 degrees: taken from one lean at rest
_TILT_STOOD = 20000  # 0.25 degree: what standing still leaves
_TILT_SETTLED = 400000  # 1.1 degrees ...
_TILT_SETTLED_SHARE = 4  # ... and of the noise, 2 ** -4: where leans are noisy the filter does not come below that
_BIAS_UNKNOWN = 5200000  # 1 dps
_BIAS_MOST = 84000000  # 4 dps
_BIAS_STOOD = 16000  # 0.055 dps
_TURN_Q14 = 600  # sine of the yaw in a stride: 2.1 degrees, 3 dps
_TURN_AT_ONCE_Q14 = 4000  # 14 degrees, after another stride to that side
_STEP_MOST_Q14 = 1000  # 3.5 degrees: no stride counts for more
_TURN_STRIDES = 14  # 10 s after the last such stride it is still taken for a turn
_START_STRIDES = 5
_FAR_STRIDES = 10  # to one side: longer than speeding up or a corner
_LEAN_COLD = 4575  # Q15 rad: 8 degrees
_WHOLE = 1144  # Q13 rad: 8 degrees
_BIAS_LEAN = 5700  # Q15 rad: 10 degrees; no lean teaches the bias more
_STILL_WINDOWS = 24  # in the memory of a standing bias
_TURN_BIAS = 167  # sum of 4 half-angles, Q18, to 1/1024 count
_LEAST_STRIDE = 43000  # 21 pairs of samples at 1 g: 0.4 s
_PAIRS_G = 32787  # 16 pairs of samples at 1 g
_MOST_EXCESS = 1300  # 40 mg
_OFFSET = 120  # Q15 rad: 0.2 degree
_MOST_BIAS = 350000  # 24 dps in 1/1024 count


class Attitude(Orientation):
    """The orientation with its gyro bias, kept right by standing still and by whole strides."""

    def __init__(self):
        super().__init__()
        self.bias = [0, 0, 0]  # 1/1024 count
        self.bias_x = self.bias_y = self.bias_z = 0  # whole counts, what the sample loop subtracts
        self.carry = [0, 0, 0]
        self.tilt_variance = _TILT_UNKNOWN
        self._shared = 0
        self.bias_variance = _BIAS_UNKNOWN
        self._noise = 4 * _NOISE_LEAST  # variance of a stride's lean, (Q15 rad)^2
        self._noise_strides = 0  # that taught it, at most _NOISE_MEMORY
        self._since = 0  # the last lean, 1/1024 s
        self._last_x = self._last_y = 0  # the last stride's lean, Q15 rad
        self._mean_x = self._mean_y = 0  # of the last eight or so
        self._far = 0  # strides in a row whose lean was beyond what is expected, to one side
        self.still = 0  # still windows that taught the bias
        self.resting = 0  # windows at rest just before, up to 2
        self._begun = 0  # strides since rest
        self._row = 0
        self.offset_forward = _OFFSET  # Q15 rad
        self.excess = 0  # what the accelerometer at rest reads above 1 g, 1/16 count
        self._turned = [0, 0, 0]
        self._level = [0, 0, 0]
        self.facing = False  # the heading has been kept since standing
        self._stood = [0, 0, 0, 0]  # level frame to sensor axes when last standing, Q13
        self._swing_x = self._swing_y = 0  # in the level frame, from knee behind to knee up
        self._right_x = self._right_y = 0  # heading of right at the last stride, Q14
        self._yaw = 0  # of a stride, on average: its sine, Q14
        self._mid_x = self._mid_y = self._step = 0
        self.turning = 0  # strides for which this is taken for a curve

    def settled(self):
        """Is the tilt known to about a degree, or as well as leans so noisy can tell it?"""
        return self.tilt_variance < _TILT_SETTLED + (self._noise >> _TILT_SETTLED_SHARE)

    def _teach_bias(self, gain_q10):
        """Move the gyro bias by `gain` (per second) of the lean, turned into sensor axes."""
        level = self._level
        x = self.lean_x
        y = self.lean_y
        level[0] = -(_BIAS_LEAN if y > _BIAS_LEAN else -_BIAS_LEAN if y < -_BIAS_LEAN else y) << 3
        level[1] = (_BIAS_LEAN if x > _BIAS_LEAN else -_BIAS_LEAN if x < -_BIAS_LEAN else x) << 3
        level[2] = 0
        turned = self._turned
        turn(self.qw >> 16, -self.qx >> 16, -self.qy >> 16, -self.qz >> 16, level, turned)
        bias = self.bias
        for i in range(3):
            # 1 Q17 rad/s is 25.6 / 4096 counts; 8 * 4096 / 25.6 = 1280
            bias[i] += turned[i] * gain_q10 // 1280

    def _expect(self, noise):
        """The variance of a lean to come, of this `noise`: what has passed since the last one widens the rest first."""
        since = self._since
        self._since = 0
        if since > 3200:
            since = 3200
        shared = self._shared
        bias = self.bias_variance
        # 1/1024 s times Q17 rad/s is Q15 rad over 4096
        more = (bias >> 6) * (since >> 2) >> 4
        tilt = self.tilt_variance + ((shared >> 6) * since >> 5) + ((more >> 6) * since >> 6)
        tilt += (_TILT_WALK + (self._noise >> _TILT_WALK_SHARE)) * since // 740
        bias += (_BIAS_WALK + (self._noise >> _BIAS_WALK_SHARE)) * since >> 10
        self._shared = shared + more
        self.tilt_variance = tilt if tilt < _TILT_UNKNOWN else _TILT_UNKNOWN
        self.bias_variance = bias if bias < _BIAS_MOST else _BIAS_MOST
        return self.tilt_variance + noise

    def _correct(self, total, teaches):
        """Turn by the lean, and shift the bias if it `teaches` that, with the gains of a lean of variance `total`."""
        size = (total >> 12) + 1
        gain = (self.tilt_variance >> 2) // size  # Q10
        gain = gain if gain < 1024 else 1024
        shared = self._shared
        self.tilt_variance -= (self.tilt_variance >> 10) * gain
        if teaches:
            rate = (shared >> 2) // size  # Q10 of Q17 rad/s a Q15 rad
            rate = 1500 if rate > 1500 else -1500 if rate < -1500 else rate
            self.bias_variance -= (shared >> 10) * rate
            if self.bias_variance < 64:
                self.bias_variance = 64
            if rate:
                self._teach_bias(rate)
        self._shared = shared - (shared >> 10) * gain
        self.right_lean(gain)

    def loosen(self, variance):
        """The tilt may have gone wrong by so much."""
        variance += self.tilt_variance
        self.tilt_variance = variance if variance < _TILT_UNKNOWN else _TILT_UNKNOWN

    def lost(self):
        """Samples are missing: the tilt is unknown until strides or a halt have corrected it; the bias stays."""
        self.clear_sums()
        self.facing = False
        self.tilt_variance = _TILT_UNKNOWN
        self._shared = self._right_x = self._right_y = 0

    def start_level(self):
        """Take the sums so far for gravity; nothing else is known."""
        self.still = self.resting = 0
        self.tilt_variance = _TILT_UNKNOWN
        self._shared = 0
        self.bias_variance = _BIAS_UNKNOWN
        self.set_level()

    def dither_bias(self):
        """Give the sample loop the bias in whole counts, carrying what is left over to the next window."""
        bias = self.bias
        carry = self.carry
        for i in range(3):
            if bias[i] > _MOST_BIAS:
                bias[i] = _MOST_BIAS
            elif bias[i] < -_MOST_BIAS:
                bias[i] = -_MOST_BIAS
            carry[i] = (carry[i] & 1023) + bias[i]
        self.bias_x = carry[0] >> 10
        self.bias_y = carry[1] >> 10
        self.bias_z = carry[2] >> 10

    def take_bias(self, turn_x, turn_y, turn_z):
        """What the gyro read in the window just gone (its looked-at samples sum to `turn`) is the bias."""
        bias = self.bias
        bias[0] = (self.bias_x << 10) + turn_x * _TURN_BIAS
        bias[1] = (self.bias_y << 10) + turn_y * _TURN_BIAS
        bias[2] = (self.bias_z << 10) + turn_z * _TURN_BIAS

    def still_window(self, turn_x, turn_y, turn_z):
        """The sums are those of a window at rest, in which the gyro's looked-at samples sum to `turn`. Clears them.

        The tilt comes from gravity, the level part of the bias from how the tilt would have drifted (swaying in the
        mean of the gyro does not count), the vertical part from the gyro's mean.
        """
        if self.resting:
            # a whole window's sums
            excess = self.sum_size() - _PAIRS_G
            if -_MOST_EXCESS < excess < _MOST_EXCESS:
                self.excess += (excess - self.excess + (self.still >> 1)) // (self.still + 1)
        self.find_lean(self.sum_x, self.sum_y, self.sum_z)
        self.clear_sums()
        far = self.clip_lean(_LEAN_COLD)
        if self.still < _STILL_WINDOWS:
            self.still += 1
        n = self.still + 2
        if far or (self.resting < 2 and not self.settled()):
            # coming to rest tells nothing of the bias, and its tilt has yet to be set right
            self.right_lean(1024)
            self._since = self._shared = 0
            if self.tilt_variance > _TILT_LEVEL:
                self.tilt_variance = _TILT_LEVEL
        else:
            self._since += 315
            self._correct(self._expect(_NOISE_STILL), True)
            if self.tilt_variance < _TILT_STOOD:
                self.tilt_variance = _TILT_STOOD
            if self.bias_variance < _BIAS_STOOD:
                self.bias_variance = _BIAS_STOOD
        if self.resting < 2:
            self.resting += 1
        self.find_up()
        x, y, z = self.up
        bias = self.bias
        # how far the gyro read above the bias, 1/1024 count, along up
        spin = ((turn_x * _TURN_BIAS + (self.bias_x << 10) - bias[0]) >> 3) * x
        spin += ((turn_y * _TURN_BIAS + (self.bias_y << 10) - bias[1]) >> 3) * y
        spin += ((turn_z * _TURN_BIAS + (self.bias_z << 10) - bias[2]) >> 3) * z
        spin = ((spin >> 14) << 3) // n
        bias[0] += (spin * x) >> 14
        bias[1] += (spin * y) >> 14
        bias[2] += (spin * z) >> 14
        stood = self._stood
        stood[0] = self.qw >> 16
        stood[1] = -self.qx >> 16
        stood[2] = -self.qy >> 16
        stood[3] = -self.qz >> 16
        self._swing_x = self._swing_y = 0
        self.facing = True
        self._begun = self.turning = self._yaw = self._right_x = self._right_y = 0

    def moving_window(self):
        """The sums are those of some seconds of movement that was no stride: a hint of gravity. Clears them."""
        self.find_lean(self.sum_x, self.sum_y, self.sum_z)
        self.clear_sums()
        self._since += 2500
        total = self._expect(_NOISE_MOVING)
        self.clip_lean(3 * root(total) if total < 100000000 else 31000)
        self._correct(total, True)

    def stride(self, x, y, z, right, tilt_cdeg, us):
        """A whole stride's summed force (x, y, z), which took `us` microseconds: correct tilt, bias and offset.

        `right`: sensor axis, Q14. `tilt_cdeg`: the thigh's mean tilt; an accelerometer that reads too much along the
        thigh leans the force back by so much times its sine.
        """
        self._since += (us >> 4) * 67 >> 12
        if self.find_lean(x, y, z) < _LEAST_STRIDE:
            # half of a stride tells nothing: let it go with the rest
            self.sum_x += x
            self.sum_y += y
            self.sum_z += z
            return
        turned = self._turned
        turn(self.qw >> 16, self.qx >> 16, self.qy >> 16, self.qz >> 16, right, turned)
        rx = turned[0]
        ry = turned[1]
        size = root(rx * rx + ry * ry)
        if size < 4096:
            return
        rx = (rx << 14) // size
        ry = (ry << 14) // size
        curves = self._look_for_turn(rx, ry)
        if curves:
            # the way between the stride's ends
            rx = self._mid_x
            ry = self._mid_y
        # forward is up x right
        forward = ((self.lean_y * rx - self.lean_x * ry) >> 14) - self.offset_forward + self.excess * tilt_cdeg // 5730
        sideways = (self.lean_x * rx + self.lean_y * ry) >> 14
        noise = self._noise
        starting = self._begun < _START_STRIDES
        if starting:
            self._begun += 1
            if noise < _NOISE_START:
                noise = _NOISE_START
        settled = self.settled()
        if noise < _NOISE_UNSETTLED and not settled:
            # one lean must not make sure what has just gone wrong
            noise = _NOISE_UNSETTLED
        curves = curves and settled
        if curves:
            # a curve leans it this way, and which way that is we hardly know
            noise += ((sideways >> 2) * (sideways >> 2) << 2) + _NOISE_CURVE
            sideways = 0
        total = self._expect(noise)
        limit = root(total)
        if settled:
            # a corner leans it this way, and by the next stride this way may be forward
            sideways = limit if sideways > limit else -limit if sideways < -limit else sideways
        self.lean_x = lean_x = (sideways * rx - forward * ry) >> 14
        self.lean_y = lean_y = (forward * rx + sideways * ry) >> 14
        if not settled and self._took_whole(noise):
            return
        if not (starting or curves):
            if settled:
                self._learn_noise(total)
            if self._stays(total):
                total = self.tilt_variance + noise
                limit = root(total)
        self._last_x = lean_x
        self._last_y = lean_y
        self.clip_lean(3 * limit if limit < 10300 else 31000)
        row = self._row
        if not (starting or curves) and row < len(_OFFSET_GAINS):
            if self.still >= 4:
                forward = (self.lean_y * rx - self.lean_x * ry) >> 14
                self.offset_forward += ((forward * _OFFSET_GAINS[row]) >> 10) * _NOISE_LEAST // self._noise
            self._row = row + 1
        self._correct(total, not curves)

    def _look_for_turn(self, rx, ry):
        """Does the runner turn? (`rx`, `ry`): where right points in the level frame now, Q14."""
        old_x = self._right_x
        old_y = self._right_y
        self._right_x = rx
        self._right_y = ry
        if old_x == old_y == 0:
            return False
        step = (old_x * ry - old_y * rx) >> 14
        # a strap that slips turns it too, but once
        last = self._step
        self._step = step
        step = _STEP_MOST_Q14 if step > _STEP_MOST_Q14 else -_STEP_MOST_Q14 if step < -_STEP_MOST_Q14 else step
        self._yaw += (step - self._yaw) >> 2
        if self.turning:
            self.turning -= 1
        at_once = step > _TURN_AT_ONCE_Q14 and last > _TURN_Q14 or step < -_TURN_AT_ONCE_Q14 and last < -_TURN_Q14
        if -_TURN_Q14 <= self._yaw <= _TURN_Q14 and not at_once:
            return False
        self.turning = _TURN_STRIDES
        x = (old_x + rx) >> 1
        y = (old_y + ry) >> 1
        size = root(x * x + y * y)
        if size > 4096:
            self._mid_x = (x << 14) // size
            self._mid_y = (y << 14) // size
        return size > 4096

    def _took_whole(self, noise):
        """Is the lean beyond what is known, twice to one side? Then the tilt was never right: it is taken whole."""
        x = self.lean_x >> 2
        y = self.lean_y >> 2
        square = x * x + y * y
        same = x * (self._last_x >> 2) + y * (self._last_y >> 2) > 0
        if square <= _WHOLE * _WHOLE or square <= 6 * (noise >> 4) or not (same or self._noise_strides < 3):
            return False
        self._last_x = self.lean_x
        self._last_y = self.lean_y
        self.right_lean(1024)
        self.tilt_variance = 2 * noise if noise > 1000000 else 2000000
        self._shared = 0
        if self.bias_variance < _BIAS_UNKNOWN and self.still < 4:
            # nor was what passed for the bias
            bias = self.bias
            bias[0] = bias[1] = bias[2] = 0
            self.bias_variance = _BIAS_UNKNOWN
        return True

    def _learn_noise(self, total):
        """Half the mean square of the leans' differences from one to the next is the noise of one direction."""
        x = self.lean_x - self._last_x >> 2
        y = self.lean_y - self._last_y >> 2
        square = x * x + y * y
        most = 9 * (total >> 2) if total < 100000000 else 225000000
        if self._noise_strides < _NOISE_MEMORY:
            self._noise_strides += 1
        noise = self._noise + ((most if square > most else square) * 4 - self._noise) // (self._noise_strides + 4)
        self._noise = _NOISE_LEAST if noise < _NOISE_LEAST else _NOISE_MOST if noise > _NOISE_MOST else noise

    def _stays(self, total):
        """Ten leans to one side, each beyond what is expected: the tilt is wrong, and so may the bias be."""
        self._mean_x += self.lean_x - self._mean_x >> 3
        self._mean_y += self.lean_y - self._mean_y >> 3
        x = self.lean_x >> 2
        y = self.lean_y >> 2
        mean_x = self._mean_x >> 2
        mean_y = self._mean_y >> 2
        if x * mean_x + y * mean_y <= 0 or x * x + y * y <= 8 * (total >> 6):
            self._far = 0
            return False
        self._far += 1
        if self._far < _FAR_STRIDES:
            return False
        self._far = 0
        square = mean_x * mean_x + mean_y * mean_y
        square = square if square < 18000000 else 18000000
        self.loosen(16 * square)
        self.bias_variance += 4 * square
        return True

    def swing(self, thigh, sign):
        """The thigh (sensor axis, Q14) turns round, with the knee up (`sign` 1) or behind (-1).

        The two alternate, so what their sum keeps is the way from one to the other.
        """
        level = self._level
        turn(self.qw >> 16, self.qx >> 16, self.qy >> 16, self.qz >> 16, thigh, level)
        self._swing_x -= level[0] * sign
        self._swing_y -= level[1] * sign

    def find_swing(self, forward):
        """Set `forward` (sensor, Q14) to where the swings point, as seen from the standing pose before them."""
        level = self._level
        level[0] = self._swing_x
        level[1] = self._swing_y
        level[2] = 0
        if self.facing and unit_q14(level):
            w, x, y, z = self._stood
            turn(w, x, y, z, level, forward)
