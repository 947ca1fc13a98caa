"""A sensor that slips in mid-run is noticed and nothing else is taken for it; the log names what the runner did."""

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneecore import sessionread
from kneesync.services.replay import START_MS
from kneesync.simulation.feed import Recording, recordings_folder
from kneesync.simulation.runner import (
    Halt,
    HighKnees,
    Hill,
    KneeRaises,
    Run,
    Runner,
    Skips,
    Slip,
    Stand,
    Strides,
    Turn,
    Walk,
    simulate,
)
from tests.support.float_twin import run
from tests.support.recorded import RUNS, every

SLIP_S = 70.0
NOTICED_S = 16


def told(heard, kind):
    """(t_s, detail) of the events of a kind."""
    return [((event.t_ms - START_MS) / 1000, event.detail) for event in heard.events if event.kind == kind]


def unsure_share(heard, from_s, to_s):
    flags = [row[-1] for row in heard.strides if from_s < (row[0] - START_MS) / 1000 < to_s]
    return np.mean([flag & log.UNSURE != 0 for flag in flags])


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1)], ids="xyz")
@pytest.mark.parametrize("seed", range(2))
def test_a_slip_of_20_degrees(seed, axis):
    plan = [Stand(6), KneeRaises(), Stand(2), Run(110, 2.8), Halt(15), Run(40, 2.8)]
    heard = run(simulate(plan, seed=seed, slips=[Slip(SLIP_S, axis, 20.0)]))
    ((t_s, leans),) = told(heard, log.RESTRAPPED)
    assert SLIP_S < t_s < SLIP_S + NOTICED_S
    assert unsure_share(heard, 20, SLIP_S) == 0
    assert unsure_share(heard, t_s - 4, t_s) == 1  # suspected
    if leans:  # which way is up shows when the runner stands
        assert unsure_share(heard, t_s, 120) == 1
    assert unsure_share(heard, 150, 170) == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_run_with_hills_corners_and_sprints_is_no_slip(seed):
    """Nor are drills; and the log says what the runner did, when it lasted."""
    plan = [
        Stand(6), KneeRaises(), Stand(2), Run(60, 2.6), Run(60, 2.5, 4.5), Hill(60, 2.8, 6), Turn(90, 2), Turn(-180, 4),
        Halt(20), Run(60, 3.0), Strides(2, 6.0), Walk(20), HighKnees(), Walk(8), Skips(), Stand(6),
    ]  # fmt: skip
    feed = simulate(plan, seed=seed)
    heard = run(feed)
    assert told(heard, log.RESTRAPPED) == [] and told(heard, log.STUCK) == []
    named = [(t_s, sessionread.ACTIVITIES[detail]) for t_s, detail in told(heard, log.ACTIVITY)]
    words = [word for _, word in named]
    assert words[:7] == ["standing", "raises", "running", "standing", "running", "walking", "drill"]
    assert words[7:] in (["walking", "drill"], ["walking", "drill", "standing"])
    starts_s = [start for label, start, _ in feed.truth["segments"] if label in ("run", "halt", "walk", "high_knees")]
    for t_s, _ in named[3:6]:
        assert min(abs(t_s - start) for start in starts_s) < 4


@pytest.mark.parametrize("cadence_spm", [193.0, 195.0, 197.0])
def test_strides_of_two_windows_are_no_slips(cadence_spm):
    """A stride of 64 samples once showed the same two poses in each span: its mean pose wandered by 12 degrees."""
    runner = Runner.typical(0, cadence_spm=cadence_spm, cadence_per_mps_spm=0.0)
    heard = run(simulate([Stand(6), KneeRaises(), Stand(2), Run(60, 4.5)], seed=0, runner=runner, rate_error=0.0))
    assert told(heard, log.RESTRAPPED) == []


@pytest.mark.skipif(not RUNS, reason=f"no recordings at {recordings_folder()}; set KNEESYNC_RECORDINGS to their folder")
@pytest.mark.parametrize("path", every(RUNS, 2))
def test_recorded_runs_are_no_slips(path):
    heard = run(Recording(path))
    assert told(heard, log.RESTRAPPED) == [] and told(heard, log.STUCK) == []
    flags = np.array([row[-1] for row in heard.strides[10:]])
    assert np.mean(flags & log.UNSURE != 0) < 0.01
    # a log of half an hour stays small
    assert len(told(heard, log.ACTIVITY)) < 10
