"""The commands that talk to a board: devices, pull, flash, doctor, settings, free. See app.py."""

from typing import Annotated

import typer

from kneesync.cli.options import Json, Plain, WhichBoard, pairs, terminal_asks
from kneesync.errors import KneesyncError

app = typer.Typer(rich_markup_mode=None)


@app.command()
def devices(as_json: Json = False) -> None:
    """List the boards in reach, also virtual ones. Opens none: a run under way goes on."""
    from kneesync.board import find
    from kneesync.errors import NoBoardError
    from kneesync.views import lists, results, terminal

    found = find.boards()
    if as_json:
        print(results.text(results.boards(found)))
    else:
        terminal.lines(lists.boards(found))
    if not found:
        raise NoBoardError(find.NONE_FOUND)


@app.command()
def pull(
    board: WhichBoard = None,
    every: Annotated[bool, typer.Option("--all", help="From each board in reach, one after the other.")] = False,
    then_free: Annotated[
        bool, typer.Option("--free", help="Then delete on the board what is safe in the library (see `free`).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring every new session from the board into the library. Safe to interrupt and to run again."""
    if every and board:
        raise typer.BadParameter("found a board and --all, expected one of them", param_hint="--all")
    from kneesync.board import find
    from kneesync.library import Library
    from kneesync.services import pull_all
    from kneesync.views import library_messages, lists, results, terminal

    # said as they come: what is home is home, whatever happens to the board afterwards
    on_pulled, on_freed = (None, None) if as_json else (lists.say_pulled, library_messages.say_freed)

    def on_visit(visit) -> None:
        if not as_json:
            lists.say_visit(visit)

    picked = None if every else find.pick(board)
    try:
        # a run under way is closed, not lost: what was recorded up to now is pulled too
        with Library() as library, terminal.Progress() as progress:
            if picked is None:
                visits = pull_all.visits(library, progress, on_pulled, then_free, on_freed, on_visit)
            else:
                visits = [pull_all.visit(picked, library, progress, on_pulled, then_free, on_freed)]
    except KeyboardInterrupt:
        raise KneesyncError("stopped; what came is kept, and `kneesync pull` goes on from there") from None
    if not every:
        on_visit(visits[0])
    if as_json:
        found = [results.visit(visit) for visit in visits]
        print(results.text(found if every else found[0]))
    if any(visit.failed for visit in visits):
        raise typer.Exit(1)


@app.command()
def flash(
    board: WhichBoard = None,
    firmware: Annotated[
        str | None, typer.Option(metavar="FILE.uf2", help="Install this MicroPython first (micropython.org/download).")
    ] = None,
    rollback: Annotated[bool, typer.Option("--rollback", help="Back to the version before this one.")] = False,
    even_unpulled: Annotated[
        bool, typer.Option("--even-unpulled", help="Although the board holds sessions that the library does not.")
    ] = False,
    despite_self_test: Annotated[
        bool, typer.Option("--despite-self-test", help="Switch to the new version whatever its self-test finds.")
    ] = False,
    wired: Annotated[
        str | None, typer.Option(metavar="PARTS", help='What is wired to it, such as "LSM6DSO32 pin" or "rpi_pico".')
    ] = None,
    into: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Touch no board: write what would be installed to a folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Install this version's firmware on a board. The old one stays on it, and starts again if the new one does not."""
    if (rollback or into) and (firmware or wired or even_unpulled or despite_self_test or (rollback and into)):
        raise typer.BadParameter("goes with no other option", param_hint="--into" if into else "--rollback")

    from kneesync.board import flash as flashing
    from kneesync.services.flash_firmware import flash_firmware
    from kneesync.views import lists, results, terminal

    if into:
        flashing.Image.built().save(into)
        terminal.note(f"Written to {into}; docs/flash-by-hand.md says how it gets onto a board.")
        return
    say = None if as_json else lists.say_check
    with terminal.Progress() as progress:
        if rollback:
            from kneesync.board import find

            picked = find.pick(board)
            done = flashing.roll_back(picked.port, picked.id)
        else:
            done = flash_firmware(
                board, firmware, say=terminal.note, progress=progress, on_check=say,
                even_unpulled=even_unpulled, despite_self_test=despite_self_test, wired=wired,
            )  # fmt: skip
    if as_json:
        print(results.text(results.flashed(done)))
    else:
        terminal.lines([lists.flashed(done)])
    for check in done.checks:
        if not check.ok:
            terminal.note(f"kneesync: {check.check}: {check.text}")


@app.command()
def doctor(
    board: WhichBoard = None,
    brief: Annotated[bool, typer.Option("--brief", help="One line, without the self-test.")] = False,
    feel: Annotated[
        bool, typer.Option("--feel", help="Play every sign of the motor, naming each before it comes; check nothing.")
    ] = False,
    udev_rule: Annotated[
        bool, typer.Option("--udev-rule", help="Print the rule that lets you use a board on Linux.")
    ] = False,
    as_json: Json = False,
    plain: Plain = False,
) -> None:
    """Check the board and the way to it. Says in plain words what to do."""
    from kneesync.board import port
    from kneesync.board.doctor import examine
    from kneesync.library import Library
    from kneesync.views import results, terminal

    if udev_rule:
        terminal.lines(port.udev_rule().splitlines())
        return
    from kneesync.views import checkup

    if feel:
        from kneesync.board import feel as feeling

        signs = feeling.feel(board, None if as_json else lambda sign: terminal.lines([checkup.sign(sign)]))
        if as_json:
            print(results.text([vars(sign) for sign in signs]))
        return

    def say(finding) -> None:
        if console := terminal.results(plain):
            checkup.show(console, finding)
        else:
            terminal.lines([checkup.plain(finding)])

    found = examine(Library, board, quick=brief, on_finding=None if brief or as_json else say)
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
) -> None:
    """Show a board's settings, or change some. All of what is asked for, or nothing."""
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
) -> None:
    """Delete on the board what the library holds. Byte for byte: checked on both sides first."""
    if not yes and not terminal_asks():
        raise typer.BadParameter("nobody can be asked here: add --yes to delete on the board", param_hint="--yes")
    from kneesync.board import find
    from kneesync.board import free as room
    from kneesync.board.link import Link
    from kneesync.library import Library
    from kneesync.views import library_messages, results, terminal

    picked = find.pick(board)
    with Library() as library:
        if not yes:
            # the board does not wait for an answer: it runs on while the runner thinks
            with Link(picked.port, picked.id) as link:
                planned = room.plan(link, library, keep)
            _say_closed(link)
            for line in library_messages.planned(planned):
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
            room.free(link, found, None if as_json else library_messages.say_freed)
            left = link.call("service.info()")
    if as_json:
        print(results.text(results.freed(link.board, found, left)))
    else:
        for one in found:
            if yes and one.state == "stays":
                terminal.note(next(library_messages.planned([one])))
        terminal.note(library_messages.freed_outcome(link.board, found, left) + " Its firmware runs again.")
    _say_closed(link)
    if any(one.state == "failed" for one in found):
        raise typer.Exit(1)


def _say_closed(link):
    """What the runner wants to know: taking the board over ended a run."""
    from kneesync.views import lists, terminal

    if said := lists.closed(link.info):
        terminal.note(said)
