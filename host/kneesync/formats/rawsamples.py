"""Raw samples of a session file: their counts out of the blocks' groups, and their times from the blocks' heads.

An hour has 16,000 groups of six channels: those of one length and width are decoded side by side.
"""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kneecore import rawlog, sessionread

_NOMINAL_PERIOD_MS = 64 / 6.667
_CHANNELS = 6
_AT_ONCE = 5  # blocks: enough for numpy, little enough to stay within the file's own size


def counts(payloads: Sequence[bytes], samples: int) -> np.ndarray:
    """int16 (samples, 6) of raw blocks' payloads that hold so many: gyro x y z, acceleration x y z, chip counts."""
    values = np.empty((samples, _CHANNELS), np.int16)
    at = 0
    for first in range(0, len(payloads), _AT_ONCE):
        at += _decode(payloads[first : first + _AT_ONCE], values[at:])
    return values


def _decode(payloads, values):
    """Fill the first rows of `values` with the samples of these blocks; how many they are."""
    lengths, codes, held = [], [], []
    base = 0
    for payload in payloads:
        before = len(lengths)
        for n, channels in sessionread.raw_groups(payload):
            lengths.append(n)
            codes.append([(width, base + at) for width, at in channels])
        held.append(sum(lengths[before:]))
        base += len(payload)
    data = np.frombuffer(b"".join(payloads), np.uint8)
    lengths, held = np.array(lengths, np.int64), np.array(held, np.int64)
    widths, offsets = np.moveaxis(np.array(codes, np.int32), -1, 0)
    rows = np.cumsum(lengths) - lengths
    values = values[: lengths.sum()]
    for n in np.unique(lengths):
        places = sliding_window_view(values, n, axis=0, writeable=True)
        for width in (0, 1, 2):
            group, channel = np.nonzero((widths == width) & (lengths == n)[:, None])
            if len(group):
                places[rows[group], channel] = _differences(data, offsets[group, channel], n, width)
    # one running sum, modulo 65536 as on the board, from which each block starts anew at its first sample
    np.cumsum(values, axis=0, dtype=np.int16, out=values)
    starts = np.cumsum(held) - held
    before = np.where(starts[:, None] > 0, values[starts - 1], 0).astype(np.int16)
    firsts = np.array([struct.unpack_from(rawlog.HEAD, payload)[2:] for payload in payloads], np.int16)
    values += np.repeat(firsts - before, held, axis=0)
    return len(values)


def _differences(data, offsets, n, width):
    """(groups, n) differences of channels of n samples that begin at these bytes."""
    coded = sliding_window_view(data, (n, (n + 1) // 2 * 3, 2 * n)[width])[offsets]
    if width != 1:
        return coded.view("<i2" if width else "i1")
    coded = coded.reshape(len(offsets), -1, 3).astype(np.int16)
    low, second, high = np.moveaxis(coded, -1, 0)
    pairs = np.stack([low | (high & 15) << 8, second | (high >> 4) << 8], axis=-1)
    return ((pairs.reshape(len(offsets), -1) ^ 2048) - 2048)[:, :n]


def t_ms(numbers: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """Board time of each sample, ms: on the line from its block's head to the next. `heads`: Session.raw_heads."""
    if len(heads) == 0:
        return np.zeros(0)
    number, head_ms = _ascending(heads)
    behind_ms = np.maximum(0, numbers - number[-1]) * period_ms(heads)  # the last block has no next one
    return np.interp(numbers, number, head_ms) + behind_ms


def period_ms(heads: np.ndarray) -> float:
    """Time from one sample to the next, ms."""
    if len(heads) == 0:
        return _NOMINAL_PERIOD_MS
    number, head_ms = _ascending(heads)
    return (head_ms[-1] - head_ms[0]) / (number[-1] - number[0]) if len(number) > 1 else _NOMINAL_PERIOD_MS


def _ascending(heads):
    number, head_ms = heads[:, 0], heads[:, 1]
    ascending = np.concatenate([[True], np.diff(np.maximum.accumulate(number)) > 0])
    return number[ascending], head_ms[ascending]
