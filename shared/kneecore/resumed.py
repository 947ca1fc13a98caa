"""A pipeline put back to where a run was cut: the axes it had found, what it had learnt: baselines, wander.

Tilt and gyro bias are found anew within the first strides, which are flagged `unsure` until then. What led up to a cue
is gone: a fall must last `cue.hold_s` again.
"""

from . import sessionlog

_STRIDES = 20  # as many as make an alignment sure


def resume(pipeline, facts):
    """`facts`: kind (with a baseline's band << 8) -> (kind, detail, six values) of the last such event, where any."""
    if sessionlog.ALIGNED in facts:
        _align(pipeline.axes, facts[sessionlog.ALIGNED][2:])
    for band in range(4):
        if (sessionlog.BASELINE | band << 8) in facts:
            pipeline.cue.recall(*facts[sessionlog.BASELINE | band << 8][1:])
    if sessionlog.WANDER in facts:
        pipeline.cue.recall_wander(*facts[sessionlog.WANDER][1:3])


def _align(axes, values):
    up, right = values[:3], values[3:]
    forward = axes.forward
    axes._cross(up, right, forward)
    for i in range(3):
        axes.up[i] = up[i]
        axes.right[i] = right[i]
    for i in range(3):
        # what the thigh's turning tells from now on is leant towards what was known
        axes.swung[i] = axes.lean[i] = forward[i]
    axes.standing = axes.known = True
    axes.strides = _STRIDES
