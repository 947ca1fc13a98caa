"""A session's figures: computed by hand here on sessions small enough for that."""

import json

import pytest

from kneecore import sessionlog as log
from kneecore import sessionread
from kneesync.analysis.figures import Variability
from kneesync.analysis.session import summary
from kneesync.formats.decoder import decode
from tests.support.knee_files import KneeFile, tired_run


def figures_of(file):
    figures = summary(decode(bytes(file.data)))
    json.dumps(figures.as_json(), allow_nan=False)
    return figures


def steady(count, lift_cdeg=4200, dt_ms=700, flags=0, file=None, before_ms=20_000):
    file = file or KneeFile()
    for at in range(0, count, 50):
        rows = [(dt_ms, lift_cdeg, -1500, 3900, 4100, flags)] * min(50, count - at)
        file.stride_block(before_ms + at * dt_ms, rows)
    return file


def test_a_tired_run_falls_below_its_own_baseline():
    figures = figures_of(tired_run(minutes=25, drop_cdeg=500))
    assert figures.strides == 2250
    assert figures.cadence_spm == pytest.approx(180, abs=0.2)
    assert figures.fresh.knee_lift_deg == pytest.approx(42.0, abs=0.1)
    # the fall grows from 0 at half time to 5 degrees at the end; the last 4 of 25 min hold 3.4 to 5
    assert figures.change.drop_deg == pytest.approx(4.2, abs=0.1)
    assert 0 < figures.change.knee_lift_95_percent_deg < 0.5
    assert figures.change.range_deg == pytest.approx(-4.2, abs=0.1)
    assert figures.baseline.knee_lift_deg == 42.0
    (cue,) = figures.cues
    assert (cue.drop_deg, cue.in_row, cue.buzzed) == (pytest.approx(3.3), 1, True)
    assert cue.answer_deg == pytest.approx(-0.4, abs=0.2)
    assert cue.cleared_after_s == pytest.approx(53.4, abs=0.2)


def test_a_steady_run_does_not_change():
    figures = figures_of(steady(1200))
    assert figures.change.drop_deg == 0
    assert figures.variability == Variability(knee_lift_sd_deg=0.0, stride_time_cv_percent=0.0)
    assert figures.range_deg == pytest.approx(57.0)


def test_cadence_counts_both_legs_and_no_break():
    file = steady(60, dt_ms=600)
    file.stride_block(260_000, [(0, 4200, -1500, 3900, 4100, log.FIRST)] + [(600, 4200, -1500, 3900, 4100, 0)] * 60)
    figures = figures_of(file)
    assert figures.cadence_spm == pytest.approx(200.0)
    assert len(figures.pauses) == 1 and figures.pauses[0].to_s == 240.0
    assert figures.running_s == pytest.approx(120 * 0.6)


@pytest.mark.parametrize("flag", ["unsure", "clipped", "lost"])
def test_unsure_strides_count_for_cadence_and_not_for_angles(flag):
    file = steady(100, lift_cdeg=4000)
    steady(100, lift_cdeg=6000, flags=dict(sessionread.FLAGS)[flag], file=file, before_ms=90_000)
    figures = figures_of(file)
    assert figures.knee_lift_deg == 40.0
    assert figures.cadence_spm == pytest.approx(120 / 0.7)
    assert (figures.strides, figures.strides_sure) == (200, 100)
    assert getattr(figures.quality, f"{flag}_percent") == 50
    assert any("Only 50 %" in flag.text for flag in figures.flags)


def test_without_one_sure_stride_there_are_no_angles():
    figures = figures_of(steady(100, flags=log.UNSURE))
    assert figures.knee_lift_deg is None and figures.cadence_spm == pytest.approx(171.43, abs=0.01)


@pytest.mark.parametrize("count", [0, 1, 2, 39, 500])
def test_short_sessions_give_what_they_can_and_say_why_not_more(count):
    figures = figures_of(steady(count))
    assert figures.strides == count
    assert figures.change is None and "too short" in figures.why_no_change
    assert (figures.knee_lift_deg is None) == (count == 0)


def test_a_slower_late_part_is_named_as_a_possible_cause():
    file = steady(800, dt_ms=660)
    steady(500, dt_ms=690, lift_cdeg=3900, file=file, before_ms=20_000 + 800 * 660)
    figures = figures_of(file)
    assert figures.change.drop_deg == pytest.approx(3.0, abs=0.01)
    assert any("4.3 % lower late" in note and "pace" in note for note in figures.notes)


def test_fresh_is_what_the_board_learnt_from():
    file = steady(1500)
    file.events((20_000 + 500 * 700, log.BASELINE, 36, 4150, 100, 700, -1500))
    fresh = figures_of(file).fresh
    assert fresh.to_s == 350.0
    assert fresh.from_s == pytest.approx(350 - 240, abs=1)


def test_quiet_mode_is_said():
    from kneecore import settings

    file = KneeFile(settings={**settings.defaults(), "quiet": "on"})
    steady(10, file=file).events((21_000, log.CUE, 1, 330, 3870, 4200, 61, 700, 0))
    figures = figures_of(file)
    assert figures.cues[0].buzzed is False
    assert "Quiet mode was on: cues were logged, not buzzed." in figures.notes
