"""How soon a fall can be found at all: the bounds that the cue's delay is held against."""

import math

import numpy as np


class Bounds:
    """The least mean delay that any rule can have which alarms falsely so seldom, by what is known of the residuals.

    Lorden's (Ann. Math. Stat. 1971): ln ARL / I tens, I = drop^2 / 2 SD^2, for independent residuals about a known
    baseline. These resemble their neighbours; for such, what counts is the Kullback-Leibler information of the n tens
    since the fall given all before it (Lai, IEEE Trans. Inf. Theory 1998): the bound is the n at which it reaches
    ln ARL. It is computed for an autoregression with the residuals' own autocovariance. In the long run, a ten brings
    as much as independent ones with the long-run variance would: Lai's asymptotic bound, far beyond any run.
    """

    ORDER = 40

    def __init__(self, residuals):
        """`residuals`: a run's, in degrees, by ten."""
        self.tens = sum(map(len, residuals))
        long_enough = [run for run in residuals if len(run) > 4 * self.ORDER]
        self.sd_deg = math.sqrt(sum(float((run**2).sum()) for run in residuals) / self.tens)
        pairs = [(run[: len(run) - lag], run[lag:]) for run in long_enough for lag in range(self.ORDER + 1)]
        sums = np.array([float(early @ late) / len(early) for early, late in pairs]).reshape(-1, self.ORDER + 1)
        covariance = sums.mean(axis=0)
        matrix = covariance[np.abs(np.subtract.outer(np.arange(self.ORDER), np.arange(self.ORDER)))]
        likeness = np.linalg.solve(matrix, covariance[1:])
        self.next_sd_deg = math.sqrt(covariance[0] - likeness @ covariance[1:])
        # a step of 1 degree as it shows beside what the tens before let expect, in standard deviations
        self._shows = np.concatenate([[1.0], 1 - np.cumsum(likeness)]) / self.next_sd_deg

    def independent(self, deg, arl):
        """Lorden's, tens."""
        return math.log(arl) / (deg**2 / (2 * self.sd_deg**2))

    def informed(self, deg, arl):
        """The one for such residuals, tens: whole ones at least, for a rule on tens sees none sooner."""
        each = deg**2 / 2 * self._shows**2
        known = np.concatenate([[0.0], np.cumsum(each)])
        if known[-1] < math.log(arl):
            return len(each) + (math.log(arl) - known[-1]) / each[-1]
        return max(1.0, float(np.interp(math.log(arl), known, np.arange(len(known)))))

    def long_run(self, deg, arl):
        """Lai's asymptotic one, tens."""
        return math.log(arl) / (deg**2 / 2 * float(self._shows[-1]) ** 2)
