"""One board, from the first look to the last: what must hold on hardware as on the virtual board. `make hil`.

In this order: each test leaves the board with its firmware running and its sessions as they were.
"""

import hashlib
import json
import time

import pytest
import serial

from kneecore import __version__, settings
from kneesync.board.flash import Image

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]  # in `make test` tests/end_to_end/ covers what they do
READY_S = 30  # a host that vanishes: the firmware is back within this time
CHECKS = ["memory", "flash", "IMU", "FIFO", "acceleration", "haptic"]


@pytest.fixture(scope="module")
def before(bench):
    """The sessions on the board as these tests found it."""
    return bench.listing()


def said(bench, words, within_s, first=None):
    """Everything the firmware says from now on until `words` are in it; first(port) is called once someone listens.

    A board on USB takes its port along when it resets: it is opened again.
    """
    text, until_s = "", time.monotonic() + within_s
    while words not in text:
        try:
            with serial.Serial(bench.port, 115200, timeout=0.2, exclusive=True) as wire:
                if first:
                    wire.reset_input_buffer()
                    first(wire)
                    first = None
                while words not in text:
                    assert time.monotonic() < until_s, f"expected {words!r} within {within_s} s, found {text[-500:]!r}"
                    text += wire.read(wire.in_waiting or 1).decode(errors="replace")
        except OSError:  # pyserial's own are OSErrors too
            assert time.monotonic() < until_s, f"{bench.port} did not come back within {within_s} s"
            time.sleep(0.1)
    return text


def findings(bench):
    found = json.loads(bench.kneesync("doctor", bench.port, "--json"))
    return {row["name"]: row for row in found["findings"]}, found


def test_it_is_listed_with_its_id(bench, before):
    listed = json.loads(bench.try_kneesync("devices", "--json").stdout)
    rows = [row for row in listed if row["port"] == bench.port]
    if not rows:
        pytest.skip(f"{bench.port} is of a maker that find.py does not know: `kneesync devices` cannot list it")
    (row,) = rows
    assert row["id"] == bench.board and len(row["id"]) == 16
    print(f"board {bench.board}, {'virtual' if bench.virtual else row['description']}, sessions: {len(before)}")


def test_this_firmware_gets_onto_it_and_passes_its_self_test(bench, before):
    done = json.loads(bench.kneesync("flash", bench.port, "--json"))
    assert done["state"] in ("installed", "here already") and done["version"] == __version__
    print(f"{done['state']} in /{done['slot']}: {done['sent']} files sent, {done['copied']} copied")
    for check in done["checks"]:
        print(f"  {check['check']}: {check['text']}")
    assert [check["check"] for check in done["checks"]] == CHECKS
    assert [check["text"] for check in done["checks"] if not check["ok"]] == []


def test_a_second_flash_sends_nothing(bench, before):
    done = json.loads(bench.kneesync("flash", bench.port, "--json"))
    assert (done["state"], done["sent"]) == ("here already", 0)


def test_its_files_are_those_of_this_tree(bench, before):
    """By stock mpremote: byte for byte what kneesync says that it sent."""
    slot = bench.mpremote("exec", "print(open('/active').read().strip())").strip()
    for path in ("app.mpy", "board.mpy", "kneecore/pipeline.mpy"):
        digest = bench.mpremote("fs", "sha256sum", f":/{slot}/{path}").split()[-1]
        assert digest == hashlib.sha256(Image.built().files[path]).hexdigest(), path
    bench.mpremote("reset")
    said(bench, " ready ", READY_S)


def test_the_doctor_finds_it_well(bench, before):
    rows, found = findings(bench)
    for name, row in rows.items():
        print(f"  {row['state']:9} {name}: {row['text']}")
    assert found["state"] in ("ok", "attention") and rows["restart"]["state"] == "ok"
    assert {name: rows[name]["text"] for name in ("IMU", "FIFO", "acceleration") if rows[name]["state"] != "ok"} == {}


def test_settings_are_kept_over_a_restart_and_put_back(bench, before):
    rows = {row["name"]: row for row in json.loads(bench.kneesync("settings", bench.port, "--json"))["settings"]}
    assert set(rows) == set(settings.defaults())
    was = rows["cue.hold_s"]["value"]
    other = 45 if was != 45 else 50
    try:
        bench.kneesync("settings", bench.port, "--set", f"cue.hold_s={other}")
        again = {row["name"]: row for row in json.loads(bench.kneesync("settings", bench.port, "--json"))["settings"]}
        assert again["cue.hold_s"]["value"] == other
        assert {name: row["value"] for name, row in again.items() if name != "cue.hold_s"} == {
            name: row["value"] for name, row in rows.items() if name != "cue.hold_s"
        }
    finally:
        back = ("--set", f"cue.hold_s={was}") if rows["cue.hold_s"]["changed"] else ("--reset", "cue.hold_s")
        bench.kneesync("settings", bench.port, *back)
    after = {row["name"]: row for row in json.loads(bench.kneesync("settings", bench.port, "--json"))["settings"]}
    assert after == rows


def test_every_session_comes_home_and_stays_on_the_board(bench, before):
    started_s = time.monotonic()
    pulled = json.loads(bench.kneesync("pull", bench.port, "--json"))
    states = [row["state"] for row in pulled["sessions"]]
    print(f"sessions: {len(states)}, {time.monotonic() - started_s:.1f} s: {sorted(set(states))}")
    assert set(states) <= {"new", "here already"} and len(states) >= len(before)
    assert before.items() <= bench.listing().items()
    again = json.loads(bench.kneesync("pull", bench.port, "--json"))
    assert {row["state"] for row in again["sessions"]} <= {"here already"}


def test_stock_mpremote_talks_to_it(bench, before, tmp_path):
    """What kneesync relies on, and what a tinkerer uses."""
    assert bench.mpremote("exec", "print(6 * 7)").strip() == "42"
    sent, back = tmp_path / "sent.bin", tmp_path / "back.bin"
    sent.write_bytes(bytes(range(256)) * 20)
    bench.mpremote("fs", "cp", str(sent), ":/hil.bin")
    try:
        bench.mpremote("fs", "cp", ":/hil.bin", str(back))
        assert back.read_bytes() == sent.read_bytes()
    finally:
        bench.mpremote("fs", "rm", ":/hil.bin")
    bench.mpremote("reset")
    said(bench, " ready ", READY_S)


def test_a_host_that_stops_it_and_goes_away_leaves_a_board_that_runs(bench, before):
    """The loader's lease: the cable comes out after Ctrl-C."""
    with serial.Serial(bench.port, 115200, timeout=0.2, exclusive=True) as wire:
        wire.write(b"\x03")
        time.sleep(1)  # for a port: the board closes its log first
    said(bench, " ready ", READY_S)


def test_a_host_that_dies_in_mid_pull_leaves_a_board_that_runs(bench, before):
    """The watchdog, which the service armed: the one that no simulation proves."""

    def begins(wire):
        wire.write(b"\r\x03\x03")
        time.sleep(1)
        wire.write(b"import sys; sys.path.insert(0, '/' + open('/active').read().strip())\r")
        wire.write(b"import service; service.info()\r")

    said(bench, " ready ", READY_S, begins)


def test_back_to_the_version_before_and_forth(bench, before):
    doctor = findings(bench)[0]["firmware"]["text"]
    if "holds another" not in doctor:
        pytest.skip("the other slot is empty: there is no version before this one to go back to")
    back = json.loads(bench.kneesync("flash", bench.port, "--rollback", "--json"))
    forth = json.loads(bench.kneesync("flash", bench.port, "--json"))
    print(f"back to {back['version']}, forth to {forth['version']}")
    assert back["slot"] != forth["slot"] and forth["version"] == __version__


def test_the_button_opens_and_closes_a_session(bench, before):
    if bench.press is None:
        pytest.skip("needs a hand on the button: KNEESYNC_HAND=1 KNEESYNC_PORT=... make hil")
    said(bench, " opened", 60, lambda wire: bench.press("press the button shortly (within a minute)"))
    time.sleep(1)
    text = said(bench, " closed (button)", 60, lambda wire: bench.press("and hold it for three seconds"))
    print(text.strip().splitlines()[-1])
    assert len(bench.listing()) == len(before) + 1


def test_nothing_that_was_on_the_board_is_gone_or_changed(bench, before):
    after = bench.listing()
    assert before.items() <= after.items(), "sessions went missing or changed"
    print(f"sessions: {len(before)} as they were, {len(after) - len(before)} new")
