"""What the runner feels of cues: each rule of the policy, on the simulated clock, with the DRV2605's log as witness."""

import json
from itertools import pairwise

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneecore import sessionread
from kneesync.simulation.runner import Fatigue, Halt, KneeRaises, Run, Stand, Walk, simulate
from tests.support.wearer import Wearer

# A baseline after a minute, and cues as often as the settings allow.
EAGER = {
    "run.start_s": 5,
    "run.stop_min": 1,
    "cue.skip_s": 0,
    "cue.learn_s": 60,
    "cue.hold_s": 10,
    "cue.deep_tenths": 0,
    "cue.refractory_s": 20,
    "cue.most_in_row": 20,
    "cue.observe_runs": 0,
    "cue.fade_runs": 0,
}
FALL_DEG = 10


class Ran:
    """A run whose knee lift falls, and what came of it."""

    def __init__(
        self, settings=None, runs=None, run_s=430, fall_deg=FALL_DEG, press_at_s=None, course=None, fatigue=None
    ):
        plan = [Stand(6), KneeRaises(3), Stand(2), *(course or [Run(run_s, 3.0)])]
        feed = self.feed = simulate(plan, seed=5, fatigue=fatigue or Fatigue.step(1.8, fall_deg))
        files = {"/runs": json.dumps(runs).encode()} if runs else None
        wearer = Wearer(feed, {**EAGER, **(settings or {})}, files)
        if press_at_s:
            wearer.double_press(at_s=press_at_s)
        with wearer:
            wearer.wait_for("closed (still)")
            wearer.wait_until_s(wearer.now_s + 2)
            self.truth_ms = wearer.truth_ms
            (self.session,) = wearer.sessions()
            self.said = wearer.output
            flash = wearer.board.flash
            self.runs = json.loads(flash.read_file("/runs")) if flash.exists("/runs") else {}
            self.pulses = [
                ((start_us / 1000), (end_us - start_us) / 1000)
                for start_us, end_us, _, drive in wearer.board.haptic.log
                if drive > 0
            ]
        self.cues = [event for event in self.session.events if event[1] == "cue"]
        self.held = [event for event in self.session.events if event[1] == "cue_held"]
        self.reasons = [sessionread.HELD[event[2]] for event in self.held]

    def felt_for(self, event):
        """The lengths in ms of the pulses in the two seconds after a cue's stride was seen to be one."""
        return [round(long_ms) for start_ms, long_ms in self.pulses if 0 <= start_ms - event[0] < 2500]


def test_two_pulses_as_long_as_the_fall_is_deep():
    deep = Ran(fall_deg=12).cues[0]
    ran = Ran(fall_deg=5)
    assert len(ran.cues) >= 1
    for event in ran.cues:
        drop_cdeg, pulse_ms = event[3][0], event[3][5]
        assert ran.felt_for(event) == [pytest.approx(pulse_ms / 2, abs=30)] * 2
        assert 300 <= pulse_ms <= 600 and drop_cdeg > 250
    assert deep[3][5] > min(event[3][5] for event in ran.cues)


def test_cues_are_apart_and_strides_under_the_motor_are_marked():
    ran = Ran({"cue.refractory_s": 60})
    times_ms = [event[0] for event in ran.cues]
    assert len(times_ms) >= 2
    assert all(later - earlier >= 60_000 for earlier, later in pairwise(times_ms))
    for time_ms in times_ms:
        under = [stride for stride in ran.session.strides if 0 < stride[0] - time_ms < 2500 and stride[-1] & log.MOTOR]
        assert under, "the motor ran during it"


def test_three_and_then_silence():
    ran = Ran({"cue.most_in_row": 3, "cue.silence_s": 60})
    first = [event[2] for event in ran.cues[:3]]
    assert first == [1, 2, 3]
    assert "silence" in ran.reasons and set(ran.reasons) <= {"silence", "answered"}
    for event in ran.held:
        assert ran.felt_for(event) == [], "held back"
    if len(ran.cues) > 3:
        assert ran.cues[3][0] - ran.cues[2][0] >= 60_000 and ran.cues[3][2] == 1


def test_the_first_runs_only_observe():
    ran = Ran({"cue.observe_runs": 3}, runs={"L": 2, "R": 9})
    assert ran.cues == [] and set(ran.reasons) - {"answered", "silence"} == {"observing"}
    assert all(ran.felt_for(event) == [] for event in ran.held)
    assert ran.runs == {"L": 3, "R": 9}, "and are counted, for this leg"
    assert ran.held[0][3][0] > 250 and ran.held[0][3][5] >= 300, "with the numbers of the cue that it would have been"


def test_after_them_cues_are_felt():
    ran = Ran({"cue.observe_runs": 3}, runs={"L": 3})
    assert ran.cues and not set(ran.reasons) - {"answered", "silence"}
    assert ran.felt_for(ran.cues[0])


def test_a_run_without_a_baseline_does_not_count():
    ran = Ran({"cue.learn_s": 1200})
    assert ran.runs == {} and ran.cues == ran.held == []


def test_another_athlete_is_another_runner():
    ran = Ran({"cue.observe_runs": 1, "athlete": "Ada"}, runs={"L": 9})
    assert ran.cues == [] and ran.runs == {"L": 9, "LAda": 1}


def test_cues_fade_over_runs():
    """At the end one of four is left, evenly; half way through all."""
    ran = Ran({"cue.fade_runs": 8}, runs={"L": 20})
    due = [event for event in ran.session.events if event[1] in ("cue", "cue_held")]
    due = [event for event in due if event[1] == "cue" or sessionread.HELD[event[2]] == "fading"]
    assert len(due) >= 5
    assert [event[1] == "cue" for event in due] == [(i + 1) % 4 == 0 for i in range(len(due))]
    assert not set(Ran({"cue.fade_runs": 8}, runs={"L": 3}).reasons) - {"answered", "silence"}


def test_the_experiment_holds_back_by_chance_as_the_boot_number_seeds_it():
    ran = Ran({"cue.experiment_percent": 50})
    due = [event for event in ran.session.events if event[1] in ("cue", "cue_held")]
    due = [event for event in due if event[1] == "cue" or sessionread.HELD[event[2]] == "experiment"]
    chance, expected = ran.session.header["boot"] % 65536 + 1, []
    for _ in due:
        chance = chance * 75 * 75 % 65537
        expected.append("cue_held" if chance % 100 < 50 else "cue")
    assert [event[1] for event in due] == expected and {"cue", "cue_held"} <= set(expected)


def test_a_long_press_mutes_this_run():
    ran = Ran(press_at_s=40)
    assert ran.cues == [] and set(ran.reasons) - {"answered", "silence"} == {"muted"}
    assert all(ran.felt_for(event) == [] for event in ran.held)
    assert "held back" in ran.said


def test_quiet_mode_moves_nothing():
    ran = Ran({"quiet": "on"})
    assert ran.cues == [] and set(ran.reasons) - {"answered", "silence"} == {"quiet"} and ran.pulses == []


def test_it_clears_with_hysteresis_and_then_counts_from_one():
    """A fall, all of it back, a fall: the motor is still in between, and the second is no fourth in a row."""
    fatigue = Fatigue(((0, 0), (1.8, 0), (2.1, 9), (3.6, 9), (3.9, 0), (5.2, 0), (5.5, 9)))
    ran = Ran({"cue.most_in_row": 3}, run_s=430, fatigue=fatigue)
    (cleared, *_) = [event for event in ran.session.events if event[1] == "cue_cleared"]
    before = [event for event in ran.cues if event[0] < cleared[0]]
    after = [event for event in ran.cues if event[0] > cleared[0]]
    assert before and after and after[0][2] == 1
    back_ms, again_ms = (ran.truth_ms(11 + 60 * minute) for minute in (3.6, 5.2))
    assert back_ms < cleared[0] < again_ms and cleared[3][0] < 250 / 2 + 100
    quiet = [start_ms for start_ms, _ in ran.pulses if cleared[0] < start_ms < after[0][0]]
    assert quiet == [] and after[0][0] > again_ms


def test_walking_halts_starts_and_another_pace_move_nothing():
    """Seven minutes, tired by none of it: not one pulse of a cue, though it is set to be eager."""
    course = [Run(150, 3.0), Walk(40), Run(45, 3.0), Halt(20), Run(45, 3.0), Run(60, 2.3), Run(45, 3.0)]
    ran = Ran({"cue.deep_tenths": 45, "run.stop_min": 2}, course=course, fatigue=Fatigue())
    assert len([event for event in ran.session.events if event[1] == "baseline"]) >= 1
    assert ran.cues == ran.held == []
    known_ms = (150, 200, 400)
    later = [
        min(known_ms, key=lambda ms: abs(ms - long)) for start_ms, long in ran.pulses if start_ms > ran.truth_ms(30)
    ]
    expected = [[150] * n + [200] * 3 + [400] * (n - 1) for n in range(1, 6)]
    assert sorted(later) in expected, "a pause each, and what follows it: going on, or the end"


def test_strides_under_the_motor_correct_no_angle():
    """The model's motor shakes its IMU. Knee lift after each cue is as right as before the first."""
    ran = Ran({"cue.refractory_s": 20, "cue.most_in_row": 20})
    assert len(ran.cues) >= 6 and any(stride[-1] & log.MOTOR for stride in ran.session.strides)
    peaks_ms = np.array([ran.truth_ms(t_s) for t_s in ran.feed.truth["truth_peak_t_s"]])
    errors = []
    for t_ms, _, lift_cdeg, *_, flags in ran.session.strides:
        nearest = np.abs(peaks_ms - t_ms).argmin()
        if not flags and abs(peaks_ms[nearest] - t_ms) < 150:
            errors.append((t_ms, lift_cdeg / 100 - ran.feed.truth["truth_peak_deg"][nearest]))
    times_ms, errors = np.array(errors).T
    first_ms = ran.cues[0][0]
    calm = errors[(times_ms < first_ms) & (times_ms > first_ms - 60_000)]
    after = [errors[(times_ms > event[0]) & (times_ms < event[0] + 10_000)] for event in ran.cues]
    for of_one in after:
        assert of_one.mean() == pytest.approx(calm.mean(), abs=0.6)
    assert np.concatenate(after).mean() == pytest.approx(calm.mean(), abs=0.3)


def test_what_else_changes_is_logged_and_moves_nothing():
    """A rise of knee lift: an event, and no pulse."""
    ran = Ran(run_s=420, fatigue=Fatigue.step(1.8, -8))
    words = [sessionread.WATCHED_WORDS[event[2]] for event in ran.session.events if event[1] == "watched"]
    assert "lift_higher" in words and ran.cues == ran.held == []
    assert not [pulse for pulse in ran.pulses if ran.truth_ms(60) < pulse[0] < ran.truth_ms(400)]


def test_too_little_baseline_is_in_the_log_of_a_short_run():
    ran = Ran({"cue.learn_s": 240}, run_s=150)
    (said,) = [event for event in ran.session.events if event[1] == "unlearnt"]
    assert said[3][1] == 240 and 100 < said[3][0] < 150 and ran.runs == {}
