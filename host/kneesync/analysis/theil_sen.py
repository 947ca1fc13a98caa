"""A straight line through days that differ by more than they drift: Theil-Sen, with Sen's interval from Kendall's S.

The slope is the median of the slopes between all pairs of days, so that a bad day, or a quarter of them, does not turn
it. The interval takes the days as independent but for one thing: where a day resembles the one before (a hard week, a
worn shoe) it is widened by (1 + r) / (1 - r) in variance, r the residuals' correlation from one day to the next.

Theil 1950, Sen 1968 (JASA 63:1379); the widening: Bayley and Hammersley 1946, as Hamed and Rao 1998 use it.
"""

import math
from dataclasses import dataclass

import numpy as np

SURE_PERCENT = 99  # six quantities are looked at: at 95 % each, one in four pages would claim something of nothing
_Z = 2.576
_MOST_CORRELATION = 0.8
_MAD_TO_SD = 1.4826


@dataclass
class Line:
    """`slope` per unit of x with its interval (low, high); the line's value at x = 0; the days' robust SD about it."""

    slope: float
    low: float
    high: float
    at_zero: float
    sd: float

    def at(self, x):
        return self.at_zero + self.slope * x


def line(x, y):
    """The Line through y over x (float arrays, one value a day, x rising). ValueError with fewer than three."""
    if len(x) < 3:
        raise ValueError(f"{len(x)} days make no line")
    first, second = np.triu_indices(len(x), 1)
    slopes = np.sort((y[second] - y[first]) / (x[second] - x[first]))
    slope = float(np.median(slopes))
    at_zero = float(np.median(y - slope * x))
    residuals = y - at_zero - slope * x
    half = _Z * math.sqrt(_variance_of_s(y) * _widening(residuals)) / 2
    middle = (len(slopes) - 1) / 2
    low, high = (np.interp(middle + way * half, np.arange(len(slopes)), slopes) for way in (-1, 1))
    return Line(slope, float(low), float(high), at_zero, _robust_sd(residuals))


def _variance_of_s(y):
    """Of Kendall's S when nothing changes; equal values (days without a cue) lower it."""
    n = len(y)
    ties = np.unique(y, return_counts=True)[1]
    return (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18


def _widening(residuals):
    power = float(residuals @ residuals)
    if power == 0:
        return 1.0
    r = float(residuals[1:] @ residuals[:-1]) / power
    r = (r + 2 / len(residuals)) / (1 - 4 / len(residuals)) if len(residuals) > 8 else r  # the line took some of it
    r = min(max(r, 0.0), _MOST_CORRELATION)
    return (1 + r) / (1 - r)


def _robust_sd(residuals):
    """From the median deviation, made larger for the two figures that the line took from the same days."""
    n = len(residuals)
    mad = float(np.median(np.abs(residuals - np.median(residuals))))
    return _MAD_TO_SD * mad * math.sqrt(n / (n - 2))
