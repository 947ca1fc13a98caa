"""The thigh's angle over the stride from raw samples, beside the truth of recordings and of simulated runs."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneesync.analysis.shape import POINTS, stride_shape
from kneesync.services.replay import START_MS
from kneesync.simulation.feed import Recording, recordings_folder
from kneesync.simulation.runner import KneeRaises, Run, Stand, mounting, simulate
from tests.support.raw_sessions import session_of
from tests.support.recorded import TRIALS, every, note

SETTLED_S = 12


def true_shape_deg(truth, span):
    """Mean and SD of the true tilt from true peak to true peak within a span of the feed, degrees."""
    peaks_s = truth["truth_peak_t_s"]
    ends = np.flatnonzero((peaks_s[1:] >= span[0]) & (peaks_s[1:] < span[1])) + 1
    share = np.linspace(0, 1, POINTS)
    times_s = peaks_s[ends - 1][:, None] + share * np.diff(peaks_s)[ends - 1][:, None]
    tilt_deg = truth["truth_tilt_cdeg"] / 100
    at_s = np.linspace(0, truth["duration_s"], len(tilt_deg))
    curves = np.interp(times_s, at_s, tilt_deg)
    return curves.mean(axis=0), curves.std(axis=0, ddof=1)


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def judged(feed, span):
    session = session_of(feed)
    offset_s = (session.start_ms - START_MS) / 1000
    shape = stride_shape(session, (span[0] - offset_s, span[1] - offset_s))["fresh"]
    mean_deg, sd_deg = true_shape_deg(feed.truth, span)
    off_deg = np.array(shape["mean_deg"]) - mean_deg
    return {
        "rmse_deg": rms(off_deg),
        "rmse_about_its_mean_deg": rms(off_deg - off_deg.mean()),
        "sd_off_deg": rms(np.array(shape["sd_deg"]) - sd_deg),
        "lowest_off_deg": shape["lowest_off_deg"],
        "strides": shape["strides"],
    }


MOST_DEG = 1.2  # RMSE of the mean shape
# Two-topped thighs (see test_recordings.SHORT), and runners whose axes were off by a little more when last logged.
UNLIKE = {"RBDS025_25_L": 1.7, "RBDS019_45_L": 1.5, "RBDS019_45_R": 1.3}

needs_recordings = pytest.mark.skipif(
    not TRIALS, reason=f"no recordings at {recordings_folder()}; set KNEESYNC_RECORDINGS to the folder of trials/"
)


@needs_recordings
@pytest.mark.parametrize("path", every(TRIALS, 8))
def test_mean_shape_of_a_recording(path):
    feed = Recording(path)
    run_s = feed.truth["t_run_s"]
    figures = judged(feed, (run_s + SETTLED_S, run_s + 30))
    note("shape", path.stem, figures)
    assert figures["rmse_deg"] < UNLIKE.get(path.stem, MOST_DEG)


@needs_recordings
@pytest.mark.soak
def test_mean_shapes_of_all_recordings_together():
    rmse_deg = []
    for path in TRIALS:
        feed = Recording(path)
        run_s = feed.truth["t_run_s"]
        rmse_deg.append(judged(feed, (run_s + SETTLED_S, run_s + 30))["rmse_deg"])
    figures = {"rms_deg": rms(rmse_deg), "median_deg": float(np.median(rmse_deg)), "worst_deg": max(rmse_deg)}
    note("shapes", "together", figures)
    assert figures["rms_deg"] < 0.65 and figures["median_deg"] < 0.4


@pytest.fixture(scope="module")
def simulated():
    """(feed, session) of a minute's run in an awkward mounting."""
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(60, 3.0)]
    feed = simulate(plan, seed=5, leg="R", mount=mounting(30, -20, 200, upside_down=True))
    return feed, session_of(feed)


SPAN = (20, 60)


def test_mean_and_spread_of_a_simulated_run(simulated):
    feed, _ = simulated
    run_s = feed.truth["t_run_s"]
    figures = judged(feed, (run_s + SETTLED_S, run_s + 60))
    assert figures["strides"] > 55
    assert figures["rmse_deg"] < MOST_DEG and figures["sd_off_deg"] < 0.3 and figures["lowest_off_deg"] < 0.5


def test_a_shape_is_fit_for_json_and_ends_at_the_logged_peaks(simulated):
    _, session = simulated
    shape = json.loads(json.dumps(stride_shape(session, SPAN, (40, 60))))
    for part in (shape["fresh"], shape["late"]):
        assert len(part["mean_deg"]) == len(part["sd_deg"]) == len(shape["percent"]) == POINTS
        lifts_deg = session.columns["knee_lift_deg"]
        assert abs(part["mean_deg"][-1] - lifts_deg[-part["strides"] :].mean()) < 1
        assert 40 < part["lowest_at_percent"] < 75
    assert shape["why_not"] is None


def without_samples(session, first, last):
    """The session as if raw blocks first .. last - 1 had been lost."""
    samples = np.repeat(np.arange(len(session.raw_heads)), session.raw_heads[:, 2])
    kept = (samples < first) | (samples >= last)
    heads = np.delete(session.raw_heads, slice(first, last), axis=0)
    return replace(session, raw_heads=heads, raw_lsb=session.raw_lsb[kept])


def test_strides_with_samples_missing_are_left_out(simulated):
    _, session = simulated
    whole = stride_shape(session, SPAN)["fresh"]
    middle = int(np.searchsorted(session.raw_heads[:, 1], session.start_ms + 40_000))
    cut = stride_shape(without_samples(session, middle, middle + 8), SPAN)["fresh"]  # 1.8 s
    assert whole["strides"] - 5 <= cut["strides"] <= whole["strides"] - 3
    assert rms(np.array(cut["mean_deg"]) - whole["mean_deg"]) < 0.2
    assert rms(np.array(cut["sd_deg"]) - whole["sd_deg"]) < 0.2


def test_samples_at_twice_the_rate_give_the_same_shape(simulated):
    """As a chip at 208 Hz has them: what it has at 104 Hz, and the middle between each two."""
    _, session = simulated
    whole = stride_shape(session, SPAN)["fresh"]
    lsb = session.raw_lsb.astype(int)
    between = np.concatenate([(lsb[1:] + lsb[:-1]) // 2, lsb[-1:]])
    finer = np.stack([lsb, between], axis=1).reshape(-1, 6).astype(np.int16)
    quick = stride_shape(replace(session, raw_heads=session.raw_heads * (2, 1, 2), raw_lsb=finer), SPAN)["fresh"]
    assert quick["strides"] >= whole["strides"] - 1
    assert rms(np.array(quick["mean_deg"]) - whole["mean_deg"]) < 0.2


def test_what_is_missing_is_said(simulated):
    _, session = simulated
    blocks = len(session.raw_heads)
    stopped = without_samples(session, int(np.searchsorted(session.raw_heads[:, 1], session.start_ms + 40_000)), blocks)
    shape = stride_shape(stopped, (15, 40), (45, 70))
    assert shape["fresh"] and shape["late"] is None and "of the late stretch" in shape["why_not"]
    assert "raw=on" in stride_shape(without_samples(session, 0, blocks), SPAN)["why_not"]
    assert "no fresh and no late" in stride_shape(session)["why_not"]
    unaligned = replace(session, event_records=session.event_records[session.event_records["kind"] != log.ALIGNED])
    assert "alignment" in stride_shape(unaligned, SPAN)["why_not"]


def test_damaged_raw_blocks_do_no_harm(simulated):
    """Heads with any numbers and times: a shape or none, never an error or a number that is none."""
    _, session = simulated
    draw = np.random.default_rng(4)
    for _ in range(30):
        heads = session.raw_heads.copy()
        rows = draw.integers(0, len(heads), 5)
        heads[rows, 0] = draw.integers(0, 1 << 32, 5)
        heads[rows, 1] = draw.integers(0, 1 << 32, 5)
        shape = stride_shape(replace(session, raw_heads=heads), SPAN)["fresh"]
        assert shape is None or np.isfinite([*shape["mean_deg"], *shape["sd_deg"]]).all()
