"""What the runner feels of cues: each rule of the policy, on the simulated clock, with the DRV2605's log as witness."""

import json
from itertools import pairwise

import pytest
from wearer import Wearer

from kneecore import sessionlog as log
from kneecore import sessionread
from kneesync.virtual.runner import Fatigue, KneeRaises, Run, Stand, simulate

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

    def __init__(self, settings=None, runs=None, run_s=430, fall_deg=FALL_DEG, press_at_s=None):
        plan = [Stand(6), KneeRaises(3), Stand(2), Run(run_s, 3.0)]
        feed = simulate(plan, seed=5, fatigue=Fatigue.step(1.8, fall_deg))
        files = {"/runs": json.dumps(runs).encode()} if runs else None
        wearer = Wearer(feed, {**EAGER, **(settings or {})}, files)
        if press_at_s:
            wearer.board.press_button(at_s=press_at_s, hold_s=1.5)
        with wearer:
            wearer.wait_for("closed (still)")
            wearer.wait_until_s(wearer.now_s + 2)
            (self.session,) = wearer.sessions()
            self.said = wearer.output
            flash = wearer.board.flash
            self.runs = json.loads(flash.read_file("/runs")) if flash.exists("/runs") else {}
            self.pulses = [
                ((start_us / 1000), (end_us - start_us) / 1000) for start_us, end_us, *_ in wearer.board.haptic.log
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
