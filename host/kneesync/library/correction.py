"""What the runner knows better than the board: when a run began, whose it was, on which leg, and how it felt.

It stands in the session's sidecar, so it outlives a new index. The file itself stays as pulled.
"""

import time
from datetime import datetime

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.library import sidecar
from kneesync.library.store import EARLIEST_UNIX_S

AS_PULLED = "as-pulled"  # takes back a start, a leg or an athlete
_TOLERANCE_S = 60


def words(kept, start=None, text=None, tag=(), untag=(), pain=None, where=None, effort=None, **more):
    """What Library.say() takes, from a note in the runner's words; None leaves a thing as it is.

    `start`: a local time, or "as-pulled". `text`, `where`: "" takes it back. `tag`, `untag`: lists of texts, several
    tags parted by commas. `pain`, `effort`: 0 to 10, or "none". `more`: athlete and leg ("as-pulled" takes it back),
    marked (bool). KneesyncError if anything does not fit; then nothing of it is to be said.
    """
    said = {name: None if value == AS_PULLED else value for name, value in more.items() if value is not None}
    if said.get("athlete") is not None:
        said["athlete"] = _fitting("an athlete", said["athlete"], sidecar.NAME_CHARACTERS)
    if start is not None:
        said["corrected_start_unix_s"] = None if start == AS_PULLED else _start_unix_s(kept, start)
    if text is not None:
        said["text"] = _fitting("a note", text, sidecar.TEXT_CHARACTERS, least=0) or None
    if tag or untag:
        said["tags"] = _tags(kept.tags, tag or (), untag or ()) or None
    for name, value in (("pain", pain), ("effort", effort)):
        if value is not None:
            said[name] = None if value == "none" else value
    if where is not None:
        said["pain_where"] = _fitting("a place", where, sidecar.WHERE_CHARACTERS, least=0) or None
    if pain == "none":
        said["pain_where"] = None
    elif where and pain is None and kept.pain is None:
        raise KneesyncError("--where says where it hurt; say how much too: --pain 0 to 10")
    return said


def of_board(library, board, leg=None, athlete=None):
    """Say leg or athlete of all sessions of a board that are here, where that is open; (changed Kepts, others).

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
    for kept in every:
        if kept.board != found[0]:
            continue
        spoken = library.note_of(kept)
        said = {}
        if leg is not None and (leg == AS_PULLED or "leg" not in spoken):
            said.update(words(kept, leg=leg))
        if athlete is not None and (athlete == AS_PULLED or not ("athlete" in spoken or kept.board_athlete)):
            said.update(words(kept, athlete=athlete))
        if said:
            changed.append(library.say(kept, **said))
        else:
            others.append(kept)
    return changed, others


def _start_unix_s(kept, text):
    try:
        start_unix_s = datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise KneesyncError(
            f"found {untrusted.printable(text, 30)!r}, expected a local time such as "
            f'"{time.strftime("%Y-%m-%d %H:%M")}", or {AS_PULLED}'
        ) from None
    latest_unix_s = kept.pulled_unix_s - (kept.duration_s or 0)
    if not EARLIEST_UNIX_S <= start_unix_s <= latest_unix_s + _TOLERANCE_S:
        latest = time.strftime("%Y-%m-%d %H:%M", time.localtime(latest_unix_s))
        raise KneesyncError(f"{kept.id} began before {latest}: found a start at {untrusted.printable(text, 30)}")
    return start_unix_s


def _tags(present, added, removed):
    gone = {one.casefold() for one in _single(removed)}
    tags = [one for one in sidecar.tags([*present, *_single(added)], most=None) if one.casefold() not in gone]
    if len(tags) > sidecar.MOST_TAGS:
        raise KneesyncError(f"found {len(tags)} tags, a session takes {sidecar.MOST_TAGS}; --untag some")
    return tags


def _single(texts):
    parts = (part.strip().lstrip("#") for text in texts for part in text.split(","))
    return [_fitting("a tag", part, sidecar.TAG_CHARACTERS) for part in parts if part]


def _fitting(what, text, longest, least=1):
    found = sidecar.line(text, longest + 1)
    if not least <= len(found) <= longest:
        many = f"{least} to {longest}" if least else f"up to {longest}"
        shown = untrusted.printable(found, 40)
        raise KneesyncError(f"{what} has {many} characters: found {len(found) if found else 'none'} ({shown!r})")
    return found
