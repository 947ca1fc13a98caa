"""A virtual board that runs the real firmware, and its session files read by the format alone."""

import json
import struct
from functools import cache
from types import SimpleNamespace

import pytest

from kneecore import rawlog, sessionread
from kneecore import sessionlog as log
from kneesync.firmware.image import fresh_board
from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate
from kneesync.virtual import Flash, VirtualBoard
from kneesync.virtual.flash import FEATHER_BLOCKS, PICO_BLOCKS

EVENT_NAMES = {kind: row[0] for kind, row in sessionread.EVENT_KINDS.items()}


def short_run(run_s=30, seed=1, **more):
    """Stand, raise the knee three times, run."""
    return simulate([Stand(6), KneeRaises(3), Stand(2), Run(run_s, 3.0)], seed=seed, **more)


def decode(data):
    """A session file: header, strides [(t_ms, fields...)], events [(t_ms, name, detail, values)], end or None."""
    session = SimpleNamespace(header=None, strides=[], events=[], raw=[], end=None, sequences=[])
    for _, kind, sequence, payload in sessionread.blocks(data):
        session.sequences.append(sequence)
        if kind == log.HEADER:
            session.header = json.loads(bytes(payload))
        elif kind == log.STRIDES:
            session.strides += sessionread.strides(payload)
        elif kind == log.EVENTS:
            for t_ms, name, detail, *values in struct.iter_unpack(log.EVENT, payload):
                session.events.append((t_ms, EVENT_NAMES[name], detail, values))
        elif kind == log.RAW:
            number, t_ms, *_ = struct.unpack_from(rawlog.HEAD, payload)
            session.raw.append((number, t_ms, sum(n for n, _ in sessionread.raw_groups(payload))))
        elif kind == log.END:
            reason, t_ms, strides = struct.unpack(log.END_PAYLOAD, payload)
            session.end = (log.END_REASONS[reason], t_ms, strides)
    return session


@cache
def firmware():
    """The files of a fresh board: path -> bytes."""
    return fresh_board()


class Wearer:
    """A virtual board with what a test wants to do to it.

    Its time stands still but in wait_for() and wait_until_s(), and while a host talks to it.
    """

    def __init__(self, feed, settings=None, files=None, flash=None):
        self.feed = feed
        if flash is None:
            files = {**firmware(), **(files or {})}
            if settings:
                files["/settings.json"] = json.dumps(settings).encode()
            is_pico = b"rpi_pico" in files.get("/board", b"")
            flash = Flash(blocks=PICO_BLOCKS if is_pico else FEATHER_BLOCKS, files=files)
        self.board = VirtualBoard(feed=feed, flash=flash, held=True)

    def at(self, t_s, action):
        """Have `action` called when the board's clock comes to t_s since power-on."""
        self.board.clock.at(round(t_s * 1e6), action)

    def double_press(self, at_s):
        """Press twice, quickly."""
        for t_s in (at_s, at_s + 0.3):
            self.board.press_button(at_s=t_s, hold_s=0.12)

    def __enter__(self):
        self.board.__enter__()
        return self

    def __exit__(self, *error):
        self.board.__exit__(*error)

    @property
    def output(self):
        return self.board.output

    def wait_for(self, text, count=1):
        """Until the firmware has printed a line with `text` so often."""
        assert self.board.run_until_printed(text, count), self.output

    @property
    def now_s(self):
        return self.board.clock.now_us / 1e6

    def wait_until_s(self, t_s):
        """Until that simulated time since power-on."""
        assert self.board.run_until(t_s), self.output

    def sessions(self):
        flash = self.board.flash
        if not flash.exists("/sessions"):
            return []
        return [decode(flash.read_file("/sessions/" + name)) for name in sorted(flash.listdir("/sessions"))]

    def felt(self, since_ms=0):
        """The motor's pulses, ms each, to compare as exactly as the loop keeps them: a FIFO burst may come between."""
        pulses = [row for row in self.board.haptic.log if row[0] >= since_ms * 1000 and row[3] > 0]
        return [pytest.approx((end_us - start_us) / 1000, abs=30) for start_us, end_us, *_ in pulses]

    def truth_ms(self, t_s):
        """Board time of a moment of the feed."""
        return self.board.feed_started_up_ms + t_s * 1000
