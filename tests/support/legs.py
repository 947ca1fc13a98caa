"""A second board on the other leg of a simulated run."""

import dataclasses

import numpy as np


def other_leg(session, seed=0, higher_deg=2.0, ahead_s=7.3, timing_s=0.006, from_s=0.0):
    """The right leg of the same run: half a stride earlier, its board `ahead_s` longer up, each peak timed anew."""
    rng = np.random.default_rng([seed, 77])
    t_ms = session.t_ms.astype(float)
    t_ms = t_ms - np.diff(t_ms, prepend=t_ms[0] - 700) / 2 + 1000 * timing_s * rng.standard_normal(len(t_ms))
    t_ms = np.rint(t_ms + 1000 * ahead_s).astype(np.int64)
    records = session.stride_records.copy()
    dt_ms = np.diff(t_ms, prepend=t_ms[0] - 700)
    records["dt_ms"] = np.where(session.stride_records["dt_ms"] == 0, 0, np.clip(dt_ms, 0, 2046))
    records["knee_lift_cdeg"] += np.rint(100 * (higher_deg + rng.standard_normal(len(t_ms)))).astype(np.int16)
    late = t_ms >= t_ms[0] + 1000 * from_s
    header = {**session.header, "leg": "R", "ticks_ms": int(t_ms[late][0])}
    return dataclasses.replace(session, header=header, stride_records=records[late], t_ms=t_ms[late])
