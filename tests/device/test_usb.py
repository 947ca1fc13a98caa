"""A host that has the port open and reads nothing, a board that is left on for days, and one started 100,000 times."""

from pathlib import Path

import pytest

from kneesync.board.link import Link
from kneesync.simulation.feed import Still
from kneesync.simulation.runner import Fatigue, KneeRaises, Run, Stand, simulate
from kneesync.virtual.usb import Usb
from tests.support.wearer import Wearer, short_run

DEVICE = Path(__file__).parents[2] / "device"
QUICK = {"run.start_s": 5, "run.stop_min": 1}
EAGER = {
    **QUICK, "cue.skip_s": 0, "cue.learn_s": 60, "cue.hold_s": 10, "cue.observe_runs": 0, "cue.deep_tenths": 0,
    "cue.refractory_s": 20, "cue.most_in_row": 20,
}  # fmt: skip


def test_what_a_port_left_open_costs():
    """The model: room for 256 bytes, then half a second for a text and another for its line end, every time."""
    usb = Usb()
    assert usb.write(b"x" * 300 + b"\r\n") == 0
    usb.reads = False
    assert usb.write(b"x" * 100 + b"\r\n") == usb.write(b"x" * 100 + b"\r\n") == 0 and usb.room == 52
    assert usb.write(b"x" * 60 + b"\r\n") == 1_000_000 and usb.room == 0
    assert usb.write(b"ready\r\n") == usb.write(b"ready\r\n") == 1_000_000
    usb.reads = True
    assert usb.write(b"ready\r\n") == 0


def test_a_port_left_open_makes_no_pulse_longer_and_loses_no_sample():
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(300, 3.0)]
    wearer = Wearer(simulate(plan, seed=5, fatigue=Fatigue.step(1.8, 10)), EAGER)
    wearer.at(4, lambda: setattr(wearer.board.usb, "reads", False))
    with wearer:
        wearer.wait_until_s(460)
        flash = wearer.board.flash
        (session,) = wearer.sessions()
        log = wearer.board.haptic.log
        boots = flash.read_file("/boots")
    cues = [event for event in session.events if event[1] == "cue"]
    assert len(cues) >= 5 and boots == b"1"
    for event in cues:
        pulses = [(b - a) / 1000 for a, b, _, drive in log if drive > 0 and 0 <= a / 1000 - event[0] < 2500]
        assert pulses == [pytest.approx(event[3][5] / 2, abs=30)] * 2
    assert not {"samples_lost", "imu_fault"} & {event[1] for event in session.events}


def test_a_board_that_lies_about_starts_afresh():
    """After two days (here: a minute), though what lies still counts as standing: ticks and small ints have an end."""
    source = (DEVICE / "app.py").read_text()
    two_days = "const(2 * 24 * 3600 * 1000)"
    assert two_days in source
    wearer = Wearer(Still(), files={"/a/app.py": source.replace(two_days, "const(60_000)").encode()})
    wearer.board.flash.remove("/a/app.mpy")
    with wearer:
        wearer.wait_for("ready", 2)
        assert 60 < wearer.now_s < 70


@pytest.mark.parametrize("boots", [99_998, 99_999, 123_456, 10**30])
def test_a_session_has_a_name_after_any_number_of_starts(boots):
    wearer = Wearer(short_run(20), QUICK, {"/boots": b"%d" % boots})
    with wearer:
        wearer.wait_for("closed (still)")
        (name,) = wearer.board.flash.listdir("/sessions")
        with Link(wearer.board.port) as link:
            (listed,) = link.call("service.listing()", list)
    assert listed["name"] == name and name[:5] == f"{boots % 99_999 + 1:05d}"
