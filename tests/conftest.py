"""The command line as a fixture. `make soak` leaves what it ran as JSON: build/soak/tests.json, a row a test."""

import json
import sys
from pathlib import Path

import pytest

from kneesync import cli

RESULTS = Path(__file__).parents[1] / "build" / "soak" / "tests.json"


class _Soak:
    """Collects every test's outcome; under xdist in the process that hears of all of them."""

    def __init__(self):
        self._rows = {}

    def pytest_runtest_logreport(self, report):
        row = self._rows.setdefault(report.nodeid, {"outcome": "passed", "seconds": 0.0})
        row["seconds"] = round(row["seconds"] + report.duration, 2)
        if report.outcome != "passed":
            row["outcome"] = report.outcome
            if report.skipped and isinstance(report.longrepr, tuple):
                row["why"] = report.longrepr[2]

    def pytest_sessionfinish(self):
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        outcomes = [row["outcome"] for row in self._rows.values()]
        counts = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
        RESULTS.write_text(json.dumps({"counts": counts, "tests": self._rows}, indent=1) + "\n", encoding="utf-8")


def pytest_configure(config):
    wanted = config.getoption("markexpr") or ""
    if "soak" in wanted.replace("not soak", "", 1) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Soak())


@pytest.fixture
def places_of_its_own(tmp_path, monkeypatch):
    """The user's library and registry are not touched."""
    monkeypatch.setenv("KNEESYNC_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("KNEESYNC_RUNTIME", str(tmp_path / "runtime"))


@pytest.fixture
def kneesync(monkeypatch, capsys, places_of_its_own):
    """Run a command line in this process, with a library of the test's own: (exit code, stdout, stderr)."""
    from serial.tools import list_ports

    monkeypatch.setattr(list_ports, "comports", list)  # the machine's own boards are none of ours

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["kneesync", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return run
