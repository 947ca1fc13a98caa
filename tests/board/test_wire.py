"""Pulling from a board at the byte level: complete, resumable, and safe from whatever the wire or the board says."""

import contextlib
import json
import os
import random
import re
from binascii import b2a_base64, crc32

import pytest

from kneesync.board.link import Link, LinkError
from kneesync.board.pull import pull
from kneesync.errors import KneesyncError, NoBoardError
from kneesync.library import Library
from tests.support.fake_board import CHUNK_BYTES, FakeBoard
from tests.support.knee_files import BOARD, KneeFile, tired_run

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not"),
    pytest.mark.usefixtures("impatient"),
]

FILES = {"00007-1.knee": bytes(tired_run(minutes=40).data), "00007-2.knee": bytes(KneeFile().end(9).data)}


def pulled(board, wanted=None, **more):
    with Library() as library, Link(board.port, wanted) as link:
        return pull(link, library, **more)


def kept():
    with Library() as library:
        return {one.name: library.path(one).read_bytes() for one in library.sessions()}


def test_everything_arrives_once_and_the_firmware_runs_again():
    seen = []
    with FakeBoard(FILES) as board:
        first = pulled(board, progress=lambda *step, number, of: seen.append((*step, number, of)))
        assert [result.state for result in first] == ["new", "new"]
        assert [result.state for result in pulled(board)] == ["here already"] * 2
        assert board.restarts == 2 and board.clock_s
    assert kept() == FILES
    size = len(FILES["00007-2.knee"])
    assert seen[-1] == ("00007-2.knee", size, size, 2, 2)


def test_a_run_is_dated_by_the_boot_it_was_made_in():
    with FakeBoard(FILES, up_ms=7_220_000) as board:
        result = pulled(board)[0]
    assert result.kept.start_from == "pull"
    assert result.kept.pulled_unix_s - result.kept.start_unix_s == pytest.approx(7200, abs=5)


def test_a_cut_anywhere_is_made_good_by_the_next_pull():
    with FakeBoard(FILES) as board:
        pulled(board)
        whole = board.sent
    chance = random.Random(7)
    for cut_after in sorted(chance.sample(range(1, whole), 8)):
        with Library() as library:
            for one in library.sessions():
                library.path(one).unlink()
        with FakeBoard(FILES, cut_after=cut_after) as board, pytest.raises(KneesyncError) as caught:
            pulled(board)
        assert "\n" not in str(caught.value)
        for name, data in kept_files().items():
            assert data in FILES.values(), f"{name} after a cut at {cut_after}"
        with FakeBoard(FILES) as board:
            assert {result.state for result in pulled(board)} <= {"new", "here already"}
        assert kept() == FILES, f"after a cut at {cut_after}"


def kept_files():
    with Library() as library:
        return {path.name: path.read_bytes() for path in (library.folder / "sessions").glob("*.knee")}


def test_the_second_pull_asks_only_for_what_is_missing():
    data = FILES["00007-1.knee"]
    with FakeBoard(FILES, cut_after=30_000) as board, pytest.raises(KneesyncError):
        pulled(board)
    with FakeBoard(FILES) as board:
        pulled(board)
        offset, length = map(int, re.search(r"knee', (\d+), (\d+)", board.calls[3]).groups())
    assert offset > 0 and offset % CHUNK_BYTES == 0 and offset + length == len(data)


@pytest.mark.parametrize("fault", ["flip", "drop", "double"])
def test_a_damaged_chunk_is_asked_for_again(fault):
    chance = random.Random(3)
    harmed = []

    def spoil(data):
        if len(data) > 1000 and b" " in data and len(harmed) < 2:
            at = chance.randrange(100, 900)
            harmed.append(at)
            if fault == "flip":
                return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            return data[:at] + data[at + 1 :] if fault == "drop" else data[:at] + data[at : at + 1] + data[at:]
        return data

    with FakeBoard(FILES, spoil=spoil) as board:
        pulled(board)
    assert len(harmed) == 2 and kept() == FILES


def test_a_wire_that_spoils_everything_is_given_up_with_a_reason():
    def spoil(data):
        return data[:50] + b"!" + data[51:] if len(data) > 1300 else data

    with FakeBoard(FILES, spoil=spoil) as board:
        results = pulled(board)
        assert board.restarts == 1
    assert "arrived damaged 4 times" in results[0].problem
    assert results[1].state == "new", "the other file is brought all the same"


def test_bytes_that_differ_from_the_listing_never_get_a_name():
    listing = [{"name": "00007-1.knee", "bytes": len(FILES["00007-1.knee"]), "sha256": "0" * 64}]
    with FakeBoard(FILES, answers={"listing": json.dumps(listing).encode()}) as board:
        result = pulled(board)[0]
    assert result.state == "failed" and "SHA-256" in result.problem
    assert kept_files() == {}


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "../../.bashrc", "bytes": 5, "sha256": "0" * 64},
        {"name": "a\x1b[31m.knee", "bytes": 5, "sha256": "0" * 64},
        {"name": "x'+open('/main.py').read()+'.knee", "bytes": 5, "sha256": "0" * 64},
        {"name": "00001-1.knee", "bytes": 1 << 60, "sha256": "0" * 64},
        {"name": "00001-1.knee", "bytes": -1, "sha256": "0" * 64},
        {"name": "00001-1.knee", "bytes": True, "sha256": "0" * 64},
        {"name": "00001-1.knee", "bytes": 5, "sha256": "../" * 21 + "x"},
        {"name": 7, "bytes": "5", "sha256": None},
        [],
        None,
    ],
)
def test_a_listing_that_makes_no_sense_is_refused_entry_by_entry(entry):
    listing = json.dumps([entry, {"name": "00007-2.knee", "bytes": 0, "sha256": "0"}]).encode()
    with FakeBoard(FILES, answers={"listing": listing}) as board:
        results = pulled(board)
        assert not any("read" in call for call in board.calls)
    assert [result.state for result in results] == ["failed", "failed"]
    assert all(result.name.isprintable() for result in results)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"listing": b"["}, "expected a JSON list"),
        ({"listing": b"{}"}, "expected a JSON list"),
        ({"listing": b"[" * 20000}, "expected a JSON list"),
        ({"listing": b'[{"error": "OSError: 5"}'}, "the board says: OSError: 5"),
        ({"listing": b'[{"name": "x", {"error": "OSError: 5"}'}, "the board says: OSError: 5"),
        ({"listing": b"\xff\xfe\x00"}, "expected a JSON list"),
        ({"listing": b"[" + b"{}, " * 5000 + b"{}]"}, "lists 5001 sessions"),
        ({"listing": b"[]\x04MemoryError: \x1b[2J"}, "the board stopped with"),
        ({"info": b"{}"}, "without a board id"),
        ({"info": b'{"board": "../../x"}'}, "without a board id"),
        ({"info": b'{"error": "no chip"}'}, "the board says: no chip"),
        ({"set_clock": b""}, "expected a JSON dict"),
    ],
)
def test_a_board_that_talks_nonsense_is_one_line(answers, says):
    with FakeBoard(FILES, answers=answers) as board, pytest.raises(LinkError) as caught:
        pulled(board)
    assert says in str(caught.value)
    assert str(caught.value).isprintable()
    assert kept_files() == {}


def test_endless_output_ends():
    with FakeBoard(FILES, answers={"read": b"A" * 3_000_000}) as board, pytest.raises(LinkError) as caught:
        pulled(board)
    assert "more than it announced" in str(caught.value)


def read_as(change):
    """An answer to service.read: the true one's bytes, changed."""
    data = FILES["00007-1.knee"]
    lines = b"".join(
        b"\n%08x " % crc32(data[at : at + CHUNK_BYTES]) + b2a_base64(data[at : at + CHUNK_BYTES], newline=False)
        for at in range(0, len(data), CHUNK_BYTES)
    )
    return change(lines + b"\n.\n")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda sound: b"", "arrived damaged 4 times"),
        (lambda sound: b"\n.\n", "arrived damaged 4 times"),
        (lambda sound: sound.replace(b" ", b""), "arrived damaged 4 times"),
        (lambda sound: b"\n00000000 \n" * 40, "arrived damaged 4 times"),
        (lambda sound: sound[9:3000] + b"\x1b[2J[bold]\r\n" * 80, "arrived damaged 4 times"),
        (lambda sound: b"\n" * 30_000, "arrived damaged 4 times"),
        (lambda sound: b"\x00\xff" * 5000, "arrived damaged 4 times"),
        (lambda sound: sound[:9000], "arrived damaged 4 times"),
        (lambda sound: b'{"error": "[red]\x1b[31m\xe2\x80\xae' + b"x" * 4000 + b'"}\n', "the board says"),
        (lambda sound: sound[:9000] + b'\n{"error": "OSError: 5"}\n', "the board says"),
        (lambda sound: sound * 2, "sent more than it announced"),
        (lambda sound: sound[:9000] + b"\x04" + sound[9000:], "the board stopped with"),
        (lambda sound: b"\x04\x04>" + sound, "does not answer as MicroPython does|damaged|silent"),
        (
            lambda sound: sound[:9000] + b"\x04Traceback\r\nMemoryError: \x1b[2J\r\n",
            "the board stopped with: MemoryError",
        ),
    ],
)
def test_a_read_that_is_answered_wrong_is_one_line_and_keeps_nothing(answer, says):
    files = {"00007-1.knee": FILES["00007-1.knee"]}
    with FakeBoard(files, answers={"read": read_as(answer)}) as board:
        try:
            (result,) = pulled(board)
            text = result.problem
        except LinkError as error:
            text = str(error)
    assert re.search(says, text) and text.isprintable() and len(text) < 300
    assert kept_files() == {}
    with FakeBoard(files) as board:
        pulled(board)
    assert kept() == files


@pytest.mark.parametrize("then", ["silent", "says it is ready"])
def test_a_board_that_resets_in_the_middle_is_said_and_pulled_by_the_next(then):
    class Resetting(FakeBoard):
        def _read(self, name, offset, length):
            self._send(read_as(lambda sound: sound[:20_000]))
            if then != "silent":
                self._send(b"\r\nkneesync 0.1.0 ready " + BOARD.encode() + b"\r\n")
            raise _Reset

        def _run(self, code):
            with contextlib.suppress(_Reset):
                super()._run(code)

    class _Reset(Exception):  # noqa: N818
        pass

    with Resetting(FILES) as board, pytest.raises(LinkError, match="was silent for 1 s; press its reset button"):
        pulled(board)
    assert kept_files() == {}
    with FakeBoard(FILES) as board:
        pulled(board)
        offset = int(re.search(r"knee', (\d+)", board.calls[3])[1])
    assert offset == 2 * CHUNK_BYTES and kept() == FILES


@pytest.mark.parametrize("call", ["info", "listing", "set_clock"])
def test_endless_answers_end(call):
    said = pytest.raises(LinkError, match="more than it announced")
    with FakeBoard(FILES, answers={call: b'{"a": "' + b"A" * 2_000_000}) as board, said:
        pulled(board)
    assert kept_files() == {}


def test_sessions_that_no_flash_could_hold_are_not_asked_for():
    listing = [{"name": f"0000{i}-1.knee", "bytes": 30 << 20, "sha256": f"{i:064x}"} for i in range(3)]
    with FakeBoard(FILES, answers={"listing": json.dumps(listing).encode()}) as board:
        with pytest.raises(LinkError, match="lists sessions of 94371840 bytes"):
            pulled(board)
        assert not any("read" in call for call in board.calls)


def test_a_silent_board_is_given_up():
    class Dumb(FakeBoard):
        def _send(self, data):
            pass

    with Dumb() as board, pytest.raises(LinkError) as caught:
        pulled(board)
    assert re.search("is silent|does not answer", str(caught.value))


def test_a_board_that_does_not_come_back_is_said_so_and_nothing_is_lost():
    with FakeBoard(FILES, ready=False) as board, pytest.raises(LinkError, match="did not say within"):
        pulled(board)
    assert kept() == FILES


def test_a_board_without_kneesync_is_told_apart():
    class Bare(FakeBoard):
        def _run(self, code):
            self._send(b"\x04Traceback (most recent call last):\r\nOSError: [Errno 2] ENOENT\r\n\x04>")

    with Bare() as board, pytest.raises(LinkError, match="MicroPython without kneesync; run `kneesync flash`"):
        pulled(board)


def test_another_board_than_asked_for_is_left_alone():
    with FakeBoard(FILES) as board:
        with pytest.raises(LinkError, match=f"found board {BOARD} at .*, expected 00ff"):
            pulled(board, "00ff")
        assert board.restarts == 1 and not any("listing" in call for call in board.calls)


def test_no_port_no_board(tmp_path):
    with pytest.raises(NoBoardError, match="cannot open"), Link(str(tmp_path / "none")):
        pass


def test_a_pull_stopped_by_hand_leaves_the_firmware_running():
    def stop(*_, **__):
        raise KeyboardInterrupt

    with FakeBoard(FILES) as board:
        with pytest.raises(KeyboardInterrupt):
            pulled(board, progress=stop)
        assert board.restarts == 1
        pulled(board)
    assert kept() == FILES
