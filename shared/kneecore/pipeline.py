"""From the IMU's counts to strides, events and cues: one call a burst, integers only, nothing allocated.

    pipeline = Pipeline(settings, sink)
    pipeline.feed(channels, step, n, waiting, t_ms)     # after each FIFO read

`channels` are gyro x y z and acceleration x y z, six sequences of counts.

`sink.stride(t_ms, dt_ms, knee_lift_cdeg, extension_cdeg, swing_up_ddps, swing_back_ddps, flags)` hears of each stride,
`sink.event(t_ms, kind, detail, a, b, c, d, e, f)` of what `sessionread.EVENT_KINDS` lists.

Its parts share `state`: `strapdown` (the sample loop) calls `peaks` at turning points of the thigh and `windows` three
times a second.
"""

from . import sessionlog
from .cue import Cue
from .peaks import Peaks
from .state import PAIRS, State
from .strapdown import Strapdown
from .stride import Run
from .windows import Windows

_MOST_SAMPLES = 2000000  # 5 h
_REBASE_SAMPLES = 1900000
_DRILL_CDEG = 5500
_LASTS_MS = 3000
_RATE_EVERY_MS = 60000


class Pipeline:
    """See the module's text. For the application: `pulse_ms`, the motor time of a cue that is due, and `state`."""

    def __init__(self, settings, sink):
        self.cue = Cue(settings, sink.event)
        self.pulse_ms = 0
        self._sink_stride = sink.stride
        self._event = sink.event
        state = self.state = State(Run(self._stride))
        self.clock = state.clock
        peaks = Peaks(state)
        windows = Windows(state, peaks, self._after_window, sink.event, self.cue.realigned)
        self._strapdown = Strapdown(state, windows.look, windows.window, peaks.turning_point)

    def alignment(self):
        """The alignment as a dict."""
        axes = self.state.axes
        return {
            "up_q14": list(axes.up),
            "right_q14": list(axes.right),
            "standing": axes.standing,
            "raises": axes.raises,
            "sure_percent": self._sure_percent(),
        }

    def motor(self, from_ms, to_ms):
        """The haptic motor runs between these times: strides that touch it are flagged."""
        self.state.motor_from_ms = from_ms
        self.state.motor_to_ms = to_ms

    def gap(self, t_ms):
        """Samples were lost before the next feed."""
        state = self.state
        self.clock.lost()
        state.attitude.lost()
        state.turns.restart()
        state.run.stop()
        state.clear_sums()
        state.top_at = state.low_at = -1
        state.next_flags = sessionlog.LOST
        state.pairs_left = state.window_pairs = PAIRS
        state.has_odd = False
        state.is_new = True
        state.turn_x_q18 = state.turn_y_q18 = state.turn_z_q18 = state.turning_q18 = 0
        state.window_bounce = 0

    def feed(self, channels, step, n, waiting, t_ms):
        """Take in `n` samples, in `channels` one every `step`; `waiting` more stood in the FIFO at `t_ms`."""
        self.clock.observe(n, waiting, t_ms)
        if n:
            self._strapdown.feed(channels, step, n)

    def _stride(self, t_ms, dt_ms, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags):
        """A running stride, in order."""
        state = self.state
        self._sink_stride(t_ms, dt_ms, lift_cdeg, low_cdeg, up_ddps, down_ddps, flags)
        state.last_stride_ms = t_ms
        pulse_ms = self.cue.stride(t_ms, dt_ms, lift_cdeg, low_cdeg, flags)
        if pulse_ms:
            self.pulse_ms = pulse_ms

    def _after_window(self):
        """After each window: how long it has run or stood, and what the log should hear."""
        state = self.state
        if state.samples > _MOST_SAMPLES:
            self._count_anew()
        run = state.run
        now_ms = state.clock.time_ms(state.samples, 0)
        state.still_ms = now_ms - state.last_stride_ms
        if run.running and state.still_ms > 2000:
            run.stop()
        state.running_ms = state.last_stride_ms - run.began_ms if run.running else 0
        if run.running:
            state.activity = sessionlog.RUNNING
        elif state.activity >= sessionlog.WALKING:
            stands = sessionlog.STANDING if state.axes.standing else sessionlog.UNKNOWN
            state.activity = sessionlog.WALKING if run.walking else stands
        if run.running and now_ms - state.rate_logged_ms > 10000:
            self._log(now_ms)
        if not run.running:
            state.mounting_fit.begin()
            state.axes.turned_off()  # a span begins with the run
        activity = state.activity
        if activity == sessionlog.WALKING and run.walking and state.turns.top_cdeg > _DRILL_CDEG:
            activity = sessionlog.DRILL  # high knees or skips; in the log only
        if activity == state.logged_activity:
            state.logged_until_ms = now_ms
        elif now_ms - state.logged_until_ms >= _LASTS_MS:
            state.logged_activity = activity
            self._event(state.logged_until_ms, sessionlog.ACTIVITY, activity, 0, 0, 0, 0, 0, 0)

    def _count_anew(self):
        """Keep sample numbers times 256 within 31 bits, however long the board waits for a run."""
        state = self.state
        state.samples -= _REBASE_SAMPLES
        state.clock.count -= _REBASE_SAMPLES
        state.clock.at_count -= _REBASE_SAMPLES
        less = _REBASE_SAMPLES * 256
        turns = state.turns
        turns.top_at -= less
        turns.low_at = turns.low_at - less if turns.low_at > less else -1
        state.low_at = state.low_at - less if state.low_at > less else -1
        state.top_at = state.top_at - less if state.top_at > less else -1
        state.sums_at = state.sums_at - less if state.sums_at > less else -1

    def _log(self, now_ms):
        """Log the alignment when it has become sure or has moved, and the rate once a minute."""
        state = self.state
        alignment = state.axes
        logged = state.logged_right_q14
        right = alignment.right
        same = (logged[0] * right[0] + logged[1] * right[1] + logged[2] * right[2]) >> 14
        sure = self._sure_percent()
        if alignment.known and (same < 16365 or sure >= state.logged_sure_percent + 20):
            up = alignment.up
            self._event(now_ms, sessionlog.ALIGNED, sure, up[0], up[1], up[2], right[0], right[1], right[2])
            for i in range(3):
                logged[i] = right[i]
            state.logged_sure_percent = sure
        if now_ms - state.rate_logged_ms > _RATE_EVERY_MS:
            state.rate_logged_ms = now_ms
            period = state.clock.period
            self._event(now_ms, sessionlog.RATE, 0, period >> 10, period & 1023, 0, 0, 0, 0)

    def _sure_percent(self):
        """How far the alignment is to be trusted, 0..100."""
        state = self.state
        alignment = state.axes
        sure = 40 if alignment.standing else 0
        sure += 20 if alignment.raises >= 2 else 10 if alignment.known else 0
        strides = alignment.strides
        sure += 20 if strides > 20 else strides
        share = 40 - alignment.spread_percent
        return sure + (20 if share > 20 else share if share > 0 else 0)

    def resume(self, facts):
        """Go on where a run was cut: with the axes it had found and what it had learnt, its baselines and wander.

        `facts`: kind (with a baseline's band << 8) -> (kind, detail, six values) of the last such event, where any.
        Tilt and gyro bias are found anew within the first strides, which are flagged `unsure`, and by which no mounting
        is judged. What led up to a cue is gone: a fall must last `cue.hold_s` again.
        """
        if sessionlog.ALIGNED in facts:
            self.state.axes.recall(facts[sessionlog.ALIGNED][2:])
        for band in range(4):
            if (sessionlog.BASELINE | band << 8) in facts:
                self.cue.baseline.recall(*facts[sessionlog.BASELINE | band << 8][1:])
        if sessionlog.WANDER in facts:
            self.cue.baseline.recall_wander(*facts[sessionlog.WANDER][1:3])
