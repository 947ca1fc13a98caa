"""A week's plan: no history, days, equipment or pain makes it break a rule, and what the runs ask for comes first."""

import datetime
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kneesync.coach.catalog import load
from kneesync.coach.findings import findings
from kneesync.coach.plan import DAYS, MINUTES, week, weekdays
from kneesync.errors import KneesyncError
from kneesync.library.training import Done
from kneesync.views.drills.text import volume_line
from tests.support.plan_rules import broken

CATALOG = load()
MONDAY = datetime.date(2026, 11, 23)
EVERYTHING = CATALOG.equipment()
HURT = {"pain": 3, "where": "left shin", "id": "0000000001", "day": "2026-11-20"}


def barriers(*keys):
    """What the findings hand on for these barriers."""
    answers = {key: {"answer": CATALOG.barriers[key].limited_if, "date": "2026-11-20"} for key in keys}
    rows = findings([], answers)["barriers"]
    return sorted(rows, key=lambda row: keys.index(row["key"]))


def logged(*rows, start=MONDAY):
    """Done from (exercise, days before the start, sets)."""
    return [Done(key, (start - datetime.timedelta(days=ago)).isoformat(), sets) for key, ago, sets in rows]


def strength_weeks(weeks, sets=2):
    keys = ("glute-bridge", "plank", "banded-knee-drive", "lunge")
    return logged(*[(key, 7 * back + ago, sets) for back in range(weeks) for ago in (3, 6) for key in keys])


def keys_of(plan):
    return {item["exercise"] for day in plan["days"] for item in day["items"]}


def judged(plan, done, days, minutes, equipment, hard, pain):
    log = [(one.exercise, datetime.date.fromisoformat(one.date), one.sets) for one in done]
    return broken(plan, CATALOG, log, set(days), minutes, equipment, set(hard), pain)


WEEKDAY_SETS = st.sets(st.integers(0, 6), min_size=1, max_size=7).map(lambda some: tuple(sorted(some)))
A_DONE = st.builds(
    lambda key, ago, sets: (key, ago, sets),
    st.sampled_from([*CATALOG.exercises, "of-a-later-version"]),
    st.integers(-2, 60),
    st.integers(1, 5),
)


@st.composite
def logs(draw):
    """Single exercises anywhere, and weeks of a whole programme, so that strength bases and progressions come about."""
    rows = draw(st.lists(A_DONE, max_size=25))
    for back in range(draw(st.integers(0, 8))):
        some = draw(st.lists(st.sampled_from(list(CATALOG.exercises)), min_size=1, max_size=10, unique=True))
        sets = draw(st.integers(1, 4))
        rows += [(key, 7 * back + ago, sets) for key in some for ago in draw(st.sampled_from([(1, 4), (2, 5), (3,)]))]
    return rows


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    log=logs(),
    wanted=st.permutations(list(CATALOG.barriers)).flatmap(
        lambda keys: st.integers(0, len(keys)).map(lambda number: keys[:number])
    ),
    days=WEEKDAY_SETS,
    hard=st.sets(st.integers(0, 6), max_size=3),
    minutes=st.integers(*MINUTES),
    equipment=st.sets(st.sampled_from(EVERYTHING)),
    pain=st.sampled_from([None, HURT]),
    start=st.integers(0, 13),
)
def test_no_plan_breaks_a_rule(log, wanted, days, hard, minutes, equipment, pain, start):
    first = MONDAY + datetime.timedelta(days=start)
    done = logged(*log, start=first)
    arguments = (CATALOG, barriers(*wanted), done, first, days, minutes, sorted(equipment), tuple(hard), pain)
    plan = week(*arguments)
    assert judged(plan, done, days, minutes, equipment, hard, pain) == []
    assert plan == week(*arguments), "the same input gives the same week"
    json.dumps(plan, allow_nan=False)


def test_the_checker_sees_what_is_wrong():
    """A rule that cannot be broken is none: each of these is a plan with one thing made wrong."""
    done = strength_weeks(5)
    right = week(CATALOG, barriers("fading"), done, MONDAY, (0, 2, 5), 60, EVERYTHING, (1,))
    assert judged(right, done, (0, 2, 5), 60, EVERYTHING, (1,), None) == []

    def after(change, log=done, days=(0, 2, 5), minutes=60, equipment=EVERYTHING, hard=(1,), pain=None):
        plan = json.loads(json.dumps(right))
        change(plan)
        return " ".join(judged(plan, log, days, minutes, equipment, hard, pain))

    def nothing(plan):
        pass

    def only_drills(plan):
        for day in plan["days"]:
            day["items"] = [item for item in day["items"] if "strength" not in item["group"]]

    def two_in_a_row(plan):
        plan["days"][1]["items"] += plan["days"][0]["items"]

    def without_warm_up(plan):
        plan["days"][0]["items"] = [one for one in plan["days"][0]["items"] if one["group"] != "dynamic_stretch"]

    assert "drills alone" in after(only_drills)
    assert "twice" not in after(nothing) and "running_drill on 3 days" in after(two_in_a_row)
    assert "no mobility" in after(without_warm_up)
    assert "precautions" in after(lambda plan: plan.update(precautions=[]))
    assert "no day that was chosen" in after(nothing, days=(0, 2))
    assert "takes" in after(nothing, minutes=20)
    assert "without" in after(nothing, equipment=())
    assert "plyometrics with pain" in after(nothing, pain=HURT) and "turned off" in after(nothing, pain=HURT)
    assert "weeks of strength" in after(nothing, log=strength_weeks(3))
    assert "of work on" in after(nothing, log=[])
    assert "before a hard day" in after(nothing, hard=(1, 3, 6))


# What comes first


def test_what_the_first_barrier_trains_is_in_the_week():
    for key, barrier in CATALOG.barriers.items():
        plan = week(CATALOG, barriers(key), strength_weeks(5), MONDAY, (0, 2, 5), 60, EVERYTHING)
        items = [item for day in plan["days"] for item in day["items"]] + [plan["form_cue"]]
        reasons = {item["why"] for item in items}
        assert key in reasons, key
        assert {item["exercise"] for item in items} & set(barrier.train), key


def test_progressions_follow_the_log():
    want = barriers("overstriding")  # wants B-skips
    plan = week(CATALOG, want, [], MONDAY, (0, 2, 5), 60, EVERYTHING)
    assert "high-knees" in keys_of(plan) and not {"a-skip", "b-skip"} & keys_of(plan)
    known = [("high-knees", 20 + number, 2) for number in range(3)]
    plan = week(CATALOG, want, logged(*known), MONDAY, (0, 2, 5), 60, EVERYTHING)
    assert "a-skip" in keys_of(plan) and "b-skip" not in keys_of(plan)
    known += [("a-skip", 10 + number, 2) for number in range(3)]
    assert "b-skip" in keys_of(week(CATALOG, want, logged(*known), MONDAY, (0, 2, 5), 60, EVERYTHING))


def test_plyometrics_after_four_weeks_and_one_new_at_a_time():
    def plyometrics(done, **options):
        plan = week(CATALOG, barriers("fading"), done, MONDAY, (0, 2, 5), 60, EVERYTHING, **options)
        items = [item for day in plan["days"] for item in day["items"] if item["group"] == "plyometric"]
        return [item["exercise"] for item in items], " ".join(plan["notes"])

    assert plyometrics(strength_weeks(3))[0] == [] and "3 of the last six" in plyometrics(strength_weeks(3))[1]
    assert plyometrics(strength_weeks(4))[0] == ["bounding"]
    begun = strength_weeks(6) + logged(("box-jump", 5, 2), ("box-jump", 12, 2))
    assert plyometrics(begun)[0] == ["box-jump"], "what was begun is gone on with"
    at_home = begun + logged(("box-jump", 19, 2))
    assert plyometrics(at_home)[0] == ["bounding", "box-jump"]
    found, said = plyometrics(strength_weeks(6), pain=HURT)
    assert found == [] and "hurts" in said


def test_pain_turns_the_cue_off_by_a_setting_that_exists():
    from kneecore import settings as board

    plan = week(CATALOG, [], [], MONDAY, pain=HURT)
    name, value = plan["cue_off"].removeprefix("kneesync settings --set ").split("=")
    assert board.checked(name, value) == "on" and name == "quiet"
    assert week(CATALOG, [], [], MONDAY)["cue_off"] is None


LONG_AGO = logged(*[(key, 30, 3) for key in ("glute-bridge", "plank", "lunge", "box-jump")])
VOLUMES = [
    # the log, pain; minutes logged in the last week, allowed, what bounds it, and what is said of that
    ([], None, None, 40, "first week", "as in any first week; nothing is logged of the last three weeks."),
    (LONG_AGO, None, None, 40, "first week", "nothing is logged of the last three weeks."),
    (
        logged(("plank", 3, 2)),
        None,
        4,
        40,
        "first week",
        "you logged 4 min in your last one. Beyond that it grows",
    ),
    (strength_weeks(2), None, 42, 46.2, "a tenth more", "46.2 min, a tenth more than the 42 min of your last logged"),
    (strength_weeks(2), HURT, 42, 42, "no growth", "42 min, as in your last logged week: with pain it does not grow."),
    ([], HURT, None, 40, "first week", "as in any first week"),
]


@pytest.mark.parametrize(("log", "hurts", "last_min", "allowed_min", "bound", "said"), VOLUMES)
def test_work_grows_with_the_log_and_the_page_says_by_which_rule(log, hurts, last_min, allowed_min, bound, said):
    plan = week(CATALOG, [], log, MONDAY, (0, 2, 5), 60, EVERYTHING, pain=hurts)
    volume = plan["volume"]
    assert (volume["logged"], volume["bound"]) == (last_min, bound)
    assert volume["allowed"] == pytest.approx(allowed_min) and 30 <= volume["minutes"] <= allowed_min
    assert said in volume_line(plan)


def test_drills_come_before_hard_days():
    for hard in range(7):
        plan = week(CATALOG, [], strength_weeks(3), MONDAY, tuple(range(7)), 40, EVERYTHING, (hard,))
        drills = [
            DAYS.index(day["day"]) for day in plan["days"] if any(x["group"] == "running_drill" for x in day["items"])
        ]
        assert drills and any((hard - day) % 7 in (0, 1) for day in drills) and (hard + 1) % 7 not in drills


def test_what_cannot_be_is_said():
    plan = week(CATALOG, [], [], MONDAY, days=(1,), hard=(1,))
    said = " ".join(plan["notes"])
    assert not any(day["loaded"] for day in plan["days"])
    assert "No drills this week" in said and "Strength on 0 of the 2 days" in said
    want = barriers("weak_hip_flexors")
    assert "(band)" in " ".join(week(CATALOG, want, [], MONDAY)["notes"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mon,wed,sat", (0, 2, 5)),
        ("Sat, monday wed", (0, 2, 5)),
        ("sun,sun", (6,)),
        ("3", (0, 2, 5)),
        ("1", (2,)),
    ],
)
def test_days_are_read(text, found):
    assert weekdays(text) == found


@pytest.mark.parametrize("text", ["0", "7", "tomorrow", "mo", "mon,xyz", "-1", "³", "satur", "monk"])
def test_days_that_are_none_are_refused(text):
    if text == "satur":
        assert weekdays(text) == (5,)
        return
    with pytest.raises(KneesyncError, match="expected"):
        weekdays(text)
