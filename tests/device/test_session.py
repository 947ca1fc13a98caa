"""A run on the virtual board: when a session opens and closes, what stands in it, what the runner feels."""

import json
from itertools import pairwise

import pytest

from kneecore import sessionread
from kneesync.simulation.runner import Fatigue, Halt, KneeRaises, Run, Stand, simulate
from kneesync.virtual.flash import BLOCK_BYTES
from tests.support.wearer import Wearer, short_run

QUICK = {"run.start_s": 5, "run.stop_min": 1, "cue.observe_runs": 0}


def matched(session, wearer, within_ms=60):
    """The truth's peaks that some stride stands for, and the strides that stand for none."""
    truth = [wearer.truth_ms(t_s) for t_s in wearer.feed.truth["truth_peak_t_s"]]
    times = [stride[0] for stride in session.strides]
    found = sum(any(abs(t - time) <= within_ms for time in times) for t in truth)
    invented = sum(all(abs(t - time) > within_ms for t in truth) for time in times)
    return found / len(truth), invented


def test_a_run_by_itself():
    """Opens by running, holds the run from its first strides on, closes by stillness, and is ready for the next."""
    feed = short_run(40)
    with Wearer(feed, QUICK) as wearer:
        wearer.wait_for("closed (still)")
        wearer.wait_until_s(wearer.now_s + 2)
        (session,) = wearer.sessions()
        assert session.header["settings"]["run.start_s"] == 5
        assert session.header["clock_s"] is None
        found, invented = matched(session, wearer)
        assert found >= 0.98 and invented == 0
        assert abs(session.strides[0][0] - wearer.truth_ms(feed.truth["truth_peak_t_s"][0])) < 60, "the run's first"
        assert session.events[0][1] == "start"
        assert sessionread.START_REASONS[session.events[0][2]] == "running"
        assert session.end == ("still", session.end[1], len(session.strides))
        assert session.sequences == list(range(len(session.sequences)))
        assert 60_000 <= session.end[1] - session.strides[-1][0] < 62_000
        felt = wearer.felt()
        assert felt[:4] == [150, 150, 150, 400], "standing once, raises twice, running one long"
        assert felt[-3:] == [200] * 3, "closed"


def test_two_runs_in_one_start():
    """After a session closes the next run gets its own file."""
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(15, 3.0), Halt(80), Run(15, 3.0), Halt(70)]
    with Wearer(simulate(plan, seed=2), QUICK) as wearer:
        wearer.wait_for("closed (still)", 2)
        first, second = wearer.sessions()
        assert first.end[0] == second.end[0] == "still"
        assert second.strides[0][0] > first.end[1]
        assert any(event[1] == "aligned" for event in first.events)


def test_button_starts_and_stops():
    """A press opens a session for a runner who stands, a long one closes it; a double one mutes."""
    wearer = Wearer(simulate([Stand(60)], seed=3), QUICK)
    wearer.board.press_button(at_s=10)
    wearer.double_press(at_s=13)  # not at 16 s, when the pause's sign would take its place
    wearer.board.press_button(at_s=20, hold_s=2.2)
    with wearer:
        wearer.wait_for("closed (button)")
        (session,) = wearer.sessions()
        assert session.end[0] == "button" and session.strides == []
        assert sessionread.START_REASONS[session.events[0][2]] == "button"
        assert wearer.felt().count(400) >= 2, "opened, and muted"


def test_pause_and_resume():
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(15, 3.0), Halt(20), Run(15, 3.0)]
    with Wearer(simulate(plan, seed=4), QUICK) as wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
        kinds = [event[1] for event in session.events if event[1] in ("pause", "resume")]
        assert kinds == ["pause", "resume", "pause"]
        found, invented = matched(session, wearer)
        assert found >= 0.95 and invented == 0, "times hold across a gap that no record can count"


@pytest.mark.parametrize("row", ["rpi_pico", "feather_rp2040"])
def test_low_battery(row):
    """Seen by the Pico's ADC and the Feather's gauge: warned of once, by the LED; then closed before a brown-out does
    it. A voltage that comes back up a little and falls again is not warned of again."""
    wearer = Wearer(short_run(230), QUICK, {"/board": row.encode()})
    for t_s, mv in ((50, 3450), (80, 3550), (110, 3440), (140, 3250)):
        wearer.at(t_s, lambda mv=mv: setattr(wearer.board, "battery_mv", mv))
    with wearer:
        wearer.wait_for("closed (battery)")
        wearer.wait_until_s(wearer.now_s + 3)
        (session,) = wearer.sessions()
        assert wearer.output.count("battery low: 34") == 1
        (warning,) = [event for event in session.events if event[1] == "battery"]
        t_ms, _, percent, values = warning
        assert 50_000 <= t_ms < 82_000 and abs(values[0] - 3450) < 5 and 0 <= percent <= 20
        assert wearer.felt(t_ms - 50) == [200] * 3, "told by the LED; the motor says what is recorded, and what is not"
        assert session.end[0] == "battery" and session.end[2] == len(session.strides)
        assert 140_000 <= session.end[1] < 235_000
        assert wearer.felt()[-3:] == [200] * 3, "refused: it records no more"


def test_a_pin_without_its_divider_is_no_empty_battery():
    """A Pico whose supply cannot be read, as on a clone, records all the same and logs no battery."""
    wearer = Wearer(short_run(30), QUICK, {"/board": b"rpi_pico"})
    wearer.board.battery_mv = 0
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
        assert "battery" not in [event[1] for event in session.events]


def fill(flash, leave_bytes):
    """Fill the volume but for about that much."""
    flash.write_file("/other", bytes((flash.free_blocks() - leave_bytes // BLOCK_BYTES) * BLOCK_BYTES))


def test_raw_samples_stop_before_they_take_the_strides_room():
    wearer = Wearer(short_run(120), {"raw": "on", **QUICK})
    fill(wearer.board.flash, 64 * 1024 + 256 * 1024 + 90_000)
    with wearer:
        wearer.wait_for("room for 1 minutes of raw samples")
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
    assert "raw_stopped" in [event[1] for event in session.events]
    assert session.end[0] == "still" and session.end[2] == len(session.strides) > 150
    assert all(number == before[0] + before[2] for before, (number, *_) in pairwise(session.raw)), "without a hole"
    assert 60_000 < session.raw[-1][1] - session.raw[0][1] < 100_000


def test_no_room_for_raw_samples_is_said():
    wearer = Wearer(short_run(20), {"raw": "on", **QUICK})
    fill(wearer.board.flash, 300_000)
    with wearer:
        wearer.wait_for("room for 0 minutes of raw samples")
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
    assert session.raw == [] and len(session.strides) > 15


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_full_flash_closes_cleanly():
    """Room for an hour is what a session needs to open; a longer one ends at the reserve, whole."""
    wearer = Wearer(short_run(5000), QUICK)
    fill(wearer.board.flash, 64 * 1024 * 2 + 24_000)  # and some blocks for the notes of a start
    with wearer:
        wearer.wait_for("closed (flash_full)")
        (session,) = wearer.sessions()
        assert session.end[0] == "flash_full" and session.end[2] == len(session.strides) > 4500
        assert wearer.board.flash.free_blocks() * BLOCK_BYTES > 40_000


def test_full_flash_before_the_run():
    """Said, and felt, when the runner stands ready; and again if he runs all the same."""
    wearer = Wearer(short_run(30), QUICK)
    fill(wearer.board.flash, 100_000)
    with wearer:
        wearer.wait_for("no session: the flash is full: kneesync pull --free")
        wearer.wait_until_s(wearer.now_s + 20)
        assert wearer.sessions() == []
        assert wearer.output.count("no session") == 1
        assert wearer.felt()[:3] == [200] * 3, "when he stands"


def test_a_cue_is_felt_and_logged():
    """A fall of knee lift: the event, the words, and the motor's two pulses."""
    settings = {"cue.skip_s": 0, "cue.learn_s": 60, "cue.hold_s": 10, **QUICK}
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(240, 3.0)]
    with Wearer(simulate(plan, seed=5, fatigue=Fatigue.step(1.8, 10)), settings) as wearer:
        wearer.wait_for("deg below")
        wearer.wait_for("closed")
        (session,) = wearer.sessions()
        cues = [event for event in session.events if event[1] == "cue"]
        assert wearer.output.count("deg below") == len(cues)
        t_ms, _, _, values = cues[0]
        pulse_ms = values[5] // 2
        assert wearer.felt(t_ms)[:2] == [pulse_ms, pulse_ms]


@pytest.mark.parametrize("how", ["button", "setting"])
def test_a_muted_cue_is_logged_not_felt(how):
    """A double press mutes the run's cues, quiet mode all the motor does; the log says that there was no pulse."""
    settings = {"cue.skip_s": 0, "cue.learn_s": 60, "cue.hold_s": 10, **QUICK}
    if how == "setting":
        settings["quiet"] = "on"
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(220, 3.0)]
    wearer = Wearer(simulate(plan, seed=5, fatigue=Fatigue.step(1.8, 10)), settings)
    if how == "button":
        wearer.double_press(at_s=40)
    with wearer:
        wearer.wait_for("deg below, held back")
        wearer.wait_for("closed")
        wearer.wait_until_s(wearer.now_s + 2)
        (session,) = wearer.sessions()
        cue = next(event for event in session.events if event[1].startswith("cue"))
        assert (cue[1], sessionread.HELD[cue[2]]) == ("cue_held", "muted" if how == "button" else "quiet")
        assert wearer.felt(cue[0])[:-3] == [150] * (how == "button"), "the pause, then the closing"
        assert how == "button" or wearer.felt() == []


def test_settings_that_do_not_fit_are_said_and_left():
    settings = {"leg": "R", "cue.hold_s": 5, "nonsense": 1}
    with Wearer(simulate([Stand(10)], seed=6), settings) as wearer:
        wearer.wait_for("ready")
        wearer.wait_for("setting cue.hold_s is 5; it takes a whole number from 10 to 240")
        wearer.wait_for("unknown setting 'nonsense'")
    assert json.loads(wearer.board.flash.read_file("/settings.json")) == settings


def test_an_empty_battery_ends_in_the_lowest_current_there_is():
    """The run is closed, and said to be; a minute later the board sleeps, and looks again every ten minutes."""
    wearer = Wearer(simulate([Stand(6), KneeRaises(3), Stand(2), Run(40, 3.0), Stand(60)], seed=1), QUICK)
    for t_s, mv in ((30, 3400), (40, 3250), (900, 3900)):
        wearer.at(t_s, lambda mv=mv: setattr(wearer.board, "battery_mv", mv))
    with wearer:
        wearer.wait_for("closed (battery)")
        closed_s = wearer.now_s
        wearer.wait_for("asleep for ten minutes")
        assert wearer.now_s < closed_s + 100
        wearer.wait_until_s(wearer.now_s + 1)
        rates = [wearer.board.imu.rate(sensor) for sensor in ("acc", "gyro")]
        assert rates == [0, 0] and wearer.board.led == 0
        wearer.wait_for("ready", 2)
        assert wearer.output.count("safe mode") == 0


def test_a_gauge_on_the_rail_refuses_no_run():
    """Its solder jumper on Vin, it shows 3.3 V whatever the cell has: called out, and no run lost to it."""
    wearer = Wearer(short_run(150), QUICK)
    wearer.board.battery_mv = 3290
    with wearer:
        wearer.wait_for("battery low: 3290 mV (if it never moves: a gauge on 3.3 V)")
        wearer.wait_for("closed")
        (session,) = wearer.sessions()
    assert session.end[0] == "still" and len(session.strides) > 150
