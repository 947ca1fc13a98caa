"""The self-experiment's interval, on simulated runners whose truth is known."""

import dataclasses

import numpy as np
import pytest

from kneesync.analysis.experiment import LEAST, effect, t_quantile
from kneesync.analysis.figures import Cue
from kneesync.views.report.cues import experiment_lines

BASE = 4_000  # seeds


def due(rise_deg, held_by=None):
    """A cue, felt or held back, that knee lift rose so far after; nothing else of it is known."""
    names = (one.name for one in dataclasses.fields(Cue))
    told = {"buzzed": held_by is None, "held_by": held_by, "back_deg": {"50": rise_deg}}
    return Cue(**{**dict.fromkeys(names), **told})


def runner_cues(seed, helps_deg, cues=40, share=0.4):
    """Cues of one runner: a rise by regression to the mean, noise, and what the buzz adds."""
    random = np.random.default_rng(BASE + seed)
    held = random.random(cues) < share
    rises = 0.4 + random.normal(0, random.uniform(0.6, 1.4), cues) + helps_deg * ~held
    return [due(float(rise), "experiment" if chance else None) for chance, rise in zip(held, rises, strict=True)]


def covered(runners, helps_deg):
    """Shares of runners whose interval holds the truth, and of whom an effect is claimed."""
    found = [effect(runner_cues(seed, helps_deg)) for seed in range(runners)]
    assert all(one.difference_deg is not None for one in found)
    holds = np.mean([one.low_deg <= helps_deg <= one.high_deg for one in found])
    return holds, np.mean([one.helps is not None for one in found])


@pytest.mark.soak
@pytest.mark.parametrize("helps_deg", [0.0, 0.8])
def test_the_interval_covers_the_truth_in_500_runners(helps_deg):
    holds, claimed = covered(500, helps_deg)
    assert holds >= 0.93
    if not helps_deg:
        assert 1 - claimed >= 0.95, "no effect is claimed where there is none"


def test_the_interval_covers_the_truth():
    holds, _ = covered(120, 0.8)
    assert holds >= 0.90
    _, claimed = covered(120, 0.0)
    assert claimed <= 0.10


def test_too_few_say_nothing_and_none_is_no_experiment():
    few = runner_cues(1, 1.0, cues=2 * LEAST)
    assert effect([cue for cue in few if cue.buzzed]) is None
    found = effect([*few[:1], due(0.1, "experiment")])
    assert found.difference_deg is None and found.helps is None
    assert found.buzzed + found.held == 2, "and how many there are is said all the same"


def test_other_reasons_and_cues_that_cannot_be_judged_do_not_count():
    cues = runner_cues(2, 1.0)
    others = [due(9.0, "fading")]
    others += [due(None)]
    assert effect(cues + others) == effect(cues)


@pytest.mark.parametrize(("freedom", "expected"), [(3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (200, 1.972)])
def test_t_quantile(freedom, expected):
    assert t_quantile(freedom) == pytest.approx(expected, rel=0.015)


def shared(seed, share, level_deg, helps_deg=1.0, cues=40):
    """Cues of runs with this share held back, in which lift rises by `level_deg` whatever is done."""
    random = np.random.default_rng(seed)
    held = random.random(cues) < share / 100
    rises = level_deg + random.normal(0, 0.8, cues) + helps_deg * ~held
    return [due(float(rise), "experiment" if chance else None) for chance, rise in zip(held, rises, strict=True)]


def test_runs_with_other_shares_are_compared_within_their_share():
    """Hard runs with few held back, easy ones with many: without the share it would be the runs that are compared."""
    holds, apart = [], []
    for seed in range(120):
        hard, easy = shared(2 * seed, 20, 2.0), shared(2 * seed + 1, 70, -2.0)
        found = effect(hard + easy, [20] * len(hard) + [70] * len(easy))
        holds.append(found.low_deg <= 1.0 <= found.high_deg)
        apart.append(found.difference_deg)
        assert effect(hard + easy).difference_deg > 1.7, "all in one: far off"
    assert np.mean(holds) >= 0.90 and np.mean(apart) == pytest.approx(1.0, abs=0.05)


def test_over_several_runs_and_in_words():
    from kneesync.analysis.experiment import over_runs
    from kneesync.analysis.session import summary
    from tests.support.simulated_strides import experiment

    runs = [experiment(seed) for seed in range(6)] + [experiment(9, share=0)]
    found = over_runs(runs)
    assert found.runs == 6 and found.buzzed >= 4 and found.held >= 4
    assert found.low_deg < found.difference_deg < found.high_deg and found.helps is None, "there is no effect"
    lines = list(experiment_lines(dataclasses.replace(summary(runs[0]), experiment_over_runs=found)))
    assert len(lines) == 2 and lines[1].startswith("Experiment, over 6 runs: knee lift after a buzz less that")
    assert "that tells neither way yet" in lines[1]
    assert over_runs(runs[-1:]) is None
