"""Words that every view says alike: legs, how a start is known, how a session ended, dates, plurals."""

import datetime

from kneesync import untrusted

LEG_UNKNOWN = "leg unknown"
SIDES = {"L": "left", "R": "right"}
CUT = "a cut"  # a session without an end mark
# How a start is known, by SessionEntry.start_from, as a note says it ...
_KNOWN_BY = {
    "you": "set by hand",
    "pull": "from the pull",
    "board clock": "by the board's clock",
    "watch": "by the watch",
}
# ... and as it goes after a date: of a pull nothing need be said
_AFTER_DATE = {"board clock": " by the board's clock", "watch": " by the watch", "you": " (set by hand)"}
_DATED = {"board clock": "dated by the board's clock", "watch": "dated by the watch", "you": "start set by hand"}


def leg(side: str | None) -> str:
    """A leg in words: "left leg" of L, "right leg" of R, else that it is not known."""
    return f"{SIDES[side]} leg" if side in SIDES else LEG_UNKNOWN


def after_date(start_from: str) -> str:
    """What goes right behind a start's date, with its space; "" where the date needs no remark."""
    return _AFTER_DATE.get(start_from, "")


def dated(start_from: str) -> str | None:
    """How a start is known, as a remark of its own; None where the date needs none."""
    return _DATED.get(start_from)


def known_by(start_from: str) -> str:
    """How a start is known, in a few words."""
    return _KNOWN_BY.get(start_from, "unknown")


def ended_by(reason: str | None) -> str:
    """What ended a session: the board's own word (kneecore.sessionlog.END_REASONS), a cut where it has none."""
    return untrusted.printable(reason or CUT, 24)


def plural(number: int, noun: str, shown: str | None = None) -> str:
    """A count and its noun: "1 session", "2 sessions", "1,200 strides". `shown`: what stands for the number."""
    return f"{f'{number:,}' if shown is None else shown} {noun}" + ("" if number == 1 else "s")


def long_day(unix_s: float) -> str:
    """A moment as local weekday, date and time: "Sunday 22 November 2026, 18:30"."""
    try:
        moment = datetime.datetime.fromtimestamp(unix_s)
    except (OverflowError, ValueError, OSError):
        return "an unknown day"
    return f"{moment:%A} {moment.day} {moment:%B %Y, %H:%M}"
