"""Ctrl-C: the log is closed and whole, the host has its prompt, and a board whose host vanished runs again."""

from functools import cache
from itertools import pairwise

import pytest

from kneesync.board.link import Link
from kneesync.simulation.runner import Stand, simulate
from tests.support.wearer import Wearer, short_run

QUICK = {"run.start_s": 5, "run.stop_min": 1}
AGAIN_S = 30


@cache
def flush_s():
    """When, in an undisturbed run, the second flush works on the flash: the same run comes again in each test."""
    with Wearer(short_run(60), QUICK) as wearer:
        wearer.wait_for("closed (still)")
        opened_us = next(event for event in wearer.sessions()[0].events if event[1] == "start")[0] * 1000
        busy_us = [op.t_us for op in wearer.board.flash.journal if op.t_us > opened_us + 15_000_000]
        return busy_us[0] / 1e6


@pytest.mark.parametrize("offset_ms", [-3000, -40, 0, 1, 20, 46, 60])
def test_ctrl_c_loses_nothing(offset_ms):
    """Around a flush, and twice more while the log is closed: every stride is in the file once, and so is the end."""
    wearer = Wearer(short_run(60), QUICK)
    for later_ms in (0, 5, 30, 31, 80):
        wearer.at(flush_s() + (offset_ms + later_ms) / 1000, lambda: wearer.board.type(b"\x03"))
    with wearer:
        wearer.wait_for("closed (host)")
        wearer.wait_for("starts again in")
        (session,) = wearer.sessions()
        assert session.end[0] == "host" and session.end[2] == len(session.strides) > 5
        assert session.sequences == list(range(len(session.sequences)))
        gaps = [later[0] - sooner[0] for sooner, later in pairwise(session.strides)]
        assert all(400 < gap < 1100 for gap in gaps)
        assert session.end[1] - session.strides[-1][0] < 2500


def test_board_runs_again_after_a_ctrl_c_and_silence():
    with Wearer(simulate([Stand(10)], seed=1)) as wearer:
        wearer.wait_for("ready")
        wearer.board.type(b"\x03")
        wearer.wait_for("starts again in")
        left_s = wearer.now_s
        wearer.wait_for("ready", 2)
        assert wearer.now_s - left_s <= AGAIN_S


def test_board_runs_again_after_a_call_and_silence():
    """A service call takes the lease back and leaves the watchdog, which bites."""
    with Wearer(simulate([Stand(10)], seed=1)) as wearer:
        wearer.wait_for("ready")
        wearer.board.type(b"\x03")
        wearer.wait_for("starts again in")
        wearer.board.type(b"import service; service.info()\r\n")
        wearer.wait_for('"up_ms"')
        left_s = wearer.now_s
        wearer.wait_for("ready", 2)
        assert wearer.now_s - left_s <= 15


def test_stay_stays():
    with Wearer(simulate([Stand(10)], seed=1)) as wearer:
        wearer.wait_for("ready")
        wearer.board.type(b"\x03")
        wearer.wait_for("starts again in")
        wearer.board.type(b"import service; service.info(); service.stay()\r\n")
        wearer.wait_for('"stays"')
        wearer.wait_until_s(wearer.now_s + 60)
        assert wearer.output.count("ready") == 1


def test_clock_outlives_the_restart():
    """A reset sets MicroPython's clock back to 2021; a wanted one takes the time along."""
    with Wearer(short_run(20), QUICK) as wearer:
        wearer.wait_for("ready")
        wearer.board.type(b"\x03")
        wearer.wait_for("starts again in")
        wearer.board.type(b"import service; service.set_clock(1790000000); service.restart()\r\n")
        set_s = wearer.now_s
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
        expected_s = 1790000000 + session.header["ticks_ms"] / 1000 + wearer.board.hardware.reset_us / 1e6 - set_s
        assert abs(session.header["clock_s"] - expected_s) < 4


def test_service_answers_and_bounds():
    """Each call answers in one line; what is out of bounds is refused and changes nothing."""
    with Wearer(short_run(20), QUICK) as wearer:
        wearer.wait_for("closed (still)")
        name = wearer.board.flash.listdir("/sessions")[0]
        data = wearer.board.flash.read_file("/sessions/" + name)
        with Link(wearer.board.port) as link:
            info = link.call("service.info()")
            assert info["sessions"] == 1 and info["boot"] == 1 and info["clock_s"] is None
            (entry,) = link.call("service.listing()", list)
            assert entry["name"] == name and entry["bytes"] == len(data)
            for bad in (
                "service.read('../boots', 0, 10)",
                f"service.read('{name}', -1, 10)",
                f"service.read('{name}', 0, -5)",
                f"service.read('{name}', {len(data) + 1}, 1)",
                f"service.remove('{name}', '00')",
                "service.remove('/main.py', '')",
                "service.set_clock(12)",
                "service.settings('[1]')",
                "service.settings('{')",
                'service.settings(\'{"leg": "R", "cue.hold_s": 1}\')',
            ):
                with pytest.raises(Exception, match="the board says"):
                    link.call(bad)
            assert link.call("service.info()")["settings"]["leg"] == "L"
            link.call('service.settings(\'{"leg": "R"}\')')
            link.call("service.set_clock(1790000000)")
            assert wearer.board.flash.read_file("/sessions/" + name) == data
            link.call(f"service.remove({name!r}, {entry['sha256']!r})")
        with Link(wearer.board.port) as link:
            info = link.call("service.info()")
            assert info["sessions"] == 0 and info["boot"] == 2 and info["settings"]["leg"] == "R"
