"""What gravity teaches the orientation, once a stride or once a window: tilt, gyro bias, and the heading of a start.

Over whole strides the hip's acceleration averages to zero, so the mean specific force in the level frame is gravity
and its lean is the attitude's error. Two things lean it by themselves. An accelerometer that reads too much along the
thigh does so by the sine of the thigh's mean tilt (12 degrees): what it reads above 1 g at rest tells how much. And
heel strikes leave a small constant lean ("offset"), which a tilt carried over from standing by the gyroscope makes
visible. Tilt, gyro bias and offset are estimated with the gains of a three-state Kalman filter, tabulated over strides
because they do not depend on the data.

The frame also keeps its heading for the minute between standing and the first strides. A runner sets off the way he
stood, so where the thigh swings in the level frame is forward in the standing pose: 2.5 degrees off on the RBDS
recordings, against 4.7 for the axis about which the thigh turns (it also rotates inward in running).
"""

from .orientation import Orientation
from .trig import root, turn, unit_q14

# Gains by stride once a run is under way, Q10: tilt, bias (per second), offset. A Kalman filter's for a stride's lean
# known to 0.6 degree, an offset of 0.2 +- 0.25 degree, a bias known to 0.03 dps from standing and walking 0.02 dps a
# root second; the last rows are held lower, where noise within a run counts for more than what standing still says.
TILT_GAINS = (142, 131, 129, 132, 139, 147, 158, 168, 178, 170, 160, 145, 128, 110, 90)
BIAS_GAINS = (14, 15, 16, 18, 20, 22, 23, 25, 26, 23, 20, 18, 14, 11, 8)
OFFSET_GAINS = (130, 100, 77, 59, 45, 32, 21, 12, 4, 0, 0, 0, 0, 0, 0)
_LAST = len(TILT_GAINS) - 1
_START_STRIDES = 5
_START_GAIN = 40
_LIMIT = 1144  # 2 degrees in Q15 rad: no stride may move the tilt by more
_SIDEWAYS = 572  # 1 degree
_LIMIT_COLD = 4575  # 8 degrees while nothing better is known
_COLD_STRIDES = 8
_MOST_FAR = 10  # strides: longer than speeding up or a corner
_MOST_STILL = 24  # windows in the memory of a standing bias
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
        self.cold = 1  # strides since the tilt was last unknown; 0: the tilt came from standing
        self.still = 0  # still windows that taught the bias
        self.resting = 0  # windows at rest just before, up to 2
        self.begun = 0  # strides since rest
        self.far = 0  # strides in a row whose lean was clipped
        self.row = 0
        self.offset_forward = _OFFSET  # Q15 rad
        self.excess = 0  # what the accelerometer at rest reads above 1 g, 1/16 count
        self._turned = [0, 0, 0]
        self._level = [0, 0, 0]
        self.facing = False  # the heading has been kept since standing
        self._stood = [0, 0, 0, 0]  # level frame to sensor axes when last standing, Q13
        self._swing_x = self._swing_y = 0  # in the level frame, from knee behind to knee up

    def _teach_bias(self, gain_q10):
        """Move the gyro bias by `gain` (per second) of the lean, turned into sensor axes."""
        level = self._level
        level[0] = -self.lean_y << 3
        level[1] = self.lean_x << 3
        level[2] = 0
        turned = self._turned
        turn(self.qw >> 16, -self.qx >> 16, -self.qy >> 16, -self.qz >> 16, level, turned)
        bias = self.bias
        for i in range(3):
            # 1 Q15 rad/s is 25.6 / 1024 counts; 8 * 1024 / 25.6 = 320
            bias[i] += turned[i] * gain_q10 // 320

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
        far = self.clip_lean(_LIMIT_COLD)
        if self.still < _MOST_STILL:
            self.still += 1
        n = self.still + 2
        gain = 2048 * (2 * n - 1) // (n * (n + 1))
        rest = self.resting
        if rest > 1 or (rest and self.cold == 0):
            self._teach_bias(19968 // (n * (n + 1)))
        else:
            # coming to rest tells nothing of the bias, and its tilt has yet to be set right
            far = far or self.cold
        if rest < 2:
            self.resting = rest + 1
        elif self.still >= 4:
            self.cold = 0
        self.right_lean(1024 if far else gain if gain > 256 else 256)
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
        self.begun = 0

    def moving_window(self):
        """The sums are those of some seconds of movement that was no stride: a hint of gravity. Clears them."""
        self.find_lean(self.sum_x, self.sum_y, self.sum_z)
        self.clear_sums()
        if not self._took_whole():
            self.clip_lean(_LIMIT)
            self.right_lean(512 if self.cold else 64)

    def stride(self, x, y, z, right, tilt_cdeg):
        """A whole stride's summed force (x, y, z): correct tilt, bias and offset.

        `right`: sensor axis, Q14. `tilt_cdeg`: the thigh's mean tilt; an accelerometer that reads too much along the
        thigh leans the force back by so much times its sine.
        """
        if self.find_lean(x, y, z) < _LEAST_STRIDE:
            # half of a stride tells nothing: let it go with the rest
            self.sum_x += x
            self.sum_y += y
            self.sum_z += z
            return
        if self._took_whole():
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
        # forward is up x right
        forward = ((self.lean_y * rx - self.lean_x * ry) >> 14) - self.offset_forward + self.excess * tilt_cdeg // 5730
        sideways = (self.lean_x * rx + self.lean_y * ry) >> 14
        if not self.cold:
            # a corner leans it this way, and by the next stride this way may be forward
            sideways = _SIDEWAYS if sideways > _SIDEWAYS else -_SIDEWAYS if sideways < -_SIDEWAYS else sideways
        self.lean_x = (sideways * rx - forward * ry) >> 14
        self.lean_y = (forward * rx + sideways * ry) >> 14
        if self.cold:
            n = self.cold
            if n < _COLD_STRIDES * 2:
                self.cold = n + 1
            n += 1
            if self.still < 4:
                # nor is the bias known: the straight line through the leans so far
                self._teach_bias(8192 // (n * (n + 1)))
                self.right_lean(2048 * (2 * n - 1) // (n * (n + 1)))
            else:
                self.right_lean(1024 // (n - 1) if n < 11 else 100)
                if n > _COLD_STRIDES * 2:
                    self._teach_bias(BIAS_GAINS[_LAST])
            return
        if self.clip_lean(_LIMIT):
            self.far += 1
            if self.far >= _MOST_FAR:
                # it does not come back: nothing is known any more
                self.cold = 1
                self.still = self.far = 0
        else:
            self.far = 0
        if self.begun < _START_STRIDES:
            # speeding up leans the mean force too: nothing to learn from
            self.begun += 1
            self.right_lean(_START_GAIN)
            return
        row = self.row
        forward = (self.lean_y * rx - self.lean_x * ry) >> 14
        self.offset_forward += (forward * OFFSET_GAINS[row]) >> 10
        self._teach_bias(BIAS_GAINS[row])
        self.right_lean(TILT_GAINS[row])
        if row < _LAST:
            self.row = row + 1

    def _took_whole(self):
        """The tilt is unknown where samples were lost or clipped: a lean beyond 8 degrees is taken whole."""
        x = self.lean_x >> 2
        y = self.lean_y >> 2
        if self.cold == 0 or x * x + y * y < (_LIMIT_COLD >> 2) * (_LIMIT_COLD >> 2):
            return False
        self.right_lean(1024)
        self.cold = 1
        if self.still < 4:
            # nor was what passed for the bias
            bias = self.bias
            bias[0] = bias[1] = bias[2] = 0
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

    def lost(self):
        """Samples are missing: the tilt is unknown until strides or a halt have corrected it; the bias stays."""
        self.clear_sums()
        self.facing = False
        self.cold = 1
