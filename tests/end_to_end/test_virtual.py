"""`kneesync virtual` as its users meet it: a board on a pty, for kneesync and for stock mpremote alike."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

KNEESYNC = Path(sys.executable).with_name("kneesync")


@pytest.fixture
def served(tmp_path):
    """(port, board id, run): a served board and a way to run other programs beside it."""
    places = {"KNEESYNC_LIBRARY": str(tmp_path / "library"), "KNEESYNC_RUNTIME": str(tmp_path / "runtime")}
    environment = {**os.environ, **places}
    server = subprocess.Popen(
        [KNEESYNC, "virtual", "--minutes", "2", "--seed", "4"], env=environment, stdout=subprocess.PIPE, text=True
    )

    def run(*command):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        assert server.stdout
        port, board = (server.stdout.readline().split()[1] for _ in range(2))
        yield port, board, run
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    assert not os.listdir(tmp_path / "runtime" / "boards"), "a stopped board is still announced"


def test_stock_mpremote_talks_to_a_served_board(served, tmp_path):
    port, _, run = served
    mpremote = (sys.executable, "-m", "mpremote", "connect", port)
    assert run(*mpremote, "exec", "print(6 * 7)") == "42\n"
    assert "main.py" in run(*mpremote, "fs", "ls", ":/")
    sent, back = tmp_path / "sent.bin", tmp_path / "back.bin"
    sent.write_bytes(bytes(range(256)) * 20)
    run(*mpremote, "fs", "cp", str(sent), ":/new.bin")
    run(*mpremote, "fs", "cp", ":/new.bin", str(back))
    assert back.read_bytes() == sent.read_bytes()


def test_kneesync_finds_and_pulls_a_served_board(served):
    port, board, run = served
    assert run(KNEESYNC, "devices").split()[:2] == [board, port]
    run(KNEESYNC, "pull", board)  # closes a run that may be under way; the board runs on
    assert run(KNEESYNC, "devices").split()[:2] == [board, port]
