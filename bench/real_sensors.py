"""kneecore where nothing is kind: real sensors in pockets, lean noise, U-turns, curves.

Constants of kneecore were chosen on RBDS-derived recordings, eight of the noisy ones (3.4 degrees; 2 degrees with
turns), and MotionSense's twelve people, all in view; the row "1 degree" and the seeds of the curves were not looked at.
"""

import numpy as np

from bench import disturbed, filters, judging, motionsense, track
from kneesync.services.replay import replay_feed
from kneesync.simulation.feed import recordings

NOISY = ((1.0, False), (2.0, True), (3.4, False))  # degrees of lean noise, U-turns
NOISY_SEED = 700
PACES_MPS = (4.5, 5.5, 7.0)
RUNNERS = range(600, 606)

ESTIMATORS = {
    "kneecore": lambda feed: replay_feed(feed)["strides"],
    "VQF": lambda feed: filters.strides(feed, filters.vqf),
    "VQF offline": lambda feed: filters.strides(feed, filters.vqf_offline),
}


def run():
    """Rows for the bench page and a dict of figures; None where there are no recordings."""
    runs = recordings("runs")
    if not runs or not motionsense.recordings(motionsense.FOLDER, "jog"):
        return ["real sensors: no recordings (KNEESYNC_RECORDINGS, docs/recordings.md); not measured"], None
    figures = {
        "noisy": {_noise_name(*noise): noisy(runs, *noise) for noise in NOISY},
        "jogs": {folder: jogs(folder) for folder in (motionsense.FOLDER, motionsense.MODELLED_START)},
        "no_running": {name: counted_an_hour(*kinds) for name, kinds in motionsense.NO_RUNNING.items()},
        "curves": {f"{pace:.1f}": [track.judged(pace, seed) for seed in RUNNERS] for pace in PACES_MPS},
    }
    return [*_noisy_rows(figures["noisy"]), *_real_rows(figures), *_curve_rows(figures["curves"])], figures


def noisy(runs, lean_sd_deg, u_turns):
    """Figures by estimator over runs of 25 min made unkind by seed."""
    found = {name: [] for name in ESTIMATORS}
    for number, path in enumerate(runs):
        feed, truth = disturbed.disturbed(path, lean_sd_deg, u_turns, NOISY_SEED + number), judging.truth_of(path)
        for name, strides_of in ESTIMATORS.items():
            strides = strides_of(feed)
            unsure = [stride for stride in strides if "unsure" in stride.get("flags", ())]
            figures = judging.scalars(judging.judged(strides, truth))
            found[name].append(figures | {"unsure_percent": 100 * len(unsure) / len(strides)})
    return {
        name: {
            "lift_rmse_deg": judging.rms([figures["lift_rmse_deg"] for figures in of]),
            "lift_rmse_worst_deg": max(figures["lift_rmse_deg"] for figures in of),
            "unsure_percent": float(np.mean([figures["unsure_percent"] for figures in of])),
        }
        for name, of in found.items()
    }


def jogs(folder):
    """kneecore on MotionSense's jogs, as recorded or with a modelled start."""
    figures = [motionsense.judged(path) for path in motionsense.recordings(folder, "jog")]
    return motionsense.together([each for each in figures if each])


def counted_an_hour(*kinds):
    """Strides that kneecore counts in an hour of what is no running."""
    paths = [path for kind in kinds for path in motionsense.recordings(motionsense.FOLDER, kind)]
    counted = [motionsense.counted(path) for path in paths]
    strides, hours, cues = (sum(column) for column in zip(*counted, strict=True))
    return {"strides_an_hour": strides / hours, "hours": hours, "cues": cues}


def _noise_name(lean_sd_deg, u_turns):
    return f"{lean_sd_deg:g} degrees" + (", a U-turn a minute" if u_turns else "")


def _noisy_rows(by_noise):
    yield "lean noise added to the runs of 25 min: peak RMSE, worst run (degrees), strides unsure:"
    for noise, estimators in by_noise.items():
        for name, row in estimators.items():
            unsure = f"{row['unsure_percent']:.1f} %" if name == "kneecore" else ""
            yield (
                f"{noise if name == 'kneecore' else '':<34}{name:<13}{row['lift_rmse_deg']:<6.2f}"
                f"{row['lift_rmse_worst_deg']:<7.2f}{unsure}"
            )


def _real_rows(figures):
    yield "MotionSense, 12 people, phone in the trouser pocket (no truth: the reference is VQF offline):"
    for folder, row in figures["jogs"].items():
        start = "with a modelled start" if folder == motionsense.MODELLED_START else "as recorded"
        yield (
            f"  {row['recordings']} jogs {start}: missed {row['missed_percent']:.1f} %, "
            f"extra {row['extra_percent']:.1f} %, unsure {row['unsure_percent']:.0f} %,"
        )
        yield (
            f"    lift against it SD {row['lift_sd_deg']:.1f}, 90th percentile {row['lift_sd_p90_deg']:.1f} degrees; "
            f"cadence more than 12 % off in {row['cadence_off_percent']:.1f} % of strides"
        )
    counted = (f"{name} {row['strides_an_hour']:.0f}" for name, row in figures["no_running"].items())
    yield f"  strides counted in an hour of {', '.join(counted)}"


def _curve_rows(by_pace):
    yield f"8 times 400 m on a track, {len(RUNNERS)} simulated runners: a curve against the straights, worst runner"
    for pace, of in by_pace.items():
        worst_deg = max((figures["curve_less_straight_deg"] for figures in of), key=abs)
        yield (
            f"  {pace} m/s: lift {worst_deg:+.2f} degrees; taken for a slipped strap "
            f"{sum(figures['re_straps'] for figures in of)} times; unsure {max(f['unsure_percent'] for f in of):.1f} %"
        )
