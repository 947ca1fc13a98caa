"""Does the buzz help? What knee lift did after cues that were felt, against those that chance held back.

The board draws for each cue that is due whether it is felt (setting cue.experiment_percent), so the two groups differ
in nothing else: their difference is the buzz's doing, whatever else makes lift rise after a cue. Its interval is
Welch's (Biometrika 1947), which needs no equal spreads.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from kneesync.analysis import cue_response
from kneesync.analysis.figures import Cue, Effect
from kneesync.formats.session import Session

CLAIM = 1.2  # half intervals from 0 before an effect is claimed: 98 %, for the reader looks more than once
STRIDES = "50"  # what follows a cue is looked at over so many
LEAST = 4  # of each kind before anything is said
WORTH_DEG = 1.0  # a difference that would matter; how many more cues it takes to tell is counted for it


def effect(due: Sequence[Cue], shares: Sequence[int] | None = None) -> Effect | None:
    """Rise after a felt cue less that after a held-back one, or None where no experiment was made.

    `due`: analysis.cue_response.cues of one or more sessions. `shares`: cue.experiment_percent of each; a cue is
    compared within its share only, for runs differ too. `buzzed`, `held`: how many can be judged. `difference_deg` and
    `low_deg`, `high_deg` (95 %), None with fewer than LEAST of each. `helps`: True or False where a 98 % interval says
    so, else None. `needed`: about how many more cues would tell a difference of WORTH_DEG from none.
    """
    if not any(cue.held_by == "experiment" for cue in due):
        return None
    groups = {}
    for cue, share in zip(due, shares or [None] * len(due), strict=True):
        rise = cue.back_deg[STRIDES]
        if rise is not None and (cue.buzzed or cue.held_by == "experiment"):
            groups.setdefault(share, ([], []))[0 if cue.buzzed else 1].append(rise)
    groups = [(np.array(felt), np.array(held)) for felt, held in groups.values()]
    paired = [group for group in groups if min(map(len, group)) >= 2]
    groups = paired or groups
    buzzed, kept_back = (sum(len(group[i]) for group in groups) for i in (0, 1))
    found = Effect(
        buzzed=buzzed, held=kept_back, difference_deg=None, low_deg=None, high_deg=None, helps=None, needed=None
    )
    if min(buzzed, kept_back) < LEAST or not paired:
        return found
    parts = [(felt.var(ddof=1) / len(felt), held.var(ddof=1) / len(held)) for felt, held in groups]
    if any(sum(part) == 0 for part in parts):
        return found
    weights = np.array([len(felt) * len(held) / (len(felt) + len(held)) for felt, held in groups])
    weights = weights / weights.sum()
    variance = sum(weight**2 * sum(part) for weight, part in zip(weights, parts, strict=True))
    # Welch's degrees of freedom, of a sum of so many spreads
    below = sum(
        (weight**2 * part[i]) ** 2 / (len(group[i]) - 1)
        for weight, part, group in zip(weights, parts, groups, strict=True)
        for i in (0, 1)
    )
    error_deg = math.sqrt(variance)
    half_deg = t_quantile(variance**2 / below) * error_deg
    apart = [felt.mean() - held.mean() for felt, held in groups]
    difference_deg = float(np.dot(weights, apart))
    low, high = difference_deg - half_deg, difference_deg + half_deg
    # to see WORTH_DEG in four of five trials the error must shrink to WORTH_DEG / 2.8
    times = (2.8 * error_deg / WORTH_DEG) ** 2
    return replace(
        found,
        difference_deg=difference_deg,
        low_deg=low,
        high_deg=high,
        helps=difference_deg > 0 if abs(difference_deg) > CLAIM * half_deg else None,
        needed=max(0, math.ceil((times - 1) * (buzzed + kept_back))),
    )


def over_runs(sessions: Iterable[Session]) -> Effect | None:
    """The effect over several Sessions, with `runs`: how many of them had cues to compare; None as above."""
    due, shares, runs = [], [], 0
    for session in sessions:
        share = session.settings["cue.experiment_percent"]
        cues = cue_response.of(session) if share else []
        runs += any(cue.buzzed or cue.held_by == "experiment" for cue in cues)
        due += cues
        shares += [share] * len(cues)
    found = effect(due, shares)
    return found and replace(found, runs=runs)


def t_quantile(freedom):
    """97.5 % point of Student's t (Cornish-Fisher expansion: Abramowitz & Stegun 26.7.5; 1 % off at 3, less above)."""
    z, n = 1.959964, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )
