"""No test touches the user's library or registry, and dates are written the same everywhere."""

import sys
import time

import pytest

from kneesync import cli
from kneesync.board import link


@pytest.fixture(autouse=True)
def _places_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("KNEESYNC_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("KNEESYNC_RUNTIME", str(tmp_path / "runtime"))
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.fixture
def impatient(monkeypatch):
    """A link that waits seconds at most: for boards that never answer, or answer at once."""
    for name, seconds in {"OPEN_S": 0, "ENTER_S": 1, "QUIET_S": 1, "RESTART_S": 1, "HUSH_S": 0.05}.items():
        monkeypatch.setattr(link, name, seconds)
    # defaults of arguments were bound when the module was read
    monkeypatch.setattr(link.Link.stream, "__defaults__", (1,))
    monkeypatch.setattr(link.Link.call, "__defaults__", (dict, 1))
    monkeypatch.setattr(link.Link.restart, "__defaults__", (1,))


@pytest.fixture
def kneesync(monkeypatch, capsys):
    """Run a command line in this process: (exit code, stdout, stderr)."""
    from serial.tools import list_ports

    monkeypatch.setattr(list_ports, "comports", list)  # the machine's own boards are none of ours

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["kneesync", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
