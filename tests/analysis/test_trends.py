"""Weeks of runs against runners whose change, noise and pace are known, because we made them."""

import hashlib
import json
from collections import Counter

import numpy as np
import pytest

from kneesync.analysis import comparable, theil_sen
from kneesync.analysis.trend_figures import Compared
from kneesync.analysis.trends import METRICS, trends
from kneesync.formats.decoder import decode
from kneesync.views.trends import text as view
from tests.support.knee_files import tired_run
from tests.support.pages import page, same_as_golden
from tests.support.runners import NEWEST_UNIX_S, runner, session

FEW = 20
DAY_S = 86400
CLAIMS = ("rose", "fell")


def one_runner(kept, **options):
    (found,) = trends(kept, **options).runners
    return found


def verdicts(name, seeds, **options):
    found = (one_runner(runner(seed, **options), weeks=0, metrics=[name]) for seed in range(seeds))
    return Counter(each.metrics[name].verdict for each in found)


def pages_that_claim(seeds, **options):
    """How many runners' pages name a change of any quantity."""
    found = (one_runner(runner(seed, **options), weeks=0).metrics.values() for seed in range(seeds))
    return sum(any(trend.verdict in CLAIMS for trend in each) for each in found)


def reasons(left_out):
    return {reason.why: reason.sessions for reason in left_out}


def banded(number, days_ago, lift_deg, speed_mps=None, cadence_spm=167.0, strides=1500, **figures):
    """A session that ran in one band only."""
    means = {"knee_lift_deg": lift_deg, "extension_deg": -20.0, "range_deg": lift_deg + 20, "swing_up_dps": 350.0}
    means.update(swing_back_dps=330.0, cadence_spm=cadence_spm, strides=strides)
    low = cadence_spm // 5 * 5
    bands = {"cadence_spm": [{"from": low, "to": low + 5, **means}], "speed_mps": []}
    if speed_mps is not None:
        low = speed_mps // 0.25 * 0.25
        bands["speed_mps"] = [{"from": low, "to": low + 0.25, "speed_mps": speed_mps, **means}]
    unix_s = None if days_ago is None else NEWEST_UNIX_S - days_ago * DAY_S
    return session(number, unix_s, bands=bands, speed_mps=speed_mps, cadence_spm=cadence_spm, **figures)


def every_third_day(count=12, lift_deg=40.0, first=1, **figures):
    return [banded(first + i, 3 * (count - 1 - i), lift_deg, **figures) for i in range(count)]


# The line itself


def test_a_straight_line_is_found_past_a_quarter_of_bad_days():
    x = np.arange(20.0)
    y = 1.5 * x + 3
    y[::5] += 40
    found = theil_sen.line(x, y)
    assert found.slope == pytest.approx(1.5, abs=0.1)
    assert found.at(10) == pytest.approx(18, abs=1)
    assert found.low <= 1.5 <= found.high


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(5)
    x = np.sort(rng.uniform(0, 84, 30))
    found = [theil_sen.line(x, 0.05 * x + rng.normal(0, 2, 30)) for _ in range(400)]
    inside = np.mean([each.low <= 0.05 <= each.high for each in found])
    assert inside >= 0.98
    assert np.median([each.sd for each in found]) == pytest.approx(2.0, rel=0.1)
    # and is no wider than a straight line's own by much: least squares has 2.6 x sd / root of the sum of squares
    ideal = 2 * 2.6 * 2 / np.sqrt(((x - x.mean()) ** 2).sum())
    assert np.median([each.high - each.low for each in found]) < 1.5 * ideal


def test_days_that_resemble_their_neighbours_widen_the_interval():
    rng = np.random.default_rng(6)
    walk = np.zeros(60)
    for i in range(1, 60):
        walk[i] = 0.7 * walk[i - 1] + rng.normal()
    x = np.arange(60.0)
    own, shuffled = theil_sen.line(x, walk), theil_sen.line(x, rng.permutation(walk))
    assert own.high - own.low > 1.5 * (shuffled.high - shuffled.low)


@pytest.mark.parametrize("values", [[0.0] * 9, [0.0] * 8 + [1.0], [1.0, 2.0, 3.0]])
def test_equal_and_few_days_make_a_line_too(values):
    found = theil_sen.line(np.arange(float(len(values))), np.array(values))
    assert np.isfinite([found.low, found.high, found.sd]).all() and found.low <= found.slope <= found.high


def test_two_days_make_none():
    with pytest.raises(ValueError, match="2 days make no line"):
        theil_sen.line(np.array([0.0, 1.0]), np.array([0.0, 1.0]))


# What is claimed of runners that are known


@pytest.fixture(params=[FEW, pytest.param(300, marks=pytest.mark.soak)])
def seeds(request):
    """How many runners: a sample, and in the soak enough to tell 5 % from 10 %."""
    return request.param


@pytest.mark.parametrize(
    "options",
    [{}, {"drift": 0.3}, {"watch": False}, {"pace_sd": 0.4}, {"weeks": 7, "a_week": 1}],
    ids=["steady", "days resemble", "no watch", "mixed paces", "seven runs"],
)
def test_no_change_gives_no_claim(options, seeds):
    """Of any of the six quantities on the page. Twenty runners may hold a second false one; 300 may not hold 16."""
    assert pages_that_claim(seeds, **options) <= max(2, seeds * 0.05)


@pytest.mark.parametrize(("name", "change"), [("knee_lift_deg", 6.0), ("range_deg", -5.0), ("swing_up_dps", -30.0)])
def test_a_true_change_is_found(name, change, seeds):
    found = verdicts(name, seeds, change={name: change})
    assert found["rose" if change > 0 else "fell"] >= 0.9 * seeds
    assert not found["fell" if change > 0 else "rose"]


def test_its_size_is_right(seeds):
    changes = [
        one_runner(runner(seed, change={"knee_lift_deg": 6.0}), weeks=0).metrics["knee_lift_deg"].line.change
        for seed in range(seeds)
    ]
    assert np.mean(changes) == pytest.approx(6.0, abs=4 / np.sqrt(seeds))


def test_a_change_within_the_noise_is_called_that_however_sure_it_is():
    found = verdicts("knee_lift_deg", change={"knee_lift_deg": 0.8}, weeks=40, a_week=5, seeds=12)
    assert found["within noise"] >= 11
    kept = [banded(i + 1, 83 - 2 * i, 40.0 + 1.5 * i / 41 + (0.1, -0.1)[i % 2], speed_mps=3.1) for i in range(42)]
    trend = one_runner(kept).metrics["knee_lift_deg"]
    assert trend.line.change_interval[0] > 1 and trend.verdict == "within noise"


def test_running_slower_is_no_falling_knee_lift_at_equal_pace(seeds):
    """The whole runs' mean falls by 3 degrees; at equal pace nothing did."""
    options = {"pace": (3.3, 2.8), "pace_sd": 0.15}
    whole = [[one.figures["bands"]["speed_mps"][0] for one in runner(0, **options)][i]["speed_mps"] for i in (0, -1)]
    assert whole[0] < whole[1] - 0.3  # newest first: it did slow down
    for name in ("knee_lift_deg", "range_deg"):
        found = verdicts(name, seeds, **options)
        assert found["fell"] + found["rose"] <= 0.05 * seeds and found["no line"] == 0


@pytest.mark.parametrize("slower_mps", [0.3, 0.5])
def test_with_cadence_only_running_slower_is_no_claim_either(slower_mps, seeds):
    options = {"pace": (3.3, 3.3 - slower_mps), "watch": False, "steps_sd": 2.5}
    for name in ("knee_lift_deg", "range_deg", "swing_up_dps", "cadence_spm"):
        found = verdicts(name, seeds, **options)
        assert found["fell"] + found["rose"] <= 0.05 * seeds, (name, found)


def test_hidden_pace_is_named_as_the_possible_cause():
    """The same cadence all along, and a good 0.5 m/s slower: the worst that equal cadence can hide."""
    kept = [banded(i + 1, 83 - 2 * i, 40.0 - 3.3 * i / 40 + (0.5, -0.5)[i % 2]) for i in range(41)]
    trend = one_runner(kept).metrics["knee_lift_deg"]
    assert trend.verdict == "may be pace"
    assert "which may be pace" in view.short("knee_lift_deg", trend)[0]
    assert "0.5 m/s alone makes 3.0°" in view.sentence("knee_lift_deg", trend)


def test_a_large_change_is_found_without_a_watch_too(seeds):
    found = verdicts("knee_lift_deg", seeds, change={"knee_lift_deg": 9.0}, watch=False)
    assert found["rose"] >= 0.9 * seeds


# What is compared with what


def test_pace_is_what_is_compared_at_as_soon_as_it_carries_a_line():
    with_watch = one_runner(runner(1))
    assert with_watch.compared.by == "speed_mps"
    few = [*every_third_day(24), *every_third_day(3, first=100, speed_mps=3.1)]
    found = one_runner(few)
    assert found.compared.by == "cadence_spm" and found.with_watch == 3
    enough = [*every_third_day(24), *every_third_day(20, first=100, speed_mps=3.1)]
    found = one_runner(enough)
    assert found.compared == Compared(by="speed_mps", low=3.0, high=3.25, sessions=20)
    assert reasons(found.left_out) == {"without a watch's pace": 24}


def test_a_band_is_compared_at_its_middle():
    """The same runner at 3.02 and 3.23 m/s: 1.3 degrees apart as measured, none at equal pace."""
    kept = every_third_day(8, lift_deg=40.0, speed_mps=3.02)
    kept += every_third_day(8, lift_deg=40.0 + 6.1 * 0.21, first=50, speed_mps=3.23)
    values = [point.value for point in one_runner(kept).metrics["knee_lift_deg"].points]
    assert max(values) - min(values) < 0.001


def test_what_is_not_comparable_is_counted_with_its_reason_and_draws_no_line():
    kept = every_third_day(8)
    kept += [
        banded(50, 2, 40.0, cadence_spm=182.0),
        banded(51, 3, 40.0, strides=120),
        banded(52, 4, 40.0, alignment_sure_percent=40),
        banded(53, 5, 40.0, flags=["re-strapped"]),
        banded(54, 6, 40.0, mounting={"up": [1.0, 0, 0], "right": [0, 0, 1.0]}),
        session(55, NEWEST_UNIX_S - 7 * DAY_S, strides=0, cadence_spm=None, flags=["empty"]),
    ]
    kept += every_third_day(4, first=60, mounting={"up": [0, 1.0, 0], "right": [0, 0, 1.0]})
    found = one_runner(kept)
    assert found.compared.sessions == 12
    assert reasons(found.left_out) == {
        "ran at another cadence": 1,
        "too short": 1,
        "alignment unsure": 1,
        "re-strapped during the run": 1,
        "strapped another way": 1,
        "no strides": 1,
    }
    assert sum(reasons(found.left_out).values()) + found.compared.sessions == found.sessions
    compared = {point.id for point in found.metrics["knee_lift_deg"].points}
    assert compared.isdisjoint(key for reason in found.left_out for key in reason.ids)


def test_cues_count_only_under_the_settings_of_the_newest():
    kept = every_third_day(10)
    for one in kept[:3]:
        one.figures["cue_settings"]["cue.drop_cdeg"] = 500
    kept[4].figures.update(running_s=900.0)
    found = one_runner(kept).metrics
    assert reasons(found["cues_per_h"].left_out) == {"other cue settings": 3, "under 20 min of running": 1}
    assert reasons(found["drop_deg_per_h"].left_out) == {"under 20 min of running": 1}


def test_legs_and_athletes_stand_by_themselves():
    kept = [*runner(1), *runner(2, leg="R", first=100), *runner(3, athlete="Ann", first=200)]
    found = trends(kept).runners
    assert [(each.athlete, each.leg) for each in found] == [("Ann", "L"), ("me", "L"), ("me", "R")]
    alone = one_runner(runner(2, leg="R", first=100))
    assert found[2] == alone


def test_no_start_time_no_leg_and_no_figures_are_said():
    kept = every_third_day(8)
    kept += [banded(40, None, 40.0), banded(41, 3, 40.0), banded(42, 3, 40.0), banded(43, 3, 40.0)]
    kept[-3].leg = None
    kept[-2].figures, kept[-2].problems = {}, ["cut or damaged"]
    kept[-1].figures = {**kept[-1].figures, "version": 0}
    found = trends(kept)
    assert found.not_placed == [kept[8].id]
    kept[0].start_unix_s = kept[0].pulled_unix_s + 9 * 365 * DAY_S
    assert kept[0].id in trends(kept).not_placed and trends(kept).runners[0].sessions == 7
    assert reasons(found.left_out) == {
        "leg unknown": 1, "cannot be read": 1, "figures of another version: kneesync reindex": 1,
    }  # fmt: skip
    assert found.runners[0].sessions == 8


@pytest.mark.parametrize(
    ("days_ago", "why"),
    [
        ([], None),
        ([0], "1 day to compare; a line needs 6 over 3 weeks"),
        ([0, 10, 30], "3 days to compare; a line needs 6 over 3 weeks"),
        ([0, 0.1, 0.2, 0.3, 40, 40.1], "2 days to compare; a line needs 6 over 3 weeks"),
        ([0, 1, 2, 3, 4, 5, 6], "the days to compare span 6 days; a line needs 3 weeks"),
    ],
)
def test_too_few_days_say_what_is_missing(days_ago, why):
    kept = [banded(i + 1, ago, 40.0) for i, ago in enumerate(days_ago)]
    found = trends(kept).runners
    if why is None:
        assert found == []
        return
    trend = found[0].metrics["knee_lift_deg"]
    assert (trend.line, trend.verdict, trend.why_no_line) == (None, "no line", why)
    assert trend.noise == 2.5 and trend.noise_from == "literature"
    assert found[0].metrics["range_deg"].noise is None


def test_runs_of_one_day_are_one_day():
    kept = every_third_day(10) + [banded(50 + i, 0.01 * i, 60.0) for i in range(1, 9)]
    trend = one_runner(kept).metrics["knee_lift_deg"]
    assert trend.days == 10 and trend.verdict == "within noise"


def test_weeks_count_back_from_the_newest():
    kept = runner(1, weeks=20)
    found = trends(kept, weeks=4)
    assert found.sessions + found.older == len(kept) == 60
    assert found.to_unix_s - found.from_unix_s == 4 * 7 * DAY_S
    assert trends(kept, weeks=0).older == 0


def test_noise_is_the_runners_own_where_it_is_larger():
    steady = one_runner(every_third_day(12)).metrics
    assert (steady["knee_lift_deg"].noise, steady["knee_lift_deg"].noise_from) == (2.0, "literature")
    assert (steady["range_deg"].noise, steady["range_deg"].noise_from) == (1.0, "least called")
    wild = one_runner(runner(1, weeks=30, day_sd={"knee_lift_deg": 5.0, "extension_deg": 1, "range_deg": 4.0,
                                                  "swing_up_dps": 5, "swing_back_dps": 5})).metrics  # fmt: skip
    assert wild["range_deg"].noise == pytest.approx(4.0, rel=0.4) and wild["range_deg"].noise_from == "own sessions"


def test_real_sessions_figures_fit():
    """Not simulated figures: what the index keeps of files."""
    kept = []
    for i in range(8):
        file = tired_run(minutes=25, drop_cdeg=100 * (i % 3))
        one = session(i + 1, NEWEST_UNIX_S - (7 - i) * 4 * DAY_S)
        one.figures = json.loads(json.dumps(comparable.row(decode(bytes(file.data)))))
        kept.append(one)
    found = one_runner(kept, metrics=list(METRICS))
    assert found.compared == Compared(by="cadence_spm", low=175.0, high=180.0, sessions=8)
    assert found.metrics["knee_lift_deg"].line.from_value == pytest.approx(41, abs=1)
    assert {trend.verdict for trend in found.metrics.values()} == {"within noise"}
    json.dumps(found.as_json(), allow_nan=False)


# The page


PAGES = {
    "rose": lambda: runner(3, change={"knee_lift_deg": 6, "range_deg": 6}),
    "two_legs": lambda: [*runner(3, watch=False), *runner(4, leg="R", watch=False, first=100), banded(300, None, 40.0)],
    "few": lambda: every_third_day(4),
    "nothing_in_common": lambda: [banded(1, 2, 40.0, strides=50), banded(2, 1, 41.0, strides_sure=500)],
    "only_unplaced": lambda: [banded(1, None, 40.0), banded(2, None, 41.0)],
}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", PAGES)
def test_page(name, width):
    found = trends(PAGES[name]())
    text = page(width, lambda console: view.show(console, found))
    assert all(len(line) <= width for line in text.splitlines())
    same_as_golden(f"trends_{name}_{width}", text)


@pytest.mark.parametrize("name", PAGES)
def test_plain_page(name):
    text = "\n".join(view.plain(trends(PAGES[name]()))) + "\n"
    assert not any(0x2500 <= ord(character) < 0x2900 for character in text)
    same_as_golden(f"plain_trends_{name}", text)


def test_what_stands_beside_the_chart_fits_there():
    for seed in range(10):
        for kept in (runner(seed, change={"knee_lift_deg": -20, "swing_up_dps": 900}), runner(seed, watch=False)):
            for name, trend in one_runner(kept, metrics=list(METRICS)).metrics.items():
                assert all(len(line) <= 34 for line in view.short(name, trend)), view.short(name, trend)


def test_an_athletes_name_is_text_only():
    kept = every_third_day(3)
    for one in kept:
        one.athlete = "[bold]x\x1b[31m"
    text = page(80, lambda console: view.show(console, trends(kept)))
    assert "[bold]x?[31m" in text and "\x1b" not in text


# The command


@pytest.fixture
def library_of_eight(tmp_path):
    """Eight runs over four weeks in a library's folder, as pulled; the board's settings name the athlete."""
    folder = tmp_path / "library" / "sessions"
    folder.mkdir(parents=True)
    for i in range(8):
        data = bytes(tired_run(minutes=25, drop_cdeg=100, boot=i + 1, settings={"athlete": "Ann"}).data)
        stem = folder / hashlib.sha256(data).hexdigest()[:10]
        stem.with_suffix(".knee").write_bytes(data)
        start_unix_s = NEWEST_UNIX_S - (7 - i) * 4 * DAY_S
        note = {"board": "e66118604b1a2b3c", "name": f"{i + 1:05d}-1.knee", "start_unix_s": start_unix_s}
        stem.with_suffix(".json").write_text(json.dumps({**note, "start_from": "pull", "pulled_unix_s": start_unix_s}))
    return folder


def test_the_command_as_page_as_words_and_as_json(kneesync, library_of_eight):
    code, out, err = kneesync("trends")
    assert (code, err) == (0, "") and "│" in out and "Trends · Ann · left leg" in out
    assert out.count("no change beyond day-to-day noise") == 6
    code, out, err = kneesync("trends", "--plain", "--athlete", "ann", "--leg", "l", "--weeks", "2")
    assert (code, err) == (0, "") and "8 Nov to 22 Nov 2026, 2 weeks" in out
    assert "° on 4 days; no line is drawn: " in out and "4 days to compare; a line needs 6 over 3 weeks." in out
    assert "Older than shown: 4 sessions; --weeks 0 shows all." in out
    code, out, err = kneesync("trends", "--json", "--metric", "knee-lift", "--metric", "extension")
    (found,) = json.loads(out)["runners"]
    assert code == 0 and list(found["metrics"]) == ["knee_lift_deg", "extension_deg"]
    assert found["metrics"]["knee_lift_deg"]["verdict"] == "within noise"


def test_the_command_on_nothing_says_what_to_do(kneesync):
    code, out, err = kneesync("trends")
    assert (code, out) == (0, "") and "run `kneesync pull`" in err
    code, out, err = kneesync("trends", "--json")
    assert code == 0 and json.loads(out)["runners"] == [] and err == ""


def test_another_leg_or_athlete_is_said_to_have_none(kneesync, library_of_eight):
    assert kneesync("trends", "--leg", "R")[1:] == (
        "",
        "No sessions of right leg; `kneesync sessions` shows whose there are.\n",
    )
    assert "No sessions of Ben, left leg" in kneesync("trends", "--athlete", "Ben", "--leg", "L")[2]


@pytest.mark.parametrize("arguments", [["--weeks", "-1"], ["--leg", "X"], ["--metric", "speed"]])
def test_wrong_usage_is_exit_2(kneesync, arguments):
    assert kneesync("trends", *arguments)[0] == 2


def test_trends_read_no_session_file(kneesync, library_of_eight, monkeypatch):
    kneesync("sessions")  # makes the index
    from kneesync.formats import decoder

    monkeypatch.setattr(decoder, "decode", None)
    assert kneesync("trends")[0] == 0
