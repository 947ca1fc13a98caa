"""The self-test on boards whose parts are missing, wrong or worn."""

import numpy as np
import pytest

from kneesync.board.flash import check_of, installer
from kneesync.board.prompt import Prompt
from kneesync.simulation.feed import ArrayFeed, Still
from kneesync.virtual.chips.drv2605 import Drv2605
from kneesync.virtual.chips.lsm6dsox import Lsm6dsox
from tests.support.wearer import Wearer

RIGHT = dict.fromkeys(("memory", "flash", "IMU", "FIFO", "acceleration", "haptic"), "ok")


def feels(rate_hz=104.17, g=1.0):
    counts = np.zeros((2000, 6), np.int16)
    counts[:, 5] = round(g / 0.000488)
    return ArrayFeed(counts, rate_hz)


def imu(board, **more):
    motor = board.bus.devices[0x5A]
    board.imu = Lsm6dsox(lambda: board.clock.now_us, **{"feed": Still(), "motor": motor, **more})
    board.bus.devices[0x6A] = board.imu


def told(board, words):
    board.flash.write_file("/board", words.encode())


def haptic(board, **more):
    board.bus.devices[0x5A] = Drv2605(lambda: board.clock.now_us, **more)


# What is done to the board; which checks fail ("failed", "blocks") or are not come to (None); what is said.
BOARDS = {
    "all right": (lambda board: None, {}, "1.00 g at rest"),
    "nothing on the bus": (
        lambda board: [board.bus.unplug(address) for address in (0x6A, 0x5A)],
        {"IMU": "failed", "FIFO": None, "acceleration": None, "haptic": "failed"},
        "no IMU answers at 0x6A",
    ),
    "no haptic driver": (lambda board: board.bus.unplug(0x5A), {"haptic": "failed"}, "no DRV2605L answers at"),
    "a motor on a pin": (lambda board: told(board, "rpi_pico pin"), {"haptic": "failed"}, "the IMU felt nothing"),
    "a motor that does not turn": (
        lambda board: setattr(board.bus.devices[0x5A], "stalled", True), {"haptic": "failed"}, "the IMU felt nothing",
    ),
    "a motor whose leads touch": (
        lambda board: setattr(board.bus.devices[0x5A], "shorted", True), {"haptic": "failed"}, "over-current",
    ),
    "no motor at all": (lambda board: told(board, "none"), {}, "none wired: signals by LED only"),
    "another chip for haptics": (
        lambda board: haptic(board, device_id=2), {"haptic": "blocks"}, "what answers at 0x5A is no DRV2605L",
    ),
    "another IMU": (
        lambda board: imu(board, chip_id=0x6A), {"IMU": "blocks", "FIFO": None, "acceleration": None}, "0x6A",
    ),
    "an LSM6DSO32, which has the same id": (
        lambda board: imu(board, chip="LSM6DSO32"), {"acceleration": "blocks"},
        "0.50 g at rest; expected 1 g. Half of it is what an LSM6DSO32 shows here: kneesync flash --wired LSM6DSO32",
    ),
    "an LSM6DSOX where an LSM6DSO32 is expected": (
        lambda board: told(board, "LSM6DSO32"), {"acceleration": "blocks"},
        "2.00 g at rest; expected 1 g. Twice that is what an LSM6DSOX shows here: kneesync flash --wired LSM6DSOX",
    ),
    "an LSM6DSO32 where one is expected": (
        lambda board: (told(board, "LSM6DSO32"), imu(board, chip="LSM6DSO32")), {}, "1.00 g at rest",
    ),
    "an ISM330DHCX where one is expected": (
        lambda board: (told(board, "ISM330DHCX"), imu(board, chip="ISM330DHCX")), {}, "ISM330DHCX answers",
    ),
    "an ISM330DHCX, not told of": (
        lambda board: imu(board, chip="ISM330DHCX"), {"IMU": "blocks", "FIFO": None, "acceleration": None},
        "If another is wired: kneesync flash --wired ISM330DHCX",
    ),
    "pushed about": (lambda board: imu(board, feed=feels(g=1.3)), {"acceleration": "blocks"}, "Lay the board still"),
    "a sample clock far off": (lambda board: imu(board, feed=feels(rate_hz=88)), {"FIFO": "blocks"}, "expected 94 to"),
    "a bus that hangs": (
        lambda board: board.bus.stick(), {"IMU": "blocks", "FIFO": None, "acceleration": None, "haptic": "blocks"}, "",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def bench():
    """(board, link to its bare prompt), for all cases: each begins with fresh chips and a fresh heap."""
    wearer = Wearer(Still())
    with wearer:
        wearer.wait_for("ready")
        with Prompt(wearer.board.port, script=installer()) as link:
            yield wearer.board, link


@pytest.mark.parametrize("case", BOARDS)
def test_what_is_found(bench, case):
    board, link = bench
    spoil, others, says = BOARDS[case]
    haptic(board)
    imu(board)
    told(board, "feather_rp2040")
    board.bus.clear_faults()
    for address in (0x6A, 0x5A):
        board.bus.plug(address)
    spoil(board)
    link._soft_reset()
    output = bytearray()
    link.stream(installer(), output.extend, 1 << 12)
    link.call("facts()")
    link.stream("test('a')", output.extend, 1 << 14)
    assert "selftest" not in board.flash.listdir("/")
    checks = [check for check in map(check_of, bytes(output).splitlines()) if check]
    found = {check.check: "ok" if check.ok else "blocks" if check.blocks else "failed" for check in checks}
    expected = {name: state for name, state in {**RIGHT, **others}.items() if state}
    assert found == expected
    assert any(says in check.text for check in checks)


def test_the_motor_is_felt_once_and_the_firmware_runs_afterwards():
    with Wearer(Still()) as wearer:
        wearer.wait_for("ready")
        before_us = wearer.board.clock.now_us
        with Prompt(wearer.board.port, script=installer()) as link:
            link.call("facts()")
            link.stream("test('a')", bytearray().extend, 1 << 14)
            pulses = [row for row in wearer.board.haptic.log if row[0] > before_us and row[3] > 0]
        assert [round((row[1] - row[0]) / 1000, -1) for row in pulses] == [300]
        wearer.wait_for("ready", 2)
