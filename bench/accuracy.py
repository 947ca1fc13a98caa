"""How right the strides are, on recordings with ground truth.

kneecore finds alignment and rate itself and sees a stride once. The filters beside it are given both, and more
(`bench.filters`). Every estimator's strides are judged alike (`bench.judging`).
"""

import numpy as np

from bench import filters, judging
from kneesync.analysis.agreement import SETTLED_S, TOLERANCE_S
from kneesync.services.replay import replay
from kneesync.simulation.feed import Recording, recordings

TUNED_ON = ("RBDS001", "RBDS011", "RBDS017", "RBDS03", "RBDS05", "RBDS09")
"""Subjects that kneecore's constants may be chosen on; the rows "others" leave them out."""

TUNING = (
    "kneecore's constants were chosen with all subjects in view; until they are chosen anew without",
    "the others, that row is no proof for runners never seen",
)
"""How they were chosen in truth: the table says so."""

ESTIMATORS = {
    "kneecore": lambda path: replay(path)["strides"],
    "VQF": lambda path: filters.strides(Recording(path), filters.vqf),
    "imufusion": lambda path: filters.strides(Recording(path), filters.fusion),
}
ASIDES = {
    "imufusion with gain 0.1": lambda path: filters.strides(
        Recording(path), lambda *given: filters.fusion(*given, gain=0.1)
    ),
    "VQF with the gyroscope's offset left in": lambda path: filters.strides(Recording(path), filters.vqf, raw=True),
    "VQF offline, which looks back from the end": lambda path: filters.strides(Recording(path), filters.vqf_offline),
}
SPEEDS = ("2.5", "3.5", "4.5")

HEAD = (
    "                  peak   worst            SD in a   range   strides              stride   worst  cadence   worst",
    "             m/s  RMSE   trial     bias   trial     RMSE    matched   invented   time ms  trial  error     trial",
)
ROW = (
    "{name:<10}{group:>6}  {lift_rmse_deg:<5.2f}  {lift_rmse_worst_deg:<6.2f}  {lift_bias_deg:>+6.2f}  "
    "{lift_sd_deg:<8.2f}  {range_rmse_deg:<6.2f}  {matched_percent:<8.2f}  {invented:<9d}  "
    "{stride_time_rmse_ms:<7.1f}  {stride_time_rmse_worst_ms:<5.0f}  "
    "{cadence_error_spm:<8.2f}  {cadence_error_worst_spm:.2f}"
)


def run():
    """Rows for the bench page and a dict of figures; None where there are no recordings."""
    trials = {path: judging.truth_of(path) for path in recordings("trials")}
    if not trials:
        return ["accuracy: no recordings (KNEESYNC_RECORDINGS, docs/recordings.md); not measured"], None
    judged = {name: _judged(strides, trials) for name, strides in ESTIMATORS.items()}
    figures = {
        "tuned_on": TUNED_ON,
        "tuning": " ".join(TUNING),
        "trials": {name: _groups(of, trials) for name, of in judged.items()},
        "asides": {name: judging.pooled(list(_judged(of, trials).values())) for name, of in ASIDES.items()},
        "runs_change_error_deg": _changes(),
        "by_trial": {
            name: {path.stem: judging.scalars(trial) for path, trial in of.items()} for name, of in judged.items()
        },
    }
    return [*_table(figures), *_notes(figures), *_runs(figures["runs_change_error_deg"])], figures


def _judged(strides, trials):
    return {path: judging.judged(strides(path), truth) for path, truth in trials.items()}


def _groups(judged, trials):
    groups = {speed: [trial for path, trial in judged.items() if trials[path]["speed"] == speed] for speed in SPEEDS}
    groups["all"] = list(judged.values())
    groups["others"] = [trial for path, trial in judged.items() if _subject(path) not in TUNED_ON]
    return {group: judging.pooled(members) for group, members in groups.items() if members}


def _changes():
    """Errors of the late-minus-early change by estimator and run."""
    runs = {path: judging.truth_of(path) for path in recordings("runs")}
    return {
        name: {path.stem: judging.change_error_deg(strides(path), truth) for path, truth in runs.items()}
        for name, strides in ESTIMATORS.items()
        if runs
    }


def _table(figures):
    some = figures["trials"]["kneecore"]["all"]
    yield f"accuracy over {some['trials']} trials, {some['strides']} strides (degrees, %, steps/min):"
    yield from HEAD
    for name, groups in figures["trials"].items():
        for group, row in groups.items():
            yield ROW.format(name=name if group == SPEEDS[0] else "", group=group, **row)


def _notes(figures):
    yield f"  errors from {SETTLED_S:.0f} s after running starts; strides matched one to one within"
    yield f"  ±{1000 * TOLERANCE_S:.0f} ms; kneecore finds its own alignment and rate, the filters are given both, the"
    yield "  gyroscope's offset, the time of running, and a peak finder that sees the whole recording"
    for name in ("kneecore", "VQF"):
        if below_deg := figures["trials"][name]["all"]["invented_below_deg"]:
            yield f"  {name}'s invented strides stand on a second top of the thigh, in the truth {below_deg[0]:.2f} to"
            yield f"  {below_deg[-1]:.2f} degrees below the one that it takes (median {np.median(below_deg):.2f})"
    yield "  stride time: RMS error of a trial against the true valleys; the median trial and the worst"
    yield f"  others: without {', '.join(figures['tuned_on'])}"
    yield from (f"  {line}" for line in TUNING)
    for name, row in figures["asides"].items():
        yield f"  {name}: peak RMSE {row['lift_rmse_deg']:.2f}, worst trial {row['lift_rmse_worst_deg']:.2f}"


def _runs(changes):
    if changes:
        yield f"late minus early knee lift over {len(changes['kneecore'])} runs of 25 min, error in degrees:"
    for name, errors in changes.items():
        others = [error for run, error in errors.items() if run.split("_")[0] not in TUNED_ON]
        worst = max(errors, key=lambda run: abs(errors[run]))
        yield (
            f"{name:<10}  RMS {judging.rms(list(errors.values())):<5.2f}  others {judging.rms(others):<5.2f}  "
            f"worst {errors[worst]:+.2f} ({worst})"
        )


def _subject(path):
    return path.stem.split("_")[0]
