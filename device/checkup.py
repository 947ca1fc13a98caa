"""What the doctor asks beside service.info() and the self-test. The firmware never imports this.

import checkup
checkup.run()
"""

import json
import os
import sys
from time import sleep_ms

import battery
import board
import persist
from service import guarded, say

import __main__  # pyright: ignore[reportMissingImports] - whatever runs the board: main.py, or a prompt
from kneecore import settings as table

CRASH = "/crash"  # main.py writes it
_MOST_BYTES = 4096


def _text(path):
    try:
        with open(path) as file:
            return file.read(_MOST_BYTES).strip()
    except (OSError, ValueError):
        return ""


def _holds_app(slot):
    try:
        files = os.listdir("/" + slot)
    except OSError:
        return False
    return "app.mpy" in files or "app.py" in files


def _failed_starts():
    """Slot -> starts in a row that did not run for 30 s, as main.py counts them."""
    try:
        return json.loads(_text(persist.STARTING) or _text(persist.FAILED) or "{}")
    except ValueError:
        return {}


def _battery():
    """None where the board cannot read it."""
    supply = battery.Battery()
    supply.poll(0)
    if not supply.mv:
        return None
    return {
        "mv": supply.mv,
        "percent": supply.percent(),
        "low": supply.low,
        "empty": supply.mv < battery.EMPTY_MV,
    }


def _button_down():
    """Whether its line is low for a while: held, or shorted."""
    for _ in range(10):
        if not board.pressed():
            return False
        sleep_ms(20)
    return True


@guarded
def run():
    """Versions, slots, failed starts, the last crash's last line, the battery, settings that were refused."""
    say(
        {
            "micropython": list(sys.implementation.version[:3]),
            "machine": getattr(sys.implementation, "_machine", ""),
            "active": _text("/active"),
            "holds": [slot for slot in "ab" if _holds_app(slot)],
            "ran": "app" in sys.modules,
            "soft_reset": not hasattr(__main__, "let_host_in"),  # by a tool in raw mode: main.py has not run
            "failed_starts": _failed_starts(),
            "crash": _text(CRASH).split("\n")[-1][:160],
            "battery": _battery(),
            "button_down": _button_down(),
            "refused_settings": table.merged(persist.changes())[1][:8],
        }
    )
