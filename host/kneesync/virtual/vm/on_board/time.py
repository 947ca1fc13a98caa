"""The `time` module on the simulated clock. As on rp2, ticks wrap at 2**30 and the clock starts at 2021-01-01."""

import _requests
import bridge
import machine
from utime import gmtime, mktime, ticks_add, ticks_diff  # noqa: F401 - the VM's own: pure arithmetic
from utime import localtime as _calendar

ticks_ms = bridge.ticks_ms
ticks_us = bridge.ticks_us
ticks_cpu = bridge.ticks_us
_ask = bridge.ask
_flush = bridge.flush
_clock = bytearray(12)

# On rp2 a Ctrl-C that came with what was just printed is raised in the sleep; here between _flush() and the sleep,
# where the VM looks for one as it branches.


def sleep_ms(ms):
    """Sleep; soft timers that come due meanwhile run, as on the board."""
    if _flush() and _ask(_requests.SLEEP, ms, 0):
        _rest()


def sleep_us(us):
    """Sleep; soft timers that come due meanwhile run, as on the board."""
    if _flush() and _ask(_requests.SLEEP, us, 1):
        _rest()


def _rest():
    machine._fire_timers()
    while _ask(_requests.SLEEP_ON, 0, 0):
        machine._fire_timers()


def sleep(s):
    """Sleep `s` seconds, a number."""
    sleep_ms(int(s * 1000))


def time_ns():
    """Nanoseconds since 1970 by the board's clock."""
    machine._read_clock(_clock)
    return int.from_bytes(_clock[:8], "little") * 1_000_000_000 + int.from_bytes(_clock[8:], "little") * 1000


def time():
    """Seconds since 1970 by the board's clock."""
    machine._read_clock(_clock)
    return int.from_bytes(_clock[:8], "little")


def localtime(s=None):
    """(year, month, day, hour, minute, second, weekday, day of the year) of `s`, or of now."""
    return _calendar(time() if s is None else s)
