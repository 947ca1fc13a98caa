"""The library that speed is measured on holds what boards write: whole files, plausible strides, the same each time."""

import hashlib

import numpy as np
import pytest

from bench import months
from kneesync.formats.decoder import decode
from kneesync.library import Library


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("months")
    strides = months.make(folder, sessions=40, minutes=20)
    with Library(folder) as library:
        kept = library.sessions()
        yield strides, kept, [library.read_whole(one) for one in kept]


def test_both_runners_have_runs_on_both_legs(made):
    strides, kept, _ = made
    assert len(kept) == 40 and sum(one.strides for one in kept) == strides
    assert {(one.athlete, one.leg) for one in kept} == {(who, leg) for who in ("Anna", "Ben") for leg in "LR"}
    starts = sorted(one.start_unix_s for one in kept if one.athlete == "Anna")
    apart_s = np.diff(starts)
    assert np.sum(apart_s < 2) >= 10, "two boards worn together"
    assert starts[-1] - starts[0] > 14 * 86_400
    assert {tag for one in kept for tag in one.tags} and any(one.effort for one in kept)


def test_files_are_whole_and_strides_those_of_runners(made):
    _, kept, sessions = made
    cut = [problem for one in kept for problem in one.problems]
    assert all(problem.startswith("no end mark") for problem in cut) and len(cut) <= 3
    for one, session in zip(kept, sessions, strict=True):
        steps = session.columns
        assert 19 * 60 < one.duration_s <= 20 * 60 and 140 < one.cadence_spm < 200
        assert 20 < one.knee_lift_deg < 60 and np.nanmin(steps["stride_s"]) > 0.45
        assert 0.5 < one.figures["knee_lift_sd_deg"] < 2 and one.figures["bands"]["cadence_spm"]
        assert np.all(np.diff(session.t_ms) > 0)
        jumps = np.diff(steps["t_s"]) > 2
        assert np.array_equal(np.flatnonzero(jumps) + 1, np.flatnonzero(steps["first"])[1:]), "first after a pause"
    assert any(one.cues for one in kept) and not all(one.cues for one in kept)


def test_the_same_seed_makes_the_same_files():
    def hashes(seed):
        return [hashlib.sha256(data).hexdigest() for data, _ in months.runs(6, 8, seed)]

    assert hashes(1) == hashes(1) != hashes(2)
    assert len(decode(next(months.runs(1, 8, 1))[0]).stride_records) > 500
