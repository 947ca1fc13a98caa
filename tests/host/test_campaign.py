"""The cue's error rates in simulation (bench/campaign.py): a sample here, the counts that are promised in the soak."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench import campaign
from kneesync.virtual.feed import recordings_folder

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
    for kind in ("step", "ramp"):
        if found["slower"]:
            assert found["slower"][f"0.5_mps_{kind}"]["cued_percent"] <= 10
