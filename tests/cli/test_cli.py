"""The command line: results on stdout, the rest on stderr, one-line errors, the promised exit codes, quick help."""

import json
import os
import subprocess
import sys

import pytest

from kneesync.board import find
from tests.support.fake_board import FakeBoard
from tests.support.knee_files import BOARD, KneeFile, tired_run

RUN = bytes(tired_run(minutes=10).data)


@pytest.fixture
def run_file(tmp_path):
    path = tmp_path / "run.knee"
    path.write_bytes(RUN)
    return path


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["devices"], 3, "no board found; plug one in"),
        (["pull"], 3, "no board found; plug one in"),
        (["pull", "e661"], 3, "no board e661; none is connected"),
        (["pull", "/nowhere/tty"], 3, "cannot open /nowhere/tty"),
        (["flash"], 3, "no board found; plug one in"),
        (["flash", "--rollback"], 3, "no board found; plug one in"),
        (["flash", "--firmware", "/no/where.uf2"], 1, "cannot read /no/where.uf2: No such file"),
        (["flash", "--firmware", __file__], 1, "is no whole UF2 file"),
        (["flash", "--into", os.path.dirname(__file__)], 1, "expected an empty folder or none"),
        (["report"], 1, "is empty; run `kneesync pull`"),
        (["report", "0badc0de"], 1, "no session 0badc0de"),
        (["report", "/no/where.knee"], 1, "cannot read /no/where.knee: No such file"),
        (["report", __file__], 1, "is no kneesync session: found"),
        (["replay", "x.npz", "--set", "zzz=3"], 1, "unknown setting 'zzz'; `kneesync settings` lists them"),
        (["settings"], 3, "no board found; plug one in"),
        (["settings", "--explain", "cue.drop"], 1, "did you mean cue.drop_cdeg or cue.drop_percent"),
        (["settings", "--set", "hold=40"], 1, "unknown setting 'hold'; did you mean cue.hold_s?"),
        (["settings", "--set", "cue.hold_s=9"], 1, "setting cue.hold_s is 9; it takes a whole number from 10 to 240"),
        (["replay", "x.npz", "--set", "cue.drop_cdeg=high"], 1, "it takes a whole number from 100 to 1500"),
    ],
)
def test_what_cannot_be_done_is_one_line_on_stderr(kneesync, arguments, code, says):
    found_code, out, err = kneesync(*arguments)
    assert (found_code, out) == (code, "")
    assert says in err and err.startswith("kneesync: ") and err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        "nonsense",
        "flash --rollback --even-unpulled",
        "flash --into x --rollback",
        "report --nope",
        "replay",
        "replay x --on moon",
        "replay x --set leg",
    ],
)
def test_wrong_usage_is_exit_2(kneesync, arguments):
    code, out, err = kneesync(*arguments.split())
    assert (code, out) == (2, "") and err


def test_a_truncated_file_and_a_newer_format_are_refused(kneesync, tmp_path):
    for data, says in (
        (RUN[:50], "cut or damaged"),
        (bytes(KneeFile(format=5).data), "format 5, this one reads up to 1"),
    ):
        path = tmp_path / "bad.knee"
        path.write_bytes(data)
        code, out, err = kneesync("report", path)
        assert (code, out) == (1, "") and says in err and err.count("\n") == 1


def test_report_as_page_as_words_and_as_json(kneesync, run_file):
    code, out, err = kneesync("report", run_file)
    assert code == 0 and err == "" and "Knee drive" in out and "\x1b" not in out
    assert "│" in out and "│" not in kneesync("report", run_file, "--plain")[1]
    figures = json.loads(kneesync("report", run_file, "--json")[1])
    assert figures["strides"] == 900 and figures["absolute_error_deg"] == [3, 5]
    units = ("_s", "_deg", "_spm", "_dps", "_percent", "_ms")
    numbers = {name for name, value in figures.items() if isinstance(value, float)}
    assert all(name.endswith(units) for name in numbers), numbers


def test_an_empty_library_is_no_error_for_sessions(kneesync):
    code, out, err = kneesync("sessions")
    assert (code, out) == (0, "") and "kneesync pull" in err
    assert json.loads(kneesync("sessions", "--json")[1]) == []


@pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not")
def test_pull_then_sessions_then_report_by_id(kneesync):
    with FakeBoard({"00007-1.knee": RUN}) as board, find.registered(board.port, BOARD):
        code, out, _ = kneesync("devices")
        assert code == 0 and BOARD in out and board.port in out
        assert json.loads(kneesync("devices", "--json")[1])[0]["virtual"] is True
        code, out, err = kneesync("pull")
        assert code == 0 and "900 strides" in out
        assert f"Board {BOARD}: 1 new, 0 here already. Its firmware runs again." in err
        code, out, err = kneesync("pull", BOARD[:4], "--json")
        result = json.loads(out)
        assert (code, result["board"], result["sessions"][0]["state"]) == (0, BOARD, "here already")
    session_id = result["sessions"][0]["session"]["id"]
    assert session_id in kneesync("sessions")[1]
    assert json.loads(kneesync("sessions", "--json")[1])[0]["id"] == session_id
    assert session_id in kneesync("report")[1] and session_id in kneesync("report", session_id[:4], "--plain")[1]


@pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not")
def test_a_pull_shows_how_far_it_is_to_eyes_only(kneesync, monkeypatch):
    with FakeBoard({"00007-1.knee": RUN, "00007-2.knee": bytes(KneeFile(boot=7).end(9).data)}) as board:
        code, _, err = kneesync("pull", board.port)
        assert code == 0 and "1 of 2" not in err and "\x1b" not in err
        monkeypatch.setenv("KNEESYNC_LIBRARY", os.environ["KNEESYNC_LIBRARY"] + "2")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(type(sys.stderr), "isatty", lambda stream: True)
        code, _, err = kneesync("pull", board.port, "--json")
    assert code == 0 and "00007-1.knee  1 of 2" in err and "00007-2.knee  2 of 2" in err


@pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not")
def test_a_pull_stopped_by_hand_says_how_it_goes_on(kneesync, monkeypatch):
    from kneesync.views import terminal

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal.Progress, "__call__", stop)
    with FakeBoard({"00007-1.knee": RUN}) as board:
        code, _, err = kneesync("pull", board.port)
    assert (code, err) == (1, "kneesync: stopped; what came is kept, and `kneesync pull` goes on from there\n")


@pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not")
def test_a_pull_of_which_a_part_failed_is_exit_1(kneesync):
    with FakeBoard({"00007-1.knee": b"no session", "00007-2.knee": RUN}) as board:
        code, out, err = kneesync("pull", board.port)
    assert code == 1 and "900 strides" in out and "kneesync: 00007-1.knee: " in err


def test_several_boards_are_named_not_chosen(kneesync, monkeypatch):
    boards = [find.Board("/dev/ttyACM0", "aaaa", "x"), find.Board("/dev/ttyACM1", "abab", "x")]
    monkeypatch.setattr(find, "boards", lambda: boards)
    for arguments in (["pull"], ["pull", "a"]):
        code, _, err = kneesync(*arguments)
        assert code == 3 and "several boards: aaaa at /dev/ttyACM0, abab at /dev/ttyACM1; name one by its id" in err


def test_usb_boards_are_known_by_maker_and_serial_number(monkeypatch):
    from types import SimpleNamespace

    from serial.tools import list_ports

    def port(device, vid, serial_number, product="Board in FS mode"):
        return SimpleNamespace(device=device, vid=vid, serial_number=serial_number, product=product)

    ports = [
        port("/dev/ttyS0", None, None), port("/dev/ttyACM0", 0x2E8A, "E66118604B1A2B3C"),
        port("/dev/ttyUSB0", 0x0403, "FT123"), port("/dev/ttyACM1", 0x239A, "../../etc", None),
    ]  # fmt: skip
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    assert [(board.port, board.id) for board in find.boards()] == [("/dev/ttyACM0", BOARD), ("/dev/ttyACM1", None)]
    assert find.pick("/dev/ttyACM1").description == "Adafruit board"


NOBODY = '{"pid": 4000000, "port": "/", "id": "abcd"}'


@pytest.mark.parametrize("note", ["", "[", "{}", '{"pid": 1e9}', NOBODY, NOBODY.replace("4000000", "-1")])
def test_a_stale_or_foreign_note_is_no_board(note, tmp_path):
    folder = tmp_path / "runtime" / "boards"
    folder.mkdir(parents=True)
    (folder / "77.json").write_text(note)
    assert [board for board in find.boards() if board.virtual] == []


def test_an_unforeseen_error_is_one_line_and_a_traceback_only_under_debug(kneesync, monkeypatch, run_file):
    from kneesync.services import read_run

    def breaks(*_):
        raise RuntimeError("within\nus")

    monkeypatch.setattr(read_run, "summary", breaks)
    code, out, err = kneesync("report", run_file)
    assert (code, out) == (1, "")
    assert err == "kneesync: failed inside: RuntimeError: within us; please report what `kneesync --debug` prints\n"
    with pytest.raises(RuntimeError):
        kneesync("--debug", "report", run_file)


def test_help_and_lists_load_nothing_heavy():
    code = (
        "import sys\nfrom kneesync.cli import app\ntry:\n app.app(%r)\nexcept BaseException: pass\nprint(*sys.modules)"
    )
    heavy = {"numpy", "pandas", "rich", "mpremote", "serial", "sqlite3"}
    for arguments, allowed in (["--help"], set()), (["pull", "--help"], set()), (["devices", "--json"], {"serial"}):
        loaded = set(in_python(code % arguments).split("\n")[-2].split())
        assert loaded & heavy <= allowed, arguments


def in_python(code, **environment):
    """What a new interpreter prints that runs `code`."""
    environment = {**os.environ, **environment}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert found.stderr == ""
    return found.stdout


REPORT = "import sys\nfrom kneesync.cli import app as cli\ntry:\n cli.app(['report', %r])\nexcept SystemExit: pass\n"


def test_no_report_needs_pandas(run_file):
    assert in_python(REPORT % str(run_file) + "print('pandas' in sys.modules)").endswith("False\n")


def test_output_that_cannot_draw_gets_words(run_file):
    assert "Knee drive" in in_python(REPORT % str(run_file), PYTHONIOENCODING="ascii")
