"""All that the pipeline keeps from sample to sample, once: the parts (`pipeline` names them) hold it and share it.

`counts` are the chip's: 0.07 dps, 1/2049 g. Rates about right are in counts Q14, looked-at rates half the rotation of a
sample in rad Q18, times `_at` in 1/256 samples (-1: none), the specific force and its sums in counts.
"""

from . import sessionlog
from .alignment import Alignment
from .attitude import Attitude
from .clock import SampleClock
from .mounting_fit import MountingFit
from .stride import Turns

PAIRS = 16  # of samples in a window: 0.3 s
ONE_G = 2049  # counts


class State:
    """`run`: the stride.Run that hands over the strides."""

    def __init__(self, run):
        self.clock = SampleClock()
        self.attitude = Attitude()
        self.axes = Alignment()
        self.turns = Turns()
        self.run = run
        self.mounting_fit = MountingFit()
        # the sample loop
        self.samples = 0  # taken in
        self.pairs_left = PAIRS  # of the window under way
        self.force_x = self.force_y = self.force_z = 0  # of the last sample
        self.is_new = True  # there was no last sample
        self.odd = []  # half a pair, and room for its other half
        for _ in range(6):
            self.odd.append([0, 0])
        self.has_odd = False
        self.rate_q14 = 0
        self.rising = False
        self.top_rate_q14 = 0
        self.low_rate_q14 = 0
        self.bounce = 0  # sum of |vertical specific force - 1 g|, 2 g more in flight, since the sums began
        self.step_x = self.step_y = self.step_z = 0  # the last pair's share of the sums
        self.clipped = 0
        # the stride under way, as it stood at the latest candidate valley
        self.mark_x = self.mark_y = self.mark_z = 0  # sums of specific force
        self.mark_bounce = 0
        self.marked = False
        self.top_clipped = 0
        self.top_real = False  # the thigh came to it as a thigh does
        self.sums_at = -1  # the valley at which the sums began; -1: they began elsewhere
        self.top_at = -1  # the last peak ...
        self.low_at = -1  # ... and the valley before it
        self.next_flags = 0  # of the stride to come
        self.last_stride_ms = 0
        self.motor_from_ms = 0
        self.motor_to_ms = -1
        # the window under way
        self.window_pairs = PAIRS
        self.window_bounce = 0  # `bounce` when it began
        self.turn_x_q18 = self.turn_y_q18 = self.turn_z_q18 = 0
        self.turning_q18 = 0  # the same of the sizes
        self.seen = [0] * 6  # gyro and specific force when last looked at
        self.same_looks = 0  # in a row at which an axis read the same in movement
        # windows
        self.same_force_windows = 0  # the same for the specific force, looked at once a window
        self.stuck = 0
        self.last_turn_q18 = 0  # of the last window that was not quiet, the three of `turn` in one number
        self.quiet_windows = 0
        self.steady_windows = 0  # in a row in which the gyro hardly changed
        self.run_windows = 0
        self.beat = 0
        self.knee_up = False
        # what the runner does
        self.activity = sessionlog.UNKNOWN
        self.still_ms = 0
        self.running_ms = 0
        # ... and what of it the log knows
        self.logged_activity = sessionlog.UNKNOWN
        self.logged_until_ms = 0  # it lasted until then
        self.logged_right_q14 = [0, 0, 0]
        self.logged_sure_percent = 0
        self.rate_logged_ms = 0

    def clear_sums(self):
        """Start the sums of specific force anew, away from any valley."""
        self.attitude.clear_sums()
        self.bounce = 0
        self.sums_at = -1
        self.marked = False
        self.quiet_windows = 0
