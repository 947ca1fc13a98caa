"""What holds for every test of the firmware."""

import threading

import pytest


@pytest.fixture(autouse=True)
def no_thread_left():
    """A board must leave nothing behind."""
    before = threading.active_count()
    yield
    assert threading.active_count() <= before
