"""Recordings with truth, made as unkind as a pocket and a street: lean noise and U-turns, by seed.

What a stride's mean specific force leans from one stride to the next is 0.55 degrees in the treadmill recordings and
2.4 (90th percentile 3.4) in real pockets. It is added as a push through each stride, its mean drawn anew, forwards and
sideways alike. A U-turn takes 2.5 s, to the left and right in turn, with its centripetal acceleration.
"""

from itertools import pairwise

import numpy as np
from vqf import offlineVQF

from kneesync.simulation.feed import ACC_G_PER_LSB, GYRO_DPS_PER_LSB, ArrayFeed, Recording
from kneesync.simulation.measurement import matrix

G_MPS2 = 9.80665
TURN_S = 2.5
TURN_EVERY_S = 60.0
TURNING_SPEED = 0.35  # of the running speed, which is not known of every recording
SPEED_MPS = 3.0
LONGEST_STRIDE_S = 1.5


def disturbed(path, lean_sd_deg, u_turns, seed):
    """The recording at `path` as a feed with its truth; `lean_sd_deg`: SD of a stride's added lean, each way."""
    feed = Recording(path)
    random = np.random.default_rng(seed)
    counts = feed.block(0, feed.length).astype(float)
    mount = matrix(feed.truth["mount_quat_xyzw"])  # thigh to chip
    up, right = _level(counts, mount, feed.fs_hz)
    push_g = np.zeros((feed.length, 3))
    if lean_sd_deg:
        push_g += _pushes(feed, up, right, lean_sd_deg, random)
    yaw_dps = np.zeros(feed.length)
    if u_turns:
        yaw_dps = _u_turns_dps(feed)
        speed_mps = TURNING_SPEED * (feed.truth.get("speed_mps") or SPEED_MPS)
        push_g -= (np.deg2rad(yaw_dps) * speed_mps / G_MPS2)[:, None] * right
    counts[:, :3] += yaw_dps[:, None] * (up @ mount.T) / GYRO_DPS_PER_LSB
    counts[:, 3:] += push_g @ mount.T / ACC_G_PER_LSB
    return ArrayFeed(np.clip(np.rint(counts), -32768, 32767), feed.fs_hz, feed.truth)


def _level(counts, mount, fs_hz):
    """Up and the runner's right, unit vectors in thigh axes, (n, 3) each, by offline VQF."""
    w, x, y, z = offlineVQF(
        np.deg2rad(counts[:, :3] * GYRO_DPS_PER_LSB),
        np.ascontiguousarray(counts[:, 3:] * ACC_G_PER_LSB * G_MPS2),
        None,
        1 / fs_hz,
    )["quat6D"].T
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], 1) @ mount
    right = np.array([0.0, 0.0, 1.0]) - up[:, 2:] * up
    return up, right / np.linalg.norm(right, axis=1, keepdims=True)


def _pushes(feed, up, right, lean_sd_deg, random):
    forward = np.cross(up, right)
    push_g = np.zeros((feed.length, 3))
    ends = np.concatenate([[feed.truth["t_run_s"]], feed.truth["truth_peak_t_s"]])
    for start_s, end_s in pairwise(ends):
        ahead_g, aside_g = random.normal(0, np.tan(np.deg2rad(lean_sd_deg)), 2)
        if end_s - start_s < LONGEST_STRIDE_S:
            stride = slice(int(start_s * feed.fs_hz), int(end_s * feed.fs_hz))
            shape = _bell(stride)[:, None]
            push_g[stride] += shape / shape.mean() * (ahead_g * forward[stride] + aside_g * right[stride])
    return push_g


def _u_turns_dps(feed):
    yaw_dps = np.zeros(feed.length)
    side = 1
    for start_s in np.arange(feed.truth["t_run_s"] + TURN_EVERY_S, feed.truth["t_end_s"] - 5, TURN_EVERY_S):
        turn = slice(int(start_s * feed.fs_hz), int((start_s + TURN_S) * feed.fs_hz))
        shape = _bell(turn)
        yaw_dps[turn] = side * 180 * feed.fs_hz * shape / shape.sum()
        side = -side
    return yaw_dps


def _bell(part):
    return np.hanning(part.stop - part.start)
