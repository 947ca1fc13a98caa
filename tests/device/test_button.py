"""The button: what a hand means is done once, and what a knock, a lid or sweat does to the line means nothing."""

import random

import pytest

from kneecore import sessionlog as log
from kneesync.board.link import Link
from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate
from tests.support.wearer import Wearer, short_run

QUICK = {"run.start_s": 5, "run.stop_min": 1}


def contact(wearer, at_s, for_ms):
    """The line goes low for so long, as a knock on the stem does it."""
    wearer.board.press_button(at_s=at_s, hold_s=for_ms / 1000)


def bouncing_press(wearer, at_s, hold_s, rng):
    """A press whose contact opens and closes for up to 10 ms at both its ends."""
    for edge_s, ends_down in ((at_s, True), (at_s + hold_s, False)):
        at_ms, down = 0.0, ends_down
        while at_ms < 10:
            wearer.at(edge_s + at_ms / 1000, lambda down=down: setattr(wearer.board.hardware, "button_down", down))
            at_ms += rng.uniform(0.3, 2.5)
            down = not down
        wearer.at(edge_s + 0.0101, lambda down=ends_down: setattr(wearer.board.hardware, "button_down", down))


def test_no_knock_ends_a_run_or_mutes_it():
    """44 contacts of 2 to 30 ms, some of them in pairs."""
    wearer = Wearer(short_run(70), QUICK)
    rng = random.Random(16)
    for n in range(44):
        at_s = 25 + 1.1 * n + rng.uniform(0, 0.3)
        contact(wearer, at_s, 2 + 28 * n / 43)
        if n % 4 == 0:
            contact(wearer, at_s + 0.25, 30)
    with wearer:
        wearer.wait_for("closed")
        (session,) = wearer.sessions()
        assert session.end[0] == "still"
        opened_ms = session.events[0][0]
        assert wearer.felt(opened_ms + 2000)[:-4] == [], "nothing was understood: the pause and the closing alone"


def test_a_press_that_bounces_is_one_press():
    wearer = Wearer(simulate([Stand(60)], seed=3), QUICK)
    rng = random.Random(3)
    for n in range(6):
        bouncing_press(wearer, 10 + 8 * n, 0.09 if n % 2 == 0 else 2.3, rng)
    with wearer:
        wearer.wait_for("closed (button)", 3)
        assert wearer.output.count(" opened") == 3


def test_a_line_that_is_low_from_the_start_presses_nothing():
    """A lid on the stem: the board starts, records, and says what is so; let go, the button works."""
    wearer = Wearer(short_run(30), QUICK)
    wearer.board.hardware.button_down = True
    with wearer:
        wearer.wait_for("closed (still)")
        assert "safe mode" not in wearer.output
        with Link(wearer.board.port) as link:
            assert link.call("import checkup; checkup.run()")["button_down"] is True
        wearer.wait_for("ready", 2)
        wearer.board.hardware.button_down = False
        wearer.board.press_button(at_s=wearer.now_s + 3, hold_s=0.2)
        wearer.wait_for(" opened", 2)


@pytest.mark.parametrize("hold_s", [0.05, 0.4, 1.9, 30])
def test_pressed_before_the_led_is_lit(hold_s):
    """Held as the board is switched on: no way into safe mode, and out of it only by hand."""
    wearer = Wearer(simulate([Stand(40)], seed=1))
    wearer.board.hardware.button_down = True
    wearer.at(hold_s, lambda: setattr(wearer.board.hardware, "button_down", False))
    with wearer:
        wearer.wait_for("ready")
        assert "safe mode" not in wearer.output


def test_a_knock_while_the_led_is_lit_is_no_safe_mode():
    wearer = Wearer(simulate([Stand(20)], seed=1))
    for n in range(8):
        contact(wearer, 0.2 + 0.2 * n, 30)
    with wearer:
        wearer.wait_for("ready")
        assert "safe mode" not in wearer.output


def test_the_sign_while_it_is_held_comes_before_the_end():
    """Let go at the sign, the run goes on."""
    wearer = Wearer(short_run(40), QUICK)
    wearer.board.press_button(at_s=32, hold_s=1.2)
    with wearer:
        wearer.wait_for("closed")
        (session,) = wearer.sessions()
        assert session.end[0] == "still"
        assert wearer.felt(32_000)[:1] == [400]


@pytest.mark.parametrize("how", ["runs on", "presses"])
def test_a_run_ended_by_mistake_goes_on(how):
    """Axes and baseline are those of before: strides are sure again within half a minute."""
    settings = {**QUICK, "cue.skip_s": 0, "cue.learn_s": 60, "cue.observe_runs": 0}
    wearer = Wearer(simulate([Stand(6), KneeRaises(3), Stand(2), Run(210, 3.0)], seed=5), settings)
    wearer.board.press_button(at_s=170, hold_s=2.2)
    if how == "presses":
        wearer.board.press_button(at_s=173, hold_s=0.2)
    with wearer:
        wearer.wait_for("closed (still)")
        first, second = wearer.sessions()
        runs = wearer.board.flash.read_file("/runs")
    assert first.end[0] == "button"
    assert second.header["segment"] == 2 and second.header["cut_by"] == "button"
    baseline = [event for event in first.events if event[1] == "baseline"]
    again = [event for event in second.events if event[1] == "baseline"]
    assert baseline and [event[2:] for event in again] == [event[2:] for event in baseline]
    unsure = [stride[-1] & log.UNSURE > 0 for stride in second.strides]
    assert len(unsure) > 60 and not any(unsure[30:]), "tilt is found anew within some strides, axes were known"
    assert second.strides[0][0] - first.strides[-1][0] < 12_000
    assert runs == b'{"L": 1}', "one run"
