"""What a runner's strides are like when fresh: the level that the cue measures falls from.

After the warm-up the tens (means of ten strides) of `cue.learn_s` teach the baseline: median and spread of knee lift or
range, and the stride time. Another cadence held for `cue.band_s` learns one of its own; between them counts a slope, a
population's at first, which two of the run's own baselines correct. Beside it stands how far lift wanders from minute
to minute, judged by rises alone, so that a fall does not excuse itself.

Until the run has its own baseline, that of earlier runs may stand in for it (`cue.seed`).
"""

from array import array

from . import sessionlog
from .trig import root

_LEAST_TENS = 12  # a baseline needs that many, however long they took
_RING = 56  # tens kept while learning; then every second
BANDS = 4  # and behind them stands the baseline of earlier runs
_FLOOR_CDEG = 100  # least spread assumed
_BLOCK = 8  # tens of which a minute is made
_PRIOR = 5  # rises that the assumed wander counts for
_MOST_RISES = 60
_DAYS = 2  # standard deviations between days by which earlier runs' baseline widens the threshold
_NONE = 1048576


class Baseline:
    """Learns from tens, and says through `event` what it has learnt.

    `restart()` is called when what led up to now cannot be compared with what comes: it must call `forget`.
    """

    def __init__(self, settings, event, restart):
        self._event = event
        self._restart = restart
        self._set = settings
        self.skip_ms = settings["cue.skip_s"] * 1000
        self.freeze_permille = settings["cue.freeze_percent"] * 10
        self.is_range = settings["cue.metric"] == "range"
        self.slope_cdeg = settings["cue.slope_cdeg"]  # per 1 % of cadence
        self.slope_error_cdeg = settings["cue.slope_error_cdeg"]
        self.wander_cdeg = settings["cue.wander_cdeg"]  # from minute to minute
        self.run_ms = 0  # time spent running
        self._from_ms = self.skip_ms  # when learning began
        # the baselines: of each band stride time (1/16 ms), knee lift or range, extension; 0.01 degree
        self.bands = 0
        self.band = 0  # the present one
        self.times = [0] * (BANDS + 1)
        self.levels = [0] * (BANDS + 1)
        self.lows = [0] * BANDS
        self.sigma_cdeg = _FLOOR_CDEG
        self.days_cdeg = 0
        self._seed(settings)
        # the one being learnt
        self._learnt = array("h", bytes(2 * _RING))  # in order of size
        self._tens = 0
        self._learnt_ms = self._learnt_time = self._learnt_low = 0
        self._ending = False
        # wander
        self.rises = self.unlogged = 0
        self._squares = 0
        self._minute = self._minute_tens = self._last_minute = 0

    def _seed(self, settings):
        """Take up earlier runs' baseline: level, stride time in ms, error, then metric, leg and athlete it is of."""
        own = "%s %s %s" % (settings["cue.metric"], settings["leg"], settings["athlete"])
        try:
            level, stride_ms, error, whose = settings["cue.seed"].split(" ", 3)
            if whose == own:
                self.levels[BANDS] = int(level)
                self.times[BANDS] = int(stride_ms) << 4
                self.days_cdeg = _DAYS * int(error)
        except ValueError:
            pass  # none, or not one

    def recall(self, band, lift, sigma, stride_ms, low, slope, slope_error):
        """Go on with a baseline, as its event says it."""
        if not 0 <= band < BANDS or stride_ms <= 0 or sigma <= 0:
            return
        self.bands = band + 1
        self.band = band
        self.times[band] = stride_ms << 4
        self.levels[band] = lift - low if self.is_range else lift
        self.lows[band] = low
        self.sigma_cdeg = sigma
        self.slope_cdeg = slope
        self.slope_error_cdeg = slope_error
        self.run_ms = self.skip_ms

    def recall_wander(self, rises, wander):
        """Go on with what was known of the runner's wander, as its event says it."""
        prior = self._set["cue.wander_cdeg"]
        self.rises = rises
        self._squares = max(0, wander * wander * (_PRIOR + rises) - prior * prior * _PRIOR)
        self.wander_cdeg = wander

    def learn_anew(self):
        """Angles mean something else from now on."""
        self.bands = self._tens = 0
        self._from_ms = max(self.run_ms, self.skip_ms)
        self.times[BANDS] = 0

    def end(self, t_ms):
        """The run is over: say so if it taught no baseline. Once, however often it is called."""
        if self.bands == 0 and self.run_ms and not self._ending:
            self._ending = True
            self._event(
                t_ms,
                sessionlog.UNLEARNT,
                0,
                self._learnt_ms // 1000 if self._tens else 0,
                self._set["cue.learn_s"],
                min(self.run_ms // 1000, 32767),
                0,
                0,
                0,
            )

    def forget(self):
        """The minutes so far cannot be compared with those to come."""
        self._minute = self._minute_tens = 0
        self._last_minute = _NONE

    def wander(self, drop, falling):
        """Judge by rises from minute to minute how far lift wanders, by none while it may be `falling`."""
        self._minute += drop
        self._minute_tens += 1
        if self._minute_tens < _BLOCK:
            return
        mean = self._minute // _BLOCK
        rise = self._last_minute - mean
        self._last_minute = mean
        self._minute = self._minute_tens = 0
        if -1000 < rise < 1000 and (rise > 0 or not falling):
            self._squares += rise * rise
            self.rises += 1
            self.unlogged += 1
            if self.rises > _MOST_RISES:
                self.rises >>= 1
                self._squares >>= 1
            prior = self._set["cue.wander_cdeg"]
            self.wander_cdeg = root((prior * prior * _PRIOR + self._squares) // (_PRIOR + self.rises))

    def learn(self, t_ms, span_ms, time, level, low, falling):
        """Take a ten into the baseline of a cadence that has none yet."""
        n = self._tens
        if n:
            faster = (self._learnt_time - time) * 1000 // time
            if abs(faster) > self.freeze_permille:
                # neither of what is known nor of what is being learnt: the latter gives way, sooner or later
                self._learnt_ms -= 2 * span_ms
                if self._learnt_ms < 0:
                    self._tens = 0
                return
            self.wander(self.slope_cdeg * faster // 10 - level, falling)
        else:
            self._learnt_ms = 0
            self._restart()
        learnt = self._learnt
        if n == _RING:
            n >>= 1
            for i in range(n):
                learnt[i] = learnt[2 * i]
        i = n
        while i and learnt[i - 1] > level:
            learnt[i] = learnt[i - 1]
            i -= 1
        learnt[i] = level
        n += 1
        self._tens = n
        self._learnt_ms += span_ms
        self._learnt_time = time if n == 1 else self._learnt_time + (time - self._learnt_time) // n
        self._learnt_low = low if n == 1 else self._learnt_low + (low - self._learnt_low) // n
        if self.bands:
            enough = self._learnt_ms >= self._set["cue.band_s"] * 1000
        else:
            learn_ms = self._set["cue.learn_s"] * 1000
            enough = self.run_ms >= self._from_ms + learn_ms and self._learnt_ms * 2 >= learn_ms
        if n >= _LEAST_TENS and enough:
            self._know(t_ms)

    def _know(self, t_ms):
        """A baseline is complete."""
        learnt = self._learnt
        n = self._tens
        if self.bands == 0:
            sigma = (learnt[n * 3 >> 2] - learnt[n >> 2]) * 3 >> 2
            self.sigma_cdeg = max(sigma, _FLOOR_CDEG)
        self._tens = 0
        self._restart()
        self.known(learnt[n >> 1], self._learnt_time, self._learnt_low)
        self._event(
            t_ms,
            sessionlog.BASELINE,
            self.band,
            self.levels[self.band] + (self.lows[self.band] if self.is_range else 0),
            self.sigma_cdeg,
            self.times[self.band] >> 4,
            self.lows[self.band],
            self.slope_cdeg,
            self.slope_error_cdeg,
        )

    def known(self, level, time, low):
        """Take a baseline as the present one, and learn from the first how lift goes with cadence."""
        i = min(self.bands, BANDS - 1)
        self.band = i
        self.bands = i + 1
        self.times[i] = time
        self.levels[i] = level
        self.lows[i] = low
        if i == 0:
            return
        faster = (self.times[0] - time) * 1000 // time
        if -30 < faster < 30:
            return
        found = (level - self.levels[0]) * 10 // faster
        own = self.slope_error_cdeg
        # each of the two means errs by about 1.4 times what lift wanders from one minute to the next
        other = self.wander_cdeg * 20 // abs(faster)
        off = found - self.slope_cdeg
        off = max(-2 * own, min(off, 2 * own))
        both = own * own + other * other + 1
        self.slope_cdeg += off * own * own // both
        self.slope_error_cdeg = own * other // root(both)
