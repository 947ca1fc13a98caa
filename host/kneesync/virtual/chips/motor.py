"""A motor module on a pin, witnessed by the pin's log: it runs while the pin drives it.

What it shakes and how it is asked is as of a motor behind the DRV2605L (drv2605.py).
"""

from collections.abc import Callable

from kneesync.virtual.chips import erm
from kneesync.virtual.hardware import Hardware


class PinMotor:
    """The motor at `pin`; None: there is no motor. `now_us`: the simulated clock."""

    def __init__(self, hardware: Hardware, pin: int | None, now_us: Callable[[], int]) -> None:
        self._hardware = hardware
        self.stalled = False
        self._pin = pin
        self._now_us = now_us
        self._seen = 0  # of the hardware's pin log
        self._log: list[list] = []  # [start_us, end_us or None while it runs, amplitude]

    @property
    def log(self) -> list[tuple[int, int, str, float]]:
        """What the motor did: (start_us, end_us, what, amplitude 0..1), oldest first; what still runs ends now."""
        now_us = self._now_us()
        return [(start_us, end_us or now_us, "pin", share) for start_us, end_us, share in self._rows()]

    def felt(self) -> list[tuple[float, float]]:
        """(start_us, end_us) of each burst that a thigh has felt so far (erm.py)."""
        log = self.log
        return erm.felt(log, log[0][0], self._now_us() + 1) if log and not self.stalled else []

    def motor_on(self, t_us: int) -> bool:
        """Whether the motor is driven at that time."""
        return bool(self.pulses(t_us, t_us + 1))

    def pulses(self, from_us: float, to_us: float) -> list[tuple[float, float, str, float]]:
        """The log's rows that touch from_us <= t < to_us, newest first."""
        found = []
        for start_us, end_us, share in reversed(self._rows()):
            if end_us is not None and end_us <= from_us:
                break
            if start_us < to_us:
                found.append((start_us, to_us if end_us is None else end_us, "pin", share))
        return found

    def _rows(self) -> list[list]:
        changes = self._hardware.pin_log
        while self._seen < len(changes):
            change = changes[self._seen]
            self._seen += 1
            if change.pin != self._pin:
                continue
            if self._log and self._log[-1][1] is None:
                self._log[-1][1] = change.t_us
            if change.level:
                self._log.append([change.t_us, None, change.level])
        return self._log
