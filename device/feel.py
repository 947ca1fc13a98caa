"""Every sign that the motor gives, one after the other, each named before it plays. The firmware never imports this.

import feel
feel.run()              # a line of JSON a sign: {"sign", "pulses", "pulse_ms"}
"""

from time import sleep_ms

import board
import persist
from haptics import Haptics, find_motor
from service import guarded, say
from signals import CUE, TABLE

NAMED_MS = 1200  # between a sign's name and the sign: time to read it
AFTER_MS = 600
# In the order of signals.TABLE; what has no pulses is not played.
NAMES = (
    "waiting for a runner",
    "standing pose taken: raise the knee three times, or just run",
    "knee raises seen: ready",
    "a session is open",
    "paused: the session is still open",
    "closed: the session is safe",
    "the IMU does not answer",
    "no session: the flash is full or the battery empty",
    "battery low",
    "cues muted for this run",
    "cues unmuted",
    "hold on, and the run ends",
    "cue",
    "three taps felt: a sync mark is in the log",
)


def signs():
    """(name, pulses, ms of each) of all that have pulses; the cue first, at its least and at its deepest."""
    pulses, pulse_ms = TABLE[4 * CUE + 2], persist.settings()["cue.pulse_ms"]
    yield "cue, at the smallest fall", pulses, pulse_ms
    yield "cue, at twice that fall or more", pulses, 2 * pulse_ms
    for i in range(len(NAMES)):
        if i != CUE and TABLE[4 * i + 2]:
            yield NAMES[i], TABLE[4 * i + 2], TABLE[4 * i + 3]


@guarded
def run():
    """Name and play each; half a minute in all. The board is to be reset afterwards."""
    motor = found()
    if motor is None:
        say({"error": "no motor answers; see its line in `kneesync doctor`"})
        return
    for name, pulses, pulse_ms in signs():
        say({"sign": name, "pulses": pulses, "pulse_ms": pulse_ms})
        _wait(NAMED_MS)
        play(motor, pulses, pulse_ms)
        _wait(AFTER_MS)


def found():
    """The board's motor, at rest; None if there is none, or its driver does not answer."""
    motor = find_motor()
    try:
        if motor:
            motor(0)
    except (OSError, ValueError):
        return None
    return motor


def play(motor, pulses, pulse_ms):
    """Play the pattern to its end."""
    player = Haptics(motor, False)
    player.stop(0)
    sleep_ms(AFTER_MS)
    player.play(board.up_ms(), pulses, pulse_ms)
    while player.busy:
        sleep_ms(player.wait_ms(board.up_ms(), 50))
        player.tick(board.up_ms())


def _wait(ms):
    board.feed_watchdog()
    sleep_ms(ms)
    board.feed_watchdog()
