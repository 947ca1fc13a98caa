"""Bad samples in mid-run, through the real firmware: they end in flagged strides, not in wrong ones.

Every stride without a caution must be within 2 degrees of the truth, at its time; sure strides come back afterwards.
"""

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneecore import sessionread
from kneesync.simulation.runner import mounting
from tests.support.wearer import Wearer, short_run

IMU = 0x6A
FIFO_DATA_OUT_TAG = 0x78
QUICK = {"run.start_s": 5, "run.stop_min": 1}
RUN_S = 60
FAULT_S = 32  # of the feed
CAUTION = log.UNSURE | log.CLIPPED | log.LOST
MOST_OFF_DEG = 2.0
AGAIN_S = 18  # after the fault every stride must be sure again: up to three spans of 4.7 s, and what led into the last


def recorded(wearer):
    """The session's rows (t_s of the feed, error deg, flags), and its events by name: [(t_s, detail)]."""
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
        start_ms = wearer.truth_ms(0)
    truth = wearer.feed.truth
    rows = []
    for t_ms, _, lift_cdeg, *_, flags in session.strides:
        t_s = (t_ms - start_ms) / 1000
        nearest = int(np.argmin(np.abs(truth["truth_peak_t_s"] - t_s)))
        off_s = abs(truth["truth_peak_t_s"][nearest] - t_s)
        error_deg = lift_cdeg / 100 - truth["truth_peak_deg"][nearest]
        rows.append((t_s, error_deg if off_s < 0.06 else 999.0, flags))
    events = {}
    for t_ms, name, detail, _ in session.events:
        events.setdefault(name, []).append(((t_ms - start_ms) / 1000, detail))
    return rows, events


def is_sure(flags):
    return not flags & CAUTION


def check(rows, from_s, to_s):
    """No sure stride is wrong; there are sure strides before the fault and, from AGAIN_S after it, only such."""
    wrong = [row for row in rows if is_sure(row[2]) and abs(row[1]) > MOST_OFF_DEG]
    assert wrong == []
    assert sum(is_sure(flags) for t_s, _, flags in rows if t_s < from_s) > 15
    later = [row for row in rows if row[0] > to_s + AGAIN_S]
    assert len(later) > 10 and all(is_sure(flags) for _, _, flags in later)


def flagged(rows, bit, from_s, to_s):
    """How many strides of a span carry that flag."""
    return sum(flags & bit != 0 for t_s, _, flags in rows if from_s <= t_s <= to_s)


def spoilt(change, seconds, seed=1):
    """A wearer whose samples are changed for a while: change(counts) of that span, int32 (n, 6)."""
    feed = short_run(RUN_S, seed=seed, mount=mounting(20, 15, 60))
    samples = feed.block(0, feed.length).astype(np.int32)
    span = slice(round(FAULT_S * feed.fs_hz), round((FAULT_S + seconds) * feed.fs_hz))
    samples[span] = change(samples[span])
    feed._samples = np.clip(samples, -32768, 32767).astype(np.int16)
    return Wearer(feed, QUICK)


def test_clipping():
    """The gyro at its limits for two seconds."""

    def stronger(counts):
        counts[:, :3] *= 5
        return counts

    rows, _ = recorded(spoilt(stronger, 2))
    check(rows, FAULT_S, FAULT_S + 2)
    assert flagged(rows, log.CLIPPED, FAULT_S, FAULT_S + 6) >= 1


@pytest.mark.parametrize("value", ["held", "zero"])
@pytest.mark.parametrize("axis", range(6))
def test_stuck_axis(axis, value):
    """An axis keeps a value for four seconds."""

    def stuck(counts):
        counts[:, axis] = counts[0, axis] if value == "held" else 0
        return counts

    rows, events = recorded(spoilt(stuck, 4))
    check(rows, FAULT_S, FAULT_S + 4)
    told = events["stuck"]
    assert all(FAULT_S < t_s < FAULT_S + 5 for t_s, _ in told)
    sensor = "gyroscope" if axis < 3 else "accelerometer"
    assert {sessionread.STUCK_SENSORS[detail] for _, detail in told} == {sensor}


def test_an_axis_stuck_from_the_start_is_never_sure():
    feed = short_run(30, seed=1, mount=mounting(20, 15, 60))
    feed._samples = feed._samples.copy()
    feed._samples[:, 2] = 0
    rows, events = recorded(Wearer(feed, {**QUICK, "run.start_s": 3}))
    assert not any(is_sure(flags) for _, _, flags in rows)
    assert "stuck" in events


@pytest.mark.parametrize("outage", ["stick", "nack"])
def test_bus_outage(outage):
    """Three seconds in which nobody answers: the FIFO overruns."""
    wearer = Wearer(short_run(RUN_S, mount=mounting(20, 15, 60)), QUICK)
    bus = wearer.board.bus
    fault = {"stick": lambda: bus.stick(for_us=3_000_000), "nack": lambda: bus.nack(IMU, for_us=3_000_000)}[outage]
    wearer.at(FAULT_S + 2, fault)
    rows, events = recorded(wearer)
    check(rows, FAULT_S - 1, FAULT_S + 8)
    assert flagged(rows, log.LOST, FAULT_S, FAULT_S + 14) >= 1
    assert "imu_fault" in events and "samples_lost" in events


def test_dropped_burst():
    """Twenty words of the FIFO never arrive."""
    wearer = Wearer(short_run(RUN_S, mount=mounting(20, 15, 60)), QUICK)

    def take():
        wearer.board.imu.write(bytes([FIFO_DATA_OUT_TAG]))
        wearer.board.imu.read(20 * 7)

    wearer.at(FAULT_S + 2, take)
    rows, events = recorded(wearer)
    check(rows, FAULT_S - 1, FAULT_S + 5)
    assert flagged(rows, log.LOST, FAULT_S - 1, FAULT_S + 10) >= 1
    assert "samples_lost" in events


def test_flash_stall():
    """A flush takes 3.5 s: the FIFO overruns."""
    wearer = Wearer(short_run(RUN_S, mount=mounting(20, 15, 60)), QUICK)

    def stall():
        wearer.board.flash.stall_next_us = 3_500_000

    wearer.at(FAULT_S + 2, stall)
    rows, events = recorded(wearer)
    (lost_s, _), *_ = events["samples_lost"]
    assert wearer.board.imu.words_lost > 0
    check(rows, lost_s - 4, lost_s + 1)
    assert flagged(rows, log.LOST, lost_s, lost_s + 10) >= 1
