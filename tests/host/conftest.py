"""No test touches the user's library or registry, and dates are written the same everywhere."""

import time

import pytest


@pytest.fixture(autouse=True)
def _places_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("KNEESYNC_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("KNEESYNC_RUNTIME", str(tmp_path / "runtime"))
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()
