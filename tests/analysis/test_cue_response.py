"""What the report expects of each stride: the baseline of its own cadence, as the cue has it."""

from dataclasses import replace

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneecore import settings
from kneesync.analysis import cue_response
from kneesync.analysis.figures import Stretch
from tests.support.simulated_strides import run

FRESH = Stretch(
    strides_used=300,
    from_s=120.0,
    to_s=360.0,
    cadence_spm=170.0,
    knee_lift_deg=41.0,
    extension_deg=-20.0,
    range_deg=61.0,
    swing_up_dps=400.0,
    swing_back_dps=410.0,
    knee_lift_error_deg=None,
)


def two_bands(**more):
    """Two baselines: 40 deg at 0.70 s, 46 deg at 0.62 s; the slope that the board had in the end is 0.9."""
    also = [
        (400_000, log.BASELINE, 0, 4000, 100, 700, -2000, 85, 30),
        (700_000, log.BASELINE, 1, 4600, 100, 620, -2400, 90, 20),
    ]
    session = run(minutes=1, also=also)
    session.header["settings"] = {**settings.defaults(), **more}
    return cue_response.expected(session, True, FRESH)


@pytest.mark.parametrize(
    ("stride_s", "faster", "expected_deg"),
    [(0.70, 0.0, 40.0), (0.62, 0.0, 46.0), (0.707, -0.99, 39.11), (0.6139, 0.994, 46.89), (0.65, -4.6, 41.85)],
)
def test_each_stride_is_held_against_its_own_band(stride_s, faster, expected_deg):
    expect = two_bands()
    assert expect.by == "board" and expect.faster_percent([stride_s])[0] == pytest.approx(faster, abs=0.02)
    assert expect.drop_deg(np.array([36.0]), [stride_s])[0] == pytest.approx(expected_deg - 36.0, abs=0.02)


def test_where_the_cue_is_about_range_so_are_its_falls():
    expect = two_bands(**{"cue.metric": "range"})
    columns = {"range_deg": np.array([55.0, 66.0]), "stride_s": np.array([0.7, 0.62])}
    assert expect.cued_drop_deg(columns, np.array([0, 1])) == pytest.approx([5.0, 4.0])
    assert expect.threshold_deg == pytest.approx(3.0), "5 % of 60 degrees"


def test_baselines_before_a_re_strap_are_none():
    also = [
        (400_000, log.BASELINE, 0, 4000, 100, 700, -2000, 85, 30),
        (700_000, log.BASELINE, 1, 4600, 100, 620, -2400, 90, 20),
        (900_000, log.BASELINE, 0, 4400, 100, 700, -2000, 85, 30),
    ]
    expect = cue_response.expected(run(minutes=1, also=also), True, FRESH)
    assert expect.drop_deg(np.array([40.0, 40.0]), [0.7, 0.62]) == pytest.approx([4.0, 4 + 0.85 * 12.9], abs=0.05)


def test_without_the_board_s_it_is_the_report_s_own():
    expect = cue_response.expected(run(minutes=1), False, FRESH)
    assert expect.by == "report" and expect.drop_deg(np.array([40.0]), [120 / 170])[0] == pytest.approx(1.0)
    assert cue_response.expected(run(minutes=1), False, replace(FRESH, cadence_spm=None)) is None
    assert cue_response.expected(run(minutes=1), False, None) is None
