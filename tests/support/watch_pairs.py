"""Simulated pairs of a session and a watch's recording of the same run, seeded: what placing is chosen and judged by.

The runner is the virtual one. What is assumed of watches (no source says how one counts steps): cadence is the count of
steps over 3 to 15 s, or follows exponentially; it comes 0 to 2 s late, in whole strides a minute, often with a half.
"""

from dataclasses import dataclass

import numpy as np

from kneesync.simulation.runner import Fatigue, Halt, Hill, Run, Runner, Stand, Strides, Turn, Walk, strides


@dataclass
class Pair:
    """t_s, stride_s: the session's strides. watch_t_s, watch_spm: the watch's records. lag_s: the truth."""

    t_s: np.ndarray
    stride_s: np.ndarray
    knee_lift_deg: np.ndarray
    watch_t_s: np.ndarray
    watch_spm: np.ndarray
    watch_speed_mps: np.ndarray
    lag_s: float
    kind: str


KINDS = ("easy", "hilly", "progressive", "city", "repeats", "long")


def plan(kind, rng):
    """A plan of 15 to 75 minutes."""
    pace = float(rng.uniform(2.5, 3.6))
    if kind == "easy":
        return [Stand(6), Run(60 * rng.uniform(15, 50), pace)]
    if kind == "progressive":
        return [Stand(6), Run(60 * rng.uniform(15, 45), pace - 0.2, pace + rng.uniform(0.2, 0.8))]
    if kind == "hilly":
        pieces = []
        for _ in range(int(rng.integers(5, 12))):
            pieces += [Run(float(rng.uniform(60, 240)), pace), Hill(float(rng.uniform(40, 180)), pace - 0.3, 5.0)]
            pieces += [Hill(float(rng.uniform(40, 150)), pace + 0.2, -5.0)]
        return [Stand(6), *pieces]
    if kind == "city":
        pieces = []
        for _ in range(int(rng.integers(5, 12))):
            pieces += [Run(float(rng.uniform(60, 360)), pace), Halt(float(rng.uniform(8, 60)))]
            if rng.random() < 0.3:
                pieces += [Walk(float(rng.uniform(20, 60)))]
            pieces += [Turn(90, 3, pace)]
        return [Stand(6), *pieces, Run(120, pace)]
    if kind == "repeats":
        return [Stand(6), *workout(int(rng.integers(5, 9)), 180, 90, pace)]
    return [Stand(6), Run(60 * rng.uniform(50, 75), pace), Strides(3)]


def workout(count, fast_s, easy_s, pace=3.0):
    return [Run(600, pace), *[Run(fast_s, pace + 1.0), Run(easy_s, pace - 0.4)] * count, Run(300, pace)]


def run(seed, kind=None, wanted=None, runner=None):
    """The strides of one run as it was: (dict of runner.strides, kind). `runner`: the seed of who runs."""
    rng = np.random.default_rng([seed, 11])
    kind = kind or KINDS[int(rng.integers(len(KINDS)))]
    fatigue = Fatigue.ramp(10, 40, float(rng.uniform(0, 5)), cadence_loss_percent=float(rng.uniform(0, 3)))
    return strides(
        wanted or plan(kind, rng), seed=seed, runner=Runner.typical(seed if runner is None else runner), fatigue=fatigue
    ), kind


def session_of(found, seed):
    """(t_s, stride_s, knee_lift_deg, start) as the board records them: lost strides, gaps, its own crystal.

    `start`: the run's time at which the session's own time is 0.
    """
    rng = np.random.default_rng([seed, 12])
    t_s, stride_s = found["t_s"], found["stride_s"].copy()
    stride_s[(stride_s > 1.0) | (stride_s < 0.3)] = np.nan
    kept = rng.random(len(t_s)) > rng.uniform(0, 0.03)
    for _ in range(int(rng.integers(0, 4))):  # samples lost, a re-strap
        at = rng.uniform(t_s[0], t_s[-1])
        kept &= ~((t_s > at) & (t_s < at + rng.uniform(1, 30)))
    if rng.random() < 0.3:  # the board was switched on late, or off early
        kept &= t_s > t_s[0] + rng.uniform(0, 0.3) * (t_s[-1] - t_s[0])
    if rng.random() < 0.2:
        kept &= t_s < t_s[-1] - rng.uniform(0, 0.3) * (t_s[-1] - t_s[0])
    stride_s[1:][~kept[:-1]] = np.nan
    t_s, stride_s, lift = t_s[kept], stride_s[kept], found["knee_lift_deg"][kept]
    start = float(t_s[0])
    rate = 1 + rng.normal(0, 40e-6)
    t_ms = np.rint((t_s - start) * rate * 1000)
    return t_ms / 1000, np.rint(stride_s * rate * 1000) / 1000, lift, start


def watch_of(found, seed):
    """(t_s, cadence_spm, speed_mps): a watch's records of a run, in the run's time."""
    rng = np.random.default_rng([seed, 13])
    t_s, stride_s = found["t_s"], found["stride_s"]
    late_s = rng.uniform(0, 2)
    from_s, to_s = t_s[0] - rng.uniform(0, 300), t_s[-1] + rng.uniform(0, 300)
    if rng.random() < 0.3:
        from_s = t_s[0] + rng.uniform(0, 0.3) * (t_s[-1] - t_s[0])
    second = np.arange(np.ceil(from_s), to_s) + 0.0
    fine_s = np.arange(from_s - 60, to_s, 0.1)
    spm = np.zeros(len(fine_s))
    nearest = np.minimum(np.searchsorted(t_s, fine_s), len(t_s) - 1)
    running = (t_s[nearest] - fine_s <= stride_s[nearest]) & (stride_s[nearest] < 1.2)
    spm[running] = 120 / stride_s[nearest][running]
    # before the first and between runs people stand, or walk about
    walking = np.repeat(rng.random(len(fine_s) // 200 + 1) < 0.3, 200)[: len(fine_s)] & ~running
    spm[walking] = 105
    if rng.random() < 0.5:
        width = round(rng.uniform(3, 15) * 10)
        kernel = np.ones(width) / width
    else:
        memory_s = rng.uniform(1.5, 6)
        kernel = np.exp(-np.arange(0, 6 * memory_s, 0.1) / memory_s)
        kernel /= kernel.sum()
    smooth = np.convolve(spm, kernel)[: len(spm)]
    seen = np.interp(second - late_s, fine_s, smooth)
    seen += rng.normal(0, 0.3) * (rng.random() < 0.3)
    for _ in range(int(rng.integers(0, 4))):  # the wrist locks on to another rhythm
        at, lasts, to = rng.uniform(from_s, to_s), rng.uniform(10, 120), rng.choice([0.5, 0.94, 1.07, 0.75])
        locked = (second > at) & (second < at + lasts)
        seen[locked] = seen[locked] * to if rng.random() < 0.7 else seen[locked][0] if locked.any() else 0
    step = 1.0 if rng.random() < 0.6 else 2.0  # with fractional cadence, or in whole strides
    seen = np.rint(seen / step) * step
    speed = np.interp(second, t_s, found["speed_mps"]) + rng.normal(0, 0.05, len(second))
    kept = rng.random(len(second)) > rng.uniform(0, 0.05)
    if rng.random() < 0.25:  # smart recording
        kept = np.zeros(len(second), bool)
        smart = np.cumsum(rng.integers(1, 8, len(second)))
        kept[smart[smart < len(second)]] = True
    if rng.random() < 0.3:  # the runner stopped the timer
        at = rng.uniform(from_s, to_s)
        kept &= ~((second > at) & (second < at + rng.uniform(10, 240)))
    seen[rng.random(len(second)) < rng.uniform(0, 0.02)] = np.nan
    drift = 1 + rng.normal(0, 5e-6)
    return (second[kept] - second[0]) * drift, seen[kept], speed[kept], float(second[0])


def pair(seed, kind=None, wanted=None, runner=None):
    """A session and a watch of the same run."""
    found, kind = run(seed, kind, wanted, runner)
    t_s, stride_s, lift, start = session_of(found, seed)
    watch_t_s, spm, speed, watch_start = watch_of(found, seed)
    shift = float(np.random.default_rng([seed, 14]).uniform(-5000, 5000))
    return Pair(t_s, stride_s, lift, watch_t_s + shift, spm, speed, start - watch_start + shift, kind)
