"""The commands that look after a board: doctor, settings, free. Part of the command line; see cli.py."""

import sys
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Plain = Annotated[bool, typer.Option("--plain", help="Plain lines: no boxes, no colour.")]
WhichBoard = Annotated[
    str | None, typer.Argument(help="A board's id, the start of one, or its port.", metavar="[BOARD]")
]


@app.command()
def doctor(
    board: WhichBoard = None,
    brief: Annotated[bool, typer.Option("--brief", help="One line, without the self-test.")] = False,
    udev_rule: Annotated[
        bool, typer.Option("--udev-rule", help="Print the rule that lets you use a board on Linux.")
    ] = False,
    as_json: Json = False,
    plain: Plain = False,
):
    """Check the way to the board and the board itself, and say in plain words what to do."""
    from kneesync.board import port
    from kneesync.board.doctor import examine
    from kneesync.views import results, terminal

    if udev_rule:
        terminal.lines(port.udev_rule().splitlines())
        return
    from kneesync.views import checkup

    def say(finding):
        if console := terminal.results(plain):
            checkup.show(console, finding)
        else:
            terminal.lines([checkup.plain(finding)])

    found = examine(board, quick=brief, on_finding=None if brief or as_json else say)
    if as_json:
        print(results.text(checkup.figures(found)))
    elif brief:
        terminal.lines([checkup.brief(found)])
    if found.exit_code:
        raise typer.Exit(found.exit_code)


@app.command()
def settings(
    board: WhichBoard = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set one; repeatable.")
    ] = None,
    reset: Annotated[
        list[str] | None, typer.Option("--reset", metavar="NAME", help="Put one back to its default; repeatable.")
    ] = None,
    reset_all: Annotated[bool, typer.Option("--reset-all", help="Put all others back to their defaults.")] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="NAME", help="Say what a setting is and does; needs no board.")
    ] = None,
    as_json: Json = False,
    plain: Plain = False,
):
    """Show a board's settings, or change some: all of what is asked for, or nothing."""
    from kneesync.board import settings as board_settings
    from kneesync.views import results, terminal
    from kneesync.views import settings as view

    if explain is not None:
        one, advice = board_settings.explained(explain)
        if as_json:
            print(results.text(view.explained(one, advice)))
        else:
            terminal.lines(view.explanation(one, advice))
        return
    changes = board_settings.from_pairs(pairs(change))

    from kneesync.board import find
    from kneesync.board.link import Link
    from kneesync.board.pull import tell_time
    from kneesync.library import Library

    picked = find.pick(board)
    with Library() as library, Link(picked.port, picked.id) as link:
        tell_time(link, library)
        before = after = board_settings.listed(link.info)
        if changes or reset or reset_all:
            after = board_settings.change(link, changes, reset or [], reset_all)
    if as_json:
        print(results.text(view.figures(link.board, after)))
    elif after is not before:
        terminal.lines(view.changes(before, after))
        terminal.note(view.summary(link.board, after) + " Its firmware runs again.")
    elif console := terminal.results(plain):
        view.show(console, link.board, after)
    else:
        terminal.lines(view.plain(link.board, after))
    _say_closed(link)


@app.command()
def free(
    board: WhichBoard = None,
    keep: Annotated[int, typer.Option(min=0, metavar="N", help="Leave the N newest on the board.")] = 0,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
):
    """Delete on the board what the library holds, byte for byte: checked on both sides first."""
    if not yes and not terminal_asks():
        raise typer.BadParameter("nobody can be asked here: add --yes to delete on the board", param_hint="--yes")
    from kneesync.board import find
    from kneesync.board import free as room
    from kneesync.board.link import Link
    from kneesync.library import Library
    from kneesync.views import care, results, terminal

    picked = find.pick(board)
    with Library() as library:
        if not yes:
            # the board does not wait for an answer: it runs on while the runner thinks
            with Link(picked.port, picked.id) as link:
                planned = room.plan(link, library, keep)
            _say_closed(link)
            for line in care.planned(planned):
                terminal.note(line)
            going = {one.sha256 for one in planned if one.state == "may go"}
            if not going:
                terminal.note("Nothing to free: `kneesync pull` first, or fewer with --keep.")
                return
            typer.confirm(f"Delete {len(going)} of them on board {link.board}?", abort=True, err=True)
        with Link(picked.port, picked.id) as link:
            found = room.plan(link, library, keep)
            if not yes:
                room.only(found, going)
            room.free(link, found, None if as_json else care.say_freed)
            left = link.call("service.info()")
    if as_json:
        print(results.text(care.figures(link.board, found, left)))
    else:
        for one in found:
            if yes and one.state == "stays":
                terminal.note(next(care.planned([one])))
        terminal.note(care.freed_outcome(link.board, found, left) + " Its firmware runs again.")
    _say_closed(link)
    if any(one.state == "failed" for one in found):
        raise typer.Exit(1)


def terminal_asks():
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _say_closed(link):
    """What the runner wants to know: taking the board over ended a run."""
    from kneesync.views import lists, terminal

    if said := lists.closed(link.info):
        terminal.note(said)


def pairs(texts):
    """NAME=VALUE texts; one without its = is wrong usage."""
    for text in texts or ():
        if "=" not in text:
            raise typer.BadParameter(f"found {text!r}, expected NAME=VALUE", param_hint="--set")
    return texts or []
