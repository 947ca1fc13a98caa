"""What kept sessions say of the cue's settings: the cues that other thresholds give, and what a runner is like fresh.

Cues are counted by the very code of the board, over the sessions' strides.

Fading, observing and muting are left out of it: what is counted is every cue that was due. A recommendation rests on
the runs that are there; the campaign in docs/cue.md says what a threshold does to runs that nobody has run.

What a runner is like when fresh (`earlier`) is for the first minutes of a run, and for how lift goes with cadence. A
run's own baseline takes its place as soon as there is one.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kneesync.analysis.cue_replay import replay_session
from kneesync.analysis.drift import Drift
from kneesync.analysis.figures import Figures, called
from kneesync.analysis.population import (
    KNEE_LIFT_PER_CADENCE_PERCENT_SD,
    LEAST_BETWEEN_DAYS_DEG,
    PER_CADENCE_PERCENT,
)
from kneesync.analysis.run import Run
from kneesync.analysis.stride_blocks import StrideBlocks
from kneesync.errors import KneesyncError
from kneesync.formats.session import Session

DROPS_CDEG = (150, 200, 250, 300, 350, 400, 500, 600)
LEAST_RUNS = 3  # with a baseline, before they say what the runner is like
SLOPE_BETWEEN_RUNS = 0.15  # SD that is assumed of one runner's slope between runs
LEAST_HOURS = 1.0  # of running after the baseline, before anything is recommended


@dataclass(frozen=True, kw_only=True)
class ThresholdCues(Figures):
    """The cues that one threshold gives. `at`: each cue's [session id, t_s]."""

    drop_cdeg: int = field(metadata=called("cue.drop_cdeg"))
    cues: int
    cues_per_h: float | None
    runs_with_cues: int
    at: list[list[Any]]


@dataclass(frozen=True, kw_only=True)
class Sweep(Figures):
    """The cues of several thresholds, a row each. `hours` judged: running after the baseline was learnt."""

    sessions: int
    hours: float
    rows: list[ThresholdCues]


@dataclass(frozen=True, kw_only=True)
class FreshLeg(Figures):
    """What a runner's leg was like when fresh: lift and range at `stride_s`, each with its SD between days.

    `slope_deg_per_percent` of cadence and its standard error, from the population's and what `slopes` runs showed;
    `runs` with a baseline.
    """

    runs: int
    stride_s: float
    slopes: int
    slope_deg_per_percent: float
    slope_error_deg_per_percent: float = field(metadata=called("slope_error"))
    knee_lift_deg: float
    knee_lift_days_deg: float
    range_deg: float
    range_days_deg: float


def sweep(sessions: Iterable[tuple[str, Session]], changes: dict[str, Any] | None = None) -> Sweep:
    """The cues of each of DROPS_CDEG. `sessions`: (id, Session). `changes`: other settings by name, for every row."""
    rows, hours = [], 0.0
    sessions = list(sessions)
    for drop_cdeg in DROPS_CDEG:
        at, hours, runs = [], 0.0, 0
        for name, session in sessions:
            found = replay_session(session, {**(changes or {}), "cue.drop_cdeg": drop_cdeg})
            learnt = [event["t_s"] for event in found["events"] if event["kind"] == "baseline"]
            if not learnt:
                continue
            strides = [stride["stride_s"] for stride in found["strides"] if stride["t_s"] > learnt[0]]
            hours += sum(stride_s for stride_s in strides if stride_s) / 3600
            runs += bool(found["cues"])
            at += [[name, cue["t_s"]] for cue in found["cues"]]
        per_h = len(at) / hours if hours else None
        rows.append(ThresholdCues(drop_cdeg=drop_cdeg, cues=len(at), cues_per_h=per_h, runs_with_cues=runs, at=at))
    return Sweep(sessions=len(sessions), hours=hours, rows=rows)


def recommended(table: Sweep, wished_per_h: float) -> ThresholdCues:
    """The row whose rate is next to the wished one without going beyond it. KneesyncError if too little was run."""
    if table.hours < LEAST_HOURS:
        raise KneesyncError(
            f"found {table.hours:.1f} h of running after a baseline, expected {LEAST_HOURS:.0f} h or more to "
            "recommend by; run more, or read the table without --rate"
        )
    fitting = [row for row in table.rows if row.cues_per_h is not None and row.cues_per_h <= wished_per_h]
    return fitting[0] if fitting else table.rows[-1]


def earlier(sessions: Iterable[Session]) -> FreshLeg | None:
    """What a runner's leg was like in these Sessions when fresh, or None with fewer than LEAST_RUNS baselines."""
    rows, slopes = [], []
    for session in sessions:
        found = replay_session(session)
        known = [event for event in found["events"] if event["kind"] == "baseline" and event["stride_ms"] > 0]
        if not known:
            continue
        lift_deg, low_deg = known[0]["knee_lift_deg"], known[0]["extension_deg"]
        rows.append((known[0]["stride_ms"] / 1000, lift_deg, lift_deg - low_deg))
        tens = StrideBlocks(Run(session))
        shown = Drift(tens, {"knee_lift_deg": tens.knee_lift_deg, "cadence_spm": tens.cadence_spm}).cadence_relation()
        if shown:
            slopes.append((shown.deg_per_percent, (shown.high - shown.low) / (2 * 1.96)))
    if len(rows) < LEAST_RUNS:
        return None
    slope, error = slope_of(slopes)
    stride_s, lift_deg, range_deg = np.array(rows).T
    usual_s = float(np.median(stride_s))
    faster = 100 * (usual_s / stride_s - 1)
    levels = {}
    for name, values in (("knee_lift", lift_deg), ("range", range_deg)):
        level = values - slope * faster
        days = float(np.std(level, ddof=1)) * math.sqrt(1 + 1 / len(rows))
        levels[f"{name}_deg"] = float(np.median(level))
        levels[f"{name}_days_deg"] = max(LEAST_BETWEEN_DAYS_DEG, days)
    return FreshLeg(
        runs=len(rows),
        stride_s=usual_s,
        slopes=len(slopes),
        slope_deg_per_percent=slope,
        slope_error_deg_per_percent=error,
        **levels,
    )


def slope_of(shown: list[tuple[float, float]]) -> tuple[float, float]:
    """(slope, standard error) of the population's and what runs showed, (slope, error) pairs, as each is sure."""
    weights = [1 / (error**2 + SLOPE_BETWEEN_RUNS**2) for _, error in shown]
    weights = [1 / KNEE_LIFT_PER_CADENCE_PERCENT_SD**2, *weights]
    values = [PER_CADENCE_PERCENT["knee_lift_deg"]] + [slope for slope, _ in shown]
    return float(np.average(values, weights=weights)), 1 / math.sqrt(sum(weights))


def seeds(fresh: FreshLeg, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that tell a board with these `settings` (its metric, leg, athlete) what earlier() found."""
    metric = settings["cue.metric"]
    if metric == "range":
        level, days = fresh.range_deg, fresh.range_days_deg
    else:
        level, days = fresh.knee_lift_deg, fresh.knee_lift_days_deg
    numbers = f"{round(100 * level)} {round(1000 * fresh.stride_s)} {round(100 * days)}"
    return {
        "cue.seed": f"{numbers} {metric} {settings['leg']} {settings['athlete']}",
        "cue.slope_cdeg": min(max(round(100 * fresh.slope_deg_per_percent), 0), 400),
        "cue.slope_error_cdeg": min(max(round(100 * fresh.slope_error_deg_per_percent), 5), 100),
    }
