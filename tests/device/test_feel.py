"""`doctor --feel`: every sign of the motor, named before it plays; the DRV2605 model's own log is the witness."""

import ast

import pytest

from kneesync.board import feel, find
from kneesync.errors import KneesyncError
from kneesync.firmware.image import device_folder
from kneesync.simulation.feed import Still
from tests.support.wearer import Wearer


def bursts(log):
    """(start_ms, [pulse lengths ms]) of each pattern: pulses less than 300 ms apart belong together."""
    found = []
    for start_us, end_us, _, drive in log:
        if drive < 0:
            continue  # the brake
        if not found or start_us / 1000 - found[-1][2] > 300:
            found.append([start_us / 1000, [], 0])
        found[-1][1].append((end_us - start_us) / 1000)
        found[-1][2] = end_us / 1000
    return [(start_ms, pulses) for start_ms, pulses, _ in found]


def test_each_sign_is_named_and_then_felt():
    named = []
    with Wearer(Still(), {"cue.pulse_ms": 200, "quiet": "on"}) as wearer:
        wearer.wait_for("ready")
        before_us = wearer.board.clock.now_us
        signs = feel.feel(wearer.board.port, named.append)
        log = [row for row in wearer.board.haptic.log if row[0] > before_us]
        wearer.wait_for("ready", 2)
    assert named == signs and [(sign.pulses, sign.pulse_ms) for sign in signs[:2]] == [(2, 200), (2, 400)]
    assert {"cues muted for this run", "knee raises seen: ready"} <= {sign.name for sign in signs}
    assert len({sign.name for sign in signs}) == len(signs) >= 11
    felt = bursts(log)
    assert [len(pulses) for _, pulses in felt] == [sign.pulses for sign in signs]
    for (_, pulses), sign in zip(felt, signs, strict=True):
        assert pulses == [pytest.approx(sign.pulse_ms, abs=5)] * sign.pulses


def test_on_the_command_line(kneesync):
    with Wearer(Still()) as wearer, find.registered(wearer.board.port, wearer.board.board_id):
        wearer.wait_for("ready")
        code, out, err = kneesync("doctor", "--feel")
    lines = out.splitlines()
    assert (code, err) == (0, "") and len(lines) >= 11 and max(map(len, lines)) <= 80
    assert lines[:2] == [
        " 2 times 150 ms   cue, at the smallest fall",
        " 2 times 300 ms   cue, at twice that fall or more",
    ]


def test_without_a_motor():
    with Wearer(Still()) as wearer:
        wearer.wait_for("ready")
        wearer.board.bus.unplug(0x5A)
        with pytest.raises(KneesyncError, match="no motor answers"):
            feel.feel(wearer.board.port)
        wearer.wait_for("ready", 2)


def test_every_sign_has_a_name():
    def table(name, text):
        tree = ast.parse((device_folder() / name).read_text(encoding="utf-8"))
        assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
        (value,) = [node.value for node in assigned if ast.unparse(node.targets[0]) == text]
        return ast.literal_eval(value)

    assert len(table("signals.py", "TABLE")) == 4 * len(table("feel.py", "NAMES"))
