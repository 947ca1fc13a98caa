"""A virtual board that stands there until it is stopped, found by other commands like one on USB."""

import signal

from kneesync.board import find


def serve(recording=None, realtime=False, on_ready=None):
    """Serve a virtual board until Ctrl-C or a termination signal. on_ready(port, board id) is called once it runs.

    `recording`: path of a recording that its IMU feels, see docs/recordings.md; None: it stands still.
    """
    from kneesync.virtual import VirtualBoard
    from kneesync.virtual.feed import Recording

    feed = Recording(recording) if recording else None
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        with VirtualBoard(feed=feed, realtime=realtime) as board, find.registered(board.port, board.board_id):
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
