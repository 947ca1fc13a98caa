"""The segments of a run that was cut read as one session, in the library and by themselves."""

import hashlib

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneesync.analysis.session import summary
from kneesync.formats.decoder import decode
from kneesync.formats.segments import concatenated
from kneesync.library import Library
from tests.support.cut_runs import ROWS, run_of
from tests.support.knee_files import BOARD, KneeFile


def test_joined():
    sessions = [decode(data) for data in run_of(raw=True)]
    assert len({session.run for session in sessions}) == 1
    whole = concatenated(sessions[::-1])
    assert len(whole.stride_records) == 180 and np.all(np.diff(whole.t_ms) >= 700)
    # the first ends at 62 s; the second's uptime begins there, its first stride comes 4.7 s into it
    assert list(whole.t_ms[[0, 59, 60, 119, 120]]) == [20_700, 62_000, 66_700, 108_000, 112_700]
    assert list(whole.event_records["kind"]) == [log.START, log.BASELINE, log.START, log.START], "each baseline once"
    assert whole.end == {"reason": "button", "t_ms": 198_000, "strides": 180}
    assert len(whole.raw) == 60 and np.all(np.diff(whole.raw["sample"]) > 0) and np.all(np.diff(whole.raw.t_s) > 0)
    said = [problem for problem in whole.problems if "cut at" in problem]
    assert len(said) == 2 == len(whole.problems)
    assert said[0].startswith("cut at 0:42 min by a loss of power, went on by itself; how long the gap was is unknown")
    assert summary(whole).strides == 180


def test_a_segment_alone_is_a_session():
    assert len(concatenated([decode(run_of()[1])]).t_ms) == 60


def test_a_segment_that_is_missing_is_said():
    whole = concatenated([decode(data) for data in run_of(2)])
    assert len(whole.t_ms) == 120 and any("1 segment before it is missing" in problem for problem in whole.problems)


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path) as library:
        yield library


def keep(library, data, name):
    incoming = library.incoming(BOARD, name, len(data), hashlib.sha256(data).hexdigest())
    incoming.append(data)
    return library.keep(incoming)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_the_library_shows_one_run(library, order):
    files = run_of()
    ids = {}
    for n in order:
        ids[n] = keep(library, files[n], f"0000{7 + n}-1.knee").id
    (kept,) = library.sessions()
    assert kept.id == ids[0] and kept.strides == 180
    for n in range(3):
        found = library.find(ids[n])
        assert found.id == ids[0] and found.strides == 180
        assert len(library.read(ids[n]).t_ms) == 180
    library.reindex()
    assert [one.strides for one in library.sessions()] == [180]


def test_another_run_with_the_same_boot_number_is_another(library):
    """A board whose flash was erased counts its boots anew; the header's CRC keeps its runs apart."""
    keep(library, run_of(segments=2)[1], "00008-1.knee")
    keep(library, bytes(KneeFile(ticks_ms=21_000).stride_block(22_000, ROWS).end(90_000).data), "00007-1.knee")
    assert sorted(kept.strides for kept in library.sessions()) == [60, 60]


def test_two_files_that_claim_the_same_segment_stand_for_themselves(library):
    for last in (90_000, 91_000):
        keep(library, bytes(KneeFile().stride_block(22_000, ROWS).end(last).data), "00007-1.knee")
    kept = library.sessions()
    assert [one.strides for one in kept] == [60, 60] and kept[0].id != kept[1].id
    assert {library.find(one.id).id for one in kept} == {one.id for one in kept}
