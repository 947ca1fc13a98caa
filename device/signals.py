"""What the board says without words: one table for LED and motor, and the button that answers."""

from board import led, pressed
from haptics import Haptics
from micropython import const

IDLE, STANDING, RAISES, RUNNING, PAUSED, CLOSED, NO_IMU, REFUSED, LOW_BATTERY, MUTED, UNMUTED, CUE, SYNC = range(13)

# LED: lit for ms of every ms; motor: pulses of ms. A cue's length is the pipeline's.
TABLE = (
    150, 3000, 0, 0,  # idle: waits for a runner who stands still
    500, 1000, 1, 80,  # standing pose taken: raise the knee three times, or just run
    900, 1000, 2, 80,  # knee raises seen: ready
    150, 1000, 1, 400,  # running: a session is open
    150, 450, 1, 80,  # paused: no strides for a while, the session is still open
    2000, 2000, 3, 200,  # closed: the session is safe on flash
    150, 300, 5, 60,  # no IMU: it does not answer, or is another chip
    150, 600, 4, 150,  # refused: no session, because the flash is full or the battery empty
    0, 1, 2, 500,  # battery low, while running: once; here and below the LED keeps the state's
    0, 1, 1, 250,  # muted: cues are held back for this run
    0, 1, 2, 120,  # unmuted
    0, 1, 2, 150,  # cue
    0, 1, 3, 80,  # three taps were felt: a sync mark stands in the log
)  # fmt: skip
_PRESS_MS = const(50)
_LONG_PRESS_MS = const(1000)
NONE, SHORT, LONG = range(3)


class Signals:
    """LED and motor by the table."""

    def __init__(self, motor):
        self.haptics = Haptics(motor)
        self._state = IDLE
        self._lit = None
        self._since_ms = 0

    def state(self, now_ms, state):
        """Let the LED show that state from now on."""
        self._state = state
        self._since_ms = now_ms

    def once(self, now_ms, sign, pulse_ms=0):
        """Play a sign on the motor, the LED stays as it is. Returns when the motor will be still again, ms."""
        return self.haptics.play(now_ms, TABLE[4 * sign + 2], pulse_ms or TABLE[4 * sign + 3])

    def tick(self, now_ms):
        lit = (now_ms - self._since_ms) % TABLE[4 * self._state + 1] < TABLE[4 * self._state]
        if lit != self._lit:
            self._lit = lit
            led(lit)
        self.haptics.tick(now_ms)

    def wait_ms(self, now_ms, most_ms):
        return self.haptics.wait_ms(now_ms, most_ms)


class Button:
    """Tells short from long presses: a long one while it is still held, a short one when it is let go."""

    def __init__(self):
        self._down_ms = -1
        self._told = False

    def poll(self, now_ms):
        """NONE, SHORT or LONG. Call every few tens of ms; one call alone is a bounce."""
        if pressed():
            if self._down_ms < 0:
                self._down_ms = now_ms
                self._told = False
            elif not self._told and now_ms - self._down_ms >= _LONG_PRESS_MS:
                self._told = True
                return LONG
            return NONE
        held_ms = now_ms - self._down_ms if self._down_ms >= 0 else 0
        self._down_ms = -1
        return SHORT if held_ms >= _PRESS_MS and not self._told else NONE
