"""A recording through kneecore on the board: the host sends bursts, strides and events come back.

    import rehearse
    rehearse.start('{"cue.drop_cdeg": 400}')     # every setting that is not at its default
    rehearse.take("<base64>")                     # bursts: n u16, samples waiting u16, board ms u32, n samples of 6 i16
    rehearse.end()

Each call prints one line of JSON; it is how `kneesync replay --on board` shows that the board decides as the host does.
"""

import json
import struct
from array import array
from binascii import a2b_base64

import board

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


def _answer(function, argument):
    """Call it with the watchdog in place of the host's lease, and print what it returns or what went wrong."""
    board.call_later(0, None)
    board.start_watchdog()
    try:
        value = function(argument)
    except (OSError, ValueError, TypeError) as error:
        value = {"error": str(error) or repr(error)}
    print(json.dumps(value))
    board.feed_watchdog()


def _start(changes):
    global _heard, _pipeline
    values, refused = table.merged(json.loads(changes))
    if refused:
        raise ValueError(refused[0])
    _heard = _Heard()
    _pipeline = Pipeline(values, _heard)
    return {"started": True}


def _take(text):
    data = a2b_base64(text)
    at = 0
    while at + HEAD_BYTES <= len(data):
        n, waiting, t_ms = struct.unpack_from(HEAD, data, at)
        at += HEAD_BYTES
        if len(data) < at + n * SAMPLE_BYTES:
            raise ValueError("a burst of %d samples is cut short" % n)
        _pipeline.feed(array("h", data[at : at + n * SAMPLE_BYTES]), n, waiting, t_ms)
        at += n * SAMPLE_BYTES
        board.feed_watchdog()
    rows = _heard.rows
    _heard.rows = []
    return rows


def _end(_):
    return {"baseline": _pipeline.baseline(), "alignment": _pipeline.alignment()}


def start(changes):
    """A fresh pipeline with these settings (JSON)."""
    _answer(_start, changes)


def take(text):
    """Feed bursts; prints the list of strides and events that came of them."""
    _answer(_take, text)


def end():
    """Print the baseline and the alignment."""
    _answer(_end, None)
