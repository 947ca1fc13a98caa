"""Curves of a track, by the runner model: what a curve does to knee lift, and what the mounting check makes of it."""

import numpy as np

from kneesync.analysis.agreement import agreement
from kneesync.services.replay import replay_feed
from kneesync.simulation.course import KneeRaises, Run, Stand, Turn
from kneesync.simulation.runner import simulate

LAPS = 8
START_M, HALF_M = 100, 100  # along the start; a straight, and a curve, of a lap of 400 m
SETTLED_LAPS = 1
EDGE_S = 3.0  # at a curve's ends belongs to neither


def judged(pace_mps, seed, laps=LAPS):
    """Figures of a run of `laps` times 400 m: re-straps, share of unsure strides, and what a curve moves the error."""
    half_s = HALF_M / pace_mps
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(START_M / pace_mps, pace_mps)]
    for _ in range(2 * laps):
        plan += [Run(half_s, pace_mps), Turn(180.0, half_s, pace_mps)]
    feed = simulate([*plan, Stand(3)], seed=seed)
    result = replay_feed(feed)
    strides = result["strides"]
    t_s, lift_deg = (np.array([stride[name] for stride in strides]) for name in ("t_s", "knee_lift_deg"))
    match = agreement(t_s, lift_deg, feed.truth["truth_peak_t_s"], feed.truth["truth_peak_deg"])
    curve, straight = _parts(match.true_t_s, feed.truth["t_run_s"] + START_M / pace_mps, half_s)
    error_deg = match.lift_error_deg
    return {
        "re_straps": sum(event["kind"] == "restrapped" for event in result["events"]),
        "unsure_percent": 100 * float(np.mean(["unsure" in stride["flags"] for stride in strides])),
        "missed": match.missed,
        "curve_less_straight_deg": float(error_deg[curve].mean() - error_deg[straight].mean()),
        "lift_rmse_deg": match.lift_rmse_deg(feed.truth["t_run_s"] + 12),
    }


def _parts(t_s, from_s, half_s):
    """Masks of the strides well within the curves, and within the straights, from the second lap on."""
    half, within_s = np.divmod(t_s - from_s, half_s)
    inner = (within_s > EDGE_S) & (within_s < half_s - EDGE_S) & (half >= 4 * SETTLED_LAPS)
    return inner & (half % 2 == 1), inner & (half % 2 == 0)
