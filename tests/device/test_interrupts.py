"""The recorder's promise under Ctrl-C, tried at every opcode: nothing lost and nothing twice, whenever it comes.

Runs device/recorder.py and device/sessionfile.py on CPython, which can stop at an opcode as the board's VM does.
"""

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.wearer import decode

DEVICE = Path(__file__).parents[2] / "device"
STRIDES = [(60_000 + 700 * i, 700, 4000 + i, -1500, 3000, 2900, 0) for i in range(30)]


@pytest.fixture
def recorder(monkeypatch, tmp_path):
    """device/recorder.py, with a folder of its own and all the room it wants."""
    board, micropython = ModuleType("board"), ModuleType("micropython")
    board.free_bytes = lambda: (1 << 22, 1 << 22)
    micropython.const = lambda value: value
    for module in (board, micropython):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.syspath_prepend(str(DEVICE))
    import recorder

    monkeypatch.setattr(recorder, "FOLDER", str(tmp_path))
    yield recorder
    for name in ("recorder", "sessionfile"):
        del sys.modules[name]


def interrupted_at(opcode, call):
    """Run call(), raising KeyboardInterrupt before its opcode-th opcode in device/; whether it came to that."""
    left = [opcode]

    def trace(frame, event, _):
        if Path(frame.f_code.co_filename).parent != DEVICE:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
        return False
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)


def run(recorder, opcode, again):
    """A session whose flush or close is interrupted, and its close again; the session, and if it was interrupted."""
    made = recorder.Recorder(None)
    assert made.open(60_000, 1, {"format": 1}, 0)
    for stride in STRIDES[:20]:
        made.stride(*stride)
    if again == "flush":
        cut = interrupted_at(opcode, made.flush)
    else:
        made.flush()
        cut = False
    if not cut:
        for stride in STRIDES[20:]:
            made.stride(*stride)
    made.event(81_000, 2, 0, 0, 0, 0, 0, 0, 0)
    if again == "close":
        cut = interrupted_at(opcode, lambda: made.close(82_000, 2))
    if cut:  # a second one, later, as app's loop allows
        interrupted_at(opcode // 2 + 1, lambda: made.close(82_000, 2))
    made.close(82_000, 2)
    (name,) = os.listdir(recorder.FOLDER)
    session = decode(Path(recorder.FOLDER, name).read_bytes())
    Path(recorder.FOLDER, name).unlink()
    return session, cut


def test_every_opcode_of_the_opening(recorder):
    """A session whose opening is interrupted is whole with what there was, or leaves nothing to read."""
    opcode, cut = 0, True
    while cut:
        opcode += 1
        made = recorder.Recorder(None)
        for stride in STRIDES:
            made.stride(*stride)
        cut = interrupted_at(opcode, lambda made=made: made.open(81_000, 1, {"format": 1}, 0))
        made.close(82_000, 2)
        for path in Path(recorder.FOLDER).iterdir():
            if path.stat().st_size:
                session = decode(path.read_bytes())
                assert session.header == {"format": 1}
                assert session.end == ("host", 82_000, len(STRIDES)) and len(session.strides) == len(STRIDES), opcode
                assert session.sequences == list(range(len(session.sequences))), opcode
            path.unlink()
    assert opcode > 100, "the interrupts came"


@pytest.mark.parametrize("again", ["flush", "close"])
def test_every_opcode(recorder, again):
    opcode, cut = 0, True
    while cut:
        opcode += 1
        session, cut = run(recorder, opcode, again)
        expected = STRIDES[:20] if again == "flush" and cut else STRIDES
        assert [stride[0] for stride in session.strides] == [stride[0] for stride in expected], opcode
        assert [event[1] for event in session.events] == ["start", "pause"], opcode
        assert session.end == ("host", 82_000, len(expected)), opcode
        assert session.sequences == list(range(len(session.sequences))), opcode
    assert opcode > 100, "the interrupts came"
