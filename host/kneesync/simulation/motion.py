"""The thigh's motion between the knots of a layout, and what a sensor strapped to it feels.

Frames: the world is the thigh frame of standing (x forward, y up, z right). The thigh's orientation is heading, then
lean, then sagittal tilt (z), ab/adduction (x), axial rotation (y). Everything is evaluated at whole and at half
samples: a gyro sample is the rotation from half a sample before to half a sample after, so integrating it gives the
motion back, and acceleration is a second difference over the same span.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .course import Layout
from .gait import GAITS, HARMONICS, LEVER_M, RUN_PACE_MPS, Gait, Runner
from .measurement import Quaternion

G_MPS2 = 9.80665
_CHUNK = 1 << 15  # points worked on at once: stays in the cache, and an hour stays in memory
_RING_HZ = 24.0  # of strap and soft tissue after foot contact (assumption)
_RING_S = 0.03  # its decay
_RING_AXES = np.array((-0.45, 1.0, 0.25))  # its direction in the thigh frame
_WOBBLE_RAD = np.array((0.0015, 0.003, 0.003))  # how far each g of it turns the sensor in its strap
_PACES = np.linspace(-1.5, 2.5, 9)  # from RUN_PACE_MPS


class Slip(NamedTuple):
    """The strap slips at a moment, within a second: a rotation (degrees) about the chip's axes."""

    t_s: float
    axis: tuple[float, float, float] = (0.0, 1.0, 0.0)
    angle_deg: float = 20.0
    took_s: float = 1.0


class Motion(NamedTuple):
    """Truth and noise-free signals at the samples, in the chip's frame: dps and g."""

    t_s: np.ndarray
    tilt_deg: np.ndarray
    gyro_dps: np.ndarray
    acc_g: np.ndarray
    peak_t_s: np.ndarray  # of every gait
    peak_deg: np.ndarray
    peak_gait: np.ndarray
    touchdown_t_s: np.ndarray
    touchdown_gait: np.ndarray


def _smooth(u):
    return u * u * (3 - 2 * u)


def _multiply(a, b):
    """Quaternion product, (..., 4) as w, x, y, z."""
    aw, ax, ay, az = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bw, bx, by, bz = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    out = np.empty(np.broadcast(a, b).shape)
    out[..., 0] = aw * bw - ax * bx - ay * by - az * bz
    out[..., 1] = aw * bx + ax * bw + ay * bz - az * by
    out[..., 2] = aw * by - ax * bz + ay * bw + az * bx
    out[..., 3] = aw * bz + ax * by - ay * bx + az * bw
    return out


def _conjugate(q):
    return q * np.array((1.0, -1.0, -1.0, -1.0))


def _turn(q, v):
    """v turned by q: world from body for a body-to-world q."""
    xyz = q[..., 1:]
    cross = 2 * np.cross(xyz, v)
    return v + q[..., :1] * cross + np.cross(xyz, cross)


def _from_rotvec(v):
    angle = np.linalg.norm(v, axis=-1, keepdims=True)
    return np.concatenate((np.cos(angle / 2), v * np.sinc(angle / 2 / np.pi) / 2), axis=-1)


def _about(axis: int, angle):
    q = np.zeros((len(angle), 4))
    q[:, 0] = np.cos(angle / 2)
    q[:, 1 + axis] = np.sin(angle / 2)
    return q


class _Shape:
    """A gait's curves, ready to be evaluated: tilt scaled to 0..1, phase warped to the runner's swing."""

    def __init__(self, gait: Gait, swing_up_share: float | None):
        both = np.concatenate((gait.curves, gait.per_mps))
        self._coefficients = np.concatenate((np.real(both), -np.imag(both[:, 1:])), axis=1).T
        trough = 2 * np.pi * gait.trough_share
        wished = trough if swing_up_share is None else 2 * np.pi * (1 - swing_up_share)
        self._warp = 2 * (trough - wished) / (1 - np.cos(wished))
        phase = np.linspace(0, 2 * np.pi, 721)
        tilts = [self._curves(phase, np.full(len(phase), dv))[0] for dv in _PACES]
        self._low = np.array([tilt.min() for tilt in tilts])
        self._high = np.array([tilt.max() for tilt in tilts])

    def _curves(self, phase, dv):
        basis = np.empty((len(phase), 2 * HARMONICS + 1))
        basis[:, 0] = 1
        z = np.exp(1j * phase)
        power = z
        for k in range(1, HARMONICS + 1):
            basis[:, k], basis[:, HARMONICS + k] = power.real, power.imag
            if k < HARMONICS:
                power = power * z
        values = (basis @ self._coefficients).T
        return values[:6] + dv * values[6:]

    def at(self, phase, speed_mps):
        """(6, n): tilt 0..1, adduction and rotation (degrees), hip path (m)."""
        dv = np.clip(speed_mps - RUN_PACE_MPS, _PACES[0], _PACES[-1])
        values = self._curves(phase + self._warp * (1 - np.cos(phase)) / 2, dv)
        low, high = np.interp(dv, _PACES, self._low), np.interp(dv, _PACES, self._high)
        values[0] = (values[0] - low) / (high - low)
        values[3:] /= 1000
        return values


def _phase_slopes(t, turns):
    """Slopes for a phase that never turns back (Fritsch & Carlson 1980: weighted harmonic means)."""
    h, d = np.diff(t), np.diff(turns) / np.diff(t)
    w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    both = (d[1:] > 0) & (d[:-1] > 0)
    inner = np.zeros(len(d) - 1)
    inner[both] = (w1 + w2)[both] / (w1[both] / d[:-1][both] + w2[both] / d[1:][both])
    return np.concatenate(([d[0]], inner, [d[-1]]))


class _Path:
    """The knots as functions of time."""

    def __init__(self, layout: Layout, runner: Runner, mirror: float, sway):
        self._knots = layout.knots
        self._t = layout.knots["t_s"]
        self._turns = layout.knots["phase_turns"]
        self._slopes = _phase_slopes(self._t, self._turns)
        self._gaits = layout.gaits
        self._shapes = {}
        for kind in GAITS:
            gait = runner.gait(kind)
            self._shapes[kind] = _Shape(gait, runner.swing_up_share if kind == "run" else None)
        self._mirror = mirror
        self._sway = sway
        self._layout = layout

    def phase(self, t):
        """Phase in turns, and the knot before each moment with the share of the way to the next."""
        k = np.clip(np.searchsorted(self._t, t, side="right") - 1, 0, len(self._t) - 2)
        h = (self._t[1:] - self._t[:-1])[k]
        u = np.clip((t - self._t[k]) / h, 0, 1)
        a, b = self._turns[k], self._turns[k + 1]
        s = _smooth(u)
        turns = a + (b - a) * s + h * u * (1 - u) * ((1 - u) * self._slopes[k] - u * self._slopes[k + 1])
        return turns, k, u, h

    def __call__(self, t):
        """Thigh to world (n, 4), hip path (n, 3) in m, its travelling acceleration (n, 3) and heading (radians)."""
        turns, k, u, h = self.phase(t)
        phase = 2 * np.pi * (turns % 1.0)
        s, early, late = _smooth(u), _smooth(np.clip(2 * u, 0, 1)), _smooth(np.clip(2 * u - 1, 0, 1))

        def between(name, share):
            value = self._knots[name]
            return value[k] + np.diff(value)[k] * share

        lift, extension = between("lift_deg", late), between("extension_deg", early)
        speed, swing, bounce = between("speed_mps", s), between("swing", s), between("bounce", s)
        pose = np.zeros((6, len(t)))
        for kind, shape in self._shapes.items():
            if kind == "stand":
                continue
            at = self._gaits == kind
            weight = at[k] * (1 - s) + at[k + 1] * s
            on = np.flatnonzero(weight > 0)
            if not len(on):
                continue
            values = shape.at(phase[on], speed[on])
            values[0] = extension[on] + (lift - extension)[on] * values[0]
            values[1:3] *= swing[on]
            values[3:] *= bounce[on]
            pose[:, on] += weight[on] * values
        standing = self._gaits == "stand"
        posture = np.where(standing, self._knots["lift_deg"], 0.0)
        sway = self._sway(t) * between("sway_deg", s)
        pose[0] += posture[k] * (1 - s) + posture[k + 1] * s + sway[0]
        pose[1] += between("adduction_deg", s) + sway[1]
        pose[2] += between("rotation_deg", s) + sway[2]
        pose[(1, 2, 5), :] *= self._mirror
        heading, turning = self._heading(t)
        lean = -np.arctan(speed * turning / G_MPS2)
        tilt, adduction, axial = np.radians(pose[:3])
        q = _multiply(_multiply(_about(2, tilt), _about(0, adduction)), _about(1, axial))
        if np.any(heading):
            q = _multiply(_multiply(_about(1, heading), _about(0, lean)), q)
        gain = np.diff(self._knots["speed_mps"])[k] / h * 6 * u * (1 - u)
        cos, sin = np.cos(heading), np.sin(heading)
        forward = np.stack((cos, np.zeros_like(cos), -sin), axis=-1)
        left = np.stack((-sin, np.zeros_like(cos), -cos), axis=-1)
        travel = gain[:, None] * forward + (speed * turning)[:, None] * left
        hip = pose[3][:, None] * forward - pose[5][:, None] * left
        hip[:, 1] += pose[4]
        return q, hip, travel, heading

    def _heading(self, t):
        heading, turning = np.zeros(len(t)), np.zeros(len(t))
        for piece, start in zip(self._layout.pieces, self._layout.starts_s[:-1], strict=True):
            if piece.turn_deg:
                u = np.clip((t - start) / piece.duration_s, 0, 1)
                heading += np.radians(piece.turn_deg) * _smooth(u)
                turning += np.radians(piece.turn_deg) * 6 * u * (1 - u) / piece.duration_s
        return heading, turning


class _Sway:
    """Slow swaying of a standing leg (tilt, adduction, rotation), about 1 in size."""

    def __init__(self, rng: np.random.Generator):
        self._hz = rng.uniform(0.15, 0.7, (3, 4))
        self._phase = rng.uniform(0, 2 * np.pi, (3, 4))

    def __call__(self, t):
        out = np.zeros((3, len(t)))
        for row, share in enumerate((0.5, 0.25, 0.3)):
            for hz, phase in zip(self._hz[row], self._phase[row], strict=True):
                out[row] += share * np.sin(2 * np.pi * hz * t + phase)
        return out


def _ring(t, at_s, size, span_s):
    """Decaying ring after each contact, averaged over a sample: its sum over the samples is zero.

    The antiderivative exp(-t/decay) sin(wt)/w is differenced, so that ringing never looks like gravity.
    """
    out = np.zeros(len(t))
    if not len(at_s):
        return out, out
    n = int(8 * _RING_S / span_s) + 2
    first = np.searchsorted(t, at_s - span_s)
    index = first[:, None] + np.arange(n)
    after = t[np.minimum(index, len(t) - 1)] - at_s[:, None]

    def swung(x):
        x = np.maximum(x, 0)
        return np.exp(-x / _RING_S) * np.sin(2 * np.pi * _RING_HZ * x)

    mean = (swung(after + span_s / 2) - swung(after - span_s / 2)) / (2 * np.pi * _RING_HZ * span_s)
    ok = index < len(t)
    out += np.bincount(index[ok], (size[:, None] * mean)[ok], len(t))
    wobble = np.bincount(index[ok], (size[:, None] * swung(after))[ok], len(t))
    return out, wobble


def move(
    layout: Layout,
    runner: Runner,
    fs_hz: float,
    rng: np.random.Generator,
    *,
    mount_xyzw: Quaternion,
    slips: Sequence[Slip] = (),
    leg: str = "R",
    treadmill: bool = False,
    lever_m: float = LEVER_M,
) -> Motion:
    """The motion of a layout, sampled at `fs_hz`. `treadmill`: the belt moves, so pace changes are not felt."""
    mirror = 1.0 if leg == "R" else -1.0
    path = _Path(layout, runner, mirror, _Sway(rng))
    n, dt = int(layout.starts_s[-1] * fs_hz), 1 / fs_hz
    t = np.arange(n) * dt
    fine = (np.arange(2 * n + 1) - 1) * (dt / 2)
    contact_s, contact_g, contact_gait = _contacts(layout, runner, path, rng)
    ring, _ = _ring(t, contact_s, contact_g, dt)
    _, wobble = _ring(fine, contact_s, contact_g, dt / 2)
    tilt = np.empty(2 * n + 1)
    gyro, acc = np.empty((n, 3)), np.empty((n, 3))
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        span = slice(2 * start, 2 * stop + 1)
        thigh, hip, travel, heading = path(fine[span])
        up = _turn(thigh, np.array((0.0, 1.0, 0.0)))
        tilt[span] = np.degrees(np.arctan2(np.sin(heading) * up[:, 2] - np.cos(heading) * up[:, 0], up[:, 1]))
        force = np.diff(hip - lever_m * up, 2, axis=0)[::2] * (2 / dt) ** 2
        if not treadmill:
            force += travel[1::2]
        force[:, 1] += G_MPS2
        wobbling = _from_rotvec(wobble[span, None] * _WOBBLE_RAD * (mirror, mirror, 1))
        strapped = _strapped(fine[span], _multiply(_wxyz(mount_xyzw), wobbling), slips)
        gyro[start:stop] = _rates_dps(_multiply(thigh, _conjugate(strapped)), fs_hz)
        felt = _turn(_conjugate(thigh[1::2]), force) / G_MPS2 + ring[start:stop, None] * _RING_AXES * (1, 1, mirror)
        acc[start:stop] = _turn(strapped[1::2], felt)
    peak_s, peak_deg, peak_gait = _peaks(layout, fine, tilt)
    return Motion(t, tilt[1::2].copy(), gyro, acc, peak_s, peak_deg, peak_gait, contact_s, contact_gait)


def _strapped(t, mount, slips: Sequence[Slip]):
    """Thigh to chip as the strap slips."""
    for slip in slips:
        angle = np.radians(slip.angle_deg) * _smooth(np.clip((t - slip.t_s) / slip.took_s, 0, 1))
        axis = np.array(slip.axis, float) / np.linalg.norm(slip.axis)
        mount = _multiply(_from_rotvec(angle[:, None] * axis), mount)
    return mount


def _rates_dps(chip, fs_hz):
    """Mean rate of each whole sample: the rotation between half samples before and after it, in chip axes."""
    step = _multiply(_conjugate(chip[:-2:2]), chip[2::2])
    step *= np.sign(step[:, :1])
    size = np.linalg.norm(step[:, 1:], axis=1)
    scale = np.where(size > 1e-12, 2 * np.arctan2(size, step[:, 0]) / np.maximum(size, 1e-12), 2.0)
    return np.degrees(step[:, 1:] * scale[:, None]) * fs_hz


def _wxyz(xyzw):
    x, y, z, w = xyzw
    return np.array((w, x, y, z)) / np.linalg.norm(xyzw)


def _contacts(layout: Layout, runner: Runner, path: _Path, rng: np.random.Generator):
    """Foot contacts: when (s), how hard (g), and in which gait."""
    knots = layout.knots
    t = np.arange(0, layout.starts_s[-1], 0.01)
    turns = path.phase(t)[0]
    when, hard, gaits = [], [], []
    for kind in np.unique(layout.gaits):
        gait = runner.gait(str(kind))
        at = np.flatnonzero(layout.gaits == kind)
        for share in gait.contacts:
            when.append(np.interp(knots["phase_turns"][at] + share, turns, t))
            hard.append(runner.impact_g * gait.impact * np.clip(knots["speed_mps"][at] / RUN_PACE_MPS, 0.3, 2))
            gaits.append(layout.gaits[at])
    if not when:
        return np.zeros(0), np.zeros(0), np.zeros(0, "U1")
    when, hard, gaits = np.concatenate(when), np.concatenate(hard), np.concatenate(gaits)
    order = np.argsort(when)
    order = order[when[order] < t[-1]]
    return when[order], hard[order] * np.exp(0.2 * rng.standard_normal(len(order))), gaits[order]


def _peaks(layout: Layout, t, tilt):
    """Time (s), height (degrees) and gait of the tilt's top near each knot; a parabola through three points."""
    h = t[1] - t[0]
    reach = int(0.12 / h)
    chosen = (layout.gaits != "stand") & (layout.knots["t_s"] < t[-1] - 0.12)
    at = layout.knots["t_s"][chosen]
    index = np.clip(np.rint((at - t[0]) / h).astype(int)[:, None] + np.arange(-reach, reach + 1), 1, len(t) - 2)
    top = index[np.arange(len(at)), np.argmax(tilt[index], axis=1)]
    before, middle, after = tilt[top - 1], tilt[top], tilt[top + 1]
    curve = before - 2 * middle + after
    shift = np.where(curve < 0, 0.5 * (before - after) / np.where(curve < 0, curve, 1), 0)
    return t[top] + shift * h, middle - 0.25 * (before - after) * shift, layout.gaits[chosen]
