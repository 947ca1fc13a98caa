"""Other tools on the board: whoever lists files, unplugs and runs still records; whoever works there is left alone.

mpremote itself, and the sequence that ampy, rshell and belay begin with: Ctrl-C, raw REPL, soft reset.
"""

import subprocess
import sys
import time

import pytest
import serial

from kneesync.simulation.runner import Stand, simulate
from tests.support.wearer import Wearer

BACK_S = 32


def mpremote(wearer, *words):
    command = [sys.executable, "-m", "mpremote", "connect", wearer.board.port, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def raw_soft_reset(wearer):
    """What ampy, rshell and belay do before anything else."""
    with serial.Serial(wearer.board.port, timeout=20) as port:
        port.write(b"\r\x03\x03")
        time.sleep(0.3)
        port.write(b"\r\x01")
        assert port.read_until(b"raw REPL; CTRL-B to exit\r\n>").endswith(b">")
        port.write(b"\x04")
        assert port.read_until(b"raw REPL; CTRL-B to exit\r\n>").endswith(b">")
        port.write(b"import os; print(os.listdir('/'))\x04")
        return port.read_until(b"\x04>").decode()


VISITS = {
    "mpremote fs ls": lambda wearer: mpremote(wearer, "fs", "ls"),
    "ampy, rshell, belay": raw_soft_reset,
}


def stands(**more):
    return Wearer(simulate([Stand(20)], seed=1), **more)


@pytest.mark.parametrize("visit", VISITS)
def test_the_firmware_runs_again_after_a_tools_visit(visit):
    """Silently at the prompt for ever, it was."""
    with stands() as wearer:
        wearer.wait_for("ready")
        assert "boot.py" in VISITS[visit](wearer)
        assert wearer.output.count("starting /a") == 1
        left_s = wearer.now_s
        wearer.wait_for("ready", 2)
        assert wearer.now_s - left_s <= BACK_S


def test_the_clock_outlives_a_tools_visit():
    with stands() as wearer:
        wearer.wait_for("ready")
        mpremote(wearer, "rtc", "--set")
        wearer.wait_for("ready", 2)
        assert int(mpremote(wearer, "exec", "import time; print(time.gmtime()[0])")) >= 2024, "2021 is where it begins"


def test_who_works_at_the_prompt_is_not_reset():
    """A line every ten seconds, for two minutes; then silence."""
    with stands() as wearer:
        wearer.wait_for("ready")
        raw_soft_reset(wearer)
        wearer.board.type(b"\x02")
        for n in range(12):
            wearer.board.type(b"print('line %d')\r\n" % n)
            wearer.wait_for(f"line {n}", 2)
            until_s = wearer.now_s + 10
            wearer.wait_until_s(until_s)
        assert wearer.output.count("starting /a") == 1
        wearer.wait_for("ready", 2)


def test_stay_holds_after_a_tools_visit():
    with stands() as wearer:
        wearer.wait_for("ready")
        raw_soft_reset(wearer)
        wearer.board.type(b"\x02import sys; sys.path.insert(0, '/a'); import service; service.stay()\r\n")
        wearer.wait_for('"stays"')
        later_s = wearer.now_s + 90
        wearer.wait_until_s(later_s)
        assert wearer.output.count("starting /a") == 1


def test_a_boot_py_of_the_boards_owner_is_kept():
    with stands(files={"/boot.py": b"print('mine')\n"}) as wearer:
        wearer.wait_for("ready")
        flash = wearer.board.flash
        assert flash.read_file("/boot.py.before") == b"print('mine')\n"
        assert b"kneesync_lease" in flash.read_file("/boot.py")
        raw_soft_reset(wearer)
        wearer.wait_for("ready", 2)
