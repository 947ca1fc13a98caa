"""The bus: who answers, and faults for a span of simulated time."""

import pytest

from kneesync.virtual.bus import BusStuck, Nack
from tests.support.chips import HAPTIC, IMU, Bench

FAULTS = (
    # name, how it is asked for, what a transfer to the IMU raises, whether the haptic driver still answers
    ("nack", lambda bus: bus.nack(IMU, for_us=2_000_000), Nack, True),
    ("stuck bus", lambda bus: bus.stick(for_us=2_000_000), BusStuck, False),
)


def test_scan_finds_both_chips():
    assert Bench().bus.scan() == [HAPTIC, IMU]


def test_an_address_without_a_chip_is_a_nack():
    with pytest.raises(Nack, match="0x33"):
        Bench().bus.write(0x33, b"")


@pytest.mark.parametrize(("name", "ask", "raises", "other_answers"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_fault_lasts_as_long_as_asked(name, ask, raises, other_answers):
    bench = Bench()
    ask(bench.bus)
    for step_us in (1_999_999, 0):
        with pytest.raises(raises):
            bench.get(0x0F)
        bench.now_us += step_us
    assert (HAPTIC in bench.bus.scan()) is other_answers
    bench.now_us += 1
    assert bench.get(0x0F) == 0x6C
    assert bench.bus.scan() == [HAPTIC, IMU]


def test_a_fault_can_be_asked_for_later():
    bench = Bench()
    bench.bus.nack(IMU, for_us=1000, after_us=5000)
    assert bench.get(0x0F) == 0x6C
    bench.wait(0.005)
    with pytest.raises(Nack):
        bench.get(0x0F)
    bench.wait(0.001)
    assert bench.get(0x0F) == 0x6C


def test_a_fault_hits_before_anything_is_written():
    bench = Bench()
    bench.bus.nack(IMU, for_us=10)
    with pytest.raises(Nack):
        bench.set(0x10, 0x44)
    bench.wait(0.001)
    assert bench.get(0x10) == 0


def test_faults_for_good_end_when_cleared():
    bench = Bench()
    bench.bus.stick()
    bench.bus.nack(IMU)
    bench.wait(1e6)
    assert bench.bus.scan() == []
    bench.bus.clear_faults()
    assert bench.bus.scan() == [HAPTIC, IMU]


def test_the_fifo_fills_while_nobody_answers():
    bench = Bench().stream()
    bench.wait(0.1)
    bench.words()
    bench.bus.nack(IMU, for_us=1_000_000)
    bench.wait(1.0)
    assert bench.level() == 208


def test_an_unplugged_chip_comes_back_as_after_power_on():
    bench = Bench().stream()
    bench.bus.unplug(IMU)
    assert bench.bus.scan() == [HAPTIC]
    with pytest.raises(Nack):
        bench.get(0x0F)
    bench.bus.plug(IMU)
    assert (bench.get(0x0F), bench.get(0x10), bench.get(0x12)) == (0x6C, 0x00, 0x04)


def test_a_read_that_breaks_off_loses_the_words_it_had_and_no_more():
    bench = Bench().stream()
    bench.wait(0.5)
    bench.bus.cut_next_read(IMU, after_bytes=3 * 7 + 4)  # three words, and a part of one that stays
    with pytest.raises(BusStuck):
        bench.get(0x78, 26 * 7)
    assert bench.words(1) == [("acc", 1, (3 * 1 - 15000, 5000 - 1, -1))]
