"""A run with faults of every kind at once, seeded: no flushed stride lost, none invented, the motor off in the end."""

import random

import numpy as np
import pytest

from kneecore import sessionread
from kneesync.simulation.runner import Fatigue, KneeRaises, Run, Stand, simulate
from tests.support.wearer import Wearer

HAPTIC = 0x5A
EAGER = {
    "run.start_s": 5, "run.stop_min": 1, "cue.skip_s": 0, "cue.learn_s": 60, "cue.hold_s": 10, "cue.deep_tenths": 0,
    "cue.refractory_s": 20, "cue.most_in_row": 20, "cue.observe_runs": 0, "cue.fade_runs": 0,
}  # fmt: skip
NEAR_MS = 60
OUT_MS = 9_000  # a fault of the IMU is seen within 5 s; then it takes a second to set up, and its filters settle


def planned(wearer, run_s, seed):
    """Let things go wrong all the run long; times of the four faults of the IMU, s."""
    rng = random.Random(seed)
    bus, imu, flash = wearer.board.bus, wearer.board.imu, wearer.board.flash
    from_s, to_s = 30, 20 + run_s
    wearer.at(4, lambda: setattr(wearer.board.usb, "reads", False))
    for _ in range(run_s // 20):  # at the motor's edges and anywhere else
        at_s, for_us = rng.uniform(from_s, to_s), rng.randint(1_000, 600_000)
        wearer.at(at_s, lambda for_us=for_us: bus.nack(HAPTIC, for_us))
    for _ in range(run_s // 10):
        wearer.board.press_button(at_s=rng.uniform(from_s, to_s), hold_s=rng.uniform(0.001, 0.03))
    for _ in range(run_s // 60):
        at_s, for_us = rng.uniform(from_s, to_s), rng.randint(40_000, 400_000)
        wearer.at(at_s, lambda for_us=for_us: setattr(flash, "stall_next_us", for_us))
    kinds = [imu.disorder, imu.brown_out] * 2
    rng.shuffle(kinds)
    faults_s = [from_s + 15 + (run_s - 40) * (n + rng.uniform(0.2, 0.8)) / 4 for n in range(4)]
    for at_s, do in zip(faults_s, kinds, strict=True):
        wearer.at(at_s, do)
    return faults_s


def run_of(minutes, seed):
    run_s = 60 * minutes
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(run_s, 3.0)]
    wearer = Wearer(simulate(plan, seed=seed, fatigue=Fatigue.step(2.5, 9)), EAGER)
    faults_s = planned(wearer, run_s, seed)
    with wearer:
        wearer.wait_until_s(20 + run_s + 100)  # nothing is printed: the port is left open
        (session,) = wearer.sessions()
        peaks_ms = np.array([wearer.truth_ms(t_s) for t_s in wearer.feed.truth["truth_peak_t_s"]])
        wearer.wait_until_s(wearer.now_s + 3)
        assert not wearer.board.haptic.motor_on(wearer.board.clock.now_us)
        log = wearer.board.haptic.log
    times_ms = np.array([stride[0] for stride in session.strides])
    assert session.end == ("still", session.end[1], len(times_ms))
    assert session.sequences == list(range(len(session.sequences)))
    in_fault = np.zeros(len(peaks_ms), dtype=bool)
    for at_s in faults_s:
        in_fault |= (peaks_ms > at_s * 1000 - 1000) & (peaks_ms < at_s * 1000 + OUT_MS)
    off_ms = np.abs(times_ms[:, None] - peaks_ms[None, :])
    lost = (off_ms.min(axis=0) > NEAR_MS) & ~in_fault
    stray = [t_ms for t_ms, off in zip(times_ms, off_ms.min(axis=1), strict=True) if off > NEAR_MS]
    invented = [t_ms for t_ms in stray if not any(-1000 < t_ms - at_s * 1000 < OUT_MS for at_s in faults_s)]
    assert lost.sum() <= 0.01 * len(peaks_ms) and invented == []
    events = [event[1] for event in session.events]
    assert events.count("imu_fault") == 4, "each is reported once"
    assert "cue" in events
    held = [why for event in session.events if event[1] == "cue_held" for why in [sessionread.HELD[event[2]]]]
    assert "muted" not in held, "no knock muted it"
    longest_ms = max((end_us - start_us) / 1000 for start_us, end_us, _, drive in log if drive > 0)
    assert longest_ms <= 600 + 1000


def test_ten_minutes():
    run_of(10, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(50))
def test_an_hour(seed):
    run_of(60, seed)
