"""How quantities are written for people: the number, its unit, and a dash where there is none."""

import time

NONE = "–"


def degrees(value, decimals=1, signed=False):
    """An angle, as 41.3°; signed: a change, as −5.1° or +0.4°."""
    return NONE if value is None else _number(value, decimals, signed) + "°"


def rate(value, signed=False):
    """A turning rate in degrees per second."""
    return NONE if value is None else _number(value, 0, signed) + " °/s"


def steps(value, signed=False):
    """A cadence in steps (of both legs) a minute."""
    return NONE if value is None else count(value, signed) + " steps/min"


def count(value, signed=False):
    """A number without unit; a change of it to one decimal."""
    return NONE if value is None else _number(value, 1 if signed else 0, signed)


def percent(value, decimals=1):
    return NONE if value is None else _number(value, decimals, False) + " %"


def clock(seconds):
    """A span or a moment in a run as m:ss, or h:mm:ss from an hour on."""
    if seconds is None:
        return NONE
    whole = round(seconds)
    sign, whole = ("−", -whole) if whole < 0 else ("", whole)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"


def day(unix_s):
    """A moment as local date and time."""
    if unix_s is None:
        return "start unknown"
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_s))
    except (OverflowError, ValueError, OSError):
        return "start unknown"


def pace(speed_mps, unit=True):
    """A speed as runners say it: 5:33 min/km."""
    if not speed_mps or speed_mps < 0.1:
        return NONE
    return clock(1000 / speed_mps) + (" min/km" if unit else "")


def size(number):
    """A number of bytes."""
    if number < 1000:
        return f"{number} bytes"
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"


def _number(value, decimals, signed):
    text = f"{abs(value):,.{decimals}f}"
    zero = not any(digit in text for digit in "123456789")
    if value < 0 and not zero:
        return "−" + text
    return "+" + text if signed and not zero else text
