"""How the sensor sits on the thigh: up (from standing), right (from running), both in sensor axes.

Up is gravity while standing still. Right is the principal axis of the gyroscope in movement, after what lies along up
has been taken out (a thigh also spins about its own length), leant towards where the first swings of a run go, as seen
from the standing pose (`attitude`), and towards the plane of the knee raises. On the RBDS recordings these three err
by 4.7, 2.5 and 6.2 degrees, independently of each other; their weights here were left a little more even than those
that would be best there, as a runner may well set off askew. The sign of right comes from which way the thigh leans
over time: in knee raises, in running, in sitting or crouching the knee is in front far more than behind.
"""

from .trig import fit_shift, root, unit_q14

_CLUSTER_COS = 16209  # cos 8.4 degrees, Q14: windows further apart are different postures
_LEAST_WINDOWS = 4  # still windows (0.3 s each) that make a standing pose
_MOST_WINDOWS = 40
_SURE_STRIDES = 20  # as many as make an alignment sure
_LEAST_ENERGY = 3000  # covariance before an axis is looked for: about 0.4 s at 100 dps
_MOST_SAMPLES = 1200  # of the covariance before it is halved: 92 s
_LONGEST_RAISE = 13  # windows: 4 s
_MOST_TURN = 1097  # tangent of 15 degrees, Q12; beyond, a hint counts for less, and from twice that for nothing
_SWING_PERCENT = 70  # weight of where the first swings go against the axis about which the thigh turns ...
_RAISE_LESS = 20  # ... of the raises' plane against both ...
_RAISE_PERCENT = 36  # ... and where the swings say nothing
_SIGN_LEAD = 24000  # leaning or dwelling that decides the sign
_MEAN_LEAN = 3650  # sine of 12.9 degrees, Q14: the thigh's mean tilt in running (RBDS: SD 3.7, alike at every pace)


class Alignment:
    """Axes of the thigh in the sensor, Q14, and the evidence for them."""

    def __init__(self):
        self.up = [0, 0, 0]
        self.right = [0, 0, 0]
        self.forward = [0, 0, 0]
        self.standing = False  # up comes from standing
        self.known = False  # right is known
        self.strides = 0  # strides since standing that shaped it
        self.moved_q14 = 0  # how far the last update turned right
        self.spread_percent = 0  # how much of the turning is not about right
        self.covariance = [0] * 6  # of the gyro: xx xy xz yy yz zz
        self._before = [0] * 6  # the same when the span under way began
        self.samples = 0
        self._pose = [0, 0, 0]  # sum of up over the still windows of one posture
        self._windows = 0
        self.lean = [0, 0, 0]  # sum of up in movement: towards forward
        self.dwells = 0  # evidence from running that right is the right way round
        self.raises = 0
        self.raised = [0, 0, 0]  # sum of up while the knee was raised
        self._high = [0, 0, 0]  # that of the raise under way
        self._high_windows = 0
        self.swung = [0, 0, 0]  # forward as the first swings of the run have it, if it began from standing
        self._across = [0, 0, 0]
        self._ahead = [0, 0, 0]
        self._new = [0, 0, 0]

    def recall(self, values):
        """Go on with the axes up and right (six values, Q14) of a run that was cut."""
        for i in range(3):
            self.up[i] = values[i]
            self.right[i] = values[3 + i]
        forward = self.forward
        self.cross(self.up, self.right, forward)
        for i in range(3):
            # what the thigh's turning tells from now on is leant towards what was known
            self.swung[i] = self.lean[i] = forward[i]
        self.standing = self.known = True
        self.strides = _SURE_STRIDES

    def still_window(self, up):
        """A window at rest with `up` (Q14). True when the standing pose has changed by it."""
        pose = self._pose
        if self._windows:
            close = (pose[0] // self._windows) * up[0] + (pose[1] // self._windows) * up[1]
            close += (pose[2] // self._windows) * up[2]
            if close >> 14 < _CLUSTER_COS:
                self._windows = 0
        if self._windows == 0:
            pose[0] = pose[1] = pose[2] = 0
        elif self._windows >= _MOST_WINDOWS:
            for i in range(3):
                pose[i] -= pose[i] // self._windows
            self._windows -= 1
        for i in range(3):
            pose[i] += up[i]
        self._windows += 1
        if self._windows < _LEAST_WINDOWS or self.strides >= 20 and self.standing:
            return False
        for i in range(3):
            self.up[i] = pose[i]
        unit_q14(self.up)
        if not self.standing:
            self.standing = True
            self.strides = 0
            self.lean[0] = self.lean[1] = self.lean[2] = 0
        return True

    def moving_window(self, up):
        """A window in movement with `up` (Q14): which way the thigh leans."""
        lean = self.lean
        lean[0] += up[0]
        lean[1] += up[1]
        lean[2] += up[2]
        if abs(lean[0]) > 4000000 or abs(lean[1]) > 4000000 or abs(lean[2]) > 4000000:
            for i in range(3):
                lean[i] >>= 1
        if not self.standing:
            # no standing pose yet: the mean pose must do
            mean = self.up
            for i in range(3):
                mean[i] = lean[i]
            if unit_q14(mean) and self.known:
                for i in range(3):
                    mean[i] -= (self.forward[i] * _MEAN_LEAN) >> 14
                unit_q14(mean)

    def find_right(self):
        """Find right and forward from what is known; True if there is an axis."""
        up = self.up
        covariance = self.covariance
        if covariance[0] + covariance[3] + covariance[5] < _LEAST_ENERGY or not any(up):
            return False
        # two axes across up: start from the sensor axis that is least along it
        across = self._across
        least = 0
        for i in range(1, 3):
            if abs(up[i]) < abs(up[least]):
                least = i
        for i in range(3):
            across[i] = -((up[least] * up[i]) >> 14)
        across[least] += 16384
        unit_q14(across)
        ahead = self._ahead
        self.cross(up, across, ahead)
        a = self._spread(covariance, across, across)
        b = self._spread(covariance, ahead, ahead)
        c = self._spread(covariance, across, ahead)
        # the principal axis is (a - b + size, 2 c) up to length, without tables
        size = root((((a - b) >> 4) * ((a - b) >> 4)) + ((c >> 3) * (c >> 3))) << 4
        new = self._new
        if a >= b:
            x = a - b + size
            y = 2 * c
        else:
            x = 2 * c
            y = size - (a - b)
        new[0] = x
        new[1] = y
        new[2] = 0
        if not unit_q14(new):
            return False
        x = new[0]
        y = new[1]
        for i in range(3):
            new[i] = (x * across[i] + y * ahead[i]) >> 14
        unit_q14(new)
        self.spread_percent = 100 * (a + b - size) // (a + b + size) if a + b + size > 0 else 100
        # forward = up x right must be where the knee leans
        self.cross(up, new, ahead)
        lean = self.lean
        right = self.right
        same = new[0] * right[0] + new[1] * right[1] + new[2] * right[2]
        lead = 0
        if self.standing:
            for i in range(3):
                lead += (lean[i] >> 8) * ahead[i]
            lead >>= 6
        else:
            lead = self.dwells if same >= 0 else -self.dwells
        flip = lead < -_SIGN_LEAD or (self.known and same < 0 and lead < _SIGN_LEAD) or (not self.known and lead < 0)
        if flip:
            for i in range(3):
                new[i] = -new[i]
                ahead[i] = -ahead[i]
            same = -same
        if same < 0:
            self.dwells = -self.dwells
        self._lean_to(self.swung, new, ahead, _SWING_PERCENT)
        if self.raises:
            percent = _RAISE_LESS if any(self.swung) else _RAISE_PERCENT
            self._lean_to(self.raised, new, ahead, percent)
        self.moved_q14 = 16384 - (same >> 14) if self.known else 32768
        for i in range(3):
            right[i] = new[i]
            self.forward[i] = ahead[i]
        self.known = True
        if self.samples > _MOST_SAMPLES:
            self.samples >>= 1
            for i in range(6):
                covariance[i] >>= 1
                self._before[i] >>= 1
        return True

    def forget_turning(self):
        """The turning so far was of a sensor that sat otherwise."""
        self.samples = 0
        for i in range(6):
            self.covariance[i] = self._before[i] = 0

    def turned_off(self):
        """How far the turning's axis since the last call lay off right, about up, 1024ths of a radian."""
        since = self._before
        covariance = self.covariance
        for i in range(6):
            since[i] = covariance[i] - since[i]
        right = self.right
        along = self._spread(since, right, right)
        across = self._spread(since, right, self.forward)
        for i in range(6):
            since[i] = covariance[i]
        return (across << 10) // along if along > 0 else 0

    def raise_window(self, up):
        """A window with the knee far up, `up` in Q14."""
        high = self._high
        for i in range(3):
            high[i] += up[i]
        self._high_windows += 1

    def raise_over(self):
        """The thigh is down again; True if that was a knee raise and not, say, sitting."""
        high = self._high
        counts = self._high_windows <= _LONGEST_RAISE
        if counts and self.raises < 20:
            for i in range(3):
                self.raised[i] += high[i]
            self.raises += 1
        high[0] = high[1] = high[2] = 0
        self._high_windows = 0
        return counts

    def _lean_to(self, target, right, forward, percent):
        """Turn the axes about up by a share of the angle to `target`, a sum of axes that should lie towards forward."""
        x = y = 0
        for i in range(3):
            x += (target[i] >> 6) * forward[i]
            y += (target[i] >> 6) * right[i]
        x >>= 14
        y >>= 14
        if x < 64:
            return
        angle = (y << 12) // x
        if angle > _MOST_TURN:
            angle = 2 * _MOST_TURN - angle if angle < 2 * _MOST_TURN else 0
        elif angle < -_MOST_TURN:
            angle = -2 * _MOST_TURN - angle if angle > -2 * _MOST_TURN else 0
        angle = angle * percent // 100
        for i in range(3):
            right[i] -= (forward[i] * angle) >> 12
        unit_q14(right)
        self.cross(self.up, right, forward)

    def cross(self, a, b, out):
        """Set `out` to the cross product of the unit vectors `a` and `b`, Q14."""
        out[0] = (a[1] * b[2] - a[2] * b[1]) >> 14
        out[1] = (a[2] * b[0] - a[0] * b[2]) >> 14
        out[2] = (a[0] * b[1] - a[1] * b[0]) >> 14

    def _spread(self, covariance, p, q):
        """The covariance between the directions p and q, below 2**15."""
        xx, xy, xz, yy, yz, zz = covariance
        shift = fit_shift(xx, yy, zz, 16384)
        xx >>= shift
        xy >>= shift
        xz >>= shift
        yy >>= shift
        yz >>= shift
        zz >>= shift
        # |rows times q| stays below 16384 * sqrt(3) in Q0
        x = (xx * q[0] + xy * q[1] + xz * q[2]) >> 14
        y = (xy * q[0] + yy * q[1] + yz * q[2]) >> 14
        z = (xz * q[0] + yz * q[1] + zz * q[2]) >> 14
        return (x * p[0] + y * p[1] + z * p[2]) >> 14
