"""A level that changes once: flat, then a straight way down or up, then flat again. A step and a hinge are its ends.

All candidates are tried at once by matrix product: least squares of a run's ten-stride means on a constant and each.
"""

import numpy as np

STARTS = 36
LASTING_MIN = (0.0, 2.0, 5.0, 10.0, 20.0, np.inf)
LEAST_SIDE = 8  # tens before and after a change that can be told


class Ramps:
    """The candidates over minutes of running `min_` (n,): `units` (n, m) are orthogonal to a constant, length 1.

    `from_min` and `to_min` (m,): where each begins and ends.
    """

    def __init__(self, min_):
        n = len(min_)
        count = max(0, min(STARTS, n - 2 * LEAST_SIDE + 1))
        at = np.unique(np.linspace(LEAST_SIDE, n - LEAST_SIDE, count).astype(int)) if count else np.zeros(0, int)
        begins = (min_[at] + min_[at - 1]) / 2
        end = min_[-1] if n else 0.0
        from_min = np.repeat(begins, len(LASTING_MIN))
        to_min = np.minimum(from_min + np.tile(LASTING_MIN, len(begins)), end)
        _, first = np.unique(np.round(np.stack([from_min, to_min]), 6), axis=1, return_index=True)
        self.from_min, self.to_min = from_min[np.sort(first)], to_min[np.sort(first)]
        lasting = np.maximum(self.to_min - self.from_min, 1e-6)
        shapes = np.clip((min_[:, None] - self.from_min) / lasting, 0, 1)
        self.shapes = shapes
        centred = shapes - shapes.mean(axis=0)
        self.norms = np.linalg.norm(centred, axis=0)
        self.units = centred / np.maximum(self.norms, 1e-12)

        self._middle = (min_ - min_.mean()) / max(np.linalg.norm(min_ - min_.mean()), 1e-12)
        bent = self._without_line(shapes)
        lengths = np.linalg.norm(bent, axis=0)
        told = lengths > 1e-6 * max(n, 1)  # the others are a line
        self._bent = bent[:, told] / lengths[told]

    def __len__(self):
        return len(self.from_min)

    def _without_line(self, series):
        left = series - series.mean(axis=0)
        return left - np.multiply.outer(self._middle, self._middle @ left)

    def residuals(self, series):
        """What constant, slope and the best ramp leave of a series (n,), and how many freedoms they took."""
        left = self._without_line(series)
        if not self._bent.shape[1]:
            return left, 2
        along = left @ self._bent
        best = int(np.argmax(along**2))
        return left - along[best] * self._bent[:, best], 3
