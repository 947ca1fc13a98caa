"""A level that changes once: flat, then a straight way down or up, then flat again. A step and a line are its ends.

All candidates are tried at once by matrix product: least squares of a series of means on a constant and each of them.
"""

import numpy as np

LASTING_MIN = (0.0, 0.75, 1.5, 3.0, 4.5, 6.0, 8.0, 11.0, 15.0, 20.0, np.inf)  # sparser ones shift the starts
LEAST_SIDE = 4  # means before and after a change that can be told


class Ramps:
    """The candidates over minutes of running `min_` (m,), c of them.

    `from_min`, `to_min` (c,): where each begins and ends. `shapes` (m, c) go from 0 to 1; `units` are the same without
    their mean, of length 1, and were of length `norms` (c,).
    """

    def __init__(self, min_):
        m = len(min_)
        at = np.arange(LEAST_SIDE, m - LEAST_SIDE + 1)
        begins = np.concatenate([min_[:1], (min_[at] + min_[at - 1]) / 2])
        from_min = np.repeat(begins, len(LASTING_MIN))
        to_min = np.minimum(from_min + np.tile(LASTING_MIN, len(begins)), min_[-1])
        to_min = np.maximum(to_min, from_min + 1e-6)
        shapes = np.clip((min_[:, None] - from_min) / (to_min - from_min), 0, 1)
        centred = shapes - shapes.mean(axis=0)
        norms = np.linalg.norm(centred, axis=0)
        told = norms > 0.5  # a step at the very first mean changes nothing
        self.from_min, self.to_min, self.norms = from_min[told], to_min[told], norms[told]
        self.shapes = shapes[:, told]
        self.units = centred[:, told] / norms[told]
        self.quick_units = self.units.astype(np.float32)  # for many series at once
        self.resolution_min = float(np.diff(begins[1:]).max())

    def best(self, series):
        """Of each series (m, k) the `units` column that explains most of it: (m, k)."""
        along = (series - series.mean(axis=0)).T @ self.units
        return self.units[:, (along**2).argmax(axis=1)]
