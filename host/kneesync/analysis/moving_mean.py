"""The mean of what lies around each value of a series, of which some are unknown."""

import numpy as np


def moving_mean(values, half):
    """(the mean of the known among each value (n,) and the `half` on either side of it, how many those are (n,)).

    NaN is unknown, and the mean where nothing is known.
    """
    known = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    at = np.arange(len(values))
    low, high = np.maximum(at - half, 0), np.minimum(at + half + 1, len(values))
    number = counts[high] - counts[low]
    return np.where(number > 0, (sums[high] - sums[low]) / np.maximum(number, 1), np.nan), number
