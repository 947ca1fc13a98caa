"""kneecore on real sensors: MotionSense, phones in trouser pockets, beside a reference made offline.

Nobody measured these angles. The reference is VQF looking back from the end, its tilt about the principal axis of the
gyroscope, and the stride period is the gyroscope's autocorrelation: they share the samples, not the algorithm. Data:
Malekzadeh et al. 2019, 10.1145/3302505.3310068; kinds of activity by the set's own names.
"""

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

from bench import filters
from kneesync.services.replay import replay_feed
from kneesync.simulation.feed import ACC_G_PER_LSB, GYRO_DPS_PER_LSB, ArrayFeed, Recording, recordings_folder

FOLDER = "motionsense"
MODELLED_START = "motionsense/modelled_start"
NO_RUNNING = {"walking": ("wlk",), "stairs": ("ups", "dws"), "standing and sitting": ("std", "sit")}

STRIDE_S = (0.5, 1.0)
WINDOW_S, HOP_S, INNER_S = 6.0, 1.0, 2.0  # running is told in windows; their inner part counts
LEAST_LIKENESS = 0.5  # of a window with itself a stride later
LEAST_RATE_DPS = 120.0  # RMS
LEAST_RISE_DEG = 12.0
CADENCE_OFF = 0.12


def recordings(folder, kind):
    """Paths of the recordings of a kind, sorted."""
    return sorted((recordings_folder() / folder).glob(f"{kind}_*.npz"))


def counted(path):
    """(strides that kneecore counts, hours, cues) of a recording of no running."""
    feed = Recording(path)
    result = replay_feed(feed)
    return len(result["strides"]), feed.length / feed.fs_hz / 3600, len(result["cues"])


def judged(path):
    """Figures of a running recording; None where the reference finds no running in it."""
    feed = Recording(path)
    counts = feed.block(0, feed.length).astype(float)
    gyr_dps, acc_g = counts[:, :3] * GYRO_DPS_PER_LSB, counts[:, 3:] * ACC_G_PER_LSB
    running, period_s = _running(gyr_dps, feed.fs_hz)
    running &= np.arange(feed.length) / feed.fs_hz > _ran_from_s(path)
    if period_s is None or running.sum() < WINDOW_S * feed.fs_hz:
        return None
    top_s, top_deg = _reference(gyr_dps, acc_g, feed.fs_hz, running, period_s)
    strides = replay_feed(feed)["strides"]
    at = np.minimum([round(stride["t_s"] * feed.fs_hz) for stride in strides], feed.length - 1).astype(int)
    inside = [stride for stride, ran in zip(strides, running[at], strict=True) if ran]
    matched, off_deg = _matched(top_s, top_deg, strides, 0.35 * period_s)
    extra = sum(id(stride) not in matched for stride in inside)
    spm = np.array([stride["cadence_spm"] for stride in inside if stride["cadence_spm"]])
    return {
        "reference": len(top_s),
        "missed": len(top_s) - len(matched),
        "extra": extra,
        "unsure_percent": 100 * float(np.mean(["unsure" in stride["flags"] for stride in inside])) if inside else None,
        "cadence_off_percent": 100 * float(np.mean(np.abs(spm * period_s / 120 - 1) > CADENCE_OFF))
        if len(spm)
        else None,
        "lift_sd_deg": float(np.std(off_deg)) if len(off_deg) > 5 else None,
    }


def looped(path, duration_s):
    """A jog with a modelled start, its running repeated from top to top until it lasts `duration_s`; without truth."""
    feed = Recording(path)
    samples = feed.block(0, feed.length)
    gyr_dps, acc_g = samples[:, :3] * GYRO_DPS_PER_LSB, samples[:, 3:] * ACC_G_PER_LSB
    running, period_s = _running(gyr_dps, feed.fs_hz)
    running &= np.arange(feed.length) / feed.fs_hz > _ran_from_s(path)
    top_s, _ = _reference(gyr_dps, acc_g, feed.fs_hz, running, period_s)
    first, last = (round(at_s * feed.fs_hz) for at_s in _longest_unbroken(top_s, 1.5 * period_s))
    times = int((duration_s * feed.fs_hz - first) / (last - first))
    return ArrayFeed(np.concatenate([samples[:first], *[samples[first:last]] * times]), feed.fs_hz)


def together(recorded):
    """Figures over several recordings' `judged`."""

    def of(name):
        return [figures[name] for figures in recorded if figures[name] is not None]

    reference = sum(of("reference"))
    return {
        "recordings": len(recorded),
        "reference": reference,
        "missed_percent": 100 * sum(of("missed")) / reference,
        "extra_percent": 100 * sum(of("extra")) / reference,
        "unsure_percent": float(np.mean(of("unsure_percent"))),
        "cadence_off_percent": float(np.mean(of("cadence_off_percent"))),
        "lift_sd_deg": float(np.median(of("lift_sd_deg"))),
        "lift_sd_p90_deg": float(np.percentile(of("lift_sd_deg"), 90)),
    }


def _ran_from_s(path):
    """From when a recording is all recorded: a modelled start comes before."""
    with np.load(path, allow_pickle=False) as fields:
        return float(fields["t_run_s"]) + 1 if "t_run_s" in fields else 0.0


def _longest_unbroken(t_s, most_s):
    """The first and the last of the longest row of times that are at most `most_s` apart."""
    breaks = np.flatnonzero(np.diff(t_s) > most_s) + 1
    row = max(np.split(t_s, breaks), key=len)
    return row[0], row[-1]


def _running(gyr_dps, fs_hz):
    """(mask of the samples that run, the median stride period, s, or None)."""
    length, hop = int(WINDOW_S * fs_hz), int(HOP_S * fs_hz)
    t_s = np.arange(len(gyr_dps)) / fs_hz
    running, found_s = np.zeros(len(t_s), bool), []
    for start in range(0, len(t_s) - length + 1, hop):
        window = gyr_dps[start : start + length]
        period_s, likeness = _period_s(window, fs_hz)
        strong = np.sqrt((window**2).sum(1).mean()) > LEAST_RATE_DPS
        if strong and likeness > LEAST_LIKENESS and STRIDE_S[0] <= period_s <= STRIDE_S[1]:
            found_s.append(period_s)
            running |= np.abs(t_s - (start + length / 2) / fs_hz) <= INNER_S
    return running, float(np.median(found_s)) if found_s else None


def _period_s(window, fs_hz):
    """(stride period, s; likeness): of the lags at which a window is most like itself, the shortest."""
    centred = window - window.mean(0)
    n = len(centred)
    product = np.fft.irfft((np.abs(np.fft.rfft(centred, 2 * n, axis=0)) ** 2).sum(1))[:n]
    likeness = product / product[0] * n / (n - np.arange(n))
    shortest, longest = int(0.4 * fs_hz), int(1.5 * fs_hz)
    peaks = find_peaks(likeness[shortest:longest])[0] + shortest
    if not len(peaks):
        return 0.0, 0.0
    lag = peaks[likeness[peaks] > likeness[peaks].max() - 0.07][0]
    left, top, right = likeness[lag - 1 : lag + 2]
    return (lag + 0.5 * (left - right) / (left - 2 * top + right)) / fs_hz, float(top)


def _reference(gyr_dps, acc_g, fs_hz, running, period_s):
    """(times, s; heights, degrees) of the thigh's tops while it runs, by offline VQF."""
    w, x, y, z = filters.vqf_offline(np.ascontiguousarray(gyr_dps), np.ascontiguousarray(acc_g), fs_hz).T
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], 1)
    mean_up = up[running].mean(0)
    mean_up /= np.linalg.norm(mean_up)
    turning = gyr_dps[running] - gyr_dps[running].mean(0)
    right = np.linalg.eigh(turning.T @ turning)[1][:, 2]
    right -= (right @ mean_up) * mean_up
    right /= np.linalg.norm(right)
    tilt_deg = np.rad2deg(np.arctan2(up @ np.cross(mean_up, right), up @ mean_up))
    spread = tilt_deg[running] - tilt_deg[running].mean()
    if (spread**3).mean() > 0:  # a thigh dwells in front and is behind but briefly
        tilt_deg = -tilt_deg
    smooth_deg = sosfiltfilt(butter(4, 10, fs=fs_hz, output="sos"), tilt_deg)
    tops = find_peaks(smooth_deg, distance=int(0.6 * period_s * fs_hz), prominence=LEAST_RISE_DEG)[0]
    tops = tops[running[tops]]
    return tops / fs_hz, smooth_deg[tops]


def _matched(top_s, top_deg, strides, within_s):
    """(ids of the strides matched to a top, each one's lift less the top's, degrees)."""
    matched, off_deg = set(), []
    t_s = np.array([stride["t_s"] for stride in strides])
    for at_s, high_deg in zip(top_s, top_deg, strict=True):
        if len(t_s):
            nearest = strides[int(np.argmin(np.abs(t_s - at_s)))]
            if abs(nearest["t_s"] - at_s) <= within_s and id(nearest) not in matched:
                matched.add(id(nearest))
                off_deg.append(nearest["knee_lift_deg"] - high_deg)
    return matched, off_deg
