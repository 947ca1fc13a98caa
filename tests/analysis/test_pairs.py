"""Two boards on one runner: laid on one time within half a second, wrong pairs refused, the difference right."""

import dataclasses
import json

import pytest

from kneesync.analysis.pairs import HEALTHY_SD_DEG, LegNames, overlapping, pair
from kneesync.errors import KneesyncError
from kneesync.library import Library
from kneesync.library.index import SessionEntry
from tests.support import simulated_strides as sim
from tests.support.legs import other_leg


def true_lag_s(one, other, ahead_s=7.3):
    return (other.start_ms - one.start_ms) / 1000 - ahead_s


@pytest.mark.parametrize("minutes", [6, 25])
@pytest.mark.parametrize("timing_s", [0.003, 0.008])
def test_two_legs_are_laid_together_without_a_clock(minutes, timing_s):
    for seed in range(4):
        one = sim.run(minutes, seed)
        other = other_leg(one, seed, timing_s=timing_s, from_s=100 * (seed % 2))
        found = pair(one, other)
        assert found.other_starts_s == pytest.approx(true_lag_s(one, other), abs=0.5)
        assert found.match > 0.6
        lift = found.difference["knee_lift_deg"]
        assert lift.right_less_left == pytest.approx(2.0, abs=0.3) and lift.low <= 2.05 and lift.high >= 1.95
        assert found.difference["cadence_spm"].right_less_left == pytest.approx(0, abs=0.2)
        assert found.inside and any("cadence alone" in note for note in found.notes)
        back = pair(other, one)
        assert back.difference["knee_lift_deg"].right_less_left == pytest.approx(lift.right_less_left, abs=0.05)


def test_a_clock_that_is_wrong_by_seconds_is_put_right_and_said():
    one = sim.run(20, 1)
    other = other_leg(one, 1)
    found = pair(one, other, true_lag_s(one, other) + 20)
    assert found.other_starts_s == pytest.approx(true_lag_s(one, other), abs=0.5)
    assert any("20 s apart" in note for note in found.notes)


def test_legs_of_other_runs_are_refused():
    refused = 0
    for seed in range(4):
        one, wrong = sim.run(20, seed), sim.run(20, seed + 100, leg="R")
        for apart_s in (None, 0.0):
            with pytest.raises(KneesyncError, match="no two legs of one run"):
                pair(one, wrong, apart_s)
            refused += 1
    assert refused == 8


def test_a_leg_that_grows_lower_shows_in_the_change():
    one = sim.run(25, 3)
    other = other_leg(one, 3)
    other.stride_records["knee_lift_cdeg"][1300:] -= 300
    other.__dict__.pop("columns", None)
    change = pair(one, other).change.knee_lift
    assert change.fresh_deg == pytest.approx(2, abs=0.3) and change.late_deg == pytest.approx(-1, abs=0.3)
    assert change.low_deg <= -3 <= change.high_deg and change.high_deg < -2


def test_a_difference_beyond_healthy_runners_is_called_that():
    one = sim.run(10, 4)
    assert not pair(one, other_leg(one, 4, higher_deg=HEALTHY_SD_DEG + 1)).inside


def empty(session):
    return dataclasses.replace(
        session, header={**session.header, "leg": "R"}, stride_records=session.stride_records[:0], t_ms=session.t_ms[:0]
    )


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda one: one, "say the left leg and the left leg, expected one of each"),
        (empty, "b holds no stride"),
        (lambda one: other_leg(one, from_s=590), "does not match anywhere"),
    ],
)
def test_what_cannot_be_compared_is_said(make, says):
    one = sim.run(10, 5)
    with pytest.raises(KneesyncError, match=says):
        pair(one, make(one), names=("a", "b"))


def test_the_runners_word_on_the_leg_counts():
    one = sim.run(10, 5)
    other = dataclasses.replace(other_leg(one), header=one.header)  # both boards say left
    assert pair(one, other, names=("a", "b"), legs=["R", "L"]).legs == LegNames(left="b", right="a")


def kept(board, leg, start_unix_s, duration_s=1500.0, athlete="Ada"):
    return SessionEntry(
        f"{board}{leg}", board, "x.knee", "0" * 64, 1, start_unix_s, "pull", 0.0, leg, athlete, duration_s, strides=9
    )


def test_the_other_legs_session_is_found_by_its_time():
    one = kept("a", "L", 1000.0)
    right = kept("b", "R", 1300.0)
    assert overlapping(one, [kept("b", "R", 5000.0), right, kept("c", "R", 2200.0)]) is right
    for wrong in (
        kept("a", "R", 1000.0),  # the same board
        kept("b", "L", 1000.0),
        kept("b", "R", None),
        kept("b", "R", 1000.0, athlete="Bo"),
        kept("b", "R", 2400.0),  # a hundred seconds
    ):
        assert overlapping(one, [wrong]) is None
    assert overlapping(kept("a", "L", None), [right]) is None


def test_the_report_finds_the_other_leg_by_its_time_or_by_name(kneesync, tmp_path):
    one = sim.run(9, 6, drift_sd_deg=0.3)
    ones_clock_s = 1_780_000_000
    stranger = sim.run(9, 99, leg="R")
    for name, session, clock_s in (
        ("left", one, ones_clock_s),
        ("right", other_leg(one, 6), ones_clock_s + 2),
        ("later", stranger, ones_clock_s + 7200),
        ("stranger", stranger, ones_clock_s + 86_400),
        ("alone", sim.run(9, 7), ones_clock_s + 86_410),
    ):
        board = f"e66118604b1a2b{len(name):02x}"
        (tmp_path / f"{name}.knee").write_bytes(sim.file(session, board=board, clock_s=clock_s))
    code, out, _ = kneesync("import", *sorted(tmp_path.glob("*.knee")), "--json")
    assert code == 0
    ids = {row["name"].removesuffix(".knee"): row["id"] for row in json.loads(kneesync("sessions", "--json")[1])}
    with Library() as library:
        assert library.find().id == ids["alone"]
        assert [[one.id for one in library.during(library.find(ids[name]))] for name in ("left", "later")] == [
            [ids["right"]],
            [],
        ]
    found = json.loads(kneesync("report", ids["left"], "--json")[1])["pair"]
    assert found["found"] == "time" and found["legs"] == {"left": ids["left"], "right": ids["right"]}
    assert found["difference"]["knee_lift_deg"]["right_less_left"] == pytest.approx(2, abs=0.3)
    code, out, err = kneesync("report", ids["later"], "--json")
    assert (code, err, json.loads(out)["pair"]) == (0, "", None)
    # by name, as files: no clock is needed
    code, out, _ = kneesync("report", tmp_path / "left.knee", "--with", tmp_path / "right.knee", "--plain")
    assert code == 0 and "Left left.knee, right right.knee: " in out
    code, out, err = kneesync("report", ids["left"], "--with", ids["stranger"])
    assert (code, out) == (1, "") and "does not match" in err and err.count("\n") == 1
    # at the same time on the other leg, but not of this run: said, and the report goes on
    code, out, err = kneesync("report", ids["alone"], "--json")
    assert code == 0 and json.loads(out)["pair"] is None
    assert f"{ids['stranger']} was worn on the other leg at that time, but the cadence" in err
