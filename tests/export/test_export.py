"""Every export is read back by a library that did not write it, and equals the session."""

import csv
import io
import json
import sys

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneesync.export import activity, tables
from kneesync.formats import fit
from kneesync.formats.decoder import decode
from kneesync.library import Library
from kneesync.library import watch as watches
from tests.support.fit_files import garmin
from tests.support.knee_files import KneeFile, tired_run
from tests.support.simulated_join import fit_file, kept, knee_file, start_unix_s
from tests.support.watch_pairs import pair

RUN = pair(6001, "city")
KNEE = knee_file(RUN)
SESSION = decode(KNEE)
EVENTFUL = bytes(tired_run(minutes=20).data)
RAW = bytes(KneeFile().raw(100, [(i, -i, 2 * i, 7, 8, 2000) for i in range(500)], 20_000).end(30_000).data)
STRIDES = list(SESSION.columns)
WATCHED = ["speed_mps", "grade_percent", "heart_rate_bpm", "distance_m", "stride_length_m"]


@pytest.fixture
def one(tmp_path):
    """A kept session with a start and a joined watch."""
    path = tmp_path / "watch.fit"
    path.write_bytes(fit_file(RUN))
    from kneesync.services import join

    with Library() as library:
        session = kept(library, KNEE, start_unix_s=start_unix_s(RUN), start_from="pull")
        join.join(library, path)
        return library.find(session.id)


def expected(kept_session, names):
    """The columns that an export must equal: the session's own, and the watch's at its strides."""
    from kneesync.analysis import pace_per_stride

    with Library() as library:
        watch = watches.of(library, kept_session)
    columns = dict(SESSION.columns)
    columns.update(pace_per_stride.per_stride(columns["t_s"], columns["stride_s"], watch))
    assert list(columns) == names
    return columns


def same(found, columns):
    """found: name -> values, None or NaN unknown."""
    assert list(found) == list(columns)
    for name, values in columns.items():
        theirs = np.array([np.nan if value is None else value for value in found[name]], float)
        np.testing.assert_allclose(theirs, values.astype(float), rtol=0, atol=1e-8, err_msg=name)


def test_csv_by_the_standard_library_and_pandas(kneesync, one, tmp_path):
    path = tmp_path / "run.csv"
    code, out, err = kneesync("export", one.id, "--out", path)
    assert (code, out) == (0, "") and f"strides of {one.id} written to {path}" in err
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    columns = expected(one, header)
    assert header[: len(STRIDES)] == STRIDES and header[len(STRIDES) :] == WATCHED
    table = zip(*rows, strict=True)
    same({name: [float(cell) if cell else None for cell in cells] for name, cells in zip(header, table, strict=True)},
         columns)  # fmt: skip
    import pandas

    frame = pandas.read_csv(path)
    same({name: frame[name].tolist() for name in frame.columns}, columns)
    about = json.loads((tmp_path / "run.csv-metadata.json").read_text(encoding="utf-8"))
    assert [column["name"] for column in about["tableSchema"]["columns"]] == header
    units = {column["name"]: column.get("unit") for column in about["tableSchema"]["columns"]}
    assert units["knee_lift_deg"] == "degree" and units["speed_mps"] == "metre per second" and units["t_ms"] is not None
    assert {name for name, unit in units.items() if unit is None} == {"first", "unsure", "clipped", "lost", "motor"}
    told = about["kneesync"]
    assert told["session"] == one.id and told["board"] == one.board and told["leg"] == "L"
    assert told["start_from"] == "pull" and told["firmware"] == "0.1.0" and told["settings"] == SESSION.settings
    assert told["watch"]["placed_by"] == "time and cadence" and told["written_by"].startswith("kneesync ")


def test_json(kneesync, one):
    code, out, err = kneesync("export", one.id, "--format", "json", "--out", "-")
    assert (code, err) == (0, "")
    content = json.loads(out)
    same(content["columns"], expected(one, list(content["columns"])))
    assert content["metadata"]["start_unix_s"] == one.start_unix_s


def test_parquet_by_fastparquet(kneesync, one, tmp_path):
    fastparquet = pytest.importorskip("fastparquet")
    path = tmp_path / "run.parquet"
    assert kneesync("export", one.id, "-f", "parquet", "-o", path)[0] == 0
    file = fastparquet.ParquetFile(str(path))
    frame = file.to_pandas()
    same({name: frame[name].tolist() for name in frame.columns}, expected(one, list(frame.columns)))
    assert frame["unsure"].dtype == bool and frame["t_ms"].dtype == np.int64
    assert json.loads(file.key_value_metadata["kneesync"])["session"] == one.id


def test_fit_by_garmin(kneesync, one, tmp_path):
    path = tmp_path / "run.fit"
    code, _, err = kneesync("export", one.id, "-f", "fit", "-o", path)
    assert code == 0, err
    messages = garmin(path.read_bytes())
    assert [number for number, _ in messages[:2]] == [fit.FILE_ID, fit.EVENT]
    assert [number for number, _ in messages[-4:]] == [fit.EVENT, 19, fit.SESSION, 34]
    assert messages[0][1]["type"] == "activity" and messages[0][1]["manufacturer"] == "development"
    described = {message["key"]: message for number, message in messages if number == fit.FIELD_DESCRIPTION}
    assert {message["field_name"]: message["units"] for message in described.values()}["knee_lift"] == "deg"

    columns, t_s = SESSION.columns, SESSION.columns["t_s"]
    records = [message for number, message in messages if number == fit.RECORD]
    compared = 0
    strides = 0
    for message in records:
        now_s = message["timestamp"].timestamp() - one.start_unix_s
        told = message["developer_fields"]
        within = (t_s > now_s - 1) & (t_s <= now_s)
        strides += within.sum()
        if within.any() and message is not records[0]:
            for number, name in enumerate(("knee_lift_deg", "extension_deg", "range_deg", "swing_up_dps")):
                assert told[number] == pytest.approx(columns[name][within].mean(), abs=2e-4)
            compared += 1
        inside = (t_s > now_s - activity.SMOOTHED_S) & (t_s <= now_s)
        if columns["stride_s"][inside].sum() > 0.9 * activity.SMOOTHED_S:  # NaN after a break
            spm = 120 / columns["stride_s"][inside].mean()
            assert 2 * (message["cadence"] + message["fractional_cadence"]) == pytest.approx(spm, abs=6)
    assert compared > 500 and strides >= len(t_s) - 2
    assert sum("heart_rate" in message for message in records) > 0.5 * len(records)

    timers = [message["event_type"] for number, message in messages if number == fit.EVENT]
    pauses = int((np.diff(t_s) > activity.PAUSE_S).sum())
    assert timers == ["start", *["stop_all", "start"] * pauses, "stop_all"] and pauses > 3
    stamps = [message["timestamp"] for number, message in messages if number in (fit.RECORD, fit.EVENT)]
    assert stamps == sorted(stamps)
    session = next(message for number, message in messages if number == fit.SESSION)
    assert session["sport"] == "running" and session["total_strides"] == len(t_s)
    assert session["start_time"].timestamp() == np.floor(one.start_unix_s + t_s[0])
    gone = session["total_elapsed_time"] - session["total_timer_time"]
    assert gone == pytest.approx(np.diff(t_s)[np.diff(t_s) > activity.PAUSE_S].sum(), abs=2 * pauses)
    # and it goes back in: our own reader finds the run that it is
    assert watches.recording(path.read_bytes(), "x").sport == "running"


def test_events_and_raw(kneesync, tmp_path):
    (tmp_path / "run.knee").write_bytes(EVENTFUL)
    path = tmp_path / "events.csv"
    assert kneesync("export", tmp_path / "run.knee", "--events", "-o", path)[0] == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    session = decode(EVENTFUL)
    assert [row["kind"] for row in rows] == session.events["kind"].tolist()
    cue = next(row for row in rows if row["kind"] == "cue")
    assert float(cue["drop_deg"]) == 3.3 and float(cue["knee_lift_deg"]) == 38.7
    assert all(any(row[name] for row in rows) for name in rows[0])  # no column that is empty throughout

    (tmp_path / "raw.knee").write_bytes(RAW)
    code, out, _ = kneesync("export", tmp_path / "raw.knee", "--raw", "-f", "json", "-o", "-")
    columns = json.loads(out)["columns"]
    raw = decode(RAW).raw
    assert code == 0 and columns["gyr_y_lsb"] == raw["gyr_y_lsb"].tolist() and columns["sample"][0] == 100
    np.testing.assert_allclose(columns["t_s"], raw["t_s"], atol=1e-8)
    assert {name: tables.unit_of(name) for name in ("gyr_x_lsb", "drop_deg", "kind")}["kind"] == {}


def test_the_default_name_is_the_sessions(kneesync, one, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert kneesync("export")[0] == 0 and kneesync("export", "--events", "-f", "json")[0] == 0
    assert sorted(path.name for path in tmp_path.glob(f"{one.id}*")) == [
        f"{one.id}-events.json", f"{one.id}.csv", f"{one.id}.csv-metadata.json",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_session_without_strides_is_a_table_without_rows(kneesync, tmp_path, form):
    (tmp_path / "none.knee").write_bytes(bytes(KneeFile().end(1000).data))
    path = tmp_path / f"none.{form}"
    assert kneesync("export", tmp_path / "none.knee", "-f", form, "-o", path)[0] == 0
    assert path.stat().st_size > 20
    assert kneesync("export", tmp_path / "none.knee", "--events", "-f", form, "-o", path)[0] == 0


SAYS = {
    "no start": (["-f", "fit"], "nobody knows when"),
    "a folder": (["-o", "."], "is a folder; name a file in it"),
    "no such folder": (["-o", "no/where/run.csv"], "cannot write"),
    "over itself": (["-o", "run.knee"], "is the file that is read; give the result another name"),
}


@pytest.mark.parametrize("name", SAYS)
def test_what_cannot_be_written_is_said_in_one_line(kneesync, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.knee").write_bytes(KNEE)
    arguments, says = SAYS[name]
    code, out, err = kneesync("export", "run.knee", *arguments)
    assert (code, out) == (1, "") and says in err and len(err.splitlines()) == 1
    assert (tmp_path / "run.knee").read_bytes() == KNEE and not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(("form", "module"), [("parquet", "pyarrow"), ("fit", "fit_tool")])
def test_a_missing_extra_is_named_with_the_line_that_installs_it(kneesync, one, monkeypatch, form, module):
    monkeypatch.setitem(sys.modules, module, None)
    code, _, err = kneesync("export", one.id, "-f", form, "-o", "-")
    assert code == 1 and 'not installed: pip install "kneesync[export]"' in err


@pytest.mark.parametrize("arguments", [["--strides", "--events"], ["-f", "fit", "--raw"], ["-f", "xlsx"]])
def test_wrong_usage(kneesync, one, arguments):
    assert kneesync("export", one.id, *arguments)[0] == 2


def test_nothing_in_a_cell_is_a_formula():
    """What a board's file calls things cannot become a spreadsheet's command."""
    assert [tables.cell(text) for text in ("=1+1", "+A1", "-2", "@x", "cue")] == ["'=1+1", "'+A1", "'-2", "'@x", "cue"]


def test_a_day_of_damaged_times_makes_no_activity(kneesync, tmp_path):
    file = KneeFile().stride_block(20_000, [(700, 4000, -1500, 3900, 4100, log.FIRST), 200_000_000])
    file.stride_block(200_000_000, [(700, 4000, -1500, 3900, 4100, 0)])
    with Library() as library:
        one = kept(library, bytes(file.end(200_001_000).data), start_unix_s=1.7e9, start_from="pull")
    code, _, err = kneesync("export", one.id, "-f", "fit", "-o", "-")
    assert code == 1 and "expected a day at most" in err
