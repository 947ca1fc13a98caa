"""The `machine` module of an RP2040, as far as a wearable uses it; the hardware behind it is the virtual board's.

Whatever a sample's way touches (I2C into a buffer, Pin.value, WDT.feed) allocates nothing, as on the chip.
"""

import sys
import time

import _requests
import bridge
import uctypes
from utime import localtime, mktime  # the VM's own: pure arithmetic

PWRON_RESET, WDT_RESET = 1, 3

_ask = bridge.ask
_put = bridge.put
_get = bridge.get
_itemsize = bridge.itemsize
_addressof = uctypes.addressof
_I2C_WRITE = _requests.I2C_WRITE
_I2C_READ = _requests.I2C_READ
_I2C_MEM_WRITE = _requests.I2C_MEM_WRITE
_I2C_MEM_READ = _requests.I2C_MEM_READ
_PIN_READ = _requests.PIN_READ
_PIN_WRITE = _requests.PIN_WRITE
_WDT_FEED = _requests.WDT_FEED


def _size(buffer):
    kind = type(buffer)
    if kind is bytearray or kind is bytes:
        return len(buffer)
    return len(buffer) * _itemsize(id(buffer))


def _checked(status):
    if status < 0:
        raise OSError(-status)
    return status


class I2C:
    """An I2C controller. OSError 5 (EIO): nobody answered; 110 (ETIMEDOUT): the bus hangs."""

    def __init__(self, id=-1, *, scl=None, sda=None, freq=400_000, timeout=50_000):
        self._check(id, scl, sda)
        self.init(freq=freq, timeout=timeout)

    def _check(self, id, scl, sda):
        """Which pins a controller reaches: RP2040 data sheet table 2 (1.4.3), ports/rp2/machine_i2c.c IS_VALID_SDA."""
        if id not in (-1, 0, 1):
            raise ValueError("I2C(%d) doesn't exist" % id)
        for name, pin, odd in (("SCL", scl, 1), ("SDA", sda, 0)):
            number = pin._id if isinstance(pin, Pin) else pin
            if number is not None and (number % 2 != odd or (id >= 0 and number // 2 % 2 != id)):
                raise ValueError("bad %s pin" % name)

    def init(self, *, freq=400_000, timeout=50_000):
        if freq <= 0:
            raise ValueError("invalid freq")
        _ask(_requests.I2C_SETUP, freq, timeout)

    def scan(self):
        found = []
        for address in range(8, 0x78):
            status = _put(_I2C_WRITE | address << 8, 1, 0, 0)
            if status >= 0:
                found.append(address)
            elif status != -5:
                raise OSError(-status)
        return found

    def writeto(self, addr, buf, stop=True):
        """Write `buf`; the number of acknowledged bytes."""
        return _checked(_put(_I2C_WRITE | addr << 8, 1 if stop else 0, _addressof(buf), _size(buf)))

    def writevto(self, addr, vector, stop=True):
        """Write the buffers of `vector` as one transfer."""
        return self.writeto(addr, b"".join([bytes(part) for part in vector]), stop)

    def readfrom_into(self, addr, buf, stop=True):
        _checked(_get(_I2C_READ | addr << 8, 1 if stop else 0, _addressof(buf), _size(buf)))

    def readfrom(self, addr, nbytes, stop=True):
        buf = bytearray(nbytes)
        self.readfrom_into(addr, buf, stop)
        return bytes(buf)

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        _checked(_get(_I2C_MEM_READ | addr << 8, memaddr, _addressof(buf), _size(buf)))

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        buf = bytearray(nbytes)
        self.readfrom_mem_into(addr, memaddr, buf)
        return bytes(buf)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        _checked(_put(_I2C_MEM_WRITE | addr << 8, memaddr, _addressof(buf), _size(buf)))


class SoftI2C(I2C):
    """Bits by software: any two pins."""

    def _check(self, id, scl, sda):
        pass


class Pin:
    """A GPIO. What a button drives is the virtual board's; what is written goes to its pin log."""

    IN, OUT, OPEN_DRAIN, ALT = 0, 1, 2, 3
    PULL_UP, PULL_DOWN = 1, 2

    def __init__(self, id, mode=-1, pull=-1, value=None, alt=0):
        if isinstance(id, str):
            name = id.encode()
            self._id = _put(_requests.PIN_NAMED, 0, _addressof(name), len(name))
        else:
            self._id = id._id if isinstance(id, Pin) else id
        if not 0 <= self._id <= 29:
            raise ValueError('unknown named pin "%s"' % id if isinstance(id, str) else "invalid pin")
        self.init(mode, pull, value)

    def init(self, mode=-1, pull=-1, value=None, alt=0):
        if value is not None:
            self.value(value)
        if mode is not None and mode >= 0:
            _ask(_requests.PIN_MODE, self._id, mode | (0 if pull is None or pull < 0 else pull) << 8)

    def value(self, level=None):
        if level is None:
            return _ask(_PIN_READ, self._id, 0)
        _ask(_PIN_WRITE, self._id, 1 if level else 0)
        return None

    __call__ = value

    def on(self):
        _ask(_PIN_WRITE, self._id, 1)

    def off(self):
        _ask(_PIN_WRITE, self._id, 0)

    high = on
    low = off

    def toggle(self):
        self.value(not self.value())


class PWM:
    """Pulse width on a pin; each change of duty goes to the pin log."""

    def __init__(self, dest, *, freq=None, duty_u16=None, duty_ns=None, invert=False):
        self._pin = dest._id if isinstance(dest, Pin) else dest
        self._freq = 0
        self._duty = 0
        self.init(freq=freq, duty_u16=duty_u16, duty_ns=duty_ns)

    def init(self, *, freq=None, duty_u16=None, duty_ns=None):
        if freq is not None:
            self.freq(freq)
        if duty_u16 is not None:
            self.duty_u16(duty_u16)
        if duty_ns is not None:
            self.duty_ns(duty_ns)

    def freq(self, hz=None):
        if hz is None:
            return self._freq
        if not 8 <= hz <= 62_500_000:
            raise ValueError("freq too small" if hz < 8 else "freq too large")
        self._freq = hz
        _ask(_requests.PWM_FREQ, self._pin, hz)
        return None

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty
        if not 0 <= duty <= 65535:
            raise ValueError("must be 0-65535")
        self._duty = duty
        _ask(_requests.PWM_DUTY, self._pin, duty)
        return None

    def duty_ns(self, ns=None):
        if ns is None:
            return self._duty * 1_000_000_000 // (65535 * self._freq) if self._freq else 0
        return self.duty_u16(min(65535, ns * self._freq * 65535 // 1_000_000_000))

    def deinit(self):
        self._duty = 0
        _ask(_requests.PWM_DUTY, self._pin, -1)


class ADC:
    """One of the four ADC pins (26 to 29), by pin or channel number."""

    def __init__(self, pin):
        number = pin._id if isinstance(pin, Pin) else pin
        self._pin = 26 + number if number < 4 else number
        if not 26 <= self._pin <= 29:
            raise ValueError("Pin(%d) has no ADC" % number)

    def read_u16(self):
        return _ask(_requests.ADC_READ, self._pin, 0)


class WDT:
    """The watchdog: once armed, only its CTRL register stops it. At most 8388 ms, as on the RP2040."""

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT(%d) doesn't exist" % id)
        if not 1 <= timeout <= 8388:
            raise ValueError("timeout exceeds 8388" if timeout > 8388 else "WDT timeout out of range")
        _ask(_requests.WDT_START, timeout, 0)

    def feed(self):
        _ask(_WDT_FEED, 0, 0)


def _read_clock(into):
    _get(_requests.RTC_READ, 0, _addressof(into), 12)


class RTC:
    """The clock: 2021-01-01 at power-on and after a reset, kept over a soft reset."""

    def __init__(self, id=0):
        pass

    def datetime(self, new=None):
        """(year, month, day, weekday, hour, minute, second, 0), of now or to set."""
        if new is None:
            clock = bytearray(12)
            _read_clock(clock)
            year, month, day, hour, minute, second, weekday, _ = localtime(int.from_bytes(clock[:8], "little"))
            return year, month, day, weekday, hour, minute, second, 0
        year, month, day, _, hour, minute, second, _ = new
        unix_s = mktime((year, month, day, hour, minute, second, 0, 0))
        data = unix_s.to_bytes(8, "little")
        _put(_requests.RTC_SET, 0, _addressof(data), 8)
        return None


_timers = {}


class Timer:
    """A soft timer: its callback runs in a sleep or while no code runs; what it raises is printed, as rp2 does."""

    ONE_SHOT, PERIODIC = 0, 1

    def __init__(self, id=-1, **settings):
        self._number = 0
        while self._number in _timers:
            self._number += 1
        _timers[self._number] = self
        self._callback = None
        if settings:
            self.init(**settings)

    def init(self, *, mode=PERIODIC, freq=-1, period=-1, callback=None, hard=False):
        self._callback = callback
        self._period = period if period >= 0 else int(1000 / freq)
        self._mode = mode
        _timers[self._number] = self
        _ask(_requests.TIMER_START, self._number, self._period)

    def deinit(self):
        _ask(_requests.TIMER_STOP, self._number, 0)
        _timers.pop(self._number, None)


def _fire_timers():
    while True:
        number = _ask(_requests.TIMER_DUE, 0, 0)
        if number < 0:
            return
        timer = _timers.pop(number)
        if timer._mode == Timer.PERIODIC:
            _timers[number] = timer
            _ask(_requests.TIMER_START, number, timer._period)
        if timer._callback:
            try:
                timer._callback(timer)
            except Exception as error:
                sys.print_exception(error)


class _Mem32:
    """Registers by address: the watchdog's CTRL and its atomic clear alias, nothing else."""

    def __getitem__(self, address):
        value = _ask(_requests.MEM_READ, address >> 16, address & 0xFFFF)
        if value == -22:
            raise ValueError("the virtual board has no register 0x%08X" % address)
        return value

    def __setitem__(self, address, value):
        data = address.to_bytes(4, "little") + (value & 0xFFFFFFFF).to_bytes(4, "little")
        if _put(_requests.MEM_WRITE, 0, _addressof(data), 8) < 0:
            raise ValueError("the virtual board has no register 0x%08X" % address)


mem32 = _Mem32()


def deepsleep(ms=0):
    """Everything stops for so long; then the chip starts anew, as by a reset (rp2: lightsleep, then machine.reset)."""
    time.sleep_ms(ms)
    reset()


def reset():
    """A hard reset. Does not return."""
    _ask(_requests.RESET, 0, 0)


def bootloader(timeout=0):
    """Leave MicroPython for the ROM's USB bootloader. Does not return."""
    _ask(_requests.BOOTLOADER, 0, 0)


def soft_reset():
    raise SystemExit


def reset_cause():
    """PWRON_RESET or WDT_RESET; machine.reset() goes through the watchdog too."""
    return _ask(_requests.RESET_CAUSE, 0, 0)


def unique_id():
    """The board's 8 bytes."""
    data = bytearray(8)
    _get(_requests.UNIQUE_ID, 0, _addressof(data), 8)
    return bytes(data)


def freq(hz=None):
    """The CPU clock in Hz, read or set: what I2C and PWM divide. CPU time costs no simulated time at any clock."""
    if hz is None:
        return _ask(_requests.CPU_FREQ, 0, 0)
    if _ask(_requests.CPU_FREQ, hz, 1) < 0:
        raise ValueError("cannot change frequency")
    return None


def idle():
    """Nothing to wait for: one tick of the clock passes."""
    _ask(_requests.SLEEP, 1, 1)
