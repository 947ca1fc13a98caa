"""Raw capture: every sample that the chip stored, at both rates, while the pipeline has its 104 Hz."""

from itertools import pairwise

import numpy as np
import pytest

from kneesync.formats.decoder import decode
from kneesync.simulation.runner import mounting
from tests.support.wearer import Wearer, short_run

QUICK = {"run.start_s": 5, "run.stop_min": 1, "quiet": "on"}  # the motor shakes the IMU
IMU = 0x6A


def whole(wearer):
    flash = wearer.board.flash
    (name,) = flash.listdir("/sessions")
    return decode(flash.read_file("/sessions/" + name))


def chip_samples(feed, rate_hz):
    """What the chip stores of a feed: its own samples, and at 208 Hz the middle between two of them."""
    counts = feed.block(0, feed.length).astype(np.int64)
    if rate_hz == 104:
        return counts
    between = counts[:-1] + ((counts[1:] - counts[:-1]) * 32 + 32) // 64
    return np.stack([counts[:-1], between], axis=1).reshape(-1, 6)


def errors_deg(session, wearer):
    """Of each sure stride's knee lift."""
    truth = wearer.feed.truth
    errors = []
    for t_ms, lift_deg, sure in zip(session.t_ms, session.strides.knee_lift_deg, ~session.strides.unsure, strict=True):
        off_ms = abs(wearer.truth_ms(truth["truth_peak_t_s"]) - t_ms)
        if sure and off_ms.min() < 40:
            errors.append(lift_deg - truth["truth_peak_deg"][off_ms.argmin()])
    assert len(errors) > 0.8 * len(truth["truth_peak_t_s"])
    return np.array(errors)


@pytest.mark.parametrize("rate_hz", [104, 208])
def test_every_sample_is_there(rate_hz):
    feed = short_run(40, seed=3, mount=mounting(20, 15, 60))
    wearer = Wearer(feed, {**QUICK, "raw": "on", "raw.rate_hz": str(rate_hz)})
    with wearer:
        wearer.wait_for("closed (still)")
        session = whole(wearer)
        expected = chip_samples(feed, rate_hz)
        lsb = session.raw_lsb
        start = next(i for i in range(len(expected)) if np.array_equal(expected[i : i + 50], lsb[:50]))
        n = len(expected) - start
        assert len(lsb) > n and np.array_equal(lsb[:n], expected[start:])
        number, _, count = session.raw_heads.T
        assert np.all(number[1:] == number[:-1] + count[:-1]), "in one piece"
        t_ms = session.raw.t_s * 1000 + session.start_ms
        true_ms = wearer.truth_ms(np.arange(start, start + n) / feed.fs_hz * 104 / rate_hz)
        assert np.abs(t_ms[:n] - true_ms).max() < 12
        assert np.sqrt(np.mean(errors_deg(session, wearer) ** 2)) < 1.5
        assert session.file_bytes / len(lsb) < 9.5
    assert "samples_lost" not in list(session.events.kind)


@pytest.mark.parametrize("rate_hz", [104, 208])
def test_slow_erases_lose_no_sample(rate_hz):
    """Every erase takes the chip's worst: 400 ms instead of 45."""
    wearer = Wearer(short_run(120), {**QUICK, "raw": "on", "raw.rate_hz": str(rate_hz)})
    wearer.board.flash.erase_us = 400_000
    with wearer:
        wearer.wait_for("closed (still)")
        session = whole(wearer)
        assert wearer.board.imu.words_lost == 0
    assert len(session.strides) > 150 and "samples_lost" not in list(session.events.kind)


def test_a_gap_is_a_gap():
    """Samples before and after an outage keep their times."""
    wearer = Wearer(short_run(60), {**QUICK, "raw": "on"})
    wearer.at(40, lambda: wearer.board.bus.nack(IMU, for_us=5_000_000))
    with wearer:
        wearer.wait_for("closed (still)")
        session = whole(wearer)
        feed = wearer.feed
        t_ms = session.raw.t_s * 1000 + session.start_ms
        counts = chip_samples(feed, 104)
        gap = int(np.argmax(np.diff(t_ms)))
        assert 2_000 < t_ms[gap + 1] - t_ms[gap] < 10_000
        for at in (gap - 60, gap + 200):
            nearest = round((t_ms[at] - wearer.truth_ms(0)) / 1000 * feed.fs_hz)
            found = [i for i in range(nearest - 6, nearest + 7) if np.array_equal(counts[i], session.raw_lsb[at])]
            assert found
    assert "samples_lost" in list(session.events.kind)
    numbers = session.raw_heads[:, 0]
    assert all(later > before for before, later in pairwise(numbers))


@pytest.mark.parametrize("rate_hz", [104, 208])
def test_three_taps_before_the_run_are_a_sync_mark(rate_hz):
    """They are felt, said, and stand in the session that comes, at their time."""
    feed = short_run(20)
    samples = feed.block(0, feed.length).astype(np.int32)
    last = 0
    for t_s in (3.0, 3.4, 3.8):
        last = round(t_s * feed.fs_hz)
        samples[last : last + 3, 3:] += np.array([[1800, 900, -700], [-1200, -500, 400], [500, 200, -100]])
    feed._samples = np.clip(samples, -32768, 32767).astype(np.int16)
    wearer = Wearer(feed, {**QUICK, "quiet": "off", "raw": "on", "raw.rate_hz": str(rate_hz)})
    with wearer:
        wearer.wait_for("sync mark at")
        wearer.wait_for("closed (still)")
        session = whole(wearer)
        marks = session.events[session.events.kind == "sync"]
        assert len(marks) == 1 and marks.taps.iloc[0] == 3
        t_ms = marks.t_s.iloc[0] * 1000 + session.start_ms
        assert abs(t_ms - wearer.truth_ms(last / feed.fs_hz)) < 25
        felt = wearer.felt(t_ms)
        assert felt[:3] == [150] * 3
