"""The cue's parts by the stride: jumps, earlier runs' baseline, what is watched, kept over a restart, bounds."""

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneecore import sessionread, settings
from kneecore.cue import Cue
from kneesync.analysis.cue_replay import replay_session
from tests.support.simulated_strides import run

STRIDE_MS = 700
SEED = "4000 700 200 lift L "


class Heard:
    """A Cue with its events, fed by pieces: (strides, knee lift) or (strides, lift, extension, stride ms)."""

    def __init__(self, **changes):
        values, refused = settings.merged({"cue." + name: value for name, value in changes.items()})
        assert not refused
        self.events, self.cues_s, self.t_ms = [], [], 0
        self.cue = Cue(values, lambda *event: self.events.append(event))
        self._random = np.random.default_rng(3)

    def feed(self, strides, lift_deg, low_deg=-20, stride_ms=STRIDE_MS, flags=0, spread_deg=0.6):
        for noise in self._random.standard_normal(strides) * spread_deg:
            self.t_ms += stride_ms
            if self.cue.stride(self.t_ms, stride_ms, round(100 * (lift_deg + noise)), round(100 * low_deg), flags):
                self.cues_s.append(self.t_ms / 1000)
        return self

    def of(self, kind):
        return [event[2:] for event in self.events if event[1] == kind]


def minutes(count):
    return int(count * 60_000 / STRIDE_MS)


# Earlier runs' baseline

SEEDED = {
    "a gross fall cues in the first minutes": (SEED, 31.0, True),
    "one within what days differ does not": (SEED, 34.5, False),
    "a higher lift does not": (SEED, 46.0, False),
    "none without a seed": ("", 31.0, False),
    "another leg's": ("4000 700 200 lift R ", 31.0, False),
    "another athlete's": ("4000 700 200 lift L Ada", 31.0, False),
    "another metric's": ("4000 700 200 range L ", 31.0, False),
    "another cadence's": ("4000 640 200 lift L ", 31.0, False),
    "not one at all": ("forty", 31.0, False),
    "words for numbers": ("a b c lift L ", 31.0, False),
    "no stride time": ("4000 0 200 lift L ", 31.0, False),
}


@pytest.mark.parametrize("case", SEEDED)
def test_earlier_runs_stand_in_until_there_is_a_baseline(case):
    seed, lift_deg, cues = SEEDED[case]
    heard = Heard(seed=seed).feed(minutes(5.5), lift_deg)
    assert not heard.of(log.BASELINE) and bool(heard.cues_s) == cues
    assert all(120 < t_s < 360 for t_s in heard.cues_s)


def test_the_run_s_own_baseline_wins_as_soon_as_it_is_there():
    """Whatever earlier runs were like: the cue clears, and no more is asked for than the run's own fresh strides."""
    heard = Heard(seed=SEED).feed(minutes(40), 31.0)
    assert len(heard.of(log.BASELINE)) == 1 and heard.of(log.BASELINE)[0][1] == pytest.approx(3100, abs=20)
    assert heard.cues_s and max(heard.cues_s) < 380 and len(heard.of(log.CUE_CLEARED)) == 1
    assert heard.cue.baseline.levels[0] == heard.of(log.BASELINE)[0][1] and not heard.cue.active


def test_the_same_strides_teach_the_same_with_and_without_earlier_runs():
    taught = [Heard(seed=seed).feed(minutes(20), 40.0).of(log.BASELINE) for seed in ("", SEED)]
    assert taught[0] == taught[1] != []


def test_a_re_strap_takes_earlier_runs_back():
    heard = Heard(seed=SEED).feed(minutes(3), 40.0)
    heard.cue.realigned(heard.t_ms)
    heard.feed(minutes(2.5), 28.0)
    assert heard.cues_s == []


def test_the_slope_s_error_is_a_setting():
    """A sure slope widens the threshold less at another cadence."""
    drops = []
    for error in (5, 100):
        heard = Heard(slope_error_cdeg=error).feed(minutes(7), 40.0).feed(minutes(6), 34.2, stride_ms=728)
        drops.append(len(heard.cues_s))
    assert drops[0] > 0 and drops[1] == 0


# Where it holds still: ten degrees lower than fresh, and yet no cue

FROZEN = {
    "under the motor": lambda heard: heard.feed(minutes(4), 30.0, flags=log.MOTOR),
    "alignment unsure": lambda heard: heard.feed(minutes(4), 30.0, flags=log.UNSURE),
    "clipped": lambda heard: heard.feed(minutes(4), 30.0, flags=log.CLIPPED),
    "samples lost in each": lambda heard: heard.feed(minutes(4), 30.0, flags=log.LOST),
    "another pace": lambda heard: heard.feed(minutes(2.5), 30.0, stride_ms=770),
    "halts every half minute": lambda heard: [heard.feed(1, 30.0, flags=log.FIRST).feed(28, 30.0) for _ in range(8)],
    "the strap was moved": lambda heard: (heard.cue.realigned(heard.t_ms), heard.feed(minutes(3.5), 30.0)),
}


@pytest.mark.parametrize("what", FROZEN)
def test_frozen(what):
    heard = Heard().feed(minutes(8), 40.0)
    FROZEN[what](heard)
    assert heard.cues_s == []
    free = Heard().feed(minutes(8), 40.0).feed(minutes(2.5), 30.0)
    assert free.cues_s, "where nothing holds it still"


@pytest.mark.parametrize(("stride_ms", "passed"), [(STRIDE_MS, 0), (STRIDE_MS - 25, 2), (STRIDE_MS + 25, 2)])
def test_twenty_strides_pass_after_a_change_of_pace(stride_ms, passed):
    heard = Heard().feed(minutes(8), 40.0)
    heard.feed(-heard.cue._count % 10, 40.0)
    watched, watch = [], heard.cue._watch
    heard.cue._watch = lambda *ten: watched.append(ten) or watch(*ten)
    heard.feed(100, 40.0, stride_ms=stride_ms)
    assert len(watched) == 10 - passed


def test_strides_under_the_motor_count_for_nothing():
    """As if they had not been: whatever the shaken sensor says, what comes after is decided as without them."""
    drops = []
    for shaken in (False, True):
        heard = Heard().feed(minutes(8), 40.0, spread_deg=0)
        for _ in range(30):
            if shaken:
                heard.feed(3, 10.0, spread_deg=0, flags=log.MOTOR)
            heard.feed(20, 39.0, spread_deg=0)
        drops.append(
            (heard.cue.cusum_cdeg, heard.cue._depth_cdeg, list(heard.cue._drops[:30]), heard.cue.baseline.wander_cdeg)
        )
    assert drops[0] == drops[1]


@pytest.mark.parametrize(("back_deg", "clears"), [(39.6, True), (38.2, False), (37.0, False)])
def test_a_cue_stands_until_half_the_threshold(back_deg, clears):
    heard = Heard().feed(minutes(8), 40.0).feed(minutes(3), 33.0).feed(minutes(4), back_deg)
    assert heard.cues_s and bool(heard.of(log.CUE_CLEARED)) == clears == (not heard.cue.active)


# What is watched, never buzzed

WATCHED = {
    "a rise of lift": ({"lift_deg": 45.0}, {"lift_higher", "range_more"}),
    "less extension": ({"lift_deg": 40.0, "low_deg": -15}, {"extension_less", "range_less"}),
    "more extension": ({"lift_deg": 40.0, "low_deg": -25}, {"extension_more", "range_more"}),
    "nothing": ({"lift_deg": 40.8, "low_deg": -20.5}, set()),
}


@pytest.mark.parametrize("case", WATCHED)
def test_other_changes_are_logged_and_never_buzzed(case):
    then, expected = WATCHED[case]
    heard = Heard().feed(minutes(8), 40.0).feed(minutes(8), **then).feed(minutes(8), 40.0)
    words = [sessionread.WATCHED_WORDS[event[0]] for event in heard.of(log.WATCHED)]
    assert heard.cues_s == []
    assert {word for word in words if not word.endswith("back")} == expected
    assert {word for word in words if word.endswith("back")} == {word.split("_")[0] + "_back" for word in expected}
    assert len(words) == 2 * len(expected), "each once, and once its return"


@pytest.mark.parametrize(("metric", "cued", "watched"), [("lift", "lift", "range"), ("range", "range", "lift")])
def test_what_cues_is_not_told_twice(metric, cued, watched):
    heard = Heard(metric=metric).feed(minutes(8), 40.0).feed(minutes(8), 33.0)
    words = [sessionread.WATCHED_WORDS[event[0]].split("_")[0] for event in heard.of(log.WATCHED)]
    assert heard.cues_s and words == [watched] and cued not in words


# Too little baseline


@pytest.mark.parametrize(("ran_min", "said"), [(0.5, [0, 240, 30]), (4, [119, 240, 240]), (12, None)])
def test_too_little_baseline_is_said_once(ran_min, said):
    heard = Heard().feed(minutes(ran_min), 40.0)
    heard.cue.baseline.end(heard.t_ms)
    heard.cue.baseline.end(heard.t_ms)
    found = heard.of(log.UNLEARNT)
    assert len(found) == (said is not None)
    for event in found:
        assert list(event[1:4]) == pytest.approx(said, abs=8)


def test_a_session_s_replay_and_report_say_it():
    from kneesync.analysis.session import summary
    from kneesync.views.report.cues import cue_lines

    found = replay_session(run(minutes=5))
    assert [event["needed_s"] for event in found["events"] if event["kind"] == "unlearnt"] == [240]
    told = run(minutes=5, also=[(300_000, log.UNLEARNT, 0, 171, 240, 295)])
    assert "no cue could come: 2:51 of steady running after the warm-up, 4:00 are needed" in next(
        iter(cue_lines(summary(told)))
    )


# Kept over a restart


def test_the_wander_goes_on_after_a_restart_as_its_event_says_it():
    first = Heard().feed(minutes(7), 40.0)
    random = np.random.default_rng(5)
    for _ in range(30):
        first.feed(minutes(1), 40 + random.normal(0, 1.2))
    rises, wander, *_ = first.of(log.WANDER)[-1]
    assert rises >= 5 and wander > 80
    second = Heard()
    band, *values = first.of(log.BASELINE)[-1]
    second.cue.baseline.recall(band, *values)
    second.cue.baseline.recall_wander(rises, wander)
    assert second.cue.baseline.wander_cdeg == wander
    # rises to come count against those kept: one more of its own size changes hardly anything
    baseline = second.cue.baseline
    baseline._minute, baseline._minute_tens, baseline._last_minute = 0, 7, wander
    baseline.wander(0, False)
    assert second.cue.baseline.wander_cdeg == pytest.approx(wander, abs=2)


# Jumps

JUMPS = {
    "a fall": ([40.0, 36.0], True),
    "a rise": ([40.0, 44.0], False),
    "a slow fall": (list(np.linspace(40.0, 36.0, 25)), False),
    "nothing": ([40.0, 40.3], False),
}


@pytest.mark.parametrize("case", JUMPS)
def test_jumps(case):
    levels, expected = JUMPS[case]
    heard = Heard().feed(minutes(8), levels[0])
    found, jumped = [], heard.cue.jumped
    heard.cue.jumped = lambda drop: found.append(jumped(drop)) or found[-1]
    for level in levels[1:]:
        heard.feed(minutes(1.5), level)
    assert any(found[:3] if expected else found) == expected


# Settings

NUMBERS = [
    (name, allowed)
    for name, _, allowed in settings.rows()
    if isinstance(allowed, tuple) and isinstance(allowed[0], int)
]


@pytest.mark.parametrize(("name", "bounds"), NUMBERS)
def test_a_number_s_bounds(name, bounds):
    low, high = bounds
    for value in (low, high, str(low), str(high)):
        assert settings.checked(name, value) == int(value)
    for value in (low - 1, high + 1, str(high + 1), 1.5, "", "x", None, True, [low]):
        with pytest.raises(ValueError, match=name):
            settings.checked(name, value)
    assert low <= settings.defaults()[name] <= high


@pytest.mark.parametrize(
    ("name", "allowed"),
    [(name, allowed) for name, _, allowed in settings.rows() if (name, allowed) not in NUMBERS],
)
def test_a_word_s_and_a_text_s_bounds(name, allowed):
    fits = ["", "x" * allowed] if isinstance(allowed, int) else allowed
    for value in fits:
        assert settings.checked(name, value) == value
    for value in ["x" * 65, 1, None, "a\nb", True]:
        with pytest.raises(ValueError, match=name):
            settings.checked(name, value)


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("name", [name for name, _ in NUMBERS if name.startswith("cue.")])
def test_the_cue_runs_at_each_end_of_each_setting(name, end):
    """No number out of the 31 bits of the board's small ints, no division by nothing, no event out of 16 bits."""
    bounds = dict(NUMBERS)[name]
    heard = Heard(**{name.removeprefix("cue."): bounds[end]})
    heard.feed(minutes(7), 40.0).feed(minutes(3), 31.0).feed(minutes(3), 31.0, stride_ms=660).feed(minutes(2), 43.0)
    heard.cue.baseline.end(heard.t_ms)
    for _, _, detail, *values in heard.events:
        assert 0 <= detail < 256 and all(-32768 <= value <= 32767 for value in values)
    for value in vars(heard.cue).values():
        assert not isinstance(value, int) or abs(value) <= 1 << 30
