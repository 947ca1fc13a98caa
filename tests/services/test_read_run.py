"""One way to read a run: what other sessions of the library add to it, and what may be wrong with them."""

import pytest

from kneesync.library import Library
from kneesync.services import read_run
from tests.support import simulated_strides
from tests.support.knee_files import NEWEST_UNIX_S, put

DAY_S = 86_400


@pytest.fixture
def tried(tmp_path):
    """A Library of three runs of one self-experiment, and their ids, the newest first."""
    ids = []
    for seed in range(3):
        session = simulated_strides.experiment(seed)
        data = simulated_strides.file(session, settings=session.header["settings"], boot=40 + seed)
        ids.append(put(tmp_path, data, NEWEST_UNIX_S - seed * DAY_S))
    with Library(tmp_path) as library:
        assert [one.id for one in library.sessions()] == ids
        yield library, ids


def over_runs(library, newest):
    """The experiment over this run and the older ones, as a report has it."""
    reading = read_run.of_entry(library, library.find(newest))
    read_run.add(reading, read_run.beside_of(library, reading.kept, reading.figures))
    return reading.figures.experiment_over_runs


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"not a session")])
def test_an_older_run_that_cannot_be_read_leaves_the_experiment_to_the_others(tried, spoil):
    library, (newest, older, oldest) = tried
    assert over_runs(library, newest).runs == 3
    spoil(library.path(library.find(older)))
    assert over_runs(library, newest).runs == 2
    spoil(library.path(library.find(oldest)))
    assert over_runs(library, newest) is None, "one run by itself is no comparison over runs"
