"""No test touches the user's library or registry, and dates are written the same everywhere."""

import time

import pytest

from kneesync.board import link


@pytest.fixture(autouse=True)
def _everywhere_the_same(places_of_its_own, monkeypatch):
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
