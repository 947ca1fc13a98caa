"""`tune` over a library, and `--apply` against the firmware on the virtual board."""

import json
import os

import pytest

from kneesync.board import find
from tests.support.simulated_strides import file, run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the virtual board needs POSIX")
virtual = pytest.importorskip("kneesync.virtual", reason="the virtual board's extra is not installed")


@pytest.fixture
def library(kneesync, tmp_path):
    """Four runs of a left leg that differ from day to day, with a fall each."""
    for i, lift_deg in enumerate((40.0, 41.5, 42.0, 44.0)):
        session = run(minutes=22, seed=i, lift_deg=lift_deg, fall_deg=lambda t_s: 6.0 * (t_s > 900))
        (tmp_path / f"{i}.knee").write_bytes(file(session, boot=i + 1))
    code, _, err = kneesync("import", *sorted(tmp_path.glob("*.knee")))
    assert code == 0, err


def board_with(files=None):
    from kneesync.firmware.image import fresh_board

    return virtual.VirtualBoard(flash=virtual.Flash(files={**fresh_board(), **(files or {})}), held=True)


@pytest.mark.usefixtures("library")
def test_the_board_is_told_what_earlier_runs_were_like(kneesync):
    code, out, _ = kneesync("tune", "--rate", "6")
    assert code == 0 and "Fresh, me, leg L, 4 runs: knee lift 4" in out and "kneesync settings --set cue.drop" in out
    assert max(map(len, out.splitlines())) <= 120
    with board_with() as board, find.registered(board.port, board.board_id):
        assert board.run_until_printed(" ready "), board.output
        code, out, err = kneesync("tune", "--apply")
        assert (code, err) == (0, "") and "Written to the board: cue.seed=4" in out
        kept = json.loads(board.flash.read_file("/settings.json"))
        assert set(kept) == {"cue.seed", "cue.slope_cdeg", "cue.slope_error_cdeg"}
        level, stride_ms, days, whose = kept["cue.seed"].split(" ", 3)
        assert 4000 < int(level) < 4400 and 680 < int(stride_ms) < 715 and int(days) >= 160 and whose == "lift L "
        # with a rate the threshold too; nothing else is touched
        found = json.loads(kneesync("tune", "--apply", "--rate", "6", "--json")[1])
        kept_too = json.loads(board.flash.read_file("/settings.json"))
        assert kept_too == {**kept, "cue.drop_cdeg": found["recommended"]["cue.drop_cdeg"]} == found["applied"]
        assert board.run_until_printed(" ready ", 3), "and its firmware runs with it"
        assert "takes" not in board.output


@pytest.mark.usefixtures("library")
def test_another_leg_s_board_is_told_nothing(kneesync):
    with board_with({"/settings.json": b'{"leg": "R"}'}) as board, find.registered(board.port, board.board_id):
        assert board.run_until_printed(" ready "), board.output
        code, _, err = kneesync("tune", "--apply")
        assert code == 1 and "fewer than 3 runs with a baseline of me, leg R" in err
        assert json.loads(board.flash.read_file("/settings.json")) == {"leg": "R"}
