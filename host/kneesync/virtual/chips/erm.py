"""How fast an eccentric rotating mass (ERM) motor turns for what drives it, and what of that a thigh feels.

A first-order lag towards the drive: SPIN_UP_US while the driver drives or brakes it, COAST_US while nothing does. So a
full start comes to 90 % in 92 ms, a coast to 10 % of the shaking in 104 ms: what data sheets of 10 mm coin motors call
rise time (about 90 ms) and stop time (100 to 120 ms). **Assumed** from these, not measured on ours. The force of an
eccentric mass grows with the square of its speed.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

SPIN_UP_US, COAST_US = 40_000.0, 90_000.0
STILL_AFTER_US = 700_000  # 1/2400 of the speed is left
FELT, REST = 0.5, 0.1  # of full shaking: it is felt from here on; two pulses are two if it falls below this between

Row = tuple[float, float, str, float]


def speeds(rows: Iterable[Row], t_us: NDArray[np.float64]) -> NDArray[np.float64]:
    """Speed at ascending times, a share of full speed. `rows`: (start_us, end_us, what, drive -1..1), oldest first."""
    found = np.zeros(len(t_us))
    at_us, speed = -np.inf, 0.0
    spans = []
    for start_us, end_us, _, drive in rows:
        if start_us > at_us and at_us != -np.inf:
            spans.append((at_us, start_us, 0.0))
        spans.append((start_us, end_us, drive))
        at_us = end_us
    if spans:
        spans.append((at_us, np.inf, 0.0))
    for from_us, to_us, drive in spans:
        lag_us = SPIN_UP_US if drive else COAST_US
        inside = (t_us >= from_us) & (t_us < to_us)
        found[inside] = drive + (speed - drive) * np.exp(-(t_us[inside] - from_us) / lag_us)
        if np.isfinite(to_us):
            speed = drive + (speed - drive) * np.exp(-(to_us - from_us) / lag_us)
    return found


def felt(rows: Iterable[Row], from_us: float, to_us: float, step_us: float = 2000) -> list[tuple[float, float]]:
    """(start_us, end_us) of each burst of shaking that a thigh feels as one."""
    rows = list(rows)
    t_us = np.arange(from_us, to_us, step_us, dtype=float)
    shaking = speeds(rows, t_us) ** 2
    bursts: list[tuple[float, float]] = []
    begun = None
    for time_us, share in zip(t_us, shaking, strict=True):
        if begun is None and share >= FELT:
            begun = time_us
        elif begun is not None and share < REST:
            bursts.append((begun, time_us))
            begun = None
    if begun is not None:
        bursts.append((begun, to_us))
    return bursts
