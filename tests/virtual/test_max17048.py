"""The gauge's model, driven as its data sheet (19-6171) says, and in ways that it refuses."""

import pytest

from kneesync.virtual.bus import I2CBus, Nack, RegisterError
from kneesync.virtual.chips.max17048 import SOC_READY_US, Max17048

GAUGE = 0x36
RESET = {0x06: 0x0000, 0x08: 0x0012, 0x0A: 0x8030, 0x0C: 0x971C, 0x14: 0x00FF, 0x16: 0x0000, 0x18: 0x9600, 0x1A: 0x0100}


class Bench:
    """A cell of `mv` and a gauge on a bus; `now_us` is the time."""

    def __init__(self, mv=3800):
        self.mv, self.now_us = mv, 0
        self.gauge = Max17048(lambda: self.mv, lambda: self.now_us)
        self.bus = I2CBus({GAUGE: self.gauge}, lambda: self.now_us)

    def get(self, register):
        return int.from_bytes(self.bus.write_then_read(GAUGE, bytes([register]), 2), "big")


@pytest.mark.parametrize("register", RESET, ids="0x{:02X}".format)
def test_reset_values(register):
    assert Bench().get(register) == RESET[register]


@pytest.mark.parametrize("mv", [2500, 3300, 3700, 4200, 4999])
def test_voltage_is_in_counts_of_78_uv(mv):
    """As device/board.py takes it: x 5 / 64."""
    counts = Bench(mv).get(0x02)
    assert abs(counts * 0.078125 - mv) < 0.04 and abs((counts * 5 >> 6) - mv) <= 1


def test_charge_rises_with_the_voltage():
    bench = Bench()
    found = []
    for bench.mv in (3000, 3270, 3500, 3710, 3790, 4000, 4200, 4300):
        found.append(bench.get(0x04) / 256)
    assert found == sorted(found) and (found[0], found[1], found[-1]) == (0, 0, 100) and 20 < found[3] < 40


def test_a_reset_is_not_acknowledged_and_takes_its_time():
    bench = Bench()
    with pytest.raises(Nack):
        bench.bus.write(GAUGE, b"\xfe\x54\x00")
    assert (bench.get(0x02), bench.get(0x04)) == (0, 0)
    bench.now_us = SOC_READY_US
    assert bench.get(0x02) == 48640 and bench.get(0x04) > 0


def test_a_power_on_takes_the_same_time():
    bench = Bench()
    bench.bus.unplug(GAUGE)
    with pytest.raises(Nack):
        bench.get(0x02)
    bench.bus.plug(GAUGE)
    assert bench.get(0x02) == 0


def test_a_byte_alone_changes_nothing():
    bench = Bench()
    bench.bus.write(GAUGE, b"\x06\x40")
    assert bench.get(0x06) == 0
    bench.bus.write(GAUGE, b"\x1a\x00\x00")
    assert bench.get(0x1A) == 0, "RI cleared, as a whole word"


REFUSED = (
    ("sleep", b"\x0c\x97\x9c", "CONFIG"),
    ("quick-start", b"\x06\x40\x00", "MODE"),
    ("a voltage to write", b"\x02\x12\x34", "VCELL"),
    ("the battery's table", b"\x40\x00\x00", "0x40"),
    ("no such command", b"\xfe\x12\x34", "CMD"),
    ("across two registers", b"\x06\x00\x00\x00\x00", "as a whole"),
)


@pytest.mark.parametrize("name, data, says", REFUSED, ids=[row[0] for row in REFUSED])
def test_what_the_model_does_not_play_is_loud(name, data, says):
    with pytest.raises(RegisterError, match=says):
        Bench().bus.write(GAUGE, data)


def test_registers_the_model_does_not_know_are_loud():
    with pytest.raises(RegisterError, match="0x30"):
        Bench().get(0x30)
