"""Pull against the real firmware on the virtual board: whatever becomes of the link, no run is lost and the board runs.

The board records one short run; its flash is then served again and again, the link cut at a seeded sample of places.
"""

import contextlib
import hashlib
import os
import random
import threading

import pytest

from kneesync.board import link as link_module
from kneesync.board.link import Link
from kneesync.board.pull import pull
from kneesync.errors import KneesyncError
from kneesync.library import Library

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the virtual board needs POSIX")
virtual = pytest.importorskip("kneesync.virtual", reason="the virtual board's extra is not installed")

READY_S = 30  # "if the host vanishes, the board is idle and ready again within 30 s"


@pytest.fixture(scope="module")
def board():
    """A virtual board that has recorded a short run, closed by the host's Ctrl-C in the first pull."""
    from kneesync.virtual.runner import KneeRaises, Run, Stand, simulate

    feed = simulate([Stand(6), KneeRaises(3), Stand(2), Run(60, speed_mps=3.0), Stand(4)], seed=5)
    with virtual.VirtualBoard(feed=feed, seed=5) as running:
        running.wait(lambda: running.clock.now_us > (feed.length / feed.fs_hz + 10) * 1e6, 120)
        yield running


def sessions_on(board):
    """What lies on the board's flash, read past the firmware: name -> bytes."""
    return {name: board.flash.read_file(f"/sessions/{name}") for name in board.flash.listdir("/sessions")}


def kept(library):
    return {one.sha256: library.path(one).read_bytes() for one in library.sessions()}


def readies(board):
    return board.output.count(" ready ")


def test_the_runs_arrive_and_the_firmware_runs_again(board, tmp_path):
    before = readies(board)
    with Library(tmp_path) as library:
        with Link(board.port) as link:
            results = pull(link, library)
        assert readies(board) == before + 1
        assert [result.state for result in results] == ["new"] * len(results) and results
        expected = {hashlib.sha256(data).hexdigest(): data for data in sessions_on(board).values()}
        assert kept(library) == expected
        session = library.read(results[-1].session_id)
        assert session.end and session.end["reason"] == "host"
        assert 60 < len(session.strides) < 110
        assert results[-1].kept.start_from == "pull"
        with Link(board.port) as link:
            assert [result.state for result in pull(link, library)] == ["here already"] * len(results)


class _CutLink(Link):
    """A link whose port is closed after a number of bytes read or written on it: the cable comes out."""

    def __init__(self, port, after_bytes):
        super().__init__(port)
        self._after_bytes = after_bytes

    def _open(self, deadline):
        super()._open(deadline)
        wire, left = self._port._serial, [self._after_bytes]

        class Cut:
            def __getattr__(self, name):
                return getattr(wire, name)

            def read(self, size=1):
                data = wire.read(min(size, max(1, left[0])))
                return self.counted(data)

            def write(self, data):
                self.counted(data)
                return wire.write(data)

            def counted(self, data):
                left[0] -= len(data)
                if left[0] <= 0:
                    wire.close()
                    raise OSError(5, "cut by the test")
                return data

        self._port._serial = Cut()


def bytes_of_a_pull(board, folder):
    """How many bytes cross the wire in a whole pull."""
    link = _CutLink(board.port, 1 << 40)
    left = []
    with Library(folder) as library, link:
        pull(link, library)
        read = link._port._serial.counted.__func__.__closure__
        left = next(cell.cell_contents for cell in read if isinstance(cell.cell_contents, list))
    return (1 << 40) - left[0]


def cuts(board, tmp_path, count, seed, monkeypatch):
    whole = bytes_of_a_pull(board, tmp_path / "whole")
    expected = {hashlib.sha256(data).hexdigest(): data for data in sessions_on(board).values()}
    uncut = 0
    for number, after_bytes in enumerate(sorted(random.Random(seed).sample(range(2, whole), count))):
        with Library(tmp_path / str(number)) as library:
            before = readies(board)
            with monkeypatch.context() as patch, contextlib.suppress(KneesyncError):
                patch.setattr(link_module, "RESTART_S", 1)  # on a wire that stays cut there is nothing to wait for
                with _CutLink(board.port, after_bytes) as link:
                    pull(link, library)
                uncut += 1  # pulls differ by some bytes: near the end a cut may come too late
            found = kept(library)
            assert found.items() <= expected.items(), f"cut after {after_bytes} bytes"
            if number % 2 and readies(board) == before:  # every other time the board is left to come back by itself
                cut_us = board.clock.now_us
                board.hurry(READY_S)
                assert board.wait(lambda before=before: readies(board) > before, 20), f"cut after {after_bytes} bytes"
                # by the board's own time of saying it: the clock races on while we look
                ready_s = [at_s for at_s, line in board.lines() if " ready " in line][before]
                assert ready_s - cut_us / 1e6 < READY_S, f"cut after {after_bytes} bytes"
            with Link(board.port) as link:
                pull(link, library)
            assert kept(library) == expected, f"cut after {after_bytes} bytes"
    # the last 200 of 4,300 bytes belong to the restart, through which the link opens the port anew
    assert uncut <= 3 + count // 12


def test_a_cut_link_loses_nothing(board, tmp_path, monkeypatch):
    cuts(board, tmp_path, count=12, seed=1, monkeypatch=monkeypatch)


@pytest.mark.soak
def test_a_cut_link_loses_nothing_in_full_count(board, tmp_path, monkeypatch):
    cuts(board, tmp_path, count=300, seed=2, monkeypatch=monkeypatch)


def test_the_command_line_finds_a_served_board(tmp_path):
    import json
    import signal
    import subprocess
    import sys

    environment = {
        **os.environ,
        "KNEESYNC_RUNTIME": str(tmp_path / "run"),
        "KNEESYNC_LIBRARY": str(tmp_path / "library"),
    }
    kneesync = [sys.executable, "-m", "kneesync.cli"]
    with subprocess.Popen([*kneesync, "virtual"], stdout=subprocess.PIPE, text=True, env=environment) as server:
        killer = threading.Timer(60, server.kill)
        killer.start()
        try:
            port = server.stdout.readline().split()[1]
            board_id = server.stdout.readline().split()[1]
            listed = subprocess.run([*kneesync, "devices", "--json"], capture_output=True, env=environment, check=True)
            assert {"port": port, "id": board_id, "description": "virtual board", "virtual": True} in json.loads(
                listed.stdout
            )
            pulled = subprocess.run(
                [*kneesync, "pull", board_id], capture_output=True, text=True, env=environment, check=True
            )
            assert "0 new, 0 here already. Its firmware runs again." in pulled.stderr
        finally:
            server.send_signal(signal.SIGTERM)
            code = server.wait(10)
            killer.cancel()
    assert code == 0 and list((tmp_path / "run" / "boards").iterdir()) == []
