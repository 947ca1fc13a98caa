"""Figures of a run with how far chance alone could have moved them: 95 % intervals of sums over its strides.

A figure (late less fresh, a slope, a slope on cadence) is a weighted sum of the run's means of ten strides. Its
interval comes from a block bootstrap: the residuals, which are what a level and one ramp leave of the series, laid out
anew in circular moving blocks (Künsch 1989). Blocks cannot hold a drift that lasts as long as they do, and the ramp
takes some of it with it; so the interval is widened to what the drift model of `noise` says, never narrowed. Seeded.

How often 95 % intervals held the truth in simulated runs (strides spread by 1.0 degree, and a drift of 1.3 degree;
100 of 25 min, 60 of 60 min; tests/analysis/test_statistics.py):

    memory of the drift           late less fresh    slope an hour    slope on cadence
    3 s                           96-98 %            97-98 %          94-99 %
    60 s (25 min; 60 min)         91-98; 95-97 %     92-98; 98 %      91-94; 97 %
    270 s, 1.1 degree (60 min)    88 %               92 %             88-93 %

A run of 25 min cannot tell a drift over four minutes and more from a change: there (270 s, 1.1 degree, 300 runs) the
drop was held in 86 %, the slope in 87 %. To weigh longer memories in noise.MEMORY_S (up to 720 s) bought 2 to 3 % of
that at 7 to 13 % wider intervals, and 20 to 33 % wider ones where there is no such drift: not done, but said.
"""

import numpy as np

from kneesync.analysis.figures import CadenceRelation, Slope
from kneesync.analysis.noise import Noise
from kneesync.analysis.ramps import Ramps

MOST_MEANS = 130
LEAST_TENS = 24  # about three minutes
BLOCK_S = 90
DRAWS = 600
LEAST_CADENCE_SD_PERCENT = 0.3  # below that a slope on cadence is chance
_SEED = 5


class Drift:
    """Series of a run's ten-stride means and their noise. `enough` is false for a run with too few of them.

    series: name -> array (n,), a ten each. Means over `every` tens are what it computes with; `min_` (m,) are the
    minutes of running at their middles, `t_s` their times.
    """

    def __init__(self, tens, series):
        self.enough = len(tens) >= LEAST_TENS
        if not self.enough:
            return
        self.every = -(-len(tens) // MOST_MEANS)
        self._names = list(series)
        self.min_, self.t_s = self._means(tens.ran_min()), self._means(tens.t_s)
        self.series = np.stack([self._means(series[name]) for name in self._names], axis=1)
        self._tens = series
        mean_s = float(np.median(tens.span_s)) * self.every
        self.ramps = Ramps(self.min_)
        best = self.ramps.best(self.series)
        self.noise = Noise(mean_s, len(self.min_))
        self.fitted = self.noise.fit(self.series, best)
        centred = self.series - self.series.mean(axis=0)
        left = centred - best * (best * centred).sum(axis=0)
        self.residuals = left * np.sqrt(len(left) / max(1, len(left) - 4))
        self._block = int(np.clip(round(BLOCK_S / mean_s), 2, max(2, len(left) // 4)))
        self._starts = None

    def _means(self, values):
        whole = len(values) // self.every * self.every
        return values[:whole].reshape(-1, self.every).mean(axis=1)

    def number(self, name):
        """The series' number in `fitted`."""
        return self._names.index(name)

    def of(self, name, weights, estimate=None):
        """(sum of a series times weights (n,) of tens, low, high); around `estimate` where that is known better."""
        if estimate is None:
            estimate = float(self._tens[name] @ weights)
        whole = len(self.min_) * self.every
        summed = weights[:whole].reshape(-1, self.every).sum(axis=1)
        which = self.number(name)
        low, high = self._spread(self.residuals[:, which], summed, which)
        return estimate, float(estimate - high), float(estimate - low)

    def per_h(self, name: str) -> Slope | None:
        """Least-squares slope over hours of running; None for less than five minutes."""
        if not self.enough or self.min_[-1] - self.min_[0] < 5:
            return None
        hours = np.repeat(self.min_, self.every) / 60
        hours = np.concatenate([hours - hours.mean(), np.zeros(len(self._tens[name]) - len(hours))])
        slope, low, high = self.of(name, hours / (hours @ hours))
        return Slope(per_h=slope, low=low, high=high)

    def cadence_relation(self) -> CadenceRelation | None:
        """Knee lift per percent of cadence, both less their own ramps.

        None where cadence hardly varied.
        """
        if not self.enough:
            return None
        across = self.residuals[:, self.number("cadence_spm")]
        across = 100 * across / self.series[:, self.number("cadence_spm")].mean()
        if across.std() < LEAST_CADENCE_SD_PERCENT:
            return None
        weights = across / (across @ across)
        lift = self.residuals[:, self.number("knee_lift_deg")]
        slope = float(lift @ weights)
        left = lift - slope * across
        low, high = self._spread(left, weights, self.number("knee_lift_deg"))
        explained = 1 - float(left @ left) / float(lift @ lift) if lift @ lift > 0 else 0.0
        return CadenceRelation(
            deg_per_percent=slope,
            low=float(slope - high),
            high=float(slope - low),
            r_squared=explained,
        )

    def _spread(self, residuals, weights, which):
        """(low, high): 95 % of sums of residuals times weights (m,) around zero, with the noise of series `which`."""
        drawn = self._bootstrapped(residuals, weights)
        sd = float(drawn.std())
        widen = max(1.0, float(np.sqrt(self.noise.variance(weights, self.fitted, which))) / sd) if sd > 0 else 1.0
        return np.quantile(drawn, (0.025, 0.975)) * widen

    def _bootstrapped(self, residuals, weights):
        """DRAWS weighted sums of residuals (m,) laid out anew in circular moving blocks, around zero."""
        m, block = len(residuals), self._block
        slots = -(-m // block)
        padded = np.zeros(slots * block)
        padded[:m] = weights
        # what a block that starts at each residual adds to the sum if it is laid at each slot
        windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([residuals, residuals[: block - 1]]), block)
        sums = windows @ padded.reshape(slots, block).T
        if self._starts is None:
            self._starts = np.random.default_rng(_SEED).integers(0, m, (DRAWS, slots))
        return sums[self._starts, np.arange(slots)].sum(axis=1) - sums.mean(axis=0).sum()
