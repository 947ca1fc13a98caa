"""Load for `make test-loaded`: four busy loops beside the tests, and some waits for a virtual board late by 0 to 3 s.

A test's late waits are drawn from its first 4, 8, 16, 32 or 64, which of these too; on average 4/3 of them are late.
That is 2 s more for a test that waits often, less for others. Every wait late would take hours.
KNEESYNC_LOADED=SEED has tests/conftest.py take this plugin in. The same seed makes each test's waits as late again.
"""

import os
import random
import subprocess
import sys
import time

import pytest

VARIABLE = "KNEESYNC_LOADED"
BUSY_LOOPS = 4
MOST_LATE_S = 3
LATE_WAITS = 4 / 3  # of a test, on average, if it waits often enough
AMONG_FIRST = (4, 8, 16, 32, 64)
WAITS = ("wait", "run_until", "run_until_printed", "power_cycle")
# ends by itself where nobody is left to end it
BUSY = "import os; parent = os.getppid()\nwhile os.getppid() == parent: sum(range(100_000))"


class Loaded:
    """The plugin. The busy loops belong to the process that starts the tests, the late waits to each that runs some."""

    def __init__(self, seed, starts_tests):
        self._seed, self._starts_tests = seed, starts_tests
        self._loops = []
        self._chance = random.Random(seed)
        self._among, self._waits = AMONG_FIRST[0], 0

    def pytest_report_header(self):
        return (
            f"loaded: {BUSY_LOOPS} busy loops, some waits late by up to {MOST_LATE_S} s; again: {VARIABLE}={self._seed}"
        )

    def pytest_sessionstart(self):
        if self._starts_tests:
            self._loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(BUSY_LOOPS)]
        if os.name == "posix":
            from kneesync.virtual import VirtualBoard

            for name in WAITS:
                setattr(VirtualBoard, name, self._late(getattr(VirtualBoard, name)))

    def pytest_sessionfinish(self):
        for loop in self._loops:
            loop.kill()
            loop.wait()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        self._chance.seed(f"{self._seed} {item.nodeid}")
        self._among, self._waits = self._chance.choice(AMONG_FIRST), 0

    def _late(self, wait):
        def waits(*arguments, **more):
            try:
                return wait(*arguments, **more)
            finally:
                self._waits += 1
                if self._waits <= self._among and self._chance.random() < LATE_WAITS / self._among:
                    time.sleep(self._chance.uniform(0, MOST_LATE_S))

        return waits
