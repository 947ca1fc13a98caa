"""What the runner knows better than the board: when a run began, whose it was, on which leg, and how it felt.

It stands in the session's sidecar, so it outlives a new index. The file itself stays as pulled.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.library import sidecar
from kneesync.library.index import SessionEntry
from kneesync.library.store import EARLIEST_UNIX_S, Library

AS_PULLED = "as-pulled"  # takes back a start, a leg or an athlete
_TOLERANCE_S = 60


def words(
    entry: SessionEntry,
    start: str | None = None,
    text: str | None = None,
    tag: Sequence[str] | None = (),
    untag: Sequence[str] | None = (),
    pain: int | str | None = None,
    where: str | None = None,
    effort: int | str | None = None,
    athlete: str | None = None,
    leg: str | None = None,
    marked: bool | None = None,
) -> dict[str, Any]:
    """What Library.say() takes, from a note in the runner's words; None leaves a thing as it is.

    `start`: a local time, or "as-pulled". `text`, `where`: "" takes it back. `tag`, `untag`: lists of texts, several
    tags parted by commas. `pain`, `effort`: 0 to 10, or "none". `athlete`, `leg`: "as-pulled" takes it back.
    KneesyncError if anything does not fit; then nothing of it is to be said.
    """
    given = {"athlete": athlete, "leg": leg, "marked": marked}
    said: dict[str, Any] = {
        name: None if value == AS_PULLED else value for name, value in given.items() if value is not None
    }
    if said.get("athlete") is not None:
        said["athlete"] = _fitting("an athlete", said["athlete"], sidecar.NAME_CHARACTERS)
    if start is not None:
        said["corrected_start_unix_s"] = None if start == AS_PULLED else _start_unix_s(entry, start)
    if text is not None:
        said["text"] = _fitting("a note", text, sidecar.TEXT_CHARACTERS, least=0) or None
    if tag or untag:
        said["tags"] = _tags(entry.tags, tag or (), untag or ()) or None
    for name, value in (("pain", pain), ("effort", effort)):
        if value is not None:
            said[name] = None if value == "none" else value
    if where is not None:
        said["pain_where"] = _fitting("a place", where, sidecar.WHERE_CHARACTERS, least=0) or None
    if pain == "none":
        said["pain_where"] = None
    elif where and pain is None and entry.pain is None:
        raise KneesyncError("--where says where it hurt; say how much too: --pain 0 to 10")
    return said


def of_board(
    library: Library, board: str, leg: str | None = None, athlete: str | None = None
) -> tuple[list[SessionEntry], list[SessionEntry]]:
    """Say leg or athlete of all sessions of a board that are here, where that is open; (changed entries, others).

    A leg is open unless the runner said it of the session: a board names one even if nobody ever set it. An athlete is
    open where neither the runner nor the board's settings name one. `board`: its id, or the start of one.
    """
    every = library.sessions()
    found = sorted({one.board for one in every if one.board.startswith(board.strip().lower())})
    shown = untrusted.printable(board)
    if len(found) != 1 or not board.strip():
        known = ", ".join(sorted({one.board for one in every})[:8]) or "none"
        what = f"{shown} could be {', '.join(found[:5])}" if found else f"no session of board {shown} here"
        raise KneesyncError(f"{what}; boards in the library: {known}")
    changed, others = [], []
    for entry in every:
        if entry.board != found[0]:
            continue
        spoken = library.note_of(entry)
        said = {}
        if leg is not None and (leg == AS_PULLED or "leg" not in spoken):
            said.update(words(entry, leg=leg))
        if athlete is not None and (athlete == AS_PULLED or not ("athlete" in spoken or entry.board_athlete)):
            said.update(words(entry, athlete=athlete))
        if said:
            changed.append(library.say(entry, **said))
        else:
            others.append(entry)
    return changed, others


def _start_unix_s(entry: SessionEntry, text: str) -> float:
    try:
        start_unix_s = datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise KneesyncError(
            f"found {untrusted.printable(text, 30)!r}, expected a local time such as "
            f'"{time.strftime("%Y-%m-%d %H:%M")}", or {AS_PULLED}'
        ) from None
    latest_unix_s = entry.pulled_unix_s - (entry.duration_s or 0)
    if not EARLIEST_UNIX_S <= start_unix_s <= latest_unix_s + _TOLERANCE_S:
        latest = time.strftime("%Y-%m-%d %H:%M", time.localtime(latest_unix_s))
        raise KneesyncError(f"{entry.id} began before {latest}: found a start at {untrusted.printable(text, 30)}")
    return start_unix_s


def _tags(present: list[str], added: Sequence[str], removed: Sequence[str]) -> list[str]:
    gone = {one.casefold() for one in _single(removed)}
    tags = [one for one in sidecar.tags([*present, *_single(added)], most=None) if one.casefold() not in gone]
    if len(tags) > sidecar.MOST_TAGS:
        raise KneesyncError(f"found {len(tags)} tags, a session takes {sidecar.MOST_TAGS}; --untag some")
    return tags


def _single(texts: Sequence[str]) -> list[str]:
    parts = (part.strip().lstrip("#") for text in texts for part in text.split(","))
    return [_fitting("a tag", part, sidecar.TAG_CHARACTERS) for part in parts if part]


def _fitting(what: str, text: str, longest: int, least: int = 1) -> str:
    found = sidecar.line(text, longest + 1)
    if not least <= len(found) <= longest:
        many = f"{least} to {longest}" if least else f"up to {longest}"
        shown = untrusted.printable(found, 40)
        raise KneesyncError(f"{what} has {many} characters: found {len(found) if found else 'none'} ({shown!r})")
    return found
