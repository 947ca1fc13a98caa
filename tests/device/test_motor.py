"""The motor: each pattern is felt as what it is, and whatever happens it does not run on."""

from itertools import pairwise
from pathlib import Path

import pytest

from kneesync.board import feel
from kneesync.simulation.feed import Still
from kneesync.simulation.runner import Stand, simulate
from tests.support.wearer import Wearer

DEVICE = Path(__file__).parents[2] / "device"
HAPTIC = 0x5A
OFF_WITHIN_MS = 1000
LEAST_PULSE_MS, LEAST_GAP_MS = 100, 150


def driven(log):
    """(start_ms, end_ms) of each time the motor was driven forwards."""
    return [(start_us / 1000, end_us / 1000) for start_us, end_us, _, drive in log if drive > 0]


def test_each_sign_is_felt_as_the_pulses_that_it_has():
    """The motor's own inertia counted: spin-up and coasting (kneesync.virtual.chips.erm)."""
    with Wearer(Still()) as wearer:
        wearer.wait_for("ready")
        before_us = wearer.board.clock.now_us
        signs = feel.feel(wearer.board.port)
        haptic = wearer.board.haptic
        bursts = [burst for burst in haptic.felt() if burst[0] > before_us]
        pulses = driven(row for row in haptic.log if row[0] > before_us)
    assert len(bursts) == sum(sign.pulses for sign in signs), "no pulse is too short, no two run into one"
    assert all(end_ms - start_ms >= LEAST_PULSE_MS - 5 for start_ms, end_ms in pulses)
    assert all(later[0] - sooner[1] >= LEAST_GAP_MS - 5 for sooner, later in pairwise(pulses))


def test_strides_are_marked_until_the_motor_is_still():
    """The pipeline hears of the pattern's end only when nothing of it reaches the IMU any more."""
    with Wearer(simulate([Stand(30)], seed=1)) as wearer:
        wearer.wait_for("ready")
        wearer.wait_until_s(20)
        haptic = wearer.board.haptic
        (burst,) = haptic.felt()[:1]
        start_us, end_us, *_ = next(row for row in haptic.log if row[3] > 0)
    assert burst[1] / 1000 < end_us / 1000 + 200, "_COAST_MS of device/haptics.py"
    assert end_us - start_us > 100_000


def presses(cycles, every_s=12):
    """A runner who stands and opens and closes a session by the button, again and again: (wearer, times in s)."""
    wearer = Wearer(simulate([Stand(cycles * every_s + 20)], seed=1), {"quiet": "off"})
    times_s = [10 + every_s * n for n in range(cycles)]
    for t_s in times_s:
        wearer.board.press_button(at_s=t_s)
        wearer.board.press_button(at_s=t_s + 4, hold_s=2.2)
    return wearer, times_s


def edges(log, from_ms, to_ms):
    """When the driver was told something, ms."""
    return sorted({t_us / 1000 for row in log for t_us in row[:2] if from_ms <= t_us / 1000 < to_ms})


@pytest.fixture(scope="module")
def cycle_edges():
    """Edges of the pulses of one opening and closing, ms after the press."""
    wearer, (t_s,) = presses(1)
    with wearer:
        wearer.wait_until_s(t_s + 11)
        found = edges(wearer.board.haptic.log, t_s * 1000, t_s * 1000 + 11_000)
    assert len(found) >= 12
    return [t_ms - t_s * 1000 for t_ms in found]


FAULTS = {
    "the bus hangs": lambda bus, at_us: bus.stick(600_000, at_us),
    "the driver does not answer": lambda bus, at_us: bus.nack(HAPTIC, 600_000, at_us),
    "one transfer fails": lambda bus, at_us: bus.nack(HAPTIC, 3_000, at_us + 3_500),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_edge_does_not_leave_it_running(cycle_edges, fault):
    wearer, times_s = presses(len(cycle_edges))
    for t_s, edge_ms in zip(times_s, cycle_edges, strict=True):
        at_s = t_s + edge_ms / 1000 - 0.005
        wearer.at(at_s, lambda: FAULTS[fault](wearer.board.bus, 0))
    with wearer:
        wearer.wait_until_s(times_s[-1] + 12)
        log = wearer.board.haptic.log
        assert not wearer.board.haptic.motor_on(wearer.board.clock.now_us)
    assert len(driven(log)) >= len(times_s)
    too_long = [(round(start), round(end - start)) for start, end in driven(log) if end - start > 400 + OFF_WITHIN_MS]
    assert too_long == [], "(since ms, for ms)"
    braked = [(end_us - start_us) / 1000 for start_us, end_us, _, drive in log if drive < 0]
    assert max(braked) <= OFF_WITHIN_MS, "nor turning backwards"


WAYS_OUT = {
    "Ctrl-C": "raise KeyboardInterrupt",
    "a crash": "raise RuntimeError",
    "a reset": "import machine; machine.reset()",
    "a restart": "persist.restart()",
}


@pytest.mark.parametrize("board", ["", "feather_rp2040 pin"], ids=["DRV2605L", "pin"])
@pytest.mark.parametrize("way", WAYS_OUT)
def test_it_is_off_however_the_firmware_ends(way, board):
    """The driver has power all the while: what ends the firmware does not end a pulse."""
    source = (DEVICE / "app.py").read_text()
    turn = "            press = self.button.poll(now_ms)\n"
    assert turn in source
    body = "            if board.clock_s() is None and self.signals.haptics._level > 0:\n"
    body += f"                board.set_clock(1790000000)\n                {WAYS_OUT[way]}\n"
    wearer = Wearer(simulate([Stand(60)], seed=1), files={"/board": board.encode()} if board else None)
    wearer.board.flash.remove("/a/app.mpy")
    wearer.board.flash.write_file("/a/app.py", source.replace(turn, body + turn).encode())
    with wearer:
        wearer.wait_for("starts again in" if way == "Ctrl-C" else "starting /a", 1 if way == "Ctrl-C" else 2)
        wearer.wait_until_s(wearer.now_s + 2)
        first, *_ = driven(wearer.board.haptic.log)
    assert 0 < first[1] - first[0] <= OFF_WITHIN_MS


def test_safe_mode_switches_it_off():
    """It ran when the board was reset, and whoever asks for safe mode has no firmware that would stop it."""
    wearer = Wearer(Still(), files={"/failed": b'{"a": 3}'})
    haptic = wearer.board.haptic
    wearer.at(0.001, lambda: [haptic.write(bytes(data)) for data in ((2, 127), (1, 5))])
    with wearer:
        wearer.wait_for("safe mode")
        assert not haptic.motor_on(wearer.board.clock.now_us)
        assert driven(haptic.log)[0][1] < OFF_WITHIN_MS


def test_one_fault_at_a_cues_edge_does_not_take_the_cue():
    """A pattern held up for an instant is played to its end."""
    wearer, (t_s,) = presses(1)
    wearer.at(t_s + 5, lambda: wearer.board.bus.nack(HAPTIC, 1_300_000))
    with wearer:
        wearer.wait_until_s(t_s + 11)
        closing = [row for row in driven(wearer.board.haptic.log) if 0 < row[0] - (t_s + 5) * 1000 < 4000]
    assert len(closing) == 3
