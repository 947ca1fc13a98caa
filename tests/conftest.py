"""The command line as a fixture. `make soak` leaves what it ran as JSON: build/soak/tests.json, a row a test."""

import json
import os
import sys
import time
from pathlib import Path

import hypothesis
import pytest

from kneesync.board import link
from kneesync.cli import app as cli
from tests.support import loaded

TESTS = Path(__file__).parent
RESULTS = TESTS.parent / "build" / "soak" / "tests.json"
THEIR_OWN_PLACES = (
    "device",
    "end_to_end",
    "hil",
)  # a board serves a whole module there; they name library and registry

# A busy machine makes no example too slow.
hypothesis.settings.register_profile("kneesync", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("kneesync")


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
    if seed := os.environ.get(loaded.VARIABLE):
        config.pluginmanager.register(loaded.Loaded(seed, not hasattr(config, "workerinput")))
    wanted = config.getoption("markexpr") or ""
    if "soak" in wanted.replace("not soak", "", 1) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Soak())


@pytest.fixture
def places_of_its_own(tmp_path, monkeypatch):
    """The user's library and registry are not touched."""
    monkeypatch.setenv("KNEESYNC_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("KNEESYNC_RUNTIME", str(tmp_path / "runtime"))


@pytest.fixture(autouse=True)
def _everywhere_the_same(request, monkeypatch):
    """No test touches the user's library or registry, and dates are written the same everywhere."""
    if request.path.relative_to(TESTS).parts[0] not in THEIR_OWN_PLACES:
        request.getfixturevalue("places_of_its_own")
        monkeypatch.setenv("TZ", "UTC")
        if hasattr(time, "tzset"):
            time.tzset()


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


@pytest.fixture
def impatient(monkeypatch):
    """A link that waits seconds at most: for boards that never answer, or answer at once."""
    for name, seconds in {"OPEN_S": 0, "ENTER_S": 1, "QUIET_S": 1, "RESTART_S": 1, "HUSH_S": 0.05}.items():
        monkeypatch.setattr(link, name, seconds)
    # defaults of arguments were bound when the module was read
    monkeypatch.setattr(link.Link.stream, "__defaults__", (1,))
    monkeypatch.setattr(link.Link.call, "__defaults__", (dict, 1))
    monkeypatch.setattr(link.Link.restart, "__defaults__", (1,))
