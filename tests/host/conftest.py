"""No test touches the user's library or registry, and dates are written the same everywhere."""

import sys
import time

import pytest

from kneesync import cli


@pytest.fixture(autouse=True)
def _places_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("KNEESYNC_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("KNEESYNC_RUNTIME", str(tmp_path / "runtime"))
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()


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
