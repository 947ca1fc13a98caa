"""A library and a watch's file of the same simulated run."""

import hashlib

import numpy as np

from kneecore import sessionlog as log
from kneesync.formats import fit
from tests.support.fit_files import START_S, FitFile
from tests.support.knee_files import BOARD, KneeFile

ZERO_MS = 20_000  # the board's uptime at the session's start
WATCH_UNIX_S = START_S + fit.EPOCH_UNIX_S


def knee_file(one, **header):
    """The session of a pair as the board writes it."""
    file = KneeFile(ticks_ms=ZERO_MS, **header)
    t_ms = np.rint(one.t_s * 1000).astype(int) + ZERO_MS
    rows, before_ms, last_ms = [], int(t_ms[0]), int(t_ms[0])
    for i, at_ms in enumerate(t_ms.tolist()):
        took_ms = at_ms - last_ms
        if took_ms > 1500:
            rows.append(at_ms)
            took_ms = 0
        flags = 0 if np.isfinite(one.stride_s[i]) else log.FIRST
        rows.append((took_ms, round(one.knee_lift_deg[i] * 100), -1500 - i % 50, 3900, 4100, flags))
        last_ms = at_ms
        if len(rows) >= 60:
            file.stride_block(before_ms, rows)
            rows, before_ms = [], at_ms
    if rows:
        file.stride_block(before_ms, rows)
    return bytes(file.end(last_ms).data)


def fit_file(one, start_s=START_S):
    """The watch's file of a pair; its first record at `start_s` in FIT seconds."""
    t_s = np.rint(one.watch_t_s - one.watch_t_s[0])
    distance_m = np.cumsum(one.watch_speed_mps)
    heart_rate = 140 + 0 * t_s
    return (
        FitFile(0x20)
        .file_id()
        .track(0, t_s, one.watch_spm, one.watch_speed_mps, 100 + distance_m * 0.02, heart_rate, start_s)
        .data()
    )


def start_unix_s(one):
    """When the session of a pair truly began by the watch's clock."""
    return WATCH_UNIX_S + one.lag_s - one.watch_t_s[0]


def kept(library, data, name="00001-1.knee", board=BOARD, **note):
    """Keep a session file; `note`: what is known of its start."""
    incoming = library.incoming(board, name, len(data), hashlib.sha256(data).hexdigest())
    try:
        incoming.append(data)
        return library.keep(incoming, note)
    finally:
        incoming.close()
