"""Making room on a board: what the library holds, byte for byte, may go; everything else stays.

A session is deleted only if the library's file, read anew from the disk, has the SHA-256 that the board computes from
its own file now; and the board computes it once more before it deletes (service.remove).
"""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

from kneesync.board.keeper import Keeper
from kneesync.board.link import HASHING_QUIET_S, BoardRefusedError, Link
from kneesync.board.pull import listing, tell_time


@dataclass
class Freed:
    """What becomes of one file on the board."""

    name: str
    bytes: int = 0
    sha256: str = ""
    state: str = "stays"  # "may go", "freed", "stays" or "failed"
    why: str = ""  # it stays or failed


def plan(link: Link, library: Keeper[Any, Any], keep: int = 0) -> list[Freed]:
    """A Freed for every session on the board at `link`: "may go" or "stays". The `keep` newest stay."""
    tell_time(link, library)
    listed, refused = listing(link)
    found = [Freed(one.name, why=one.problem or "") for one in refused]
    newest = {file.name for file in listed[max(0, len(listed) - keep) :]}
    for file in listed:
        one = Freed(file.name, file.bytes, file.sha256)
        if file.name in newest:
            one.why = f"among the {keep} newest"
        else:
            one.why = library.why_not_safe(file.sha256)
            one.state = "stays" if one.why else "may go"
        found.append(one)
    return found


def only(planned: Iterable[Freed], sha256s: Container[str]) -> None:
    """Take out of `planned` what is not among those that were asked about."""
    for one in planned:
        if one.state == "may go" and one.sha256 not in sha256s:
            one.state, one.why = "stays", "came after the question"


def free(link: Link, planned: list[Freed], on_result: Callable[[Freed], object] | None = None) -> list[Freed]:
    """Delete what `planned` says "may go"; on_result(Freed) after each. LinkError when the board itself is gone."""
    for one in planned:
        if one.state != "may go":
            continue
        try:
            link.call(f"service.remove({one.name!r}, {one.sha256!r})", quiet_s=HASHING_QUIET_S)
            one.state = "freed"
        except BoardRefusedError as error:
            one.state, one.why = "failed", str(error)
        if on_result:
            on_result(one)
    return planned
