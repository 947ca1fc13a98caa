"""The simulated clock of a virtual board, in microseconds since power-on, and what is due on it."""

import heapq
import itertools
import time
from collections.abc import Callable

NEVER_US = 1 << 60


class Clock:
    """Time as the board lives it. Only what the board does moves it (board.py) and, while it idles, the wall clock."""

    def __init__(self) -> None:
        self.now_us = 0
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()  # equal times fire in the order they were asked for

    @property
    def next_us(self) -> int:
        """When the next thing is due; NEVER_US if nothing is."""
        return self._due[0][0] if self._due else NEVER_US

    def at(self, t_us: int, action: Callable[[], None]) -> None:
        """Have `action` called when the clock reaches `t_us` (at once if that is past)."""
        heapq.heappush(self._due, (t_us, next(self._order), action))

    def advance_to(self, t_us: int) -> None:
        """Move to `t_us`, doing what is due on the way, each at its own time. If an action raises, time stops there."""
        while self._due and self._due[0][0] <= t_us:
            due_us, _, action = heapq.heappop(self._due)
            self.now_us = max(self.now_us, due_us)
            action()
        self.now_us = max(self.now_us, t_us)


class Pace:
    """Keeps the simulated clock in step with the wall clock, where that is wanted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._from: tuple[int, float] | None = None

    def let_go(self) -> None:
        """The simulated clock runs free; a later ahead_s() begins from where it then stands."""
        self._from = None

    def ahead_s(self) -> float:
        """How long to wait for the wall clock to come as far; what a slow machine lags by is let go after a second."""
        now_s = time.monotonic()
        if self._from is None:
            self._from = self._clock.now_us, now_s
        ahead_s = (self._clock.now_us - self._from[0]) / 1e6 - (now_s - self._from[1])
        if ahead_s < -1:
            self._from = None
        return ahead_s
