"""What is wired to a board: the rows of device/board.py, read as text, and what the words of a file /board change.

    wiring.rows()["rpi_pico"].button             # 7: a GPIO
    wiring.wired("rpi_pico LSM6DSO32 pin").imu   # "LSM6DSO32"

The table is a literal in the firmware, which imports `machine`; so it is parsed, never imported. Pictures, pin tables,
the virtual board and the check before a flash all take it from here.
"""

import ast
from dataclasses import dataclass, replace
from functools import cache

from kneesync.errors import KneesyncError
from kneesync.firmware.image import device_folder

REFERENCE = "feather_rp2040"
STATUSES = {
    "simulated": "tests run its firmware on the virtual board",
    "emulated": "its firmware ran on an emulated chip",
    "hardware": "its firmware ran on a real board",
}
IMU, HAPTIC, GAUGE = 0x6A, 0x5A, 0x36
"""I2C addresses, 7 bits."""


@dataclass(frozen=True)
class Wiring:
    """A board and what is wired to it. Pins are GPIO numbers; `haptic` is DRV2605L, pin or none.

    `battery`: MAX17048, the ADC pin that sees the supply through a divider by three, or None.
    """

    row: str
    machine: str  # what MicroPython calls the board, up to " with"
    status: str
    led: int
    button: int
    i2c: int
    sda: int
    scl: int
    imu: str
    haptic: str
    motor_pin: int
    battery: str | int | None

    @property
    def supply_adc(self) -> int | None:
        """The pin on which the board itself reads its supply, if it does."""
        return self.battery if isinstance(self.battery, int) else None

    @property
    def words(self) -> str:
        """What a file /board says where this is wired: the row, and the parts that differ from it."""
        own = rows()[self.row]
        parts = [getattr(self, kind) for kind in ("imu", "haptic", "battery") if self._differs(own, kind)]
        return " ".join([self.row, *map(str, parts)])

    def _differs(self, own: "Wiring", kind: str) -> bool:
        return getattr(self, kind) != getattr(own, kind)


def rows() -> dict[str, Wiring]:
    """Every row of device/board.py, by name."""
    return {
        name: Wiring(name, machine, status, led, button, bus, sda, scl, imu, haptic, motor_pin, battery)
        for name, (machine, status, led, button, (bus, sda, scl), imu, haptic, motor_pin, battery) in _table(
            "ROWS"
        ).items()
    }


def parts() -> dict[str, str]:
    """The parts that a file /board may name -> "imu", "haptic" or "battery"."""
    return dict(_table("PARTS"))


def wired(words: str = "", machine: str = "") -> Wiring:
    """What is wired, as board.py finds it: by what MicroPython calls the board, and by the words of a file /board.

    KneesyncError for a word that board.py does not know.
    """
    known, kinds = rows(), parts()
    found = next((row for row in known.values() if row.machine == machine.partition(" with ")[0]), known[REFERENCE])
    named = [word for word in words.split() if word in known]
    changes = {kinds[word]: word for word in words.split() if word in kinds}
    for word in words.split():
        if word not in known and word not in kinds:
            raise KneesyncError(f"found {word!r}, expected a board ({', '.join(known)}) and parts ({', '.join(kinds)})")
    return replace(known[named[-1]] if named else found, **changes)


def changed(before: str | None, words: str, machine: str = "") -> Wiring:
    """What is wired once `words` have changed what /board said `before`; a board's name begins anew with its row.

    Words of `before` that board.py does not know are left out. KneesyncError for such a one in `words`.
    """
    known, kinds = rows(), parts()
    kept = [] if set(words.split()) & set(known) else [w for w in (before or "").split() if w in known or w in kinds]
    return wired(" ".join([*kept, words]), machine)


@cache
def _table(name: str) -> dict:
    tree = ast.parse((device_folder() / "board.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return ast.literal_eval(node.value)
    raise KneesyncError(f"device/board.py has no {name}; install kneesync again")
