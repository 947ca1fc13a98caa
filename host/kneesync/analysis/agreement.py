"""How well strides that were found agree with a reference that knows them: a recording's truth, a runner model's."""

from dataclasses import dataclass

import numpy as np

TOLERANCE_S = 0.060
SETTLED_S = 12.0


@dataclass
class Agreement:
    """Strides matched one to one. `time_error_s`, `lift_error_deg`: found minus true, one a matched stride, in order.

    `true_t_s`: the matched strides' true times; `missed`, `invented`: strides left over on either side.
    """

    true: int
    found: int
    true_t_s: np.ndarray
    time_error_s: np.ndarray
    lift_error_deg: np.ndarray

    @property
    def matched(self):
        return len(self.true_t_s)

    @property
    def missed(self):
        return self.true - self.matched

    @property
    def invented(self):
        return self.found - self.matched

    def lift_rmse_deg(self, from_s=0.0):
        """RMS error of the knee-lift peak over matched strides at or after `from_s`; NaN if there is none."""
        errors = self.lift_error_deg[self.true_t_s >= from_s]
        return float(np.sqrt(np.mean(errors**2))) if len(errors) else float("nan")

    def settled_rmse_deg(self):
        """The same from SETTLED_S after the first true stride on."""
        return self.lift_rmse_deg(self.true_t_s[0] + SETTLED_S) if self.matched else float("nan")


def agreement(found_t_s, found_lift_deg, true_t_s, true_lift_deg, tolerance_s=TOLERANCE_S):
    """Match found to true strides, nearest first, each at most once, within `tolerance_s`. Times s, lifts degrees."""
    found_t_s, found_lift_deg, true_t_s, true_lift_deg = (
        np.asarray(values, dtype=float) for values in (found_t_s, found_lift_deg, true_t_s, true_lift_deg)
    )
    pairs = []
    for k, t_s in enumerate(found_t_s):
        near = np.flatnonzero(np.abs(true_t_s - t_s) <= tolerance_s)
        pairs.extend((abs(true_t_s[j] - t_s), k, int(j)) for j in near)
    partner, taken = {}, set()
    for _, k, j in sorted(pairs):
        if k not in taken and j not in partner:
            partner[j] = k
            taken.add(k)
    true = np.array(sorted(partner), dtype=int)
    found = np.array([partner[j] for j in true], dtype=int)
    return Agreement(
        len(true_t_s),
        len(found_t_s),
        true_t_s[true],
        found_t_s[found] - true_t_s[true],
        found_lift_deg[found] - true_lift_deg[true],
    )
