"""What 18 windows of running (4.7 s) say of how the sensor sits: as it did before, and which way round.

A strap slips, or is taken off and put on again in mid-run: the mean of up and how far the turning's axis lies off
right, about up, then move for good. Both wander by 3 degrees (RBDS recordings; the runner model's hills and corners),
for one such span by 12 when a runner speeds up. A slip of 15 degrees about any axis moves one of them by more.

Which way is forward shows in running without any standing: the thigh dwells in front and is behind only briefly, so
the skewness of its tilt is negative (-0.34 +- 0.11 over 4.9 s; in none of 390 on the RBDS recordings and 300 of
the runner model at 2.2 to 6.3 m/s was it positive). Peaks and rates tell less: both are nearly even about the mean.
"""

from .trig import root

_SPAN = 18  # windows
_TURNED = 199  # tangent of 11 degrees, 1024ths
_LEANED = 1767  # 2 sin(5.5 degrees) in the span's sum of up, Q9
_LOOKS = 28  # 2.2 s
_MOST_DWELL = 40000
_LEAST_SPREAD = 150  # (1/128 rad)^2: 5.5 degrees
_MOST_WAY = 200  # 1/128 rad: 89 degrees


class MountingFit:
    """`off`: spans in a row that do not fit the earlier ones; `leans`: up has moved, not only right.

    `spans`: how many there have been; whoever sets it to 0 lets the next one be the first.
    `dwell`: where the thigh dwelt in the last 2 s, as turned about right: > 0 if right is the right way round, at most
    40,000. Whoever takes it sets it to 0.
    """

    def __init__(self):
        self.off = 0
        self.leans = False
        self.seen = [0, 0, 0]  # sum of up over the span, Q12
        self._known = [0, 0, 0]  # the same of the spans before
        self._turn = 0  # 1024ths
        self.spans = 0
        self.dwell = 0
        self._way = 0  # tilt, its mean of the last second taken out: 1/128 rad
        self.begin()

    def begin(self):
        """Start a span anew."""
        self.seen[0] = self.seen[1] = self.seen[2] = 0
        self._windows = self._looks = self._sum = self._squares = self._cubes = 0

    def look(self, x, y, z, right):
        """A gyro reading (|x|, |y|, |z| < 1000): only needed where `dwell` is wanted."""
        ax, ay, az = right
        along = (x * ax + y * ay + z * az) >> 14
        way = self._way
        way += along - (way >> 4)
        self._way = way
        if -_MOST_WAY < way < _MOST_WAY:
            self._looks += 1
            self._sum += way
            square = way * way
            self._squares += square
            self._cubes += square * way
            if self._looks == _LOOKS:
                # skewness: a third moment alone grows with the cube of the swing
                mean = self._sum * 16 // _LOOKS
                squares = self._squares // _LOOKS
                spread = squares - (mean * mean >> 8)
                third = self._cubes // _LOOKS - (3 * mean * squares >> 4) + ((mean * mean >> 8) * mean >> 3)
                self._looks = self._sum = self._squares = self._cubes = 0
                if spread > _LEAST_SPREAD:
                    skewness = max(-3000, min(3000, (third << 4) // spread)) * 100000 // root(spread << 8)
                    self.dwell = max(-_MOST_DWELL, min(_MOST_DWELL, -skewness))

    def window(self, up):
        """A window of running; True once a span is over: `judge` it then, and `begin` the next one."""
        seen = self.seen
        seen[0] += up[0] >> 2
        seen[1] += up[1] >> 2
        seen[2] += up[2] >> 2
        self._windows += 1
        return self._windows >= _SPAN

    def judge(self, turn):
        """Does the span fit? `turn`: how far the turning's axis lay off right in it, about up, 1024ths."""
        seen = self.seen
        known = self._known
        self.spans += 1
        moved = 0
        if self.spans > 1:
            for i in range(3):
                off = (seen[i] - known[i]) >> 3
                moved += off * off
            self.leans = moved > _LEANED * _LEANED
            if self.leans or abs(turn - self._turn) > _TURNED:
                self.off += 1
                return
        self.off = 0
        share = 3 if self.spans > 1 else 0
        for i in range(3):
            known[i] += (seen[i] - known[i]) >> share
        self._turn += (turn - self._turn) >> share
