"""The cue: knee drive has fallen below the run's own baseline, and stays there.

Strides are averaged in tens. A one-sided CUSUM runs on how far each ten lies below what the baseline and its cadence
let expect (Page 1954; k is half the drop to be found, h in spreads). A cue is due when the fall began `cue.hold_s` ago,
its mean since is beyond `cue.drop_cdeg` and `cue.drop_percent`, widened by how unsure the slope on cadence is, and it
stands out from the runner's own wander from minute to minute: it came sharply, or is deep, or is further than anybody
wanders. All holds still in pace changes, after halts and off the known cadences.

While earlier runs' baseline stands in, the threshold is so much wider as days differ. What else changes is watched and
logged.
"""

from array import array

from . import sessionlog
from .baseline import BANDS, Baseline
from .trig import root

_TEN = 10
_WAIT_TENS = 2  # left out after a halt or a change of pace
_PACE_PERMILLE = 25  # a ten this far off the stride time of late is a change of pace
_RING = 56  # tens whose drops are kept
_BEFORE = 14  # tens before a fall that it must stand out from ...
_LEAST_BEFORE = 8  # ... and how many there must be
_QUARTERS = 3  # of cue.hold_s, the latest, whose mean is the fall: it takes a while to come about
_SLOW_TENS = 96  # tens that a slow fall must stand out from: a quarter of an hour's memory
_SLOW_FALL_PER_DEG2 = 110  # a slow fall cues once what it sums up to (degrees) is so many times the wander's square
_FAR_CDEG = 600  # so far below the baseline, nothing else is asked: few wander so far
_LIMIT_TENTHS = 50  # CUSUM's h
_NEAR_TENS = 6  # tens: the memory that a jump is off from ...
_NEAR_FALLING_TENS = 24  # ... while one may be under way
_SLACK_TENTHS = 15  # the jumps' CUSUM: k, in spreads from that memory ...
_JUMP_TENTHS = 30  # ... and h
_SPREAD2 = 6400  # those spreads' square, to begin with
_LEAST_SPREAD = 50
_RECENT = 20  # tens for which a jump counts
_SLOPE_ERRORS = 3  # standard errors of the slope by which the threshold is widened
_MEMORY = 16  # tens over which what is watched is averaged
_LOG_RISES = 5  # so many rises from minute to minute, and the log is told how far lift wanders
_MOST_CUSUM = 100000  # 0.01 degree
_NONE = 1048576
_NEVER = 1073741823
SILENCE, ANSWERED = 1, 2  # why a cue was held back: sessionread.HELD


class Cue:
    """Feed it strides in order; it says through `event` and its return value when to buzz.

    It knows of nothing but strides, so that a pulled session's strides replay to the same decisions.
    """

    def __init__(self, settings, event):
        self._event = event
        self._set = settings
        self._hold_ms = settings["cue.hold_s"] * 1000
        # the ten being gathered
        self._count = self._lift_sum_cdeg = self._extension_sum_cdeg = self._time_sum_ms = 0
        self._wait = 0
        self._late = 0  # stride time of late, 1/16 ms
        # what is watched and not cued: lift, extension, range
        self._sums = [0] * 3  # of the changes of so many tens
        self._watched = 0
        self._watch_logged = 0  # a bit each: the log knows that it is off
        self._depth_cdeg = self._slow_sum_cdeg = 0
        self._below_ms = 0  # how long it has been above zero
        self._sharp = False
        self._near = _NONE  # drop of late, times 16
        self._jump = 0
        self._spread2 = _SPREAD2
        self._recent = 0  # tens for which a jump still counts
        self._drops = array("h", bytes(2 * _RING))
        self._at = 0
        self._filled = 0
        self.active = False  # a cue stands and has not cleared
        self.in_row = 0
        self._last_ms = -_NONE
        self._last_cue_ms = self._last_drop = 0
        self._realigned_ms = _NEVER
        self.cusum_cdeg = 0  # beyond 0 a fall may be under way
        self.baseline = Baseline(settings, event, self._forget)

    def realigned(self, t_ms):
        """Angles mean something else from `t_ms` on: the baseline is learnt anew."""
        self._realigned_ms = t_ms

    def _forget(self):
        """What led up to now cannot be compared with what comes."""
        self.cusum_cdeg = self._depth_cdeg = self._slow_sum_cdeg = self._below_ms = self._filled = 0
        self._sharp = False
        self._near = _NONE
        self._jump = self._recent = 0
        self.baseline.forget()

    def stride(self, t_ms, dt_ms, knee_lift_cdeg, extension_cdeg, flags):
        """One stride. Returns how long the motor should be on in all, ms (0: no cue)."""
        if t_ms > self._realigned_ms:
            self._realigned_ms = _NEVER
            self.baseline.learn_anew()
            self.active = False
            self.in_row = 0
            self._watched = 0
            self._forget()
        if flags & (sessionlog.FIRST | sessionlog.LOST):
            # running was interrupted: drop the ten being gathered and let the next ones pass
            self._count = self._lift_sum_cdeg = self._extension_sum_cdeg = self._time_sum_ms = self._late = 0
            self._wait = _WAIT_TENS
            return 0
        self.baseline.run_ms += dt_ms
        if flags:
            return 0
        self._count += 1
        self._lift_sum_cdeg += knee_lift_cdeg
        self._extension_sum_cdeg += extension_cdeg
        self._time_sum_ms += dt_ms
        if self._count < _TEN:
            return 0
        low = self._extension_sum_cdeg // _TEN
        level = self._lift_sum_cdeg // _TEN
        if self.baseline.is_range:
            level -= low
        level = min(level, 18000)
        span_ms = self._time_sum_ms
        self._count = self._lift_sum_cdeg = self._extension_sum_cdeg = self._time_sum_ms = 0
        return self._ten(t_ms, span_ms, level, low)

    def _ten(self, t_ms, span_ms, level, low):
        """The mean of ten strides."""
        baseline = self.baseline
        time = span_ms * 16 // _TEN or 1  # a damaged file may say 0
        late = self._late
        if late and -_PACE_PERMILLE <= (time - late) * 1000 // late <= _PACE_PERMILLE:
            self._late += (time - late) // 4
        else:
            if late:
                self._wait = _WAIT_TENS
            self._late = time
        if baseline.run_ms < baseline.skip_ms:
            return 0
        if self._wait:
            self._wait -= 1
            return 0
        if baseline.unlogged >= _LOG_RISES:
            baseline.unlogged = 0
            self._event(t_ms, sessionlog.WANDER, baseline.rises, baseline.wander_cdeg, 0, 0, 0, 0, 0)
        best = baseline.freeze_permille + 1
        band = BANDS
        for i in range(baseline.bands):
            faster = (baseline.times[i] - time) * 1000 // time
            if abs(faster) < abs(best):
                best = faster
                band = i
        if band == BANDS:
            if not self.active or baseline.bands == 0:
                baseline.learn(t_ms, span_ms, time, level, low, self.cusum_cdeg > 0)
            seed = baseline.times[BANDS]
            if baseline.bands or not seed:
                return 0
            best = (seed - time) * 1000 // time
            if abs(best) > baseline.freeze_permille:
                return 0
        if band != baseline.band:
            baseline.band = band
            self._forget()
        return self._watch(t_ms, span_ms, time, level, low, best)

    def _watch(self, t_ms, span_ms, time, level, low, faster):
        """Compare a ten with the baseline; returns the pattern's motor time if it is time for a cue."""
        baseline = self.baseline
        band = baseline.band
        base = baseline.levels[band]
        expected = base + baseline.slope_cdeg * faster // 10
        drop = expected - level
        drop = max(-9000, min(drop, 9000))
        least = max(self._set["cue.drop_cdeg"], base * self._set["cue.drop_percent"] // 100)
        wide = _SLOPE_ERRORS * baseline.slope_error_cdeg * abs(faster) // 10
        wide = wide * wide // (2 * least)
        if band == BANDS:
            wide += baseline.days_cdeg
        else:
            low -= baseline.lows[band]
            self._look(t_ms, least + wide, low - drop if baseline.is_range else -drop, low)
            baseline.wander(drop, self.cusum_cdeg > 0)
        least += wide
        wander_cdeg = baseline.wander_cdeg
        if self.jumped(drop):
            self._recent = _RECENT
        elif self._recent:
            self._recent -= 1
        self.cusum_cdeg += drop - (least >> 1)
        self._below_ms += span_ms
        self.cusum_cdeg = min(self.cusum_cdeg, _MOST_CUSUM)
        if self.cusum_cdeg < 0:
            # CUSUM's own estimate of when a fall began is when it last left zero
            self.cusum_cdeg = self._below_ms = 0
            self._sharp = False
        self._slow_sum_cdeg += drop - self._slow_sum_cdeg // _SLOW_TENS
        self._depth_cdeg += (
            drop - self._slow_sum_cdeg // _SLOW_TENS - wide - self._set["cue.deep_tenths"] * wander_cdeg // 10
        )
        self._depth_cdeg = max(0, min(self._depth_cdeg, _MOST_CUSUM))
        self._drops[self._at] = drop
        self._at = (self._at + 1) % _RING
        self._filled = min(self._filled + 1, _RING)
        tens = self._hold_ms * _QUARTERS // (time * _TEN >> 2) + 1
        mean = self._mean(0, tens)
        if mean > _FAR_CDEG + wide and not self.active:
            self._sharp = True
        before = self._filled - tens
        if before >= _LEAST_BEFORE and self._recent:
            before = self._mean(tens, min(before, _BEFORE))
            if (mean - before - wide) * 10 > self._set["cue.sharp_tenths"] * wander_cdeg:
                self._sharp = True
        if self.active and mean < least >> 1:
            self.active = False
            self.in_row = 0
            self._forget()
            self._event(t_ms, sessionlog.CUE_CLEARED, 0, drop, level, expected, 0, 0, 0)
            return 0
        if self._below_ms < self._hold_ms or self._filled < tens or mean < least:
            return 0
        if self.cusum_cdeg * 10 <= _LIMIT_TENTHS * baseline.sigma_cdeg:
            return 0
        if not self._sharp and self._depth_cdeg < _SLOW_FALL_PER_DEG2 * wander_cdeg * wander_cdeg // 100:
            return 0
        if t_ms - self._last_ms < self._set["cue.refractory_s"] * 1000:
            return 0
        self._last_ms = t_ms
        tenths = self.cusum_cdeg * 10 // baseline.sigma_cdeg
        pulse_ms = 2 * self._set["cue.pulse_ms"] * min(mean, 2 * least) // least
        held = 0
        if self.in_row >= self._set["cue.most_in_row"]:
            if t_ms - self._last_cue_ms < self._set["cue.silence_s"] * 1000:
                held = SILENCE
            else:
                self.in_row = 0
        elif self.active and mean * 16 < self._last_drop * 15:
            held = ANSWERED  # form is coming back: no reminder meanwhile
        self._last_drop = mean
        self.active = True
        if not held:
            self.in_row += 1
            self._last_cue_ms = t_ms
            self._sharp = False  # once said; that it lasts is for its depth to show
        self._event(
            t_ms,
            sessionlog.CUE_HELD if held else sessionlog.CUE,
            held or self.in_row,
            self._mean(0, self._hold_ms // (time * _TEN >> 4) + 1),
            level,
            expected,
            tenths if tenths < 32767 else 32767,
            time >> 4,
            pulse_ms,
        )
        return 0 if held else pulse_ms

    def jumped(self, drop):
        """A CUSUM on what each ten is off the last half-minute's: whether it says now that lift has fallen.

        Off its own near past, a ten hardly shares the wander that makes one baseline serve a run so ill; a fall takes
        a few minutes to become past itself.
        """
        if self._near == _NONE:
            self._near = drop << 4
        off = drop - (self._near >> 4)
        spread = max(root(self._spread2), _LEAST_SPREAD)
        self._jump = max(0, self._jump + off - _SLACK_TENTHS * spread // 10)
        if self._jump == 0:
            self._near += (off << 4) // _NEAR_TENS
            self._spread2 += (min(off * off, 9 * self._spread2) - self._spread2) // 32
        elif self._jump * 10 <= _JUMP_TENTHS * spread:
            self._near += (off << 4) // _NEAR_FALLING_TENS
        else:
            self._near += off << 3
            self._jump = 0
            return True
        return False

    def _look(self, t_ms, least, lift, low):
        """Log where lift, extension or range, changed by so much, have been off for two minutes, and where they are
        back. What falls by cues is not told."""
        n = self._watched
        if n < _MEMORY:
            self._watched = n + 1
        change = lift
        for what in range(3):
            total = self._sums[what] if n else 0
            total += change - (total // _MEMORY if n == _MEMORY else 0)
            self._sums[what] = total
            change = low if what == 0 else lift - low
            mean = total // _MEMORY
            off = mean >= least or (mean <= -least and what != 2 * self.baseline.is_range)
            if n == _MEMORY and off != self._watch_logged >> what & 1 and (off or abs(mean) * 2 < least):
                self._watch_logged ^= 1 << what
                self._event(t_ms, sessionlog.WATCHED, 2 * what + (mean > 0) if off else 6 + what, mean, 0, 0, 0, 0, 0)

    def _mean(self, since, n):
        """Mean drop of `n` tens, the latest but `since`."""
        total = 0
        n = min(n, self._filled)
        for i in range(self._at - since - n, self._at - since):
            total += self._drops[i % _RING]
        return total // n
