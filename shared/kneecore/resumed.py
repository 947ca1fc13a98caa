"""A pipeline put back to where a run was cut: the axes it had found, the baseline it had learnt.

Tilt and gyro bias are found anew within the first strides, which are flagged `unsure` until then. What led up to a cue
is gone: a fall must last `cue.hold_s` again.
"""

from . import sessionlog

_STRIDES = 20  # as many as make an alignment sure


def resume(pipeline, facts):
    """`facts`: kind -> (kind, detail, six values) of the last ALIGNED and BASELINE event, either may be missing."""
    if sessionlog.ALIGNED in facts:
        _align(pipeline.axes, facts[sessionlog.ALIGNED][2:])
    if sessionlog.BASELINE in facts:
        _, tens, lift_cdeg, sigma_cdeg, stride_ms, extension_cdeg, _, _ = facts[sessionlog.BASELINE]
        if sigma_cdeg > 0 and stride_ms > 0:
            cue = pipeline.cue
            cue.known = True
            cue.tens = tens
            cue.lift_cdeg = lift_cdeg
            cue.sigma_cdeg = sigma_cdeg
            cue.stride_us = stride_ms * 1000
            cue.extension_cdeg = extension_cdeg
            cue.threshold_cdeg = max(lift_cdeg * cue._drop_percent // 100, cue._drop_cdeg)
            cue._base_time_16ths = stride_ms * 16
            cue._run_ms = cue._skip_ms


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
