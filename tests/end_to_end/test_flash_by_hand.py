"""docs/flash-by-hand.md, walked: every command of the page, in order, with stock mpremote on the virtual board."""

import hashlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from kneecore import __version__
from kneesync.firmware.image import fresh_board

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the virtual board needs POSIX")
virtual = pytest.importorskip("kneesync.virtual", reason="the virtual board's extra is not installed")

PAGE = Path(__file__).parents[2] / "docs" / "flash-by-hand.md"
PROGRAMS = {"mpremote": [sys.executable, "-m", "mpremote"], "kneesync": [sys.executable, "-m", "kneesync"]}


def commands():
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def walk(board, folder):
    """The slot that it took."""
    slot = "SLOT"
    for command in commands():
        reset_us = board.hardware.reset_us
        words = [word.replace("PORT", board.port).replace("SLOT", slot) for word in shlex.split(command)]
        done = subprocess.run(
            [*PROGRAMS[words[0]], *words[1:]], cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        if "sys.implementation" in command:
            assert done.stdout == "micropython JS with Emscripten 6\n"
        elif '"active" in os.listdir' in command:
            slot = done.stdout.strip()
            assert slot in ("a", "b")
        elif "sha256sum" in command:
            path = words[-1].removeprefix(":/").removesuffix(".new")
            here = Path(folder) / "firmware" / re.sub(f"^{slot}/", "slot/", path)
            assert done.stdout.split()[-1] == hashlib.sha256(here.read_bytes()).hexdigest()
        elif "selftest" in command:
            assert done.stdout.count('"ok": true') == 6 and '"blocks": true' not in done.stdout
            board.run_until(board.clock.now_us / 1e6 + 10)
            assert board.hardware.reset_us > reset_us, "the watchdog's"
    assert board.run_until_printed(f"kneesync {__version__} ready"), board.output[-2000:]
    return slot


def same(board, slot):
    files = {path.replace("/a/", f"/{slot}/", 1): data for path, data in fresh_board("a").items() if path != "/active"}
    return {path: board.flash.read_file(path) for path in files} == files


def test_an_update_by_hand(tmp_path):
    files = {
        **fresh_board(),
        "/a/kneecore/__init__.py": b"__version__ = '0.0.9'\n",
        "/left": b"b",
        "/b/app.mpy": b"torn",
    }
    del files["/a/kneecore/__init__.mpy"]
    with virtual.VirtualBoard(flash=virtual.Flash(files=files), held=True) as board:
        assert board.run_until_printed("kneesync 0.0.9 ready")
        assert walk(board, tmp_path) == "b"
        assert board.output.count("starting /b") == 1
        assert same(board, "b") and board.flash.read_file("/active") == b"b" and not board.flash.exists("/left")


@pytest.mark.soak
def test_a_blank_board_by_hand(tmp_path):
    with virtual.VirtualBoard(flash=virtual.Flash(), held=True) as board:
        assert board.run_until_printed(">>>")
        assert walk(board, tmp_path) == "a"
        assert same(board, "a") and board.flash.read_file("/active") == b"a"
