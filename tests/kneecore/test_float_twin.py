"""What integers and the third order cost in angle: kneecore against its twin of real numbers and exact rotations."""

import numpy as np
import pytest

from kneecore import sessionlog
from kneesync.analysis.agreement import agreement
from kneesync.simulation.feed import ArrayFeed, Recording, recordings_folder
from kneesync.simulation.runner import KneeRaises, Run, Stand, Strides, mounting, simulate
from tests.support.float_twin import Real, lifts, run, unrounded
from tests.support.recorded import TRIALS, every, note

MOST_DEG = 0.1  # RMSE of the knee lift
# Recordings that are less alike: (share of strides found by both, most RMSE in degrees).
UNLIKE = {
    **dict.fromkeys(("RBDS015_25", "RBDS015_35", "RBDS015_45"), (0.97, MOST_DEG)),  # the thigh comes up twice to one
    **dict.fromkeys(("RBDS025_25", "RBDS025_35", "RBDS025_45"), (0.97, MOST_DEG)),  # height: rounding decides
    "RBDS019_45": (0.99, 0.15),  # one jerk: rounding decides between which two samples it turns, 0.6 degrees apart
}
SETTLED_S = 12

needs_recordings = pytest.mark.skipif(
    not TRIALS, reason=f"no recordings at {recordings_folder()}; set KNEESYNC_RECORDINGS to the folder of trials/"
)


def simulated(seed, *running):
    """A run in a mounting at the edge of what is allowed."""
    mount = mounting(-35 + 10 * seed, 25, 70 * seed, upside_down=seed % 2)
    return simulate([Stand(6), KneeRaises(3), Stand(2), *running], seed=seed, leg="LR"[seed % 2], mount=mount)


def off_deg(feed, exact=True, but_flags=0, share=0.99):
    """RMSE of the knee lift against the twin's once settled, without strides of those flags.

    Both must find that share of the other's strides.
    """
    found = lifts(run(feed), but_flags)
    with unrounded():
        twin = lifts(run(feed, Real, exact), but_flags)
    both = agreement(*found, *twin, tolerance_s=0.02)
    assert both.matched > 30 and both.matched >= share * max(both.true, both.found)
    return both.lift_rmse_deg(twin[0][0] + SETTLED_S)


@needs_recordings
@pytest.mark.parametrize("path", every(TRIALS, 8))
def test_recordings(path):
    share, most_deg = UNLIKE.get(path.stem.removesuffix("_L").removesuffix("_R"), (0.99, MOST_DEG))
    twin_deg = off_deg(Recording(path), share=share)
    note("twin", path.stem, {"lift_rmse_deg": twin_deg})
    assert twin_deg < most_deg


@pytest.mark.parametrize("seed", range(4))
def test_simulated_runs(seed):
    assert off_deg(simulated(seed, Run(60, 2.5, 5.5))) < MOST_DEG


@pytest.mark.parametrize("seed", range(3))
def test_sprints(seed):
    feed = simulated(seed, Run(10, 2.5), Strides(2, 7.5))
    assert off_deg(feed) < MOST_DEG


@pytest.mark.parametrize("seed", range(3))
def test_full_scale(seed):
    """Two seconds with the gyro at its limits in mid-run: sure strides come back, and nearly as alike as before.

    What the gyro told at its limits is no rotation of anything, so the two start anew from different errors.
    """
    feed = simulated(seed, Run(60, 3.0))
    samples = feed.block(0, feed.length).copy()
    at = round(30 * feed.fs_hz)
    samples[at : at + 200, :3] = np.clip(samples[at : at + 200, :3].astype(int) * 8, -32768, 32767)
    wild = ArrayFeed(samples, feed.fs_hz)
    assert off_deg(wild, exact=False, but_flags=sessionlog.UNSURE, share=0.9) < 4 * MOST_DEG
