"""A watch's FIT file: what is read is what other readers read, and what is broken is said in one line."""

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kneesync.errors import KneesyncError
from kneesync.formats import fit
from kneesync.library import watch
from tests.support.fit_files import (
    START_S,
    UINT8,
    UINT16,
    UINT32,
    FitFile,
    compressed,
    even_run,
    garmin,
    liberties,
    records_of,
)

FILES = liberties()
UNIX_S = START_S + fit.EPOCH_UNIX_S


@pytest.mark.parametrize("name", FILES)
def test_records_are_those_that_garmin_reads(name):
    data = FILES[name]
    told = {}
    for number, message in garmin(data):
        if number == fit.RECORD:
            row = told.setdefault(int(message["timestamp"].timestamp()), {})
            row.update({key: value for key, value in message.items() if not isinstance(value, dict)})
    found = watch.recording(data, name)
    assert found.unix_s.tolist() == sorted(told)
    rows = [told[second] for second in found.unix_s.astype(int).tolist()]
    for ours, key in ((found.heart_rate_bpm, "heart_rate"), (found.distance_m, "distance"),
                      (found.speed_mps, "enhanced_speed"), (found.altitude_m, "enhanced_altitude")):  # fmt: skip
        theirs = np.array([row.get(key, np.nan) for row in rows], float)
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    strides = np.array([row.get("cadence", np.nan) + row.get("fractional_cadence", 0.0) for row in rows], float)
    np.testing.assert_allclose(found.cadence_spm, 2 * strides)


def test_compressed_timestamps_are_those_that_fit_tool_resolves():
    data = compressed()
    theirs = [record.resolved_timestamp for record in records_of(data) if record.definition.global_id == fit.RECORD]
    theirs[0] = START_S
    found = watch.recording(data, "c.fit")
    assert (found.unix_s - fit.EPOCH_UNIX_S).tolist() == theirs == [START_S + 7 * i for i in range(40)]


def test_cadence_in_steps_and_in_strides():
    """FIT counts strides; some apps write steps into the same field."""
    for written, steps in ((83, 166), (166, 166)):
        file = FitFile().file_id().define(0, fit.RECORD, ((253, UINT32), (4, UINT8)))
        for i in range(60):
            file.message(0, "IB", START_S + i, written)
        assert set(watch.recording(file.data(), "x").cadence_spm) == {steps}


def test_pauses_gaps_and_missing_fields():
    file = FitFile().file_id().define(0, fit.RECORD, ((253, UINT32), (5, UINT32)))
    file.define(1, fit.EVENT, ((253, UINT32), (0, UINT8), (1, UINT8)))
    for i in range(200):
        if not 100 <= i < 160:
            file.message(0, "II", START_S + i, 100 * (3 * min(i, 100) + 3 * max(0, i - 160)))
        if i in (100, 159):
            file.message(1, "IBB", START_S + i, 0, 4 if i == 100 else 0)
    found = watch.recording(file.data(), "x")
    assert found.stopped == [(UNIX_S + 100, UNIX_S + 159)]
    assert np.isnan(found.heart_rate_bpm).all() and np.isnan(found.altitude_m).all()
    series = found.watch(UNIX_S + 10.0)
    assert series.t_s[0] == -10
    near = np.abs(series.t_s - 50) < 5
    assert series.speed_mps[near] == pytest.approx(3.0)  # out of distance
    # what stands between is unknown, and straight lines between moments cannot bridge it
    assert np.isnan(np.interp(120.0, series.t_s, series.speed_mps))
    assert np.isnan(series.grade_percent).all() and series.grade_error_percent is None


@pytest.mark.parametrize("percent", [-6.0, 0.0, 3.0, 12.0])
def test_grade_through_a_barometers_noise(percent):
    """0.4 m of noise with a memory of 10 s, in steps of 0.2 m: right on average, and as unsure as it says."""
    rng = np.random.default_rng(int(percent + 100))
    t_s = np.arange(1200.0)
    noise = np.zeros(len(t_s))
    for i in range(1, len(t_s)):
        noise[i] = 0.9 * noise[i - 1] + rng.normal(0, 0.4 * np.sqrt(1 - 0.81))
    altitude = 300 + 3.0 * t_s * percent / 100 + noise
    file = FitFile().file_id().track(0, t_s, 0 * t_s + 166, 0 * t_s + 3, altitude, 0 * t_s + 150)
    series = watch.recording(file.data(), "x").watch(UNIX_S)
    known = np.isfinite(series.grade_percent)
    off = series.grade_percent[known] - percent
    assert known.mean() > 0.97 and abs(off.mean()) < 0.15
    assert np.abs(off).max() < 3.5
    assert 0.6 < np.std(off) / series.grade_error_percent < 1.6


def flat(payload=b"\x00"):
    """A FIT file around any messages."""
    file = FitFile()
    file.body += payload
    return file.data()


GOOD = even_run(2).data()
CYCLING = even_run(1).define(9, fit.SPORT, ((0, UINT8),)).message(9, "B", 2).data()
BROKEN = {
    "empty": (b"", "is no FIT file: found b'' at its start, expected a header with .FIT; pass the activity file"),
    "text": (b"<gpx>" * 9, "is no FIT file: found b'<gpx><gpx><g' at its start"),
    "half": (GOOD[: len(GOOD) // 2], "is cut or was never closed: its header promises"),
    "header only": (GOOD[:14], "is cut or was never closed"),
    "never closed": (GOOD[:4] + b"\0\0\0\0" + GOOD[8:12] + b"\0\0" + GOOD[14:], "was never closed"),
    "a bit": (GOOD[:200] + bytes([GOOD[200] ^ 4]) + GOOD[201:], "is damaged: found checksum 0x"),
    "header": (GOOD[:2] + b"\1" + GOOD[3:], "its header's checksum is wrong"),
    "tail": (GOOD + b"xyz", "is damaged: 3 bytes after its end are no FIT file"),
    "no definition": (flat(b"\x05"), "a message at byte 14 has no definition before it"),
    "past its end": (flat(b"\x40\0\0\0\0\1\0\4\x86\0\1"), "goes past the file's end"),
    "a definition cut": (flat(b"\x40\0\0\0\0\xff\0"), "goes past the file's end"),
    "byte order": (flat(b"\x40\0\7\0\0\0"), "byte order 7 at byte 14, expected 0 or 1"),
    "no records": (FitFile().file_id().data(), "has no records"),
    "no clock": (even_run(1).data().replace(struct.pack("<I", START_S)[:2], b"\0\0"), "is damaged"),
    "bicycle": (CYCLING, "is no run: found cycling, expected running"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_said_in_one_line(name):
    data, says = BROKEN[name]
    with pytest.raises(KneesyncError) as refused:
        watch.recording(data, "run.fit")
    assert says in str(refused.value) and str(refused.value).startswith("run.fit ") and "\n" not in str(refused.value)


def test_a_clock_that_was_never_set_and_days_on_end():
    file = FitFile().file_id().define(0, fit.RECORD, ((253, UINT32), (4, UINT8)))
    for i in range(30):
        file.message(0, "IB", 1000 + i, 80)
    with pytest.raises(KneesyncError, match="clock was never set"):
        watch.recording(file.data(), "x")
    for i in range(30):
        file.message(0, "IB", START_S + 400_000 * i, 80)
    with pytest.raises(KneesyncError, match="spans 134 days, expected one run"):
        watch.recording(file.data(), "x")


def test_more_than_fits(tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "MOST_FILE_BYTES", 1 << 10)
    (tmp_path / "big.fit").write_bytes(GOOD)
    with pytest.raises(KneesyncError, match="a run's FIT file at most a few; is it the right file"):
        fit.read(tmp_path / "big.fit")
    monkeypatch.setattr(fit, "MOST_MESSAGES", 100)
    with pytest.raises(KneesyncError, match="more than 100 messages"):
        watch.recording(GOOD, "x")
    with pytest.raises(KneesyncError, match="No such file"):
        fit.read(tmp_path / "none.fit")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_messages_at_all(payload):
    with contextlib.suppress(KneesyncError):
        found = watch.recording(flat(payload or b"\0"), "x")
        assert len(found.unix_s) == len(found.cadence_spm) > 0


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*FILES.values(), compressed()]), st.data())
def test_good_files_with_bytes_changed(data, draw):
    """With the checksum made right again, so that the damage is met."""
    end = 14 + struct.unpack_from("<I", data, 4)[0] if data[0] == 14 else 12 + struct.unpack_from("<I", data, 4)[0]
    body = bytearray(data[data[0] : end])
    for _ in range(draw.draw(st.integers(1, 8))):
        body[draw.draw(st.integers(0, len(body) - 1))] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(KneesyncError):
        watch.recording(flat(bytes(body)), "x").watch(UNIX_S)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1))
def test_cut_anywhere(at):
    with pytest.raises(KneesyncError):
        watch.recording(GOOD[:at], "x")


def test_crc_is_fits_own():
    from fit_tool.utils.crc import crc16

    assert fit.crc16(GOOD) == crc16(GOOD) and fit.crc16(b"123456789") == 0xBB3D


def test_values_of_another_type_than_the_profiles():
    """Heart rate as two bytes is read as it says; a text where a number is due is nothing."""
    file = FitFile().file_id().define(0, fit.RECORD, ((253, UINT32), (3, UINT16), (4, 0x07, 3)))
    file.message(0, "IH3s", START_S, 151, b"ab\0").message(0, "IH3s", START_S + 1, 0xFFFF, b"ab\0")
    found = watch.recording(file.data(), "x")
    assert found.heart_rate_bpm[0] == 151 and np.isnan(found.heart_rate_bpm[1]) and np.isnan(found.cadence_spm).all()
