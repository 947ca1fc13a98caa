"""When knee lift began to fall: a change point with its uncertainty, or the reason why none can be named.

The series is knee lift in means of ten strides, less what its cadence lets expect. Every ramp (see `ramps`) is fitted
by least squares; the best one counts if it explains more than the best one does in 95 % of series that have this run's
noise (white and drifting) and no change, and if it fell by LEAST_DROP_DEG. Its interval is that of the best ramp's
start in series drawn from the fit and the same noise (parametric bootstrap). Seeded.
"""

import numpy as np

from kneesync.analysis.ramps import Ramps

LEAST_TENS = 60  # seven minutes: less is fresh, or nothing to compare it with
LEAST_DROP_DEG = 1.5
MOST_TENS = 260  # longer series are averaged in pairs, or more
WIDEST_SHARE = 0.5  # an interval over more of the run than this dates nothing
STEP_MIN = 2.0
_DRAWS = 300
_SEED = 7
_ROUND = 1e-9


def onset(t_s, min_, lift_deg, fresh_to_s):
    """(None or the onset as a dict, "" or why there is none).

    t_s, min_ (minutes of running), lift_deg (less what cadence explains): arrays (n,), a ten each. fresh_to_s: the end
    of the stretch that the baseline was learnt from; a fall within it has no onset. The dict: t_s, from_s, to_s (95 %
    interval of the change point), drop_deg, kind ("step": within two minutes, "gradual", "steady": until the end).
    """
    if len(t_s) < LEAST_TENS:
        return None, "too few strides in a row to look for one"
    every = -(-len(t_s) // MOST_TENS)
    whole = len(t_s) // every * every
    t_s, min_, lift_deg = (part[:whole].reshape(-1, every).mean(axis=1) for part in (t_s, min_, lift_deg))
    ramps = Ramps(min_)
    gain, best = _best(lift_deg[None, :], ramps)
    amplitude_deg = -float(lift_deg @ ramps.units[:, best[0]] / ramps.norms[best[0]])
    left, freedoms = ramps.residuals(lift_deg)
    rng = np.random.default_rng(_SEED)
    noise = _noise(left * np.sqrt(len(left) / (len(left) - freedoms - 1)), rng)
    nothing, _ = _best(noise, ramps)
    if gain[0] <= max(np.quantile(nothing, 0.95), _ROUND) or amplitude_deg <= 0:
        return None, "no fall stands out from how this run's knee lift varies anyway"
    if amplitude_deg < LEAST_DROP_DEG:
        return None, f"the fall found is {amplitude_deg:.1f}°, less than {LEAST_DROP_DEG:g}° says nothing"
    fitted = -amplitude_deg * ramps.shapes[:, best[0]]
    _, again = _best(fitted + noise, ramps)
    low_min, high_min = np.quantile(ramps.from_min[again], (0.025, 0.975))
    at_min = ramps.from_min[best[0]]
    from_s, at_s, to_s = np.interp((min(low_min, at_min), at_min, max(high_min, at_min)), min_, t_s)
    if at_s <= fresh_to_s:
        return None, "knee lift fell from the fresh stretch on: there is no level to fall from"
    if high_min - low_min > WIDEST_SHARE * (min_[-1] - min_[0]):
        return None, f"knee lift fell by {amplitude_deg:.1f}°, but too gradually for its variation to say when"
    lasted_min = ramps.to_min[best[0]] - at_min
    steady = ramps.to_min[best[0]] >= min_[-1] - 1e-6
    kind = "step" if lasted_min <= STEP_MIN else "steady" if steady else "gradual"
    return {
        "t_s": float(at_s),
        "from_s": float(from_s),
        "to_s": float(to_s),
        "drop_deg": amplitude_deg,
        "kind": kind,
    }, ""


def _best(series, ramps):
    """(sum of squares explained by the best falling ramp, which it is) of each series (s, n)."""
    along = series @ ramps.units
    gains = np.where(along < 0, along**2, 0)
    best = gains.argmax(axis=1)
    return gains[np.arange(len(gains)), best], best


def _noise(left, rng):
    """_DRAWS series (s, n) with the white and the drifting part of residuals (n,), by their autocovariances."""
    n = len(left)
    covariance = [float(left[k:] @ left[: n - k]) / n for k in range(5)]
    # a drift decays by phi a ten: the lags behind the first see nothing of what is white
    ahead, behind = sum(covariance[2:5]), sum(covariance[1:4])
    phi = min(0.98, max(0.0, ahead / behind)) if behind > 0 and ahead > 0 else 0.0
    drift = min(covariance[0], covariance[1] / phi) if phi > 0 and covariance[1] > 0 else 0.0
    white = rng.standard_normal((_DRAWS, n)) * np.sqrt(max(0.0, covariance[0] - drift))
    if drift <= 0:
        return white
    steps = rng.standard_normal((n, _DRAWS)) * np.sqrt(drift * (1 - phi**2))
    level = rng.standard_normal(_DRAWS) * np.sqrt(drift)
    for i in range(n):
        level = phi * level + steps[i]
        white[:, i] += level
    return white
