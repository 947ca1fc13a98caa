"""The cue's error rates in simulation (bench/campaign.py): a sample here, the counts that are promised in the soak."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench import campaign
from bench.bounds import Bounds
from kneesync.simulation.feed import recordings_folder

RESULTS = Path(__file__).parents[2] / "build" / "soak"


@pytest.mark.parametrize(("sd", "likeness"), [(0.8, 0.8), (1.5, 0.8), (1.0, 0.9)])
def test_the_simulated_wander_is_what_it_is_said_to_be(sd, likeness):
    random = np.random.default_rng(1)
    strides = 100 * 3600
    values = campaign.wander(random, strides, 0.75, sd, likeness)
    minutes = values[: strides // 80 * 80].reshape(-1, 80).mean(axis=1)
    assert minutes.std() == pytest.approx(sd, rel=0.05)
    assert np.corrcoef(minutes[:-1], minutes[1:])[0, 1] == pytest.approx(likeness, abs=0.02)


def test_fresh_running_hardly_cues_and_a_fall_does():
    assert sum(campaign.fresh_hour(campaign.JUDGED + seed)[0] for seed in range(25)) <= 3
    delays = [campaign.delay_s(campaign.JUDGED + seed, 6, campaign.STEP_S)[0] for seed in range(25)]
    assert np.median(delays) <= 100


@pytest.mark.parametrize(("count", "limit"), [(0, 2.996), (1, 4.744), (4, 9.154)])
def test_the_upper_limit_is_poissons(count, limit):
    assert campaign.upper_95(count) == pytest.approx(limit, abs=0.002)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_what_is_promised():
    folder = recordings_folder()
    found = campaign.campaign(200, 300, folder if folder.is_dir() else None)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "campaign.json").write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(campaign.rows(found)))
    assert found["cues"] <= 4, "at most one in 20 h, upper 95 % limit"
    assert found["falls"]["4_deg_step"]["median_s"] <= 100
    jump = found["falls"]["4_deg_step"]["jump"]
    assert jump["mean_s"] <= 2 * jump["independent_s"], "not later than twice Lorden's bound"
    for kind in ("step", "ramp"):
        if found["slower"]:
            assert found["slower"][f"0.5_mps_{kind}"]["cued_percent"] <= 10


def test_the_bounds_on_residuals_whose_theory_is_known():
    """Independent ones: both bounds are Lorden's. A first-order autoregression: its information by hand."""
    random = np.random.default_rng(4)
    free = Bounds([random.standard_normal(20_000) * 1.5])
    for deg, arl in ((1.0, 200), (2.0, 5000)):
        assert free.independent(deg, arl) == pytest.approx(np.log(arl) / (deg**2 / 4.5), rel=0.03)
        assert free.informed(deg, arl) == pytest.approx(free.independent(deg, arl), rel=0.1)
    likeness = 0.8
    like = Bounds([campaign._ar1(random, 100_000, likeness) * 1.5])
    new_sd = 1.5 * np.sqrt(1 - likeness**2)
    assert like.next_sd_deg == pytest.approx(new_sd, rel=0.02)
    # the fall's first ten shows all of it, each later one only what the one before does not explain
    first, later = 1 / (2 * new_sd**2), (1 - likeness) ** 2 / (2 * new_sd**2)
    assert like.informed(1.0, np.exp(first + 5 * later)) == pytest.approx(6, rel=0.1)
    assert like.long_run(1.0, 100) == pytest.approx(np.log(100) / later, rel=0.15)
    assert like.informed(6.0, 100) == 1.0, "no sooner than a ten"


def test_a_jump_is_found_within_twice_the_bound():
    """4 degrees, where a baseline was known; a sample of what the soak judges with all runs in it."""
    hour = [campaign.fresh_hour(campaign.JUDGED + seed) for seed in range(20)]
    bounds = Bounds([one[3] for one in hour])
    found = np.array([campaign.delay_s(campaign.JUDGED + seed, 4, 1) for seed in range(40)])
    known = found[found[:, 3] == 1, 1]
    bound_s = bounds.independent(4, bounds.tens / sum(one[1] for one in hour)) * np.mean([one[4] for one in hour])
    assert np.isfinite(known).all() and known.mean() <= 2 * bound_s
