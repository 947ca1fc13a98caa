"""When the battery is low and when it is empty, reading by reading: the module on CPython, with a board to read."""

import importlib.util
import sys
from types import SimpleNamespace

import pytest

from kneesync.firmware.image import device_folder


class Cell:
    """A gauge's bus, with a voltage, mV, from a list: the next at each reading, the last for good; None: no answer."""

    def __init__(self):
        self.readings, self.percent = [], 0

    def readfrom_mem(self, address, register, size):
        if register == 0x04:
            return bytes([self.percent, 0])
        mv = self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]
        if mv is None:
            raise OSError(5)
        return round(mv * 64 / 5).to_bytes(2, "big")


@pytest.fixture
def cell():
    return Cell()


@pytest.fixture
def supply(monkeypatch, cell):
    """(a Battery, the readings that it gets)."""
    board = SimpleNamespace(supply=None, has_gauge=True, bus=lambda: cell, say=lambda text: None)
    monkeypatch.setitem(sys.modules, "board", board)
    monkeypatch.setitem(sys.modules, "micropython", SimpleNamespace(const=lambda value: value))
    spec = importlib.util.spec_from_file_location("battery_of_the_board", device_folder() / "battery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Battery(), cell.readings


# Readings, mV, as they come; which of them warns; after which of them it is empty.
CASES = {
    "full": ([4100, 4050, 4000], [], []),
    "runs down": ([3600, 3490, 3400, 3290, 3280, 3270], [1], [4, 5]),
    "a buzz pulls it down once": ([3450, 3250, 3440, 3250, 3430], [0], []),
    "comes back up a little": ([3490, 3550, 3490, 3680, 3400], [0], []),
    "charged in between": ([3490, 3900, 3490], [0, 2], []),
    "empty at its first reading, and falling": ([3290, 3270, 3255, 3250], [0], [2, 3]),
    "a gauge on the 3.3 V rail": ([3290, 3285, 3292, 3288, 3290, 3286], [0], []),
    "no gauge": ([None, None, None], [], []),
    "a gauge that falls off": ([3290, None, 3250, 3250], [0], [3]),
}


@pytest.mark.parametrize("case", CASES)
def test_low_and_empty(supply, case):
    battery, readings = supply
    expected_mv, warns, empties = CASES[case]
    readings[:] = expected_mv
    seen = {"warns": [], "empties": []}
    now_ms = 0
    for number in range(len(expected_mv)):
        left = len(readings)
        while left > 1 and len(readings) == left:  # the loop asks often; it is read when it is due
            seen["warns"] += [number] * battery.poll(now_ms)
            now_ms += 225
        if left == 1:
            now_ms += 50_000
            seen["warns"] += [number] * battery.poll(now_ms)
        seen["empties"] += [number] * battery.empty
        assert battery.mv == pytest.approx(expected_mv[number] or 0, abs=1)
    assert (seen["warns"], seen["empties"]) == (warns, empties)


def test_empty_is_two_conversions_of_the_gauge(supply):
    """It looks every 45 s while it hibernates: two readings of one look say no more than one."""
    battery, readings = supply
    readings[:] = [3400, 3250]
    battery.poll(0)
    battery.poll(30_000)
    for now_ms in range(30_000, 79_000, 225):
        battery.poll(now_ms)
        assert not battery.empty
    battery.poll(80_000)
    assert battery.empty


def test_percent_is_the_gauges_or_a_straight_line(supply, cell):
    battery, readings = supply
    for mv, line in ((4300, 100), (4200, 100), (3750, 50), (3300, 0), (3000, 0)):
        readings[:] = [mv]
        battery._due_ms = 0
        battery.poll(0)
        cell.percent = 0  # as of a gauge just switched on
        assert battery.percent() == line
        cell.percent = 37
        assert battery.percent() == 37
