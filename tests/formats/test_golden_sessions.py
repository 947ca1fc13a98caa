"""Session files that released firmware wrote decode for ever, to the same figures.

golden/format<N>*.knee came from the firmware of that time on the virtual board, golden/*.json is what they hold.
Neither is ever made anew. A new format gets a new pair, once:  python tests/formats/test_golden_sessions.py NAME [raw]
"""

import json
import sys
from pathlib import Path

import pytest

from kneecore import sessionlog as log
from kneesync.formats.decoder import decode

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.knee"))


def described(data):
    """All that a file holds, as plain JSON."""
    session = decode(data)
    return {
        "header": session.header,
        "t_ms": session.t_ms.tolist(),
        "strides": [list(row) for row in session.stride_records.tolist()],
        "events": [{**event.as_json(), "t_s": round(event.t_s, 3)} for event in session.named_events()],
        "raw_heads": session.raw_heads.tolist(),
        "raw_lsb": session.raw_lsb.tolist(),
        "end": session.end,
        "problems": session.problems,
    }


def test_every_format_that_was_written_has_a_golden_file():
    formats = {decode(path.read_bytes()).header["format"] for path in FILES}
    assert formats == set(range(1, log.FORMAT + 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_session_decodes_as_it_always_did(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    found = json.loads(json.dumps(described(path.read_bytes())))
    for name, value in expected.items():  # what later versions add to a session is no change of these
        assert found[name] == value, name
    assert len(expected["strides"]) > 20 and {"aligned", "start"} & {event["kind"] for event in expected["events"]}


def record(name, raw):
    """Write golden/<name>.knee and .json: a short tiring run with a cue, or a shorter one with raw samples."""
    from kneesync.firmware.image import fresh_board
    from kneesync.simulation.runner import Fatigue, KneeRaises, Run, Stand, simulate
    from kneesync.virtual import Flash, VirtualBoard

    settings = {
        "cue.observe_runs": 0,
        "run.start_s": 3,
        "cue.skip_s": 0,
        "cue.learn_s": 60,
        "cue.hold_s": 10,
        "raw": "on" if raw else "off",
    }
    minutes = 0.3 if raw else 4
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(minutes * 60, 3.0), Stand(4)]
    feed = simulate(plan, seed=1, fatigue=None if raw else Fatigue.ramp(1.5, 2.0, 8.0))
    flash = Flash(files={**fresh_board(), "/settings.json": json.dumps(settings).encode()})
    with VirtualBoard(feed=feed, flash=flash, seed=1, held=True) as board:
        board.press_button(at_s=feed.length / feed.fs_hz + 5, hold_s=2.2)
        assert board.run_until_printed("closed")
        (found,) = board.flash.listdir("/sessions")
        data = board.flash.read_file(f"/sessions/{found}")
    for path, content in ((".knee", data), (".json", json.dumps(described(data)).encode() + b"\n")):
        target = GOLDEN / (name + path)
        if target.exists():
            raise SystemExit(f"{target} stands for ever; choose another name")
        target.write_bytes(content)


if __name__ == "__main__":
    record(sys.argv[1], "raw" in sys.argv[2:])
