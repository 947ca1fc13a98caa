"""Does the buzz help? What knee lift did after cues that were felt, against those that chance held back.

The board draws for each cue that is due whether it is felt (setting cue.experiment_percent), so the two groups differ
in nothing else: their difference is the buzz's doing, whatever else makes lift rise after a cue. Its interval is
Welch's (Biometrika 1947), which needs no equal spreads.
"""

import math

import numpy as np

CLAIM = 1.2  # half intervals from 0 before an effect is claimed: 98 %, for the reader looks more than once
STRIDES = "50"  # what follows a cue is looked at over so many
LEAST = 4  # of each kind before anything is said
WORTH_DEG = 1.0  # a difference that would matter; how many more cues it takes to tell is counted for it


def effect(due):
    """Rise after a felt cue less that after a held-back one: a dict, or None where no experiment was made.

    `due`: analysis.answers.cues of one or more sessions. `buzzed`, `held`: how many can be judged. `difference_deg` and
    `low`, `high` (95 %), None with fewer than LEAST of each. `helps`: True or False where a 98 % interval says so, else
    None. `needed`: about how many more cues would tell a difference of WORTH_DEG from none.
    """
    if not any(cue["held_by"] == "experiment" for cue in due):
        return None
    felt = [cue["back_deg"][STRIDES] for cue in due if cue["buzzed"]]
    held = [cue["back_deg"][STRIDES] for cue in due if cue["held_by"] == "experiment"]
    felt, held = (np.array([rise for rise in rises if rise is not None]) for rises in (felt, held))
    found = {"buzzed": len(felt), "held": len(held), "difference_deg": None, "low": None, "high": None}
    found |= {"helps": None, "needed": None}
    if min(len(felt), len(held)) < LEAST:
        return found
    parts = felt.var(ddof=1) / len(felt), held.var(ddof=1) / len(held)
    error_deg = math.sqrt(sum(parts))
    if error_deg == 0:
        return found
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (len(felt) - 1) + parts[1] ** 2 / (len(held) - 1))
    half_deg = t_quantile(freedom) * error_deg
    difference_deg = float(felt.mean() - held.mean())
    low, high = difference_deg - half_deg, difference_deg + half_deg
    # to see WORTH_DEG in four of five trials the error must shrink to WORTH_DEG / 2.8
    times = (2.8 * error_deg / WORTH_DEG) ** 2
    return found | {
        "difference_deg": difference_deg,
        "low": low,
        "high": high,
        "helps": difference_deg > 0 if abs(difference_deg) > CLAIM * half_deg else None,
        "needed": max(0, math.ceil((times - 1) * (len(felt) + len(held)))),
    }


def t_quantile(freedom):
    """97.5 % point of Student's t (Cornish-Fisher expansion: Abramowitz & Stegun 26.7.5; 1 % off at 3, less above)."""
    z, n = 1.959964, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )
