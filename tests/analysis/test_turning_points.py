"""The rate that the tilt has and the rotation about right has not, against the tilt's own change."""

import numpy as np

from kneecore.peaks import Peaks
from kneecore.state import State

SEED = 4
STEP_S = 1e-4
COUNT_DPS = 0.07


def turned(vector, rate, span_s):
    """`vector`, fixed in the world, as a body sees it that has turned at `rate` (rad/s, body axes) for `span_s`."""
    angle = np.linalg.norm(rate) * span_s
    axis = rate / np.linalg.norm(rate)
    cosine, sine = np.cos(angle), np.sin(angle)
    return vector * cosine - np.cross(axis, vector) * sine + axis * (axis @ vector) * (1 - cosine)


def test_swivel_is_what_the_tilt_turns_beyond_right():
    rng = np.random.default_rng(SEED)
    for _ in range(200):
        axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        axes *= np.linalg.det(axes)
        forward, upward, right = axes
        tilt, lean = np.radians(rng.uniform(-70, 70)), np.radians(rng.uniform(-30, 30))
        up = np.cos(lean) * (np.sin(tilt) * forward + np.cos(tilt) * upward) + np.sin(lean) * right
        rate = np.radians(rng.uniform(-400, 400, 3))

        def tilt_at(t_s, up=up, rate=rate, forward=forward, upward=upward):
            seen = turned(up, rate, t_s)
            return np.arctan2(seen @ forward, seen @ upward)

        beyond = (tilt_at(STEP_S) - tilt_at(-STEP_S)) / (2 * STEP_S) - rate @ right
        state = State(None)
        peaks = Peaks(state)
        found_axes = (state.axes.forward, state.axes.up, state.axes.right)
        for ours, theirs in zip(found_axes, axes, strict=True):
            ours[:] = [round(16384 * value) for value in theirs]
        state.attitude.up[:] = [round(16384 * value) for value in up]
        counts = [round(value / COUNT_DPS) for value in np.degrees(rate)]
        sine, cosine = (round(16384 * (up @ axis)) for axis in (forward, upward))
        found_dps = peaks.swivel(*counts, sine, cosine) / 32 * COUNT_DPS
        assert abs(found_dps - np.degrees(beyond)) < 0.5
