"""From the IMU's counts to strides, events and cues: one call a burst, integers only, nothing allocated.

    pipeline = Pipeline(settings, sink)
    pipeline.feed(channels, step, n, waiting, t_ms)     # after each FIFO read

`channels` are gyro x y z and acceleration x y z, six sequences of counts.

`sink.stride(t_ms, dt_ms, knee_lift_cdeg, extension_cdeg, swing_up_ddps, swing_back_ddps, flags)` hears of each stride,
`sink.event(t_ms, kind, detail, a, b, c, d, e, f)` of what `sessionread.EVENT_KINDS` lists.

The parts: `strapdown` (the sample loop), `peaks` (its turning points), `windows` (what happens three times a second).
"""

from . import sessionlog
from .alignment import Alignment
from .attitude import Attitude
from .clock import SampleClock
from .cue import Cue
from .peaks import Peaks
from .stride import Run, Turns
from .windows import PAIRS, RAISED, RUNNING, STANDING, UNKNOWN, WALKING  # noqa: F401 - the activities


class Pipeline(Peaks):
    """See the module's text. Attributes for the application: activity, still_ms, running_ms, pulse_ms."""

    def __init__(self, settings, sink):
        Peaks.__init__(self)
        self._event = sink.event
        self._sink_stride = sink.stride
        self.cue = Cue(settings, sink.event)
        self.clock = SampleClock()
        self.attitude = Attitude()
        self.axes = Alignment()
        self.turns = Turns()
        self.run = Run(self._stride)
        self.pulse_ms = 0

    @property
    def period_1024ths_us(self):
        """Sample period found, 1/1024 us."""
        return self.clock.period

    def motor(self, from_ms, to_ms):
        """The haptic motor runs between these times: strides that touch it are flagged."""
        self._motor_from = from_ms
        self._motor_to = to_ms

    def gap(self, t_ms):
        """Samples were lost before the next feed."""
        self.clock.lost()
        self.attitude.lost()
        self.turns.restart()
        self.run.stop()
        self._clear_sums()
        self._last_top = -1
        self._lost = sessionlog.LOST
        self._left = self._pairs = PAIRS
        self._has_odd = False
        self._is_new = True
        self._turn_x = self._turn_y = self._turn_z = self._turning = 0
        self._window_bounce = 0

    def feed(self, channels, step, n, waiting, t_ms):
        """Take in `n` samples, in `channels` one every `step`; `waiting` more stood in the FIFO at `t_ms`."""
        self.clock.observe(n, waiting, t_ms)
        if n == 0:
            return
        if self._is_new:
            self._is_new = False
            self._old_x = channels[3][0]
            self._old_y = channels[4][0]
            self._old_z = channels[5][0]
        at = 0
        if self._has_odd:
            self._keep(1, channels, 0)
            self._has_odd = False
            self._take(self._odd, 0, 1, 1)
            at = step
            n -= 1
        self._take(channels, at, step, n >> 1)
        if n & 1:
            self._has_odd = True
            self._keep(0, channels, at + (n - 1) * step)
