"""How far a figure of a run would have come out otherwise by chance alone: block bootstrap of its drift.

A figure that is a weighted sum of the run's ten-stride means is drawn anew with the run's own residuals, which are what
a smooth trend leaves, laid out in blocks long enough to keep the drift from minute to minute together (moving blocks,
Künsch 1989). Seeded: the same run gives the same interval.
"""

import numpy as np

DRAWS = 600
BLOCK_S = 90
LEAST_TENS = 12
_SEED = 5


def block_tens(tens):
    """How many tens last BLOCK_S; fewer in short runs, so that there are at least four blocks."""
    return int(min(max(2, round(BLOCK_S / np.median(tens.span_s))), max(2, len(tens) // 4)))


def draws(residuals, weights, block, seed=_SEED):
    """DRAWS times the weighted sum of resampled residuals: (DRAWS, m) for residuals (n,) and weights (n, m).

    Circular moving blocks of `block` neighbours. The mean of what is drawn is taken off: residuals have none.
    """
    n, m = weights.shape
    slots = -(-n // block)
    padded = np.zeros((slots * block, m))
    padded[:n] = weights
    # what a block that starts at each residual adds to the sum if it is laid at each slot
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([residuals, residuals[: block - 1]]), block)
    sums = np.einsum("nb,sbm->snm", windows, padded.reshape(slots, block, m), optimize=True)
    starts = np.random.default_rng(seed).integers(0, n, (DRAWS, slots))
    drawn = sums[np.arange(slots), starts].sum(axis=1)
    return drawn - sums.mean(axis=1).sum(axis=0)


def interval(estimate, drawn, inflation=1.0):
    """[low, high]: 95 % interval of an estimate from what was drawn around zero."""
    low, high = np.quantile(drawn, (0.025, 0.975)) * inflation
    return [float(estimate - high), float(estimate - low)]
