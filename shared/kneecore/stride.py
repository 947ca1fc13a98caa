"""Strides from the thigh's turning points: knee-lift peak, lowest extension, swing rates, and what counts as running.

Turning points are where the sagittal rate passes zero. A peak counts once the thigh has come down from it by a good
part of a stride's range, so that the shake after heel strike makes no second one. Some thighs come up twice, at the end
of swing and 0.2 s later, after foot contact; the higher of the two is the peak, the later where they are level. A
running stride lasts 0.45 to 1.0 s, spans 25 to 130 degrees (RBDS kinematics, 26 runners at 2.5 to 4.5 m/s: 0.54 to
0.84 s) and bounces: its score is the mean of |vertical specific force - 1 g| plus 2 g times the share of its time in
flight (below 0.29 g). Bounce alone does not tell brisk walking (up to 0.65 g at a thigh) from easy running (from
0.68 g). Drills (high knees, skips) lift the thigh far and hardly bring it back behind the body. The first strides of a
run wait until up to three more have shown that it is a run; then they count too.
"""

from . import sessionlog

_LEAST_TURN_CDEG = 1500  # a turn smaller than this is no peak or valley ...
_TURN_PERCENT = 35  # ... nor one smaller than this share of the last stride's range
# The later top of a thigh that comes up twice is the sharper one, and a low-pass on the signal's way takes more off it:
# 0.15 degree where motion passes up to 20 Hz (mean of 19 RBDS recordings of 6 runners; 0.08 to 0.26 in all but one).
_BLUNTED_CDEG = 15
_NEARLY_CDEG = 400  # how far the tilt turns between a turning point and where it is looked at, at most
_APART = 10 * 256  # samples between the two, at least: 0.1 s
_LEAST_RANGE_CDEG = 2500
_LEAST_RANGE_SURE_CDEG = 2000  # where the score leaves no doubt ...
_LEAST_RANGE_QUICK_CDEG = 3000  # ... and for strides so short that they may be steps
_MOST_RANGE_CDEG = 13000
_LEAST_SWING_DDPS = 1200  # a thigh brought up slower than 120 dps is not running
_LEAST_US = 440000
_MOST_US = 1050000
# Scores, counts: 2049 to 1 g. Of single strides, and of their mean, halved with each.
_BEGINS = 2200  # the mean with which a run begins ...
_LASTS = 1700  # ... and with which it goes on
_LEAST_SCORE = 1400
_LEAST_START_SCORE = 500  # of the first strides from rest, which speed up
_SURE = 2500
_SLOW_US = 780000  # strides longer than that must score more ...
_SLOW_SLOPE = 1200  # ... by so many 1/1000 g a second
_QUICK_US = 640000
_DRILL_CDEG = 6000  # a lift this high ...
_DRILL_RATIO = 6  # ... and so many times the extension is no running
_REST_US = 1600000  # a peak so long after the last one starts something new
_WAITING = 3  # strides held back until the next shows that it is a run


class Turns:
    """Peaks and valleys of the sagittal tilt (0.01 degree) among its turning points."""

    def __init__(self):
        self.top_cdeg = 0  # the peak, or the best candidate so far
        self.top_at = 0  # sample number times 256
        self.top_up = 0  # highest swing-up rate before it
        self.low_cdeg = 0
        self.low_at = -1  # the valley before the peak, or the lowest point so far; -1: the peak is the first from rest
        self.low_down = 0
        self.range_cdeg = 0
        self.rising = True  # looking for a peak
        self.better = False  # the last turning point became the candidate
        self._up = 0
        self._down = 0
        self.started = False

    def restart(self):
        """Forget the candidates (samples lost, or the axes have changed)."""
        self.started = False
        self._up = self._down = 0
        self.range_cdeg = 0

    def _least_turn(self):
        least = self.range_cdeg * _TURN_PERCENT // 100
        return least if least > _LEAST_TURN_CDEG else _LEAST_TURN_CDEG

    def matters(self, tilt_cdeg, is_lowest):
        """Could a turning point of about this tilt be a peak, a valley, or the end of either? Else it is a shake."""
        if not self.started:
            return True
        if is_lowest:
            return tilt_cdeg < _NEARLY_CDEG + (self.top_cdeg - self._least_turn() if self.rising else self.low_cdeg)
        return tilt_cdeg > (self.top_cdeg if self.rising else self.low_cdeg + self._least_turn()) - _NEARLY_CDEG

    def maximum(self, tilt_cdeg, at, up):
        """A highest point at sample `at` / 256, after the rate had reached `up`."""
        if up > self._up:
            self._up = up
        self.better = False
        if not self.started:
            self.started = True
            self.rising = True
            # from rest: the way up began at the standing pose
            self.low_cdeg = tilt_cdeg if tilt_cdeg < 0 else 0
            self.low_at = -1
            self.low_down = 0
            self.top_cdeg = tilt_cdeg - 1
        if not self.rising:
            if tilt_cdeg <= self.low_cdeg + self._least_turn():
                return
            self.rising = True
            self._down = 0
        elif tilt_cdeg <= self.top_cdeg:
            if at - self.top_at < _APART or tilt_cdeg <= self.top_cdeg - _BLUNTED_CDEG:
                return
            tilt_cdeg = self.top_cdeg
        self.top_cdeg = tilt_cdeg
        self.top_at = at
        self.top_up = self._up
        self.better = True

    def minimum(self, tilt_cdeg, at, down):
        """A lowest point, after the rate had reached `down` (negative). True when it confirms the peak before it.

        The valley before that peak then stands in `low_cdeg` until `valley` is called.
        """
        if down < self._down:
            self._down = down
        self.better = False
        if not self.started:
            self.started = True
            self.rising = False
            self.better = True
            self.low_cdeg = tilt_cdeg
            self.low_at = at
            self.low_down = self._down
            return False
        if not self.rising:
            if tilt_cdeg < self.low_cdeg:
                self.low_cdeg = tilt_cdeg
                self.low_at = at
                self.better = True
                self.low_down = self._down
                self._up = 0
            return False
        return tilt_cdeg < self.top_cdeg - self._least_turn()

    def valley(self, tilt_cdeg, at):
        """The confirmed peak has been dealt with: go on from the lowest point `tilt_cdeg`."""
        self.range_cdeg = self.top_cdeg - self.low_cdeg
        if self.range_cdeg > 9000:
            self.range_cdeg = 9000
        self.rising = False
        self.low_cdeg = tilt_cdeg
        self.low_at = at
        self.better = True
        self.low_down = self._down
        self._up = 0


class Run:
    """Which peaks are running strides; hands them to `stride` in order, the first ones late."""

    def __init__(self, stride):
        self._stride = stride  # bound method (t_ms, dt_ms, lift, extension, up, down, flags)
        self._waiting = [0] * (7 * _WAITING)  # strides held back, as `_hand_over` takes them
        self._held = 0
        self._from_rest = False
        self._score = 0  # of late
        self._last_ms = 0
        self.running = False
        self.walking = False
        self.strides = 0
        self.began_ms = 0

    def stop(self):
        """The run is interrupted; what was held back never was one."""
        self._held = self._score = 0
        self.running = self._from_rest = False

    def peak(self, t_ms, us, lift_cdeg, low_cdeg, up_ddps, down_ddps, score, flags):
        """A peak whose stride took `us` microseconds (0: none before it, or samples were lost). True if it is a stride.

        `score` is that of the stride, counts, negative if it is not known.
        """
        span = lift_cdeg - low_cdeg
        level = self._score
        if score >= 0:
            level = level + score >> 1 if level and not self._from_rest else score
        # a long stride must bounce more, or it is a walker's
        runs = level - ((us - _SLOW_US) // 488 * _SLOW_SLOPE // 1000 if us > _SLOW_US else 0)
        least = _LEAST_RANGE_CDEG
        if 0 < us < _QUICK_US:
            least = _LEAST_RANGE_QUICK_CDEG
        elif level >= _SURE and us:
            least = _LEAST_RANGE_SURE_CDEG
        sized = least <= span <= _MOST_RANGE_CDEG and up_ddps >= _LEAST_SWING_DDPS
        good = sized and _LEAST_US <= us <= _MOST_US
        good = good and (lift_cdeg < _DRILL_CDEG or lift_cdeg < -low_cdeg * _DRILL_RATIO)
        if self.running:
            good = good and (score < 0 or (score >= _LEAST_SCORE and runs >= _LASTS))
        else:
            speeds_up = self._from_rest and score >= _LEAST_START_SCORE
            good = good and (speeds_up or (score >= _LEAST_SCORE and runs >= _LASTS))
        was_running = self.running
        self.walking = not good and 300000 < us < _REST_US
        if not good:
            self.stop()
            if sized and (was_running or us == 0 or us > _REST_US):
                self._from_rest = not was_running
                self._hold(t_ms, us, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags | sessionlog.FIRST)
            return False
        self._score = level
        if not self.running:
            if self._held == 0:
                flags |= sessionlog.FIRST
            if self._held < 2 or runs < _BEGINS:
                w = self._waiting
                if self._held == _WAITING:
                    # not yet: the oldest never was one
                    for i in range(7 * (_WAITING - 1)):
                        w[i] = w[i + 7]
                    self._held -= 1
                    w[6] |= sessionlog.FIRST
                    self._from_rest = False
                self._hold(t_ms, us, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags)
                return False
            self.running = True
            w = self._waiting
            self.began_ms = w[0]
            for i in range(0, 7 * self._held, 7):
                self._hand_over(w[i], w[i + 1], w[i + 2], w[i + 3], w[i + 4], w[i + 5], w[i + 6])
            self._held = 0
            self._from_rest = False
        self._hand_over(t_ms, us, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags)
        return True

    def _hold(self, t_ms, us, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags):
        w = self._waiting
        i = 7 * self._held
        w[i] = t_ms
        w[i + 1] = us
        w[i + 2] = lift_cdeg
        w[i + 3] = low_cdeg
        w[i + 4] = up_ddps
        w[i + 5] = down_ddps
        w[i + 6] = flags
        self._held += 1

    def _hand_over(self, t_ms, us, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags):
        # from valley to valley: a thigh that comes up twice has two tops and one valley
        dt_ms = (us + 500) // 1000
        if flags & sessionlog.FIRST or us == 0:
            dt_ms = t_ms - self._last_ms
            if self.strides == 0 or dt_ms > sessionlog.MAX_DT_MS:
                flags |= sessionlog.FIRST
                dt_ms = 0 if self.strides == 0 else sessionlog.MAX_DT_MS
        self._last_ms = t_ms
        self.strides += 1
        self._stride(t_ms, dt_ms, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags)
