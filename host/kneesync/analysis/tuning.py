"""What kept sessions say of the cue's settings: the cues that other thresholds give, and what a runner is like fresh.

Cues are counted by the very code of the board, over the sessions' strides.

Fading, observing and muting are left out of it: what is counted is every cue that was due. A recommendation rests on
the runs that are there; the campaign in docs/cue.md says what a threshold does to runs that nobody has run.

What a runner is like when fresh (`earlier`) is for the first minutes of a run, and for how lift goes with cadence. A
run's own baseline takes its place as soon as there is one.
"""

import math

import numpy as np

from kneesync.analysis.cue_replay import replay_session
from kneesync.analysis.drift import Drift
from kneesync.analysis.population import (
    KNEE_LIFT_PER_CADENCE_PERCENT_SD,
    LEAST_BETWEEN_DAYS_DEG,
    PER_CADENCE_PERCENT,
)
from kneesync.analysis.run import Run
from kneesync.analysis.stride_blocks import StrideBlocks
from kneesync.errors import KneesyncError

DROPS_CDEG = (150, 200, 250, 300, 350, 400, 500, 600)
LEAST_RUNS = 3  # with a baseline, before they say what the runner is like
SLOPE_BETWEEN_RUNS = 0.15  # SD that is assumed of one runner's slope between runs
LEAST_HOURS = 1.0  # of running after the baseline, before anything is recommended


def sweep(sessions, changes=None):
    """Rows, one a threshold: {"cue.drop_cdeg", "cues", "cues_per_h", "runs_with_cues", "at": [[session id, t_s], ...]}.

    `sessions`: (id, Session) pairs. `changes`: other settings by name, for every row. Also `hours` judged: running
    after the baseline was learnt.
    """
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
        rows.append(
            {"cue.drop_cdeg": drop_cdeg, "cues": len(at), "cues_per_h": per_h, "runs_with_cues": runs, "at": at}
        )
    return {"sessions": len(sessions), "hours": hours, "rows": rows}


def recommended(table, wished_per_h):
    """The row whose rate is next to the wished one without going beyond it. KneesyncError if too little was run."""
    if table["hours"] < LEAST_HOURS:
        raise KneesyncError(
            f"found {table['hours']:.1f} h of running after a baseline, expected {LEAST_HOURS:.0f} h or more to "
            "recommend by; run more, or read the table without --rate"
        )
    fitting = [row for row in table["rows"] if row["cues_per_h"] <= wished_per_h]
    return fitting[0] if fitting else table["rows"][-1]


def earlier(sessions):
    """What a runner's leg was like in these Sessions when fresh: a dict, or None with fewer than LEAST_RUNS baselines.

    `knee_lift_deg`, `range_deg` at `stride_s`, each with its SD between days (`..._days_deg`); `slope_deg_per_percent`
    of cadence and its `slope_error`, from the population's and what `slopes` runs showed; `runs` with a baseline.
    """
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
    slope, error = _slope(slopes)
    stride_s, lift_deg, range_deg = np.array(rows).T
    usual_s = float(np.median(stride_s))
    faster = 100 * (usual_s / stride_s - 1)
    figures = {"runs": len(rows), "stride_s": usual_s, "slopes": len(slopes)}
    figures |= {"slope_deg_per_percent": slope, "slope_error": error}
    for name, values in (("knee_lift", lift_deg), ("range", range_deg)):
        level = values - slope * faster
        days = float(np.std(level, ddof=1)) * math.sqrt(1 + 1 / len(rows))
        figures[f"{name}_deg"] = float(np.median(level))
        figures[f"{name}_days_deg"] = max(LEAST_BETWEEN_DAYS_DEG, days)
    return figures


def _slope(shown):
    """(slope, standard error) of the population's and what runs showed, (slope, error) pairs, as each is sure."""
    weights = [1 / (error**2 + SLOPE_BETWEEN_RUNS**2) for _, error in shown]
    weights = [1 / KNEE_LIFT_PER_CADENCE_PERCENT_SD**2, *weights]
    values = [PER_CADENCE_PERCENT["knee_lift_deg"]] + [slope for slope, _ in shown]
    return float(np.average(values, weights=weights)), 1 / math.sqrt(sum(weights))


def seeds(figures, settings):
    """The settings that tell a board with these `settings` (its metric, leg, athlete) what earlier() found."""
    metric = settings["cue.metric"]
    level, days = (figures[f"{'range' if metric == 'range' else 'knee_lift'}_{end}"] for end in ("deg", "days_deg"))
    numbers = f"{round(100 * level)} {round(1000 * figures['stride_s'])} {round(100 * days)}"
    return {
        "cue.seed": f"{numbers} {metric} {settings['leg']} {settings['athlete']}",
        "cue.slope_cdeg": min(max(round(100 * figures["slope_deg_per_percent"]), 0), 400),
        "cue.slope_error_cdeg": min(max(round(100 * figures["slope_error"]), 5), 100),
    }
