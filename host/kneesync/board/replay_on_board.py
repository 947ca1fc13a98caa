"""A recording's bursts through kneecore on a board: the counterpart of `device/replay_on_board.py`."""

import json
import struct
from binascii import b2a_base64
from itertools import islice

import numpy as np

from kneecore import settings
from kneesync.board.link import Link
from kneesync.errors import KneesyncError

BURSTS_A_CALL = 24  # about 8 kB of base64
_HEAD = "<HHI"
_LENGTHS = {0: 7, 1: 9}  # values of a stride and of an event


def replay_on_board(port, bursts, values, sink):
    """Feed bursts to the board at `port` under these settings; its strides and events go to `sink` as from a Pipeline.

    Returns the alignment that it ends with. KneesyncError if the board answers something else.
    """
    with Link(port) as link:
        changes = {name: value for name, value in values.items() if value != settings.row(name)[1]}
        link.call(f"import replay_on_board; replay_on_board.start({json.dumps(changes)!r})")
        bursts = iter(bursts)
        while some := list(islice(bursts, BURSTS_A_CALL)):
            data = b"".join(
                struct.pack(_HEAD, n, waiting, t_ms) + np.array(channels, "<i2").tobytes()
                for channels, _, n, waiting, t_ms in some
            )
            for row in link.call(f"replay_on_board.take('{b2a_base64(data, newline=False).decode()}')", list):
                _hand_on(sink, row)
        return link.call("replay_on_board.end()").get("alignment")


def _hand_on(sink, row):
    sound = isinstance(row, list) and row and all(type(value) is int for value in row)
    kind, *values = row if sound else [-1]
    if len(values) != _LENGTHS.get(kind):
        raise KneesyncError(
            f"the board answered {str(row)[:60]}; expected a stride or an event; reset it and try again"
        )
    (sink.event if kind else sink.stride)(*values)
