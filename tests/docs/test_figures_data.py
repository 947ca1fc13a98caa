"""The data dictionary has every key that results carry, and no other: what the commands print is walked, key by key."""

import datetime
import json
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest

from docs.generators import figures_data
from kneecore import sessionlog as log
from kneecore import settings
from kneesync.analysis import comparable, experiment, pairs, session, trends
from kneesync.coach.advice import advice_of
from kneesync.export import tables
from kneesync.formats import fit
from kneesync.formats.decoder import decode
from kneesync.library import Library
from kneesync.library.index import SessionEntry
from kneesync.library.training import Done, Training
from kneesync.views import results
from tests.support import deficits, runners, simulated_join, watch_pairs
from tests.support import simulated_strides as sim
from tests.support.fit_files import UINT8, FitFile
from tests.support.knee_files import KneeFile, tired_run
from tests.support.legs import other_leg

TABLES = figures_data.tables()
RUNNING = 1  # FIT's sport
PRINTED = {"sessions": "session entry", "report": "report", "trends": "trends", "drills": "coach"}
BY_COLUMN = {"events": "exported events", "raw": "exported raw samples"}  # compared with the data frames
BY_COLUMN_KEYS = {f"{table}: {key}" for table in BY_COLUMN.values() for key in TABLES[table]["keys"]}


class Seen:
    """Which keys of which table results had; `unknown` are those that the dictionary lacks."""

    def __init__(self):
        self.keys = {name: set() for name in TABLES}
        self.unknown = set()

    def walk(self, value, name):
        """Each object in `value` is one of table `name`."""
        if isinstance(value, list):
            for one in value:
                self.walk(one, name)
        elif isinstance(value, dict):
            for key, inner in value.items():
                self._key(name, key, inner)

    def _key(self, name, key, inner):
        if key not in TABLES[name]["keys"]:
            self.unknown.add(f"{name}: {key}")
            return
        self.keys[name].add(key)
        table, each = figures_data.held(TABLES[name]["keys"][key]) or ("", False)
        if each:
            for one in (inner or {}).values():
                self.walk(one, table)
        elif table:
            self.walk(inner, table)

    def lacks(self):
        """Keys of the dictionary that nothing had."""
        return {f"{name}: {key}" for name, seen in self.keys.items() for key in TABLES[name]["keys"] if key not in seen}


def plain(value):
    return json.loads(results.text(value))


def watched_run():
    """(a session, a watch of it): later it is slower, with paces that fresh and late share."""
    made = sim.run(25, 7, fall_deg=lambda t_s: 3.0 * (t_s > 700), drift_sd_deg=0.3)
    at_s = np.arange(0.0, 1510.0)
    mostly = np.where(at_s < 700, at_s % 240 < 60, at_s % 240 < 180)
    series = {
        "t_s": at_s,
        "speed_mps": np.where(mostly, 2.9, 3.4),
        "grade_percent": np.zeros(len(at_s)),
        "heart_rate_bpm": 140 + at_s / 100,
        "distance_m": 3.0 * at_s,
    }
    return made, SimpleNamespace(**series)


def odd_run():
    """A run with a pause, and a board that learnt no baseline but was aligned."""
    file = KneeFile()
    row = (700, 4123, -1550, 3901, 4102, 0)
    file.stride_block(21_000, [row] * 80)
    file.stride_block(200_000, [(700, 4000, -1500, 3900, 4100, log.FIRST)] + [row] * 60)
    file.events((30_000, log.ALIGNED, 90, 0, 16384, 0, 0, 0, 16384), (240_000, log.UNLEARNT, 0, 171, 240, 295))
    return decode(bytes(file.data))


def intervals():
    def fast(t_s):
        return (t_s > 300) & ((t_s - 300) % 180 < 90) & (t_s < 1380)

    return sim.run(24, 2, cadence_spm=lambda t_s: 165 + 14.0 * fast(t_s), drift_sd_deg=0.3, cadence_sd_percent=0.3)


def experiments():
    """Two runs with felt and held-back cues."""
    for seed in range(2):
        one = sim.run(minutes=40, seed=seed, fall_deg=lambda t_s: 7.0 * (t_s > 700))
        one.header["settings"] = {**settings.defaults(), "cue.experiment_percent": 50}
        for number, i in enumerate(np.flatnonzero(one.event_records["kind"] == log.CUE)):
            if number % 2:
                one.event_records["kind"][i], one.event_records["detail"][i] = log.CUE_HELD, 7
        yield one


@pytest.fixture(scope="module")
def seen():
    """All keys of what the analyses give, of runs that have something of each."""
    found = Seen()
    tried = list(experiments())
    for one in (decode(bytes(tired_run().data)), intervals(), odd_run(), *tried):
        found.walk(plain(results.report(session.summary(one))), "report")
    run, watch = watched_run()
    found.walk(plain(session.summary(run, watch).as_json()), "report")
    found.walk(plain(comparable.row(run, watch)), "compared figures")
    found.walk(plain(comparable.row(odd_run())), "compared figures")
    watch.speed_mps = np.where(watch.t_s < 700, 3.4, 2.9)
    found.walk(plain(session.summary(run, watch).as_json()), "report")
    found.walk(plain({"experiment_over_runs": experiment.over_runs(tried).as_json()}), "report")
    found.walk(plain({"pair": replace(pairs.pair(tried[0], other_leg(tried[0])), found="named").as_json()}), "report")
    for kept in (runners.runner(0), runners.runner(1, watch=False)):
        found.walk(plain({**trends.trends(kept).as_json(), "coach": []}), "trends")
    for name, pain in (("low_cadence", None), ("sound", 3)):
        kept = deficits.runner(name, 3)
        kept[0].pain, kept[0].pain_where = pain, "shin"
        done = [Done("a-skip", f"2026-11-{day:02}", 2, "") for day in (6, 9, 12, 15)]
        training = Training("me", done, {"limited_ankle_mobility": {"answer": "no", "date": "2026-11-20"}})
        advice = advice_of(kept, training, datetime.date(2026, 11, 23), equipment=("band",))
        found.walk(plain(advice), "coach")
    return found


@pytest.fixture
def printed(kneesync, tmp_path):
    """The same of what the commands print of a library with a joined run."""
    found = Seen()
    pair = watch_pairs.pair(3, "easy")
    watch = FitFile(0x20).file_id().define(1, fit.SPORT, ((0, UINT8),)).message(1, "B", RUNNING)
    t_s = np.rint(pair.watch_t_s - pair.watch_t_s[0])
    watch.track(0, t_s, pair.watch_spm, pair.watch_speed_mps, 100 + 0 * t_s, 140 + 0 * t_s)
    (tmp_path / "watch.fit").write_bytes(watch.data())
    with Library() as library:
        kept = simulated_join.kept(
            library, simulated_join.knee_file(pair), start_unix_s=simulated_join.start_unix_s(pair), start_from="pull"
        )
    assert kneesync("join", tmp_path / "watch.fit", kept.id)[0] == 0
    for command, table in PRINTED.items():
        code, out, _ = kneesync(command, "--json")
        assert code == 0
        found.walk(json.loads(out), table)
    assert kneesync("export", "--format", "csv", "--out", tmp_path / "run.csv")[0] == 0
    about = json.loads((tmp_path / "run.csv-metadata.json").read_text(encoding="utf-8"))
    found.walk(about["kneesync"], "export metadata")
    found.walk({one["name"]: None for one in about["tableSchema"]["columns"]}, "exported strides")
    return found


def test_every_key_of_a_result_is_in_the_dictionary_and_no_other(seen, printed):
    assert seen.unknown | printed.unknown == set()
    assert sorted((seen.lacks() & printed.lacks()) - BY_COLUMN_KEYS) == [], "nothing has these keys"


def test_a_session_entry_has_the_fields_of_its_class():
    assert set(TABLES["session entry"]["keys"]) == {one.name for one in fields(SessionEntry)} | {"started"}


@pytest.mark.parametrize("frame, table", BY_COLUMN.items())
def test_the_columns_of_an_export_are_those_of_the_data_frame(frame, table):
    assert list(TABLES[table]["keys"]) == list(getattr(odd_run(), frame).columns)


def test_units_are_those_that_an_export_gives():
    for table in ("exported strides", "exported events", "exported raw samples"):
        for key, text in TABLES[table]["keys"].items():
            ending = max((one for one in tables.UNITS if key.endswith(one)), key=len, default=None)
            assert ending is None or figures_data.unit(key, text), f"{table}: {key}"


def test_every_table_that_a_key_points_to_is_there_and_none_is_left_over():
    held = {figures_data.held(text) for table in TABLES.values() for text in table["keys"].values()} - {None}
    tops = {"report", "trends", "session entry", "coach", "export metadata"}
    assert {name for name, _ in held} | tops == {name for name in TABLES if not name.startswith("exported ")}
