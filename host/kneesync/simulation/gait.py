"""How people move a thigh: the gaits as shapes over one stride, and what differs between runners.

A gait is six curves over the phase of a stride of the right leg, phase 0 at the peak of knee lift: sagittal tilt as
0 (rearmost) to 1 (peak), ab/adduction and axial rotation in degrees, hip position forward, up and right in mm. Each
is a Fourier series Re(sum c_k exp(i k phase)), k = 0..6, at 3.5 m/s, with its change per m/s.

The running curves are means over 13 runners, both legs, three paces, of thigh markers of RBDS (Fukuchi, Fukuchi &
Duarte 2017, PeerJ 5:e3298, doi 10.7717/peerj.3298), the hip's path from the motion derived 0.22 m down the thigh.
SPREAD is how far runners' coefficients lie from those means. Walking, high knees, skips and raises are textbook
shapes (the hip's path in them is an assumption), good enough to be told apart from running.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

HARMONICS = 6
RUN_PACE_MPS = 3.5  # the pace of the mean curves
LEVER_M = 0.22  # hip joint to sensor, along the thigh

# rows: tilt, ab/adduction (+ adduction), axial rotation (+ inward: the knee to the left), hip forward, up, right
_RUN = np.array(
    (
        (0.5589, 0.3601 - 0.2481j, 0.0301 + 0.1255j, 0.0510 + 0.0003j, 0.0019 + 0.0014j, -0.0052 - 0.0014j, 0.0007),
        (6.98, -0.25 - 0.89j, 0.23 - 0.69j, 0.59 - 0.03j, 0.19 + 0.18j, 0.09 + 0.02j, 0.20 + 0.01j),
        (1.45, 3.64 - 2.36j, 1.96 - 0.31j, 0.78 - 0.75j, -0.52 + 0.24j, -0.38 - 1.45j, -0.40 - 0.15j),
        (0, 27.2 - 4.4j, -3.6 - 8.0j, 3.5 + 1.2j, 0.8 - 1.5j, 0, 0.1 - 0.4j),
        (0, -26.1 + 16.6j, 10.7 - 46.9j, 2.4 - 0.8j, 1.5 - 0.3j, 0.3 - 0.2j, -0.1 - 0.7j),
        (0, 5.4 - 2.8j, 1.1 + 0.6j, 2.2 - 0.6j, -0.3 + 1.2j, 0.3 - 0.3j, 1.0 + 0.3j),
    )
)
_RUN_PER_MPS = np.array(
    (
        (-0.0092, 0.0272 + 0.0015j, -0.0119 - 0.0140j, 0.0007 + 0.0073j, -0.0063 + 0.0013j, -0.0006 - 0.0016j, 0),
        (0.05, 0.16 + 0.16j, 0.33 - 0.18j, 0.11 + 0.09j, -0.03 + 0.08j, 0.07 - 0.02j, 0),
        (-0.77, 0.94 + 0.44j, 0.48 - 0.16j, -0.27 - 0.02j, -0.36 - 0.41j, 0.17 - 0.51j, -0.07 - 0.04j),
        (0, 5.2 + 0.6j, 2.6 - 5.0j, 1.0j, 1.0 - 0.4j, -0.1, -0.1j),
        (0, -4.5 + 2.6j, 6.2 + 2.4j, 0.3, 0.8 - 0.1j, 0.1 + 0.2j, -0.2j),
        (0, 3.4 + 3.0j, 0.2 + 0.3j, -0.4 + 0.5j, -0.4 - 0.1j, 0.1 - 0.3j, 0.3 + 0.1j),
    )
)
SPREAD = np.array(  # SD between runners of |c_k - mean|, same rows; the tilt's keeps a third
    (
        (0, 0.03, 0.02, 0.01, 0.005, 0, 0),
        (2.0, 1.69, 0.98, 0.79, 0.32, 0.33, 0.18),
        (4.3, 3.46, 1.96, 1.78, 1.24, 1.05, 0.50),
        (0, 14.4, 7.4, 3.2, 1.7, 1.3, 0.8),
        (0, 12.8, 17.4, 2.8, 1.9, 1.0, 0.6),
        (0, 8.4, 3.7, 2.9, 1.7, 1.6, 1.1),
    )
)


def _series(*rows):
    """Rows of Fourier coefficients padded to HARMONICS."""
    padded = np.zeros((6, HARMONICS + 1), complex)
    for row, values in enumerate(rows):
        padded[row, : len(values)] = values
    return padded


_RAISE = (3 / 8, 1 / 2, 1 / 8)  # ((1 + cos phase) / 2) ** 2: up and down within 60 % of the time, then rest
# walking: the hip is highest at mid-stance, 0.44 of a stride after the peak; running has it lowest there
_WALK = _series(_RUN[0], (3, 1.5j), (1, 3 - 1j), (0, 4, 6), (0, -4, 19 * np.exp(-4j * np.pi * 0.44)), (0, 12j))
_SKIP = _series(
    (0.40, 0.46, 0.12, 0.02),
    (3, 2j),
    (1, 4 - 2j),
    (0, 12, 8),
    (0, -10, 45 * np.exp(-4j * np.pi * 0.37), 0, 12j),
    (0, 6j),
)
_HIGH = _series((0.42, 0.46, 0.10, 0.02), (4, 2j), (1, 4 - 2j), (0, 10, 6), (0, -15, 38j * -1), (0, 8j))
_SHIFT = _series()


class Gait(NamedTuple):
    """One way of moving: its curves at RUN_PACE_MPS, their change per m/s, and where in the stride the foot lands."""

    curves: np.ndarray
    per_mps: np.ndarray
    contacts: tuple[float, ...]  # shares of the stride after the peak at which this foot lands
    impact: float  # strength of the ringing, as a share of running's
    trough_share: float  # where the curve is rearmost


GAITS = {
    "stand": Gait(_series(), _SHIFT, (), 0.0, 0.5),
    "raise": Gait(_series(_RAISE, (2, 2j), (0, 3j), (0, 4), (0, 6), (0, 10)), _SHIFT, (), 0.0, 0.5),
    "walk": Gait(_WALK, _SHIFT, (0.13,), 0.25, 0.6),
    "run": Gait(_RUN, _RUN_PER_MPS, (0.21,), 1.0, 0.585),
    "high_knees": Gait(_HIGH, _SHIFT, (0.33,), 0.7, 0.5),
    "skip": Gait(_SKIP, _SHIFT, (0.25, 0.52), 0.8, 0.5),
}


@dataclass(frozen=True)
class Runner:
    """One person. Angles in degrees, at 3.5 m/s unless a pace is named; defaults are the means of RBDS.

    Knee lift 34.5 / 41.3 / 47.6 at 2.5 / 3.5 / 4.5 m/s; cadence 161 / 172 / 184 steps/min and extension
    -16 / -22 / -27 there are means of the 78 recordings' source.
    """

    knee_lift_deg: float = 41.3
    knee_lift_per_mps_deg: float = 6.55
    extension_deg: float = -22.3
    extension_per_mps_deg: float = -5.5
    cadence_spm: float = 172.0
    cadence_per_mps_spm: float = 11.4
    swing_up_share: float = 0.415  # of the stride, from rearmost to peak; larger is a slower swing
    contact_share: float = 0.21  # of the stride, peak to foot contact; smaller lands with the knee further forward
    stride_sd_deg: float = 1.0  # of knee lift, from stride to stride within half a minute
    wander_sd_deg: float = 1.0  # of knee lift, from minute to minute (an assumption: SD 0.8-1.5)
    wander_tau_s: float = 270.0  # its memory: correlation 0.8 after a minute
    stride_time_sd: float = 0.012  # share of the stride time
    pace_sd_mps: float = 0.05  # wander of the pace
    uphill_deg: float = 0.8  # knee lift per percent of grade (assumption); half of it downhill
    impact_g: float = 1.5  # ringing after foot contact at 3.5 m/s
    walk_lift_deg: float = 24.0
    high_knee_deg: float = 80.0
    raise_inward_deg: float = 0.0  # how far the plane of the knee raises is turned from that of standing
    style: tuple[tuple[complex, ...], ...] = ()  # added to the running curves: six rows, as in GAITS

    @classmethod
    def typical(cls, seed: int, **changes) -> "Runner":
        """A runner drawn from the spread among RBDS runners (seeded), with `changes` laid over."""
        rng = np.random.default_rng([seed, 0x52])
        z = rng.standard_normal(12)
        curves = SPREAD * (rng.standard_normal(SPREAD.shape) + 1j * rng.standard_normal(SPREAD.shape)) / np.sqrt(2)
        curves[:, 0] = np.sqrt(2) * curves[:, 0].real
        drawn = cls(
            knee_lift_deg=41.3 + 5.5 * float(np.clip(z[0], -2, 2)),
            knee_lift_per_mps_deg=6.55 + 1.6 * float(np.clip(z[1], -2, 2)),
            extension_deg=-22.3 + 3.0 * float(np.clip(z[2], -2, 2)),
            cadence_spm=172.0 + 8.0 * float(np.clip(z[3], -2, 2)),
            cadence_per_mps_spm=11.4 + 2.5 * float(np.clip(z[4], -1.5, 1.5)),
            swing_up_share=0.415 + 0.012 * float(np.clip(z[5], -2, 2)),
            contact_share=0.21 + 0.014 * float(np.clip(z[6], -2, 2)),
            stride_sd_deg=float(np.clip(1.0 + 0.3 * z[7], 0.5, 1.8)),
            wander_sd_deg=float(np.clip(1.1 + 0.2 * z[8], 0.8, 1.5)),
            raise_inward_deg=8.0 * float(np.clip(z[10], -2, 2)),
            impact_g=float(np.clip(1.5 + 0.4 * z[9], 0.5, 3.0)),
            style=tuple(tuple(complex(c) for c in row) for row in curves),
        )
        return replace(drawn, **changes)

    def knee_lift_at(self, speed_mps: float) -> float:
        """Mean knee lift (degrees) of running at a pace; below 1.9 m/s people do not run lower."""
        dv = max(speed_mps, 1.9) - RUN_PACE_MPS
        return self.knee_lift_deg + self.knee_lift_per_mps_deg * dv - 0.25 * dv * dv

    def extension_at(self, speed_mps: float) -> float:
        """Mean rearmost angle (degrees, negative) of running at a pace, no further than -42."""
        dv = max(speed_mps, 1.9) - RUN_PACE_MPS
        return max(self.extension_deg + self.extension_per_mps_deg * dv + 0.3 * dv * dv, -42.0)

    def cadence_at(self, speed_mps: float) -> float:
        """Mean cadence (steps/min, both legs) of running at a pace; 140 to 290."""
        dv = max(speed_mps, 1.9) - RUN_PACE_MPS
        return float(np.clip(self.cadence_spm + self.cadence_per_mps_spm * dv + 0.85 * dv * dv, 140.0, 290.0))

    def gait(self, kind: str) -> Gait:
        """GAITS[kind] as this runner does it."""
        gait = GAITS[kind]
        curves = gait.curves.copy()
        if kind == "raise":
            curves[2, 0] += self.raise_inward_deg
            return gait._replace(curves=curves)
        if kind == "run":
            curves += np.array(self.style) if self.style else 0
            return gait._replace(curves=curves, contacts=(self.contact_share,))
        return gait


@dataclass(frozen=True)
class Fatigue:
    """A change over the run: (minutes since running started, degrees of knee lift lost) points, linear between.

    At the full loss the other changes hold too: extension in degrees (positive: less extension), cadence in percent,
    and how much more the strides vary. A negative loss is a rise.
    """

    points: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    extension_loss_deg: float = 0.0
    cadence_loss_percent: float = 0.0
    variability: float = 1.0

    @classmethod
    def ramp(cls, start_min: float, end_min: float, drop_deg: float, **changes) -> "Fatigue":
        """A loss that grows evenly from one minute to another and then stays."""
        return cls(((start_min, 0.0), (end_min, drop_deg)), **changes)

    @classmethod
    def step(cls, at_min: float, drop_deg: float, over_s: float = 20.0, **changes) -> "Fatigue":
        """A loss that comes within seconds."""
        return cls.ramp(at_min, at_min + over_s / 60, drop_deg, **changes)

    def drop_deg(self, t_s: ArrayLike) -> np.ndarray:
        """Knee lift lost (degrees) `t_s` seconds after running started; a scalar or an array."""
        return np.interp(np.asarray(t_s) / 60, [p[0] for p in self.points], [p[1] for p in self.points])

    def share(self, t_s: float) -> float:
        """0 to 1: how much of the greatest change has come."""
        greatest = max(abs(p[1]) for p in self.points)
        return abs(float(self.drop_deg(t_s))) / greatest if greatest else 0.0
