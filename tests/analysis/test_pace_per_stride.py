"""What a watch knows at each stride, and knee lift at equal pace: against a runner whose law is known."""

import numpy as np
import pytest

from kneesync.analysis import pace_per_stride
from kneesync.library.watch import Watch
from kneesync.simulation.runner import Fatigue, Run, Runner, Stand, strides


def run(seed, plan, fatigue=None, wander_sd_deg=0.0):
    """(strides of the runner model, a watch of it: speed each second with noise)."""
    runner = Runner.typical(seed, wander_sd_deg=wander_sd_deg)
    found = strides([Stand(6), *plan], seed=seed, runner=runner, fatigue=fatigue)
    t_s = np.arange(0.0, found["t_s"][-1])
    speed = np.interp(t_s, found["t_s"], found["speed_mps"]) + np.random.default_rng(seed).normal(0, 0.1, len(t_s))
    nothing = np.full(len(t_s), np.nan)
    return runner, found, Watch(t_s, speed, nothing, nothing, np.cumsum(speed))


def compared(found, watch, fresh, late):
    joined = pace_per_stride.per_stride(found["t_s"], found["stride_s"], watch)
    sure = np.ones(len(found["t_s"]), bool)
    return pace_per_stride.at_equal_pace(found["t_s"], found["knee_lift_deg"], joined, sure, fresh, late)


def test_speed_and_stride_length_at_each_stride():
    _, found, watch = run(1, [Run(600, 3.0)])
    joined = pace_per_stride.per_stride(found["t_s"], found["stride_s"], watch)
    settled = slice(50, -5)
    assert joined["speed_mps"][settled] == pytest.approx(found["speed_mps"][settled], abs=0.5)
    assert np.mean(joined["speed_mps"][settled] - found["speed_mps"][settled]) == pytest.approx(0, abs=0.02)
    assert joined["stride_length_m"][100] == pytest.approx(joined["speed_mps"][100] * found["stride_s"][100])
    assert np.isnan(joined["heart_rate_bpm"]).all()


def test_nothing_is_known_beyond_the_watch_and_in_its_gaps():
    nan = np.full(4, np.nan)
    watch = Watch(np.array([10.0, 20, 60, 70]), np.array([3.0, 3, 4, 4]), nan, nan, nan)
    at = pace_per_stride.per_stride(np.array([5.0, 12, 40, 65, 80]), np.full(5, 0.7), watch)["speed_mps"]
    assert np.isnan(at[[0, 2, 4]]).all() and at[[1, 3]].tolist() == [3, 4]


@pytest.mark.parametrize("slower_mps", [0.0, 0.3, 0.6])
def test_a_runner_who_only_slows_did_not_drop(slower_mps):
    """Knee lift falls by the runner's own slope; at equal pace hardly anything of it is left, and 0 is within."""
    inside, left = 0, []
    for seed in range(8):
        plan = [Run(300, 2.8, 3.4), Run(300, 3.2), Run(300, 3.2 - slower_mps, 3.3 - slower_mps)]
        runner, found, watch = run(seed, plan, wander_sd_deg=1.1 if seed % 2 else 0.0)
        result = compared(found, watch, (60, 600), (640, 900))
        left.append(result.drop_deg)
        inside += result.low_deg <= 0 <= result.high_deg
        expected = runner.knee_lift_at(result.fresh_mps) - runner.knee_lift_at(result.late_mps)
        assert result.raw_drop_deg == pytest.approx(expected, abs=1.8 if seed % 2 else 0.9)
    assert abs(np.mean(left)) < 0.5 and inside >= 7


@pytest.mark.parametrize("drop_deg", [3.0, 6.0])
def test_a_drop_behind_a_change_of_pace_is_found(drop_deg):
    found_deg = []
    for seed in range(8):
        plan = [Run(420, 2.9, 3.3), Run(480, 2.6, 2.9)]
        _, found, watch = run(seed, plan, Fatigue.step(7.2, drop_deg))
        result = compared(found, watch, (60, 420), (500, 900))
        found_deg.append(result.drop_deg)
        assert result.low_deg < result.drop_deg < result.high_deg
        assert result.raw_drop_deg > drop_deg + 0.8  # what pace hid in it
    assert np.mean(found_deg) == pytest.approx(drop_deg, abs=0.5)


def test_a_run_of_one_pace_takes_the_slope_of_other_runners_and_says_so():
    runner, found, watch = run(3, [Run(400, 3.2), Run(400, 2.7)])
    result = compared(found, watch, (60, 390), (420, 800))
    assert result.slope_own_percent < 90
    wide = result.high_deg - result.low_deg
    _, varied, varied_watch = run(3, [Run(400, 2.6, 3.4), Run(400, 3.4, 2.6)])
    narrow = compared(varied, varied_watch, (60, 390), (420, 800))
    assert narrow.slope_own_percent > result.slope_own_percent
    assert narrow.high_deg - narrow.low_deg < wide
    assert narrow.slope_deg_per_mps == pytest.approx(runner.knee_lift_per_mps_deg + 0.25, abs=2.2)


def test_too_few_strides_with_a_speed_are_no_comparison():
    _, found, watch = run(3, [Run(200, 3.0)])
    assert compared(found, watch, (10, 40), (50, 60)) is None
    assert compared(found, watch, (10, 100), (5000, 6000)) is None


def test_a_report_projects_where_fresh_and_late_share_no_pace():
    """Half a metre a second slower late, and 3 degrees lower by it: said as a projection, with 0 in its interval."""
    from kneesync.analysis.session import summary
    from kneesync.views.report import sentences
    from tests.support import simulated_strides as sim

    session = sim.run(25, 7, fall_deg=lambda t_s: 3.0 * (t_s > 700), drift_sd_deg=0.3, cadence_sd_percent=0.1)
    t_s = np.arange(0.0, 1510.0)
    nothing = np.full(len(t_s), np.nan)
    figures = summary(session, Watch(t_s, np.where(t_s < 700, 3.4, 2.9), nothing, nothing, nothing))
    by = figures.pace.by_slope
    assert figures.pace.at_equal_pace is None
    assert by.low_deg < 0 < by.high_deg and by.raw_drop_deg == pytest.approx(3, abs=0.6)
    assert by.slope_own_percent < 20
    line = next(line for line in sentences.watch_lines(figures) if "Projected to equal pace" in line)
    assert "of knee lift for each m/s" in line and "95 % interval of the drop" in line
