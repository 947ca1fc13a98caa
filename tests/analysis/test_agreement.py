"""Matching strides to a reference: one to one, nothing within reach left over."""

import numpy as np
import pytest

from kneesync.analysis.agreement import agreement

CASES = [
    # found, true, matched, missed, invented
    ([1.0, 2.0], [1.01, 2.01], 2, 0, 0),
    ([1.0, 1.02], [1.01], 1, 0, 1),
    ([1.0], [0.98, 1.03], 1, 1, 0),
    ([1.0], [1.07], 0, 1, 1),
    ([], [1.0], 0, 1, 0),
    ([1.0], [], 0, 0, 1),
    ([0.95, 1.0], [0.99, 1.05], 1, 1, 1),
]


@pytest.mark.parametrize(("found", "true", "matched", "missed", "invented"), CASES)
def test_counts(found, true, matched, missed, invented):
    result = agreement(found, np.ones(len(found)), true, np.zeros(len(true)))
    assert (result.matched, result.missed, result.invented) == (matched, missed, invented)


def test_errors_are_found_minus_true():
    result = agreement([1.0, 2.02], [41.0, 42.0], [1.01, 2.0], [40.0, 44.0])
    assert result.time_error_s == pytest.approx([-0.01, 0.02])
    assert result.lift_error_deg == pytest.approx([1.0, -2.0])
    assert result.lift_rmse_deg() == pytest.approx(np.sqrt(2.5))
    assert result.lift_rmse_deg(from_s=1.5) == pytest.approx(2.0)
    assert np.isnan(result.lift_rmse_deg(from_s=3.0))
