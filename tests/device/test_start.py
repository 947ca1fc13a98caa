"""The loader: slots, failed starts, safe mode."""

import json

from conftest import Wearer

from kneesync.virtual.runner import Stand, simulate

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
        assert json.loads(wearer.board.flash.read_file("/starting")) == {"a": 1}
        wearer.wait_until_s(40)
        assert "starting" not in files(wearer.board.flash)
        assert wearer.board.flash.read_file("/boots") == b"1"


def test_three_failed_starts_end_in_safe_mode():
    wearer = Wearer(stand())
    break_slot(wearer.board.flash, "a")
    with wearer:
        wearer.wait_for("safe mode")
        assert wearer.output.count("RuntimeError") == 3
        assert wearer.board.led == 1
        assert b"does not start" in wearer.board.flash.read_file("/crash")
        wearer.type(b"\r\nprint(6 * 7)\r\n")
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


def test_press_at_the_led_asks_for_safe_mode():
    wearer = Wearer(stand())
    wearer.board.press_button(at_s=1)
    with wearer:
        wearer.wait_for("safe mode")
        assert "ready" not in wearer.output
        assert wearer.board.led == 1


def test_press_where_safe_mode_is_due_tries_once_more():
    wearer = Wearer(stand(), files={"/starting": b'{"a": 3}'})
    wearer.board.press_button(at_s=1)
    with wearer:
        wearer.wait_for("ready")


def test_an_update_that_was_cut_short_leaves_the_active_slot():
    with Wearer(stand(), files={"/active.new": b"b", "/b/app.py": CRASHING}) as wearer:
        wearer.wait_for("ready")
        assert "RuntimeError" not in wearer.output
