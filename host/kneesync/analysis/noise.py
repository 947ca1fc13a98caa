"""What a run's figures vary by without any cause: white noise and a drift that lasts for minutes, fitted together.

The drift is a stationary AR(1) process (an Ornstein-Uhlenbeck process, sampled). Its memory and its share are weighed
over a grid by restricted likelihood (REML) times a prior, so that a short run, which cannot tell its own drift from a
change, is judged by how runners drift: over one to a few minutes, more than from stride to stride.
"""

import numpy as np

MEMORY_S = np.array([20.0, 45.0, 90.0, 180.0, 360.0])
SHARE = np.array([0.3, 0.6, 0.85, 0.97])  # of the drift in the variance of a mean of 20 or more strides
_MEMORY_PRIOR = (0.05, 0.15, 0.3, 0.3, 0.2)
_SHARE_PRIOR = (0.1, 0.2, 0.35, 0.35)
_LEAST = 1e-18  # a series without any noise has a variance of none


class Noise:
    """The grid over means that last `mean_s` each. `fit` weighs it for series of m such means, in order."""

    def __init__(self, mean_s, m):
        self.m = m
        memory_s, self.share = (part.ravel() for part in np.meshgrid(MEMORY_S, SHARE, indexing="ij"))
        self.phi = np.exp(-mean_s / memory_s)
        self._prior = np.log(np.outer(_MEMORY_PRIOR, _SHARE_PRIOR)).ravel()
        lags = np.arange(m)
        self.correlation = self.share[:, None] * self.phi[:, None] ** lags  # (g, m)
        self.correlation[:, 0] = 1.0

    def fit(self, series, explained):
        """(weights (g, k), sums of squares (g, k), degrees of freedom) of series (m, k).

        explained (m, k): what explains each series beside a constant.
        """
        k = series.shape[1]
        white, log_size = self._whitened(np.concatenate([series, explained, np.ones((self.m, 1))], axis=1))
        y, x, one = white[:, :, :k], white[:, :, k : 2 * k], white[:, :, 2 * k :]
        ones = (one**2).sum(axis=1)
        y = y - one * ((one * y).sum(axis=1) / ones)[:, None, :]
        x = x - one * ((one * x).sum(axis=1) / ones)[:, None, :]
        size = np.maximum((x**2).sum(axis=1), _LEAST)
        squares = np.maximum((y**2).sum(axis=1) - (x * y).sum(axis=1) ** 2 / size, _LEAST)
        free = self.m - 2
        score = -0.5 * (log_size[:, None] + np.log(ones) + np.log(size) + free * np.log(squares)) + self._prior[:, None]
        weights = np.exp(score - score.max(axis=0))
        return weights / weights.sum(axis=0), squares, free

    def _whitened(self, columns):
        """(columns (g, m, c) without correlation and of like variance, log determinant (g,)) by a Kalman filter."""
        phi, share = self.phi[:, None], self.share[:, None]
        white = np.empty((len(phi), *columns.shape))
        level, spread, log_size = np.zeros((len(phi), columns.shape[1])), share, np.zeros((len(phi), 1))
        for i in range(self.m):
            variance = spread + 1 - share
            off = columns[i] - level
            white[:, i] = off / np.sqrt(variance)
            log_size = log_size + np.log(variance)
            gain = spread / variance
            level = phi * (level + gain * off)
            spread = phi**2 * spread * (1 - gain) + share * (1 - phi**2)
        return white, log_size[:, 0]

    def variance(self, weights, fitted, which):
        """Variance of the sum of series number `which` of a fit, times weights (m,)."""
        shares, squares, free = fitted
        overlap = np.correlate(weights, weights, "full")[self.m - 1 :]
        per_grid = self.correlation @ np.where(np.arange(self.m) == 0, overlap, 2 * overlap)
        return float((shares[:, which] * squares[:, which] / (free - 2)) @ per_grid)

    def drawn(self, fitted, which, draws, rng):
        """(draws, m) series of such noise, its size and memory drawn by their weights."""
        shares, squares, free = fitted
        picked = rng.choice(len(self.phi), draws, p=shares[:, which])
        sd = np.sqrt(squares[picked, which] / rng.chisquare(free, draws))
        phi, share = self.phi[picked], self.share[picked]
        steps = rng.standard_normal((self.m, draws))
        level = np.sqrt(share) * rng.standard_normal(draws)
        series = rng.standard_normal((self.m, draws)) * np.sqrt(1 - share)
        of_step = np.sqrt(share * (1 - phi**2))
        for i in range(self.m):
            level = phi * level + of_step * steps[i]
            series[i] += level
        return (series * sd).T
