"""What one run keeps to stand beside others: the same figures as its report, and means per band of pace."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneesync.analysis import comparable
from kneesync.analysis.session import summary
from kneesync.formats.decoder import decode
from kneesync.formats.session import ANGLES_AND_RATES
from tests.support.knee_files import KneeFile, tired_run


def row_of(file, watch=None):
    figures = comparable.row(decode(bytes(file.data)), watch)
    json.dumps(figures, allow_nan=False)
    return figures


def watch_of(*stretches, grade_percent=0.0):
    """A watch at one reading a second: stretches of (seconds, speed_mps)."""
    speed_mps = np.concatenate([np.full(seconds, float(mps)) for seconds, mps in stretches])
    return SimpleNamespace(
        t_s=np.arange(len(speed_mps), dtype=float),
        speed_mps=speed_mps,
        heart_rate_bpm=np.full(len(speed_mps), np.nan),
        grade_percent=np.broadcast_to(np.asarray(grade_percent, float), speed_mps.shape),
    )


def paced(*stretches, file=None, before_ms=20_000, **header):
    """A run in stretches of (strides, stride time in ms, knee lift in cdeg)."""
    file = file or KneeFile(**header)
    for count, dt_ms, lift_cdeg in stretches:
        for at in range(0, count, 60):
            file.stride_block(before_ms, [(dt_ms, lift_cdeg, -1500, 3900, 4100, 0)] * min(60, count - at))
            before_ms += dt_ms * min(60, count - at)
    return file


def test_the_figures_are_those_of_the_report():
    session = decode(bytes(tired_run(minutes=60).data))
    row, report = comparable.row(session), summary(session).as_json()
    for name in ("duration_s", "running_s"):
        assert row[name] == pytest.approx(report[name], abs=0.05)
    for name in ("strides", "strides_sure", "cadence_spm", *ANGLES_AND_RATES):
        assert row[name] == report[name]
    assert row["drop_deg"] == report["change"]["drop_deg"]
    assert row["drop_deg_per_h"] == pytest.approx(-report["trend_per_h"]["knee_lift_deg"]["per_h"], rel=0.01)
    assert row["fresh"]["knee_lift_deg"] == report["fresh"]["knee_lift_deg"]
    assert row["late"]["range_deg"] == report["late"]["range_deg"]
    assert row["knee_lift_sd_deg"] == report["variability"]["knee_lift_sd_deg"]
    assert row["cues"] == len(report["cues"]) == 1
    assert row["cues_per_h"] == pytest.approx(1, abs=0.01)


def test_a_band_holds_the_strides_of_its_cadence():
    # 60000 ms a minute x 2 legs: 700 ms are 171.4 steps/min, 660 ms 181.8
    bands = row_of(paced((600, 700, 4000), (600, 660, 4300)))["bands"]["cadence_spm"]
    assert [(band["from"], band["to"]) for band in bands] == [(170.0, 175.0), (180.0, 185.0)]
    assert [band["knee_lift_deg"] for band in bands] == [40.0, 43.0]
    assert bands[0]["range_deg"] == 55.0
    assert bands[0]["strides"] == pytest.approx(600, abs=11)


def test_a_long_run_counts_with_its_first_strides_in_a_band():
    falling = [(600, 700, 4200 - 50 * part) for part in range(9)]  # 63 min
    (band,) = row_of(paced(*falling))["bands"]["cadence_spm"]
    assert band["strides"] == comparable.BAND_STRIDES
    assert band["knee_lift_deg"] == pytest.approx(41.5, abs=0.01)


def test_few_strides_make_no_band():
    assert row_of(paced((comparable.LEAST_BAND_STRIDES - 1, 700, 4000)))["bands"]["cadence_spm"] == []


def test_with_a_watch_there_are_bands_of_speed():
    row = row_of(paced((1200, 700, 4000), (1200, 700, 4400)), watch_of((840, 2.6), (900, 3.1)))
    slow, fast = row["bands"]["speed_mps"]
    assert (slow["from"], slow["knee_lift_deg"]) == (2.5, 40.0)
    assert (fast["from"], fast["knee_lift_deg"]) == (3.0, pytest.approx(44.0, abs=0.1))
    assert [slow["speed_mps"], fast["speed_mps"]] == pytest.approx([2.6, 3.1], abs=0.01)


def test_hills_and_unknown_speed_are_in_no_band_of_speed():
    file = paced((1200, 700, 4000))
    assert row_of(file, watch_of((900, 3.0), grade_percent=4.0))["bands"]["speed_mps"] == []
    assert row_of(file, watch_of((900, np.nan)))["bands"]["speed_mps"] == []
    assert row_of(file, watch_of((900, 3.0), grade_percent=np.nan))["bands"]["speed_mps"] != []


def test_the_drop_an_hour_is_the_fall_of_a_straight_line():
    falling = [(90, 667, round(4300 - part * 10)) for part in range(40)]  # 0.1 degree a minute
    assert row_of(paced(*falling))["drop_deg_per_h"] == pytest.approx(6.0, abs=0.05)
    assert row_of(paced((600, 700, 4000)))["drop_deg_per_h"] is None  # 7 min: no span for a slope


def test_what_limits_the_figures_is_flagged():
    assert row_of(tired_run())["flags"] == []
    assert "empty" in row_of(KneeFile())["flags"]
    assert "short" in row_of(paced((60, 700, 4000)))["flags"]
    file = paced((1200, 700, 4000))
    assert "re-strapped" in row_of(file.events((300_000, log.RESTRAPPED, 1)))["flags"]
    unsure = KneeFile().stride_block(20_000, [(700, 4000, -1500, 3900, 4100, log.UNSURE)] * 100)
    row = row_of(unsure)
    assert "alignment unsure" in row["flags"] and row["knee_lift_deg"] is None and row["bands"]["cadence_spm"] == []


def test_mounting_is_the_last_alignment():
    file = paced((1200, 700, 4000))
    file.events((21_000, log.ALIGNED, 97, 0, 16384, 0, 0, 0, 16384))
    row = row_of(file)
    assert row["alignment_sure_percent"] == 97
    assert row["mounting"] == {"up": [0.0, 1.0, 0.0], "right": [0.0, 0.0, 1.0]}


def test_fresh_and_late_carry_their_spread_and_pace():
    calm = [(700, 4000 + (i % 2) * 100) for i in range(600)]
    rough = [(700, 4000 + (i % 2) * 300) for i in range(700)]
    file = KneeFile()
    at_ms = 20_000
    for from_ in range(0, 1300, 50):
        block = [(dt, lift, -1500, 3900, 4100, 0) for dt, lift in (calm + rough)[from_ : from_ + 50]]
        file.stride_block(at_ms, block)
        at_ms += 50 * 700
    row = row_of(file, watch_of((500, 3.0), (500, 2.6)))
    assert row["fresh"]["knee_lift_sd_deg"] == pytest.approx(1 / 2**0.5, abs=0.02)
    assert row["late"]["knee_lift_sd_deg"] == pytest.approx(3 / 2**0.5, abs=0.02)
    assert row["fresh"]["speed_mps"] == pytest.approx(3.0) and row["late"]["speed_mps"] == pytest.approx(2.6)
    assert row["late"]["grade_percent"] == pytest.approx(0)
    assert row_of(file)["late"]["speed_mps"] is None
