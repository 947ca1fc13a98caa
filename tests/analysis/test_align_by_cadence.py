"""A session is found in a watch's recording by cadence: how often, how exactly, and what is refused.

The limits in kneesync.analysis.align_by_cadence were chosen on seeds below 1000; these are others. In full counts by
`make soak`; what came of them stands in build/soak/align_by_cadence.json.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from kneesync.analysis import align_by_cadence
from tests.support.watch_pairs import KINDS, Stand, pair, workout

SOAKED = Path(__file__).parents[2] / "build" / "soak" / "placing.json"
FROM_SEED = 5000


def judged(seeds):
    """The rates over pairs of one run, pairs of different runs, and pairs of two runs of one runner and plan."""
    off_s, errors_s, refused, taken = [], [], 0, {"another run": [], "at the same time": [], "the same plan": []}
    before = None
    for seed in seeds:
        one = pair(seed)
        at = align_by_cadence.place(one.t_s, one.stride_s, one.watch_t_s, one.watch_spm)
        if at is None or at.why:
            refused += 1
        else:
            off_s.append(at.lag_s - one.lag_s)
            errors_s.append(at.error_s)
        if before is not None:
            taken["another run"].append(accepted(before, one))
            together_s = one.watch_t_s[0] - before.t_s[0] + 60  # two runners side by side, by the clocks
            taken["at the same time"].append(accepted(before, one, (together_s, 60)))
        if seed % 4 == 0:
            plan = [Stand(6), *workout(6, 180, 90)]
            first, second = (pair(seed + day, "same", plan, runner=seed) for day in (100_000, 200_000))
            taken["the same plan"].append(accepted(first, second))
        before = one
    off_s = np.array(off_s)
    count = len(off_s) + refused
    return {
        "pairs": count,
        "placed_within_2_s_percent": 100 * float(np.sum(np.abs(off_s) <= 2)) / count,
        "placed_further_off_percent": 100 * float(np.sum(np.abs(off_s) > 2)) / count,
        "refused_percent": 100 * refused / count,
        "off_s_median": float(np.median(off_s)),
        "off_s_95_percent": float(np.percentile(np.abs(off_s), 95)),
        "within_expected_error_percent": 100 * float(np.mean(np.abs(off_s) <= np.array(errors_s))),
        **{
            f"wrong pairs, {kind}": {"pairs": len(found), "accepted_percent": 100 * float(np.mean(found))}
            for kind, found in taken.items()
        },
    }


def accepted(session_of, watch_of, near=None):
    """Whether a session is taken for the run of a watch that recorded another."""
    at = align_by_cadence.place(session_of.t_s, session_of.stride_s, watch_of.watch_t_s, watch_of.watch_spm, near)
    return at is not None and not at.why


def good(rates):
    assert rates["placed_within_2_s_percent"] >= 95
    assert rates["placed_further_off_percent"] <= 1
    assert rates["within_expected_error_percent"] >= 90
    for kind in ("another run", "at the same time", "the same plan"):
        assert rates[f"wrong pairs, {kind}"]["accepted_percent"] <= 0.5


def test_a_sample_of_pairs():
    good(judged(range(FROM_SEED, FROM_SEED + 12)))


@pytest.mark.soak
def test_600_pairs():
    rates = judged(range(FROM_SEED, FROM_SEED + 600))
    SOAKED.parent.mkdir(parents=True, exist_ok=True)
    SOAKED.write_text(json.dumps(rates, indent=1) + "\n", encoding="utf-8")
    good(rates)


@pytest.mark.parametrize("kind", KINDS)
def test_where_clocks_say_about_where(kind):
    """A clock that is half a minute off is put right; one that points elsewhere finds nothing there."""
    one = pair(FROM_SEED + 7, kind)
    near = align_by_cadence.place(one.t_s, one.stride_s, one.watch_t_s, one.watch_spm, (one.lag_s + 35, 60))
    assert near.why == "" and abs(near.lag_s - one.lag_s) <= 2
    off = align_by_cadence.place(one.t_s, one.stride_s, one.watch_t_s, one.watch_spm, (one.lag_s + 300, 60))
    assert off is None or off.why or abs(off.lag_s - one.lag_s - 300) > 60


def even(spm=164.0, minutes=30):
    count = int(minutes * spm / 2)
    return np.cumsum(np.full(count, 120 / spm)), np.full(count, 120 / spm)


def test_a_metronome_is_refused():
    """Nothing in it says where it lies: it is not placed in silence."""
    _, stride_s = even()
    for noise in (0.0, 0.004):
        stride_s = stride_s + np.random.default_rng(1).normal(0, noise, len(stride_s))
        watch_t_s = np.arange(2400.0)
        at = align_by_cadence.place(np.cumsum(stride_s), stride_s, watch_t_s, np.full(2400, 164.0))
        assert at is None or "no better than chance" in at.why


def test_another_cadence_and_too_little_in_common_are_said():
    one = pair(FROM_SEED + 3, "easy")
    at = align_by_cadence.place(one.t_s, one.stride_s, one.watch_t_s, one.watch_spm + 9)
    assert at.why == "the watch counts 9 steps/min more"
    short = one.t_s < one.t_s[0] + 60
    assert align_by_cadence.place(one.t_s[short], one.stride_s[short], one.watch_t_s, one.watch_spm) is None
    assert align_by_cadence.place(one.t_s, one.stride_s, one.watch_t_s, np.full(len(one.watch_spm), np.nan)) is None
    assert align_by_cadence.place(one.t_s[:0], one.stride_s[:0], one.watch_t_s[:0], one.watch_spm[:0]) is None


def test_strides_count_steps_over_any_span():
    strides = align_by_cadence.Strides([1.0, 1.7, 2.4, 9.0, 9.7], [0.7, 0.7, 0.7, np.nan, 0.7])
    assert strides.cadence_spm(np.array([2.4]), 2.1) == pytest.approx([120 / 0.7])
    assert np.isnan(strides.cadence_spm(np.array([5.0, 0.0]), 1.0)).all()  # in the gap, and before the first
    damaged = align_by_cadence.Strides([5.0, 3.0, 3.1], [0.7, 0.7, 0.9])  # backwards and overlapping
    assert np.isfinite(damaged.cadence_spm(np.array([3.1, 5.0]), 0.5)).any()
