"""Angles and lengths in integers: square root, arctangent (0.01 degree), unit vectors (Q14).

Everything stays below 2**30 for the inputs stated, so that it runs on MicroPython's small ints unchanged.
"""

# arctangent of i/32 in 0.01 degree, i = 0..32
_ATAN_CDEG = (
    0, 179, 358, 536, 713, 888, 1062, 1234, 1404, 1571, 1735, 1897, 2056, 2211, 2363, 2511, 2657,
    2798, 2936, 3070, 3201, 3327, 3451, 3571, 3687, 3800, 3909, 4016, 4119, 4218, 4315, 4409, 4500,
)  # fmt: skip


def root(n):
    """Largest integer whose square is <= n, for 0 <= n < 2**30 (Newton's way, from above)."""
    if n < 2:
        return n
    result = 32768
    while (result >> 1) * (result >> 1) > n:
        result >>= 1
    better = (result + n // result) >> 1
    while better < result:
        result = better
        better = (result + n // result) >> 1
    return result


def atan2_cdeg(y, x):
    """Angle of (x, y) in 0.01 degree, -18000..18000, for |x|, |y| < 2**30. Good to 0.015 degree. 0 for (0, 0)."""
    ax = -x if x < 0 else x
    ay = -y if y < 0 else y
    low = ay if ay < ax else ax
    high = ax if ay < ax else ay
    while high >= 32768:
        high >>= 1
        low >>= 1
    if high == 0:
        return 0
    ratio = (low << 15) // high
    at = ratio >> 10
    angle = _ATAN_CDEG[at]
    if at < 32:
        angle += ((_ATAN_CDEG[at + 1] - angle) * (ratio & 1023) + 512) >> 10
    if ay > ax:
        angle = 9000 - angle
    if x < 0:
        angle = 18000 - angle
    return -angle if y < 0 else angle


def length3(x, y, z):
    """Length of (x, y, z), for components below 2**14."""
    return root(x * x + y * y + z * z)


def fit_shift(x, y, z, limit):
    """How far (x, y, z) must be shifted right so that every component is below `limit`."""
    shift = 0
    x = -x if x < 0 else x
    y = -y if y < 0 else y
    z = -z if z < 0 else z
    while x >= limit or y >= limit or z >= limit:
        x >>= 1
        y >>= 1
        z >>= 1
        shift += 1
    return shift


def unit_q14(vector):
    """Scale a list of three integers in place to length 2**14; False (and untouched) if it is too short to tell."""
    x, y, z = vector
    shift = fit_shift(x, y, z, 16384)
    x >>= shift
    y >>= shift
    z >>= shift
    while -8192 < x < 8192 and -8192 < y < 8192 and -8192 < z < 8192:
        if x == 0 and y == 0 and z == 0:
            return False
        x <<= 1
        y <<= 1
        z <<= 1
    size = length3(x, y, z)
    vector[0] = (x << 14) // size
    vector[1] = (y << 14) // size
    vector[2] = (z << 14) // size
    return True


def turn(w, x, y, z, vector, out):
    """Set `out` to `vector` turned by the quaternion (w, x, y, z), Q13. `vector` shorter than 2**16."""
    ax, ay, az = vector
    tx = (y * az - z * ay) >> 12
    ty = (z * ax - x * az) >> 12
    tz = (x * ay - y * ax) >> 12
    out[0] = ax + ((w * tx + y * tz - z * ty) >> 13)
    out[1] = ay + ((w * ty + z * tx - x * tz) >> 13)
    out[2] = az + ((w * tz + x * ty - y * tx) >> 13)
