"""A recording through kneecore on the board: the host sends bursts, strides and events come back.

    import replay_on_board
    replay_on_board.start('{"cue.drop_cdeg": 400}')  # every setting that is not at its default
    replay_on_board.take("<base64>")  # bursts: n u16, samples waiting u16, board ms u32, six times n i16
    replay_on_board.end()

Each call prints one line of JSON; it is how `kneesync replay --on board` shows that the board decides as the host does.
"""

import json
import struct
from array import array
from binascii import a2b_base64

import board
from service import guarded, say

from kneecore import settings as table
from kneecore.pipeline import Pipeline

HEAD = "<HHI"
HEAD_BYTES = 8
SAMPLE_BYTES = 12


class _Heard:
    """The pipeline's sink: [0, stride...] and [1, event...]."""

    def __init__(self):
        self.rows = []

    def stride(self, *values):
        self.rows.append([0] + list(values))

    def event(self, *values):
        self.rows.append([1] + list(values))


_heard = _Heard()
_pipeline = None


@guarded
def start(changes):
    """A fresh pipeline with these settings (JSON)."""
    global _heard, _pipeline
    values, refused = table.merged(json.loads(changes))
    if refused:
        raise ValueError(refused[0])
    _heard = _Heard()
    _pipeline = Pipeline(values, _heard)
    say({"started": True})


@guarded
def take(text):
    """Feed bursts; prints the list of strides and events that came of them."""
    data = a2b_base64(text)
    at = 0
    while at + HEAD_BYTES <= len(data):
        n, waiting, t_ms = struct.unpack_from(HEAD, data, at)
        at += HEAD_BYTES
        if len(data) < at + n * SAMPLE_BYTES:
            raise ValueError("a burst of %d samples is cut short" % n)
        counts = array("h", data[at : at + n * SAMPLE_BYTES])
        _pipeline.feed([counts[i * n : i * n + n] for i in range(6)], 1, n, waiting, t_ms)
        at += n * SAMPLE_BYTES
        board.feed_watchdog()
    say(_heard.rows)
    _heard.rows = []


@guarded
def end():
    """Print the alignment."""
    say({"alignment": _pipeline.alignment()})
