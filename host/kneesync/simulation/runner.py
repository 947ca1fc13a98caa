"""A virtual runner: a plan in, the counts of an IMU on the thigh and the truth about the motion out.

    from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate
    run = simulate([Stand(6), KneeRaises(), Stand(2), Run(60, 3.0)], seed=1)
    run.block(0, 100)                # int16 counts (100, 6): gyro, then acc
    run.truth["truth_peak_deg"]      # knee lift of each stride, degrees

The body is in `gait`, the plan in `course`, the kinematics in `motion`, the chip in `measurement`. What is
modelled and what is measured stands there; it is a model for tests, not a person.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .course import (
    Halt,
    HighKnees,
    Hill,
    KneeRaises,
    Layout,
    Run,
    Segment,
    Skips,
    Stand,
    Strides,
    Turn,
    Walk,
    lay_out,
)
from .feed import ACC_G_PER_LSB, GYRO_DPS_PER_LSB, ArrayFeed
from .gait import LEVER_M, Fatigue, Runner
from .measurement import Quaternion, Sensor, mounting
from .motion import Motion, Slip, move

__all__ = [
    "Fatigue", "Halt", "HighKnees", "Hill", "KneeRaises", "Run", "Runner", "Sensor", "SimulatedRun", "Skips", "Slip",
    "Stand", "Strides", "Turn", "Walk", "demo_run", "mounting", "simulate", "strides",
]  # fmt: skip


class SimulatedRun(ArrayFeed):
    """A feed with its `truth`, under the keys of the recordings.

    Beyond them truth has `segments` (label, start s, end s) and the knee-lift peaks of what is not running:
    `other_peak_t_s`, `other_peak_gait`. `motion` holds the noise-free signals if they were asked for.
    """

    def __init__(self, counts: np.ndarray, fs_hz: float, truth: dict, motion: Motion | None = None):
        super().__init__(counts, fs_hz, truth)
        self.truth: dict = truth
        self.motion = motion

    def save(self, path: str | Path) -> None:
        """Write the recording as npz, with the keys of docs/recordings.md."""
        counts = self.block(0, self.length)
        values = {key: value for key, value in self.truth.items() if key != "segments"}
        segments = self.truth["segments"]
        np.savez_compressed(
            path,
            gyr_lsb=counts[:, :3],
            acc_lsb=counts[:, 3:],
            gyr_dps_per_lsb=GYRO_DPS_PER_LSB,
            acc_g_per_lsb=ACC_G_PER_LSB,
            fs_nominal_hz=104.0,
            fs_hz=self.fs_hz,
            segment_label=np.array([segment[0] for segment in segments]),
            segment_t_s=np.array([segment[1:] for segment in segments]),
            **values,
        )


def simulate(
    plan: Sequence[Segment],
    *,
    seed: int = 0,
    leg: str = "L",
    runner: Runner | None = None,
    fatigue: Fatigue | None = None,
    sensor: Sensor | None = None,
    mount: Quaternion | None = None,
    rate_error: float | None = None,
    slips: Sequence[Slip] = (),
    treadmill: bool = False,
    lever_m: float = LEVER_M,
    keep_motion: bool = False,
) -> SimulatedRun:
    """One run of one leg. `seed` draws runner and sensor where they are not given, and the variation of the run.

    `mount` (x, y, z, w: thigh frame to chip frame) and `rate_error` (share) go over the sensor's own. Motion depends on
    seed, plan, runner and fatigue only. ValueError for a leg that is not L or R or a plan that cannot be run.
    """
    if leg not in ("L", "R"):
        raise ValueError(f"leg is {leg!r}; it takes L or R")
    runner = runner or Runner.typical(seed)
    sensor = sensor or Sensor.drawn(seed)
    if mount is not None:
        sensor = replace(sensor, mount_xyzw=mount)
    if rate_error is not None:
        sensor = replace(sensor, rate_error=rate_error)
    fatigue = fatigue or Fatigue()
    form, body, noise = (np.random.default_rng([seed, stream]) for stream in range(3))
    layout = lay_out(plan, runner, fatigue, form)
    motion = move(
        layout, runner, sensor.fs_hz, body,
        mount_xyzw=sensor.mount_xyzw, slips=slips, leg=leg, treadmill=treadmill, lever_m=lever_m,
    )  # fmt: skip
    truth = _truth(layout, motion, sensor, fatigue)
    truth |= {"leg": leg, "slip_t_s": np.array([float(slip.t_s) for slip in slips])}
    counts = sensor.counts(motion.gyro_dps, motion.acc_g, noise)
    return SimulatedRun(counts, sensor.fs_hz, truth, motion if keep_motion else None)


def _truth(layout: Layout, motion: Motion, sensor: Sensor, fatigue: Fatigue) -> dict:
    run_s, end_s = layout.run_s
    running = motion.peak_gait == "run"
    drop_t_s = np.arange(run_s, max(end_s, run_s + 1), 10.0)
    segments: list[tuple[str, float, float]] = []
    for piece, start, stop in zip(layout.pieces, layout.starts_s[:-1], layout.starts_s[1:], strict=True):
        if segments and segments[-1][0] == piece.label:
            segments[-1] = (piece.label, segments[-1][1], float(stop))
        else:
            segments.append((piece.label, float(start), float(stop)))
    paces = [(piece.duration_s, piece.speed_mps) for piece in layout.pieces if piece.gait == "run"]
    return {
        "truth_tilt_cdeg": np.rint(motion.tilt_deg * 100).astype(np.int16),
        "truth_peak_t_s": motion.peak_t_s[running],
        "truth_peak_deg": motion.peak_deg[running],
        "truth_touchdown_s": motion.touchdown_t_s[motion.touchdown_gait == "run"],
        "other_peak_t_s": motion.peak_t_s[~running],
        "other_peak_gait": motion.peak_gait[~running],
        "t_run_s": run_s,
        "t_end_s": end_s,
        "mount_quat_xyzw": np.array(sensor.mount_xyzw),
        "drop_t_s": drop_t_s,
        "drop_deg": fatigue.drop_deg(drop_t_s - run_s),
        "duration_s": (len(motion.t_s) - 1) / sensor.fs_hz,
        "subject": "simulated",
        "speed_mps": max(paces)[1] if paces else 0.0,
        "kind": "simulated",
        "segments": segments,
    }


def strides(
    plan: Sequence[Segment], *, seed: int = 0, runner: Runner | None = None, fatigue: Fatigue | None = None
) -> dict[str, np.ndarray]:
    """Only the running strides of `simulate`, without signals: about 200 hours a minute.

    Arrays: `t_s` of the peak, `stride_s` since the peak before, `knee_lift_deg`, `extension_deg`, `speed_mps`.
    """
    runner = runner or Runner.typical(seed)
    knots, gaits, *_ = lay_out(plan, runner, fatigue or Fatigue(), np.random.default_rng([seed, 0]))
    running = gaits == "run"
    names = {"t_s": "t_s", "knee_lift_deg": "lift_deg", "extension_deg": "extension_deg", "speed_mps": "speed_mps"}
    found = {name: knots[knot][running] for name, knot in names.items()}
    return found | {"stride_s": np.diff(knots["t_s"], prepend=knots["t_s"][0])[running]}


def demo_run(seed: int = 0, minutes: float = 25) -> SimulatedRun:
    """The demo: standing, three knee raises, then `minutes` of running in which knee lift falls 6 degrees late."""
    warm_up_min = min(2.0, minutes / 10)
    plan = [
        Stand(6), KneeRaises(3), Stand(2),
        Run(warm_up_min * 60, 2.5, 3.0), Run((minutes - warm_up_min) * 60, 3.0), Stand(5),
    ]  # fmt: skip
    fatigue = Fatigue.ramp(minutes * 0.6, minutes * 0.6 + 1.5, 6.0, cadence_loss_percent=1.0)
    runner = Runner.typical(seed, knee_lift_deg=42.0, cadence_spm=172.0, wander_sd_deg=0.5)
    return simulate(plan, seed=seed, runner=runner, fatigue=fatigue)
