"""How right the strides are, on recordings with ground truth.

kneecore finds alignment and rate itself and sees a stride once. Beside it VQF, which is given both, and VQF's offline
variant, which is given both and also looks back from the end.
"""

import numpy as np
from vqf import VQF, offlineVQF

from kneesync.analysis.agreement import SETTLED_S, agreement
from kneesync.replay import replay
from kneesync.virtual.feed import ACC_G_PER_LSB, GYRO_DPS_PER_LSB, Recording, recordings
from kneesync.virtual.measurement import matrix

G_MPS2 = 9.81


def run():
    """Rows for the bench page and a dict of figures; None where there are no recordings."""
    paths = recordings("trials")
    if not paths:
        return ["accuracy: no recordings (KNEESYNC_RECORDINGS, docs/recordings.md); not measured"], None
    ours, vqf_rmse_deg, offline_rmse_deg = [], [], []
    for path in paths:
        feed = Recording(path)
        truth = feed.truth
        found = replay(path)["strides"]
        ours.append(_of_trial(found, truth))
        vqf_rmse_deg.append(_vqf_rmse_deg(feed, truth, _online))
        offline_rmse_deg.append(_vqf_rmse_deg(feed, truth, _offline))
    figures = _figures(ours) | _of_filter("vqf", vqf_rmse_deg) | _of_filter("vqf_offline", offline_rmse_deg)
    figures["runs_change_error_deg"] = {path.stem: _change_error_deg(path) for path in recordings("runs")}
    rows = [
        f"accuracy over {len(paths)} trials, from {SETTLED_S:.0f} s after running starts:",
        f"  knee-lift peak RMSE    kneecore {figures['rmse_deg']:.2f}°   VQF {figures['vqf_rmse_deg']:.2f}°   "
        f"VQF offline {figures['vqf_offline_rmse_deg']:.2f}°   (both VQFs given alignment and rate)",
        f"  worst trial            kneecore {figures['worst_rmse_deg']:.2f}°   "
        f"VQF {figures['vqf_worst_rmse_deg']:.2f}°   VQF offline {figures['vqf_offline_worst_rmse_deg']:.2f}°",
        f"  SD within a trial      kneecore mean {figures['mean_sd_deg']:.2f}°, worst {figures['worst_sd_deg']:.2f}°",
        f"  strides matched        {figures['matched_percent']:.2f} %, invented {figures['invented']}",
        f"  stride time error SD   {figures['stride_time_sd_ms']:.1f} ms "
        f"(worst trial {figures['worst_stride_time_sd_ms']:.1f})",
        f"  mean cadence error     worst trial {figures['worst_cadence_error_spm']:.2f} steps/min",
    ]
    if figures["runs_change_error_deg"]:
        worst = max(figures["runs_change_error_deg"].items(), key=lambda item: abs(item[1]))
        rows.append(
            f"  late minus early, {len(figures['runs_change_error_deg'])} runs: "
            f"worst error {worst[1]:+.2f}° ({worst[0]})"
        )
    return rows, figures


def _of_trial(found, truth):
    t_s = [stride["t_s"] for stride in found]
    match = agreement(
        t_s, [stride["knee_lift_deg"] for stride in found], truth["truth_peak_t_s"], truth["truth_peak_deg"]
    )
    settled = match.true_t_s >= truth["t_run_s"] + SETTLED_S
    wanted = np.asarray(truth["truth_peak_t_s"]) >= truth["t_run_s"] + SETTLED_S
    found_s = match.true_t_s[settled] + match.time_error_s[settled]
    return {
        "errors_deg": match.lift_error_deg[settled],
        "matched": int(settled.sum()),
        "true": int(wanted.sum()),
        "invented": match.invented,
        "stride_time_error_ms": 1000 * (np.diff(found_s) - np.diff(match.true_t_s[settled])),
        "cadence_error_spm": 120 / np.diff(found_s).mean() - 120 / np.diff(match.true_t_s[settled]).mean(),
    }


def _figures(trials):
    rmse_deg = [float(np.sqrt(np.mean(trial["errors_deg"] ** 2))) for trial in trials]
    sd_deg = [float(np.std(trial["errors_deg"])) for trial in trials]
    everything = np.concatenate([trial["errors_deg"] for trial in trials])
    time_sd_ms = [float(np.std(trial["stride_time_error_ms"])) for trial in trials]
    return {
        "trials": len(trials),
        "rmse_deg": float(np.sqrt(np.mean(everything**2))),
        "worst_rmse_deg": max(rmse_deg),
        "mean_sd_deg": float(np.mean(sd_deg)),
        "worst_sd_deg": max(sd_deg),
        "matched_percent": 100 * sum(trial["matched"] for trial in trials) / sum(trial["true"] for trial in trials),
        "invented": sum(trial["invented"] for trial in trials),
        "stride_time_sd_ms": float(np.std(np.concatenate([trial["stride_time_error_ms"] for trial in trials]))),
        "worst_stride_time_sd_ms": max(time_sd_ms),
        "worst_cadence_error_spm": float(max(abs(trial["cadence_error_spm"]) for trial in trials)),
    }


def _of_filter(name, rmse_deg):
    return {
        f"{name}_rmse_deg": float(np.sqrt(np.mean(np.square(rmse_deg)))),
        f"{name}_worst_rmse_deg": max(rmse_deg),
    }


def _online(gyr, acc, period_s):
    return VQF(period_s).updateBatch(gyr, acc)["quat6D"]


def _offline(gyr, acc, period_s):
    return offlineVQF(gyr, acc, None, period_s)["quat6D"]


def _vqf_rmse_deg(feed, truth, orientation):
    """A filter with the true rate and mounting, zeroed on the standing start: RMSE of its tilt at the true peaks."""
    counts = feed.block(0, feed.length).astype(float)
    mount = matrix(truth["mount_quat_xyzw"])
    gyr = np.deg2rad(counts[:, :3] * GYRO_DPS_PER_LSB) @ mount  # chip to thigh
    acc = counts[:, 3:] * ACC_G_PER_LSB * G_MPS2 @ mount
    w, x, y, z = orientation(np.ascontiguousarray(gyr), np.ascontiguousarray(acc), 1 / feed.fs_hz).T
    up_x, up_y = 2 * (x * z - w * y), 2 * (w * x + y * z)  # up in thigh axes
    tilt_deg = np.rad2deg(np.arctan2(up_x, up_y))
    standing = slice(int(1 * feed.fs_hz), int(5 * feed.fs_hz))
    tilt_deg -= tilt_deg[standing].mean()
    peaks = truth["truth_peak_t_s"]
    wanted = peaks >= truth["t_run_s"] + SETTLED_S
    at = np.clip(np.rint(peaks[wanted] * feed.fs_hz).astype(int), 1, len(tilt_deg) - 2)
    tops = np.max([tilt_deg[at - 1], tilt_deg[at], tilt_deg[at + 1]], axis=0)
    return float(np.sqrt(np.mean((tops - np.asarray(truth["truth_peak_deg"])[wanted]) ** 2)))


def _change_error_deg(path):
    """Late (last 5 min) minus early (minutes 1 to 6) knee lift, found minus true."""
    truth = Recording(path).truth
    found = replay(path)["strides"]
    changes = []
    for t_s, lift_deg in (
        (np.array([s["t_s"] for s in found]), np.array([s["knee_lift_deg"] for s in found])),
        (np.asarray(truth["truth_peak_t_s"]), np.asarray(truth["truth_peak_deg"])),
    ):
        start_s, end_s = truth["t_run_s"], truth["t_end_s"]
        early = (t_s > start_s + 60) & (t_s < start_s + 360)
        late = t_s > end_s - 300
        changes.append(lift_deg[late].mean() - lift_deg[early].mean())
    return float(changes[0] - changes[1])
