"""What kept sessions say of a runner's leg when fresh, and how a board is told."""

from dataclasses import replace

import pytest

from kneecore import settings
from kneecore.cue import Cue
from kneesync.analysis import tuning
from tests.support.simulated_strides import SLOPE_DEG_PER_PERCENT, run

DAYS = ((40.0, 172), (42.5, 172), (41.0, 176), (43.0, 168), (41.5, 172))


def runs(days=DAYS, **more):
    return [
        run(minutes=25, seed=i, lift_deg=lift, cadence_spm=lambda t_s, spm=spm: spm + 5 * (t_s % 420 > 210), **more)
        for i, (lift, spm) in enumerate(days)
    ]


def test_fresh_level_and_slope_are_found():
    found = tuning.earlier(runs())
    assert found.runs == 5 and found.slopes >= 4
    # at the usual cadence; what the day had as its lift stood at its own
    assert found.knee_lift_deg == pytest.approx(41.5, abs=2.0) and 1.6 <= found.knee_lift_days_deg < 4
    assert found.range_deg - found.knee_lift_deg == pytest.approx(22, abs=0.5)
    assert found.slope_deg_per_percent == pytest.approx(SLOPE_DEG_PER_PERCENT, abs=0.25)
    assert 0.05 <= found.slope_error_deg_per_percent < 0.2, "less than the population's 0.30"


@pytest.mark.parametrize("minutes", [25, 4])
def test_too_few_say_nothing(minutes):
    assert tuning.earlier([run(minutes=minutes, seed=i) for i in range(2 if minutes == 25 else 4)]) is None


def test_where_cadence_hardly_varied_the_slope_stays_near_the_population_s_and_unsure():
    found = tuning.earlier([run(minutes=15, seed=i, cadence_sd_percent=0.05) for i in range(3)])
    assert found.slope_error_deg_per_percent > 0.15 and found.slope_deg_per_percent == pytest.approx(0.85, abs=0.2)
    assert tuning.slope_of([]) == pytest.approx((0.85, 0.30))


FRESH = tuning.FreshLeg(
    runs=3, slopes=3, knee_lift_deg=41.234, knee_lift_days_deg=1.6, range_deg=62.5, range_days_deg=2.149,
    stride_s=0.6977, slope_deg_per_percent=0.917, slope_error_deg_per_percent=0.081,
)  # fmt: skip


@pytest.mark.parametrize(
    ("board", "seed", "level"),
    [
        ({}, "4123 698 160 lift L ", 4123),
        ({"leg": "R", "athlete": "Ada L"}, "4123 698 160 lift R Ada L", 4123),
        ({"cue.metric": "range"}, "6250 698 215 range L ", 6250),
        ({"athlete": "x" * 32}, f"4123 698 160 lift L {'x' * 32}", 4123),
    ],
)
def test_what_the_board_is_told_is_what_its_cue_takes(board, seed, level):
    has = {**settings.defaults(), **board}
    told = tuning.seeds(FRESH, has)
    assert told == {"cue.seed": seed, "cue.slope_cdeg": 92, "cue.slope_error_cdeg": 8}
    values, refused = settings.merged({**board, **told})
    assert not refused
    cue = Cue(values, lambda *event: None)
    assert (cue.baseline.levels[-1], cue.baseline.times[-1] >> 4) == (level, 698)
    other = Cue({**values, "leg": "L" if values["leg"] == "R" else "R"}, lambda *event: None)
    assert other.baseline.times[-1] == 0, "another leg's is none"


def test_a_slope_beyond_what_a_setting_takes():
    told = tuning.seeds(
        replace(FRESH, slope_deg_per_percent=-0.2, slope_error_deg_per_percent=0.01), settings.defaults()
    )
    assert (told["cue.slope_cdeg"], told["cue.slope_error_cdeg"]) == (0, 5)
