"""Maxim MAX17048 battery gauge, by register: voltage, charge and identity of one lithium cell.

Source: data sheet 19-6171 rev 7, "Register Summary" and "Battery Insertion Debounce". Registers hold 16 bits, high byte
first, at even addresses; the pointer goes on by bytes. A write of one byte has no effect, as the data sheet says. SOC
is what the chip makes of the voltage: its ModelGauge is not published, so the model reads a typical open-circuit curve
of a 4.2 V cell, which is an estimate.

Not modelled, and refused with RegisterError: alerts, the battery table, sleep, quick-start, hibernation thresholds.
"""

from bisect import bisect_right
from collections.abc import Callable

from kneesync.virtual.bus import Nack, RegisterError

UV_PER_COUNT = 78.125
SOC_READY_US = 192_000  # after power-on or reset: 17 ms of debounce, then 175 ms
# A conversion every 250 ms, in hibernate every 45 s. HIBRT as after reset (0x80 of 0.208 %/h): it hibernates once the
# cell has given less than 26.6 % an hour for six minutes, which is always here.
ACTIVE_US, HIBERNATE_US, HIBERNATES_AFTER_US = 250_000, 45_000_000, 360_000_000
_VCELL, _SOC, _MODE, _VERSION, _HIBRT, _CONFIG = 0x02, 0x04, 0x06, 0x08, 0x0A, 0x0C
_VALRT, _CRATE, _VRESET, _STATUS, _CMD = 0x14, 0x16, 0x18, 0x1A, 0xFE
_POR = 0x5400

# address: (name, value after reset, bits that may be written with another value)
_REGISTERS = {
    _MODE: ("MODE", 0x0000, 0x0000),
    _HIBRT: ("HIBRT", 0x8030, 0x0000),
    _CONFIG: ("CONFIG", 0x971C, 0x0000),
    _VALRT: ("VALRT", 0x00FF, 0x0000),
    _VRESET: ("VRESET/ID", 0x9600, 0x0000),
    _STATUS: ("STATUS", 0x0100, 0x0100),
}
_READ_ONLY = {_VCELL: "VCELL", _SOC: "SOC", _VERSION: "VERSION", _CRATE: "CRATE"}
# open-circuit voltage of a 4.2 V lithium-polymer cell, mV, at 0, 10 ... 100 % (our estimate)
_CURVE_MV = (3270, 3610, 3690, 3710, 3730, 3750, 3790, 3860, 3940, 4040, 4200)


class Max17048:
    """The chip at 0x36. `cell_mv`: a function, the cell's voltage now; `now_us`: the simulated clock."""

    def __init__(self, cell_mv: Callable[[], float], now_us: Callable[[], int] = lambda: SOC_READY_US) -> None:
        self._cell_mv = cell_mv
        self._now_us = now_us
        self.power_on()
        self._ready_us = 0  # the cell was there before the board was switched on

    def power_on(self) -> None:
        """Registers as after power-on; the cell feeds it, so a board's switch does not get it here."""
        self._registers = {address: reset for address, (_, reset, _) in _REGISTERS.items()}
        self._pointer = 0
        self._conversion, self._seen_mv = -1, 0
        self._ready_us = self._now_us() + SOC_READY_US

    @property
    def percent(self) -> float:
        """State of charge as the model has it, 0 to 100."""
        mv = self._cell_mv()
        above = bisect_right(_CURVE_MV, mv)
        if above == 0 or above == len(_CURVE_MV):
            return 100.0 * (above > 0)
        low, high = _CURVE_MV[above - 1], _CURVE_MV[above]
        return 10 * (above - 1 + (mv - low) / (high - low))

    def write(self, data: bytes) -> None:
        """Register address, then values for it and the following bytes."""
        if not data:
            return
        self._pointer = data[0]
        values = data[1:]
        if len(values) < 2:
            return
        if self._pointer & 1 or len(values) > 2:
            raise RegisterError(f"{len(values)} bytes written to 0x{self._pointer:02X}; registers take two, as a whole")
        self._write_register(self._pointer, values[0] << 8 | values[1])
        self._pointer += 2

    def read(self, n: int) -> bytes:
        """`n` bytes from the register pointer on."""
        values = bytes(self._byte(self._pointer + i) for i in range(n))
        self._pointer += n
        return values

    def _byte(self, address):
        value = self._value(address & ~1)
        return value & 0xFF if address & 1 else value >> 8

    def _value(self, address):
        if address in self._registers:
            return self._registers[address]
        ready = self._now_us() >= self._ready_us
        if address == _VCELL:
            return round(self._converted_mv() * 1000 / UV_PER_COUNT) & 0xFFFF if ready else 0
        if address == _SOC:
            return round(self.percent * 256) if ready else 0
        if address == _VERSION:
            return 0x0012
        if address == _CRATE:
            return 0
        raise RegisterError(f"register 0x{address:02X} is read, which the model does not know")

    def _converted_mv(self):
        """The cell as it was at the last conversion: every 250 ms, and every 45 s once it hibernates."""
        since_us = self._now_us() - self._ready_us
        every_us = HIBERNATE_US if since_us > HIBERNATES_AFTER_US else ACTIVE_US
        if since_us // every_us != self._conversion:
            self._conversion = since_us // every_us
            self._seen_mv = self._cell_mv()
        return self._seen_mv

    def _write_register(self, address, value):
        if address == _CMD:
            if value != _POR:
                raise RegisterError(f"CMD: 0x{value:04X} is no command of the data sheet")
            self.power_on()
            raise Nack("a reset gauge acknowledges no more")
        if address in _READ_ONLY:
            raise RegisterError(f"{_READ_ONLY[address]} (0x{address:02X}) is read-only; 0x{value:04X} was written")
        if address not in _REGISTERS:
            raise RegisterError(f"register 0x{address:02X} is not known to the model; 0x{value:04X} was written")
        name, _, known = _REGISTERS[address]
        if (value ^ self._registers[address]) & ~known:
            raise RegisterError(f"{name} (0x{address:02X}): the model does not play 0x{value:04X}")
        self._registers[address] = value
