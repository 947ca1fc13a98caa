"""What is known of runners beside the one at hand, each figure once: how they change with pace, how they differ.

Most are our measures of RBDS (Fukuchi 2017, 10.7717/peerj.3298): runners on a treadmill at SPEEDS_MPS, each leg against
a standing pose of its own. They are no norm and no target: a few people, one laboratory.
"""

SPEEDS_MPS = (2.5, 3.5, 4.5)
# One runner's change for each m/s (deg, deg/s, steps/min): 26 legs over SPEEDS_MPS
PER_MPS = {
    "knee_lift_deg": 6.1,
    "extension_deg": -5.5,
    "range_deg": 11.6,
    "swing_up_dps": 113,
    "swing_back_dps": 86,
    "cadence_spm": 11.4,
}
# Deg for 1 % of cadence: knee lift as the board's cue has it (cue.slope_cdeg); range by the ratio of the two above
PER_CADENCE_PERCENT = {"knee_lift_deg": 0.85, "range_deg": 1.6}
KNEE_LIFT_PER_CADENCE_PERCENT_SD = 0.30  # between runners, 52 leg steps from one speed to the next
# Knee lift's slope as a regression within one run starts from it, deg for each m/s, and its SD between runners:
# +6.8 +- 2.6 from 2.5 to 3.5 m/s, +6.3 +- 2.1 from 3.5 to 4.5
KNEE_LIFT_SLOPE_DEG_PER_MPS, KNEE_LIFT_SLOPE_SD = 6.5, 2.5
# Means of 13 runners, both legs, at SPEEDS_MPS; and their SD
TYPICAL = {
    "knee_lift_deg": (34.2, 40.7, 46.4),
    "extension_deg": (-16.3, -22.4, -27.4),
    "cadence_spm": (161.7, 172.1, 184.4),
}
SPREAD = {"knee_lift_deg": 6.3, "extension_deg": 2.75, "cadence_spm": 8.9, "swing_up_percent": 5.5}
# ln of the peak swing-up rate, deg/s: constant, and per ln of range (deg) and of cadence (steps/min); residual SD 5.5 %
SWING_UP = (-2.516, 1.184, 0.695)
HEALTHY_SD_DEG = 3.3  # of right less left knee lift among healthy runners
# Of an angle's peak from day to day without any change in the runner, 1.6 to 2.7 deg: 10.3389/fbioe.2022.1005496
BETWEEN_DAYS_DEG = (2.0, 3.0)  # (low, high), as trends take it before a runner's own days can say
LEAST_BETWEEN_DAYS_DEG = 1.6  # the least that is published; three runs may happen to agree better


def typical(name: str, speed_mps: float) -> float:
    """The mean of recorded runners at a speed, in the unit of `name` (of TYPICAL); straight on beyond SPEEDS_MPS."""
    low, middle, high = TYPICAL[name]
    slope = middle - low if speed_mps < SPEEDS_MPS[1] else high - middle
    return middle + slope * (speed_mps - SPEEDS_MPS[1])
