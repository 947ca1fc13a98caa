"""The sample loop: attitude by strapdown integration, sums of specific force, turning points of the sagittal rate.

Written out in one piece, because a call a sample costs more than the arithmetic, and two samples at a time: their
rotation is that of their sum to the third order and of their cross product (coning), in one update of the quaternion;
the specific force is turned where the quaternion stands, between the last sample of a pair and the first of the next.
Units: counts for specific force and gyro, half the rotation of a pair in Q16 rad (`_look` is given that of a sample in
Q18), the rate about right in counts Q14, quaternion as in `orientation`.
"""

from . import sessionlog
from .state import ONE_G, PAIRS

_SCALE = 85971  # half of 0.07 dps in rad/us, Q32 a count, Q15
# A pair's cross product of counts in half-angles Q30, Q14: two thirds of 2 * (0.07 dps * 9.6 ms / 2 in rad)^2 * 2^30.
# The nominal period will do: a chip 2 % off errs by 4 % of a term that is itself a correction.
_CROSS = 807
_FAST = 2185  # half the square of a pair's half-angle, Q16: 1,540 dps, so that an axis may be at its limit
_FLAT = 2153  # squared counts, times (_CROSS / 2 ** 14) squared, to that
_LIGHT = 600  # counts, 0.29 g: with both feet off the ground less is felt ...
_FLIGHT = 6147  # ... and that counts for 2 g more than what it is below 1 g
_LEAST_RATE = 2808686  # a turning point follows a swing of more than 12 dps


class Strapdown:
    """Samples into the attitude.

    `look`, `window` and `turning_point` are called for every eighth sample, at the end of a window and where the
    rate about right has passed zero.
    """

    def __init__(self, state, look, window, turning_point):
        self.state = state
        self._look = look
        self._window = window
        self._turning_point = turning_point

    def feed(self, channels, step, n):
        """Take in `n` > 0 samples, in `channels` one every `step`."""
        state = self.state
        if state.is_new:
            state.is_new = False
            state.force_x = channels[3][0]
            state.force_y = channels[4][0]
            state.force_z = channels[5][0]
        at = 0
        if state.has_odd:
            self._keep(1, channels, 0)
            state.has_odd = False
            self._take(state.odd, 0, 1, 1)
            at = step
            n -= 1
        self._take(channels, at, step, n >> 1)
        if n & 1:
            state.has_odd = True
            self._keep(0, channels, at + (n - 1) * step)

    def _keep(self, to, channels, at):
        """Half of a pair waits for the other."""
        state = self.state
        for i in range(6):
            state.odd[i][to] = channels[i][at]

    def _take(self, channels, k, step, pairs):
        """The sample loop."""
        state = self.state
        # named first what is named most: the bytecode has shorter words for the first sixteen
        px = py = pz = hx = hy = hz = tx = ty = tz = pw = square = 0
        # a pair's half-angle in Q30 = its counts * scale
        period = state.clock.period >> 10
        scale = (period * _SCALE + 65536) >> 17
        flat = _FLAT * 9600 // period * 9600 // period
        look_scale = scale << 2  # a sample's, Q18, from counts
        gyro_x, gyro_y, gyro_z, acc_x, acc_y, acc_z = channels
        cross = _CROSS
        one_g = ONE_G
        fast = _FAST
        light = _LIGHT
        flight = _FLIGHT
        least = _LEAST_RATE
        look = self._look
        attitude = state.attitude
        old_x = state.force_x
        old_y = state.force_y
        old_z = state.force_z
        before = state.rate_q14
        rising = state.rising
        window = True
        bias_x = bias_y = bias_z = right_x = right_y = right_z = fx = fy = fz = 0
        ax = ay = az = bx = by = bz = rate = left = 0
        while pairs:
            qw = attitude.qw
            qx = attitude.qx
            qy = attitude.qy
            qz = attitude.qz
            sum_x = attitude.sum_x
            sum_y = attitude.sum_y
            sum_z = attitude.sum_z
            bounce = state.bounce
            top_rate = state.top_rate_q14
            low_rate = state.low_rate_q14
            right_x, right_y, right_z = state.axes.right
            if window:
                window = False
                bias_x = attitude.bias_x
                bias_y = attitude.bias_y
                bias_z = attitude.bias_z
            turned = False
            end = state.pairs_left - pairs
            if end < 0:
                end = 0
            for left in range(state.pairs_left - 1, end - 1, -1):
                ax = gyro_x[k] - bias_x
                ay = gyro_y[k] - bias_y
                az = gyro_z[k] - bias_z
                tx = acc_x[k]
                ty = acc_y[k]
                tz = acc_z[k]
                k += step
                bx = gyro_x[k] - bias_x
                by = gyro_y[k] - bias_y
                bz = gyro_z[k] - bias_z
                pw = qw >> 16
                px = qx >> 16
                py = qy >> 16
                pz = qz >> 16
                # specific force between the last pair and this one, where the quaternion stands
                tx = (old_x + tx) >> 1
                ty = (old_y + ty) >> 1
                tz = (old_z + tz) >> 1
                hx = (py * tz - pz * ty) >> 12
                hy = (pz * tx - px * tz) >> 12
                hz = (px * ty - py * tx) >> 12
                fx = tx + ((pw * hx + py * hz - pz * hy) >> 13)
                fy = ty + ((pw * hy + pz * hx - px * hz) >> 13)
                fz = tz + ((pw * hz + px * hy - py * hx) >> 13)
                sum_x += fx
                sum_y += fy
                sum_z += fz
                if fz > one_g:
                    bounce += fz - one_g
                elif fz > light:
                    bounce += one_g - fz
                else:
                    bounce += flight - fz
                old_x = acc_x[k]
                old_y = acc_y[k]
                old_z = acc_z[k]
                k += step
                # both rotations in one, Q16: their sum to the third order and their cross product (coning)
                tx = ax + bx
                ty = ay + by
                tz = az + bz
                hx = (tx * cross) >> 14
                hy = (ty * cross) >> 14
                hz = (tz * cross) >> 14
                square = (hx * hx + hy * hy + hz * hz) // flat
                if square > fast:
                    state.clipped = sessionlog.CLIPPED
                third = scale - (square >> 5)
                tx = (tx * third + hy * bz - hz * by) >> 14
                ty = (ty * third + hz * bx - hx * bz) >> 14
                tz = (tz * third + hx * by - hy * bx) >> 14
                qw -= pw * square + px * tx + py * ty + pz * tz
                qx += pw * tx + py * tz - pz * ty - px * square
                qy += pw * ty + pz * tx - px * tz - py * square
                qz += pw * tz + px * ty - py * tx - pz * square
                if not left & 3:
                    look((bx * look_scale) >> 14, (by * look_scale) >> 14, (bz * look_scale) >> 14)
                # of a pair only the second: a swing's highest rate is 0.1 % higher between them
                rate = bx * right_x + by * right_y + bz * right_z
                if rate > 0:
                    if rising:
                        if rate > top_rate:
                            top_rate = rate
                    else:
                        rising = True
                        if low_rate < -least:
                            turned = True
                            break
                        top_rate = rate
                elif rising:
                    rising = False
                    if top_rate > least:
                        turned = True
                        break
                    low_rate = rate
                elif rate < low_rate:
                    low_rate = rate
                before = rate
            done = state.pairs_left - left
            pairs -= done
            attitude.qw = qw
            attitude.qx = qx
            attitude.qy = qy
            attitude.qz = qz
            attitude.sum_x = sum_x
            attitude.sum_y = sum_y
            attitude.sum_z = sum_z
            state.bounce = bounce
            state.top_rate_q14 = top_rate
            state.low_rate_q14 = low_rate
            state.samples += done << 1
            state.pairs_left = left
            if turned:
                state.rising = rising
                state.step_x = fx
                state.step_y = fy
                state.step_z = fz
                middle = ax * right_x + ay * right_y + az * right_z
                if (middle > 0) == rising:
                    # before the pair's first sample
                    self._turning_point(before, middle, rate, ax, ay, az, 3)
                else:
                    self._turning_point(middle, rate, 0, bx, by, bz, 2)
                before = rate
            if left == 0:
                window = True
                state.pairs_left = PAIRS
                state.force_x = old_x
                state.force_y = old_y
                state.force_z = old_z
                self._window()
        state.force_x = old_x
        state.force_y = old_y
        state.force_z = old_z
        state.rate_q14 = before
        state.rising = rising
