"""What a virtual runner is asked to do, segment by segment, and the strides that come of it.

    plan = [Stand(6), KneeRaises(3), Stand(2), Run(600, 3.0), Halt(25), Hill(90, 2.8, 5), Run(300, 3.2)]

`lay_out` turns a plan into knots: moments (knee-lift peaks, or the ends of standing) with everything that changes from
stride to stride. Between knots the motion is interpolated. All random numbers of a run's form are drawn here, by stride
and not by sample, so the same seed moves the same way under any sensor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .gait import Fatigue, Runner

START_MPS2 = 1.5  # how hard a runner speeds up; fast strides take twice that
STOP_MPS2 = 2.0


class Piece(NamedTuple):
    """A stretch of one gait at one pace."""

    label: str
    gait: str
    duration_s: float
    speed_mps: float = 0.0
    grade_percent: float = 0.0
    turn_deg: float = 0.0
    lift_deg: float = 0.0  # of raises, by count
    sway_deg: float = 0.0  # of standing
    hurry: float = 1.0  # how much harder than START_MPS2 the pace is taken up


@dataclass(frozen=True)
class Stand:
    """Standing still; `sway_deg` 0.4 is calm, 5 is fidgeting."""

    duration_s: float = 6.0
    sway_deg: float = 0.4
    label: str = "stand"

    def pieces(self):
        return [Piece(self.label, "stand", self.duration_s, sway_deg=self.sway_deg)]


@dataclass(frozen=True)
class Halt(Stand):
    """A stop in mid-run (traffic light)."""

    duration_s: float = 25.0
    sway_deg: float = 0.8
    label: str = "halt"


@dataclass(frozen=True)
class KneeRaises:
    """Lifts of this knee, one in two seconds, standing."""

    count: int = 3
    lift_deg: float = 65.0
    period_s: float = 2.0

    def pieces(self):
        return [Piece("raises", "raise", self.count * self.period_s, lift_deg=self.lift_deg)]


@dataclass(frozen=True)
class Walk:
    """Walking."""

    duration_s: float = 60.0
    speed_mps: float = 1.4

    def pieces(self):
        return [Piece("walk", "walk", self.duration_s, self.speed_mps)]


@dataclass(frozen=True)
class Run:
    """Running; with `end_speed_mps` the pace changes evenly from the first to the other."""

    duration_s: float = 60.0
    speed_mps: float = 3.0
    end_speed_mps: float | None = None

    def pieces(self):
        if self.end_speed_mps is None:
            return [Piece("run", "run", self.duration_s, self.speed_mps)]
        count = max(2, int(self.duration_s / 10))
        paces = np.linspace(self.speed_mps, self.end_speed_mps, count)
        return [Piece("run", "run", self.duration_s / count, float(pace)) for pace in paces]


@dataclass(frozen=True)
class Hill:
    """Running up (or, with a negative grade, down)."""

    duration_s: float = 60.0
    speed_mps: float = 2.8
    grade_percent: float = 5.0

    def pieces(self):
        return [Piece("hill", "run", self.duration_s, self.speed_mps, grade_percent=self.grade_percent)]


@dataclass(frozen=True)
class Turn:
    """A corner while running: + is to the left."""

    angle_deg: float = 90.0
    duration_s: float = 2.0
    speed_mps: float = 3.0

    def pieces(self):
        return [Piece("turn", "run", self.duration_s, self.speed_mps, turn_deg=self.angle_deg)]


@dataclass(frozen=True)
class HighKnees:
    """High knees, nearly on the spot."""

    duration_s: float = 15.0
    speed_mps: float = 0.8

    def pieces(self):
        return [Piece("high_knees", "high_knees", self.duration_s, self.speed_mps)]


@dataclass(frozen=True)
class Skips:
    """A-skips: two contacts of a foot in each cycle."""

    duration_s: float = 15.0
    speed_mps: float = 1.6

    def pieces(self):
        return [Piece("skips", "skip", self.duration_s, self.speed_mps)]


@dataclass(frozen=True)
class Strides:
    """Short fast accelerations out of easy running."""

    count: int = 4
    speed_mps: float = 6.0
    fast_s: float = 10.0
    easy_s: float = 25.0
    easy_speed_mps: float = 2.6

    def pieces(self):
        fast = Piece("strides", "run", self.fast_s, self.speed_mps, hurry=2.0)
        return [fast, Piece("run", "run", self.easy_s, self.easy_speed_mps)] * self.count


Segment = Stand | KneeRaises | Walk | Run | Hill | Turn | HighKnees | Skips | Strides

KNOT_FIELDS = (
    "t_s", "phase_turns", "lift_deg", "extension_deg", "speed_mps", "abduction_deg", "rotation_deg",
    "swing", "bounce", "sway_deg",
)  # fmt: skip


class Layout(NamedTuple):
    """A plan in time: `knots` maps KNOT_FIELDS to arrays, `gaits` names each knot's gait."""

    knots: dict[str, np.ndarray]
    gaits: np.ndarray
    pieces: list[Piece]
    starts_s: np.ndarray  # of the pieces, and the end of the last
    run_s: tuple[float, float]  # start and end of running


def pace_profile(pieces: Sequence[Piece], starts_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times (s) and paces (m/s) of the wished pace: speeding up after a boundary, slowing down before it."""
    times, paces = [0.0], [pieces[0].speed_mps]
    for index, (a, b) in enumerate(pairwise(pieces)):
        at = float(starts_s[index + 1])
        if b.speed_mps > a.speed_mps:
            took = min((b.speed_mps - a.speed_mps) / START_MPS2 / b.hurry, b.duration_s / 2)
            times += [at, at + took]
        else:
            took = min((a.speed_mps - b.speed_mps) / STOP_MPS2, a.duration_s / 2)
            times += [at - took, at]
        paces += [a.speed_mps, b.speed_mps]
    return np.array(times), np.array(paces)


class _Form:
    """The wandering part of a runner's form: noise with memory, advanced stride by stride."""

    def __init__(self, runner: Runner, rng: np.random.Generator):
        self._rng = rng
        self._runner = runner
        # SD and memory (s) of: lift within half a minute, lift over minutes, cadence, pace, ab/adduction, rotation
        self._sd = np.array([0.6 * runner.stride_sd_deg, runner.wander_sd_deg, 0.006, runner.pace_sd_mps, 0.6, 1.2])
        self._tau_s = np.array([12.0, runner.wander_tau_s, 120.0, 60.0, 30.0, 30.0])
        self.now = self._sd * rng.standard_normal(6)
        self.stride = rng.standard_normal(6)

    def advance(self, took_s: float, variability: float):
        memory = np.exp(-took_s / self._tau_s)
        draws = self._rng.standard_normal(12)
        self.now = memory * self.now + self._sd * np.sqrt(1 - memory * memory) * draws[:6]
        self.stride = draws[6:]
        self.lift_deg = self.now[1] + variability * (self.now[0] + 0.8 * self._runner.stride_sd_deg * draws[6])
        self.extension_deg = variability * (0.2 * draws[6] + 0.75 * draws[7])
        self.time_share = self.now[2] + variability * self._runner.stride_time_sd * draws[8]


def lay_out(plan: Sequence[Segment], runner: Runner, fatigue: Fatigue, rng: np.random.Generator) -> Layout:
    """The knots of a plan. ValueError for an empty plan, a negative duration or pace."""
    pieces = [piece for segment in plan for piece in segment.pieces()]
    if not pieces:
        raise ValueError("the plan is empty; give it at least one segment, such as Stand(6)")
    for piece in pieces:
        if not piece.duration_s > 0 or piece.speed_mps < 0:
            raise ValueError(
                f"{piece.label} lasts {piece.duration_s} s at {piece.speed_mps} m/s; both must be positive"
            )
    starts_s = np.concatenate([[0.0], np.cumsum([piece.duration_s for piece in pieces])])
    runs = [index for index, piece in enumerate(pieces) if piece.gait == "run"]
    run_s = (float(starts_s[runs[0]]), float(starts_s[runs[-1] + 1])) if runs else (float(starts_s[-1]),) * 2
    profile_t_s, profile_mps = pace_profile(pieces, starts_s)
    form = _Form(runner, rng)
    rows, gaits = [], []
    t_s, phase = 0.0, 0.5  # peaks at whole turns, standing in between
    before, took_s = "stand", 0.7

    for index, piece in enumerate(pieces):
        start_s, end_s = float(starts_s[index]), float(starts_s[index + 1])
        if piece.gait == "stand":
            if before != "stand":
                t_s, phase = t_s + 0.6 * took_s, phase + 0.5
            posture = 0.0 if index == 0 else float(rng.normal(0, 0.5))
            for at_s in (max(t_s, start_s), max(t_s + 0.05, end_s - 0.05)):
                rows.append((at_s, phase, posture, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, piece.sway_deg))
                gaits.append("stand")
            t_s, before = rows[-1][0], "stand"
            if index == 0:
                rows[-2] = (-1.0, *rows[-2][1:])
            continue
        # the last piece runs on past the end, so that the recording does not stop in a freeze
        last = index == len(pieces) - 1
        until_s = end_s + 3.0 if last else end_s
        room = 0.35 if not last and pieces[index + 1].gait == "stand" else 0.0  # of a stride, to come to rest
        done = 0
        while True:
            wished = float(np.interp(t_s, profile_t_s, profile_mps))
            since_s = max(t_s - run_s[0], 0.0)
            share = fatigue.share(since_s)
            variability = 1 + (fatigue.variability - 1) * share
            speed = max(wished + (form.now[3] if piece.gait == "run" else 0.0), 0.1)
            took_s, lift, extension = _stride(piece, runner, speed, done)
            if piece.gait == "run":
                took_s /= 1 - fatigue.cadence_loss_percent / 100 * share
            form.advance(took_s, variability)
            took_s *= 1 + form.time_share
            step_s, turns = took_s, 1.0
            if before == "stand":  # the first lift comes from standing: half a turn, without haste
                step_s, turns = took_s * (0.5 if piece.gait == "raise" else 0.7), 0.5
            if t_s + step_s > until_s - room * took_s and done:
                break
            step_s = max(step_s, start_s - t_s)  # a change of gait takes a stride, and ends in the new piece
            t_s, phase = t_s + step_s, phase + turns
            if piece.gait == "run":
                lift += -float(fatigue.drop_deg(since_s))
                extension += fatigue.extension_loss_deg * share
            lift += form.lift_deg * (2.0 if piece.gait != "run" else 1.0)
            extension += form.extension_deg
            swing = 1 + 0.06 * form.stride[3]
            bounce = min(speed / 1.5, 1.0) * (1 + 0.04 * form.stride[4]) if piece.gait == "run" else 1.0
            rows.append((t_s, phase, lift, extension, speed, form.now[4], form.now[5], swing, bounce, 0.0))
            gaits.append(piece.gait)
            before = piece.gait
            done += 1
    knots = dict(zip(KNOT_FIELDS, np.array(rows, float).T, strict=True))
    return Layout(knots, np.array(gaits), pieces, starts_s, run_s)


def _stride(piece: Piece, runner: Runner, speed_mps: float, done: int) -> tuple[float, float, float]:
    """Duration (s), knee lift and extension (degrees) of a gait's mean stride at a pace."""
    if piece.gait == "run":
        grade = piece.grade_percent
        lift = runner.knee_lift_at(speed_mps) + runner.uphill_deg * (grade if grade > 0 else grade / 2)
        return 120 / runner.cadence_at(speed_mps), lift, runner.extension_at(speed_mps)
    if piece.gait == "walk":
        return 120 / (112 + 35 * (speed_mps - 1.4)), runner.walk_lift_deg + 8 * (speed_mps - 1.4), -16.0
    if piece.gait == "high_knees":
        return 0.66, runner.high_knee_deg, -4.0
    if piece.gait == "skip":
        return 1.0, runner.high_knee_deg - 8, -10.0
    return piece.duration_s / max(round(piece.duration_s / 2), 1), piece.lift_deg - 3 * done, 0.0
