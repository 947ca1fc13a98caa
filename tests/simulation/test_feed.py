"""Recordings and other feeds: what is refused and how it is said, and what a feed says outside its samples."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kneesync.errors import KneesyncError
from kneesync.simulation.feed import NOMINAL_HZ, ArrayFeed, Recording, Still, recordings, recordings_folder

N, FS_HZ = 600, 104.5


def fields(**changed):
    """A sound recording's arrays; a value of None leaves the key out."""
    k = np.arange(N)
    sound = {
        "gyr_lsb": np.stack([k, -k, k % 7], axis=1).astype(np.int16),
        "acc_lsb": np.stack([k % 3, k * 0 + 2049, k % 5], axis=1).astype(np.int16),
        "gyr_dps_per_lsb": 0.070,
        "acc_g_per_lsb": 0.000488,
        "fs_hz": FS_HZ,
        "duration_s": (N - 1) / FS_HZ,
        "truth_peak_t_s": np.array([1.0, 2.0]),
        "truth_peak_deg": np.array([40.0, 41.0]),
        "truth_tilt_cdeg": np.zeros(N, np.int16),
        "t_run_s": 0.5,
        "subject": "S1",
        "leg": "L",
        **changed,
    }
    return {name: value for name, value in sound.items() if value is not None}


def saved(path, **changed):
    np.savez(path, **fields(**changed))
    return path


def test_a_sound_recording(tmp_path):
    feed = Recording(saved(tmp_path / "a.npz"))
    assert (feed.fs_hz, feed.length, feed.labels) == (FS_HZ, N, {"subject": "S1", "leg": "L"})
    assert feed.block(10, 2).tolist() == [[10, -10, 3, 1, 2049, 0], [11, -11, 4, 2, 2049, 1]]
    assert feed.truth["truth_peak_t_s"].tolist() == [1.0, 2.0] and feed.truth["t_run_s"] == 0.5


def test_signals_alone_are_a_recording_without_truth(tmp_path):
    bare = dict.fromkeys(("duration_s", "truth_peak_t_s", "truth_peak_deg", "truth_tilt_cdeg", "t_run_s", "leg"))
    assert Recording(saved(tmp_path / "a.npz", **bare)).truth is None


# What is wrong with the file, and what the message must name.
WRONG = (
    ("no gyroscope", {"gyr_lsb": None}, "no gyr_lsb"),
    ("no acceleration", {"acc_lsb": None}, "no acc_lsb"),
    ("no rate", {"fs_hz": None}, "no fs_hz"),
    ("floats", {"gyr_lsb": np.zeros((N, 3))}, "gyr_lsb is float64"),
    ("int32", {"acc_lsb": np.zeros((N, 3), np.int32)}, "acc_lsb is int32"),
    ("two axes", {"acc_lsb": np.zeros((N, 2), np.int16)}, "shape"),
    ("a flat array", {"gyr_lsb": np.zeros(N * 3, np.int16)}, "shape"),
    ("empty", {"gyr_lsb": np.zeros((0, 3), np.int16), "acc_lsb": np.zeros((0, 3), np.int16)}, "0 samples"),
    ("one sensor cut", {"acc_lsb": np.zeros((N - 1, 3), np.int16)}, "600 samples and acc_lsb 599"),
    ("other range", {"gyr_dps_per_lsb": 0.035}, "gyr_dps_per_lsb is 0.035"),
    ("NaN rate", {"fs_hz": np.nan}, "fs_hz is not one finite number"),
    ("text for a rate", {"fs_hz": "104"}, "fs_hz is not one finite number"),
    ("an array for a rate", {"fs_hz": np.array([104.0, 104.0])}, "fs_hz is not one finite number"),
    ("a complex rate", {"fs_hz": 104 + 1j}, "fs_hz is not one finite number"),
    ("208 Hz", {"fs_hz": 208.0}, "fs_hz is 208"),
    ("another duration", {"duration_s": 60.0}, "duration_s 60"),
    ("NaN in the truth", {"truth_peak_deg": np.array([40.0, np.nan])}, "truth_peak_deg"),
    ("infinite time", {"truth_peak_t_s": np.array([1.0, np.inf])}, "truth_peak_t_s"),
    ("peaks without heights", {"truth_peak_deg": None}, "truth_peak_deg"),
    ("truth of another length", {"truth_peak_deg": np.zeros(3)}, "differ in length"),
    ("tilt of another length", {"truth_tilt_cdeg": np.zeros(N + 1, np.int16)}, "truth_tilt_cdeg"),
    ("Python objects", {"gyr_lsb": np.array([{}], dtype=object)}, "not a readable recording"),
)  # fmt: skip


@pytest.mark.parametrize("name, changed, says", WRONG, ids=[row[0] for row in WRONG])
def test_what_is_refused_is_named_in_one_line(tmp_path, name, changed, says):
    path = saved(tmp_path / "wrong.npz", **changed)
    with pytest.raises(KneesyncError, match=re.escape(says)) as caught:
        Recording(path)
    text = str(caught.value)
    assert "\n" not in text and text.startswith(str(path)) and "docs/recordings.md" in text


def plain_array():
    data = io.BytesIO()
    np.save(data, np.zeros((5, 3), np.int16))
    return data.getvalue()


def zip_of(name, content):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, content)
    return data.getvalue()


FOREIGN = (
    ("an empty file", b""),
    ("text", b"time,x,y\n1,2,3\n"),
    ("one .npy array", plain_array()),
    ("another zip", zip_of("readme.txt", b"hello")),
    ("a member that is no array", zip_of("gyr_lsb.npy", b"\x93NUMPY but not really")),
    ("an array with a wild header", zip_of("gyr_lsb.npy", b"\x93NUMPY\x01\x00\x10\x00{'descr': '<i2'}")),
)


@pytest.mark.parametrize("name, content", FOREIGN, ids=[row[0] for row in FOREIGN])
def test_a_foreign_file_is_refused(tmp_path, name, content):
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    with pytest.raises(KneesyncError) as caught:
        Recording(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(KneesyncError, match="no such file"):
        Recording(tmp_path / "none.npz")
    with pytest.raises(KneesyncError, match="not a readable recording"):
        Recording(tmp_path)


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("gyr_lsb.npy", bytes(600 << 20))
    with pytest.raises(KneesyncError, match="600 MiB"):
        Recording(path)


@pytest.fixture(scope="module")
def sound_bytes(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("sound") / "a.npz").read_bytes()


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(tmp_path, sound_bytes, share):
    path = tmp_path / "cut.npz"
    path.write_bytes(sound_bytes[: int(len(sound_bytes) * share)])
    with pytest.raises(KneesyncError):
        Recording(path)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 10**9), value=st.integers(0, 255), n=st.integers(1, 8))
def test_a_damaged_file_loads_whole_or_is_refused(tmp_path_factory, sound_bytes, at, value, n):
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    at %= len(sound_bytes)
    path.write_bytes(sound_bytes[:at] + bytes([value]) * n + sound_bytes[at + n :])
    try:
        feed = Recording(path)
    except KneesyncError as error:
        assert "\n" not in str(error)
    else:
        assert (feed.block(0, N) == Recording(saved(path)).block(0, N)).all()


# Feeds.


def test_outside_its_samples_a_feed_stands_as_at_its_start():
    samples = np.arange(6 * 2000).reshape(-1, 6).astype(np.int16)
    feed = ArrayFeed(samples, NOMINAL_HZ)
    standing = {tuple(row) for row in samples[: round(4 * NOMINAL_HZ)].tolist()}
    for start, count in ((-5000, 4000), (2000, 3000), (10**9, 100), (-(1 << 34), 100)):
        block = feed.block(start, count)
        assert block.shape == (count, 6) and block.dtype == np.int16
        assert {tuple(row) for row in block.tolist()} <= standing
        assert np.abs(np.diff(block[:, 0].astype(int))).max() <= 6, "forth and back, without a jump"


def test_blocks_fit_together():
    feed = ArrayFeed(np.arange(6 * 700).reshape(-1, 6).astype(np.int16), NOMINAL_HZ)
    whole = feed.block(-300, 2000)
    parts = [feed.block(-300, 123), feed.block(-177, 900), feed.block(723, 977)]
    assert (np.concatenate(parts) == whole).all()
    assert (feed.block(0, 700) == whole[300:1000]).all()


def test_the_shortest_feeds_stand_too():
    for n in (1, 2, 3):
        assert ArrayFeed(np.ones((n, 6), np.int16), NOMINAL_HZ).block(-4, 20).tolist() == [[1] * 6] * 20


def test_a_still_board_shows_gravity_bias_and_noise():
    still = Still(up=(0, 3, 4), gyro_bias_dps=(0.7, 0, -1.4), noise_lsb=2.0, seed=4)
    block = still.block(0, 4000)
    assert still.length == 0 and still.truth is None
    assert np.allclose(block.mean(axis=0), [10, 0, -20, 0, 0.6 / 0.000488, 0.8 / 0.000488], atol=0.4)
    assert np.allclose(block.std(axis=0), 2.0, atol=0.3)
    assert (Still(up=(0, 3, 4), gyro_bias_dps=(0.7, 0, -1.4), noise_lsb=2.0, seed=4).block(0, 4000) == block).all()


# Where recordings are.


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("KNEESYNC_RECORDINGS", str(tmp_path))
    (tmp_path / "runs").mkdir()
    for name in ("b.npz", "a.npz", "notes.txt"):
        (tmp_path / "runs" / name).touch()
    assert [path.name for path in recordings()] == ["a.npz", "b.npz"]
    assert recordings("trials") == []


def test_by_default_they_stand_beside_the_project(monkeypatch):
    monkeypatch.delenv("KNEESYNC_RECORDINGS", raising=False)
    assert recordings_folder() == Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.skipif(
    not recordings("trials"), reason="no recordings: set KNEESYNC_RECORDINGS or put them into ../shared/data"
)
def test_every_recording_at_hand_loads():
    for path in [*recordings("trials"), *recordings("runs")][::6]:
        feed = Recording(path)
        assert feed.length > 4000 and len(feed.truth["truth_peak_t_s"]) > 20
        standing_g = feed.block(0, 400)[:, 3:].mean(axis=0) * 0.000488
        assert abs(np.linalg.norm(standing_g) - 1) < 0.05


def test_the_example_in_the_documentation_makes_a_recording(monkeypatch, tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "recordings.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/recordings.md", "exec"), {})
    feed = Recording("my_run.npz")
    assert (feed.length, feed.labels) == (2092, {"leg": "L"})
    assert feed.block(0, 1).tolist() == [[0, 0, 0, 2049, 0, 0]]
