"""Simulated runners over weeks: what the library would have kept of their sessions, from a few known numbers.

Speed makes the angles (RBDS: 6.1 deg of knee lift per m/s, 11.4 steps/min), a day adds its strap and form, and a change
over the weeks is put in where a test wants one. So what a trend says can be held against what was done.
"""

import numpy as np

from kneecore import settings
from kneesync.analysis import comparable
from kneesync.library.index import SessionEntry

NEWEST_UNIX_S = 1_795_348_800.0  # 2026-11-22, noon
PER_MPS = {"knee_lift_deg": 6.1, "extension_deg": -5.5, "range_deg": 11.6, "swing_up_dps": 113, "swing_back_dps": 86}
AT_3_MPS = {
    "knee_lift_deg": 38.0,
    "extension_deg": -19.0,
    "range_deg": 57.0,
    "swing_up_dps": 345,
    "swing_back_dps": 330,
}
DAY_SD = {"knee_lift_deg": 2.0, "extension_deg": 1.5, "range_deg": 1.6, "swing_up_dps": 10, "swing_back_dps": 10}
CUES = {name: value for name, value in settings.defaults().items() if name.startswith("cue.")}


def session(number, unix_s, **figures):
    """A SessionEntry with a row of figures, those given in place of a plain run's."""
    row = {
        "version": comparable.VERSION, "duration_s": 2700.0, "running_s": 2700.0, "strides": 3700, "strides_sure": 3690,
        "cadence_spm": 165.0, "speed_mps": None, **AT_3_MPS, "knee_lift_sd_deg": 0.9, "stride_time_cv_percent": 1.2,
        "drop_deg": 2.0, "drop_deg_per_h": 2.5, "cues": 1, "cues_per_h": 1.3, "fresh": None, "late": None,
        "alignment_sure_percent": 96, "mounting": None, "has_raw": False, "quiet": False, "cue_settings": dict(CUES),
        "bands": {"cadence_spm": [], "speed_mps": []}, "flags": [], **figures,
    }  # fmt: skip
    kept = SessionEntry(
        id=f"{number:010x}", board="e66118604b1a2b3c", name=f"{number:05d}-1.knee", sha256=f"{number:064x}", bytes=9,
        start_unix_s=unix_s, start_from="pull", pulled_unix_s=(unix_s or NEWEST_UNIX_S) + 9000, leg="L", athlete="me",
    )  # fmt: skip
    kept.figures = row
    kept.duration_s, kept.strides, kept.cadence_spm = row["duration_s"], row["strides"], row["cadence_spm"]
    return kept


def runner(
    seed=0, weeks=12, a_week=3, change=None, pace=(3.1, 3.1), pace_sd=0.1, watch=True, day_sd=DAY_SD, steps_sd=1.5,
    drift=0.0, leg="L", athlete="me", first=0,
):  # fmt: skip
    """Sessions over `weeks`, newest on NEWEST_UNIX_S. change: {name: its growth from the first to the last day}.

    pace: m/s on the first and last day; pace_sd: between days. steps_sd: cadence between days at the same pace.
    drift: how much a day resembles the one before (0 to 1). A session's speed wanders by 0.15 m/s.
    """
    rng = np.random.default_rng([seed, weeks, a_week])
    count = weeks * a_week
    at = np.sort(1 - rng.permutation(weeks * 7)[:count] / (weeks * 7))
    at[-1] = 1.0
    noise = {name: _days(rng, count, sd, drift) for name, sd in (*day_sd.items(), ("cadence_spm", steps_sd))}
    noise["knee_lift_deg"] = noise["range_deg"] * 0.5 + noise["knee_lift_deg"] * np.sqrt(0.75)
    kept = []
    for i in range(count):
        speed = pace[0] + (pace[1] - pace[0]) * at[i] + rng.normal(0, pace_sd)
        # the session's minutes at their own speeds, into the bands
        speeds = speed + rng.normal(0, 0.15, 45)
        grown = {name: value * at[i] + noise[name][i] for name, value in (change or {}).items()}
        offset = {name: grown.get(name, noise[name][i]) for name in noise}
        steps = 165 + 11.4 * (speeds - 3.0) + offset["cadence_spm"]
        angles = {name: AT_3_MPS[name] + PER_MPS[name] * (speeds - 3.0) + offset[name] for name in PER_MPS}
        columns = {"cadence_spm": steps, "speed_mps": speeds, **angles}
        drop = 2.5 + (change or {}).get("drop_deg_per_h", 0) * at[i] + rng.normal(0, 1.5)
        one = session(
            first + i + 1,
            NEWEST_UNIX_S - (1 - at[i]) * weeks * 7 * 86400,
            cadence_spm=float(steps.mean()),
            speed_mps=float(speeds.mean()) if watch else None,
            drop_deg_per_h=drop,
            cues_per_h=float(rng.poisson(max(0.1, drop / 2))) / 0.75,
            bands={
                "cadence_spm": _bands(columns, "cadence_spm", 5, watch),
                "speed_mps": _bands(columns, "speed_mps", 0.25, watch) if watch else [],
            },
        )
        one.leg, one.athlete = leg, athlete
        kept.append(one)
    return kept[::-1]  # as the library lists them: newest first


def _days(rng, count, sd, drift):
    """One value a day with that SD between days; drift is the correlation of neighbours."""
    values = rng.normal(0, sd, count)
    for i in range(1, count):
        values[i] = drift * values[i - 1] + np.sqrt(1 - drift**2) * values[i]
    return values


def _bands(columns, by, width, watch):
    names, table = list(columns), np.array(list(columns.values()))
    number = np.floor(columns[by] / width)
    rows = []
    for each in np.unique(number):
        inside = number == each
        means = dict(zip(names, table[:, inside].mean(axis=1).tolist(), strict=True))
        if not watch:
            del means["speed_mps"]
        low = float(each * width)
        rows.append({"from": low, "to": low + width, "strides": int(inside.sum()) * 82, **means})
    return rows
