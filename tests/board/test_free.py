"""Freeing deletes what the library holds byte for byte, and nothing else; several boards are pulled in turn."""

import json
import os
import sys
from hashlib import sha256

import pytest

from kneesync.board import find
from kneesync.cli import board as cli_board
from kneesync.library import Library
from tests.support.fake_board import FakeBoard
from tests.support.knee_files import BOARD, KneeFile, tired_run

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not"),
    pytest.mark.usefixtures("impatient"),
]

RUNS = {f"0000{boot}-1.knee": bytes(tired_run(minutes=4, boot=boot).data) for boot in (5, 6, 7)}
NEWEST = "00007-1.knee"
OTHER = "e661000000000002"


def removals(board):
    return [call.split("'")[1] for call in board.calls if "remove" in call]


def copy_of(name):
    """The library's file of that session on the board."""
    with Library() as library:
        return next(library.path(one) for one in library.sessions() if one.name == name)


def test_what_is_in_the_library_is_freed_and_the_rest_stays(kneesync):
    late = {"00008-1.knee": bytes(KneeFile(boot=8).end(9).data)}
    with FakeBoard(RUNS) as board:
        assert kneesync("pull", board.port)[0] == 0
        board.files.update(late)
        code, out, err = kneesync("free", board.port, "--yes")
        assert (code, board.files, sorted(removals(board))) == (0, late, sorted(RUNS))
    assert out.splitlines() == [f"{name}  {len(RUNS[name]) / 1e3:.1f} kB  freed" for name in sorted(RUNS)]
    assert "00008-1.knee" in err and "stays: not pulled yet" in err
    assert (
        f"Board {BOARD}: 3 sessions freed" in err and "1 session remains, 7.0 MB free. Its firmware runs again." in err
    )


def test_the_newest_stay_if_wanted(kneesync):
    with FakeBoard(RUNS) as board:
        kneesync("pull", board.port)
        code, out, _ = kneesync("free", board.port, "--yes", "--keep", "1", "--json")
        assert (code, list(board.files)) == (0, [NEWEST])
    rows = {row["name"]: row for row in json.loads(out)["sessions"]}
    assert rows[NEWEST]["state"] == "stays" and rows[NEWEST]["why"] == "among the 1 newest"


@pytest.mark.parametrize("harm", ["flip a bit", "cut", "delete", "leave only the index"])
def test_a_copy_that_fails_its_check_keeps_the_board_s_file(kneesync, harm):
    with FakeBoard(RUNS) as board:
        kneesync("pull", board.port)
        path = copy_of(NEWEST)
        data = path.read_bytes()
        if harm in ("delete", "leave only the index"):
            path.unlink()
            if harm == "delete":
                path.with_suffix(".json").unlink()
        else:
            path.write_bytes(data[:-1] + (bytes([data[-1] ^ 1]) if harm == "flip a bit" else b""))
        code, _, err = kneesync("free", board.port, "--yes")
        assert (code, board.files) == (0, {NEWEST: RUNS[NEWEST]})
        assert NEWEST not in removals(board)
    assert ("not pulled yet" if not path.exists() else "the library's copy has changed: move") in err


def test_a_file_that_changes_on_the_board_after_the_listing_stays(kneesync):
    with FakeBoard(RUNS) as board:
        kneesync("pull", board.port)
        listing = json.dumps(
            [{"name": name, "bytes": len(data), "sha256": sha256(data).hexdigest()} for name, data in RUNS.items()]
        )
        board.answers["listing"] = listing.encode() + b"\r\n"
        board.files[NEWEST] += b"more"
        code, out, err = kneesync("free", board.port, "--yes")
        assert (code, list(board.files)) == (1, [NEWEST]) and out.count("freed") == 2
    assert f"kneesync: {NEWEST}" in err and "failed: the board says:" in err and "it stays" in err
    assert "2 sessions freed" in err and "1 failed" in err


def test_a_board_lost_while_it_deletes_is_said_and_the_next_time_it_goes_on(kneesync):
    with FakeBoard(RUNS) as board:
        kneesync("pull", board.port)
    with FakeBoard(RUNS) as board:
        remove, times = board._remove, []

        def lost(*arguments):
            if times:
                board.cut_after = board.sent  # the wire goes with the answer
            times.append(arguments)
            remove(*arguments)

        board._remove = lost
        code, out, err = kneesync("free", board.port, "--yes")
        left = board.files
    assert code == 1 and out.count("freed") == 1 and err.startswith("kneesync: ")
    with FakeBoard(left) as board:
        assert kneesync("free", board.port, "--yes")[0] == 0 and board.files == {}


def test_nobody_to_ask_is_wrong_usage_and_no_board_is_touched(kneesync):
    with FakeBoard(RUNS) as board:
        code, out, err = kneesync("free", board.port)
        assert (code, out, board.calls) == (2, "", []) and "--yes" in err


@pytest.mark.parametrize(("answer", "left"), [("y\n", 1), ("n\n", 3), ("\n", 3)])
def test_it_asks_while_the_board_runs_on(kneesync, monkeypatch, answer, left):
    import io

    with FakeBoard(RUNS) as board:
        kneesync("pull", board.port)
        monkeypatch.setattr(cli_board, "terminal_asks", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        code, _, err = kneesync("free", board.port, "--keep", "1")
        assert len(board.files) == left and (code == 0) == (left == 1)
        assert board.restarts == (3 if left == 1 else 2)
    assert err.count("may go") == 2 and f"Delete 2 of them on board {BOARD}?" in err


def test_pull_free_frees_what_it_brought(kneesync):
    with FakeBoard({**RUNS, "00008-1.knee": b"no session"}) as board:
        code, out, _ = kneesync("pull", board.port, "--free")
        assert (code, list(board.files)) == (1, ["00008-1.knee"]) and board.restarts == 1
        assert out.count("strides") == 3 and out.count("freed") == 3
        board.files.pop("00008-1.knee")
        code, out, _ = kneesync("pull", board.port, "--free", "--json")
        assert code == 0 and json.loads(out)["sessions"] == []


def test_every_board_is_pulled_by_its_id(kneesync):
    with FakeBoard(RUNS) as one, FakeBoard({"00003-1.knee": RUNS[NEWEST][:-30]}, id=OTHER) as two:
        monkeyed = [find.Board(one.port, BOARD, "x", True), find.Board(two.port, OTHER, "x", True)]
        find_boards, find.boards = find.boards, lambda: monkeyed
        try:
            code, out, err = kneesync("pull", "--all")
            assert code == 0 and out.count("strides") == 4
            assert [line.split()[1] for line in err.splitlines()] == [BOARD + ":", OTHER + ":"]
            assert kneesync("pull")[0] == 3, "none is chosen for its place"
            assert kneesync("pull", "--all", BOARD)[0] == 2
            # the boards have changed places since they were found
            monkeyed[0].port, monkeyed[1].port = two.port, one.port
            code, out, err = kneesync("pull", "--all", "--json")
            assert code == 1
            assert all("expected" in row["problem"] and row["sessions"] == [] for row in json.loads(out))
            monkeyed[0].port, monkeyed[1].port = "/nowhere", two.port
            code, out, err = kneesync("pull", "--all")
            assert (
                code == 1 and f"kneesync: board {BOARD}: cannot open /nowhere" in err and f"Board {OTHER}: 0 new" in err
            )
        finally:
            find.boards = find_boards
