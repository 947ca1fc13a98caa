"""kneecore against the recordings' truth, its own alignment and rate, and the board against the host.

`make test` takes a seeded sample; `make soak` all, and leaves figures in build/soak/.
"""

import numpy as np
import pytest

from bench.judging import change_error_deg, judged, pooled, scalars, truth_of
from kneesync.errors import KneesyncError
from kneesync.services.replay import replay
from kneesync.simulation.feed import ArrayFeed, Recording, recordings_folder
from tests.support.recorded import RUNS, SEED, TRIALS, every, note, sample

# What every recording is held to ...
LIMITS = {
    "lift_rmse_deg": 1.6,
    "lift_sd_deg": 0.15,
    "stride_time_rmse_ms": 8.0,
    "cadence_error_spm": 0.2,
    "missed": 0,
    "invented": 0,
}
TRIAL_LIMITS = LIMITS | {"stride_time_cv_percent": 2.0}  # at one speed
RUN_LIMITS = LIMITS | {"change_error_deg": 0.3}
# ... but where it falls short so far; the soak says when a line is no longer needed. The thighs of RBDS015 and RBDS025
# come up twice, at swing's end and after foot contact, within a fraction of a degree: an axis 2.5 degrees off moves one
# top against the other by that much, and a stride taken for the other one counts as one missed and one invented.
SHORT = {
    "RBDS015_25_L": {"lift_sd_deg": 0.2, "missed": 1, "invented": 1},
    "RBDS015_25_R": {"missed": 1, "invented": 1},
    "RBDS015_35_L": {"lift_sd_deg": 0.25, "missed": 2, "invented": 2},
    "RBDS015_45_L": {"lift_sd_deg": 0.2, "missed": 1},
    "RBDS019_45_L": {"lift_sd_deg": 0.3},
    "RBDS019_45_R": {"lift_sd_deg": 0.3},
    "RBDS025_25_L": {"missed": 3, "invented": 3},
    "RBDS025_35_L": {"lift_sd_deg": 0.25},
    "RBDS013_stops_L": {"missed": 2},  # where it sets off again
    "RBDS025_fresh_L": {"missed": 3, "invented": 3},
}
TOGETHER_LIMITS = {"lift_rmse_deg": 0.5, "stride_time_rmse_ms": 4.0}
MATCHED_PERCENT = 99.5

pytestmark = pytest.mark.skipif(
    not TRIALS or not RUNS,
    reason=f"no recordings at {recordings_folder()}; set KNEESYNC_RECORDINGS to the folder of trials/ and runs/",
)


def figures_of(path, result=None):
    truth, strides = truth_of(path), (result or replay(path))["strides"]
    figures = scalars(judged(strides, truth))
    if path in RUNS:
        figures["change_error_deg"] = change_error_deg(strides, truth)
    return figures


def beyond(figures, limits):
    return {name: figures[name] for name, limit in limits.items() if abs(figures[name]) > limit}


@pytest.mark.parametrize("path", every(TRIALS, 12))
def test_trial(path):
    figures = figures_of(path)
    note("trial", path.stem, figures)
    assert beyond(figures, TRIAL_LIMITS | SHORT.get(path.stem, {})) == {}


@pytest.mark.soak
def test_all_trials_together():
    together = pooled([judged(replay(path)["strides"], truth_of(path)) for path in TRIALS])
    note("trials", "together", together)
    assert beyond(together, TOGETHER_LIMITS) == {}
    assert together["matched_percent"] >= MATCHED_PERCENT


@pytest.mark.parametrize("path", every(RUNS, 3))
def test_run(path):
    truth, result = truth_of(path), replay(path)
    figures = figures_of(path, result) | {"cues_t_s": [cue["t_s"] for cue in result["cues"]]}
    note("run", path.stem, figures)
    assert beyond(figures, RUN_LIMITS | SHORT.get(path.stem, {})) == {}
    assert (len(result["cues"]) > 0) == (path.stem.split("_")[1] in ("fatigue", "step"))
    if result["cues"]:
        first = result["cues"][0]
        drop_deg = np.interp(first["t_s"], truth["drop_t_s"], truth["drop_deg"])
        assert abs(first["drop_deg"] - drop_deg) < 1.5


@pytest.mark.soak
@pytest.mark.parametrize("name", SHORT)
def test_it_still_falls_short(name):
    (path,) = (path for path in [*TRIALS, *RUNS] if path.stem == name)
    assert set(beyond(figures_of(path), RUN_LIMITS if path in RUNS else LIMITS)) == set(SHORT[name])


@pytest.mark.parametrize("path", every([*TRIALS, *RUNS], 2))
def test_board_and_host_decide_alike(path):
    pytest.importorskip("kneesync.virtual", reason="the virtual board's extra is not installed")
    assert replay(path, on="board") == replay(path)


def wild_recording():
    """Runs of samples at and beyond every limit, with a stretch of real motion between."""
    generator = np.random.default_rng(SEED)
    real = Recording(sample(TRIALS, 1)[0])
    square = np.where(np.arange(700) % 70 < 35, 32767, -32768)
    clipped = np.clip(real.block(2000, 1500).astype(int) * 8, -32768, 32767)
    parts = [
        real.block(0, 2600),
        generator.integers(-32768, 32768, (700, 6)),
        np.stack([square] * 6, axis=1),
        clipped,
        np.full((300, 6), 32767),
        real.block(600, 3000),
    ]
    return ArrayFeed(np.concatenate(parts), real.fs_hz)


def test_board_and_host_decide_alike_on_wild_input(tmp_path):
    feed = wild_recording()
    path = tmp_path / "wild.npz"
    counts = feed.block(0, feed.length)
    np.savez(
        path,
        gyr_lsb=counts[:, :3],
        acc_lsb=counts[:, 3:],
        gyr_dps_per_lsb=0.07,
        acc_g_per_lsb=0.000488,
        fs_hz=feed.fs_hz,
    )
    on_board = replay(path, on="board")
    assert on_board == replay(path)
    assert on_board["strides"]


def test_settings_change_the_cues():
    path = next(path for path in RUNS if "fatigue" in path.stem)
    assert replay(path, {"cue.drop_cdeg": 1500})["cues"] == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"KNEE but not really"], ids=["empty", "zip", "foreign"])
def test_a_foreign_file_gets_one_line(tmp_path, content):
    for name in ("it.npz", "it.knee"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(KneesyncError) as caught:
            replay(path)
        assert "\n" not in str(caught.value)


def test_a_truncated_recording_gets_one_line(tmp_path):
    path = tmp_path / "cut.npz"
    path.write_bytes(TRIALS[0].read_bytes()[:20000])
    with pytest.raises(KneesyncError) as caught:
        replay(path)
    assert "\n" not in str(caught.value)
