"""Every command of README and docs, walked: in each page's order, on a virtual board, beside a library with a run.

What no machine has gets a stand-in that works: a made UF2, a watch's FIT file made of the run, a reference made of its
strides. `make` is asked what it would do (make -n). A fence that is not walked says why; docs/flash-by-hand.md has a
test of its own. `pytest -s` shows how many were walked.
"""

import contextlib
import io
import os
import re
import select
import signal
import struct
import subprocess
import sys

import numpy as np
import pytest

from kneesync.board import find
from kneesync.cli import app as cli
from kneesync.firmware.image import fresh_board
from kneesync.library import Library
from tests.support import doc_pages
from tests.support.fit_files import FitFile

pytestmark = [pytest.mark.skipif(os.name == "nt", reason="the virtual board needs POSIX"), pytest.mark.timeout(600)]
virtual = pytest.importorskip("kneesync.virtual", reason="the virtual board's extra is not installed")

BY_HAND = "docs/flash-by-hand.md"  # tests/end_to_end/test_flash_by_hand.py
READ = {
    name: [fence for fence in doc_pages.fences(text) if fence.kind == "sh"]
    for name, text in doc_pages.pages().items()
    if name != BY_HAND
}
FIRST = "docs/quick-start.md"  # its run is the library's, for the pages after it
WALKED = sorted((name for name, fences in READ.items() if fences), key=lambda name: (name != FIRST, name))
WITH_KEYS = {"dashboard": b"q", "free": b"n\r"}  # typed as soon as it has drawn; for those that need a terminal
OF_A_BOARD = ("devices", "pull", "flash", "doctor", "settings", "free", "tune")
OF_NO_RUN = ("virtual", "demo", "--version")
MINUTES = 8
AN_ID = re.compile(r"\b[0-9a-f]{10}\b")  # a session's, as pages show it


def uf2(blocks=3):
    """A file of that many blocks for an RP2040's flash: the virtual bootloader takes it."""
    data = b""
    for number in range(blocks):
        head = (0x0A324655, 0x9E5D5157, 0x2000, 0x1000_0000 + 256 * number, 256, number, blocks, 0xE48BFF56)
        data += struct.pack("<8I", *head) + bytes(476) + struct.pack("<I", 0x0AB16F30)
    return data


def older_board():
    """A board with a version before this one, which can be rolled back to."""
    files = {**fresh_board(), "/a/kneecore/__init__.py": b"__version__ = '0.0.9'\n"}
    del files["/a/kneecore/__init__.mpy"]
    return files


class World:
    """A folder with the stand-ins, a library with one run, and the boards that commands find."""

    def __init__(self, folder):
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir()
        (self.work / "FILE.uf2").write_bytes(uf2())
        self.session = None
        self.counts = {"run": 0, "asked of make": 0}
        self._board = self._server = None

    def enter(self, patch):
        """Be in this world for a test."""
        from serial.tools import list_ports

        for name in ("library", "runtime"):
            patch.setenv(f"KNEESYNC_{name.upper()}", str(self.folder / name))
        patch.setenv("COLUMNS", "80")
        patch.setattr(list_ports, "comports", list)  # the machine's own boards are none of ours
        patch.chdir(self.work)
        self._patch = patch

    def prepare(self):
        """A run in the library, and made of it what a watch and a laboratory would have."""
        from kneesync.simulation.runner import demo_run

        if self.session:
            return
        with Library() as library:
            kept = library.sessions()
        if not kept:
            self.stop_board()
            self.start_board(demo_run(seed=2, minutes=MINUTES))
            self.done("pull", "--json")
            self.stop_board()
        with Library() as library:
            self.session = library.sessions()[0]
            strides = library.read(self.session.id).strides
            knee = library.path(self.session)
        t_s, lift_deg = strides["t_s"].to_numpy(), strides["knee_lift_deg"].to_numpy()
        every_s = np.arange(np.ceil(t_s[0]), np.floor(t_s[-1]))
        done = np.interp([every_s - 2, every_s + 2], t_s, np.arange(len(t_s)))  # a watch smooths over some seconds
        spm = 120 * np.diff(done, axis=0)[0] / 4
        even = np.ones(len(every_s))
        start_s = round(self.session.start_unix_s) - 631065600 + round(every_s[0])
        watch = FitFile().file_id().track(0, every_s - every_s[0], spm, 3 * even, 200 * even,
                                          150 * even, start_s)  # fmt: skip
        truth = "t_s,knee_lift_deg\n" + "".join(
            f"{t + (k % 7 - 3) / 1000:.3f},{lift + 0.1:.2f}\n"
            for k, (t, lift) in enumerate(zip(t_s, lift_deg, strict=True))
        )
        for name, data in {
            "RUN.fit": watch.data(), "run.fit": watch.data(), "FILE.knee": knee.read_bytes(),
            "REF.csv": truth.encode(), "TRUTH.csv": truth.encode(),
        }.items():  # fmt: skip
            (self.work / name).write_bytes(data)

    def start_board(self, feed=None):
        """A board with an older firmware, after the run of the feed, or else on a desk."""
        board = virtual.VirtualBoard(feed=feed, flash=virtual.Flash(files=older_board()), held=True)
        self._board = contextlib.ExitStack()
        self._board.enter_context(board)
        moved = self._board.enter_context(find.registered(board.port, board.board_id))
        board.on_move = lambda: moved(None if board.drive else board.port, board.drive)
        awaited = " closed (" if feed else " ready "
        assert board.run_until_printed(awaited), board.output

    def stop_board(self):
        if self._board:
            self._board.close()
            self._board = None
        if self._server:
            self._server.send_signal(signal.SIGTERM)
            assert self._server.wait(20) == 0
            self._server.stdout.close()
            self._server = None

    def serve(self, *arguments):
        """`kneesync virtual` in a terminal of its own, in place of the board before; waits for its run to end."""
        self.stop_board()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "kneesync", "virtual", *arguments], stdout=subprocess.PIPE, text=True
        )
        port, _ = (self._server.stdout.readline().split()[1] for _ in range(2))
        if "--minutes" in arguments:
            said = b""
            with open(port, "rb", buffering=0) as wire:
                while b" closed (" not in said:
                    assert self._server.poll() is None, said[-500:]
                    if select.select([wire], [], [], 1)[0]:
                        said += wire.read(4096)

    def kneesync(self, *words):
        """A command line in this process: (exit code, stdout, stderr)."""
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        self._patch.setattr(sys, "argv", ["kneesync", *words])
        code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main()
            except SystemExit as stop:
                code = stop.code or 0
        out.seek(0)
        return code, out.read(), err.getvalue()

    def done(self, *words):
        code, out, err = self.kneesync(*words)
        assert code == 0, f"kneesync {' '.join(words)}\n{out}{err}"
        return out

    def typed(self, keys, *words):
        """(exit code, what it draws) of a command in a terminal, where `keys` are typed once it has drawn something."""
        wire, terminal = os.openpty()
        command = [sys.executable, "-m", "kneesync", *words]
        with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True) as it:
            os.close(terminal)
            said = b""
            with contextlib.suppress(OSError):  # its end closes the terminal
                while data := os.read(wire, 1 << 16):
                    said += data
                    if keys and len(said) > 100 and (words[0] != "free" or b"[y/N]" in said):
                        os.write(wire, keys)
                        keys = b""
            os.close(wire)
        return it.returncode, said.decode(errors="replace")

    def walk(self, line):
        """One line of a fence."""
        program, *words = doc_pages.words(line)
        if program == "make":
            targets = [word for word in words if not word.startswith("-")]
            asked = subprocess.run(["make", "-n", *targets], cwd=doc_pages.ROOT, capture_output=True, text=True)
            assert asked.returncode == 0, f"{line}\n{asked.stderr}"
            self.counts["asked of make"] += 1
            return
        assert program == "kneesync", f"no stand-in for {program}: {line}"
        self.counts["run"] += 1
        if words[0] in OF_A_BOARD:
            if not (self._board or self._server):
                self.start_board()
        elif words[0] not in OF_NO_RUN:
            self.prepare()
            words = [AN_ID.sub(self.session.id, word) for word in words]
        session = self.session.id if self.session else ""
        stand_ins = {"SESSION": session, "FILE": "FILE.knee"}
        words = [stand_ins.get(word, word) for word in (word.strip("[]") for word in words)]
        if words[0] == "virtual":
            self.serve(*words[1:])
        elif words[0] in WITH_KEYS and "--yes" not in words:
            code, said = self.typed(WITH_KEYS[words[0]], *words)
            assert code in (0, 1) and "Traceback" not in said and "kneesync: " not in said, f"{line}\n{said}"
        else:
            self.done(*words)


@pytest.fixture(scope="module")
def one_world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("walk"))
    yield made
    print(f"\ndocs: {made.counts}, {sum(len(lines) for lines in unwalked().values())} not walked")


@pytest.fixture
def world(one_world, monkeypatch):
    one_world.enter(monkeypatch)
    yield one_world
    one_world.stop_board()


def unwalked():
    """page, reason -> the lines that are not walked."""
    return {(name, fence.why): fence.lines for name in WALKED for fence in READ[name] if fence.why}


@pytest.mark.parametrize("name", WALKED)
def test_every_command_of_the_page_does_what_it_says(name, world):
    for fence in READ[name]:
        for line in fence.lines if not fence.why else ():
            if doc_pages.words(line):
                world.walk(line)
        if any("virtual --blank" in line for line in fence.lines):  # on from there with a board that was flashed
            world.stop_board()


def test_pythons_in_the_recordings_page_run_too(world):
    (fence,) = [fence for fence in doc_pages.fences(doc_pages.pages()["docs/recordings.md"]) if fence.kind == "python"]
    subprocess.run([sys.executable, "-c", "\n".join(fence.lines)], cwd=world.work, check=True, timeout=60)
    assert "strides" in world.done("replay", "my_run.npz", "--json")


def test_what_is_not_walked_says_why():
    assert all(len(why) > 20 for _, why in unwalked())
    assert sum(len(lines) for lines in unwalked().values()) <= 15, "a docs test that walks little is none"
    assert sum(len(fence.lines) for name in WALKED for fence in READ[name] if not fence.why) > 50
