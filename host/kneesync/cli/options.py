"""Options and arguments that several commands share, and what of a typed word several commands make."""

import sys
from collections.abc import Container
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Plain = Annotated[bool, typer.Option("--plain", help="Plain lines: no boxes, no colour.")]
WhichBoard = Annotated[
    str | None, typer.Argument(help="A board's id, the start of one, or its port.", metavar="[BOARD]")
]
Athlete = Annotated[
    str | None, typer.Option("--athlete", metavar="NAME", help="Only this runner's sessions (default: everybody's).")
]
SessionOrFile = Annotated[
    str | None, typer.Argument(help="A session's id, the start of one, or a .knee file; the newest if left out.")
]
Leg = Annotated[str | None, typer.Option("--leg", metavar="L|R", help="Only sessions of this leg.")]
Tag = Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only sessions with this tag.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Wired = Annotated[str, typer.Option(metavar="PARTS", help='The board and its parts, such as "rpi_pico LSM6DSO32 pin".')]


def terminal_asks() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def leg_of(text: str | None, also: Container[str] = ()) -> str | None:
    """L or R from what was typed; wrong usage if it is neither (nor one of `also`)."""
    if text is None or text in also:
        return text
    if text.strip().upper() not in ("L", "R"):
        raise typer.BadParameter(f"found {text!r}, expected L or R", param_hint="--leg")
    return text.strip().upper()


def pairs(texts: list[str] | None) -> list[str]:
    """NAME=VALUE texts; one without its = is wrong usage."""
    for text in texts or ():
        if "=" not in text:
            raise typer.BadParameter(f"found {text!r}, expected NAME=VALUE", param_hint="--set")
    return texts or []
