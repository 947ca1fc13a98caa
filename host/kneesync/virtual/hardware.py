"""The RP2040 around the VM, as far as `machine` shows it: I2C, pins, PWM, ADC, watchdog, RTC, timers, resets."""

from collections.abc import Callable
from dataclasses import dataclass

from kneesync.firmware.wiring import Wiring
from kneesync.virtual.bus import BusStuck, I2CBus, Nack
from kneesync.virtual.clock import NEVER_US, Clock
from kneesync.virtual.vm.on_board import _requests as ask

Answer = int | tuple[int, bytes]

POWER_ON, HARD, SOFT, BOOTLOADER = "power-on", "hard reset", "soft reset", "bootloader"

_EIO, _EINVAL, _ETIMEDOUT = 5, 22, 110
_PWRON_RESET, _WDT_RESET = 1, 3
_RTC_START_S = 1_609_459_200  # 2021-01-01, rp2's main.c
# RP2040 data sheet 4.7.6 (CTRL: ENABLE bit 30, TRIGGER bit 31, TIME bits 23:0) and 2.1.2 (alias that clears bits)
_WATCHDOG_CTRL, _WATCHDOG_CTRL_CLEAR = 0x4005_8000, 0x4005_B000
_ENABLE, _TRIGGER, _TIME_MASK = 1 << 30, 1 << 31, 0xFF_FFFF
START_HZ = 125_000_000  # what MicroPython starts an RP2040 with
_VCO_KHZ = (750_000, 1_600_000)  # of the system PLL, data sheet 2.18.2
_TRANSFER_US = 10  # setting up a transfer, beside its bits


def _attainable(khz: int) -> bool:
    """Whether the system PLL makes that of the 12 MHz crystal (pico-sdk, check_sys_clock_khz): multiplied by 16 to 320
    to what its oscillator can do, then divided by 1 to 7 twice."""
    for divisor in {first * second for first in range(1, 8) for second in range(1, 8)}:
        vco_khz = khz * divisor
        if vco_khz % 12_000 == 0 and 16 <= vco_khz // 12_000 <= 320 and _VCO_KHZ[0] <= vco_khz <= _VCO_KHZ[1]:
            return True
    return False


class Restart(Exception):  # noqa: N818 - not an error
    """The board starts anew; `kind` says how."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class PinChange:
    """At `t_us` the pin's output became `level`: 0, 1, or a PWM's share between."""

    t_us: int
    pin: int
    level: float


class Hardware:
    """`table`: request number -> function (a, b, data) -> status, or (status, data)."""

    def __init__(self, clock: Clock, bus: I2CBus, wiring: Wiring, unique_id: bytes) -> None:
        self._clock = clock
        self._bus = bus
        self.wiring = wiring
        self.battery_mv = 4000
        self.button_down = False
        self.pin_log: list[PinChange] = []
        self.reset_us = 0
        self.i2c_bits = self.i2c_transfers = 0  # that have passed on the bus, starts and stops with them
        self._look_us = NEVER_US  # when the watchdog is looked at next
        self.start(POWER_ON)
        self.table: dict[int, Callable[[int, int, bytes], Answer]] = {
            ask.I2C_SETUP: self._i2c_setup,
            ask.I2C_WRITE: self._i2c_write,
            ask.I2C_READ: self._i2c_read,
            ask.I2C_MEM_WRITE: self._i2c_mem_write,
            ask.I2C_MEM_READ: self._i2c_mem_read,
            ask.PIN_MODE: self._pin_mode,
            ask.PIN_READ: self._pin_read,
            ask.PIN_WRITE: lambda a, b, data: self._drive(a, b),
            ask.PIN_NAMED: lambda a, b, data: self.wiring.led if data == b"LED" else -_EINVAL,
            ask.PWM_DUTY: lambda a, b, data: self._drive(a, max(0, b) / 65535),
            ask.PWM_FREQ: self._pwm_freq,
            ask.CPU_FREQ: self._cpu_freq,
            ask.ADC_READ: self._adc_read,
            ask.WDT_START: self._wdt_start,
            ask.WDT_FEED: self._wdt_feed,
            ask.MEM_READ: self._mem_read,
            ask.MEM_WRITE: self._mem_write,
            ask.RTC_READ: self._rtc_read,
            ask.RTC_SET: self._rtc_set,
            ask.RESET: self._reset,
            ask.BOOTLOADER: self._bootloader,
            ask.RESET_CAUSE: lambda a, b, data: self._reset_cause,
            ask.UNIQUE_ID: lambda a, b, data: (0, unique_id),
            ask.TIMER_START: self._timer_start,
            ask.TIMER_STOP: self._timer_stop,
            ask.TIMER_DUE: self._timer_due,
        }

    def start(self, kind: str) -> None:
        """What a power-on, hard or soft reset does to the chip. Only the hard ones stop the watchdog or the RTC."""
        self._timers: dict[int, int] = {}
        self._i2c_timeout_us = 50_000
        if kind == SOFT:
            return
        self.cpu_hz = START_HZ
        self._i2c_counts = START_HZ // 400_000
        self._pwm_counts: dict[int, int] = {}
        self.reset_us = self._clock.now_us
        self._reset_cause = _PWRON_RESET if kind == POWER_ON else _WDT_RESET
        self._modes: dict[int, int] = {}
        for pin in {change.pin for change in self.pin_log}:
            self._drive(pin, 0)
        self._levels: dict[int, float] = {}
        self.watchdog_on = False
        self._watchdog_load_us = self._watchdog_us = self._paused_left_us = 0
        self._rtc_offset_us = _RTC_START_S * 1_000_000 - self._clock.now_us

    # The CPU clock. The crystal itself feeds timer, ticks and watchdog, and a PLL of its own USB, ADC and RTC: they go
    # on as before (pico-sdk, set_sys_clock_pll). I2C and PWM count the CPU's clock, by the divisors of their set-up.

    def _cpu_freq(self, a: int, b: int, data: bytes) -> int:
        if b:
            if not _attainable(a // 1000):
                return -_EINVAL
            self.cpu_hz = a // 1000 * 1000
        return self.cpu_hz

    @property
    def i2c_hz(self) -> int:
        """The bus's bit rate as it is now."""
        return self.cpu_hz // self._i2c_counts

    def pwm_hz(self, pin: int) -> int:
        """A pin's pulse rate as it is now; 0 before it was set."""
        return self.cpu_hz // self._pwm_counts[pin] if pin in self._pwm_counts else 0

    def _pwm_freq(self, a: int, b: int, data: bytes) -> int:
        self._pwm_counts[a] = (self.cpu_hz + b // 2) // b
        return 0

    # I2C: nine bits a byte, and what a start and a stop take

    def _bits(self, count: int) -> None:
        self.i2c_bits += count
        self.i2c_transfers += 1
        self._clock.advance_to(self._clock.now_us + _TRANSFER_US + count * 1_000_000 // self.i2c_hz)

    def _transfer(self, transfer: Callable[[], bytes | None], size: int, bits: int, timeouts: int = 1) -> Answer:
        try:
            data = transfer()
        except Nack:
            self._bits(9 + 2)
            return -_EIO
        except BusStuck:
            self._clock.advance_to(self._clock.now_us + timeouts * self._i2c_timeout_us)
            return -_ETIMEDOUT
        self._bits(bits)
        return size if data is None else (size, bytes(data))

    def _i2c_setup(self, a: int, b: int, data: bytes) -> Answer:
        self._i2c_counts, self._i2c_timeout_us = (self.cpu_hz + a // 2) // a, b
        return 0

    def _i2c_write(self, a: int, b: int, data: bytes) -> Answer:
        return self._transfer(lambda: self._bus.write(a, data), len(data), 9 * (1 + len(data)) + 2)

    def _i2c_read(self, a: int, b: int, data: bytes) -> Answer:
        n = b >> 8
        return self._transfer(lambda: self._bus.read(a, n), n, 9 * (1 + n) + 2)

    def _i2c_mem_write(self, a: int, b: int, data: bytes) -> Answer:
        return self._transfer(lambda: self._bus.write(a, bytes([b]) + data), len(data), 9 * (2 + len(data)) + 2)

    def _i2c_mem_read(self, a: int, b: int, data: bytes) -> Answer:
        n = b >> 8
        register = bytes([b & 255])
        # the register's address and its bytes are two transfers, each with its timeout (seen on the emulated chip)
        return self._transfer(lambda: self._bus.write_then_read(a, register, n), n, 9 * (3 + n) + 3, timeouts=2)

    # Pins

    def _pin_mode(self, a: int, b: int, data: bytes) -> Answer:
        self._modes[a] = b
        return 0

    def _pin_read(self, a: int, b: int, data: bytes) -> Answer:
        mode = self._modes.get(a, 0)
        if mode & 255 == 1:
            return round(self._levels.get(a, 0))
        if a == self.wiring.button and self.button_down:
            return 0
        return 1 if mode >> 8 & 1 else 0

    def _drive(self, pin: int, level: float) -> int:
        if pin == self.wiring.scl and level and not self._levels.get(pin, 0):
            self._bus.clocked()
        if self._levels.get(pin, 0) != level:
            self.pin_log.append(PinChange(self._clock.now_us, pin, level))
        self._levels[pin] = level
        return 0

    def level(self, pin: int) -> float:
        """What the board drives the pin to."""
        return self._levels.get(pin, 0)

    def _adc_read(self, a: int, b: int, data: bytes) -> Answer:
        mv = self.battery_mv / 3 if a == self.wiring.supply_adc else 0
        counts = max(0, min(4095, round(mv * 4095 / 3300)))
        return counts << 4 | counts >> 8  # as rp2 widens 12 bits to 16

    # Watchdog

    def _wdt_start(self, a: int, b: int, data: bytes) -> Answer:
        self._watchdog_load_us = a * 1000
        self._wdt_feed(0, 0, b"")
        self._enable(True)
        return 0

    def _wdt_feed(self, a: int, b: int, data: bytes) -> Answer:
        self._paused_left_us = self._watchdog_load_us
        self._watchdog_us = self._clock.now_us + self._watchdog_load_us
        return 0

    def _enable(self, on: bool) -> None:
        """The counter stands still while it is off."""
        if self.watchdog_on and not on:
            self._paused_left_us = self._left_us()
        elif on and not self.watchdog_on:
            self._watchdog_us = self._clock.now_us + self._paused_left_us
        self.watchdog_on = on
        self._watch()

    def _watch(self) -> None:
        # A feed only moves the deadline; the look that was due before finds that out when it comes.
        if self.watchdog_on and self._watchdog_us < self._look_us:
            self._look_us = self._watchdog_us
            self._clock.at(self._look_us, self._look)

    def _look(self) -> None:
        if self._clock.now_us >= self._look_us:
            self._look_us = NEVER_US
        if self.watchdog_on and self._clock.now_us >= self._watchdog_us:
            raise Restart(HARD)
        self._watch()

    def _left_us(self) -> int:
        return max(0, self._watchdog_us - self._clock.now_us)

    def _mem_read(self, a: int, b: int, data: bytes) -> Answer:
        if a << 16 | b != _WATCHDOG_CTRL:
            return -_EINVAL
        # RP2040-E1: the counter falls by two a microsecond
        return (_ENABLE if self.watchdog_on else 0) | min(_TIME_MASK, 2 * self._left_us())

    def _mem_write(self, a: int, b: int, data: bytes) -> Answer:
        address, value = int.from_bytes(data[:4], "little"), int.from_bytes(data[4:], "little")
        if address == _WATCHDOG_CTRL_CLEAR:
            value = (_ENABLE if self.watchdog_on else 0) & ~value
        elif address != _WATCHDOG_CTRL:
            return -_EINVAL
        if value & _TRIGGER:
            raise Restart(HARD)
        self._enable(bool(value & _ENABLE))
        return 0

    # RTC: seconds (8 bytes) and microseconds (4)

    def _rtc_read(self, a: int, b: int, data: bytes) -> Answer:
        seconds, us = divmod(self._clock.now_us + self._rtc_offset_us, 1_000_000)
        return 0, seconds.to_bytes(8, "little") + us.to_bytes(4, "little")

    def _rtc_set(self, a: int, b: int, data: bytes) -> Answer:
        self._rtc_offset_us = int.from_bytes(data, "little") * 1_000_000 - self._clock.now_us
        return 0

    def _reset(self, a: int, b: int, data: bytes) -> Answer:
        raise Restart(HARD)

    def _bootloader(self, a: int, b: int, data: bytes) -> Answer:
        raise Restart(BOOTLOADER)

    # Soft timers

    @property
    def timer_us(self) -> int:
        """When the next soft timer is due; NEVER_US if none is set."""
        return min(self._timers.values(), default=NEVER_US)

    def _timer_start(self, a: int, b: int, data: bytes) -> Answer:
        self._timers[a] = self._clock.now_us + b * 1000
        return 0

    def _timer_stop(self, a: int, b: int, data: bytes) -> Answer:
        self._timers.pop(a, None)
        return 0

    def _timer_due(self, a: int, b: int, data: bytes) -> Answer:
        if self.timer_us > self._clock.now_us:
            return -1
        number = min(self._timers, key=lambda n: (self._timers[n], n))
        del self._timers[number]
        return number
