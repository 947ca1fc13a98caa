"""The loader: slots, failed starts, safe mode; and that nothing on the volume and no power cut can stop it."""

import contextlib
import json
import random
from pathlib import Path

import pytest

from kneesync.board.link import Link
from kneesync.simulation.runner import Stand, simulate
from tests.support.wearer import Wearer, firmware, short_run

DEVICE = Path(__file__).parents[2] / "device"
CRASHING = b"raise RuntimeError('this firmware does not start')"


def stand(seconds=60):
    return simulate([Stand(seconds)], seed=1)


def break_slot(flash, slot):
    """Put a firmware into the slot that crashes at its start."""
    for name in ("app.mpy", "app.py"):
        if flash.exists(f"/{slot}/{name}"):
            flash.remove(f"/{slot}/{name}")
    flash.write_file(f"/{slot}/app.py", CRASHING)


def copy_slot(flash, source, target):
    for name in flash.listdir(f"/{source}"):
        for path in [name] if "." in name else [f"{name}/{file}" for file in flash.listdir(f"/{source}/{name}")]:
            flash.write_file(f"/{target}/{path}", flash.read_file(f"/{source}/{path}"))


def files(flash):
    return flash.listdir("/")


def test_good_start_takes_its_marker_back():
    with Wearer(stand()) as wearer:
        wearer.wait_for("ready")
        flash = wearer.board.flash
        assert json.loads(flash.read_file("/starting")) == {"a": 1}
        wearer.wait_until_s(40)
        assert not {"starting", "failed"} & set(files(flash))
        assert wearer.board.flash.read_file("/boots") == b"1"


def test_three_failed_starts_end_in_safe_mode():
    wearer = Wearer(stand())
    break_slot(wearer.board.flash, "a")
    with wearer:
        wearer.wait_for("safe mode")
        assert wearer.output.count("RuntimeError") == 3
        assert wearer.board.led == 1
        assert b"does not start" in wearer.board.flash.read_file("/crash")
        wearer.board.type(b"\r\nprint(6 * 7)\r\n")
        wearer.wait_for("42")


def test_three_failed_starts_fall_back_to_the_other_slot():
    wearer = Wearer(stand())
    copy_slot(wearer.board.flash, "a", "b")
    break_slot(wearer.board.flash, "a")
    with wearer:
        wearer.wait_for("ready")
        assert wearer.output.count("RuntimeError") == 3
        assert "falling back to /b" in wearer.output
        assert wearer.board.flash.read_file("/active") == b"b"


def switched_on_for(times_s):
    """A board with two versions that is switched on for each of these times in turn, then left on."""
    wearer = Wearer(stand(600))
    copy_slot(wearer.board.flash, "a", "b")
    at_s = 0
    for on_s in times_s:
        at_s += on_s
        wearer.board.power_cycle_at(at_s)
    with wearer:
        wearer.wait_until_s(at_s)
        ready = wearer.output.count("ready")
        wearer.wait_for("ready", ready + 1)
        assert "safe mode" not in wearer.output and "falling back" not in wearer.output, times_s


def test_switching_off_and_on_again_is_no_failed_start():
    """A runner who tries the switch: as often and as long as he likes, the version that runs well stays."""
    for on_s in (0.3, 1.9, 2.02, 2.1, 2.3, 2.6, 3.1, 4, 7, 20):
        switched_on_for([on_s] * 4)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_switching_off_at_any_moment_is_no_failed_start():
    for tenths in range(2, 101):
        switched_on_for([tenths / 10] * 4)


@pytest.mark.parametrize("after_ms", [0, 5_000, 25_000])
@pytest.mark.parametrize("how", ["sleep_ms(10_000)", "raise RuntimeError"])
def test_a_version_that_hangs_or_crashes_within_30_s_falls_back(how, after_ms):
    """By itself: nobody has to switch it off. It was seen to run, and is counted all the same."""
    source = (DEVICE / "app.py").read_text()
    turn = "            press = self.button.poll(now_ms)\n"
    assert turn in source
    source = source.replace(turn, f"{turn}            if now_ms - self.started_ms > {after_ms + 1500}: {how}\n")
    wearer = Wearer(stand(600))
    copy_slot(wearer.board.flash, "a", "b")
    wearer.board.flash.remove("/a/app.mpy")
    wearer.board.flash.write_file("/a/app.py", source.encode())
    with wearer:
        wearer.wait_for("falling back to /b")
        wearer.wait_until_s(wearer.now_s + 40)
        assert wearer.output.count("starting /a") == 3 and wearer.output.count("ready") == 4
        assert wearer.board.flash.read_file("/active") == b"b"


def test_a_version_that_hangs_before_it_runs_falls_back():
    """By itself, and not by the switch."""
    wearer = Wearer(stand(600))
    copy_slot(wearer.board.flash, "a", "b")
    wearer.board.flash.remove("/a/app.mpy")
    wearer.board.flash.write_file("/a/app.py", b"import time\nwhile True: time.sleep_ms(100)")
    for at_s in (4, 8, 12, 16):
        wearer.board.power_cycle_at(at_s)
    with wearer:
        wearer.wait_until_s(18)
        assert "falling back" not in wearer.output
        wearer.wait_for("falling back to /b")
        assert wearer.now_s > 16 + 3 * 8


def test_a_host_that_comes_while_a_broken_slot_starts_keeps_its_prompt():
    """The watchdog that the loader arms is off there, service or not."""
    wearer = Wearer(stand(5))
    wearer.board.flash.remove("/a/app.mpy")
    wearer.board.flash.remove("/a/service.mpy")
    wearer.board.flash.write_file("/a/app.py", b"raise KeyboardInterrupt")
    with wearer:
        wearer.wait_for("KeyboardInterrupt")
        wearer.wait_until_s(wearer.now_s + 15)
        assert wearer.output.count("starting /a") == 1


def test_press_at_the_led_asks_for_safe_mode():
    wearer = Wearer(stand())
    wearer.board.press_button(at_s=1)
    with wearer:
        wearer.wait_for("safe mode")
        assert "ready" not in wearer.output
        assert wearer.board.led == 1


def test_press_where_safe_mode_is_due_tries_once_more():
    wearer = Wearer(stand(), files={"/failed": b'{"a": 3}'})
    wearer.board.press_button(at_s=1)
    with wearer:
        wearer.wait_for("ready")


def test_an_update_that_was_cut_short_leaves_the_active_slot():
    with Wearer(stand(), files={"/active.new": b"b", "/b/app.py": CRASHING}) as wearer:
        wearer.wait_for("ready")
        assert "RuntimeError" not in wearer.output


def two_versions(**more):
    """A board whose active slot crashes at every start, the version before it in the other."""
    wearer = Wearer(stand(), files={"/active": b"b", **more})
    wearer.board.flash.write_file("/b/app.py", CRASHING)
    return wearer


def test_the_old_version_stays_in_safe_mode_after_its_own_failures():
    """It was fallen back to, ran well, and fails later: the version that was left is not tried again."""
    wearer = two_versions()
    with wearer:
        wearer.wait_for("ready")
        wearer.wait_until_s(wearer.now_s + 40)
        flash = wearer.board.flash
        assert "starting" not in files(flash) and flash.read_file("/left") == b"b"
        break_slot(flash, "a")
        wearer.board.power_cycle()
        wearer.wait_for("safe mode")
        assert wearer.output.count("starting /b") == 3 and wearer.output.count("falling back") == 1
        assert flash.read_file("/active") == b"a"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"/active": b"\xff\xfe"}, {"/active": b""}, {"/active": b"c" * 300},
        {"/starting": b"\xff\xfe"}, {"/starting": b'{"a": 1e999}'},
        {"/starting": b"[1, 2]"}, {"/starting": b'{"a": "x'},
        {"/left": b"\xff", "/crash": b"\xff"}, {"/starting.new/x": b"a folder in the way"},
    ],
    ids=lambda spoilt: repr(spoilt)[:40],
)  # fmt: skip
def test_whatever_its_files_hold_the_board_starts(spoilt):
    with Wearer(stand(), files=spoilt) as wearer:
        wearer.wait_for("ready")
        assert "Error" not in wearer.output.replace("not written: OSError", "")


def fill_to_the_last_block(flash):
    number = 0
    for size in (200_000, 2_000, 200, 1):
        with contextlib.suppress(OSError):
            while True:
                number += 1
                flash.write_file(f"/{number}", bytes(size))


def test_a_full_volume_stops_neither_loader_nor_app():
    """No note can be written: the board starts, once, says why it records nothing, and a host that makes room ends it.

    Its start has no number: the one on the flash is an earlier start's, whose sessions a host would date by this one.
    """
    name = "/sessions/00004-1.knee"
    wearer = Wearer(short_run(60), files={"/boots": b"4", name: bytes(100_000)})
    flash = wearer.board.flash
    fill_to_the_last_block(flash)
    with wearer:
        wearer.wait_for("ready")
        assert "/starting not written" in wearer.output
        wearer.wait_for("no session: the flash is full: kneesync pull --free")
        wearer.wait_until_s(wearer.now_s + 60)
        assert wearer.output.count("starting /a") == wearer.output.count("ready") == 1, "it does not start for ever"
        assert flash.listdir("/sessions") == ["00004-1.knee"] and flash.read_file("/boots") == b"4"
        with Link(wearer.board.port) as link:
            assert link.info["boot"] is None
            (listed,) = link.call("service.listing()", list)
            link.call(f"service.remove({listed['name']!r}, {listed['sha256']!r})")
        wearer.wait_for("ready", 2)
        assert flash.read_file("/boots") == b"5"
        with Link(wearer.board.port) as link:
            assert link.info["boot"] == 5


def test_a_host_that_is_gone_leaves_a_full_board_running_again():
    """The reset at the lease's end must not need room for the clock's note."""
    wearer = Wearer(stand(5))
    fill_to_the_last_block(wearer.board.flash)
    with wearer:
        wearer.wait_for("ready")
        wearer.board.type(b"\x03")
        wearer.wait_for("starts again in")
        wearer.board.type(b"import board; board.set_clock(1790000000)\r\n")
        wearer.wait_for("set_clock(1790000000)")
        wearer.wait_for("ready", 2)


def operations_of_a_fallback():
    wearer = two_versions()
    with wearer:
        wearer.wait_for("ready")
        return len(wearer.board.flash.journal)


def cut_at(operation):
    """Power goes in the midst of that operation of the falling back, and comes again."""
    wearer = two_versions()
    flash = wearer.board.flash
    flash.cut_power_at(operation)
    with wearer:
        board = wearer.board
        board.run_until_printed("ready")  # late ones come after the falling back
        assert board.powered == (flash.memory.ops_to_cut is not None)
        flash.cut_power_at(None)
        board.power_cycle()
        wearer.wait_for("ready")
        # one that was cut may be counted and not have crashed, or have crashed and not be counted
        starts = wearer.output.count("RuntimeError")
        assert starts in (2, 3, 4), f"cut at {operation}: {starts} starts of the crashing version"
        assert flash.read_file("/active") == b"a" and flash.read_file("/left") == b"b"


def test_a_power_cut_at_the_counter_falls_back_all_the_same():
    for operation in random.Random(6).sample(range(1, operations_of_a_fallback() - 4), 4):
        cut_at(operation)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_power_cut_at_any_operation_of_the_loader_falls_back_all_the_same():
    for operation in range(1, operations_of_a_fallback() + 1):
        cut_at(operation)


def test_a_host_that_comes_before_the_slot_is_chosen_gets_its_prompt_on_lease():
    """Ctrl-C in the loader's first moments: the board must come back by itself all the same."""
    loader = firmware()["/main.py"].replace(b"    slot = active()\n", b"    raise KeyboardInterrupt\n", 1)
    with Wearer(stand(), files={"/main.py": loader}) as wearer:
        wearer.wait_for("the firmware starts again in 25 s")
        assert "ImportError" not in wearer.output
