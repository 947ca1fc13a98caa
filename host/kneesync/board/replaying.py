"""Run a recording's bursts through kneecore on a board: the counterpart of `device/rehearse.py`."""

import contextlib
import json
import struct
from binascii import b2a_base64
from itertools import islice

from kneecore import settings
from kneesync.board.link import Link
from kneesync.errors import KneesyncError
from kneesync.replay import Heard

BURSTS_A_CALL = 24  # about 8 kB of base64
_HEAD = "<HHI"
_LENGTHS = {0: 7, 1: 9}  # values of a stride and of an event


def replay_on_board(bursts, values, port=None):
    """Heard, from the board at `port`, or from a virtual one that is started for it. KneesyncError if that fails."""
    with contextlib.ExitStack() as stack:
        if port is None:
            port = stack.enter_context(_virtual_board()).port
        link = stack.enter_context(Link(port))
        return _over(link, bursts, values)


@contextlib.contextmanager
def _virtual_board():
    from kneesync.virtual import VirtualBoard

    with VirtualBoard() as board:
        if not board.wait(lambda: " ready " in board.output, 60):
            raise KneesyncError("the virtual board's firmware did not start; run `kneesync demo` to see what it says")
        yield board


def _over(link, bursts, values):
    changes = {name: value for name, value in values.items() if value != settings.row(name)[1]}
    link.call(f"import rehearse; rehearse.start({json.dumps(changes)!r})")
    heard = Heard()
    bursts = iter(bursts)
    while some := list(islice(bursts, BURSTS_A_CALL)):
        data = b"".join(
            struct.pack(_HEAD, n, waiting, t_ms) + samples.tobytes()[: 12 * n] for samples, n, waiting, t_ms in some
        )
        for row in link.call(f"rehearse.take('{b2a_base64(data, newline=False).decode()}')", list):
            _take(heard, row)
    found = link.call("rehearse.end()")
    heard.baseline, heard.alignment = found.get("baseline"), found.get("alignment")
    return heard


def _take(heard, row):
    if not isinstance(row, list) or not row or not all(type(value) is int for value in row):
        raise KneesyncError(f"the board answered {str(row)[:60]}; expected a stride or an event. Flash it anew.")
    kind, *values = row
    if len(values) != _LENGTHS.get(kind):
        raise KneesyncError(f"the board answered {str(row)[:60]}; expected a stride or an event. Flash it anew.")
    (heard.event if kind else heard.stride)(*values)
