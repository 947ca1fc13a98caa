"""The thigh's orientation, as a quaternion in integers, and how far gravity says that it leans.

The quaternion (sensor to a level frame, z up, heading free) is kept in Q29, offset by half of the bit below Q13, so
that `>> 16` rounds. The sample loop that turns it and sums the specific force in the level frame stands in
`strapdown`; what the sums teach stands in `attitude`.
"""

from .trig import fit_shift, length3, root, unit_q14

HALF = 32768  # rounding offset carried by the quaternion
ONE = 1 << 29


class Orientation:
    """Quaternion, running sums of specific force in the level frame, and their lean off the vertical."""

    def __init__(self):
        self.qw = ONE + HALF
        self.qx = self.qy = self.qz = HALF
        self.sum_x = self.sum_y = self.sum_z = 0  # counts
        self.level = False  # a first orientation is known
        self.up = [0, 0, 16384]  # up in sensor axes, Q14
        self.lean_x = 0  # latest lean of mean specific force in the level frame, Q15 rad
        self.lean_y = 0
        self._gravity = [0, 0, 0]

    def renormalise(self):
        """Bring the quaternion back to length one (to first order; needed at least every 64 samples)."""
        w = self.qw >> 15
        x = self.qx >> 15
        y = self.qy >> 15
        z = self.qz >> 15
        excess = (w * w + x * x + y * y + z * z - (1 << 28)) >> 14
        self.qw -= w * excess
        self.qx -= x * excess
        self.qy -= y * excess
        self.qz -= z * excess

    def find_up(self):
        """Set `up` (sensor axes, Q14) from the quaternion."""
        w = self.qw >> 15
        x = self.qx >> 15
        y = self.qy >> 15
        z = self.qz >> 15
        self.up[0] = (x * z - w * y) >> 13
        self.up[1] = (w * x + y * z) >> 13
        self.up[2] = (w * w - x * x - y * y + z * z) >> 14

    def _multiply_left(self, dw, dx, dy):
        """Turn the level frame by the unit quaternion (dw, dx, dy, 0), Q14."""
        w = self.qw >> 15
        x = self.qx >> 15
        y = self.qy >> 15
        z = self.qz >> 15
        self.qw = ((dw * w - dx * x - dy * y) << 1) + HALF
        self.qx = ((dw * x + dx * w + dy * z) << 1) + HALF
        self.qy = ((dw * y - dx * z + dy * w) << 1) + HALF
        self.qz = ((dw * z + dx * y - dy * x) << 1) + HALF

    def sum_size(self):
        """Length of the summed force, counts, to about 0.1 %."""
        shift = fit_shift(self.sum_x, self.sum_y, self.sum_z, 16384)
        return length3(self.sum_x >> shift, self.sum_y >> shift, self.sum_z >> shift) << shift

    def set_level(self, keep_sums=False):
        """Take the sums as gravity: turn the level frame so that they point up, whatever the angle.

        Clears the sums, or turns them along. False if they are too small to tell.
        """
        turned = self._gravity
        turned[0] = self.sum_x
        turned[1] = self.sum_y
        turned[2] = self.sum_z
        size = self.sum_size()
        self.clear_sums()
        if not unit_q14(turned):
            return False
        if keep_sums:
            self.sum_z = size
        x, y, z = turned
        if z < 0:
            self._multiply_left(0, 16384, 0)
            y = -y
            z = -z
        turned[0] = 16384 + z
        turned[1] = y
        turned[2] = -x
        unit_q14(turned)
        self._multiply_left(turned[0], turned[1], turned[2])
        self.renormalise()
        self.level = True
        return True

    def clear_sums(self):
        """Start the sums of specific force anew."""
        self.sum_x = self.sum_y = self.sum_z = 0

    def find_lean(self, x, y, z):
        """Set (lean_x, lean_y) to the direction of the summed force (x, y, z) off the vertical, Q15 rad; its length."""
        shift = fit_shift(x, y, z, 16384)
        x >>= shift
        y >>= shift
        z >>= shift
        size = length3(x, y, z)
        if size < 256:
            self.lean_x = self.lean_y = 0
            return 0
        self.lean_x = (x << 15) // size
        self.lean_y = (y << 15) // size
        if z < 0:
            # upside down: no sine tells how far
            self.lean_x = -32768 if x < 0 else 32768
        return size << shift

    def clip_lean(self, limit):
        """Hold the lean's length down to `limit`; True if it was longer."""
        x = self.lean_x
        y = self.lean_y
        size = root((x >> 2) * (x >> 2) + (y >> 2) * (y >> 2)) << 2
        if size > limit:
            self.lean_x = x * limit // size
            self.lean_y = y * limit // size
            return True
        return False

    def right_lean(self, gain_q10):
        """Turn the level frame by `gain` of the lean, and what has been summed in it since."""
        vx = (self.lean_y * gain_q10) >> 10
        vy = -((self.lean_x * gain_q10) >> 10)
        self.sum_x += vy * (self.sum_z >> 9) >> 6
        self.sum_y -= vx * (self.sum_z >> 9) >> 6
        w = self.qw >> 16
        x = self.qx >> 16
        y = self.qy >> 16
        z = self.qz >> 16
        self.qw -= vx * x + vy * y
        self.qx += vx * w + vy * z
        self.qy += vy * w - vx * z
        self.qz += vx * y - vy * x
        self.renormalise()
