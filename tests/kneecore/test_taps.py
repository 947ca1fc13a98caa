"""Three taps are a sync mark, and nothing else is: device/taps.py on CPython, over runs, recordings and fumbling."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from kneesync.simulation.feed import Recording, recordings
from kneesync.simulation.runner import KneeRaises, Run, Stand, Walk, mounting, simulate

DEVICE = Path(__file__).parents[2] / "device"
STEP = 7
AT_S = 4.0
G = 2049


@pytest.fixture(scope="module")
def taps():
    micropython = ModuleType("micropython")
    micropython.const = lambda value: value
    before = sys.modules.get("micropython")
    sys.modules["micropython"] = micropython
    sys.path.insert(0, str(DEVICE))
    import taps

    yield taps
    sys.path.remove(str(DEVICE))
    del sys.modules["taps"]
    if before is None:
        del sys.modules["micropython"]


def found(taps, counts, rate_hz=104):
    """Samples at which a mark is found, feeding bursts as the board does."""
    looker = taps.Taps(rate_hz)
    marks = []
    for start in range(0, len(counts) - 23, 24):
        words = np.zeros((24, STEP), int)
        words[:, :6] = counts[start : start + 24]
        flat = words.ravel().tolist()
        at = looker.look(tuple(flat[channel:] for channel in range(6)), 24)
        if at != taps.NONE:
            marks.append(start + at)
    return marks


def tapped(times_s, strength_g=1.5, seed=0, rate_hz=104):
    """Standing with taps: a spike, its rebound, and soft tissue that rings for a tenth of a second."""
    rng = np.random.default_rng(seed)
    counts = rng.normal(0, 4, (12 * rate_hz, 6))
    counts[:, 4] += G
    direction = rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    for time_s in times_s:
        at = round(time_s * rate_hz)
        ring = np.exp(-np.arange(12) / 2.5) * np.cos(np.arange(12) * 2.2)
        counts[at : at + 12, 3:] += np.outer(ring * strength_g * G, direction)
        counts[at : at + 12, :3] += np.outer(ring * 60 / 0.07, rng.normal(size=3))
    return counts.round().astype(int)


@pytest.mark.parametrize("rate_hz", [104, 208])
@pytest.mark.parametrize("gap_s", [0.2, 0.35, 0.5, 0.65])
@pytest.mark.parametrize("strength_g", [0.8, 1.5, 4])
def test_three_taps(taps, gap_s, strength_g, rate_hz):
    times_s = [AT_S, AT_S + gap_s, AT_S + 2 * gap_s]
    (mark,) = found(taps, tapped(times_s, strength_g, rate_hz=rate_hz), rate_hz)
    assert abs(mark / rate_hz - times_s[2]) < 0.02


@pytest.mark.parametrize(
    "times_s",
    [
        (4.0,),
        (4.0, 4.4),
        (4.0, 4.3, 4.6, 4.9),
        (4.0, 4.3, 4.6, 4.9, 5.2, 5.5),
        (4.0, 5.0, 6.0),
        (4.0, 4.3, 5.5),
        (0.3, 0.6, 0.9),
    ],
)
def test_other_taps_are_none(taps, times_s):
    assert found(taps, tapped(times_s)) == []


def test_three_taps_twice(taps):
    assert len(found(taps, tapped((2, 2.3, 2.6, 6, 6.3, 6.6)))) == 2


@pytest.mark.parametrize("seed", range(8))
def test_moving_about_is_none(taps, seed):
    plan = [Stand(4), KneeRaises(3), Walk(20), Stand(3), Run(20, 3.0), Stand(3), Run(10, 3.5)]
    run = simulate(plan, seed=seed, mount=mounting(10 * seed, 20 - seed, 40 * seed))
    assert found(taps, run.block(0, run.length)) == []


@pytest.mark.parametrize("seed", range(30))
def test_strapping_it_on_is_none(taps, seed):
    """Knocks at random, in threes too, on a board that hands turn this way and that."""
    rng = np.random.default_rng(seed)
    counts = tapped(np.sort(rng.uniform(1, 11, 20)), rng.uniform(0.5, 3), seed)
    sway = np.cumsum(rng.normal(0, 1, (len(counts), 3)), axis=0)
    sway -= np.linspace(sway[0], sway[-1], len(counts))
    counts[:, :3] += (np.gradient(sway, axis=0) * 104 / 0.07 * 3).astype(int)
    assert found(taps, counts) == []


def test_no_recording_has_one(taps):
    paths = recordings("trials") + recordings("runs")
    if not paths:
        pytest.skip("no recordings: KNEESYNC_RECORDINGS, docs/recordings.md")
    for path in paths:
        feed = Recording(path)
        assert found(taps, feed.block(0, feed.length)) == [], path.name
