"""Every board and every part that a board may carry: a run on the virtual board, witnessed by the parts' models."""

import numpy as np
import pytest

from kneesync.board.link import Link
from kneesync.firmware import wiring
from kneesync.simulation.feed import ArrayFeed, Recording, Still, recordings
from kneesync.simulation.runner import Fatigue, KneeRaises, Run, Stand, simulate
from kneesync.virtual import Flash, VirtualBoard
from kneesync.virtual.chips.lsm6ds_chips import CHIPS
from kneesync.virtual.chips.motor import PinMotor
from tests.support.wearer import Wearer, firmware, short_run

QUICK = {"run.start_s": 5, "run.stop_min": 1, "cue.observe_runs": 0}
IMUS = [word for word, kind in wiring.parts().items() if kind == "imu"]
CTRL9_XL = 0x18


def worn(words, feed, settings=QUICK):
    """The session of a run on a board so wired, and what its models are."""
    wearer = Wearer(feed, settings, {"/board": words.encode()})
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
    return session, wearer.board


def a_recording():
    """The first two minutes of a recorded run if there is one here, else of the virtual runner's."""
    found = recordings("runs")
    feed = Recording(found[0]) if found else short_run(120, seed=3)
    return ArrayFeed(feed.block(0, round(120 * feed.fs_hz)), feed.fs_hz)


@pytest.fixture(scope="module")
def by_imu():
    """IMU's name -> (session, board) of the same run on it."""
    return {name: worn(name, a_recording()) for name in IMUS}


def test_every_imu_has_a_model():
    assert set(IMUS) == set(CHIPS)


@pytest.mark.parametrize("name", IMUS)
def test_a_recording_gives_the_same_strides_on_every_imu(by_imu, name):
    """Equal ranges are equal counts, whatever code means ±16 g in a chip. One driver's set-up takes longer than the
    next, so that the board's ticks fall otherwise on the samples: that is the difference."""
    session, board = by_imu[name]
    reference, _ = by_imu["LSM6DSOX"]
    assert session.header["chip"] == name and board.wiring.imu == name
    assert session.header["ranges"] == {"gyro_dps": 2000, "acc_g": 16}
    found, expected = np.array(session.strides), np.array(reference.strides)
    assert found.shape == expected.shape and len(found) > 100
    assert (found[:, -1] == expected[:, -1]).all(), "flags"
    off = np.abs(found - expected - np.median(found - expected, axis=0))
    # measured: at most 1 ms, 1 ms, 0.13 deg, 0.12 deg; rates 0.2 deg/s, but in one stride of 145 another sample is the
    # fastest, 5 deg/s
    assert (off[:, :4].max(axis=0) <= [2, 2, 20, 20]).all() and np.median(off[:, 2]) <= 5
    assert (np.quantile(off[:, 4:6], 0.98, axis=0) <= 20).all() and off[:, 4:6].max() <= 100


@pytest.mark.parametrize("name", IMUS)
def test_every_imu_is_set_up_as_its_data_sheet_wants(by_imu, name):
    """I3C off, or DEVICE_CONF on, which is the same bit; and bit 0, which the Adafruit driver sets, cleared again."""
    _, board = by_imu[name]
    board.imu.write(bytes([CTRL9_XL]))
    assert board.imu.read(1)[0] & 3 == 2


@pytest.mark.parametrize("name", [name for name, row in wiring.rows().items() if row.status != "hardware"])
def test_a_row_that_is_called_simulated_or_emulated_is(name):
    """Each row's LED, button, IMU, motor and battery, on the pins that the row says."""
    wearer = Wearer(simulate([Stand(40)], seed=3), QUICK, {"/board": name.encode()})
    wearer.board.press_button(at_s=12)
    wearer.board.press_button(at_s=20, hold_s=2.2)
    with wearer:
        wearer.wait_for("closed (button)")
        (session,) = wearer.sessions()
        assert session.header["chip"] == wearer.board.wiring.imu
        assert wearer.felt(), "the motor"
        assert wearer.board.wiring.led in {change.pin for change in wearer.board.pin_log}
        assert wearer.board.wiring.led != wearer.board.wiring.button
    assert "battery" not in wearer.output


def test_every_row_has_a_status_and_pins_of_its_own():
    for row in wiring.rows().values():
        assert row.status in wiring.STATUSES
        pins = [
            row.led,
            row.button,
            row.sda,
            row.scl,
            row.motor_pin,
            *([row.supply_adc] * (row.supply_adc is not None)),
        ]
        assert len(set(pins)) == len(pins) and all(0 <= pin <= 29 for pin in pins), row
        assert (row.sda // 2) % 2 == row.i2c == (row.scl // 2) % 2 and row.sda % 2 == 0 and row.scl % 2 == 1
        assert row.words == row.row


def test_a_motor_on_a_pin_gives_the_cue():
    """The cue's two pulses, witnessed by the pin's log; nothing answers at the haptic driver's address."""
    settings = {"cue.skip_s": 0, "cue.learn_s": 60, "cue.hold_s": 10, **QUICK}
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(240, 3.0)]
    feed = simulate(plan, seed=5, fatigue=Fatigue.step(1.8, 10))
    wearer = Wearer(feed, settings, {"/board": b"feather_rp2040 pin"})
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
        t_ms, _, _, values = next(event for event in session.events if event[1] == "cue")
        pulse_ms = values[5] // 2
        assert wearer.felt(t_ms)[:2] == [pulse_ms, pulse_ms]
    board = wearer.board
    assert isinstance(board.haptic, PinMotor) and wiring.HAPTIC not in board.bus.devices
    on = {change.pin for change in board.pin_log if change.level not in (0, 1)}
    assert on == {board.wiring.motor_pin}, "driven by pulse width, and no other pin is"
    assert "DRV2605L" not in wearer.output


def test_a_board_without_a_motor_runs():
    session, board = worn("none", short_run(20, seed=3))
    assert len(session.strides) > 10 and board.haptic.log == []


def test_an_absent_gauge_is_no_fault():
    """The gauge is optional: without it the battery is unknown, and the run is recorded."""
    wearer = Wearer(short_run(20, seed=3), QUICK)
    wearer.board.bus.unplug(wiring.GAUGE)
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
    assert len(session.strides) > 10
    assert "battery" not in [event[1] for event in session.events] and "battery" not in wearer.output


def test_words_that_no_board_knows_are_said_and_left():
    with Wearer(Still(), None, {"/board": b"rpi_pico LSM9DS1"}) as wearer:
        wearer.wait_for("ready")
        assert "/board: no 'LSM9DS1'; it takes " in wearer.output
        assert wearer.board.wiring.row == "rpi_pico"


def test_what_is_wired_need_not_be_what_the_file_says():
    flash = Flash(files={**firmware(), "/board": b"LSM6DSO32"})
    board = VirtualBoard(flash=flash, wired="rpi_pico ISM330DHCX pin")
    assert board.imu.chip_id == 0x6B and board.wiring.words == "rpi_pico ISM330DHCX pin"


def test_a_run_has_a_slow_clock_and_a_host_a_fast_one():
    """60 MHz in a run, 50 while it waits for one, bus and motor at their own rates; the chip's own for a host."""
    wearer = Wearer(Still(), None, {"/board": b"rpi_pico pin"})
    with wearer:
        wearer.wait_for("ready")
        hardware, pin = wearer.board.hardware, wearer.board.wiring.motor_pin
        assert hardware.cpu_hz == 50_000_000
        assert 396_000 <= hardware.i2c_hz <= 400_000 and abs(hardware.pwm_hz(pin) - 20_000) < 100
        with Link(wearer.board.port) as link:
            assert hardware.cpu_hz == 125_000_000
            assert link.call("service.info()")["chip"] == "LSM6DSOX" and 396_000 <= hardware.i2c_hz <= 400_500
        wearer.wait_for("ready", 2)
        assert hardware.cpu_hz == 50_000_000
        wearer.board.press_button(at_s=wearer.now_s + 3)
        wearer.wait_for(" opened")
        wearer.wait_until_s(wearer.now_s + 1)
        assert hardware.cpu_hz == 60_000_000 and 396_000 <= hardware.i2c_hz <= 400_500
