"""How the thigh swings over a stride: its angle from one knee-lift peak to the next, fresh and late, from raw samples.

The board logs the highest and the lowest angle of each stride. What lies between is in the raw samples alone, and needs
no filter of its own: within one stride (0.7 s) the gyroscope is good to a few tenths of a degree, and the log says how
high the thigh stood at both ends. So each stride is integrated from peak to peak as rotations in space (all strides
side by side); it starts at the tilt logged there, and what it misses the tilt logged at its end by is taken back
evenly. Gravity's share sideways, which the log does not hold, is the mean specific force over whole strides (why:
`kneecore.attitude`). The logged lowest angle takes no part, so it tells how good the shape is.

Beside the truth of 78 recordings the mean shape of 18 s of running is off by 0.60 degree RMS over the stride (half of
them by less than 0.37, the worst by 1.6: a runner whose thigh comes up twice, so that strides begin at either).
"""

import numpy as np

from kneecore import sessionlog as log
from kneesync.analysis.run import sure_strides

POINTS = 101  # 0 to 100 % of the stride
LEAST_STRIDES = 20
GYRO_RAD_PER_LSB = np.radians(0.070)  # LSM6DSOX data sheet, table 2: +-2000 dps
_LONGEST_S = 1.5  # no running stride


def stride_shape(session, fresh=None, late=None):
    """The thigh's angle over the stride in two stretches of a run, as a dict fit for JSON.

    `fresh`, `late`: (from, to) in s of the session, or None. The keys `fresh` and `late` hold None or

    mean_deg, sd_deg   101 floats each, for 0, 1 ... 100 % of the stride; 0 and 100 % are knee-lift peaks
    strides            how many these are of
    lowest_at_percent  where the mean is lowest
    lowest_off_deg     each stride's lowest angle against the one that the board logged, RMS

    `why_not` is None, or one sentence that says what is missing.
    """
    result = {"percent": list(range(POINTS)), "fresh": None, "late": None, "why_not": None}
    if not len(session.raw_lsb):
        result["why_not"] = "raw samples were not kept in this run (`kneesync settings --set raw=on` keeps them)"
        return result
    wanted = {name: span for name, span in (("fresh", fresh), ("late", late)) if span}
    if not wanted:
        result["why_not"] = "there is no fresh and no late stretch to compare"
        return result
    samples = _Samples(session)
    for name, span in wanted.items():
        result[name] = _shape(session, samples, span)
    if missing := [name for name in wanted if not result[name]]:
        result["why_not"] = (
            f"raw samples and a known alignment cover fewer than {LEAST_STRIDES} sure strides"
            f" of the {' and of the '.join(missing)} stretch"
        )
    return result


class _Samples:
    """The raw samples' running sums over time, so that a mean over any span is one difference."""

    def __init__(self, session):
        numbers, t_s = session.raw_times()
        ascending = np.concatenate([[True], np.diff(np.maximum.accumulate(numbers)) > 0])  # damaged files repeat some
        self.t_s = t_s[ascending]
        self.gaps = np.cumsum(np.diff(numbers[ascending], prepend=numbers[:1]) > 1)
        values = session.raw_lsb[ascending].astype(float)
        values[:, :3] *= GYRO_RAD_PER_LSB
        steps_s = np.diff(self.t_s)[:, None]
        self.sums = np.concatenate([np.zeros((1, 6)), np.cumsum((values[1:] + values[:-1]) / 2 * steps_s, axis=0)])

    def whole(self, from_s, to_s):
        """Bool array: which spans have all their samples."""
        before = np.searchsorted(self.t_s, from_s, side="right") - 1
        after = np.searchsorted(self.t_s, to_s)
        inside = (before >= 0) & (after < len(self.t_s))
        return inside & (self.gaps[before] == self.gaps[np.minimum(after, len(self.t_s) - 1)])

    def steps(self, times_s):
        """Integrals of the six channels between neighbouring times (strides, points): (strides, points - 1, 6)."""
        at = np.stack([np.interp(times_s, self.t_s, self.sums[:, i]) for i in range(6)], axis=-1)
        return np.diff(at, axis=1)


def _shape(session, samples, span):
    """The figures of one stretch, or None where too few strides have what it takes."""
    axes = _axes(session, span[1])
    strides = _strides(session, samples, span)
    if axes is None or len(strides["end_s"]) < LEAST_STRIDES:
        return None
    tilt_deg = _tilts_deg(samples, axes, strides)
    mean_deg = tilt_deg.mean(axis=0)
    off_deg = tilt_deg.min(axis=1) - strides["extension_deg"]
    return {
        "mean_deg": [float(value) for value in mean_deg],
        "sd_deg": [float(value) for value in tilt_deg.std(axis=0, ddof=1)],
        "strides": len(tilt_deg),
        "lowest_at_percent": int(mean_deg.argmin()),
        "lowest_off_deg": float(np.sqrt(np.mean(off_deg**2))),
    }


def _axes(session, to_s):
    """The thigh's axes in chip axes as rows: forward, up, right; as last logged up to to_s. None if never."""
    known = [event for event in session.named_events(log.ALIGNED) if event.t_s <= to_s]
    if not known:
        return None
    up, right = (np.array([known[-1].values[f"{name}_{axis}"] for axis in "xyz"]) for name in ("up", "right"))
    forward = np.cross(up, right)
    sizes = [np.linalg.norm(vector) for vector in (forward, up, right)]
    if min(sizes) < 0.5:  # a damaged record
        return None
    return np.stack([forward / sizes[0], up / sizes[1], right / sizes[2]])


def _strides(session, samples, span):
    """Strides of a span from peak to peak: sure at both ends, nothing lost, the motor still. Arrays by name."""
    columns = session.columns
    good = sure_strides(columns) & ~columns["motor"]
    t_s, stride_s = columns["t_s"], columns["stride_s"]
    ends = np.flatnonzero((t_s >= span[0]) & (t_s < span[1]) & good & (stride_s < _LONGEST_S))
    ends = ends[ends > 0]
    # a stride is timed from valley to valley: from top to top it differs a little, and by half where one is missing
    ends = ends[good[ends - 1] & (np.abs(t_s[ends] - t_s[ends - 1] - stride_s[ends]) < stride_s[ends] / 2)]
    ends = ends[samples.whole(t_s[ends - 1], t_s[ends])]
    lift_deg = columns["knee_lift_deg"]
    return {
        "start_s": t_s[ends - 1],
        "end_s": t_s[ends],
        "start_deg": lift_deg[ends - 1],
        "end_deg": lift_deg[ends],
        "extension_deg": columns["extension_deg"][ends],
    }


def _tilts_deg(samples, axes, strides):
    """Sagittal tilt of each stride at POINTS times from its start to its end: degrees (strides, POINTS)."""
    share = np.linspace(0, 1, POINTS)
    times_s = strides["start_s"][:, None] + share * (strides["end_s"] - strides["start_s"])[:, None]
    steps = samples.steps(times_s) @ np.kron(np.eye(2), axes.T)  # in thigh axes
    turns = _turns(steps[:, :, :3])
    # halfway through its step a force stands between the two orientations
    forces = np.einsum("npij,npj->ni", turns[:, :-1] + turns[:, 1:], steps[:, :, 3:])
    start = np.radians(strides["start_deg"])
    sideways = np.median(forces[:, 2] / np.linalg.norm(forces, axis=1))
    # up, in thigh axes at the stride's start: the logged tilt, and the lean that all strides begin with
    level = np.sqrt(1 - sideways**2)
    up = np.stack([np.sin(start) * level, np.cos(start) * level, np.full_like(start, sideways)], axis=1)
    seen = np.einsum("npji,nj->npi", turns, up)
    tilt_deg = np.degrees(np.unwrap(np.arctan2(seen[:, :, 0], seen[:, :, 1]), axis=1))
    missed_deg = strides["end_deg"] - tilt_deg[:, -1]
    return tilt_deg + missed_deg[:, None] * share


def _turns(steps):
    """Rotations (strides, points, 3, 3) from thigh axes at each point to those at the start; steps: angles in rad."""
    count, points, _ = steps.shape
    turns = np.empty((count, points + 1, 3, 3))
    turns[:, 0] = np.eye(3)
    small = _rotations(steps)
    for i in range(points):
        np.matmul(turns[:, i], small[:, i], out=turns[:, i + 1])
    return turns


def _rotations(vectors):
    """Rotation matrices (..., 3, 3) of rotation vectors in rad (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*vectors.shape[:-1], 3, 3)
    return np.eye(3) + np.sinc(angle / np.pi) * cross + np.sinc(angle / (2 * np.pi)) ** 2 / 2 * (cross @ cross)
