"""When knee lift began to fall: a change point with its uncertainty, or the reason why none can be named.

The series is how far knee lift lies below what its cadence lets expect. Every ramp (see `ramps`) is fitted by least
squares; the best falling one counts if it explains more than the best one does in 95 % of series that have the noise of
this run (see `noise`) and no change, and if the fall is LEAST_DROP_DEG or more. Its interval is that of the best ramp's
start in series drawn from the fit and the same noise (parametric bootstrap), no narrower than the candidates. Seeded.

In simulated runs of 25 min (100 each, a fall of 5-6 degrees; drift of 1.3 degree): with a memory of 3 s it was found
in all, within the interval in 94 % (a step; a minute wide) to 100 % (ramps; four minutes wide); with a memory of 60 s
in 51 % of ramps (98 % of them within) and 84 % of steps (70 % within: a step in such drift looks like a slow ramp).
Else it said why not. In 260 steady runs none was found, with drift over 270 s in 2 of 60.
"""

import numpy as np

from kneesync.analysis.drift import Drift
from kneesync.analysis.figures import Onset

LEAST_MIN = 8.0
LEAST_DROP_DEG = 1.5
WIDEST_SHARE = 0.5  # an interval over more of the run than this dates nothing
STEP_MIN = 2.0
_DRAWS = 300
_SEED = 7


def onset(drift: Drift, name: str, fresh_to_s: float) -> tuple[Onset | None, str | None]:
    """(None or the Onset, None or why there is none).

    drift, name: the Drift and its series of falls in degrees. fresh_to_s: the end of the stretch that the baseline was
    learnt from; a fall that began within it has no onset. Its kinds: "step" (within two minutes), "gradual"
    (levels out again), "steady" (until the end).
    """
    if not drift.enough or drift.min_[-1] - drift.min_[0] < LEAST_MIN:
        return None, f"less than {LEAST_MIN:g} min of running in a row to look for one"
    ramps, which = drift.ramps, drift.number(name)
    fall_deg = drift.series[:, which]
    gain, best = (values[0] for values in _best(fall_deg[None, :], ramps))
    drop_deg = float(fall_deg @ ramps.units[:, best] / ramps.norms[best])
    noise = drift.noise.drawn(drift.fitted, which, _DRAWS, np.random.default_rng(_SEED))
    nothing, _ = _best(noise, ramps)
    if gain <= np.quantile(nothing, 0.95) or gain < 1e-9:
        return None, "no fall stands out from how this run's knee lift varies anyway"
    if drop_deg < LEAST_DROP_DEG:
        return None, f"knee lift fell by {drop_deg:.1f}° only, less than {LEAST_DROP_DEG:g}°"
    _, again = _best(drop_deg * ramps.shapes[:, best] + noise, ramps)
    at_min = ramps.from_min[best]
    low_min, high_min = np.quantile(ramps.from_min[again], (0.025, 0.975))
    low_min = min(low_min, at_min - ramps.resolution_min)
    high_min = max(high_min, at_min + ramps.resolution_min)
    from_s, at_s, to_s = (float(np.interp(at, drift.min_, drift.t_s)) for at in (low_min, at_min, high_min))
    if at_s <= fresh_to_s:
        return None, "knee lift fell from the fresh stretch on: there is no level to fall from"
    if high_min - low_min > WIDEST_SHARE * (drift.min_[-1] - drift.min_[0]):
        return None, (
            f"knee lift fell by {drop_deg:.1f}°, but it varies too much to say when "
            f"(some time from minute {from_s / 60:.0f} to {to_s / 60:.0f})"
        )
    lasted_min = ramps.to_min[best] - at_min
    kind = "step" if lasted_min <= STEP_MIN else "steady" if ramps.to_min[best] >= drift.min_[-1] else "gradual"
    return Onset(t_s=at_s, from_s=from_s, to_s=to_s, drop_deg=drop_deg, kind=kind), None


def _best(series, ramps):
    """(sum of squares that the best falling ramp explains, which it is) of each series of falls (s, m)."""
    series = series - series.mean(axis=1, keepdims=True)
    along = series.astype(np.float32) @ ramps.quick_units
    best = along.argmax(axis=1)
    return np.maximum(along[np.arange(len(along)), best], 0.0).astype(float) ** 2, best
