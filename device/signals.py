"""What the board says without words: one table for LED and motor, and the button that answers."""

from board import led, pressed
from haptics import Haptics
from micropython import const

IDLE, STANDING, RAISES, RUNNING, PAUSED, CLOSED, NO_IMU, REFUSED, LOW_BATTERY, MUTED, UNMUTED, HOLDING, CUE, SYNC = (
    range(14)
)

# LED: lit for ms of every ms; motor: pulses of ms. A cue's length is the pipeline's. An eccentric motor needs 100 ms to
# come to its speed and as long to stop, and nobody counts past three while running: there one long pulse says yes, two
# are the cue, three say that nothing is being recorded.
TABLE = (
    50, 3000, 0, 0,  # idle: waits for a runner who stands still
    500, 1000, 1, 150,  # standing pose taken: raise the knee three times, or just run
    900, 1000, 2, 150,  # knee raises seen: ready
    50, 1000, 1, 400,  # running: a session is open
    150, 450, 1, 150,  # paused: no strides for a while, the session is still open
    2000, 2000, 3, 200,  # closed: the session is safe on flash
    150, 300, 3, 200,  # no IMU: it does not answer, or is another chip
    150, 600, 3, 200,  # refused: no session, because the flash is full or the battery empty
    1000, 2000, 0, 0,  # battery low, in place of idle and running
    0, 1, 1, 400,  # muted: cues are held back for this run; here and below the LED keeps the state's
    0, 1, 2, 150,  # unmuted: the cue, to feel what may come
    0, 1, 1, 400,  # the button is held in a run: hold on, and it ends
    0, 1, 2, 150,  # cue
    0, 1, 3, 150,  # three taps were felt: a sync mark stands in the log
)  # fmt: skip
_STEADY_MS = const(40)  # contacts bounce for up to 10 ms, knocks on the stem close them for up to 30
_LOOK_MS = const(8)
_DOUBLE_MS = const(500)  # from letting go to the next press
_HELD_MS = const(800)
_LONG_MS = const(2000)
NONE, SHORT, DOUBLE, HELD, LONG = range(5)


class Signals:
    """LED and motor by the table."""

    def __init__(self, motor, quiet):
        self.haptics = Haptics(motor, quiet)
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
    """What was pressed: SHORT and DOUBLE when it is let go, HELD and LONG while it is held.

    A level counts once it has stood for _STEADY_MS, whatever the contact does meanwhile; a press counts only after the
    line was seen high: sweat on the board, or a lid on the stem, press nothing.
    """

    def __init__(self):
        self._raw = self._down = True
        self._stage = LONG  # of this press: what was told of it
        self._since_ms = self._down_ms = 0
        self._up_ms = -_DOUBLE_MS

    def poll(self, now_ms):
        """NONE, SHORT, DOUBLE, HELD or LONG."""
        raw = pressed()
        if raw != self._raw:
            self._raw = raw
            self._since_ms = now_ms
        if raw != self._down and now_ms - self._since_ms >= _STEADY_MS:
            self._down = raw
            if raw:
                self._stage = NONE
                self._down_ms = self._since_ms
            elif self._stage == NONE:
                is_double = self._down_ms - self._up_ms < _DOUBLE_MS
                self._up_ms = now_ms - _DOUBLE_MS if is_double else now_ms
                return DOUBLE if is_double else SHORT
        if self._down and self._stage != LONG:
            held_ms = now_ms - self._down_ms
            if held_ms >= (_HELD_MS if self._stage == NONE else _LONG_MS):
                self._stage = HELD if self._stage == NONE else LONG
                return self._stage
        return NONE

    def wait_ms(self, most_ms):
        """How long the loop may sleep before the next poll."""
        return _LOOK_MS if self._raw != self._down else most_ms
