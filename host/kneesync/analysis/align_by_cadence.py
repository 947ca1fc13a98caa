"""Where a session lies in a watch's recording: found by sliding the one's cadence over the other's.

Both count the same steps. A watch tells them smoothed over some seconds, in whole strides a minute and late; what is
common to both all the same is how the cadence wanders by a step or so from one ten seconds to the next. It is looked
for twice, at every lag and for a bank of smoothings: in all of the run, where hills, stops and the edges of repeats say
about where it is, and in the even stretches alone, as they differ from their mean over half a minute. Two runs of the
same plan look alike in the first and not in the second: the second decides. It is judged by how far its peak stands
out of what the same two recordings give at lags that must be wrong.

The limits were chosen on simulated pairs with seeds below 1000 and are judged on others:
tests/analysis/test_align_by_cadence.py.
How late a watch is beyond its smoothing cannot be told from cadence.
"""

from dataclasses import dataclass

import numpy as np

from kneesync.analysis.moving_mean import moving_mean

RUNNING_SPM = (120.0, 250.0)  # cadences outside are not running, or a watch's wrong lock-on
SMOOTHED_S = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 19, 24, 30)  # how long a watch may smooth over
ALL_S = 61  # the whole run's cadence counts as it differs from its mean over this long
CLIPPED_SPM = 5.0  # further off than this counts as this far: a wrong lock-on, the edge of a repeat
FINE_S = 31  # the same for even stretches
EDGE_SPM, EDGE_S = 3.5, 16  # uneven: what is as close as this to a cadence that far from its mean
TRANSPORT_S = 0.6  # what a watch is late beyond its smoothing: assumed, right on average over the simulated ones
LEAST_COMMON_S = 100  # seconds that both know, for a correlation to mean anything
LEAST_STRIDES = 120
APART_S = 15  # a second peak is one at least so far off
SURE_Z = 8.0  # the fine correlation's peak, in standard deviations of wrong lags
SURE_Z_NEAR = 5.0  # within a minute of where clocks say: a hundredth as many lags to go wrong at
LEAST_OVERLAP_SHARE = 0.4  # of the shorter one's running
MOST_OFFSET_SPM = 4.0  # both count the same steps
ERROR_S, ERROR_Z_S = 1.2, 5.0  # expected error: of any placement, and what comes on top over z


@dataclass
class Placement:
    """Where a session was found. `why` says in words why it is not to be believed; "" where it is."""

    lag_s: float  # watch time minus session time
    error_s: float  # about how far lag_s may be off (95 %)
    z: float  # the fine correlation there, in standard deviations of wrong lags
    second_z: float  # the best at lags elsewhere
    correlation: float  # the fine correlation there
    overlap_share: float  # of the shorter one's running that the other has too
    overlap_s: float
    offset_spm: float  # watch minus session, median
    smoothed_s: float  # how long the watch smooths over, as far as it can be told
    why: str = ""


class Strides:
    """A session's strides as a count over time: steps in any span without a gap."""

    def __init__(self, t_s, stride_s):
        t_s, stride_s = np.asarray(t_s, float), np.asarray(stride_s, float)
        known = np.isfinite(stride_s) & (stride_s > 0.3) & (stride_s < 1.2)
        t_s, stride_s = t_s[known], stride_s[known]
        order = np.argsort(t_s, kind="stable")
        t_s, stride_s = t_s[order], stride_s[order]
        starts_s = t_s - stride_s
        if len(t_s):  # a damaged file may overlap itself
            starts_s = np.maximum(starts_s, np.concatenate([[-np.inf], np.maximum.accumulate(t_s)[:-1]]))
        spans_s = np.maximum(t_s - starts_s, 0)
        self.t_s = t_s
        self._at_s = np.column_stack([starts_s, t_s]).ravel()
        self._count, self._covered_s = _running(spans_s > 0), _running(spans_s)

    def cadence_spm(self, at_s, over_s):
        """Steps a minute in the `over_s` seconds before each of `at_s`; NaN where less than 4/5 of them are known."""
        if not len(self._at_s):
            return np.full(len(at_s), np.nan)
        covered_s = self._difference(self._covered_s, at_s, over_s)
        with np.errstate(divide="ignore", invalid="ignore"):
            cadence = 120 * self._difference(self._count, at_s, over_s) / covered_s
        return np.where(covered_s >= 0.8 * over_s, cadence, np.nan)

    def _difference(self, values, at_s, over_s):
        return np.interp(at_s, self._at_s, values) - np.interp(at_s - over_s, self._at_s, values)


def _running(amounts):
    """The sum before and after each amount, one behind the other."""
    after = np.cumsum(amounts)
    return np.column_stack([after - amounts, after]).ravel()


def place(t_s, stride_s, watch_t_s, watch_cadence_spm, near=None):
    """Find a session (t_s and stride_s of its strides) in a watch's recording (s, steps/min; NaN unknown).

    `near`: (lag, tolerance) in s, where clocks say about where it is. Returns a Placement, or None where one of them
    has hardly any running or the two have none in common.
    """
    low, high = RUNNING_SPM
    watch_t_s, watch_spm = np.asarray(watch_t_s, float), np.asarray(watch_cadence_spm, float)
    with np.errstate(invalid="ignore"):
        running = (watch_spm >= low) & (watch_spm <= high)
    strides = Strides(t_s, stride_s)
    if len(strides.t_s) < LEAST_STRIDES or running.sum() < LEAST_COMMON_S // 4:
        return None
    return _Search(strides, watch_t_s[running], watch_spm[running]).best(near)


class _Search:
    """One session and one watch on a grid of seconds."""

    def __init__(self, strides, watch_t_s, watch_spm):
        self._strides = strides
        self._watch_from_s = float(watch_t_s[0])
        second = np.rint(watch_t_s - self._watch_from_s).astype(int)
        self._watch_spm = np.full(int(second.max()) + 1, np.nan)
        self._watch_spm[second] = watch_spm
        self._from_s = np.floor(strides.t_s[0])
        self._seconds = np.arange(self._from_s, np.ceil(strides.t_s[-1]) + SMOOTHED_S[-1])
        self._size = 1 << int(np.ceil(np.log2(len(self._watch_spm) + len(self._seconds) + 1)))
        self._lags_s = np.arange(self._size) - (len(self._seconds) - 1) + self._watch_from_s - self._from_s
        self._watch_all = _transforms(_wandering(self._watch_spm, ALL_S, CLIPPED_SPM), self._size)
        self._watch_fine = _transforms(_wandering(_even(self._watch_spm), FINE_S), self._size)
        self._shorter_s = min(
            int(np.isfinite(self._watch_spm).sum()), int(np.isfinite(self._session_spm(SMOOTHED_S[3])).sum())
        )

    def _session_spm(self, smoothed_s):
        spm = self._strides.cadence_spm(self._seconds, smoothed_s)
        low, high = RUNNING_SPM
        with np.errstate(invalid="ignore"):
            return np.where((spm >= low) & (spm <= high), spm, np.nan)

    def _scores(self, smoothed_s):
        """(seconds in common, score over all, fine score, fine correlation) at every lag."""
        spm = self._session_spm(smoothed_s)
        whole = _transforms(_wandering(spm, ALL_S, CLIPPED_SPM)[::-1], self._size)
        fine = _transforms(_wandering(_even(spm), FINE_S)[::-1], self._size)
        common, r = _correlations(self._watch_all, whole, self._size)
        fine_common, fine_r = _correlations(self._watch_fine, fine, self._size)
        return common, _score(r, common), _score(fine_r, fine_common), fine_r

    def best(self, near):
        """The Placement with the best score of both kinds."""
        found = None
        least_s = max(LEAST_COMMON_S, LEAST_OVERLAP_SHARE / 2 * self._shorter_s)
        for smoothed_s in SMOOTHED_S:
            common, over_all, fine, fine_r = self._scores(smoothed_s)
            joint = np.where(common >= least_s, np.nan_to_num(over_all) + np.nan_to_num(fine), -np.inf)
            if near is not None:
                joint[np.abs(self._lags_s - near[0]) > near[1]] = -np.inf
            at = int(np.argmax(joint))
            if np.isfinite(joint[at]) and (found is None or joint[at] > found[0]):
                found = (joint[at], at, smoothed_s, joint, common, fine, fine_r)
        return self._judged(*found[1:], near) if found else None

    def _judged(self, at, smoothed_s, joint, common, fine, fine_r, near):
        wrong = fine[np.isfinite(fine) & (np.abs(np.arange(self._size) - at) >= APART_S)]
        known = np.isfinite(fine[at]) and len(wrong) >= LEAST_COMMON_S
        spread = max(1.4826 * float(np.median(np.abs(wrong - np.median(wrong)))), 1.0) if known else 1.0
        z = float(fine[at]) / spread if known else 0.0
        lag_s = float(self._lags_s[at]) + _summit(joint, at)
        placement = Placement(
            lag_s=lag_s - TRANSPORT_S,
            error_s=float(np.hypot(ERROR_S, ERROR_Z_S / max(z, 1.0))),
            z=z,
            second_z=float(wrong.max()) / spread if known else 0.0,
            correlation=float(fine_r[at]) if known else 0.0,
            overlap_share=min(1.0, float(common[at]) / self._shorter_s),
            overlap_s=float(common[at]),
            offset_spm=self._offset_spm(lag_s, smoothed_s),
            smoothed_s=float(smoothed_s),
        )
        placement.why = _doubt(placement, SURE_Z if near is None else SURE_Z_NEAR)
        return placement

    def _offset_spm(self, lag_s, smoothed_s):
        at_s = np.arange(len(self._watch_spm)) + self._watch_from_s - lag_s
        apart = self._watch_spm - self._strides.cadence_spm(at_s, smoothed_s)
        return float(np.nanmedian(apart)) if np.isfinite(apart).any() else 0.0


def _doubt(found, sure_z):
    """Why a placement is not to be believed, in words; "" if it is."""
    if not abs(found.offset_spm) <= MOST_OFFSET_SPM:
        return f"the watch counts {abs(found.offset_spm):.0f} steps/min {'more' if found.offset_spm > 0 else 'fewer'}"
    if found.z < sure_z:
        return f"their cadences agree no better than chance may have it ({found.z:.1f} of {sure_z:g} sigma needed)"
    if found.overlap_share < LEAST_OVERLAP_SHARE:
        return f"only {100 * found.overlap_share:.0f} % of the shorter one's running would be in both"
    return ""


def _even(spm):
    """A cadence without what lies close to a step up or down: a repeat's edge, a hill's foot, a stop."""
    uneven = np.nan_to_num(np.abs(_wandering(spm, ALL_S))) > EDGE_SPM
    near = np.convolve(uneven, np.ones(2 * EDGE_S + 1), "same") > 0.5
    return np.where(near, np.nan, spm)


def _wandering(spm, over_s, clipped_spm=np.inf):
    """What is left of a cadence without its mean over `over_s` around; clipped; NaN where unknown."""
    mean, count = moving_mean(spm, over_s // 2)
    left = np.clip(spm - mean, -clipped_spm, clipped_spm)
    return np.where(count >= max(4, over_s // 8), left, np.nan)


def _score(r, common):
    """Correlations as what grows with the evidence: Fisher's z by the root of the seconds; NaN where these are few."""
    score = np.arctanh(np.clip(r, -0.999, 0.999)) * np.sqrt(np.maximum(common, 0))
    return np.where(common >= LEAST_COMMON_S, score, np.nan)


def _transforms(values, size):
    """FFTs of a series' mask, values and squares, with 0 for what is unknown."""
    known = np.isfinite(values)
    values = np.where(known, values, 0)
    return [np.fft.rfft(one, size) for one in (known.astype(float), values, values * values)]


def _correlations(watch, session, size):
    """(seconds in common, Pearson's correlation over them) for every lag; `session` is transformed reversed."""
    (wm, w, w2), (sm, s, s2) = watch, session

    def slid(one, other):
        return np.fft.irfft(one * other, size)

    common = np.rint(slid(wm, sm))
    with np.errstate(divide="ignore", invalid="ignore"):
        sum_w, sum_s = slid(w, sm), slid(wm, s)
        cov = slid(w, s) - sum_w * sum_s / common
        var_w = slid(w2, sm) - sum_w**2 / common
        var_s = slid(wm, s2) - sum_s**2 / common
        r = cov / np.sqrt(var_w * var_s)
    useful = (common >= LEAST_COMMON_S // 4) & (var_w > 0.02 * common) & (var_s > 0.02 * common)
    return common, np.where(useful, r, 0.0)


def _summit(score, at):
    """How far from `at` a peak's top lies, in steps of the grid, by a parabola."""
    left, middle, right = (float(score[(at + k) % len(score)]) for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    if not np.isfinite(bend) or bend >= 0:
        return 0.0
    return float(np.clip((left - right) / (2 * bend), -0.5, 0.5))
