"""Orientation filters from the shelf, made to find strides: what kneecore is measured beside.

They are given what kneecore has to find: the true mounting, the true sample rate, when running starts and ends, and the
gyroscope's mean over the standing seconds taken off. That last gift decides for VQF: the chips here are off by up to
3 dps, its own estimate starts from a belief of 0.5 dps and stops at 2, and its peaks err twice as much (the bench
prints both). The tilt is the up axis seen from the side, zeroed on the standing seconds; a stride's peak is the highest
point within a quarter of a second either way, looked for with the whole recording at hand.
"""

import imufusion
import numpy as np
from vqf import VQF, offlineVQF

from kneesync.simulation.feed import ACC_G_PER_LSB, GYRO_DPS_PER_LSB
from kneesync.simulation.measurement import matrix

G_MPS2 = 9.81
STANDING_S = 6.0  # how every recording begins
NEIGHBOUR_S = 0.25  # strides are 0.54 s apart or more; the second peak that some thighs make is nearer
LEAST_RISE_DEG = 15.0


def vqf(gyr_dps, acc_g, fs_hz):
    """VQF with its default parameters, no magnetometer (Laidig and Seel 2023, 10.1016/j.inffus.2022.10.014)."""
    return VQF(1 / fs_hz).updateBatch(np.deg2rad(gyr_dps), acc_g * G_MPS2)["quat6D"]


def vqf_offline(gyr_dps, acc_g, fs_hz):
    """VQF's variant that looks back from the end, as no board can."""
    return offlineVQF(np.deg2rad(gyr_dps), acc_g * G_MPS2, None, 1 / fs_hz)["quat6D"]


def fusion(gyr_dps, acc_g, fs_hz, gain=0.5):
    """x-io Fusion (imufusion) with what its README calls appropriate for most applications.

    Gain 0.5, the gyroscope's range, accelerations rejected beyond 10 degrees for up to 5 s. Its own estimate of the
    gyroscope's offset stays off: with the standing mean taken off already it makes matters worse.
    """
    settings = imufusion.AhrsSettings(
        sample_rate=fs_hz,
        convention=imufusion.CONVENTION_NWU,
        gain=gain,
        gyroscope_range=2000,
        acceleration_rejection=10,
        rejection_timeout=5,
    )
    update = imufusion.Ahrs().set_settings(settings).update_no_magnetometer
    return np.array([update(gyr, acc).get_quaternion() for gyr, acc in zip(gyr_dps, acc_g, strict=True)])


def strides(feed, orientation, raw=False):
    """The strides that a filter sees in a recording; `raw`: the gyroscope's offset is left in."""
    counts = feed.block(0, feed.length).astype(float)
    mount = matrix(feed.truth["mount_quat_xyzw"])  # thigh to chip
    gyr_dps = np.ascontiguousarray(counts[:, :3] * GYRO_DPS_PER_LSB @ mount)
    acc_g = np.ascontiguousarray(counts[:, 3:] * ACC_G_PER_LSB @ mount)
    standing = slice(0, int(STANDING_S * feed.fs_hz))
    if not raw:
        gyr_dps -= gyr_dps[standing].mean(axis=0)
    w, x, y, z = orientation(gyr_dps, acc_g, feed.fs_hz).T
    up_x, up_y = 2 * (x * z - w * y), 2 * (w * x + y * z)  # up in thigh axes
    tilt_deg = np.rad2deg(np.arctan2(up_x, up_y))
    tilt_deg -= tilt_deg[standing].mean()
    # a filter has turned by its sample's rate for a whole period: it stands half a period later
    return _strides(tilt_deg, (np.arange(len(tilt_deg)) + 0.5) / feed.fs_hz, feed)


def _strides(tilt_deg, t_s, feed):
    reach = int(NEIGHBOUR_S * feed.fs_hz)
    first, last = (int(feed.truth[name] * feed.fs_hz) for name in ("t_run_s", "t_end_s"))
    inner = tilt_deg[1:-1]
    tops = 1 + np.flatnonzero((inner >= tilt_deg[:-2]) & (inner > tilt_deg[2:]))
    found, before, low_before = [], first, first
    for at in tops[(tops > first) & (tops < last)]:
        low = before + int(np.argmin(tilt_deg[before : at + 1]))
        lowest_deg = tilt_deg[low]
        highest_deg = tilt_deg[max(at - reach, first) : at + reach + 1].max()
        if tilt_deg[at] < highest_deg or tilt_deg[at] - lowest_deg < LEAST_RISE_DEG:
            continue
        # the top of the parabola through three samples, in samples from the middle one
        left_deg, top_deg, right_deg = tilt_deg[at - 1 : at + 2]
        part = (left_deg - right_deg) / (2 * (left_deg - 2 * top_deg + right_deg))
        found.append(
            {
                "t_s": float(t_s[at] + part / feed.fs_hz),
                "knee_lift_deg": float(top_deg - (left_deg - right_deg) * part / 4),
                "extension_deg": float(lowest_deg),
                "stride_s": float(t_s[low] - t_s[low_before]) if found else None,
            }
        )
        before, low_before = at, low
    return found
