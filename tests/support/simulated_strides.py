"""Sessions with known truth, stride by stride: what the statistics of a run are tested on.

Noise as measured on runners: from stride to stride (lag-1 correlation about 0.6 in all), and a drift over minutes.
The cue's own code sees the strides, so that baseline and cues are those of a board.
"""

import numpy as np

from kneecore import sessionlog as log
from kneecore import sessionread, settings
from kneecore.cue import Cue
from kneesync.formats.session import EVENT_DTYPE, STRIDE_DTYPE, Session
from tests.support.knee_files import KneeFile

SLOPE_DEG_PER_PERCENT = 0.85


def drift(t_s, sd, tau_s, rng):
    """An Ornstein-Uhlenbeck process at the times t_s (n,)."""
    phi = np.exp(-np.diff(t_s, prepend=t_s[0]) / tau_s)
    steps = rng.standard_normal(len(t_s)) * sd * np.sqrt(1 - phi**2)
    steps[0] = sd * rng.standard_normal()
    level, now = [], 0.0
    for keep, step in zip(phi.tolist(), steps.tolist(), strict=True):
        now = keep * now + step
        level.append(now)
    return np.array(level)


def run(
    minutes=25,
    seed=0,
    fall_deg=lambda t_s: 0.0 * t_s,
    cadence_spm=lambda t_s: 172.0 + 0.0 * t_s,
    lift_deg=42.0,
    stride_sd_deg=1.0,
    drift_sd_deg=1.3,
    drift_tau_s=60.0,
    cadence_sd_percent=0.8,
    rests_s=(),
    flags=lambda t_s: 0 * t_s.astype(int),
    start_ms=20_000,
    leg="L",
    also=(),
):
    """A Session. fall_deg, cadence_spm, flags: functions of t_s (n,); rests_s: (from, to) without strides."""
    rng = np.random.default_rng([seed, 11])
    stride_s = 120 / 172.0 * np.ones(int(minutes * 100))
    for _ in range(2):  # the cadence at the time at which the stride is
        t_s = np.cumsum(stride_s)
        stride_s = 120 / cadence_spm(t_s)
    wander = drift(t_s, cadence_sd_percent, 90.0, rng) if cadence_sd_percent else 0.0
    stride_s = stride_s / (1 + wander / 100) * (1 + 0.01 * rng.standard_normal(len(t_s)))
    dt_ms = np.rint(stride_s * 1000).astype(int)
    t_ms = start_ms + np.cumsum(dt_ms)
    first = np.zeros(len(t_ms), bool)
    first[0] = True
    for from_s, to_s in rests_s:
        inside = (t_ms - start_ms >= from_s * 1000) & (t_ms - start_ms < to_s * 1000)
        t_ms, dt_ms, first = t_ms[~inside], dt_ms[~inside], first[~inside]
        after = np.flatnonzero(t_ms - start_ms >= to_s * 1000)[:1]
        first[after] = True
    keep = t_ms - start_ms <= minutes * 60_000
    t_ms, dt_ms, first = t_ms[keep], dt_ms[keep], first[keep]
    t_s = (t_ms - start_ms) / 1000
    faster_percent = 100 * (120_000 / dt_ms / cadence_spm(t_s)[0] - 1)
    steady = np.convolve(faster_percent, np.ones(5) / 5, mode="same")
    noise = stride_sd_deg * rng.standard_normal(len(t_s))
    noise += drift(t_s, drift_sd_deg, drift_tau_s, rng) if drift_sd_deg else 0.0
    lift = lift_deg + SLOPE_DEG_PER_PERCENT * steady - fall_deg(t_s) + noise
    records = np.zeros(len(t_s), STRIDE_DTYPE)
    records["dt_ms"] = np.where(first, 0, dt_ms)
    records["knee_lift_cdeg"] = np.rint(lift * 100)
    records["extension_cdeg"] = np.rint(-2200 + 60 * rng.standard_normal(len(t_s)))
    records["swing_up_ddps"] = np.rint(4000 + 60 * (lift - lift_deg) + 50 * rng.standard_normal(len(t_s)))
    records["swing_back_ddps"] = 4100
    records["flags"] = flags(t_s) | np.where(first, log.FIRST, 0)
    events = [*also, *_cues(t_ms, records)]
    rows = np.zeros(len(events), EVENT_DTYPE)
    for row, (at_ms, kind, detail, *values) in zip(rows, sorted(events), strict=True):
        row["t_ms"], row["kind"], row["detail"] = at_ms, kind, detail
        row["values"][: len(values)] = values
    header = {"board": "e66118604b1a2b3c", "leg": leg, "ticks_ms": start_ms, "settings": settings.defaults()}
    return Session(
        header=header,
        stride_records=records,
        t_ms=t_ms.astype(np.int64),
        event_records=rows,
        raw_heads=np.zeros((0, 3), np.int64),
        raw_lsb=np.zeros((0, 6), np.int16),
        end={"reason": "button", "t_ms": int(t_ms[-1]) if len(t_ms) else 0, "strides": len(t_ms)},
    )


def experiment(seed, share=50, minutes=40):
    """A run (see run()) of the self-experiment: of the cues that its fall brings, every other one was held back."""
    one = run(minutes=minutes, seed=seed, fall_deg=lambda t_s: 7.0 * (t_s > 700))
    one.header["settings"] = {**settings.defaults(), "cue.experiment_percent": share}
    kinds = one.event_records["kind"]
    for number, i in enumerate(np.flatnonzero(kinds == log.CUE)):
        if number % 2 == seed % 2 and share:
            kinds[i], one.event_records["detail"][i] = log.CUE_HELD, sessionread.HELD.index("experiment")
    return one


def file(session, **header):
    """The bytes of a session file with these strides and events."""
    built = KneeFile(leg=session.header["leg"], ticks_ms=session.header["ticks_ms"], **header)
    rows = [tuple(int(value) for value in row) for row in session.stride_records.tolist()]
    for at in range(0, len(rows), 60):
        built.stride_block(int(session.t_ms[at]) - rows[at][0], rows[at : at + 60])
    for event in session.event_records:
        built.events((int(event["t_ms"]), int(event["kind"]), int(event["detail"]), *event["values"].tolist()))
    return bytes(built.end(int(session.t_ms[-1]) + 500).data)


def _cues(t_ms, records):
    """What the board's own code logs on these strides."""
    events = []
    cue = Cue(settings.defaults(), lambda *event: events.append(event))
    names = ("dt_ms", "knee_lift_cdeg", "extension_cdeg", "flags")
    for at, *values in zip(t_ms.tolist(), *(records[name].tolist() for name in names), strict=True):
        cue.stride(at, *values)
    return events
