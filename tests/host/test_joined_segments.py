"""The segments of a run that was cut read as one session, in the library and by themselves."""

import hashlib

import numpy as np
import pytest
from knee_files import BOARD, KneeFile

from kneecore import sessionlog as log
from kneesync.analysis.session import summary
from kneesync.library import Library
from kneesync.library.decoder import decode
from kneesync.library.segments import joined

ROWS = [(700, 4200, -1500, 3900, 4100, 0)] * 60


def run_of(*missing, segments=3, raw=False):
    """A run's files: each but the last cut, every segment knowing the first."""
    files = []
    for number in range(1, segments + 1):
        more = {"run": decode(files[0]).run, "segment": number, "cut_by": "power"} if number > 1 else {}
        file = KneeFile(boot=6 + number, ticks_ms=5_000 if number > 1 else 20_000, **more)
        if number > 1:
            file.events((0, log.BASELINE, 36, 4200, 100, 700, -1500), (6_000, log.START, 2))
        else:
            file.events((20_000, log.START, 0), (60_000, log.BASELINE, 36, 4200, 100, 700, -1500))
        file.stride_block(20_000 if number == 1 else 4_000, ROWS)
        if raw:
            file.raw(500, [(1, 2, 3, 4, 5, 6)] * 20, t_ms=30_000)
        if number == segments:
            file.end(90_000)
        files.append(bytes(file.data))
    return [data for number, data in enumerate(files, 1) if number not in missing]


def test_joined():
    sessions = [decode(data) for data in run_of(raw=True)]
    assert len({session.run for session in sessions}) == 1
    whole = joined(sessions[::-1])
    assert len(whole.stride_records) == 180 and np.all(np.diff(whole.t_ms) >= 700)
    # the first ends at 62 s; the second's uptime begins there, its first stride comes 4.7 s into it
    assert list(whole.t_ms[[0, 59, 60, 119, 120]]) == [20_700, 62_000, 66_700, 108_000, 112_700]
    assert list(whole.event_records["kind"]) == [log.START, log.BASELINE, log.START, log.START], "each baseline once"
    assert whole.end == {"reason": "button", "t_ms": 198_000, "strides": 180}
    assert len(whole.raw) == 60 and np.all(np.diff(whole.raw["sample"]) > 0) and np.all(np.diff(whole.raw.t_s) > 0)
    said = [problem for problem in whole.problems if "cut at" in problem]
    assert len(said) == 2 == len(whole.problems)
    assert said[0].startswith("cut at 0:42 min by a loss of power, went on by itself; how long the gap was is unknown")
    assert summary(whole)["strides"] == 180


def test_a_segment_alone_is_a_session():
    assert len(joined([decode(run_of()[1])]).t_ms) == 60


def test_a_segment_that_is_missing_is_said():
    whole = joined([decode(data) for data in run_of(2)])
    assert len(whole.t_ms) == 120 and any("1 segments before it are missing" in problem for problem in whole.problems)


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
