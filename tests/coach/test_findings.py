"""Findings against runners whose deficit is known, and against runners who have none."""

from collections import Counter
from dataclasses import replace

import pytest

from kneesync.analysis import comparable
from kneesync.coach.catalog import SIGNS, load
from kneesync.coach.findings import LEAST_RUNS, TABLE, findings
from tests.support import simulated_strides
from tests.support.deficits import PROFILES, SOUND, runner
from tests.support.runners import NEWEST_UNIX_S, session

FEW, MANY = range(12), range(100)  # the limits were chosen on seeds from 1000 on
LEAST_FOUND, LEAST_QUIET = 0.90, 0.95


def first(name, seed, **options):
    found = findings(runner(name, seed, **options))["findings"]
    return found[0]["sign"] if found else None


def shares(seeds, **options):
    """(share of deficits found first, share of sound runners without a finding, {profile: what came first})."""
    came = {name: Counter(first(name, seed, **options) for seed in seeds) for name in (*PROFILES, *SOUND)}
    right = sum(came[name][profile.sign] for name, profile in PROFILES.items())
    quiet = sum(came[name][None] for name in SOUND)
    return right / (len(seeds) * len(PROFILES)), quiet / (len(seeds) * len(SOUND)), came


def held_to(seeds):
    found, quiet, came = shares(seeds)
    assert found >= LEAST_FOUND and quiet >= LEAST_QUIET, came
    for name, profile in PROFILES.items():
        assert came[name][profile.sign] >= 0.8 * len(seeds), (name, came[name])


def test_every_sign_has_a_runner():
    assert {profile.sign for profile in PROFILES.values()} == set(SIGNS) == set(TABLE)


def test_the_right_finding_comes_first_and_sound_runners_have_none():
    held_to(FEW)


@pytest.mark.soak
def test_the_right_finding_comes_first_in_full_counts():
    held_to(MANY)


@pytest.mark.soak
def test_runners_anywhere_in_the_population_are_mostly_left_alone():
    """Without the cut at 2 SD: who lies further out has, by what the signs mean, the deficit."""
    quiet = [first(name, seed, within_sd=None) is None for name in SOUND for seed in MANY]
    assert sum(quiet) >= 0.9 * len(quiet)


@pytest.mark.parametrize("name", PROFILES)
def test_two_runs_are_no_habit(name):
    for seed in range(5):
        good = [one for one in runner(name, seed, runs=12) if not one.figures["flags"] and one.figures["late"]]
        found = findings(good[: LEAST_RUNS - 1])
        assert found["findings"] == [] and found["barriers"] == []
        assert len(found["missing"]) == 1 and "3 good runs" in found["missing"][0]


def test_no_runs_at_all():
    found = findings([])
    assert found["findings"] == [] and "there is none" in found["missing"][0] and found["to"] is None


def test_a_finding_names_the_sessions_and_numbers_it_rests_on():
    kept = runner("low_cadence", 3)
    (one,) = findings(kept)["findings"]
    by_id = {each.id: each for each in kept}
    assert one["runs"] == len(one["sessions"]) >= 3
    for row in one["sessions"]:
        assert by_id[row["ids"][0]].figures["bands"]["speed_mps"], "pace is known there"
        assert 15 < row["value"] < 40
    assert one["interval"][0] < one["value"] < one["interval"][1]
    assert one["also"] and "90 % interval" in one["sure"] and one["confidence"] in ("good", "fair")


def test_without_a_watch_pace_is_asked_for_and_nothing_is_guessed():
    found = findings(runner("sound_no_watch", 2))
    text = " ".join(found["missing"])
    assert "kneesync join" in text and "extension" in text and "there are none" in text
    for seed in range(5):
        kept = [replace(one, figures={**one.figures, "speed_mps": None}) for one in runner("low_lift_at_pace", seed)]
        for one in kept:
            one.figures["bands"] = {**one.figures["bands"], "speed_mps": []}
        signs = {each["sign"] for each in findings(kept)["findings"]}
        assert not signs & {"low_lift_at_pace", "short_extension", "low_cadence"}


def test_one_board_says_nothing_of_the_other_leg():
    for seed in range(5):
        left = [one for one in runner("asymmetry", seed) if one.leg == "L"]
        found = findings(left)
        assert all(one["sign"] != "asymmetry" for one in found["findings"])
        assert any("board on each leg" in line for line in found["missing"])


def test_straps_that_differ_are_no_asymmetry():
    """Lift is shifted, range is not."""
    kept = runner("sound_two_boards", 4)
    for one in kept:
        if one.leg == "R":
            one.figures = {**one.figures, "knee_lift_deg": one.figures["knee_lift_deg"] + 15}
    assert all(one["sign"] != "asymmetry" for one in findings(kept)["findings"])


def test_a_strap_that_slips_in_every_run_is_no_fall():
    for seed in range(10):
        kept = runner("sound_no_watch", seed)
        for one in kept:
            if late := one.figures["late"]:
                shifted = {name: late[name] - 6 for name in ("knee_lift_deg", "extension_deg")}
                one.figures = {**one.figures, "late": {**late, **shifted}}
        assert all(one["sign"] != "drop_late" for one in findings(kept)["findings"])


def test_sessions_that_do_not_count_are_named():
    found = findings(runner("sound", 1) + runner("sound", 6))
    reasons = {row["why"] for row in found["left_out"]}
    assert reasons <= {"under 10 min of running", "alignment unsure", "re-strapped during the run"} and reasons
    assert all(row["sessions"] == len(row["ids"]) for row in found["left_out"])


def test_low_lift_is_a_question_and_nobody_is_called_tired():
    (one, *_) = findings(runner("low_lift_at_pace", 2))["findings"]
    assert one["title"].endswith("?") and "not a target" in one["text"]
    for name in PROFILES:
        assert "fatigue" not in str(findings(runner(name, 1))).casefold()


def test_from_strides_to_the_finding():
    """The whole way: strides of a runner who fades, through the row that the index keeps."""

    def runs(fall_deg):
        for day in range(4):
            strides = simulated_strides.run(minutes=30, seed=day, fall_deg=lambda t_s: fall_deg * (t_s > 1200))
            yield session(day + 1, NEWEST_UNIX_S - 3 * 86_400 * day, **comparable.row(strides))

    assert [one["sign"] for one in findings(list(runs(6.0)))["findings"]] == ["drop_late"]
    assert findings(list(runs(0.0)))["findings"] == []


# Barriers and the self-check


def answered(**answers):
    return {key: {"answer": answer, "date": "2026-11-20"} for key, answer in answers.items()}


def test_the_self_check_decides_between_barriers_of_one_sign():
    kept = runner("short_extension", 1)
    keys = [row["key"] for row in findings(kept)["barriers"]]
    assert keys == ["tight_hip_flexors", "weak_posterior_chain"]
    strong = findings(kept, answered(tight_hip_flexors="yes", weak_posterior_chain="no"))
    assert [row["key"] for row in strong["barriers"]] == ["weak_posterior_chain"]
    assert "self-check says so too" in strong["barriers"][0]["because"]
    both_fine = findings(kept, answered(tight_hip_flexors="yes", weak_posterior_chain="yes"))
    assert len(both_fine["barriers"]) == 2, "the runs say what they say"


def test_what_cannot_be_seen_comes_from_an_answer_only():
    kept = runner("sound", 3)
    assert findings(kept)["barriers"] == []
    (row,) = findings(kept, answered(limited_ankle_mobility="no", overstriding="no"))["barriers"]
    assert row["key"] == "limited_ankle_mobility" and row["signs"] == [] and "self-check" in row["because"]
    assert [row["key"] for row in findings(kept, answered(overstriding="yes"))["barriers"]] == ["overstriding"]


def test_every_barrier_is_reached_by_a_runner_or_an_answer():
    reached = set()
    for name in PROFILES:
        reached |= {row["key"] for seed in range(3) for row in findings(runner(name, seed))["barriers"]}
    by_answer = {key for key, barrier in load().barriers.items() if not barrier.signs}
    assert reached | by_answer == set(load().barriers) and by_answer == {"limited_ankle_mobility"}
