"""An I2C bus between the board and its chip models, with faults on request.

A chip model is an object with `write(data)` and `read(n)`: the bytes after the address byte, as they pass on the wire.
It keeps its own register pointer. What a real chip answers on the bus is answered here; what the model does not
know raises `RegisterError`, which is nobody's bus error: it must reach whoever runs the board.

    bus = I2CBus({0x6A: imu, 0x5A: haptic}, now_us=clock.now)
    bus.nack(0x6A, for_us=2_000_000)      # the chip does not answer for two seconds
    bus.stick(for_us=30_000)              # SDA held low: every transfer times out
    bus.cut_next_read(0x6A, after_bytes=100)
    bus.unplug(0x6A); bus.plug(0x6A)      # and its power with it
"""

from collections.abc import Callable, Mapping
from typing import Protocol


class Chip(Protocol):
    """A chip model on the bus."""

    def write(self, data: bytes, /) -> None: ...

    def read(self, n: int, /) -> bytes: ...

    def power_on(self) -> None: ...


class Nack(Exception):  # noqa: N818 - the bus word
    """Nobody acknowledged the address (OSError EIO on rp2)."""


class BusStuck(Exception):  # noqa: N818
    """The transfer did not end (OSError ETIMEDOUT on rp2)."""


class RegisterError(Exception):
    """A driver used a register or a bit that the model does not know: the model, or the driver, needs work."""


class I2CBus:
    """Addresses to devices. `now_us` is the simulated clock; faults for a span of time need it."""

    def __init__(self, devices: Mapping[int, Chip], now_us: Callable[[], int] = lambda: 0) -> None:
        self.devices = dict(devices)
        self.now_us = now_us
        self._faults = []  # (address or None for the whole bus, from_us, to_us or None for good)
        self._unplugged = set()
        self._held_clocks = 0
        self._cut = {}  # address -> bytes its next read still gives

    def write(self, address: int, data: bytes) -> None:
        """Address, then `data`; no data is a probe. Raises Nack or BusStuck."""
        self._device(address).write(bytes(data))

    def read(self, address: int, n: int) -> bytes:
        """`n` bytes from the device's register pointer on. Raises Nack or BusStuck."""
        device = self._device(address)
        if address in self._cut:
            device.read(min(n, self._cut.pop(address)))
            raise BusStuck(f"read from 0x{address:02X} cut")
        return device.read(n)

    def write_then_read(self, address: int, data: bytes, n: int) -> bytes:
        """Write, repeated start, read: one transfer, so a fault hits it before anything is written."""
        self.write(address, data)
        return self.read(address, n)

    def scan(self) -> list[int]:
        """The addresses that acknowledge now."""
        return [address for address in sorted(self.devices) if self._fault(address) is None]

    def nack(self, address: int, for_us: int | None = None, after_us: int = 0) -> None:
        """Let `address` not answer for a span of simulated time that starts `after_us` from now; None: for good."""
        self._add(address, for_us, after_us)

    def stick(self, for_us: int | None = None, after_us: int = 0) -> None:
        """Let every transfer time out for a span of simulated time, as a slave that holds SDA does."""
        self._add(None, for_us, after_us)

    def hold_sda(self, clocks: int = 9) -> None:
        """A chip caught in mid-byte holds SDA until the board has clocked it free (I2C spec UM10204, 3.1.16)."""
        self._held_clocks = clocks

    def clocked(self) -> None:
        """The board has pulsed SCL as a plain pin."""
        self._held_clocks = max(0, self._held_clocks - 1)

    def cut_next_read(self, address: int, after_bytes: int) -> None:
        """Let the next read break off: the chip gave `after_bytes` bytes, the caller gets BusStuck and none."""
        self._cut[address] = after_bytes

    def unplug(self, address: int) -> None:
        """Take the device off the bus and its supply."""
        self._unplugged.add(address)

    def plug(self, address: int) -> None:
        """Put it back: it starts as after power-on."""
        self._unplugged.discard(address)
        self.devices[address].power_on()

    def clear_faults(self) -> None:
        """Take back nack(), stick() and cut_next_read(); an unplugged device stays unplugged."""
        self._faults.clear()
        self._cut.clear()

    def _add(self, address, for_us, after_us):
        from_us = self.now_us() + after_us
        self._faults.append((address, from_us, None if for_us is None else from_us + for_us))

    def _fault(self, address):
        if self._held_clocks:
            return BusStuck("SDA held low by a chip in mid-byte")
        for at, from_us, to_us in self._faults:
            if at in (None, address) and from_us <= self.now_us() and (to_us is None or self.now_us() < to_us):
                if at is None:
                    return BusStuck("SDA held low")
                return Nack(f"no answer at 0x{address:02X}")
        if address not in self.devices or address in self._unplugged:
            return Nack(f"no device at 0x{address:02X}")
        return None

    def _device(self, address):
        fault = self._fault(address)
        if fault is not None:
            raise fault
        return self.devices[address]
