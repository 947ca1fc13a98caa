"""Windows and macOS, as far as Linux can act them: what is missing there is taken away, what is refused is refused.

No machine of either kind ran this (docs/platforms.md). Code pages are the real ones; files that are open cannot be
replaced, renamed or deleted; modules and calls of POSIX are not there for kneesync's own code.
"""

import hashlib
import importlib
import io
import json
import os
import pathlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import kneesync
from kneesync.board import find, micropython, port
from kneesync.board.pull import pull
from kneesync.cli import app as cli
from kneesync.files import durable
from kneesync.library import Library, incoming
from kneesync.views import terminal
from tests.support.knee_files import BOARD, KneeFile, tired_run
from tests.support.straight_link import FILES, Straight

RUN = bytes(tired_run(minutes=12).data)
POSIX_MODULES = {"fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "posix", "crypt", "syslog"}
POSIX_CALLS = {
    "fork", "getuid", "geteuid", "getgid", "getgroups", "kill", "killpg", "setsid", "mkfifo", "openpty", "ttyname",
    "uname", "sysconf", "fchmod", "chown", "sched_getaffinity", "O_NOCTTY", "O_NONBLOCK", "statvfs", "getpgid",
}  # fmt: skip


class WindowsOs:
    """The module os as kneesync sees it on Windows."""

    name, sep = "nt", "\\"

    def __getattr__(self, name):
        if name in POSIX_CALLS:
            raise AttributeError(f"module 'os' has no attribute '{name}'")
        return getattr(os, name)


def refusing(function):
    """`function` of paths, refused as Windows does it while this process has one of them open."""

    def careful(*paths, **options):
        opened = {os.path.realpath(f"/proc/self/fd/{handle}") for handle in os.listdir("/proc/self/fd")}
        for path in paths:
            if isinstance(path, (str, os.PathLike)) and os.path.realpath(path) in opened:
                raise PermissionError(13, "The process cannot access the file: it is being used", str(path))
        return function(*paths, **options)

    return careful


@pytest.fixture
def windows(monkeypatch):
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs Linux to see which files are open")
    for module in pkgutil.walk_packages(kneesync.__path__, "kneesync."):
        if not module.name.startswith(("kneesync.virtual.", "kneesync.services.demo", "kneesync.views.dashboard")):
            importlib.import_module(module.name)  # also those that a command imports when it runs
    for name in list(sys.modules):
        module = sys.modules[name]
        if name.split(".")[0] == "kneesync" and getattr(module, "os", None) is os:
            monkeypatch.setattr(module, "os", WindowsOs())
    monkeypatch.setattr(incoming, "fcntl", None)
    monkeypatch.setattr(port, "CAN_BE_ASKED", False)
    monkeypatch.setattr(os, "replace", refusing(os.replace))
    for name in ("unlink", "rename", "replace"):
        monkeypatch.setattr(pathlib.Path, name, refusing(getattr(pathlib.Path, name)))


@pytest.fixture
def on_console(monkeypatch):
    """Run a command line on a console, or into a pipe, of that encoding: (exit code, stdout, stderr) as bytes."""

    def run(encoding, *arguments):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["kneesync", *map(str, arguments)])
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            try:
                cli.main()
                code = 0
            except SystemExit as stop:
                code = stop.code or 0
            return code, out.buffer.getvalue(), err.buffer.getvalue()

    return run


@pytest.fixture
def one_run(monkeypatch, tmp_path):
    """A library with one run, in a folder whose name Windows and macOS write in their own ways; that run's file."""
    folder = tmp_path / "Läufe von Jörg 🏃" / "2026"
    monkeypatch.setenv("KNEESYNC_LIBRARY", str(folder))
    path = tmp_path / "ein Lauf é.knee"
    path.write_bytes(RUN)
    with Library() as library:
        assert library.folder == folder
    stem = folder / "sessions" / hashlib.sha256(RUN).hexdigest()[:10]
    stem.with_suffix(".knee").write_bytes(RUN)
    stem.with_suffix(".json").write_text(json.dumps({"board": BOARD, "name": "00007-1.knee", "athlete": "Žofie ±"}))
    with Library() as library:
        library.reindex()
    return path


# Nothing of POSIX outside virtual/


def test_no_module_of_the_host_needs_posix_to_be_imported():
    code = """
import builtins, importlib, sys
real, missing = builtins.__import__, set(sys.argv[1].split())
def gone(name, globals=None, *rest):
    if name in missing and (globals or {}).get("__name__", "").startswith("kneesync"):
        raise ImportError(f"no module {name} on Windows, asked for by {globals['__name__']}")
    return real(name, globals, *rest)
builtins.__import__ = gone
for name in sys.argv[2].split():
    importlib.import_module(name)
"""
    names = [
        module.name
        for module in pkgutil.walk_packages(kneesync.__path__, "kneesync.")
        if not module.name.startswith("kneesync.virtual.") and module.name != "kneesync.services.demo"
    ]
    assert len(names) > 40
    arguments = [sys.executable, "-c", code, " ".join(POSIX_MODULES), " ".join(names)]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


# On Windows


@pytest.mark.parametrize("arguments", [("virtual",), ("virtual", "--blank"), ("demo",), ("demo", "--json")])
def test_the_virtual_board_says_that_it_needs_posix(kneesync, windows, monkeypatch, arguments):
    monkeypatch.delitem(sys.modules, "kneesync.services.demo", raising=False)
    code, out, err = kneesync(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("kneesync: the virtual board needs POSIX (Linux, macOS, or WSL") and err.count("\n") == 1


def test_a_recording_is_replayed_by_the_host_and_not_by_the_board(kneesync, windows, tmp_path):
    path = tmp_path / "rest.npz"
    count = 2000
    np.savez(
        path,
        gyr_lsb=np.zeros((count, 3), np.int16),
        acc_lsb=np.tile(np.array([0, 2049, 0], np.int16), (count, 1)),
        fs_nominal_hz=104.0,
        fs_hz=104.0,
        duration_s=count / 104,
        gyr_dps_per_lsb=0.07,
        acc_g_per_lsb=0.000488,
    )
    assert "needs POSIX" in kneesync("replay", path, "--on", "board")[2]
    code, out, err = kneesync("replay", path)
    assert (code, err) == (0, "") and out.startswith("0 strides")


def test_a_pull_and_all_care_of_the_library_work_where_open_files_cannot_be_replaced(windows):
    with Library() as library:
        results = pull(Straight(), library)
        assert [result.state for result in results] == ["new"] * len(FILES)
        assert {result.state for result in pull(Straight(), library)} == {"here already"}
        assert os.listdir(library.folder / "incoming") == []


def test_care_of_the_library_works_there(kneesync, windows, one_run, tmp_path):
    (session,) = json.loads(kneesync("sessions", "--json")[1])
    ours = session["id"]
    for arguments in (
        ("note", ours, "--text", "Rückenwind", "--tag", "lang"), ("delete", ours, "--yes"), ("delete", ours, "--undo"),
        ("import", one_run), ("reindex",), ("report", ours, "--html", tmp_path / "r.html"),
        ("report", ours, "--html", tmp_path / "r.html"), ("trends",),
    ):  # fmt: skip
        code, _, err = kneesync(*arguments)
        assert code == 0, (arguments, err)
    assert [one["id"] for one in json.loads(kneesync("sessions", "--json")[1])] == [ours]


def test_a_transfer_that_is_wrong_is_dropped_there_too(windows):
    with Library() as library:
        transfer = library.incoming(BOARD, "00007-1.knee", 4, hashlib.sha256(b"good").hexdigest())
        transfer.append(b"evil")
        with pytest.raises(kneesync.KneesyncError, match="another SHA-256"):
            library.keep(transfer)
        assert os.listdir(library.folder / "incoming") == []


def test_a_file_that_a_virus_scanner_has_open_is_waited_for(windows, monkeypatch, tmp_path):
    refusals = iter([True, True, False])

    def replace(path, target):
        if next(refusals):
            raise PermissionError(13, "Access is denied")
        pathlib.Path(target).write_bytes(pathlib.Path(path).read_bytes())

    naps = []
    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(durable.time, "sleep", naps.append)
    durable.write_whole(tmp_path / "note.json", b"{}")
    assert (tmp_path / "note.json").read_bytes() == b"{}" and len(naps) == 2


def test_one_that_stays_open_is_refused_in_the_end(windows, monkeypatch, tmp_path):
    monkeypatch.setattr(durable.time, "sleep", lambda _: None)
    path = tmp_path / "note.json"
    path.write_bytes(b"old")
    with open(path), pytest.raises(PermissionError):
        durable.write_whole(path, b"new")
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("named", ["COM7", "com7", "\\\\.\\COM7"])
def test_a_windows_port_is_found_however_it_is_written(windows, monkeypatch, named):
    board = find.Board("COM7", BOARD, "RP2040 board")
    monkeypatch.setattr(find, "boards", lambda: [board])
    assert find.pick(named) == board
    assert find.pick("COM8").port == "COM8" and find.pick(BOARD[:4]) == board


def test_a_macs_two_names_of_a_port_are_one_board(monkeypatch):
    board = find.Board("/dev/cu.usbmodem101", BOARD, "RP2040 board")
    monkeypatch.setattr(find, "boards", lambda: [board])
    assert find.pick("/dev/tty.usbmodem101") == find.pick("/dev/cu.usbmodem101") == board


def test_a_port_that_cannot_be_asked_is_no_trouble(windows):
    assert port.trouble("COM7") is None


def test_drives_are_looked_for_where_each_system_mounts_them(monkeypatch):
    monkeypatch.setattr(micropython.sys, "platform", "win32")
    assert "E:\\" in map(str, micropython.mounted_folders()) and "C:\\" not in map(str, micropython.mounted_folders())
    monkeypatch.setattr(micropython.sys, "platform", "darwin")
    monkeypatch.setattr(micropython, "Path", lambda _: pathlib.Path(__file__).parent)
    assert pathlib.Path(__file__) in micropython.mounted_folders()


def test_a_reader_who_had_enough_is_no_failure(windows, monkeypatch):
    assert cli.is_broken_pipe(BrokenPipeError()) and cli.is_broken_pipe(OSError(22, "Invalid argument"))
    assert not cli.is_broken_pipe(OSError(22, "Invalid argument", "a?.html")) and not cli.is_broken_pipe(ValueError())
    monkeypatch.undo()
    assert not cli.is_broken_pipe(OSError(22, "Invalid argument"))


# Consoles and pipes in code pages


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_what_a_code_page_lacks_is_said_in_plainer_characters(on_console, one_run, encoding):
    code, out, err = on_console(encoding, "report")
    text = out.decode(encoding)
    assert (code, err) == (0, b"") and "?" not in text
    extension = next(line for line in text.splitlines() if line.startswith("Extension:"))
    assert extension.startswith("Extension: -15.0" + (" deg" if encoding == "ascii" else "°"))
    code, out, err = on_console(encoding, "trends")
    assert (code, err) == (0, b"") and b"Not placeable in time" in out


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8"])
def test_every_command_that_needs_no_board_answers_there(on_console, one_run, encoding):
    commands = [
        ("sessions",), ("sessions", "--plain"), ("sessions", "--json"), ("report", one_run),
        ("report", one_run, "--plain"), ("report", one_run, "--json"),
        ("trends", "--plain"), ("trends", "--json"), ("replay", one_run),
        ("settings", "--explain", "cue.drop_cdeg"), ("devices", "--json"), ("reindex",), ("doctor", "--udev-rule"),
    ]  # fmt: skip
    for arguments in commands:
        code, out, err = on_console(encoding, *arguments)
        assert code in (0, 3), (arguments, err)
        assert b"failed inside" not in err, (arguments, err)
        if "--json" in arguments:
            json.loads(out.decode("utf-8"))  # as a program reads it, whatever the console's code page


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_help_is_readable_there(on_console, encoding):
    import typer

    for name in ("", *typer.main.get_command(cli.app).commands):
        code, out, err = on_console(encoding, *filter(None, (name, "--help")))
        assert code == 0 and not err and out, name


def test_an_error_names_a_file_in_any_alphabet(on_console):
    code, out, err = on_console("cp437", "report", "Läufe/Ж🏃.knee")
    assert (code, out) == (1, b"") and b"failed inside" not in err and err.count(b"\n") == 1


def test_an_old_windows_console_gets_words(monkeypatch):
    import rich.console

    class Old(rich.console.Console):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options, legacy_windows=True)

    monkeypatch.setattr(rich.console, "Console", Old)
    assert terminal.results() is None


# Paths


def test_a_library_in_a_folder_with_spaces_and_other_alphabets(kneesync, one_run):
    code, out, err = kneesync("sessions", "--json")
    (session,) = json.loads(out)
    assert (code, err) == (0, "")
    assert kneesync("report", session["id"])[0] == kneesync("report", one_run)[0] == 0
    page = one_run.with_name("Bericht für Ž 🏃.html")
    assert kneesync("report", one_run, "--html", page)[0] == 0
    assert page.read_text(encoding="utf-8").startswith("<!")


def test_a_start_that_no_calendar_of_windows_knows_is_written(one_run, kneesync):
    folder = pathlib.Path(os.environ["KNEESYNC_LIBRARY"]) / "sessions"
    data = bytes(KneeFile(boot=9).end(9).data)
    stem = folder / hashlib.sha256(data).hexdigest()[:10]
    stem.with_suffix(".knee").write_bytes(data)
    stem.with_suffix(".json").write_text(json.dumps({"board": BOARD, "start_unix_s": 99e9, "start_from": "pull"}))
    kneesync("reindex")
    started = [one["started"] for one in json.loads(kneesync("sessions", "--json")[1])]
    assert started[0] == "5107-03-10T08:00:00+00:00"
