"""Which of the kept sessions are meant: by runner, leg, tag, time, and words in what is noted."""

import re
import time
from datetime import datetime

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.library.index import SessionEntry

_SPAN = re.compile(r"([0-9]{1,4})\s*([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30.44, "y": 365.25}


def chosen(
    every: list[SessionEntry],
    athlete: str | None = None,
    leg: str | None = None,
    tag: str | None = None,
    since_unix_s: float | None = None,
    search: str | None = None,
) -> list[SessionEntry]:
    """Those of `every` SessionEntry that fit all that is given; capitals do not count.

    `since_unix_s`: began (or where that is unknown, came) no earlier. `search`: words that all stand in what the
    runner noted, the tags, the runner's name, the date as lists show it, the id or the board.
    """
    found = every
    if athlete is not None:
        found = [one for one in found if one.athlete.casefold() == " ".join(athlete.split()).casefold()]
    if leg is not None:
        found = [one for one in found if one.leg == leg.upper()]
    if tag is not None:
        found = [one for one in found if tag.strip().lstrip("#").casefold() in map(str.casefold, one.tags)]
    if since_unix_s is not None:
        found = [one for one in found if (one.start_unix_s or one.pulled_unix_s) >= since_unix_s]
    if search is not None:
        words = search.casefold().split()
        found = [one for one, text in zip(found, map(_text, found), strict=True) if all(word in text for word in words)]
    return found


def since(text: str, now_unix_s: float | None = None) -> float:
    """The Unix time that a date ("2026-05-01") or a span up to now ("30d", "8w", "6m", "1y") begins at."""
    if span := _SPAN.fullmatch(text.strip().lower()):
        now_unix_s = time.time() if now_unix_s is None else now_unix_s
        return now_unix_s - 86_400 * int(span[1]) * _DAYS[span[2]]
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise KneesyncError(
            f'found {untrusted.printable(text, 30)!r}, expected a date such as "{time.strftime("%Y-%m-01")}", '
            "or a span such as 30d, 8w or 6m"
        ) from None


def _text(one):
    """What a search looks through."""
    moment = one.start_unix_s or one.pulled_unix_s
    try:
        day = time.strftime("%Y-%m-%d %H:%M %A %B", time.localtime(moment))
    except (OverflowError, ValueError, OSError):
        day = ""
    return "\n".join((one.id, one.board, one.athlete, day, one.note, one.pain_where, *one.tags)).casefold()
