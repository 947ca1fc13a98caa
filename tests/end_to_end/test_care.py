"""Looking after a board, with the real firmware on the virtual board: doctor, settings, free, note, reindex."""

import json
import os
from contextlib import contextmanager

import pytest

from kneesync.board import find

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the virtual board needs POSIX")
virtual = pytest.importorskip("kneesync.virtual", reason="the virtual board's extra is not installed")


@contextmanager
def running(files=None, ctrl_c_at_s=None, **more):
    """A virtual board with these files beside its firmware, found by the commands."""
    from kneesync.firmware.image import fresh_board

    flash = virtual.Flash(files={**fresh_board(), **(files or {})})
    board = virtual.VirtualBoard(flash=flash, held=True, **more)
    if ctrl_c_at_s:
        board.clock.at(round(ctrl_c_at_s * 1e6), lambda: board.type(b"\x03"))
    with board, find.registered(board.port, board.board_id):
        yield board


def ready(board):
    assert board.run_until_printed(" ready "), board.output


def findings(out):
    found = json.loads(out)
    return {row["name"]: row for row in found["findings"]}, found


def test_a_board_s_life_from_the_first_look_to_the_freed_run(kneesync):
    from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate

    feed = simulate([Stand(6), KneeRaises(3), Stand(2), Run(45, speed_mps=3.0)], seed=5)
    with running(feed=feed, seed=5, ctrl_c_at_s=50) as board:
        assert board.run_until_printed("starts again in")
        code, out, err = kneesync("settings", "--set", "leg=R", "--set", "cue.hold_s=40")
        assert (code, out) == (0, "leg: L → R\ncue.hold_s: 60 → 40\n")
        assert "2 of" in err and "closed safely as 00001-1.knee" in err
        assert json.loads(board.flash.read_file("/settings.json")) == {"leg": "R", "cue.hold_s": 40}
        code, out, _ = kneesync("settings", "--reset", "cue.hold_s", "--json")
        rows = {row["name"]: row for row in json.loads(out)["settings"]}
        assert rows["leg"]["value"] == "R" and not rows["cue.hold_s"]["changed"]

        code, out, err = kneesync("pull", "--free")
        assert code == 0 and "00001-1.knee" in out and "freed" in out and "start unknown" not in out
        assert board.flash.listdir("/sessions") == [] and "0 sessions remain" in err
        # the settings at the time of the run
        kept = json.loads(kneesync("sessions", "--json")[1])[-1]
        assert (kept["leg"], kept["start_from"]) == ("L", "pull")

        code, out, err = kneesync("note", kept["id"], "--start", "2026-03-20 18:30")
        assert code == 0 and out.startswith(f"{kept['id']}: started 2026-03-20 18:30 (set by hand)\n")
        code, out, _ = kneesync("reindex")
        assert code == 0 and "with damage" in out
        assert "(set by hand)" in kneesync("report", kept["id"], "--plain")[1]

        board.press_button(at_s=board.clock.now_us / 1e6 + 3)  # a press counts once the line was seen high
        assert board.run_until_printed("closed (still)"), board.output
        code, out, _ = kneesync("doctor", "--brief")
        assert code == 0 and "ready, 1 session to pull" in out and len(out.splitlines()) == 1
        assert kneesync("pull")[0] == 0
        code, out, _ = kneesync("free", "--yes", "--keep", "1")
        assert code == 0 and len(board.flash.listdir("/sessions")) == 1
        code, out, _ = kneesync("settings", "--reset-all")
        assert (code, out) == (0, "leg: R → L\n")


def test_the_doctor_on_a_well_board_says_what_it_is(kneesync):
    with running() as board:
        ready(board)
        code, out, err = kneesync("doctor", "--json")
        rows, found = findings(out)
    assert (code, err, found["state"]) == (0, "", "ok"), out
    assert rows["board"]["text"].startswith(board.board_id)
    assert rows["IMU"]["text"] == "LSM6DSOX answers"
    assert abs(float(rows["FIFO"]["text"].split()[0]) / 104.17 - 1) < 0.03
    assert rows["acceleration"]["state"] == rows["haptic"]["state"] == rows["restart"]["state"] == "ok"
    assert found["sessions"] == found["unpulled"] == 0 and found["free_h"] > 90


def test_the_doctor_on_a_board_in_trouble(kneesync):
    crash = b'Traceback (most recent call last):\n  File "app.py"\nOSError: 28\x1b[2J\n'
    files = {"/board": b"rpi_pico", "/crash": crash, "/settings.json": b'{"leg": "X", "quiet": "on"}'}
    with running(files) as board:
        board.battery_mv = 3400
        ready(board)
        code, out, _ = kneesync("doctor", "--json")
        rows, _ = findings(out)
        text = json.loads(out)["findings"]
    assert code == 0 and "\x1b" not in out
    assert rows["crash"]["text"] == "its last: OSError: 28?[2J"
    assert rows["battery"]["state"] == "attention" and "3.40 V" in rows["battery"]["text"]
    settings = [row["text"] for row in text if row["name"] == "settings"]
    assert settings == ["changed: quiet=on", "not used: setting leg is 'X'; it takes L or R"]


def test_the_doctor_on_a_board_in_safe_mode(kneesync):
    with running({"/failed": b'{"a": 3}'}) as board:
        assert board.run_until_printed("safe mode")
        code, out, _ = kneesync("doctor", "--json")
        rows, _ = findings(out)
        assert (code, rows["start"]["state"]) == (1, "bad") and "after 3 failed starts" in rows["start"]["text"]
        assert rows["restart"]["state"] == "ok"


def test_the_doctor_on_a_foreign_micropython(kneesync):
    with running() as board:
        for path in ("/main.py", "/active"):
            board.flash.remove(path)
        board.power_cycle()
        assert board.run_until_printed(">>>"), board.output
        code, out, _ = kneesync("doctor", "--json")
        rows, _ = findings(out)
        assert code == 1 and rows["firmware"]["state"] == "bad" and rows["firmware"]["step"] == "run `kneesync flash`"
        assert rows["MicroPython"]["text"].startswith("1.")


def test_no_command_before_the_pull_costs_a_run_its_date(kneesync):
    """Each of them ends the boot in which the run was recorded; only how long ago that boot began dates the run."""
    from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate

    feed = simulate([Stand(6), KneeRaises(3), Stand(2), Run(40, speed_mps=3.0)], seed=6)
    for command in (["doctor", "--brief"], ["settings"], ["free", "--yes"], ["flash"]):
        with running(feed=feed, seed=len(command[0])) as board:
            assert board.run_until_printed("closed (still)"), board.output
            code, _, err = kneesync(*command)
            assert code == (1 if command == ["flash"] else 0), err
            code, out, _ = kneesync("pull", "--json")
            (row,) = json.loads(out)["sessions"]
            assert (row["state"], row["session"]["start_from"]) == ("new", "pull"), command


def test_safe_mode_dates_no_run():
    """The last boot counted is over: its number and the time since this reset say nothing of each other."""
    from kneesync.board.link import Link

    with running({"/failed": b'{"a": 3}', "/boots": b"4"}) as board:
        assert board.run_until_printed("safe mode")
        with Link(board.port) as link:
            assert link.info["boot"] is None and link.info["up_ms"] > 0
        with Link(board.port) as link:
            assert link.info["boot"] == 5


def settings_after_a_cut(at_op):
    """(whether power went, /settings.json) after a change that lost power in its at_op-th flash operation."""
    before, after = b'{"leg": "R"}', {"leg": "R", "quiet": "on"}
    with running({"/settings.json": before}) as board:
        ready(board)
        board.type(b"\x03")
        assert board.run_until_printed("starts again in")
        board.flash.cut_power_at(at_op)
        board.type(b'import service; service.settings(\'{"quiet": "on"}\')\r\n')
        cut = not board.run_until_printed('{"settings"')
        assert cut != board.powered
        if cut:
            board.power_cycle()
        found = json.loads(board.flash.read_file("/settings.json"))
    assert found in (json.loads(before), after)
    return cut, found == after


def test_settings_survive_a_power_cut_at_each_flash_operation():
    outcomes = []
    while not outcomes or outcomes[-1][0]:
        outcomes.append(settings_after_a_cut(len(outcomes) + 1))
    assert len(outcomes) > 2, "no operation was cut"
    assert outcomes[0] == (True, False) and outcomes[-1] == (False, True)
