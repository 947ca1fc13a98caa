"""What can go wrong with the parts in a run: said in one line, logged, and survived."""

import pytest

from kneesync.simulation.runner import Stand, simulate
from tests.support.wearer import Wearer, short_run

IMU, HAPTIC = 0x6A, 0x5A
QUICK = {"run.start_s": 5, "run.stop_min": 1}


def test_imu_unplugged_at_start():
    """One line, a signal, no crash; plugged in later, it works."""
    wearer = Wearer(simulate([Stand(60)], seed=1))
    wearer.board.bus.unplug(IMU)
    wearer.at(20, lambda: wearer.board.bus.plug(IMU))
    with wearer:
        wearer.wait_for("the IMU is back")
        wearer.wait_until_s(40)
        assert wearer.output.count("no IMU answers at 0x6A") == wearer.output.count("ready") == 1
        assert wearer.now_s > 20
        assert 150 in wearer.felt(), "standing is felt"


def test_wrong_chip():
    """An LSM6DS3TR-C answers in the same place: named, not used, no crash loop."""
    wearer = Wearer(simulate([Stand(60)], seed=1))
    wearer.board.imu.chip_id = 0x6A
    with wearer:
        wearer.wait_for(
            "IMU answered 0x6A at 0x6A; this board expects an LSM6DSOX (0x6C). "
            "If another is wired: kneesync flash --wired NAME"
        )
        wearer.wait_until_s(30)
        assert wearer.output.count("ready") == wearer.output.count("IMU answered") == 1


@pytest.mark.parametrize("outage", ["nack", "stuck", "unplugged", "cut"])
def test_imu_outage_in_mid_run(outage):
    """The session goes on with a gap: fault logged, strides before and after, none in between."""
    wearer = Wearer(short_run(60), QUICK)
    bus = wearer.board.bus
    started_s = 40
    if outage == "nack":
        wearer.at(started_s, lambda: bus.nack(IMU, for_us=8_000_000))
    elif outage == "stuck":
        wearer.at(started_s, lambda: bus.stick(for_us=8_000_000))
    elif outage == "cut":
        wearer.at(started_s, lambda: bus.cut_next_read(IMU, 17))
    else:
        wearer.at(started_s, lambda: bus.unplug(IMU))
        wearer.at(started_s + 8, lambda: bus.plug(IMU))
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
        assert [event[1] for event in session.events].count("imu_fault") >= 1
        times_s = [stride[0] / 1000 for stride in session.strides]
        assert any(t < started_s for t in times_s) and any(t > started_s + 13 for t in times_s)
        if outage != "cut":
            assert not any(started_s + 1 < t < started_s + 7.5 for t in times_s)
        assert wearer.output.count("opened") == 1


def test_flash_stall_overruns_and_says_so():
    """A flash so slow that the FIFO overruns: samples are lost, and the session says where."""
    wearer = Wearer(short_run(60), QUICK)

    def stall():
        wearer.board.flash.stall_next_us = 3_500_000

    wearer.at(40, stall)
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
        assert wearer.board.imu.words_lost > 0
        assert "samples_lost" in [event[1] for event in session.events]
        assert session.end[2] == len(session.strides) > 30


def test_watchdog_bites_a_hang():
    """The loop stands for longer than the watchdog allows: reset, and what was flushed is there."""
    wearer = Wearer(short_run(60), QUICK)

    def stall():
        wearer.board.flash.stall_next_us = 12_000_000

    wearer.at(50, stall)
    with wearer:
        wearer.wait_for("ready", 2)
        session = wearer.sessions()[0]
        assert session.end is None
        assert 50_000 - session.strides[-1][0] < 15_000 + 3_000


def test_power_cut_loses_little():
    """The supply goes in the midst of a flash operation: what was flushed is there, and the next start works."""
    wearer = Wearer(short_run(60), QUICK)
    wearer.at(55, lambda: wearer.board.flash.cut_power_at(2))
    with wearer:
        assert not wearer.board.run_until(300) and wearer.now_s > 55
        cut_s = wearer.now_s
        wearer.board.power_cycle()
        wearer.wait_for("ready", 2)
        session = wearer.sessions()[0]
        assert session.end is None
        assert cut_s * 1000 - session.strides[-1][0] < 15_000
        assert session.sequences == list(range(len(session.sequences)))
        assert wearer.board.flash.read_file("/boots") == b"2"


def test_haptic_missing_at_start():
    wearer = Wearer(short_run(20), QUICK)
    wearer.board.bus.unplug(HAPTIC)
    with wearer:
        wearer.wait_for("no DRV2605L answers at 0x5A")
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
        assert len(session.strides) > 15


def test_haptic_lost_in_mid_run():
    wearer = Wearer(short_run(20), QUICK)
    wearer.at(26, lambda: wearer.board.bus.unplug(HAPTIC))
    with wearer:
        wearer.wait_for("no DRV2605L answers at 0x5A")
        wearer.wait_for("closed (still)")
        assert wearer.output.count("ready") == 1
