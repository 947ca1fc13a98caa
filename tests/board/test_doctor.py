"""What the doctor says of a board at the byte level: each trouble by its name, with a next step."""

import json
import os
from dataclasses import replace

import pytest

from kneecore import __version__
from kneesync.board import doctor, find
from kneesync.board import port as port_module
from kneesync.library import Library
from kneesync.views import checkup
from tests.support.fake_board import CHECKUP, INFO, SELFTEST, FakeBoard
from tests.support.knee_files import BOARD, KneeFile
from tests.support.pages import page, same_as_golden

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not"),
    pytest.mark.usefixtures("impatient"),
]
FILES = {"00007-1.knee": bytes(KneeFile().end(9).data)}


@pytest.fixture(autouse=True)
def _no_other_ports(monkeypatch):
    from serial.tools import list_ports

    monkeypatch.setattr(list_ports, "comports", list)
    monkeypatch.setattr(port_module, "holders", lambda port: [])  # the fake board holds its own


def said(value):
    return json.dumps(value).encode() + b"\r\n"


def examined(quick=False, files=(), **answers):
    """A check-up of a board that gives these answers in place of its own."""
    with FakeBoard(files, answers={name: said(value) for name, value in answers.items()}) as board:
        found = doctor.examine(Library, board.port, quick)
        assert board.restarts == 1
    return found


def by_name(found):
    return {finding.name: finding for finding in found.findings}


def info(**more):
    return {**INFO, "board": BOARD, "boot": 7, "up_ms": 120_000, "sessions": 0, **more}


def test_a_board_that_is_well():
    found = examined()
    assert {finding.state for finding in found.findings} == {"ok"} and found.exit_code == 0
    found.findings[0].text = "/dev/ttyACM0 (RP2040 board): yours to use, used by nobody else"
    found.findings = [replace(one, text=one.text.replace(__version__, "VERSION")) for one in found.findings]
    text = page(80, lambda console: [checkup.show(console, finding) for finding in found.findings])
    assert max(map(len, text.splitlines())) <= 80
    same_as_golden("doctor", text)
    same_as_golden("plain_doctor", "\n".join(map(checkup.plain, found.findings)) + "\n")
    assert checkup.brief(found) == f"{BOARD}: ready, 0 sessions to pull, room for 106 h"


BATTERY = {"mv": 3850, "percent": 61, "low": False, "empty": False}
ROWS = {row["check"]: row for row in SELFTEST}


def self_test(**more):
    """The self-test's rows with one in place of another."""
    ((name, row),) = more.items()
    rows = {**ROWS, name: {"check": name, "blocks": False, **row}}
    return b"".join(map(said, rows.values()))


TROUBLES = {
    "an older firmware": (
        {"info": info(firmware="0.0.9")},
        "firmware", "attention", "0.0.9 in slot a: older than this", "kneesync flash"),
    "a newer firmware": (
        {"info": info(firmware="9.1.0")},
        "firmware", "attention", "newer than this kneesync", "pip install -U"),
    "a second slot": (
        {"checkup": {**CHECKUP, "active": "b", "holds": ["a", "b"]}},
        "firmware", "ok", "in slot b; slot a holds another", ""),
    "an old MicroPython": (
        {"checkup": {**CHECKUP, "micropython": [1, 22, 2]}},
        "MicroPython", "attention", "1.22.2", "--firmware FILE.uf2"),
    "safe mode": (
        {"checkup": {**CHECKUP, "ran": False, "failed_starts": {"a": 3}}},
        "start", "bad", "after 3 failed starts", "flash"),
    "left at its prompt by another tool": (
        {"checkup": {**CHECKUP, "ran": False, "soft_reset": True}},
        "start", "attention", "another tool's soft reset", "25 s"),
    "a button that is held": (
        {"checkup": {**CHECKUP, "button_down": True}},
        "button", "attention", "its line stays low", "let it go"),
    "a crash, printable only": (
        {"checkup": {**CHECKUP, "crash": "OSError: \x1b[2J5"}},
        "crash", "attention", "its last: OSError: ?[2J5", "report"),
    "a full battery": (
        {"checkup": {**CHECKUP, "battery": BATTERY}},
        "battery", "ok", "61 % (3.85 V)", ""),
    "a low battery": (
        {"checkup": {**CHECKUP, "battery": {**BATTERY, "low": True}}},
        "battery", "attention", "low", "charge"),
    "an empty battery": (
        {"checkup": {**CHECKUP, "battery": {**BATTERY, "empty": True}}},
        "battery", "bad", "no run is recorded", "charge"),
    "a battery that is no number": (
        {"checkup": {**CHECKUP, "battery": {"mv": "x", "percent": []}}},
        "battery", "ok", "cannot read it", ""),
    "a flash nearly full": ({"info": info(free_bytes=400_000)},
        "space", "attention", "0.4 MB free: 4 h", "pull --free"),
    "a full flash": ({"info": info(free_bytes=100_000)},
        "space", "bad", "no session can begin", "pull --free"),
    "little room for raw": (
        {"info": info(free_bytes=3_000_000, settings={"raw": "on"})},
        "space", "attention", "0.8 h with raw", "free"),
    "a clock far off": ({"info": info(clock_s=1_700_000_000)},
        "clock", "attention", "behind this machine; set now", ""),
    "changed settings": ({"info": info(settings={"leg": "R"})},
        "settings", "ok", "changed: leg=R", ""),
    "a closed run": ({"info": info(closed="00007-1.knee")},
        "run", "attention", "closed safely as 00007-1.knee", "pull"),
    "an IMU that does not answer": (
        {"selftest": self_test(IMU={"ok": False, "text": "no IMU answers at 0x6A"})},
        "IMU", "bad", "no IMU answers", ""),
    "no motor": (
        {"selftest": self_test(haptic={"ok": False, "text": "no driver answers"})},
        "haptic", "attention", "no driver", ""),
    "a FIFO too slow": (
        {"selftest": self_test(FIFO={"ok": True, "text": "100.9 samples a second"})},
        "FIFO", "attention", "± 3 %", "report"),
    "a silent self-test": ({"selftest": b""}, "self-test", "bad", "it said nothing", "flash"),
}  # fmt: skip


@pytest.mark.parametrize("name", TROUBLES)
def test_each_trouble_is_named_with_a_next_step(name):
    answers, where, state, text, step = TROUBLES[name]
    with FakeBoard(
        answers={call: value if isinstance(value, bytes) else said(value) for call, value in answers.items()}
    ) as board:
        found = doctor.examine(Library, board.port)
    finding = by_name(found)[where]
    assert (finding.state, finding.text) == (state, finding.text) and text in finding.text and step in finding.step
    assert bool(finding.step) == bool(step)
    assert found.exit_code == (1 if state == "bad" else 0)


def test_settings_that_the_board_refused():
    refused = ["setting leg is 'X'; it takes L or R"]
    found = examined(checkup={**CHECKUP, "refused_settings": refused})
    assert [one.text for one in found.findings if one.name == "settings"][1] == f"not used: {refused[0]}"


def test_unpulled_sessions_are_counted():
    found = examined(files=FILES, quick=True)
    assert by_name(found)["sessions"].text == "1 of 1 not in the library yet (1 kB)"
    assert checkup.brief(found) == f"{BOARD}: ready, 1 session to pull, room for 106 h"
    assert "FIFO" not in by_name(found)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"failed_starts": {"a": 9}, "active": ["a"], "ran": 1},
        {"micropython": "1", "failed_starts": [], "battery": 7, "holds": 3, "active": []},
    ],
)
def test_odd_answers_are_no_crash(odd):
    found = examined(checkup=odd, info={"board": BOARD, "firmware": ["\x1b"], "free_bytes": -1, "settings": 3})
    assert by_name(found)["space"].text == "not told"
    assert "\x1b" not in "".join(map(checkup.plain, found.findings))


@pytest.mark.parametrize(("module", "where"), [("checkup", "MicroPython"), ("selftest", "self-test")])
def test_a_firmware_without_these_modules_is_still_looked_at(module, where):
    import_error = b"\x04Traceback:\r\nImportError: no module named '%s'\r\n" % module.encode()
    with FakeBoard(answers={module: import_error}) as board:
        found = doctor.examine(Library, board.port)
    assert by_name(found)[where].step == "run `kneesync flash`" and "restart" in by_name(found)


def test_nothing_plugged_in(monkeypatch):
    found = doctor.examine(Library)
    assert found.exit_code == 3 and found.findings[0].text == "no board found"
    assert "data cable" in found.findings[0].step
    assert checkup.brief(found).startswith("no board: board: no board found; use a data cable")
    monkeypatch.setattr(port_module, "waiting_bootloader", lambda: True)
    (finding,) = doctor.examine(Library).findings
    assert "waits in its bootloader" in finding.text and "--firmware FILE.uf2" in finding.step


def test_other_ports_are_named(monkeypatch):
    monkeypatch.setattr(find, "other_ports", lambda: ["/dev/ttyUSB0"])
    assert "Other serial ports here: /dev/ttyUSB0" in doctor.examine(Library, "e661").findings[0].step


def test_a_port_that_is_silent():
    master, slave = os.openpty()
    try:
        found = doctor.examine(Library, os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)
    assert [finding.name for finding in found.findings] == ["port", "board"] and found.exit_code == 1
    assert found.findings[1].state == "bad" and "silent" in found.findings[1].text and "reset" in found.findings[1].step


def test_a_board_that_does_not_come_back():
    with FakeBoard(ready=False) as board:
        found = doctor.examine(Library, board.port)
    assert by_name(found)["restart"].state == "bad" and "reset button" in by_name(found)["restart"].step
    assert by_name(found)["sessions"].state == "ok"
