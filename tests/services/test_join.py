"""kneesync join: the session of the same run is found, kept with the watch's series, and wrong pairs are refused."""

import json
from itertools import pairwise

import numpy as np
import pytest

from kneesync.errors import KneesyncError
from kneesync.formats import fit
from kneesync.library import Library
from kneesync.library import watch as watches
from kneesync.services import join as joining
from tests.support.fit_files import START_S, FitFile, even_run, garmin
from tests.support.pages import same_as_golden
from tests.support.simulated_join import WATCH_UNIX_S, fit_file, kept, knee_file, start_unix_s
from tests.support.watch_pairs import Stand, pair, workout

RUN = pair(6001, "easy")
OTHER = pair(6002, "hilly")
KNEE, FIT = knee_file(RUN), fit_file(RUN)


@pytest.fixture
def fit_path(tmp_path):
    path = tmp_path / "run.fit"
    path.write_bytes(FIT)
    return path


def clocked(start_s, start_from="pull"):
    return {"start_unix_s": start_s, "start_from": start_from}


def test_a_session_without_a_clock_gets_its_start_from_the_watch(kneesync, fit_path):
    with Library() as library:
        one = kept(library, KNEE)
        kept(library, knee_file(OTHER), "00002-1.knee")
        assert one.start_unix_s is None
    code, out, err = kneesync("join", fit_path)
    assert code == 0 and err == ""
    assert f"{one.id}: " in out and "by cadence alone; expected error" in out and "(from the watch)" in out
    with Library() as library:
        found = library.find(one.id)
        assert found.start_from == "watch" and abs(found.start_unix_s - start_unix_s(RUN)) <= 2
        assert library.path(found).with_suffix(".fit").read_bytes() == FIT
        series = watches.of(library, found)
        assert series.t_s[0] == pytest.approx(WATCH_UNIX_S - found.start_unix_s, abs=0.11)
        assert found.figures["bands"]["speed_mps"]  # trends compare it by pace from now on
        library.reindex()
        assert library.find(one.id) == found  # it outlives the index
        assert [session.start_from for session in library.sessions() if session.id != one.id] == ["unknown"]
    # the runner's own word still wins
    code, out, err = kneesync("note", one.id, "--start", "2024-11-05 10:00")
    assert code == 0
    with Library() as library:
        assert library.find(one.id).start_from == "you"
    assert kneesync("note", one.id, "--start", "as-pulled")[0] == 0
    with Library() as library:
        assert library.find(one.id).start_from == "watch"


@pytest.mark.parametrize("clock_off_s", [0.0, 20.0, -45.0])
def test_clocks_say_about_where_and_cadence_exactly(kneesync, fit_path, clock_off_s):
    with Library() as library:
        one = kept(library, KNEE, **clocked(start_unix_s(RUN) + clock_off_s))
    code, out, _ = kneesync("join", fit_path, "--json")
    told = json.loads(out)["joined"][0]
    assert code == 0 and told["placed_by"] == "time and cadence"
    assert abs(told["start_unix_s"] - start_unix_s(RUN)) <= 2
    assert told["clock_off_s"] == pytest.approx(-clock_off_s, abs=2)
    with Library() as library:  # the board's exact clock keeps its word
        assert library.find(one.id).start_unix_s == pytest.approx(start_unix_s(RUN) + clock_off_s, abs=0.01)
        # but the watch's series lie where the cadence says
        assert watches.of(library, library.find(one.id)).t_s[0] == pytest.approx(
            WATCH_UNIX_S - start_unix_s(RUN), abs=2
        )


def test_another_run_is_refused(kneesync, fit_path):
    with Library() as library:
        one = kept(library, knee_file(OTHER))
    code, out, err = kneesync("join", fit_path)
    assert (code, out) == (1, "") and len(err.splitlines()) == 1
    assert f"fits no session: with {one.id}" in err and "kneesync note ID --start TIME" in err
    with Library() as library:
        assert library.find(one.id).watch is None
        assert not library.path(one).with_suffix(".fit").exists()


def test_another_runner_at_the_same_time_is_refused_unless_clocks_are_trusted(kneesync, fit_path):
    """A friend's watch: the clocks fit, the cadence does not."""
    with Library() as library:
        one = kept(library, knee_file(OTHER), **clocked(WATCH_UNIX_S + 100))
    code, _, err = kneesync("join", fit_path, one.id)
    assert code == 1 and "fits no session" in err
    code, out, _ = kneesync("join", fit_path, one.id, "--trust-clocks")
    assert code == 0 and "by the clocks alone: cadence could not tell; expected error 2.0 s" in out


def test_the_same_plan_on_another_day_is_refused(kneesync, tmp_path):
    plan = [Stand(6), *workout(6, 180, 90)]
    first, second = (pair(seed, "same", plan, runner=5) for seed in (6100, 6200))
    (tmp_path / "second.fit").write_bytes(fit_file(second))
    with Library() as library:
        kept(library, knee_file(first))
    code, _, err = kneesync("join", tmp_path / "second.fit")
    assert code == 1 and "no better than chance" in err


def metronome(minutes=20):
    """A pair whose cadence never changes."""
    one = pair(6003, "easy")
    count = minutes * 82
    one.t_s = np.arange(count) * 60 / 82
    one.stride_s = np.full(count, 60 / 82)
    one.knee_lift_deg = np.full(count, 40.0)
    one.watch_t_s = np.arange(minutes * 60.0)
    one.watch_spm, one.watch_speed_mps = np.full(len(one.watch_t_s), 164.0), np.full(len(one.watch_t_s), 3.0)
    return one


def test_a_metronome_is_placed_by_its_clock_or_not_at_all(kneesync, tmp_path):
    one = metronome()
    path = tmp_path / "even.fit"
    path.write_bytes(fit_file(one))
    with Library() as library:
        session = kept(library, knee_file(one))
    code, _, err = kneesync("join", path)
    assert code == 1 and "fits no session" in err
    assert kneesync("note", session.id, "--start", "2024-11-08 11:33:20")[0] == 0  # START_S, in UTC
    code, out, _ = kneesync("join", path)
    assert code == 0 and "by the clocks alone" in out and "expected error 300 s" in out


def test_a_watch_without_cadence_is_placed_by_the_clock(kneesync, tmp_path):
    blind = pair(6001, "easy")
    blind.watch_spm = np.full(len(blind.watch_spm), np.nan)
    path = tmp_path / "blind.fit"
    path.write_bytes(fit_file(blind))
    with Library() as library:
        one = kept(library, KNEE)
    code, _, err = kneesync("join", path)
    assert code == 1 and "too little running with a known cadence" in err
    with Library() as library:
        library.say(one, corrected_start_unix_s=start_unix_s(RUN))
    code, out, _ = kneesync("join", path, "--json")
    assert code == 0 and json.loads(out)["joined"][0]["placed_by"] == "time"


def test_two_legs_of_one_run_are_both_joined_and_merged(kneesync, fit_path, tmp_path):
    with Library() as library:
        left = kept(library, KNEE)
        right = kept(library, knee_file(RUN, board="e66118604b1a2b3d", leg="R"), "00009-1.knee", "e66118604b1a2b3d")
    out_path = tmp_path / "both.fit"
    code, out, _ = kneesync("join", fit_path, "--merged", out_path)
    assert code == 0 and left.id in out and right.id in out
    names = {message["field_name"] for number, message in garmin(out_path.read_bytes()) if number == 206}
    assert {"knee_lift_left", "knee_lift_right"} <= names


def test_two_sessions_of_one_board_cannot_be_the_same_run(kneesync, fit_path):
    with Library() as library:
        kept(library, KNEE)
        kept(library, knee_file(RUN, boot=8), "00003-1.knee")
    code, out, _ = kneesync("join", fit_path, "--json")
    told = json.loads(out)
    assert code == 0 and len(told["joined"]) == 1
    assert [one["why"] for one in told["refused"]] == ["another session of its board fits there better"]


def test_merged_has_all_of_the_watchs_messages(kneesync, fit_path, tmp_path):
    with Library() as library:
        kept(library, KNEE)
    out_path = tmp_path / "merged.fit"
    code, out, _ = kneesync("join", fit_path, "--merged", out_path)
    assert code == 0 and "the watch's file with knee lift in it" in out
    ours = garmin(out_path.read_bytes())
    records = [message for number, message in ours if number == fit.RECORD]
    plain = [{key: value for key, value in message.items() if key != "developer_fields"} for message in records]
    assert plain == [message for number, message in garmin(FIT) if number == fit.RECORD]
    with_lift = sum("developer_fields" in message and message["developer_fields"][0] != "nan" for message in records)
    assert with_lift > 0.5 * len(records)
    code, _, err = kneesync("join", fit_path, "--merged", fit_path)
    assert code == 1 and "is the file that is read; give the result another name" in err
    assert fit_path.read_bytes() == FIT
    code, _, err = kneesync("join", out_path, "--merged", tmp_path / "again.fit")
    assert code == 1 and "has kneesync's knee lift in it already" in err


def test_joined_again_with_another_file_the_last_holds(kneesync, fit_path, tmp_path):
    with Library() as library:
        one = kept(library, KNEE)
    assert kneesync("join", fit_path)[0] == 0
    shifted = tmp_path / "later.fit"
    shifted.write_bytes(fit_file(RUN, START_S + 7))  # a watch whose clock is 7 s ahead
    assert kneesync("join", shifted)[0] == 0
    with Library() as library:
        found = library.find(one.id)
        assert abs(found.start_unix_s - start_unix_s(RUN) - 7) <= 2
        assert library.path(found).with_suffix(".fit").read_bytes() == shifted.read_bytes()


BAD = {
    "empty library": (FIT, "no session to join"),
    "no FIT": (b"PK\3\4 not a fit at all", "is no FIT file"),
    "cut": (FIT[:500], "is cut or was never closed"),
    "damaged": (FIT[:500] + b"\xff" + FIT[501:], "is damaged"),
    "no records": (FitFile().file_id().data(), "has no records"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_joined_is_said_in_one_line(kneesync, tmp_path, name):
    data, says = BAD[name]
    path = tmp_path / "x.fit"
    path.write_bytes(data)
    code, out, err = kneesync("join", path)
    assert (code, out) == (1, "") and len(err.splitlines()) == 1 and says in err


def test_a_session_of_another_day_is_said_to_be_one(kneesync, fit_path):
    with Library() as library:
        one = kept(library, KNEE, **clocked(WATCH_UNIX_S - 86_400))
    code, _, err = kneesync("join", fit_path, one.id)
    assert code == 1 and f"{one.id} began 2024-11-07" in err and f"kneesync note {one.id} --start TIME" in err
    code, _, err = kneesync("join", fit_path)
    assert code == 1 and "no session ran while" in err


def test_what_stands_beside_a_session_is_not_trusted(fit_path):
    with Library() as library:
        one = kept(library, KNEE)
        joining.join(library, fit_path)
        path = library.path(one).with_suffix(".watch.npz")
        whole = path.read_bytes()
        one = library.find(one.id)
        for data in (b"", b"PK\3\4", whole[:200], whole[:-30], even_run(1).data()):
            path.write_bytes(data)
            assert watches.of(library, one) is None
        np.savez(path, t_s=np.array([2.0, 1.0]), **{name: np.zeros(2) for name in watches._SERIES[1:]})
        assert watches.of(library, one) is None
        path.write_bytes(whole)
        assert watches.of(library, one) is not None


def test_many_sessions_without_a_clock_are_bounded(monkeypatch, fit_path):
    monkeypatch.setattr(joining, "MOST_SEARCHED", 1)
    with Library() as library:
        kept(library, knee_file(OTHER))
        kept(library, KNEE, "00002-1.knee")
        with pytest.raises(KneesyncError, match="fits no session"):
            joining.join(library, fit_path)


def test_what_it_says_fits_80_columns(kneesync, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.fit").write_bytes(FIT)
    with Library() as library:
        kept(library, KNEE)
    code, out, err = kneesync("join", "run.fit", "--merged", "with-knee-lift.fit")
    assert code == 0, err
    assert [line for line in out.splitlines() if len(line) > 80] == []
    same_as_golden("join", out)


def test_values_are_those_of_the_records_seconds():
    """The series at a record's time is the record's value."""
    found = watches.recording(FIT, "x")
    series = found.watch(WATCH_UNIX_S)
    for a, b in pairwise(found.unix_s[:500]):
        assert a < b
    at = np.interp(found.unix_s - WATCH_UNIX_S, series.t_s, series.heart_rate_bpm)
    assert np.nanmax(np.abs(at - 140)) == 0
