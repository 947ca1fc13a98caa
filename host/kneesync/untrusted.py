"""What came from a board or a file, checked before anything else sees it: bounded, printable, of the right kind."""

import json
import re
from typing import TypeVar

from kneesync.errors import KneesyncError

_BOARD_ID = re.compile(r"[0-9a-f]{4,32}")
_SESSION_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,47}\.knee")
_RUN_ID = re.compile(r"[0-9]{5,9}-[0-9a-f]{8}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_Kind = TypeVar("_Kind", bound=dict | list)


def printable(value: object, longest: int = 60) -> str:
    """`value` as one line of text without control, escape or direction characters, at most `longest` characters."""
    text = value if isinstance(value, str) else str(value)
    text = "".join(character if character.isprintable() else "?" for character in text[: longest + 1])
    return text if len(text) <= longest else text[: longest - 1] + "…"


def parsed(text: str | bytes, kind: type[_Kind] = dict) -> _Kind:
    """JSON text as `kind` (dict or list). KneesyncError if it is anything else, however it is broken or nested."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise KneesyncError(f"found {printable(repr(text))}, expected a JSON {kind.__name__}; is it a kneesync board?")
    return value


def whole(value: object, low: int, high: int) -> int | None:
    """`value` if it is an int within low..high, else None."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    return None


def board_id(value: object) -> str | None:
    """A board id (4 to 32 hex digits, lower case), or None."""
    return value if isinstance(value, str) and _BOARD_ID.fullmatch(value) else None


def session_name(value: object) -> str | None:
    """A session file's name on the board, free of path characters, or None."""
    return value if isinstance(value, str) and _SESSION_NAME.fullmatch(value) else None


def run_id(value: object) -> str | None:
    """What a run's segments have in common (boot and header's CRC-32 of the first), or None."""
    return value if isinstance(value, str) and _RUN_ID.fullmatch(value) else None


def sha256(value: object) -> str | None:
    """A SHA-256 as 64 hex digits, or None."""
    return value if isinstance(value, str) and _SHA256.fullmatch(value) else None
