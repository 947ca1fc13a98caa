"""Means of ten strides: the series that a run's statistics stand on.

Neighbouring strides resemble each other (lag-1 correlation about 0.6); means of ten hardly do but for what drifts from
minute to minute, and the board's own cue works on the same means (kneecore.cue).
"""

import copy

import numpy as np

from kneesync.analysis.run import PAUSE_S
from kneesync.formats.session import ANGLES_AND_RATES

TEN = 10


class StrideBlocks:
    """Arrays, a mean of ten strides each, none over a pause: `t_s` (middle), `span_s` (how long the ten took),
    `stride_s`, `cadence_spm`, the angles and rates, and `knee_lift_sd_deg` (spread from stride to stride inside it).

    Only strides that are sure, timed and not shaken by the motor are in; `strides` holds their numbers, ten a row.
    """

    def __init__(self, run):
        columns = run.columns
        chosen = np.flatnonzero(run.sure & run.timed & ~columns["motor"])
        t_s = run.t_s[chosen]
        begins = np.flatnonzero(np.diff(t_s, prepend=-np.inf) > PAUSE_S)
        tens = np.diff(begins, append=len(chosen)) // TEN  # between one pause and the next
        nth = np.arange(tens.sum()) - np.repeat(np.cumsum(tens) - tens, tens)
        self.strides = chosen[(np.repeat(begins, tens) + TEN * nth)[:, None] + np.arange(TEN)]
        self.t_s = run.t_s[self.strides].mean(axis=1)
        stride_s = columns["stride_s"][self.strides]
        self.span_s = stride_s.sum(axis=1)
        self.stride_s = stride_s.mean(axis=1)
        self.cadence_spm = 120 / self.stride_s
        self.knee_lift_deg = self.extension_deg = self.range_deg = self.swing_up_dps = self.swing_back_dps = self.t_s
        for name in ANGLES_AND_RATES:
            setattr(self, name, columns[name][self.strides].mean(axis=1))
        # of nine differences of neighbours: free of the drift, unlike the ten's own standard deviation
        steps = np.diff(columns["knee_lift_deg"][self.strides], axis=1)
        self.knee_lift_sd_deg = np.sqrt((steps**2).mean(axis=1) / 2)

    def __len__(self):
        return len(self.t_s)

    def only(self, chosen):
        """The tens that a bool array (n,) chooses, as StrideBlocks."""
        some = copy.copy(self)
        for name, values in vars(self).items():
            setattr(some, name, values[chosen])
        return some

    def within(self, span):
        """Bool array: tens whose middle is in the span (from, to)."""
        return (self.t_s >= span[0]) & (self.t_s < span[1])

    def ran_min(self):
        """Minutes of running done at each ten's middle: pauses do not count."""
        return (np.cumsum(self.span_s) - self.span_s / 2) / 60
