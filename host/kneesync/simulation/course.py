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

    def pieces(self) -> list[Piece]:
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

    def pieces(self) -> list[Piece]:
        return [Piece("raises", "raise", self.count * self.period_s, lift_deg=self.lift_deg)]


@dataclass(frozen=True)
class Walk:
    """Walking."""

    duration_s: float = 60.0
    speed_mps: float = 1.4

    def pieces(self) -> list[Piece]:
        return [Piece("walk", "walk", self.duration_s, self.speed_mps)]


@dataclass(frozen=True)
class Run:
    """Running; with `end_speed_mps` the pace changes evenly from the first to the other."""

    duration_s: float = 60.0
    speed_mps: float = 3.0
    end_speed_mps: float | None = None

    def pieces(self) -> list[Piece]:
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

    def pieces(self) -> list[Piece]:
        return [Piece("hill", "run", self.duration_s, self.speed_mps, grade_percent=self.grade_percent)]


@dataclass(frozen=True)
class Turn:
    """A corner while running: + is to the left."""

    angle_deg: float = 90.0
    duration_s: float = 2.0
    speed_mps: float = 3.0

    def pieces(self) -> list[Piece]:
        return [Piece("turn", "run", self.duration_s, self.speed_mps, turn_deg=self.angle_deg)]


@dataclass(frozen=True)
class HighKnees:
    """High knees, nearly on the spot."""

    duration_s: float = 15.0
    speed_mps: float = 0.8

    def pieces(self) -> list[Piece]:
        return [Piece("high_knees", "high_knees", self.duration_s, self.speed_mps)]


@dataclass(frozen=True)
class Skips:
    """A-skips: two contacts of a foot in each cycle."""

    duration_s: float = 15.0
    speed_mps: float = 1.6

    def pieces(self) -> list[Piece]:
        return [Piece("skips", "skip", self.duration_s, self.speed_mps)]


@dataclass(frozen=True)
class Strides:
    """Short fast accelerations out of easy running."""

    count: int = 4
    speed_mps: float = 6.0
    fast_s: float = 10.0
    easy_s: float = 25.0
    easy_speed_mps: float = 2.6

    def pieces(self) -> list[Piece]:
        fast = Piece("strides", "run", self.fast_s, self.speed_mps, hurry=2.0)
        return [fast, Piece("run", "run", self.easy_s, self.easy_speed_mps)] * self.count


Segment = Stand | KneeRaises | Walk | Run | Hill | Turn | HighKnees | Skips | Strides

KNOT_FIELDS: tuple[str, ...] = (
    "t_s", "phase_turns", "lift_deg", "extension_deg", "speed_mps", "adduction_deg", "rotation_deg",
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
        self._slow = self._sd * rng.standard_normal(6)
        self.advance(1.0, 1.0)

    def advance(self, took_s: float, variability: float) -> None:
        """The next stride, `took_s` after the last; `variability` scales what differs from stride to stride."""
        runner, draws = self._runner, self._rng.standard_normal(11)
        memory = np.exp(-took_s / self._tau_s)
        self._slow = memory * self._slow + self._sd * np.sqrt(1 - memory * memory) * draws[:6]
        breath, wander, cadence, self.speed_mps, self.adduction_deg, self.rotation_deg = self._slow.tolist()
        lift, extension, time, swing, bounce = draws[6:].tolist()
        self.lift_deg = wander + variability * (breath + 0.8 * runner.stride_sd_deg * lift)
        self.extension_deg = variability * runner.stride_sd_deg * (0.2 * lift + 0.75 * extension)
        self.time_share = cadence + variability * runner.stride_time_sd * time
        self.swing = 1 + 0.06 * swing
        self.bounce = 1 + 0.04 * bounce


class _Layer:
    """Lays the knots of one piece after another."""

    def __init__(self, runner: Runner, fatigue: Fatigue, rng: np.random.Generator, run_start_s: float):
        self._runner, self._fatigue, self._rng, self._run_start_s = runner, fatigue, rng, run_start_s
        self._form = _Form(runner, rng)
        self._posture_deg = 0.0  # the first standing is the zero of every angle
        self._took_s = 0.7
        self.rows: list[tuple[float, ...]] = []
        self.gaits: list[str] = []

    def stand(self, from_s: float, until_s: float, sway_deg: float) -> None:
        """Stand, from the end of the last stride on."""
        phase = 0.5  # standing is half-way between the peaks, which stand at whole turns
        if self.gaits:
            phase = self.rows[-1][1]
            earliest_s = self.rows[-1][0] + 0.3
            if self.gaits[-1] != "stand":
                phase, earliest_s = phase + 0.5, self.rows[-1][0] + 0.6 * self._took_s
                self._posture_deg = float(self._rng.normal(0, 0.5))
            from_s = max(from_s, earliest_s)
        for at_s in (from_s, max(from_s + 0.1, until_s - 0.05)):
            self.rows.append((at_s, phase, self._posture_deg, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, sway_deg))
            self.gaits.append("stand")

    def move(self, piece: Piece, from_s: float, until_s: float, room: float, wished_mps) -> None:
        """Strides of a piece until its end; the last leaves `room` (of a stride) to come to rest."""
        runner, fatigue, form = self._runner, self._fatigue, self._form
        running = piece.gait == "run"
        done = 0
        while True:
            t_s, phase, *_ = self.rows[-1]
            share = fatigue.share(t_s - self._run_start_s) if running else 0.0
            speed = max(wished_mps(t_s) + (form.speed_mps if running else 0.0), 0.1)
            took_s, lift, extension = _stride(piece, runner, speed, done)
            took_s *= (1 + form.time_share) / (1 - fatigue.cadence_loss_percent / 100 * share)
            step_s, turns = took_s, 1.0
            if self.gaits[-1] == "stand":  # the first lift comes from standing: half a turn, without haste
                step_s, turns = took_s * (0.5 if piece.gait == "raise" else 0.7), 0.5
            if done and t_s + step_s > until_s - room * took_s:
                return
            step_s = max(step_s, from_s - t_s)  # a change of gait takes a stride, and ends in the new piece
            form.advance(step_s, 1 + (fatigue.variability - 1) * share)
            t_s += step_s
            if running:
                lift -= float(fatigue.drop_deg(t_s - self._run_start_s))
                extension += fatigue.extension_loss_deg * share
            lift += form.lift_deg * (1 if running else 2)
            bounce = form.bounce * (min(speed / 1.5, 1.0) if running else 1.0)
            form_now = form.adduction_deg, form.rotation_deg, form.swing, bounce
            self.rows.append((t_s, phase + turns, lift, extension + form.extension_deg, speed, *form_now, 0.0))
            self.gaits.append(piece.gait)
            self._took_s = took_s
            done += 1


def lay_out(plan: Sequence[Segment], runner: Runner, fatigue: Fatigue, rng: np.random.Generator) -> Layout:
    """The knots of a plan. ValueError for an empty plan, or a piece that nobody could do."""
    pieces = [piece for segment in plan for piece in segment.pieces()]
    if not pieces:
        raise ValueError("the plan is empty; give it at least one segment, such as Stand(6)")
    for piece in pieces:
        if not piece.duration_s > 0 or not 0 <= piece.speed_mps < 12:
            raise ValueError(f"{piece.label} lasts {piece.duration_s} s at {piece.speed_mps} m/s; legs cannot do that")
        if abs(piece.turn_deg) > 120 * piece.duration_s:
            raise ValueError(f"turn of {piece.turn_deg} degrees in {piece.duration_s} s; give it at least 1 s per 120")
    starts_s = np.concatenate([[0.0], np.cumsum([piece.duration_s for piece in pieces])])
    runs = [index for index, piece in enumerate(pieces) if piece.gait == "run"]
    end_s = float(starts_s[-1])
    run_s = (float(starts_s[runs[0]]), float(starts_s[runs[-1] + 1])) if runs else (end_s, end_s)
    profile = pace_profile(pieces, starts_s)

    def wished_mps(t_s: float) -> float:
        return float(np.interp(t_s, *profile))

    layer = _Layer(runner, fatigue, rng, run_s[0])
    layer.stand(-2.0, -1.0 if pieces[0].gait == "stand" else 0.0, pieces[0].sway_deg)
    for index, piece in enumerate(pieces):
        start_s, end_s = float(starts_s[index]), float(starts_s[index + 1])
        after = pieces[index + 1].gait if index + 1 < len(pieces) else None
        if piece.gait == "stand":
            layer.stand(start_s, end_s, piece.sway_deg)
        elif after is None:  # on past the end, so that the recording does not stop in a freeze
            layer.move(piece, start_s, end_s + 3.0, 0.0, wished_mps)
        else:
            layer.move(piece, start_s, end_s, 0.35 if after == "stand" else 0.0, wished_mps)
    knots = dict(zip(KNOT_FIELDS, np.array(layer.rows).T, strict=True))
    return Layout(knots, np.array(layer.gaits), pieces, starts_s, run_s)


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
