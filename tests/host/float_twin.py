"""kneecore in real numbers: the same code, with arithmetic that never rounds.

    with unrounded():
        heard = run(feed, Real)

A `Real` divides where an integer would shift right, and has no remainder to carry on. So the twin follows every change
of kneecore by itself, and its filter works on its own errors; what differs between the two is what rounding costs.
kneecore turns its quaternion by a series of the second order. The twin's rotations are exact: it is given each rate
changed by just so much that the series comes to the rotation meant (`_for_series`).
"""

import math
from contextlib import contextmanager
from unittest import mock

import numpy as np

from kneecore import alignment, attitude, pipeline, settings, stride, trig, windows
from kneecore.pipeline import Pipeline
from kneesync.replay import Heard, bursts

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
            for module in (alignment, attitude, pipeline, stride, windows)
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


def _for_series(gyro, fs_hz):
    """Gyro counts (N, 3) for which 1 - h^2 / 2 + h, the quaternion of the series, is the exact one of `gyro`."""
    half = np.linalg.norm(gyro, axis=1, keepdims=True) * np.radians(0.07) / fs_hz / 2
    tangent = np.tan(np.maximum(half, 1e-9))
    return gyro * (np.sqrt(1 + 2 * tangent * tangent) - 1) / (tangent * np.maximum(half, 1e-9))


def run(feed, kind=int, exact=True):
    """Heard, of a pipeline fed with `feed`: by int samples, or by Real ones within unrounded().

    With `exact` False the Reals go through the series as the integers do.
    """
    heard = Heard()
    one = Pipeline(settings.defaults(), heard)
    for samples, n, waiting, t_ms in bursts(feed):
        if kind is Real:
            block = np.array(samples, dtype=float).reshape(n, 6)
            if exact:
                block[:, :3] = _for_series(block[:, :3], feed.fs_hz)
            one.feed([Real(value) for value in block.ravel().tolist()], n, waiting, t_ms)
        else:
            one.feed(samples, n, waiting, t_ms)
    heard.alignment = one.alignment()
    return heard


def lifts(heard):
    """(times s, knee lifts degrees) of the strides heard."""
    return np.array([row[0] for row in heard.strides]) / 1000, np.array([row[2] for row in heard.strides]) / 100
