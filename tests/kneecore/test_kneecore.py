"""kneecore on CPython: no number ever leaves 31 bits, and nothing wild comes out of wild input."""

from itertools import pairwise

import numpy as np
import pytest

from kneecore import sessionlog, settings
from kneecore.clock import NOMINAL_PERIOD
from kneecore.cue import Cue
from kneecore.pipeline import Pipeline
from kneesync.analysis.cue_replay import RecordingSink
from kneesync.services.replay import BURST_SAMPLES, bursts
from kneesync.simulation.feed import ArrayFeed
from kneesync.simulation.runner import Halt, KneeRaises, Run, Sensor, Stand, Walk, mounting, simulate

LIMIT = 1 << 30
FULL = 32767


class Small(int):
    """An int that insists on fitting a MicroPython small int, and makes ints of its kind."""


def _checked(name):
    plain = getattr(int, name)

    def operation(self, *others):
        result = plain(self, *others)
        if result is NotImplemented:
            return result
        assert -LIMIT <= result < LIMIT, f"{name} of {int(self)} and {others} gives {result}"
        return Small(result)

    return operation


for _name in ("add", "sub", "mul", "floordiv", "mod", "lshift", "rshift", "and", "or", "xor"):
    setattr(Small, f"__{_name}__", _checked(f"__{_name}__"))
    setattr(Small, f"__r{_name}__", _checked(f"__r{_name}__"))
for _name in ("__neg__", "__abs__"):
    setattr(Small, _name, _checked(_name))


def made_small(thing, seen):
    """Turn every int that a pipeline keeps into a Small, so that later sums are checked too."""
    for name, value in vars(thing).items():
        if type(value) is int:
            setattr(thing, name, Small(value))
        elif isinstance(value, list):
            value[:] = [Small(one) if type(one) is int else one for one in value]
        elif hasattr(value, "__dict__") and type(value).__module__.startswith("kneecore") and id(value) not in seen:
            seen.add(id(value))
            made_small(value, seen)


def small(channels):
    return [[Small(count) for count in channel] for channel in channels]


def checked_run(feed, changes=None):
    """RecordingSink, of a pipeline whose every sum is checked."""
    heard = RecordingSink()
    pipeline = Pipeline({**settings.defaults(), **(changes or {})}, heard)
    made_small(pipeline, set())
    for channels, step, n, waiting, t_ms in bursts(feed):
        pipeline.feed(small(channels), step, n, Small(waiting), Small(t_ms))
    return heard


def wild_feeds():
    """Feeds that a real board should never see: name -> samples."""
    random = np.random.default_rng(7)
    n = 1500
    square = np.where(np.arange(n) % 70 < 35, FULL, -FULL - 1)
    slow = np.where(np.arange(n) % 400 < 200, FULL, -FULL - 1)
    still = np.zeros((n, 6), int)
    still[:, 4] = 2049
    feeds = {
        "noise at full scale": random.integers(-FULL - 1, FULL + 1, (n, 6)),
        "all at the upper limit": np.full((n, 6), FULL),
        "all at the lower limit": np.full((n, 6), -FULL - 1),
        "square waves at full scale": np.stack([square] * 6, axis=1),
        "opposed square waves": np.stack([square, -square - 1] * 3, axis=1),
        "slow square waves": np.stack([slow, slow, -slow - 1, slow, -slow - 1, slow], axis=1),
        "nothing": np.zeros((n, 6), int),
    }
    for axis in range(6):
        stuck = still.copy()
        stuck[200:, axis] = FULL
        feeds[f"axis {axis} stuck"] = stuck
    spin = still.copy()
    spin[300:, 2] = (FULL * np.sin(np.arange(n - 300) / 11)).astype(int)
    spin[300:, 3:] = random.integers(-FULL, FULL, (n - 300, 3))
    feeds["swinging at full scale"] = spin
    return feeds


WILD = wild_feeds()


@pytest.mark.parametrize("name", WILD)
def test_31_bits_hold_for_wild_input(name):
    checked_run(ArrayFeed(WILD[name], 104.17))


@pytest.mark.parametrize("seed", range(3))
def test_31_bits_hold_for_a_run_and_then_wild_input(seed):
    plan = [Stand(4), KneeRaises(2), Stand(2), Run(25, 5.0), Halt(3), Walk(5), Run(10, 3.0)]
    feed = simulate(plan, seed=seed, rate_error=0.02 * (seed - 1))
    wild = list(WILD.values())
    samples = np.concatenate([feed.block(0, feed.length), wild[seed], wild[-1 - seed], feed.block(600, 1500)])
    heard = checked_run(ArrayFeed(samples, feed.fs_hz), {"cue.skip_s": 0, "cue.learn_s": 60})
    assert len(heard.strides) > 30


def test_31_bits_hold_after_days():
    """Six days of board time, and the sample count about to start anew while running."""
    feed = simulate([Stand(5), Run(20)], seed=4)
    plain = RecordingSink()
    for start in (0, 2_000_000 - round(15 * feed.fs_hz)):
        heard = RecordingSink()
        pipeline = Pipeline(settings.defaults(), heard)
        pipeline.state.samples = pipeline.clock.count = start
        made_small(pipeline, set())
        for channels, step, n, waiting, t_ms in bursts(feed):
            pipeline.feed(small(channels), step, n, Small(waiting), Small(t_ms + (1 << 29)))
        assert pipeline.state.samples < 2_000_000
        plain = plain if plain.strides else heard
    assert len(plain.strides) > 20 and heard.strides == plain.strides


def lift_error_deg(feed):
    """(strides found, mean error of knee lift from 12 s on, worst error) against a simulated run's truth."""
    heard = RecordingSink()
    pipeline = Pipeline(settings.defaults(), heard)
    for burst in bursts(feed):
        pipeline.feed(*burst)
    t_s = np.array([row[0] for row in heard.strides]) / 1000 - 1
    lift_deg = np.array([row[2] for row in heard.strides]) / 100
    true_t_s = feed.truth["truth_peak_t_s"]
    error = lift_deg - np.interp(t_s, true_t_s, feed.truth["truth_peak_deg"])
    late = t_s > feed.truth["t_run_s"] + 12
    return len(t_s), float(error[late].mean()), float(np.abs(error[late]).max())


MOUNTS = [
    (about, tilt, toward, inverted)
    for about in (-35, 35)
    for tilt, toward in ((0, 0), (25, 40), (25, 220))
    for inverted in (False, True)
]


@pytest.mark.parametrize(("about", "tilt", "toward", "inverted"), MOUNTS)
def test_any_mounting(about, tilt, toward, inverted):
    leg = "L" if about < 0 else "R"
    mount = mounting(about, tilt, toward, inverted)
    feed = simulate([Stand(6), KneeRaises(), Stand(2), Run(30, 3.0), Stand(3)], seed=11, leg=leg, mount=mount)
    found, mean, worst = lift_error_deg(feed)
    assert abs(found - len(feed.truth["truth_peak_t_s"])) <= 1
    assert abs(mean) < 1.5 and worst < 2.5


def test_gyro_bias_and_rate_are_found():
    sensor = Sensor.drawn(5)
    feed = simulate([Stand(6), KneeRaises(), Stand(2), Run(60, 3.0)], seed=5, sensor=sensor, rate_error=-0.02)
    heard = RecordingSink()
    pipeline = Pipeline(settings.defaults(), heard)
    for burst in bursts(feed):
        pipeline.feed(*burst)
    assert pipeline.clock.period == pytest.approx(1024e6 / feed.fs_hz, rel=2e-4)
    assert abs(pipeline.clock.period / NOMINAL_PERIOD - 1) > 0.015


def test_walking_standing_and_raises_are_no_strides():
    feed = simulate([Stand(8), KneeRaises(3), Walk(30), Stand(10), Walk(20, 1.0), Stand(5)], seed=3)
    heard = RecordingSink()
    pipeline = Pipeline(settings.defaults(), heard)
    for burst in bursts(feed):
        pipeline.feed(*burst)
    assert heard.strides == []


def test_bursts_are_whole_and_in_order():
    feed = simulate([Stand(5)], seed=1)
    given = list(bursts(feed))
    assert all(len(channel) == n == BURST_SAMPLES for channels, _, n, _, _ in given for channel in channels)
    assert all(0 <= waiting < BURST_SAMPLES for _, _, _, waiting, _ in given)
    joined = np.concatenate([np.transpose(channels) for channels, *_ in given])
    assert np.array_equal(joined[: feed.length], feed.block(0, feed.length))


def strides_of(lifts_deg, stride_ms=720):
    """Stride records: (t_ms, dt_ms, lift, extension, flags)."""
    return [(1000 + stride_ms * i, stride_ms, round(100 * lift), -2000, 0) for i, lift in enumerate(lifts_deg)]


def cues_of(strides, changes=None):
    heard = RecordingSink()
    cue = Cue({**settings.defaults(), **(changes or {})}, heard.event)
    pulses = [(t_ms, pulse) for t_ms, *rest in strides if (pulse := cue.stride(t_ms, *rest))]
    return pulses, heard.events


def test_a_lasting_fall_cues_and_its_end_clears():
    lifts = [40.0] * 700 + [35.0] * 300 + [40.0] * 200
    pulses, events = cues_of(strides_of(lifts))
    kinds = [event.kind for event in events if event.kind < sessionlog.WATCHED]
    assert kinds[0] == 5 and kinds.count(6) == len(pulses) >= 2 and kinds[-1] == 7
    first_s = (pulses[0][0] - 1000) / 1000 - 700 * 0.72
    assert 55 < first_s < 110
    assert all(b[0] - a[0] >= 60000 for a, b in pairwise(pulses))


def test_at_most_three_and_then_silence():
    pulses, _ = cues_of(strides_of([40.0] * 700 + [34.0] * 1400))
    gaps_s = np.diff([t_ms for t_ms, _ in pulses]) / 1000
    assert len(pulses) >= 4 and gaps_s[2] >= 300 and (gaps_s[:2] < 90).all()


@pytest.mark.parametrize(
    ("what", "lifts", "stride_ms"),
    [
        ("a short dip", [40.0] * 700 + [34.0] * 40 + [40.0] * 400, None),
        ("a rise", [40.0] * 700 + [44.0] * 600, None),
        ("too small a fall", [40.0] * 700 + [38.0] * 600, None),
        ("slowing down", [40.0] * 700 + [36.0] * 600, [720] * 700 + [756] * 600),
        ("much slower", [40.0] * 700 + [30.0] * 600, [720] * 700 + [800] * 600),
    ],
)
def test_no_cue_for(what, lifts, stride_ms):
    strides = strides_of(lifts)
    if stride_ms:
        t_ms = 1000 + np.cumsum(stride_ms)
        strides = [(int(t), dt, *row[2:]) for t, dt, row in zip(t_ms, stride_ms, strides, strict=True)]
    assert cues_of(strides)[0] == []


def test_settings_decide():
    strides = strides_of([40.0] * 700 + [37.7] * 600)
    assert cues_of(strides)[0] == []
    assert cues_of(strides, {"cue.drop_cdeg": 200, "cue.drop_percent": 0})[0]
