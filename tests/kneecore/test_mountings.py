"""Any way of strapping it on: recordings turned as if the board had sat otherwise on the thigh.

The counts are turned, rounded and saturated anew. `make test` takes a few; `make soak` all, and leaves figures in
build/soak/.
"""

import json

import numpy as np
import pytest

from kneecore import sessionlog
from kneesync.analysis.agreement import SETTLED_S, agreement
from kneesync.services.replay import START_MS
from kneesync.simulation.feed import ArrayFeed, Recording, recordings_folder
from kneesync.simulation.measurement import matrix, mounting, turned
from kneesync.simulation.runner import Halt, KneeRaises, Run, Stand, Walk, simulate
from tests.support.float_twin import lifts, run
from tests.support.recorded import RESULTS, SEED, TRIALS

MOUNTINGS = 240
TRIED = 24  # in make test
MOST_RMSE_DEG = 1.0
# Starts in which the runner never stands still for long: the zero is a guess then, the way round must not be.
STARTS = {
    "running": [],
    "walking": [Walk(20)],
    "a moment's standing": [Stand(1.2)],
    "fidgeting": [Stand(8, sway_deg=5)],
    "fidgeting and raises": [Stand(8, sway_deg=5), KneeRaises(), Stand(2, sway_deg=5)],
}

needs_recordings = pytest.mark.skipif(
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
    return {
        "trial": path.stem,
        **mount,
        "true": both.true,
        "missed": both.missed,
        "invented": both.invented,
        "lift_rmse_deg": both.lift_rmse_deg(truth["t_run_s"] + SETTLED_S),
        "right_off_deg": off_deg(heard, mount),
    }


def is_good(figures):
    """Whether the sign is right and the knee lift too."""
    return figures["right_off_deg"] < 45 and figures["lift_rmse_deg"] <= MOST_RMSE_DEG


def off_deg(heard, mount):
    """How far right was found off the truth."""
    right = np.array(heard.alignment["right_q14"]) @ matrix(mounting(**mount))[:, 2]
    return float(np.degrees(np.arccos(np.clip(right / 16384, -1, 1))))


def after(feed, start_s):
    """The feed from `start_s` on."""
    start = round(start_s * feed.fs_hz)
    return ArrayFeed(feed.block(start, feed.length - start), feed.fs_hz)


def begun_running(number):
    """(trial, degrees off, share of unsure strides) where a drawn mounting is only put on in running."""
    path, mount = drawn(number)
    feed = strapped(path, mount)
    heard = run(after(feed, feed.truth["t_run_s"] + number % 7))
    flags = np.array([row[-1] for row in heard.strides])
    return path.stem, off_deg(heard, mount), float(np.mean(flags & sessionlog.UNSURE != 0))


@needs_recordings
def test_some_mountings():
    for number in range(0, MOUNTINGS, MOUNTINGS // TRIED):
        figures = judged(number)
        assert is_good(figures), figures


@needs_recordings
def test_some_put_on_in_running():
    for number in range(0, MOUNTINGS, MOUNTINGS // TRIED):
        trial, off, unsure = begun_running(number)
        assert off < 20 and unsure == 1, (number, trial)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("seed", range(2))
def test_starts_without_standing(seed, start):
    """The way round is right in the end, and strides far off say so; a halt finds the zero."""
    mount = {"around_deg": 25.0, "tilt_deg": 20.0, "towards_deg": 100.0 * seed, "upside_down": seed % 2 == 1}
    plan = [*STARTS[start], Run(50, 2.6 + 0.8 * seed), Halt(12), Run(30, 3.0)]
    feed = simulate(plan, seed=seed, leg="LR"[seed % 2], mount=mounting(**mount))
    heard = run(feed)
    assert off_deg(heard, mount) < 20
    board_t_s, lift_deg = lifts(heard)
    sure = np.array([row[-1] & sessionlog.UNSURE == 0 for row in heard.strides])
    truth = feed.truth["truth_peak_t_s"], feed.truth["truth_peak_deg"]
    found_s = board_t_s - START_MS / 1000
    assert agreement(found_s[sure], lift_deg[sure], *truth).lift_rmse_deg() < 3
    halted_s = sum(segment.pieces()[0].duration_s * len(segment.pieces()) for segment in plan[:-1])
    assert sure[found_s > halted_s + 9].all()
    assert agreement(found_s, lift_deg, *truth).lift_rmse_deg(halted_s + 6) < 3


@pytest.mark.soak
@needs_recordings
def test_all_put_on_in_running():
    found = [begun_running(number) for number in range(MOUNTINGS)]
    assert [one for one in found if one[1] >= 20 or one[2] < 1] == []


@pytest.mark.soak
@needs_recordings
def test_all_mountings():
    found = [judged(number) for number in range(MOUNTINGS)]
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "mountings.json").write_text(json.dumps(found, indent=1) + "\n")
    assert [figures for figures in found if not is_good(figures)] == []
