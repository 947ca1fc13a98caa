"""The board that these tests are about: at the port KNEESYNC_PORT, else a virtual one on a pty.

They run commands as a user would, each a process of its own, beside a library of their own (build/hil/), and print what
they found on the way. Nothing on the board is deleted.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kneesync.board import find
from kneesync.board.port import trouble as trouble_with

ROOT = Path(__file__).parents[2]
PORT = os.environ.get("KNEESYNC_PORT")
HAND = bool(os.environ.get("KNEESYNC_HAND"))
RUN_MINUTES = 1


def pytest_sessionstart():
    if PORT and (trouble := trouble_with(PORT, find.pick(PORT).virtual)):
        pytest.exit(f"hil: {trouble.found}; {trouble.step}", returncode=3)


def pytest_report_header():
    if not PORT:
        return "hil: no KNEESYNC_PORT: a virtual board on a pty, which is no hardware and no USB"
    kind = "a virtual board on a pty, which is no hardware and no USB" if find.pick(PORT).virtual else "a board"
    return f"hil: {PORT}: {kind}"


class Bench:
    """A board under test. `port`, `board` (its id), `virtual`; `press(what)`: the button, None without a hand."""

    def __init__(self, port, library, press, runtime=None):
        self.port, self.press = port, press
        self._environment = {**os.environ, "KNEESYNC_LIBRARY": str(library), "NO_COLOR": "1", "COLUMNS": "100"}
        if runtime:
            self._environment["KNEESYNC_RUNTIME"] = str(runtime)
        about = find.pick(port)
        self.board, self.virtual = about.id, about.virtual

    def _run(self, *words):
        command = [sys.executable, "-m", *words]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=300)

    def _stdout(self, *words):
        done = self._run(*words)
        assert done.returncode == 0, f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def kneesync(self, *words):
        """What a command prints; it has to succeed."""
        return self._stdout("kneesync", *words)

    def try_kneesync(self, *words):
        """A command that may fail."""
        return self._run("kneesync", *words)

    def mpremote(self, *words):
        return self._stdout("mpremote", "connect", self.port, *words)

    def listing(self):
        """Sessions on the board: name -> SHA-256."""
        from kneesync.board.link import Link
        from kneesync.board.pull import listing

        with Link(self.port) as link:
            return {file.name: file.sha256 for file in listing(link)[0]}


@pytest.fixture(scope="session")
def bench():
    """The board, every one of its sessions pulled before anything else happens to it."""
    with contextlib.ExitStack() as stack:
        if PORT:
            folder = ROOT / "build" / "hil" / "library"
            made = Bench(PORT, folder, _asked if HAND else None)
        else:
            made = stack.enter_context(_virtual())
        # before anything else: only how long ago this start began dates its runs
        done = made.try_kneesync("pull", made.port)
        assert done.returncode == 0 or "run `kneesync flash`" in done.stderr, done.stderr
        print(done.stdout + done.stderr)
        yield made


def _asked(what):
    """A hand does it."""
    print(f"\n>>> {what}", flush=True)  # `make hil` has pytest capture nothing


@contextlib.contextmanager
def _virtual():
    """A virtual board that has run, in this process, so that its button can be pressed; with an older firmware."""
    virtual = pytest.importorskip("kneesync.virtual", reason="no KNEESYNC_PORT, and no virtual board: kneesync[sim]")
    from kneesync.firmware.image import fresh_board
    from kneesync.simulation.runner import demo_run

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KNEESYNC_RUNTIME", f"{folder}/runtime")
        files = {**fresh_board(), "/a/kneecore/__init__.py": b"__version__ = '0.0.9'\n"}
        del files["/a/kneecore/__init__.mpy"]
        feed = demo_run(seed=4, minutes=RUN_MINUTES)
        with (
            virtual.VirtualBoard(feed=feed, flash=virtual.Flash(files=files), seed=4) as board,
            find.registered(board.port, board.board_id),
        ):
            assert board.wait(lambda: " closed (" in board.output, 60), board.output
            yield Bench(
                board.port, f"{folder}/library", lambda what: board.press_button(hold_s=2.2), f"{folder}/runtime"
            )
