"""A laboratory's reference of a session's strides."""

import numpy as np

from kneesync.analysis.reference import Reference


def reference(
    session, from_s=0.0, to_s=1e9, zero_s=123.4, bias_deg=1.5, sd_deg=0.5, timing_s=0.005, missed=0.02, seed=0
):
    """What a laboratory would have seen of the same strides; the board says bias_deg more."""
    rng = np.random.default_rng([seed, 9])
    t_s = session.columns["t_s"]
    chosen = (t_s >= from_s) & (t_s < to_s) & (rng.random(len(t_s)) >= missed)
    count = int(chosen.sum())
    return Reference(
        t_s[chosen] - zero_s + timing_s * rng.standard_normal(count),
        session.columns["knee_lift_deg"][chosen] - bias_deg + sd_deg * rng.standard_normal(count),
        np.full(count, np.nan),
        False,
        "knee_lift_deg",
    )
