"""What the board says without words: one table for LED and motor, and the button that answers."""

from board import led, pressed
from haptics import Haptics

IDLE, STANDING, RAISES, RUNNING, PAUSED, CLOSED, NO_IMU, REFUSED, LOW_BATTERY, MUTED, UNMUTED, CUE = range(12)

# word, LED: lit for ms of every ms, motor: pulses of ms. A cue's length is the pipeline's.
TABLE = (
    ("idle", 150, 3000, 0, 0),  # waits for a runner who stands still
    ("standing", 500, 1000, 1, 80),  # standing pose taken: raise the knee three times, or just run
    ("raises", 900, 1000, 2, 80),  # knee raises seen: ready
    ("running", 150, 1000, 1, 400),  # a session is open
    ("paused", 150, 450, 1, 80),  # no strides for a while; the session is still open
    ("closed", 2000, 2000, 3, 200),  # the session is safe on flash
    ("no IMU", 150, 300, 5, 60),  # the IMU does not answer, or is another chip
    ("refused", 150, 600, 4, 150),  # no session: flash full or battery empty
    ("battery low", 0, 1, 4, 150),  # while running; the LED keeps the state's
    ("muted", 0, 1, 1, 250),  # cues are held back for this run
    ("unmuted", 0, 1, 2, 120),
    ("cue", 0, 1, 2, 150),
)
PRESS_MS = 50
LONG_PRESS_MS = 1000
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
        row = TABLE[sign]
        return self.haptics.play(now_ms, row[3], pulse_ms or row[4])

    def tick(self, now_ms):
        row = TABLE[self._state]
        lit = (now_ms - self._since_ms) % row[2] < row[1]
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
            elif not self._told and now_ms - self._down_ms >= LONG_PRESS_MS:
                self._told = True
                return LONG
            return NONE
        held_ms = now_ms - self._down_ms if self._down_ms >= 0 else 0
        self._down_ms = -1
        return SHORT if held_ms >= PRESS_MS and not self._told else NONE
