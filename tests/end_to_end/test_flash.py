"""`kneesync flash` against real boards without hardware: whatever it meets or wherever it is cut, the board starts.

The virtual board runs stock MicroPython; what is cut is the link, at every call, and the board's power, at every flash
operation. In `make test` a seeded sample, in `make soak` every one.
"""

import contextlib
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from kneecore import __version__
from kneesync.board import find, micropython
from kneesync.board import flash as flash_module
from kneesync.board.flash import Image, check_fits, flash, roll_back
from kneesync.board.prompt import Prompt
from kneesync.errors import KneesyncError
from kneesync.firmware import image as image_module
from kneesync.library import Library

virtual = pytest.importorskip("kneesync.virtual", reason="the virtual board's extra is not installed")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the virtual board needs POSIX")
BLOCK_BYTES = 4096

WAIT_S = 60
NEW, OLD, OLDER = __version__, "0.0.9", "0.0.8"
CRASHES = b"raise RuntimeError('this version does not start')"


@cache
def compiled(path, source):
    return dict(image_module._compiled(((path, source),)))[path.replace(".py", ".mpy")]


@cache
def image(version=NEW, app=None, without=()):
    """This tree's firmware; of another version, or with another app.py, or without some files."""
    built = Image.built()
    files = {path: data for path, data in built.files.items() if path not in without}
    if version != built.version:
        source = f"__version__ = '{version}'\n".encode()
        files["kneecore/__init__.mpy"] = compiled("kneecore/__init__.py", source)
    if app:
        files["app.mpy"] = compiled("app.py", app)
    return Image(files, built.loader, version)


def board_files(active, slots, **more):
    """A board's files with these images in its slots."""
    files = {f"/{slot}/{path}": data for slot, one in slots.items() for path, data in one.files.items()}
    loader = next(iter(slots.values())).loader
    return {**files, "/main.py": loader, "/active": active.encode(), **more}


def a_board(files=None, **more):
    return virtual.VirtualBoard(flash=virtual.Flash(files=files), held=True, **more)


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "library") as opened:
        yield opened


def slot_on(board, slot):
    """What lies in a slot, read past the firmware: path -> bytes."""

    def walk(folder):
        for name in board.flash.listdir(folder):
            path = f"{folder}/{name}"
            try:
                yield path.removeprefix(f"/{slot}/"), board.flash.read_file(path)
            except OSError:
                yield from walk(path)

    return dict(walk(f"/{slot}")) if board.flash.exists(f"/{slot}") else {}


def active(board):
    return board.flash.read_file("/active").decode()


def readies(board, version):
    return board.output.count(f"kneesync {version} ready")


def wait_for(board, text, count=1):
    assert board.run_until_printed(text, count), board.output[-2000:]


# What it meets


def test_a_blank_board_gets_all_of_it_and_a_second_flash_sends_nothing(library):
    with a_board() as board:
        wait_for(board, ">>>")
        checks = []
        done = flash(board.port, board.board_id, library, on_check=checks.append)
        assert (done.state, done.slot, done.version) == ("installed", "a", NEW)
        assert done.sent == len(image().files) and done.checks == checks
        assert [check.check for check in checks] == ["memory", "flash", "IMU", "FIFO", "acceleration", "haptic"]
        assert all(check.ok for check in checks)
        assert slot_on(board, "a") == image().files and active(board) == "a"
        assert board.flash.read_file("/main.py") == image().loader
        assert readies(board, NEW) == 1
        done = flash(board.port, board.board_id, library)
        assert (done.state, done.sent, done.copied) == ("here already", 0, 0)
        assert active(board) == "a" and not slot_on(board, "b")


def test_an_update_sends_what_changed_and_rolls_back_by_hand(library):
    old = image(OLD)
    with a_board(board_files("a", {"a": old}, **{"/b/leftover.py": b"1", "/b/app.py": CRASHES})) as board:
        wait_for(board, "ready")
        done = flash(board.port, board.board_id, library)
        assert (done.state, done.slot, done.version) == ("installed", "b", NEW)
        assert (done.sent, done.copied, done.removed) == (1, len(image().files) - 1, 1)
        assert slot_on(board, "b") == image().files and slot_on(board, "a") == old.files
        back = roll_back(board.port, board.board_id)
        assert (back.version, back.slot, active(board)) == (OLD, "a", "a")
        # the version left is whole: nothing to send, only the switch
        again = flash(board.port, board.board_id, library)
        assert (again.state, again.slot, again.sent, again.copied) == ("installed", "b", 0, 0)
        assert again.unchanged == len(image().files) and readies(board, NEW) == 2


def test_there_is_no_rolling_back_to_nothing(library):
    with a_board(board_files("a", {"a": image()})) as board:
        wait_for(board, "ready")
        with pytest.raises(KneesyncError, match="nothing to roll back to"):
            roll_back(board.port, board.board_id)
        wait_for(board, "ready", 2)
        assert active(board) == "a"


@pytest.mark.parametrize("starting", [b'{"a": 3}', b"{}"], ids=["in safe mode", "crashing at every start"])
def test_a_board_whose_version_crashes_is_mended(library, starting):
    broken = image(OLD, app=CRASHES)
    with a_board(board_files("a", {"a": broken}, **{"/starting": starting})) as board:
        wait_for(board, "safe mode" if b"3" in starting else "RuntimeError")
        assert flash(board.port, board.board_id, library).version == NEW
        assert active(board) == "b" and readies(board, NEW) == 1


def test_a_slot_broken_down_to_its_board_module_is_mended(library):
    files = board_files("a", {"a": image()}, **{"/a/board.mpy": b"no module"})
    with a_board(files) as board:
        wait_for(board, "does not load")
        assert flash(board.port, board.board_id, library).slot == "b"


def test_a_main_py_from_before_kneesync_is_kept(library):
    with a_board({"/main.py": b"print('blinking')\n", "/blink.py": b"pass\n"}) as board:
        wait_for(board, "blinking")
        flash(board.port, board.board_id, library)
        assert board.flash.read_file("/main.py.before") == b"print('blinking')\n"
        assert board.flash.exists("/blink.py")


def test_a_new_version_that_crashes_rolls_back_by_itself(library):
    with a_board(board_files("a", {"a": image(OLD)})) as board:
        wait_for(board, "ready")
        # one that passes its self-test, as app.py loads, and fails as it starts
        bad = image(NEW, app=b"def main():\n    raise RuntimeError('worn out')\n")
        with pytest.raises(KneesyncError, match=r"did not start \(RuntimeError: worn out\).* fell back to .* 0\.0\.9"):
            flash(board.port, board.board_id, library, image=bad)
        assert active(board) == "a" and board.output.count("starting /b") == 3
        assert readies(board, OLD) == 2
        # a version like the old one by number is told from it by its slot
        same = image(OLD, app=b"def main():\n    raise RuntimeError('worn out')\n")
        with pytest.raises(KneesyncError, match="did not start"):
            flash(board.port, board.board_id, library, image=same)
        assert flash(board.port, board.board_id, library).version == NEW


def test_a_version_that_does_not_even_load_is_not_switched_to(library):
    with a_board(board_files("a", {"a": image(OLD)})) as board:
        wait_for(board, "ready")
        for bad in (image(NEW, app=CRASHES), image(NEW, without=("kneecore/stride.mpy",))):
            with pytest.raises(KneesyncError, match="self-test failed: memory: stopped with"):
                flash(board.port, board.board_id, library, image=bad)
            assert active(board) == "a" and "app.mpy" not in slot_on(board, "b")
        assert board.output.count("starting /b") == 0


def test_unpulled_sessions_refuse_unless_told(library):
    session = b"not pulled yet"
    with a_board(board_files("a", {"a": image(OLD)}, **{"/sessions/00001-1.knee": session})) as board:
        wait_for(board, "ready")
        with pytest.raises(KneesyncError, match=r"found 1 session on board .* `kneesync pull` first, or say --even-un"):
            flash(board.port, board.board_id, library)
        wait_for(board, "ready", 2)
        kept = set(board.flash.listdir("/")) - {"clock", "boots", "starting", "ran"}
        assert kept == {"a", "active", "boot.py", "main.py", "sessions"}, "the loader writes /boot.py"
        assert flash(board.port, board.board_id, library, even_unpulled=True).version == NEW
        assert board.flash.read_file("/sessions/00001-1.knee") == session


def test_too_little_room_is_said_before_anything_changes(library):
    small = virtual.Flash(blocks=72, files=board_files("a", {"a": image(OLD)}))
    with virtual.VirtualBoard(flash=small) as board:
        wait_for(board, "ready")
        with pytest.raises(KneesyncError, match=r"found \d+ KB free on the board, expected \d+ KB for a second"):
            flash(board.port, board.board_id, library)
        wait_for(board, "ready", 2)
        assert not slot_on(board, "b")


def test_parts_that_are_missing_are_told_and_parts_that_are_wrong_stop_it_unless_told(library):
    with a_board(board_files("a", {"a": image(OLD)})) as board:
        for address in (0x6A, 0x5A):
            board.bus.unplug(address)
        wait_for(board, "ready")
        done = flash(board.port, board.board_id, library)
        assert done.version == NEW
        assert [check.check for check in done.checks if not check.ok] == ["IMU", "haptic"]
        board.imu.chip_id = 0x6A  # an LSM6DS3 in place of the LSM6DSOX
        board.bus.plug(0x6A)
        with pytest.raises(KneesyncError, match=r"self-test failed: IMU: .*0x6A.* all the same: --despite-self-test"):
            flash(board.port, board.board_id, library, image=image(OLDER))
        # what failed is nothing to roll back to: the one that ran before the last good update is gone by now
        assert active(board) == "b" and "app.mpy" not in slot_on(board, "a")
        assert flash(board.port, board.board_id, library, image=image(OLDER), despite_self_test=True).version == OLDER
        assert active(board) == "a"


def test_other_parts_are_named_by_the_self_test_and_told_by_the_flash(library):
    """A board with other parts than its row: refused with the words that help, taken with them, kept for the next."""
    with a_board(wired="LSM6DSO32 pin") as board:
        wait_for(board, ">>>")
        with pytest.raises(KneesyncError, match=r"0\.50 g at rest.*: kneesync flash --wired LSM6DSO32\. "):
            flash(board.port, board.board_id, library, wired="pin")
        assert not board.flash.exists("/board"), "as it was"
        done = flash(board.port, board.board_id, library, wired="LSM6DSO32 pin")
        assert all(check.ok for check in done.checks) and readies(board, NEW) == 1
        assert board.flash.read_file("/board") == b"feather_rp2040 LSM6DSO32 pin"
        assert "no IMU" not in board.output and "DRV2605L" not in board.output
        with pytest.raises(KneesyncError, match=r"2\.00 g|0\.50 g"):
            flash(board.port, board.board_id, library, wired="LSM6DSOX")
        assert board.flash.read_file("/board") == b"feather_rp2040 LSM6DSO32 pin", "as it was"
        assert all(check.ok for check in flash(board.port, board.board_id, library).checks)


def info(**more):
    about = {"mpy": 6 | 3 << 8 | 4 << 10, "version": [1, 28, 0], "platform": "rp2"}
    return {**about, "machine": "Adafruit Feather RP2040 with RP2040", **more}


@pytest.mark.parametrize(
    ("about", "row", "says"),
    [
        (info(), None, None),
        (info(machine="Raspberry Pi Pico with RP2040"), None, None),
        (info(mpy=6 | 2 << 8), None, None),  # sub-versions tell native code apart, of which there is none
        (info(platform="webassembly", machine="JS with Emscripten", mpy=774), None, None),
        (info(machine="Clone with RP2040"), "rpi_pico", None),
        (info(machine="Clone with RP2040"), "nonsense", "expected Adafruit Feather RP2040 or Raspberry Pi Pico; if"),
        (info(machine="Raspberry Pi Pico W with RP2040"), None, "found a board 'Raspberry Pi Pico W with RP2040'"),
        (info(machine="Raspberry Pi Pico 2 with RP2350"), "rpi_pico", "expected one with RP2040"),
        (info(machine=""), None, "expected one with RP2040"),
        (
            info(mpy=5),
            None,
            "MicroPython 1.28.0, which reads .mpy version 5.0 for architecture 0; app.mpy is version 6",
        ),
        (info(mpy=None), None, "reads .mpy version 0.0"),
        (info(mpy="6", version="\x1b[2J"), None, "found MicroPython unknown"),
    ],
)
def test_what_fits(about, row, says):
    files = {"app.mpy": b"M\x06\x00\x1f"}
    if says is None:
        check_fits(about, row, files)
        return
    with pytest.raises(KneesyncError) as refused:
        check_fits(about, row, files)
    assert says in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(("flags", "fits"), [(4 << 2 | 3, True), (4 << 2 | 2, False), (7 << 2 | 3, False)])
def test_native_code_must_be_the_boards_own(flags, fits):
    files = {"app.mpy": bytes([0x4D, 6, flags, 0x1F])}
    with contextlib.nullcontext() if fits else pytest.raises(KneesyncError, match="for architecture"):
        check_fits(info(), None, files)


# Where it is cut


class _Gone(BaseException):
    """The host's process ends here: nothing of it runs any more."""


class _Dying(Prompt):
    """A link whose host dies at its `fatal_call`-th call: before it is sent, or right after."""

    calls, fatal_call, sent_first = 0, 0, False

    def stream(self, expression, *arguments, **more):
        _Dying.calls += 1
        if _Dying.calls == _Dying.fatal_call:
            if _Dying.sent_first:
                self._transport.exec_raw_no_follow(expression)
            self._close()
            raise _Gone
        super().stream(expression, *arguments, **more)

    def __exit__(self, kind, error, trace):
        if kind is not _Gone:
            super().__exit__(kind, error, trace)

    @classmethod
    def at(cls, call, sent_first=False):
        cls.calls, cls.fatal_call, cls.sent_first = 0, call, sent_first
        return cls


def whole(board):
    """Which version the board's active slot is, byte by byte; fails if it is neither."""
    files = slot_on(board, active(board))
    assert files in (image(OLD).files, image().files), sorted(files)
    assert board.flash.read_file("/main.py") in (image().loader, OLD_LOADER)
    return OLD if files == image(OLD).files else NEW


OLD_LOADER = b"# the loader of another version\n" + Image.built().loader


def updatable():
    """A board's files for an update that does everything: files sent, copied, kept and removed, another loader."""
    stale = {"/b/old.mpy": b"0", "/b/app.mpy": b"1", "/b/service.mpy": image().files["service.mpy"]}
    return board_files("a", {"a": image(OLD)}, **{**stale, "/main.py": OLD_LOADER, "/left": b"b"})


def calls_of_a_flash(monkeypatch, library):
    with a_board(updatable()) as board, monkeypatch.context() as patch:
        patch.setattr("kneesync.board.flash.Prompt", _Dying.at(0))
        wait_for(board, "ready")
        assert flash(board.port, board.board_id, library).version == NEW
    return _Dying.calls


def die_at(call, sent_first, monkeypatch, library):
    with a_board(updatable()) as board:
        wait_for(board, "ready")
        with monkeypatch.context() as patch, pytest.raises(_Gone):
            patch.setattr("kneesync.board.flash.Prompt", _Dying.at(call, sent_first))
            flash(board.port, board.board_id, library)
        # the board is left alone: its watchdog, or the loader's lease, takes it back
        assert board.run_until_printed(" ready ", 2, within_s=40)
        version = whole(board)
        assert readies(board, version) >= 1 + (version == OLD)
        assert flash(board.port, board.board_id, library).version == NEW
        assert whole(board) == NEW and "Error:" not in board.output


def test_a_host_that_dies_leaves_a_board_that_starts(monkeypatch, library):
    last = calls_of_a_flash(monkeypatch, library)
    draw = random.Random(3)
    switch = last - 1  # behind it only the restart
    for call, sent_first in [(draw.randrange(2, switch), draw.random() < 0.5), (switch, True)]:
        die_at(call, sent_first, monkeypatch, library)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_host_that_dies_at_any_call_leaves_a_board_that_starts(monkeypatch, library):
    for call in range(1, calls_of_a_flash(monkeypatch, library) + 1):
        for sent_first in (False, True):
            die_at(call, sent_first, monkeypatch, library)


@cache
def recorded_flash():
    """(flash before, [(block, offset, what it then holds)...]) of an update: what the chip was told, in order."""
    live = a_board(updatable())
    volume, operations = live.flash, []
    memory = volume.memory
    erase, program = memory.erase, memory.prog

    def erased(config, block):
        operations.append((block, 0, b"\xff" * BLOCK_BYTES))
        return erase(config, block)

    def programmed(config, block, offset, data):
        operations.append((block, offset, bytes(data)))
        return program(config, block, offset, data)

    with (
        live as board,
        tempfile.TemporaryDirectory() as folder,
        Library(folder) as kept,
    ):
        wait_for(board, "ready")
        with volume.lock:
            before = bytes(memory.data)
            memory.erase, memory.prog = erased, programmed
        assert flash(board.port, board.board_id, kept).version == NEW
    return before, operations


def cut_volume(cut):
    """The volume as a power cut in the midst of the `cut`-th operation leaves it."""
    before, operations = recorded_flash()
    volume = virtual.Flash()
    data = bytearray(before)
    for number, (block, offset, content) in enumerate(operations[:cut], 1):
        done = len(content) // 2 if number == cut else len(content)
        start = block * BLOCK_BYTES + offset
        data[start : start + done] = content[:done]
    volume.memory.data[:] = data
    volume.mount()
    return volume


def check_cuts(cuts):
    """Every one of these cuts leaves the old version or the new one, whole; which, in order."""
    return [whole(SimpleNamespace(flash=cut_volume(cut))) for cut in cuts]


def start_after(cut, library):
    """The real loader and firmware on that volume; then a second flash."""
    with virtual.VirtualBoard(flash=cut_volume(cut), held=True) as board:
        wait_for(board, " ready ")
        assert readies(board, whole(board)) == 1 and "Error:" not in board.output
        assert flash(board.port, board.board_id, library).version == NEW
        assert whole(board) == NEW


def test_a_power_cut_at_any_operation_leaves_one_version_whole(library):
    count = len(recorded_flash()[1])
    versions = check_cuts(range(1, count + 1))
    switch = versions.index(NEW) + 1
    assert count > 250 and switch > 200
    assert versions == sorted(versions), "the switch is one: old before, new after"
    start_after(random.Random(5).randrange(1, switch), library)
    start_after(switch, library)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_board_starts_after_a_power_cut_at_any_operation(library):
    for cut in range(1, len(recorded_flash()[1]) + 1):
        start_after(cut, library)


# MicroPython itself


def uf2(blocks=3, family=0xE48BFF56, flags=0x2000, count=None, address=0x1000_0000, numbers=None):
    """A file of that many blocks of 256 bytes."""
    data = b""
    for number in numbers or range(blocks):
        place = address + 256 * number
        head = struct.pack("<8I", 0x0A324655, 0x9E5D5157, flags, place, 256, number, count or blocks, family)
        data += head + bytes(476) + struct.pack("<I", 0x0AB16F30)
    return data


@contextlib.contextmanager
def in_reach(board):
    """Other commands find the board, or its drive."""
    with find.registered(board.port, board.board_id) as moved:
        board.on_move = lambda: moved(None if board.drive else board.port, board.drive)
        yield


@pytest.fixture
def reach(tmp_path, monkeypatch):
    from serial.tools import list_ports

    monkeypatch.setenv("KNEESYNC_RUNTIME", str(tmp_path / "runtime"))
    monkeypatch.setattr(list_ports, "comports", list)
    path = tmp_path / "micropython.uf2"
    path.write_bytes(uf2())
    return path


def test_micropython_is_installed_first_where_asked(reach, library):
    with a_board() as board, in_reach(board):
        wait_for(board, ">>>")
        heard = []
        back = micropython.install(None, reach, library, heard.append, mounted=list)
        assert (back.port, back.id) == (board.port, board.board_id) and board.drive is None
        assert heard[-1] == f"MicroPython 1.29.0 runs on board {board.board_id}."
        assert board.output.count("MicroPython v1.29") == 2  # at first, and from the bootloader
        assert flash(back.port, back.id, library).version == NEW


def test_a_board_in_its_bootloader_already_is_taken_from_there(reach, library):
    with a_board() as board, in_reach(board):
        wait_for(board, ">>>")
        with Prompt(board.port, script=flash_module.installer()) as link:
            link.leave("bootloader()")
        assert board.wait(lambda: board.drive, WAIT_S) and not find.boards()
        (Path(board.drive) / "cut.uf2").write_bytes(uf2()[:-512])
        (Path(board.drive) / "other.uf2").write_bytes(uf2(family=0xE48BFF59))
        assert not board.wait(lambda: not board.drive, 0.2), "neither is a whole file for this chip"
        assert micropython.drives(list) == [Path(board.drive)]
        assert micropython.install(None, reach, library, mounted=list).id == board.board_id
        assert not board.drive and find.boards()


def test_sessions_that_are_nowhere_else_keep_a_board_out_of_its_bootloader(reach, library):
    with a_board(board_files("a", {"a": image()}, **{"/sessions/00001-1.knee": b"1"})) as board, in_reach(board):
        wait_for(board, "ready")
        with pytest.raises(KneesyncError, match="1 session on board"):
            micropython.install(None, reach, library, mounted=list)
        wait_for(board, "ready", 2)
        assert board.drive is None


def test_by_the_command_line_on_a_blank_board(tmp_path):
    """What a user types: serve a blank board, flash MicroPython and firmware, flash again, roll back."""
    places = {"KNEESYNC_LIBRARY": str(tmp_path / "library"), "KNEESYNC_RUNTIME": str(tmp_path / "runtime")}
    environment = {**os.environ, **places}
    kneesync = [sys.executable, "-m", "kneesync"]
    (tmp_path / "mp.uf2").write_bytes(uf2())

    def run(*arguments, code=0):
        done = subprocess.run([*kneesync, *arguments], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout, done.stderr

    with subprocess.Popen([*kneesync, "virtual", "--blank"], stdout=subprocess.PIPE, env=environment) as server:
        try:
            board = [server.stdout.readline().split()[1].decode() for _ in range(2)][1]
            refused = run("pull", code=1)[1]
            assert refused.endswith("runs MicroPython without kneesync; run `kneesync flash`\n")
            out, err = run("flash", "--firmware", str(tmp_path / "mp.uf2"))
            assert (
                out == f"Board {board}: version {NEW} installed and runs (/a; {len(image().files)} files sent, "
                "0 copied on the board, 0 unchanged).\n"
            )
            assert "MicroPython 1.29.0 runs on board" in err and "ok      IMU           LSM6DSOX answers" in err
            result = json.loads(run("flash", board, "--json")[0])
            assert (result["state"], result["slot"]) == ("here already", "a")
            assert [check["ok"] for check in result["checks"]] == [True] * 6
            assert "nothing to roll back to" in run("flash", "--rollback", code=1)[1]
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0
