"""Any way of strapping it on: recordings turned as if the board had sat otherwise on the thigh.

The counts are turned, rounded and saturated anew. `make test` takes a few; `make soak` all, and leaves figures in
build/soak/.
"""

import json

import numpy as np
import pytest
from float_twin import lifts, run
from test_recordings import RESULTS, SEED, TRIALS

from kneesync.analysis.agreement import SETTLED_S, agreement
from kneesync.replay import START_MS
from kneesync.virtual.feed import ArrayFeed, Recording, recordings_folder
from kneesync.virtual.measurement import matrix, mounting, turned

MOUNTINGS = 240
TRIED = 24  # in make test
MOST_RMSE_DEG = 1.0

pytestmark = pytest.mark.skipif(
    not TRIALS, reason=f"no recordings at {recordings_folder()}; set KNEESYNC_RECORDINGS to the folder of trials/"
)


def drawn(number):
    """(path, mounting) of a number: up to 35 degrees about the thigh, 25 off it in any direction, either way up."""
    rng = np.random.default_rng([SEED, number])
    path = TRIALS[number % len(TRIALS)]
    mount = {
        "around_deg": float(rng.uniform(-35, 35)),
        "tilt_deg": float(25 * np.sqrt(rng.uniform())),
        "towards_deg": float(rng.uniform(0, 360)),
        "upside_down": bool(rng.integers(2)),
    }
    return path, mount


def strapped(path, mount):
    """The recording as another mounting would have given it; its own is taken out first."""
    recording = Recording(path)
    x, y, z, w = recording.truth["mount_quat_xyzw"]
    turn = matrix(turned((-x, -y, -z, w), mounting(**mount)))
    counts = recording.block(0, recording.length).astype(float)
    both = np.hstack([counts[:, :3] @ turn.T, counts[:, 3:] @ turn.T])
    return ArrayFeed(np.clip(np.rint(both), -32768, 32767), recording.fs_hz, recording.truth)


def judged(number):
    """Figures of one drawn mounting."""
    path, mount = drawn(number)
    feed = strapped(path, mount)
    heard = run(feed)
    truth = feed.truth
    board_t_s, lift_deg = lifts(heard)
    both = agreement(board_t_s - START_MS / 1000, lift_deg, truth["truth_peak_t_s"], truth["truth_peak_deg"])
    right = np.array(heard.alignment["right_q14"]) @ matrix(mounting(**mount))[:, 2]
    return {
        "trial": path.stem,
        **mount,
        "true": both.true,
        "missed": both.missed,
        "invented": both.invented,
        "lift_rmse_deg": both.lift_rmse_deg(truth["t_run_s"] + SETTLED_S),
        "right_off_deg": float(np.degrees(np.arccos(np.clip(right / 16384, -1, 1)))),
    }


def is_good(figures):
    """Whether the sign is right and the knee lift too."""
    return figures["right_off_deg"] < 45 and figures["lift_rmse_deg"] <= MOST_RMSE_DEG


def test_some_mountings():
    for number in range(0, MOUNTINGS, MOUNTINGS // TRIED):
        figures = judged(number)
        assert is_good(figures), figures


@pytest.mark.soak
def test_all_mountings():
    found = [judged(number) for number in range(MOUNTINGS)]
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "mountings.json").write_text(json.dumps(found, indent=1) + "\n")
    assert [figures for figures in found if not is_good(figures)] == []
