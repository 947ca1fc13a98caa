"""A virtual board that stands there until it is stopped, found by other commands like one on USB."""

import signal

from kneesync.board import find
from kneesync.errors import KneesyncError


def serve(recording=None, minutes=None, seed=0, realtime=False, blank=False, on_ready=None, wired=""):
    """Serve a virtual board until Ctrl-C or a termination signal. on_ready(port, board id) is called once it runs.

    What its IMU feels: the recording of that path (docs/recordings.md), or a virtual runner's run of so many `minutes`,
    or else a thigh that stands still. `seed` makes another runner and another board id; `blank`: MicroPython only.
    `wired`: which board, and what is wired to it, in the words of a file /board (wiring.py).
    """
    from kneesync.services.demo import worn_before
    from kneesync.simulation.feed import Recording
    from kneesync.simulation.runner import demo_run
    from kneesync.virtual import Flash, VirtualBoard

    if recording and minutes:
        raise KneesyncError("found both a recording and minutes of a virtual run; give one of them")
    feed = Recording(recording) if recording else demo_run(seed=seed, minutes=minutes) if minutes else None
    flash = Flash() if blank else worn_before(wired) if feed or wired else None
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        with (
            VirtualBoard(feed=feed, flash=flash, seed=seed, realtime=realtime, wired=wired or None) as board,
            find.registered(board.port, board.board_id) as moved,
        ):
            board.on_move = lambda: moved(None if board.drive else board.port, board.drive)
            if on_ready:
                on_ready(board.port, board.board_id)
            while True:
                board.wait(lambda: False, 3600)
    except KeyboardInterrupt:
        pass  # the way to stop it
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(*_):
    raise KeyboardInterrupt
