"""Compute a recording's strides and cues again, or a session's cues, with other settings if wanted.

A recording runs through the very pipeline that the firmware runs, in bursts as its FIFO would give them; a session
(.knee) holds strides, which run through the cue again. Times count from the recording's first sample, or the session's
start, by the board's clock.
"""

import contextlib
from pathlib import Path

from kneecore.pipeline import Pipeline
from kneesync.analysis.cue_replay import RecordingSink, replay_session, results, with_changes
from kneesync.errors import KneesyncError

BURST_SAMPLES = 32
POLL_MS = 25  # a board looks at its FIFO so often
BOOT_WALL_S = 60
START_MS = 1000  # board uptime at a recording's first sample
STANDING_AFTER_S = 3  # the feed stands still after its end, as the virtual board's does


def replay(source, changes=None, on="host", port=None):
    """The strides, cues, baseline and alignment of `source`: a dict that json.dumps takes.

    `source`: the path of a recording or a .knee file, or a session's id in the library. `changes`: settings by name.
    `on`: "host", or "board" for the firmware's interpreter: the board at `port`, or a virtual one made for it.
    KneesyncError for anything that cannot be replayed.
    """
    path = Path(source)
    if path.suffix == ".npz" or (path.is_file() and path.suffix != ".knee"):
        from kneesync.simulation.feed import Recording

        return replay_feed(Recording(path), changes, on, port)
    if on == "board":
        raise KneesyncError(f"{source}: only a recording (.npz) can be replayed on a board; leave out --on board")
    return _session(source, changes)


def replay_feed(feed, changes=None, on="host", port=None):
    """The same of a feed: a runner model's, or samples that are in memory."""
    values = with_changes({}, changes)
    sink = RecordingSink()
    (_on_board if on == "board" else _on_host)(feed, values, sink, port)
    return results(sink, START_MS)


def bursts(feed):
    """Yield (channels, 1, n, waiting, t_ms) as a board that polls its FIFO would pass them to Pipeline.feed.

    `channels` are six lists of BURST_SAMPLES counts. The feed's rate shows only in the times.
    """
    period_ms = 1000 * _period_s(feed)
    length = feed.length + round(STANDING_AFTER_S * 1000 / period_ms)
    drained = 0
    t_ms = START_MS
    while drained < length:
        ready_ms = START_MS + (drained + BURST_SAMPLES - 1) * period_ms
        while t_ms < ready_ms:
            t_ms += POLL_MS
        waiting = int((t_ms - START_MS) / period_ms) + 1 - drained - BURST_SAMPLES
        yield feed.block(drained, BURST_SAMPLES).T.tolist(), 1, BURST_SAMPLES, waiting, t_ms
        drained += BURST_SAMPLES


def _period_s(feed):
    """True seconds a sample: the recording's duration over its samples, as a board's clock would have measured it."""
    duration_s = (feed.truth or {}).get("duration_s")
    if duration_s and feed.length > 1:
        return duration_s / (feed.length - 1)
    return 1 / feed.fs_hz


def _on_host(feed, values, sink, _):
    pipeline = Pipeline(values, sink)
    for burst in bursts(feed):
        pipeline.feed(*burst)
    sink.alignment = pipeline.alignment()


def _on_board(feed, values, sink, port):
    from kneesync.board.replay_on_board import replay_on_board

    with contextlib.ExitStack() as stack:
        if port is None:
            from kneesync.virtual import VirtualBoard

            board = stack.enter_context(VirtualBoard())
            if not board.wait(lambda: " ready " in board.output, BOOT_WALL_S):
                raise KneesyncError(
                    "the virtual board's firmware did not start; run `kneesync demo` to see what it says"
                )
            port = board.port
        sink.alignment = replay_on_board(port, bursts(feed), values, sink)


def _session(source, changes):
    """A session's own strides, and the cues that they give with these settings."""
    from kneesync.library import opened

    _, session = opened(str(source))
    return replay_session(session, changes)
