"""The cue's error rates: simulated running, stride by stride, through the real `kneecore.cue`. No IMU, no board.

What is simulated stands in `Runner` and `course`; it is a model, and its figures are the model's. Strides resemble
their neighbours; minute means wander (an assumption: SD 0.8 to 1.5 degrees, correlation from minute to minute 0.8 to
0.95); cadence wanders and lift goes with it by a slope of the runner's own; hills, halts, re-straps come by chance.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas

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
