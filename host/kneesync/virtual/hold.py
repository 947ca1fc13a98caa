"""Where a held board's simulated time stands still, so that a look at the board is a look at one moment of it.

Time goes on while there is a goal, which another thread has set, or after a host has typed, until the board has started
anew and its firmware is ready. Otherwise it stands, however long that other thread takes.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from kneesync.virtual.clock import Clock
from kneesync.virtual.printed import Printed

LOOK_WALL_S = 0.5  # between two looks whether somebody wants the board while it stands
READY = b" ready "  # in the line by which the firmware says that it runs


@dataclass(frozen=True, eq=False)
class Goal:
    """Time runs until a line with `text` was printed for the count-th time, and no further than `until_us`."""

    until_us: int
    text: bytes | None = None
    count: int = 1


class Hold:
    """`listen(timeout_s)` takes what a host types, and says whether one did; `wanted()`: the board is to restart or
    stop. stand(), starts(), typed(), printed() and give_up() are called in the board's thread, the others from any."""

    def __init__(
        self,
        clock: Clock,
        printed: Printed,
        listen: Callable[[float], bool],
        wanted: Callable[[], object],
        held: bool,
    ) -> None:
        self._clock = clock
        self._printed = printed
        self._listen = listen
        self._wanted = wanted
        self._changed = threading.Condition()
        self._free = not held
        self._goal: Goal | None = None
        self._for_host = False  # a host has typed
        self._started_for_host = False
        self._stands = False

    def stand(self) -> bool:
        """Let no time pass until it may go on; whether it stood."""
        stood = False
        while not (self._free or self._goal or self._for_host or self._wanted()):
            with self._changed:
                stood = self._stands = self._goal is None and not self._free
                self._changed.notify_all()
            if self._listen(LOOK_WALL_S):
                with self._changed:
                    self._for_host = True
        with self._changed:
            self._stands = False
        return stood

    def starts(self) -> None:
        """The board starts anew: stand, unless time may go on."""
        self._started_for_host = True
        self.stand()

    def typed(self) -> None:
        """A host has typed: what starts from now on starts for it."""
        self._started_for_host = False

    def printed(self) -> None:
        """The firmware has printed something: stand, if that is what is waited for."""
        goal = self._goal
        if goal and goal.text:
            if self._printed.count(goal.text) >= goal.count:
                self._reach(goal)
        elif self._for_host and self._started_for_host and READY in self._printed.last_line:
            self._for_host = False
            self.stand()

    def give_up(self) -> None:
        """No time will pass until somebody acts, as without a supply: a goal is not reached."""
        with self._changed:
            self._goal, self._for_host = None, False
        self.stand()

    def run_to(self, goal: Goal) -> None:
        """Have time go on to `goal`, and stand there; returns at once."""
        self._clock.at(goal.until_us, lambda: self._reach(goal))
        with self._changed:
            self._goal, self._free, self._for_host, self._stands = goal, False, False, False
        # time may be running: what was printed since the caller looked is seen in the board's thread
        self._clock.at(self._clock.now_us, self.printed)

    def go_on(self) -> None:
        """Hold time no longer."""
        with self._changed:
            self._free, self._goal, self._stands = True, None, False

    def wait(self, broken: Callable[[], object]) -> None:
        """Until time stands, or the board is `broken()`."""
        with self._changed:
            self._changed.wait_for(lambda: self._stands or broken())

    def look(self) -> None:
        """Have wait() look whether the board is broken."""
        with self._changed:
            self._changed.notify_all()

    def _reach(self, goal: Goal) -> None:
        if goal is self._goal:
            self.give_up()
