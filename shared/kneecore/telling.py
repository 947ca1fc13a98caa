"""After each window: how long it has run or stood, what the runner does, and what of it the log should hear."""

from . import sessionlog

UNKNOWN, STANDING, RAISED, WALKING, RUNNING = range(5)

_MOST_SAMPLES = 2000000  # 5 h
_REBASE_SAMPLES = 1900000
_DRILL = 5  # high knees or skips; in the log only
_DRILL_CDEG = 5500
_HEARD_MS = 3000
_RATE_EVERY_MS = 60000


class Telling:
    """The half of the windows that changes nothing in the angles."""

    def __init__(self):
        self.activity = UNKNOWN
        self.still_ms = 0
        self.running_ms = 0
        self._heard = UNKNOWN  # the activity that the log knows of
        self._heard_ms = 0  # until when it lasted
        self._told_ms = 0
        self._told = [0, 0, 0]
        self._told_sure = 0

    def _look_up(self):
        """After each window: how long it has run or stood, and what the log should hear."""
        if self._sample > _MOST_SAMPLES:
            self._count_anew()
        run = self.run
        now_ms = self.clock.time_ms(self._sample, 0)
        self.still_ms = now_ms - self._last_stride_ms if self._any_stride else now_ms
        if run.running and self.still_ms > 2000:
            run.stop()
        self.running_ms = self._last_stride_ms - run.began_ms if run.running else 0
        if run.running:
            self.activity = RUNNING
        elif self.activity >= WALKING:
            self.activity = WALKING if run.walking else STANDING if self.axes.standing else UNKNOWN
        if run.running and now_ms - self._told_ms > 10000:
            self._tell(now_ms)
        if not run.running:
            self.fit.begin()
            self.axes.turned_off()  # a span begins with the run
        activity = self.activity
        if activity == WALKING and run.walking and self.turns.top_cdeg > _DRILL_CDEG:
            activity = _DRILL
        if activity == self._heard:
            self._heard_ms = now_ms
        elif now_ms - self._heard_ms >= _HEARD_MS:
            self._heard = activity
            self._event(self._heard_ms, sessionlog.ACTIVITY, activity, 0, 0, 0, 0, 0, 0)

    def _count_anew(self):
        """Keep sample numbers times 256 within 31 bits, however long the board waits for a run."""
        self._sample -= _REBASE_SAMPLES
        self.clock.count -= _REBASE_SAMPLES
        self.clock.at_count -= _REBASE_SAMPLES
        less = _REBASE_SAMPLES * 256
        self.turns.top_at -= less
        self._last_top = self._last_top - less if self._last_top > less else -1
        self._base_at = self._base_at - less if self._base_at > less else -1

    def _tell(self, now_ms):
        """Log the alignment when it has become sure or has moved, and the rate once a minute."""
        alignment = self.axes
        told = self._told
        right = alignment.right
        same = (told[0] * right[0] + told[1] * right[1] + told[2] * right[2]) >> 14
        sure = self.sure_percent()
        if alignment.known and (same < 16365 or sure >= self._told_sure + 20):
            up = alignment.up
            self._event(now_ms, sessionlog.ALIGNED, sure, up[0], up[1], up[2], right[0], right[1], right[2])
            for i in range(3):
                told[i] = right[i]
            self._told_sure = sure
        if now_ms - self._told_ms > _RATE_EVERY_MS:
            self._told_ms = now_ms
            period = self.clock.period
            self._event(now_ms, sessionlog.RATE, 0, period >> 10, period & 1023, 0, 0, 0, 0)

    def sure_percent(self):
        """How far the alignment is to be trusted, 0..100."""
        alignment = self.axes
        sure = 40 if alignment.standing else 0
        sure += 20 if alignment.raises >= 2 else 10 if alignment.known else 0
        strides = alignment.strides
        sure += 20 if strides > 20 else strides
        share = 40 - alignment.spread_percent
        return sure + (20 if share > 20 else share if share > 0 else 0)

    def alignment(self):
        """The alignment as a dict."""
        return {
            "up_q14": list(self.axes.up),
            "right_q14": list(self.axes.right),
            "standing": self.axes.standing,
            "raises": self.axes.raises,
            "sure_percent": self.sure_percent(),
        }
