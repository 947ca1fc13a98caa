"""Simulated runners with one known deficit each, or with none: what the coach's findings are judged by.

A runner is drawn from the spread of the 13 runners of RBDS (Fukuchi 2017, 10.7717/peerj.3298; both legs' mean at 2.5,
3.5 and 4.5 m/s, our measure) and runs for some weeks. A deficit is put in as a body would have it: the coach is not
asked how. Noise is what is published: 1.6 to 2.7 deg between days, common to a session (10.3389/fbioe.2022.1005496),
1 deg from stride to stride, and a drift within the run. In the way are: paces that differ from run to run and within
one, runs that slow down at the end, a strap that slips (half of them unseen by the board), hills, runs too short to
say anything, sessions of unknown time, alignments in doubt, and runs without a watch.

runner("low_cadence", seed=3) is a list of SessionEntry, newest first, as Library.sessions() gives them.
"""

from dataclasses import dataclass, field

import numpy as np

from kneesync.analysis.comparable import BAND_SPM
from kneesync.analysis.pace import BAND_MPS
from tests.support.runners import NEWEST_UNIX_S, session

DAY_S = 86_400
SPEEDS_MPS = (2.5, 3.5, 4.5)
TYPICAL = {  # at those speeds
    "knee_lift_deg": (34.2, 40.7, 46.4),
    "extension_deg": (-16.3, -22.4, -27.4),
    "cadence_spm": (161.7, 172.1, 184.4),
    "swing_up_dps": (282.0, 391.0, 502.0),
    "swing_back_dps": (283.0, 368.0, 452.0),
}
# between runners: SD, and correlation of knee lift, extension, cadence, and swing-up rate for its range and cadence
BODY_SD = np.array([6.3, 2.75, 8.9, 0.055])
BODY_CORRELATION = np.array([[1, 0.24, 0.11, 0], [0.24, 1, 0.24, 0], [0.11, 0.24, 1, 0], [0, 0, 0, 1]])
BODY_WITHIN_SD = 2.0  # further out is what the signs call a deficit
LEGS_SD_DEG = 3.3  # right less left among healthy runners
SHORT_S = (150, 420)


@dataclass(frozen=True)
class Profile:
    """A runner's known deficit. `sign` is None for a runner without one; the rest is how it shows in the body."""

    sign: str | None
    body: dict = field(
        default_factory=dict
    )  # a share of typical is multiplied, degrees and steps are added: (low, high)
    watch: float | None = 0.75  # share of runs with one; None: half of the runners have none at all
    boards: int = 1
    slows: float = 0.3  # share of runs that end slower than they began


PROFILES = {
    "drop_late": Profile("drop_late", {"fade_deg": (4.5, 7.5)}, watch=None),
    "drop_late_slowing": Profile("drop_late", {"fade_deg": (4.5, 7.5)}, slows=0.8),
    "short_extension": Profile("short_extension", {"extension_deg": (9.5, 13.0)}),
    "slow_swing_up": Profile("slow_swing_up", {"swing_up": (0.79, 0.83)}, watch=None),
    "slow_swing_up_no_watch": Profile("slow_swing_up", {"swing_up": (0.79, 0.83)}, watch=0.0),
    "falling_cadence": Profile("falling_cadence", {"cadence_fade_spm": (6.5, 11.0)}),
    "low_cadence": Profile("low_cadence", {"cadence_spm": (-31.0, -25.5)}),
    "growing_variability": Profile("growing_variability", {"variability": (1.55, 2.0)}, watch=None),
    "low_lift_at_pace": Profile("low_lift_at_pace", {"knee_lift_deg": (-22.0, -18.0)}),
    "asymmetry": Profile("asymmetry", {"legs_deg": (10.0, 14.0)}, boards=2, watch=None),
}
SOUND = {
    "sound": Profile(None),
    "sound_no_watch": Profile(None, watch=0.0),
    "sound_two_boards": Profile(None, boards=2, watch=None),
    "sound_slowing": Profile(None, slows=0.8, watch=None),
}


def runner(name, seed, runs=None, within_sd=BODY_WITHIN_SD):
    """SessionEntry sessions, newest first. runs: how many; None: 8 to 16 over 6 weeks.

    within_sd: how far the body may lie from the typical one where it has no deficit; None: anywhere.
    """
    profile = PROFILES.get(name) or SOUND[name]
    rng = np.random.default_rng([seed, sum(map(ord, name))])
    body = _body(profile, rng, within_sd)
    count = runs or int(rng.integers(8, 17))
    days = np.sort(rng.permutation(42)[:count])
    watch = profile.watch if profile.watch is not None else float(rng.choice([0.0, 0.75]))
    # the runner's own day-to-day spread of strap and standing pose
    strap_sd_deg = rng.uniform(1.6, 2.7)
    kept = []
    for number, day in enumerate(days):
        unix_s = NEWEST_UNIX_S - (days[-1] - day) * DAY_S + float(rng.choice([-5, 0, 6])) * 3600
        run = _run(body, profile, watch, rng)
        no_clock = rng.random() < 0.15
        for leg in ("L", "R") if profile.boards == 2 else ("L",):
            strap_deg = strap_sd_deg * rng.standard_normal()
            figures = _figures(body, run, leg, strap_deg, profile.boards, rng)
            one = session(2 * number + (leg == "R") + 1, unix_s + rng.uniform(-0.5, 0.5), **figures)
            if no_clock:
                one.start_unix_s, one.start_from = None, "unknown"
            one.leg, one.board = leg, f"e66118604b1a2b3{'c' if leg == 'L' else 'd'}"
            one.knee_lift_deg, one.drop_deg, one.cues = figures["knee_lift_deg"], figures["drop_deg"], 0
            kept.append(one)
    return kept[::-1]


def _body(profile, rng, within_sd):
    """The runner's own numbers."""
    while True:
        drawn = rng.multivariate_normal(np.zeros(4), BODY_CORRELATION)
        fade, cadence_fade, legs = rng.standard_normal(3)
        if within_sd is None or np.abs([*drawn, fade, cadence_fade, legs]).max() <= within_sd:
            break
    lift, extension, cadence, swing = drawn * BODY_SD
    body = {
        "knee_lift_deg": lift,
        "extension_deg": extension,
        "cadence_spm": cadence,
        "swing_up": float(np.exp(swing)),
        "fade_deg": 0.8 + 0.7 * fade,
        "cadence_fade_spm": 0.5 + 0.8 * cadence_fade,
        "variability": 1.04,
        "legs_deg": LEGS_SD_DEG * legs,
        "stride_sd_deg": float(np.clip(rng.normal(0.85, 0.2), 0.5, 1.4)),
    }
    for name, (low, high) in profile.body.items():
        body[name] = rng.uniform(low, high)  # known: it stands in place of what was drawn
        if name == "legs_deg":
            body[name] *= rng.choice([-1, 1])
    return body


def _run(body, profile, watch, rng):
    """What both legs share of one run."""
    is_short = rng.random() < 0.2
    running_s = rng.uniform(*SHORT_S) if is_short else 60 * rng.uniform(25, 75)
    slows = rng.random() < profile.slows
    hilly = rng.random() < 0.2
    return {
        "running_s": running_s,
        "speed_mps": float(np.clip(rng.normal(3.0, 0.28), 2.4, 4.2)),
        "late_mps": rng.uniform(-0.6, -0.2) if slows else rng.normal(0, 0.08),
        "watch": rng.random() < watch,
        "hills": rng.normal(0, 1.5) if hilly else 0.0,
        "grade_percent": rng.normal(0, 2.5) if hilly else rng.normal(0, 0.3),
        "rough": rng.uniform(1.0, 1.25) if hilly else 1.0,
        "slips": rng.random() < 0.2,
        "unsure": rng.random() < 0.07,
        "fade_deg": body["fade_deg"] * _how_long(running_s) + rng.normal(0, 1.1),
        "cadence_fade_spm": body["cadence_fade_spm"] * _how_long(running_s) + rng.normal(0, 1.3),
        "cadence_spm": rng.normal(0, 1.5),
        "lift_deg": rng.normal(0, 1.0),
        "swing": rng.normal(0, 0.02),
        "variability": float(np.exp(rng.normal(0, 0.1))),
    }


def _how_long(running_s):
    """Long runs fade more: 1 for 45 minutes."""
    return float(np.clip(running_s / 2700, 0.6, 1.4))


def _at(name, speed_mps):
    low, middle, high = TYPICAL[name]
    if speed_mps < SPEEDS_MPS[1]:
        return middle + (middle - low) * (speed_mps - SPEEDS_MPS[1])
    return middle + (high - middle) * (speed_mps - SPEEDS_MPS[1])


def _angles(body, run, leg, boards, speed_mps, late=0.0):
    """Means at a speed; late from 0 (fresh) to 1."""
    side_deg = body["legs_deg"] / 2 * (1 if leg == "R" else -1) if boards == 2 else 0.0
    extension_deg = _at("extension_deg", speed_mps) + body["extension_deg"]
    lift_deg = _at("knee_lift_deg", speed_mps) + body["knee_lift_deg"] + side_deg + run["lift_deg"]
    lift_deg = max(lift_deg, 12.0) - late * (run["fade_deg"] - run["hills"])
    cadence_spm = _at("cadence_spm", speed_mps) + body["cadence_spm"] + run["cadence_spm"]
    cadence_spm -= late * run["cadence_fade_spm"]
    range_deg = lift_deg - extension_deg
    # a sine of that range and rate has pi * rate * range; runners are 1.37 times as quick, wider swings a little more
    quick = 1.37 * (range_deg / 61) ** 0.18 * (cadence_spm / 172) ** -0.3
    sine_dps = np.pi * cadence_spm / 120 * range_deg
    return {
        "knee_lift_deg": lift_deg,
        "extension_deg": extension_deg,
        "range_deg": range_deg,
        "swing_up_dps": sine_dps * quick * body["swing_up"] * np.exp(run["swing"]),
        "swing_back_dps": sine_dps * 1.3,
        "cadence_spm": cadence_spm,
    }


def _figures(body, run, leg, strap_deg, boards, rng):
    """A row as analysis.comparable.row has it."""
    speed_mps, running_s = run["speed_mps"], run["running_s"]
    slip_deg = rng.uniform(3, 6) * rng.choice([-1, 1]) if run["slips"] else 0.0
    seen = bool(run["slips"] and rng.random() < 0.5)
    if run["unsure"]:
        strap_deg += rng.normal(0, 8)

    def stretch(at_mps, late, from_s, to_s, strides):
        means = _angles(body, run, leg, boards, at_mps, late)
        drift = rng.normal(0, 0.6, 2)  # what some minutes differ by
        zero_deg = strap_deg + late * slip_deg
        means["knee_lift_deg"] += zero_deg + drift[0]
        means["extension_deg"] += zero_deg + 0.7 * drift[1]
        means["range_deg"] += drift[0] - 0.7 * drift[1]
        grown = 1 + late * (body["variability"] * run["variability"] * run["rough"] - 1)
        return {
            "strides_used": strides,
            "from_s": from_s,
            "to_s": to_s,
            **{name: float(value) for name, value in means.items()},
            "knee_lift_sd_deg": body["stride_sd_deg"] * grown * float(np.exp(rng.normal(0, 0.04))),
            "stride_time_cv_percent": 1.1 * grown,
            "speed_mps": float(at_mps) if run["watch"] else None,
            "grade_percent": float(late * run["grade_percent"]) if run["watch"] else None,
        }

    long_enough = running_s > 660
    fresh = stretch(speed_mps, 0.0, 120.0, 360.0, 340) if running_s > 360 else None
    late = stretch(speed_mps + run["late_mps"], 1.0, running_s - 240, running_s, 340) if long_enough else None
    whole = stretch(speed_mps + 0.4 * run["late_mps"], 0.4, 0.0, running_s, int(running_s * 1.4))
    strides = int(running_s * 1.4)
    drop_deg = fresh["knee_lift_deg"] - late["knee_lift_deg"] if late else None
    angles = ("knee_lift_deg", "extension_deg", "range_deg", "swing_up_dps", "swing_back_dps")
    return {
        "duration_s": running_s,
        "running_s": running_s,
        "strides": strides,
        "strides_sure": int(strides * (0.4 if run["unsure"] else 0.99)),
        "cadence_spm": whole["cadence_spm"],
        "speed_mps": whole["speed_mps"],
        **{name: whole[name] for name in angles},
        "knee_lift_sd_deg": whole["knee_lift_sd_deg"],
        "drop_deg": drop_deg,
        "drop_deg_per_h": drop_deg / (running_s / 3600) if late else None,
        "cues": 0,
        "cues_per_h": 0.0 if running_s >= 600 else None,
        "fresh": fresh,
        "late": late,
        "alignment_sure_percent": 40 if run["unsure"] else int(rng.integers(85, 99)),
        "flags": _flags(run, seen),
        "bands": {
            "cadence_spm": _bands(whole, "cadence_spm", BAND_SPM, strides, run["watch"]),
            "speed_mps": _bands(whole, "speed_mps", BAND_MPS, strides, True) if run["watch"] else [],
        },
    }


def _flags(run, seen):
    flags = ["short"] if run["running_s"] < 360 else []
    if run["unsure"]:
        flags.append("alignment unsure")
    return [*flags, "re-strapped"] if seen else flags


def _bands(whole, by, width, strides, watch):
    """The band of the mean and its neighbours, with the slope of pace between them."""
    rows, middle = [], np.floor(whole[by] / width)
    per = {"knee_lift_deg": 6.1, "extension_deg": -5.5, "range_deg": 11.6, "swing_up_dps": 113, "swing_back_dps": 86}
    for step, share in ((-1, 0.2), (0, 0.6), (1, 0.2)):
        low = float((middle + step) * width)
        at = whole[by] if step == 0 else low + width / 2
        faster_mps = (at - whole[by]) / (1 if by == "speed_mps" else 11.4)
        row = {"from": low, "to": low + width, "strides": min(1800, int(strides * share))}
        row.update({name: whole[name] + slope * faster_mps for name, slope in per.items()})
        row["cadence_spm"] = whole["cadence_spm"] + 11.4 * faster_mps
        if watch:
            row["speed_mps"] = whole["speed_mps"] + faster_mps
        if row["strides"] >= 40:
            rows.append(row)
    return rows
