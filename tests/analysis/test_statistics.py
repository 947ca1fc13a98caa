"""The statistics of a run on sessions with known truth: intervals that hold what they claim, onsets where they are.

`make test` runs a seeded sample, the soak full counts; the limits leave each about three standard errors of chance.
"""

import contextlib
import dataclasses
import json
import math

import numpy as np
import pytest

from kneesync.analysis.pairs import pair
from kneesync.analysis.session import summary
from kneesync.errors import KneesyncError
from kneesync.views.report import text as report
from tests.support import simulated_strides as sim
from tests.support.pages import page

SAMPLE = pytest.param(10, id="sample")
FULL = pytest.param(300, id="full", marks=[pytest.mark.soak, pytest.mark.timeout(1800)])


def at_least(share, count):
    """The fewest of `count` that a true share would leave, three standard errors down."""
    return share * count - 3 * math.sqrt(share * (1 - share) * count)


def figures(seed, minutes=25, **how):
    session = sim.run(minutes, seed, **how)
    return session, summary(session)


def ramp(from_s, lasting_s, deg):
    return lambda t_s: deg * np.clip((t_s - from_s) / lasting_s, 0, 1)


def true_drop(session, found, fall_deg):
    t_s = session.columns["t_s"]
    fresh, late = (fall_deg(t_s[(t_s >= part.from_s) & (t_s < part.to_s)]).mean() for part in (found.fresh, found.late))
    return late - fresh


@pytest.mark.parametrize("count", [SAMPLE, FULL])
@pytest.mark.parametrize(
    ("drift_sd_deg", "drift_tau_s", "share"),
    [(1.3, 3, 0.94), (1.3, 60, 0.9), (1.5, 60, 0.9), (1.1, 270, 0.83)],
    ids=["stride to stride", "a minute", "a wide minute", "minutes"],
)
def test_intervals_of_the_drop_and_of_the_slope_hold_the_truth(count, drift_sd_deg, drift_tau_s, share):
    fall_deg = ramp(750, 450, 5.0)
    drops = slopes = 0
    for seed in range(count):
        session, found = figures(seed, fall_deg=fall_deg, drift_sd_deg=drift_sd_deg, drift_tau_s=drift_tau_s)
        low, high = found.change.drop_deg_interval
        drops += low <= true_drop(session, found, fall_deg) <= high
        hours = session.columns["t_s"] / 3600
        hours = hours - hours.mean()
        slope = found.trend_per_h["knee_lift_deg"]
        slopes += slope.low <= -(fall_deg(session.columns["t_s"]) @ hours) / (hours @ hours) <= slope.high
    assert drops >= at_least(share, count) and slopes >= at_least(share, count)


@pytest.mark.parametrize("count", [SAMPLE, FULL])
def test_a_steady_run_has_no_onset_and_rarely_a_fall(count):
    onsets = falls = 0
    for seed in range(count):
        _, found = figures(seed)
        assert found.onset is None or not found.why_no_onset
        onsets += found.onset is not None
        falls += report.fell(found)
    # 5 % and 2.5 % are claimed at most
    assert onsets <= count - at_least(0.95, count) and falls <= count - at_least(0.95, count)


ONSETS = [
    # fall, change point, noise; shares: found at all, of those held by the interval
    ("step", lambda t_s: 5.0 * (t_s > 900), 900, {"drift_sd_deg": 1.3, "drift_tau_s": 3}, 0.95, 0.85),
    ("ramp", ramp(750, 450, 5.0), 750, {"drift_sd_deg": 1.3, "drift_tau_s": 3}, 0.95, 0.9),
    ("until the end", ramp(1050, 450, 6.0), 1050, {"drift_sd_deg": 1.3, "drift_tau_s": 3}, 0.95, 0.9),
    ("step in drift", lambda t_s: 5.0 * (t_s > 900), 900, {}, 0.5, 0.7),
    ("ramp in drift", ramp(750, 450, 5.0), 750, {}, 0.2, 0.9),
]


@pytest.mark.parametrize("count", [SAMPLE, FULL])
@pytest.mark.parametrize(
    ("fall_deg", "at_s", "noise", "share_found", "share_held"),
    [case[1:] for case in ONSETS],
    ids=[c[0] for c in ONSETS],
)
def test_an_onset_is_found_within_its_interval(count, fall_deg, at_s, noise, share_found, share_held):
    found_at, held = [], 0
    for seed in range(count):
        _, found = figures(seed, fall_deg=fall_deg, **noise)
        if onset := found.onset:
            assert onset.from_s <= onset.t_s <= onset.to_s
            found_at.append(onset.t_s)
            held += onset.from_s <= at_s <= onset.to_s
        else:
            assert "fell" in found.why_no_onset or "no fall stands out" in found.why_no_onset
    assert len(found_at) >= at_least(share_found, count)
    assert held >= at_least(share_held, len(found_at))
    assert abs(np.median(found_at) - at_s) < 120


@pytest.mark.parametrize("count", [SAMPLE, FULL])
def test_the_slope_on_cadence_is_found_within_its_interval(count):
    held = 0
    for seed in range(count):
        _, found = figures(seed, cadence_sd_percent=1.5)
        relation = found.cadence_relation
        assert relation.low < relation.deg_per_percent < relation.high and 0 <= relation.r_squared <= 1
        held += relation.low <= sim.SLOPE_DEG_PER_PERCENT <= relation.high
    assert held >= at_least(0.9, count)


def test_a_change_of_pace_is_no_onset():
    def slower(t_s):
        return 172.0 * (1 - 0.035 * (t_s > 900))

    for seed in range(6):
        _, found = figures(seed, cadence_spm=slower, drift_sd_deg=0.4, cadence_sd_percent=0.2)
        assert found.onset is None
        assert found.change.drop_deg > 1.5 and any("may be pace" in note for note in found.notes)


def test_time_below_baseline_is_the_time_that_it_was():
    # 5 degrees down for ten of thirty minutes; the average over a minute sees it half a minute late at each end
    _, found = figures(
        1, minutes=30, fall_deg=lambda t_s: 5.0 * ((t_s > 900) & (t_s < 1500)), drift_sd_deg=0.3, cadence_sd_percent=0.2
    )
    below = found.below_baseline
    assert below.below_s == pytest.approx(600, abs=30) and below.longest_s == below.below_s
    assert below.percent == pytest.approx(100 * below.below_s / below.judged_s)
    assert below.judged_s == pytest.approx(1800 - 360, abs=40) and below.threshold_deg == 2.5
    _, steady = figures(1, minutes=30, drift_sd_deg=0.3)
    assert steady.below_baseline.below_s == 0


def test_what_follows_a_cue_is_read_at_equal_cadence():
    def answered(t_s):  # back up for two minutes after the first cue, which comes at about 16:30
        return 5.0 * (t_s > 900) * ~((t_s > 985) & (t_s < 1105))

    _, found = figures(4, minutes=25, fall_deg=answered, drift_sd_deg=0.2, cadence_sd_percent=0.2)
    first = found.cues[0]
    assert 960 < first.t_s < 985
    assert first.came_back is True and first.back_deg["100"] > 3
    response = found.cue_response
    assert response.cues == len(found.cues) and response.came_back >= 1
    assert found.cues[-1].came_back is not True


def test_the_same_run_gives_the_same_figures():
    session = sim.run(20, 3)
    assert summary(session) == summary(session)


def fast_and_slow(t_s):
    return (t_s > 300) & ((t_s - 300) % 180 < 90) & (t_s < 1380)


def test_repeats_by_cadence():
    _, found = figures(
        2,
        minutes=26,
        cadence_spm=lambda t_s: 165 + 14.0 * fast_and_slow(t_s),
        fall_deg=lambda t_s: 3.0 * t_s / 1380,
        drift_sd_deg=0.2,
        cadence_sd_percent=0.3,
    )
    rows = found.repeats
    assert [round(row.from_s / 60) for row in rows] == [5, 8, 11, 14, 17, 20]
    assert all(row.by == "cadence" and row.to_s - row.from_s == pytest.approx(90, abs=5) for row in rows)
    assert all(row.cadence_spm == pytest.approx(178, abs=3) for row in rows)
    assert rows[0].drop_deg == 0 or rows[0].drop_deg is None
    low, high = rows[-1].drop_interval_deg
    assert low <= 3.0 * 900 / 1380 <= high and rows[-1].drop_deg == pytest.approx(2, abs=0.8)
    assert rows[0].rest_s == pytest.approx(90, abs=6) and rows[-1].rest_s is None


def test_repeats_by_pauses():
    _, found = figures(2, minutes=30, rests_s=[(a, a + 60) for a in range(240, 1700, 300)])
    rows = found.repeats
    assert len(rows) == 6 and {row.by for row in rows} == {"pauses"}
    assert all(row.rest_s == pytest.approx(60, abs=3) for row in rows[:-1])


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"cadence_spm": lambda t_s: 172 + 6 * np.sin(t_s / 300)},
        {"cadence_spm": lambda t_s: 165 + 10.0 * (t_s > 700)},
        {"rests_s": [(300, 340), (900, 930)]},
        {"rests_s": [(100, 115), (300, 340), (420, 480), (900, 915)]},
    ],
    ids=["steady", "rolling", "one change", "two halts", "lights"],
)
def test_other_runs_have_no_repeats(how):
    for seed in range(4):
        assert figures(seed, **how)[1].repeats == []


def test_a_watch_gives_lift_at_equal_pace():
    """Slower late: the drop is the pace's, and at equal pace there is none."""
    from types import SimpleNamespace

    # late is mostly slow, fresh mostly fast, each has some of both; 3 degrees of knee lift lie between them
    def mostly(t_s):
        return np.where(t_s < 700, t_s % 240 < 60, t_s % 240 < 180)

    session = sim.run(25, 7, fall_deg=lambda t_s: 3.0 * mostly(t_s), drift_sd_deg=0.3, cadence_sd_percent=0.1)
    at_s = np.arange(0.0, 1510.0)
    watch = SimpleNamespace(
        t_s=at_s,
        speed_mps=np.where(mostly(at_s), 2.9, 3.4),
        grade_percent=np.zeros(len(at_s)),
        heart_rate_bpm=140 + at_s / 100,
        distance_m=np.cumsum(np.full(len(at_s), 3.0)),
    )
    found = summary(session, watch)
    assert found.change.drop_deg > 1
    equal = found.pace.at_equal_pace
    assert abs(equal.drop_deg) < 0.5 and equal.low_deg < 0 < equal.high_deg
    assert equal.bands_mps == [2.75, 3.25]
    length_m = found.pace.stride_length_m
    assert length_m == pytest.approx(found.pace.speed_mps * 120 / found.cadence_spm, rel=0.02)
    assert found.pace.late.heart_rate_bpm > found.pace.fresh.heart_rate_bpm
    watch.speed_mps = np.where(at_s < 700, 3.4, 2.9)
    other = summary(session, watch).pace
    assert other.at_equal_pace is None and "share no pace: 3.4 m/s against 2.9 m/s" in other.why_not_at_equal_pace
    watch.speed_mps = np.full(len(at_s), np.nan)
    nothing = summary(session, watch).pace
    assert nothing.speed_mps is None and "gives no level pace" in nothing.why_not_at_equal_pace


def damaged(session, rng):
    """The session as a harmed board might have written it: cut, with wild angles, flags, times and events."""
    n = int(rng.choice([0, 1, 2, 9, 11, 39, 241, 500, len(session.t_ms)]))
    records, t_ms, events = session.stride_records[:n].copy(), session.t_ms[:n].copy(), session.event_records.copy()
    for _ in range(rng.integers(0, 5) if n else 0):
        part = slice(*np.sort(rng.integers(0, n + 1, 2)))
        size = part.stop - part.start
        kind = rng.integers(0, 9)
        if kind == 0:
            records["knee_lift_cdeg"][part] = rng.integers(-32768, 32767, size)
        elif kind == 1:
            records["flags"][part] = rng.integers(0, 32)
        elif kind == 2:
            records["dt_ms"][part] = rng.integers(0, 2047, size)
        elif kind == 3:
            t_ms[part] += rng.integers(-1_000_000, 4_000_000_000)
        elif kind == 4:
            records["dt_ms"][part] = 0
        elif kind == 5:
            events["values"] = rng.integers(-32768, 32767, events["values"].shape)
        elif kind == 6:
            events["kind"] = rng.integers(0, 20, len(events))
        elif kind == 7:
            events["t_ms"] = rng.integers(0, 1 << 32, len(events))
        else:
            records["knee_lift_cdeg"], records["dt_ms"] = 4000, 700
    return dataclasses.replace(session, stride_records=records, t_ms=t_ms, event_records=events)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "count", [25, pytest.param(3000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])], ids=["sample", "full"]
)
def test_whatever_a_file_holds_there_is_a_page(count):
    whole = sim.run(14, 1, fall_deg=lambda t_s: 6.0 * (t_s > 600), drift_sd_deg=0.4)
    rng = np.random.default_rng(8)
    for _ in range(count):
        session = damaged(whole, rng)
        found = summary(session)
        json.dumps(found.as_json(), allow_nan=False)
        text = page(80, lambda console, found=found, session=session: report.show(console, found, session))
        assert max(map(len, text.splitlines())) <= 80
        assert "nan" not in "\n".join(report.plain(found))
        with contextlib.suppress(KneesyncError):
            pair(whole, dataclasses.replace(session, header={**session.header, "leg": "R"}))
