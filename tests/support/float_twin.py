"""kneecore in real numbers: the same code, with arithmetic that never rounds.

    with unrounded():
        heard = run(feed, Real)

A `Real` divides where an integer would shift right, and has no remainder to carry on. So the twin follows every change
of kneecore by itself, and its filter works on its own errors; what differs between the two is what rounding costs.
kneecore turns its quaternion by a series of the third order, a pair of samples at a time. The twin's rotations are
exact: each pair's rates are changed by just so much that the series comes to the rotation meant (`_for_series`).
"""

import math
from contextlib import contextmanager
from unittest import mock

import numpy as np

from kneecore import alignment, attitude, orientation, peaks, settings, strapdown, stride, trig, windows
from kneecore.pipeline import Pipeline
from kneesync.analysis.cue_replay import RecordingSink
from kneesync.services.replay import bursts

_SHIFTS = [2.0**n for n in range(64)]


class Real(float):
    """A float that takes the integer operators of kneecore, each without its rounding."""

    def __rshift__(self, bits):
        return Real(self / _SHIFTS[bits])

    def __lshift__(self, bits):
        return Real(float.__mul__(self, _SHIFTS[bits]))

    def __and__(self, mask):
        return Real(0)  # what a division left over


def _real(name):
    plain = getattr(float, name)

    def operation(self, *others):
        result = plain(self, *others)
        return result if result is NotImplemented else Real(result)

    return operation


for _name in ("add", "sub", "mul", "truediv"):
    setattr(Real, f"__{_name}__", _real(f"__{_name}__"))
    setattr(Real, f"__r{_name}__", _real(f"__r{_name}__"))
Real.__floordiv__ = Real.__truediv__
Real.__rfloordiv__ = Real.__rtruediv__
for _name in ("__neg__", "__abs__"):
    setattr(Real, _name, _real(_name))


def _root(n):
    return Real(math.sqrt(n))


def _atan2_cdeg(y, x):
    return Real(math.degrees(math.atan2(y, x)) * 100)


def _unit_q14(vector):
    size = math.sqrt(sum(float(value) ** 2 for value in vector))
    if size == 0:
        return False
    vector[:] = [Real(value / size * 16384) for value in vector]
    return True


_EXACT = {
    "root": _root,
    "atan2_cdeg": _atan2_cdeg,
    "length3": lambda x, y, z: _root(float(x) ** 2 + float(y) ** 2 + float(z) ** 2),
    "fit_shift": lambda x, y, z, limit: 0,
    "unit_q14": _unit_q14,
    "HALF": 0,  # the offset that makes a shift round
}


@contextmanager
def unrounded():
    """Within it kneecore's own roundings are out of the way, for pipelines fed with Reals."""
    with mock.patch.multiple(trig, **{name: value for name, value in _EXACT.items() if hasattr(trig, name)}):
        patches = [
            mock.patch.object(module, name, value)
            for module in (alignment, attitude, orientation, peaks, strapdown, stride, windows)
            for name, value in _EXACT.items()
            if hasattr(module, name)
        ]
        for patch in patches:
            patch.start()
        try:
            yield
        finally:
            for patch in patches:
                patch.stop()


def _product(p, q):
    """Quaternions (N, 4; w first) one after the other."""
    w = p[:, :1] * q[:, :1] - np.sum(p[:, 1:] * q[:, 1:], axis=1, keepdims=True)
    return np.hstack([w, p[:, :1] * q[:, 1:] + q[:, :1] * p[:, 1:] + np.cross(p[:, 1:], q[:, 1:])])


def _rotation(a, b):
    """tan(half the angle) times the axis (N, 3) of a turn whose rate goes straight through a pair's two samples.

    `a`, `b`: half-angles in each half of the pair, rad. In 16 steps, each an exact rotation.
    """
    whole = np.tile([1.0, 0.0, 0.0, 0.0], (len(a), 1))
    for step in range(16):
        half = (a + (b - a) * ((step + 0.5) / 8 - 0.5)) / 8
        size = np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-12)
        whole = _product(whole, np.hstack([np.cos(size), half * np.sin(size) / size]))
    return whole[:, 1:] / whole[:, :1]


def _series(a, b):
    """The same as `strapdown` has it."""
    both = a + b
    square = np.sum(both * both, axis=1, keepdims=True)
    return (both * (1 - square / 6) + np.cross(a, b) * 4 / 3) / (1 - square / 2)


def _for_series(gyro, fs_hz):
    """Gyro counts (N, 3), both of a pair changed alike, for which the series comes to the exact rotation of `gyro`."""
    half_rad = np.radians(0.07) / fs_hz / 2
    a, b = gyro[::2] * half_rad, gyro[1::2] * half_rad
    exact = _rotation(a, b)
    more = np.zeros_like(a)
    for _ in range(12):
        more += (exact - _series(a + more, b + more)) / 2
    return gyro + np.repeat(more, 2, axis=0) / half_rad


def run(feed, kind=int, exact=True):
    """RecordingSink, of a pipeline fed with `feed`: by int samples, or by Real ones within unrounded().

    With `exact` False the Reals go through the series as the integers do.
    """
    heard = RecordingSink()
    one = Pipeline(settings.defaults(), heard)
    for channels, step, n, waiting, t_ms in bursts(feed):
        given = channels
        if kind is Real:
            if exact:
                gyro = np.array(channels[:3], dtype=float).T
                given = [*_for_series(gyro, feed.fs_hz).T.tolist(), *channels[3:]]
            given = [[Real(count) for count in channel] for channel in given]
        one.feed(given, step, n, waiting, t_ms)
    heard.alignment = one.alignment()
    return heard


def lifts(heard, but_flags=0):
    """(times s, knee lifts degrees) of the strides heard, but for those with one of these flags."""
    rows = np.array([(row[0] / 1000, row[2] / 100) for row in heard.strides if not row[-1] & but_flags])
    return rows[:, 0], rows[:, 1]
