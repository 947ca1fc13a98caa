"""The whole product in one go, without hardware: a virtual runner, the firmware, the pull.

Every part is the real one: the firmware runs on the MicroPython VM with the chip models on its bus, and its session
comes through the pty by the code that pulls from a board on USB.
"""

import json
import tempfile
from dataclasses import dataclass
from typing import Any

from kneecore import settings
from kneesync.analysis.agreement import agreement
from kneesync.board.link import Link
from kneesync.board.pull import pull
from kneesync.errors import KneesyncError
from kneesync.firmware import wiring
from kneesync.firmware.image import fresh_board
from kneesync.library import Library
from kneesync.simulation.feed import Recording
from kneesync.simulation.runner import demo_run
from kneesync.virtual import Flash, VirtualBoard

BOOT_WALL_S = 60
STALLED_WALL_S = 60  # without simulated time moving on
LOOK_WALL_S = 0.1
AFTER_END_S = 1.0  # the runner presses stop so long after the last step,
HOLD_S = 2.2  # for so long


@dataclass
class Demo:
    """A run's session, pulled and verified, and the feed that it came from.

    `offset_s`: board uptime at the feed's first sample; stride times less that are the feed's.
    """

    session: Any
    feed: Any
    offset_s: float

    def agreement(self):
        """How the session's strides agree with the feed's truth; None where the feed has none."""
        truth = self.feed.truth
        if not truth:
            return None
        t_s = self.session.t_ms / 1000 - self.offset_s
        lift_deg = self.session.columns["knee_lift_deg"]
        return agreement(t_s, lift_deg, truth["truth_peak_t_s"], truth["truth_peak_deg"])


def worn_before(wired=""):
    """The flash of a fresh board whose runner has had the runs in which cues are not buzzed yet (cue.observe_runs).

    `wired`: which board, and what is wired to it, in the words of its file /board (wiring.py).
    """
    files = {**fresh_board(), "/runs": json.dumps({"L": settings.row("cue.observe_runs")[1]}).encode()}
    if wired:
        files["/board"] = wiring.wired(wired).words.encode()
    return Flash(files=files)


def run_demo(minutes=25, seed=0, recording=None, on_progress=None, on_line=None, on_pull=None, wired=""):
    """Run the firmware over a virtual runner's run, or over the samples of the file `recording`, and pull its session.

    on_progress(done_s, total_s) and on_line(at_s, text) are told what goes on, in seconds since the feed's first
    sample; on_pull(name, bytes so far, bytes in all) what comes over the wire. `wired`: as of worn_before().
    KneesyncError if no run was recorded.
    """
    feed = Recording(recording) if recording else demo_run(seed=seed, minutes=minutes)
    flash = worn_before(wired)
    with (
        VirtualBoard(feed=feed, flash=flash, seed=seed) as board,
        tempfile.TemporaryDirectory(prefix="kneesync-demo-") as folder,
    ):
        if not board.wait(lambda: board.feed_started_up_ms is not None, BOOT_WALL_S):
            raise KneesyncError(f"the firmware took no sample within {BOOT_WALL_S} s; it said: {_last_line(board)}")
        _Watch(board, on_progress, on_line).until_closed()
        offset_s = board.feed_started_up_ms / 1000
        with Library(folder) as library, Link(board.port) as link:
            results = pull(link, library, on_pull)
            if not results or results[0].kept is None:
                raise KneesyncError(
                    f"no session came of it (the firmware said: {_last_line(board)}); "
                    "a run is recorded once it lasts 10 s after standing still"
                )
            return Demo(library.read(results[0].session_id), feed, offset_s)


class _Watch:
    """Follows the firmware by what it prints, and presses its button when the feed has ended."""

    def __init__(self, board, on_progress, on_line):
        self._board = board
        self._on_progress = on_progress or (lambda done_s, total_s: None)
        self._on_line = on_line or (lambda at_s, text: None)
        self._start_us = board.imu.started_us
        self._end_us = board.imu.feed_ends_us
        self._said = 0
        self._opened = self._closed = False

    def until_closed(self):
        """Return once the session is closed, or the feed's end is past and none is open."""
        total_s = (self._end_us - self._start_us) / 1e6
        while not self._closed:
            before_us = self._board.clock.now_us
            if not self._board.wait(lambda at=before_us: self._board.clock.now_us > at, STALLED_WALL_S):
                raise KneesyncError(f"the virtual board stands still; its last words: {_last_line(self._board)}")
            self._board.wait(lambda: False, LOOK_WALL_S)
            done_s = (self._board.clock.now_us - self._start_us) / 1e6
            self._tell()
            self._on_progress(min(done_s, total_s), total_s)
            if done_s > total_s + 10 * AFTER_END_S and not self._opened:
                return

    def _tell(self):
        for at_s, line in self._board.lines(after=self._said):
            self._said += 1
            self._on_line(at_s - self._start_us / 1e6, line)
            if line.startswith("session ") and line.endswith(" opened"):
                self._opened = True
                self._board.press_button(at_s=self._end_us / 1e6 + AFTER_END_S, hold_s=HOLD_S)
            self._closed |= line.startswith("session ") and " closed " in line


def _last_line(board):
    return (board.output.splitlines() or ["nothing"])[-1]
