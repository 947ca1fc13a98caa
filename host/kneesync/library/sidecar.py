"""The sidecar <id>.json beside a kept file: where it came from, and what the runner says of the run.

It outlives every index, and the file itself stays as it was pulled. What stands in one is checked key by key as it is
read: a note may have been edited by hand, or have come from another machine.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.files import durable
from kneesync.library.index import NOBODY, SessionEntry

MOST_BYTES = 1 << 20
MOST_TAGS = 20
TEXT_CHARACTERS = 1000
TAG_CHARACTERS = 30
NAME_CHARACTERS = 32  # as many as the board's setting takes
WHERE_CHARACTERS = 60


def read(path: Path) -> dict[str, Any]:
    """What stands in the note beside a kept file, as far as it makes sense; {} if there is none that can be read."""
    return sound(unchecked(path))


def unchecked(path: Path) -> dict[str, Any]:
    """All that stands in the note beside a file, whatever it is: to write it again, or to compare it."""
    try:
        with open(path.with_suffix(".json"), "rb") as file:
            return untrusted.parsed(file.read(MOST_BYTES))
    except (OSError, KneesyncError):
        return {}


def write(path: Path, note: Mapping[str, object]) -> None:
    """Put the note beside a kept file, whole or not at all. OSError if the disk refuses."""
    durable.write_whole(path.with_suffix(".json"), json.dumps(note, ensure_ascii=False).encode())


def sound(found: Mapping[str, object]) -> dict[str, Any]:
    """The keys of a note that are known and hold what they may."""
    checked = {name: check(found[name]) for name, check in _CHECKS.items() if name in found}
    return {name: value for name, value in checked.items() if value is not None}


def said(note: Mapping[str, Any]) -> dict[str, Any]:
    """What the runner says, of all that stands in a note; the watch's facts too."""
    return {name: value for name, value in note.items() if name in SAID}


def applied(entry: SessionEntry, note: Mapping[str, Any]) -> SessionEntry:
    """The SessionEntry as the board's file and its note together have it. `note`: as read."""
    corrected_unix_s = note.get("corrected_start_unix_s")
    came_unix_s, came_from = note.get("start_unix_s"), note.get("start_from", "unknown")
    if came_unix_s is None and (told_unix_s := _moment((note.get("watch") or {}).get("start_unix_s"))):
        came_unix_s, came_from = told_unix_s, "watch"
    return replace(
        entry,
        board=note.get("board", entry.board),
        name=note.get("name", entry.name),
        start_unix_s=came_unix_s if corrected_unix_s is None else corrected_unix_s,
        start_from=came_from if corrected_unix_s is None else "you",
        pulled_unix_s=note.get("pulled_unix_s", entry.pulled_unix_s),
        athlete=note.get("athlete") or entry.board_athlete or NOBODY,
        leg=note.get("leg", entry.board_leg),
        note=note.get("text", ""),
        tags=note.get("tags", []),
        pain=note.get("pain"),
        pain_where=note.get("pain_where", ""),
        effort=note.get("effort"),
        marked=note.get("marked", False),
        watch=note.get("watch"),
    )


def speaks(entry: SessionEntry) -> bool:
    """Whether the runner said anything of a kept file."""
    own = (entry.note, entry.tags, entry.pain_where, entry.marked, entry.watch, entry.start_from == "you")
    if any(own) or entry.pain is not None or entry.effort is not None:
        return True
    return entry.leg != entry.board_leg or entry.athlete != (entry.board_athlete or NOBODY)


def taken_over(entry: SessionEntry, other: SessionEntry) -> SessionEntry:
    """`entry` with what the runner says of `other`, another segment of the same run."""
    names = ("leg", "athlete", "note", "tags", "pain", "pain_where", "effort", "marked", "watch")
    found = {name: getattr(other, name) for name in names}
    if other.start_from == "you" or (other.start_from == "watch" and entry.start_unix_s is None):
        found.update(start_unix_s=other.start_unix_s, start_from=other.start_from)
    return replace(entry, **found)


@overload
def line(value: str, longest: int) -> str: ...


@overload
def line(value: object, longest: int) -> str | None: ...


def line(value: object, longest: int) -> str | None:
    """A text as one printable line of at most so many characters, spaces single; None if it is no text."""
    return untrusted.printable(" ".join(value.split()), longest) if isinstance(value, str) else None


@overload
def tags(value: list, most: int | None = MOST_TAGS) -> list[str]: ...


@overload
def tags(value: object, most: int | None = MOST_TAGS) -> list[str] | None: ...


def tags(value: object, most: int | None = MOST_TAGS) -> list[str] | None:
    """Tags as a list of at most so many printable texts, each once whatever its case; None if it is no list.

    `most` None: all of them.
    """
    if not isinstance(value, list):
        return None
    found = {}
    for one in value:
        if tag := line(one, TAG_CHARACTERS):
            found.setdefault(tag.casefold(), tag)
    return list(found.values())[:most]


def _moment(value):
    """Unix s, or None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e11:
        return value
    return None


def _watch(value):
    """The join's facts: a flat dict of plain values."""
    if not isinstance(value, dict) or len(value) > 60:
        return None
    return {line(name, 60): plain for name, one in value.items() if (plain := _plain(one)) is not None}


def _plain(value):
    if isinstance(value, str):
        return line(value, 200)
    if isinstance(value, (list, tuple)) and len(value) <= 20:
        return [_plain(one) for one in value]
    return value if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)) else None


_CHECKS = {
    "board": untrusted.board_id,
    "name": untrusted.session_name,
    "bytes": lambda value: untrusted.whole(value, 0, 1 << 40),
    "sha256": untrusted.sha256,
    "start_unix_s": _moment,
    "start_from": lambda value: value if value in ("pull", "board clock", "unknown") else None,
    "pulled_unix_s": _moment,
    # what the runner says
    "corrected_start_unix_s": _moment,
    "athlete": lambda value: line(value, NAME_CHARACTERS),
    "leg": lambda value: value if value in ("L", "R") else None,
    "text": lambda value: line(value, TEXT_CHARACTERS),
    "tags": tags,
    "pain": lambda value: untrusted.whole(value, 0, 10),
    "pain_where": lambda value: line(value, WHERE_CHARACTERS),
    "effort": lambda value: untrusted.whole(value, 0, 10),
    "marked": lambda value: value if isinstance(value, bool) else None,
    "watch": _watch,
}
SAID = tuple(_CHECKS)[tuple(_CHECKS).index("corrected_start_unix_s") :]
