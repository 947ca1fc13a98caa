"""The cue's error rates: simulated running, stride by stride, through the real `kneecore.cue`. No IMU, no board.

What is simulated stands in `Runner` and `course`; it is a model, and its figures are the model's. Strides resemble
their neighbours; minute means wander (an assumption: SD 0.8 to 1.5 degrees, correlation from minute to minute 0.8 to
0.95); cadence wanders and lift goes with it by a slope of the runner's own; hills, halts, re-straps come by chance.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas

from bench.bounds import Bounds
from kneecore import sessionlog, settings
from kneecore.cue import Cue

STEP_S = 20  # a "step" of knee lift takes so long, as in the recordings


@dataclass
class Runner:
    """One person, drawn by `runner`. Angles in degrees."""

    lift: float
    stride_s: float
    stride_sd: float  # of single strides
    likeness: float  # correlation of a stride with the next
    wander_sd: float  # of minute means
    wander_likeness: float  # correlation of minute means one minute apart
    pace_sd_percent: float  # of cadence, wandering over minutes
    slope: float  # degrees of lift per 1 % of cadence


def runner(random, wander_sd=None, wander_likeness=None):
    """Draw a Runner. Cadence, lift and slope as in RBDS; the wander is assumed."""
    return Runner(
        lift=float(np.clip(random.normal(39, 7), 24, 58)),
        stride_s=120 / random.uniform(150, 190),
        stride_sd=random.uniform(0.7, 1.3),
        likeness=random.uniform(0.5, 0.7),
        wander_sd=random.uniform(0.8, 1.5) if wander_sd is None else wander_sd,
        wander_likeness=random.uniform(0.8, 0.95) if wander_likeness is None else wander_likeness,
        pace_sd_percent=random.uniform(0.4, 1.2),
        slope=float(np.clip(random.normal(0.85, 0.3), 0.1, 1.8)),
    )


def wander(random, count, stride_s, sd, likeness):
    """An Ornstein-Uhlenbeck process at each stride, whose minute means have that SD and lag-1 correlation."""
    # its minute means correlate by (1 - e^-a)^2 / 2 (a - 1 + e^-a), where a is a minute over the length of its memory
    low, high = 1e-4, 5.0
    for _ in range(60):
        a = (low + high) / 2
        found = (1 - math.exp(-a)) ** 2 / (2 * (a - 1 + math.exp(-a)))
        low, high = (a, high) if found > likeness else (low, a)
    mean_variance = 2 * (a - 1 + math.exp(-a)) / a**2
    return _ar1(random, count, math.exp(-a * stride_s / 60)) * (sd / math.sqrt(mean_variance))


def _ar1(random, count, likeness):
    """Unit-variance first-order autoregression, started in its stationary state."""
    noise = random.standard_normal(count) * (math.sqrt(1 - likeness**2) / (1 - likeness))
    noise[0] = random.standard_normal()
    return pandas.Series(noise).ewm(alpha=1 - likeness, adjust=False).mean().to_numpy()


@dataclass
class Course:
    """A run's strides as the pipeline would log them: int arrays; `realigned`: stride numbers before which it was."""

    t_ms: np.ndarray
    dt_ms: np.ndarray
    lift_cdeg: np.ndarray
    low_cdeg: np.ndarray
    flags: np.ndarray
    realigned: tuple = ()


def course(random, who, minutes, drop=None, slower_percent=None, slower_drop=None, events=True):
    """`minutes` of running. `drop`, `slower_percent`, `slower_drop`: functions of the running time in s, or None.

    `drop`: degrees of lift lost; `slower_percent`: of cadence, with `slower_drop` degrees of lift lost to pace.
    """
    count = int(minutes * 60 / who.stride_s)
    t_s = np.arange(count) * who.stride_s
    pace = wander(random, count, who.stride_s, who.pace_sd_percent, 0.85)
    lift = who.lift + wander(random, count, who.stride_s, who.wander_sd, who.wander_likeness)
    lift = lift - random.uniform(0, 1.5) * np.exp(-t_s / 100)  # the first minutes
    low = -20 + wander(random, count, who.stride_s, 0.8, 0.85) + random.standard_normal(count)
    gaps = np.zeros(count)
    flags = np.zeros(count, int)
    flags[:12] |= sessionlog.UNSURE
    flags[0] |= sessionlog.FIRST
    realigned = []
    if events:
        for at_s in _times(random, minutes, 4):  # hills: lift and cadence go up or down for one to three minutes
            length_s = random.uniform(60, 180)
            shape = np.clip(np.minimum(t_s - at_s, at_s + length_s - t_s) / 15, 0, 1)
            lift = lift + shape * random.normal(0, 0.8)
            pace = pace + shape * random.normal(0, 1.0)
        for at_s in _times(random, minutes, 2):  # halts
            i = min(int(at_s / who.stride_s), count - 1)
            gaps[i] += random.uniform(8, 60)
            flags[i] |= sessionlog.FIRST
        for at_s in _times(random, minutes, 0.15):  # the strap slips or is moved; found within about 12 s
            i = int(at_s / who.stride_s)
            lift[i:] += random.normal(0, 2)
            found = min(i + 18, count - 1)
            flags[i : found + 20] |= sessionlog.UNSURE
            realigned.append(found)
    if slower_percent is not None:
        pace = pace - slower_percent(t_s)
        lift = lift - slower_drop(t_s) + who.slope * slower_percent(t_s)  # the slope below is not the slowing's
    lift = lift + who.slope * pace + _ar1(random, count, who.likeness) * who.stride_sd
    if drop is not None:
        lift = lift - drop(t_s)
    dt_s = who.stride_s * (1 - pace / 100) + random.normal(0, 0.008, count)
    dt_ms = np.rint(dt_s * 1000).astype(int)
    t_ms = 20_000 + np.cumsum(dt_ms + np.rint(gaps * 1000).astype(int))
    return Course(t_ms, dt_ms, np.rint(lift * 100).astype(int), np.rint(low * 100).astype(int), flags, tuple(realigned))


def _times(random, minutes, each_hour):
    return random.uniform(0, minutes * 60, random.poisson(each_hour * minutes / 60))


def step(at_s, deg, takes_s=STEP_S):
    """A fall of `deg` within `takes_s`."""
    return lambda t_s: np.clip((t_s - at_s) / takes_s, 0, 1) * deg


class Log:
    """The cue's sink."""

    def __init__(self):
        self.events = []

    def __call__(self, *values):
        self.events.append(values)

    def times_s(self, kind=sessionlog.CUE):
        return [values[0] / 1000 for values in self.events if values[1] == kind]


def through(run, values=None):
    """(Log, Cue) of a Course through the real cue, with these settings (default: the defaults)."""
    log = Log()
    cue = Cue(values or settings.defaults(), log)
    feed = cue.stride
    realigned = set(run.realigned)
    rows = zip(
        run.t_ms.tolist(),
        run.dt_ms.tolist(),
        run.lift_cdeg.tolist(),
        run.low_cdeg.tolist(),
        run.flags.tolist(),
        strict=True,
    )
    for i, row in enumerate(rows):
        if i in realigned:
            cue.realigned(row[0] - 1)
        feed(*row)
    return log, cue


JUDGED = 1_000_000  # seeds from here on; the defaults were chosen on those below
RUN_MIN = 60
FALL_AT_S = 900
DROPS_DEG = (2, 3, 4, 6)
RAMP_S = 420
LOOK_S = 900  # a cue later than this after a fall began counts as none


def fresh_hour(seed, values=None):
    """(cues, alarms of the jumps' CUSUM, of a plain one, degrees that each ten is below the baseline, s a ten)."""
    random = np.random.default_rng(seed)
    who = runner(random)
    run = course(random, who, RUN_MIN)
    log, tens = watched(run, values)
    alarms = [sum(one[name] for one in tens) for name in ("jump", "plain")]
    ten_s = float(np.median(np.diff([one["t_s"] for one in tens]))) if len(tens) > 1 else math.nan
    return len(log.times_s()), *alarms, np.array([one["drop_cdeg"] for one in tens]) / 100, ten_s


def watched(run, values=None):
    """(Log, each ten that was compared with the baseline: t_s, drop_cdeg, alarms of the detectors without the rest).

    "jump" is the cue's own first look, `Cue.jumped`; "plain" is Page's CUSUM on what each ten is below the baseline
    (k half of cue.drop_cdeg, h 5 spreads), begun anew after each alarm as the theory has it: to compare with.
    """
    tens, level = [], 0
    values = values or settings.defaults()
    log = Log()
    cue = Cue(values, log)
    jumped = cue.jumped
    now_ms = 0

    def residual(drop):
        nonlocal level
        level = max(0, level + drop - values["cue.drop_cdeg"] // 2)
        plain = level * 10 > 50 * cue.baseline.sigma_cdeg
        level = 0 if plain else level
        found = jumped(drop)
        tens.append({"t_s": now_ms / 1000, "drop_cdeg": drop, "jump": found, "plain": plain})
        return found

    cue.jumped = residual
    realigned = set(run.realigned)
    columns = (run.t_ms, run.dt_ms, run.lift_cdeg, run.low_cdeg, run.flags)
    for i, row in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        now_ms = row[0]
        if i in realigned:
            cue.realigned(row[0] - 1)
        cue.stride(*row)
    return log, tens


def delay_s(seed, deg, takes_s, values=None):
    """(first cue, first jump found, first alarm of a plain CUSUM) in s after a fall began (inf: none in LOOK_S), known.

    `known`: whether a baseline was known at the fall, and no strap was moved within the minute after.
    """
    random = np.random.default_rng(seed)
    who = runner(random)
    run = course(random, who, (FALL_AT_S + LOOK_S) / 60, drop=step(FALL_AT_S, deg, takes_s))
    log, tens = watched(run, values)
    from_s = run.t_ms[int(FALL_AT_S / who.stride_s)] / 1000
    cues = [t_s - from_s for t_s in log.times_s() if t_s > from_s]
    jumps, plain = (
        [one["t_s"] - from_s for one in tens if one[name] and one["t_s"] > from_s] for name in ("jump", "plain")
    )
    moved_s = [t_s for t_s in run.t_ms[list(run.realigned)] / 1000 if t_s < from_s + 60]
    known = any(max(moved_s, default=0) < t_s < from_s for t_s in log.times_s(sessionlog.BASELINE))
    return *((found or [math.inf])[0] for found in (cues, jumps, plain)), known


def changes_with_pace(folder):
    """Each leg's change from one pace to the next 1 m/s slower: [(lift lost in degrees, cadence lost in percent)]."""
    found = {}
    for path in sorted(folder.glob("trials/*.npz")):
        with np.load(path, allow_pickle=False) as fields:
            times_s = fields["truth_peak_t_s"]
            found.setdefault((str(fields["subject"]), str(fields["leg"])), {})[float(fields["speed_mps"])] = (
                float(np.mean(fields["truth_peak_deg"])),
                60 / float(np.median(np.diff(times_s))),
            )
    pairs = []
    for paces in found.values():
        for slow, fast in itertools.pairwise(sorted(paces)):
            (low, slow_rate), (high, fast_rate) = paces[slow], paces[fast]
            pairs.append((high - low, 100 * (1 - slow_rate / fast_rate)))
    return pairs


def slowed(seed, change, slower_mps, takes_s, values=None):
    """Whether a cue came in the 15 minutes after that runner slowed down, untired."""
    lift_deg, percent = change
    random = np.random.default_rng(seed)
    who = runner(random)
    run = course(
        random,
        who,
        (FALL_AT_S + LOOK_S) / 60,
        slower_percent=step(FALL_AT_S, percent * slower_mps, takes_s),
        slower_drop=step(FALL_AT_S, lift_deg * slower_mps, takes_s),
    )
    from_s = run.t_ms[int(FALL_AT_S / who.stride_s)] / 1000
    return any(t_s > from_s for t_s in through(run, values)[0].times_s())


def upper_95(count):
    """Upper 95 % limit (one-sided) of a Poisson mean of which `count` events were seen."""
    low, high = float(count), 3.0 * count + 10
    for _ in range(60):
        mean = (low + high) / 2
        at_most = sum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(count + 1))
        low, high = (mean, high) if at_most > 0.05 else (low, mean)
    return mean


def campaign(hours=200, falls=200, folder=None, values=None):
    """Every figure as a dict; about a minute for 200 hours and 200 falls each on one core."""
    hour = [fresh_hour(JUDGED + seed, values) for seed in range(hours)]
    cues, jumps, plain = (sum(one[i] for one in hour) for i in range(3))
    bounds = Bounds([one[3] for one in hour])
    ten_s = float(np.nanmean([one[4] for one in hour]))
    figures = {
        "hours": hours,
        "cues": cues,
        "runs_with_cues": sum(one[0] > 0 for one in hour),
        "cues_per_20_h": 20 * cues / hours,
        "upper_95_per_20_h": 20 * upper_95(cues) / hours,
        "jumps_per_h": jumps / hours,
        "plain_per_h": plain / hours,
        "residual_sd_deg": bounds.sd_deg,
        "next_sd_deg": bounds.next_sd_deg,
        "ten_s": ten_s,
        "falls": {},
        "slower": {},
    }
    for deg in DROPS_DEG:
        for kind, takes_s in (("step", STEP_S), ("ramp", RAMP_S)):
            found = np.array([delay_s(JUDGED + seed, deg, takes_s, values)[0] for seed in range(falls)])
            row = {
                "median_s": float(np.median(found)),
                "within_100_s": float((found <= 100).mean()),
                "within_15_min": float(np.isfinite(found).mean()),
            }
            if kind == "step":
                at_once = np.array([delay_s(JUDGED + seed, deg, 1, values) for seed in range(falls)])
                means_s = np.minimum(at_once, LOOK_S).mean(axis=0)
                known_s = np.minimum(at_once[at_once[:, 3] == 1], LOOK_S).mean(axis=0)
                for i, (name, alarms) in enumerate((("whole", cues), ("jump", jumps), ("plain", plain))):
                    arl = bounds.tens / max(alarms, 1)
                    row[name] = {
                        "mean_s": float(means_s[i]),
                        "known_mean_s": float(known_s[i]),
                        "found": float(np.isfinite(at_once[:, i]).mean()),
                        "independent_s": bounds.independent(deg, arl) * ten_s,
                        "informed_s": bounds.informed(deg, arl) * ten_s,
                        "long_run_s": bounds.long_run(deg, arl) * ten_s,
                    }
            figures["falls"][f"{deg}_deg_{kind}"] = row
    changes = changes_with_pace(folder) if folder else []
    for slower in (0.25, 0.5, 0.75) if changes else ():
        for kind, takes_s in (("step", STEP_S), ("ramp", 300)):
            cued = [
                slowed(JUDGED + 97 * i + again, change, slower, takes_s, values)
                for i, change in enumerate(changes)
                for again in range(4)
            ]
            figures["slower"][f"{slower}_mps_{kind}"] = {"cases": len(cued), "cued_percent": 100 * float(np.mean(cued))}
    return figures


def run():
    """A sample for `make bench`."""
    from kneesync.simulation.feed import recordings_folder

    figures = campaign(40, 40, recordings_folder() if recordings_folder().is_dir() else None)
    return list(rows(figures)), figures


def rows(figures):
    """The figures in lines."""
    yield (
        f"the cue, simulated: {figures['cues']} cues in {figures['hours']} h of fresh running, in "
        f"{figures['runs_with_cues']} runs; {figures['cues_per_20_h']:.2f} in 20 h, upper 95 % limit "
        f"{figures['upper_95_per_20_h']:.2f}"
    )
    yield (
        f"  tens are off the baseline by {figures['residual_sd_deg']:.2f} deg (SD), off what those before let expect "
        f"by {figures['next_sd_deg']:.2f}; false alarms an hour: jumps {figures['jumps_per_h']:.1f}, a plain CUSUM "
        f"{figures['plain_per_h']:.1f}"
    )
    for name, row in figures["falls"].items():
        yield (
            f"  {name}: cue after {row['median_s']:.0f} s (median), {100 * row['within_100_s']:.0f} % within 100 s, "
            f"{100 * row['within_15_min']:.0f} % within 15 min"
        )
        for part in ("jump", "plain", "whole") if "jump" in row else ():
            found = row[part]
            yield (
                f"    {part:5} mean {found['mean_s']:.0f} s ({found['known_mean_s']:.0f} s where a baseline was "
                f"known), found {100 * found['found']:.0f} %: "
                f"{found['mean_s'] / found['independent_s']:.1f} x Lorden's bound {found['independent_s']:.0f} s; "
                f"{found['mean_s'] / found['informed_s']:.1f} x the one for such residuals, "
                f"{found['informed_s']:.0f} s (long-run {found['long_run_s']:.0f} s)"
            )
    for name, row in figures["slower"].items():
        yield f"  slower by {name}: {row['cued_percent']:.1f} % of {row['cases']} cases cue"


if __name__ == "__main__":
    import json
    import sys
    from pathlib import Path

    from kneesync.simulation.feed import recordings_folder

    counts = [int(text) for text in sys.argv[1:]]
    found = campaign(*counts, folder=recordings_folder() if recordings_folder().is_dir() else None)
    print("\n".join(rows(found)))
    Path("build").mkdir(exist_ok=True)
    Path("build/campaign.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
