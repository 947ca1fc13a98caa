"""The command line: arguments in, one call, rendering out. What a command does stands in the package, not here.

Results go to stdout, progress and errors to stderr. Exit: 0 done, 1 failed, 2 wrong usage, 3 no board.
Everything heavy is imported inside the command that needs it, so that --help stays quick.
"""

import enum
import os
import sys
from typing import Annotated

import typer

from kneesync.errors import KneesyncError

app = typer.Typer(
    help="Knee drive of a run: pull sessions from the board on the thigh, and read what they say.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Plain = Annotated[bool, typer.Option("--plain", help="Plain lines: no boxes, no colour.")]
WhichBoard = Annotated[
    str | None, typer.Argument(help="A board's id, the start of one, or its port.", metavar="[BOARD]")
]


class Where(enum.StrEnum):
    """Who computes a replay."""

    host = "host"
    board = "board"


def _version(wanted: bool):
    if wanted:
        from kneesync import __version__

        print(f"kneesync {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
):
    global _debug  # noqa: PLW0603 - main() decides by it how an error is shown
    _debug = debug


_debug = False


@app.command()
def devices(as_json: Json = False):
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
    changes = board_settings.from_pairs(_pairs(change))

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
def pull(
    board: WhichBoard = None,
    every: Annotated[bool, typer.Option("--all", help="From each board in reach, one after the other.")] = False,
    then_free: Annotated[
        bool, typer.Option("--free", help="Then delete on the board what is safe in the library (see `free`).")
    ] = False,
    as_json: Json = False,
):
    """Bring every new session from the board into the library. Safe to interrupt and to run again."""
    if every and board:
        raise typer.BadParameter("found a board and --all, expected one of them", param_hint="--all")
    from kneesync.board import find, homecoming
    from kneesync.library import Library
    from kneesync.views import care, lists, results, terminal

    # said as they come: what is home is home, whatever happens to the board afterwards
    on_pulled, on_freed = (None, None) if as_json else (lists.say_pulled, care.say_freed)

    def on_visit(visit):
        if not as_json:
            lists.say_visit(visit)

    if every:
        with Library() as library, terminal.Progress() as progress:
            visits = homecoming.visits(library, progress, on_pulled, then_free, on_freed, on_visit)
    else:
        picked = find.pick(board)
        # a run under way is closed, not lost: what was recorded up to now is pulled too
        with Library() as library, terminal.Progress() as progress:
            visits = [homecoming.visit(picked, library, progress, on_pulled, then_free, on_freed)]
        on_visit(visits[0])
    if as_json:
        found = [results.visit(visit) for visit in visits]
        print(results.text(found if every else found[0]))
    if any(visit.failed for visit in visits):
        raise typer.Exit(1)


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


@app.command()
def reindex(as_json: Json = False):
    """Make the library's index anew from its files. No file is changed; damaged ones are named."""
    from kneesync.library import Library
    from kneesync.views import care, results, terminal

    with Library() as library:
        entered, unreadable = library.reindex()
    if as_json:
        rows = [{"file": path.name, "problem": why} for path, why in unreadable]
        print(results.text({"sessions": results.sessions(entered), "unreadable": rows}))
    else:
        terminal.lines(care.reindexed(entered, unreadable))
    if unreadable or any(one.problems for one in entered):
        raise typer.Exit(1)


@app.command()
def note(
    session: Annotated[str, typer.Argument(help="A session's id, or the start of one.")],
    start: Annotated[
        str,
        typer.Option(metavar="TIME", help='When it began, as "2026-11-20 18:30"; as-pulled: take that back.'),
    ],
    as_json: Json = False,
):
    """Say when a run began, where the board could not know. The session's file stays as it is."""
    from kneesync.library import Library
    from kneesync.library.correction import set_start
    from kneesync.views import care, results, terminal

    with Library() as library:
        kept = set_start(library, session, start)
    if as_json:
        print(results.text(results.sessions([kept])[0]))
    else:
        terminal.lines([care.start(kept)])


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
    into: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Touch no board: write what would be installed to a folder.")
    ] = None,
    as_json: Json = False,
):
    """Install this version's firmware on a board. The old one stays on it, and starts again if the new one does not."""
    if (rollback or into) and (firmware or even_unpulled or despite_self_test or (rollback and into)):
        raise typer.BadParameter("goes with no other option", param_hint="--into" if into else "--rollback")

    from kneesync.board import flash as flashing
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
            done = flashing.flash_picked(
                board, firmware, say=terminal.note, progress=progress, on_check=say,
                even_unpulled=even_unpulled, despite_self_test=despite_self_test,
            )  # fmt: skip
    if as_json:
        print(results.text(results.flashed(done)))
    else:
        terminal.lines([lists.flashed(done)])
    for check in done.checks:
        if not check.ok:
            terminal.note(f"kneesync: {check.check}: {check.text}")


@app.command()
def sessions(as_json: Json = False, plain: Plain = False):
    """List the sessions in the library, newest first."""
    from kneesync.library import Library
    from kneesync.views import lists, results, terminal

    with Library() as library:
        kept = library.sessions()
    if as_json:
        print(results.text(results.sessions(kept)))
    elif not kept:
        terminal.note(
            f"No sessions in {library.folder} yet: plug the board in and run `kneesync pull`, or try `kneesync demo`."
        )
    elif console := terminal.results(plain):
        lists.show_sessions(console, kept)
    else:
        terminal.lines(lists.plain_sessions(kept))


@app.command()
def report(
    session: Annotated[
        str | None, typer.Argument(help="A session's id, the start of one, or a .knee file; the newest if left out.")
    ] = None,
    as_json: Json = False,
    plain: Plain = False,
):
    """Say what one run's knee drive did."""
    from kneesync.library import opened

    kept, decoded = opened(session)
    _report(decoded, kept, as_json, plain)


def _report(session, kept, as_json, plain):
    from kneesync.analysis.session import summary
    from kneesync.views import terminal

    figures = summary(session)
    if as_json:
        from kneesync.views import results

        print(results.text(results.report(figures, kept)))
        return
    from kneesync.views import report as view

    if console := terminal.results(plain):
        view.show(console, figures, session, kept)
    else:
        terminal.lines(view.plain(figures, kept))


@app.command()
def replay(
    file: Annotated[str, typer.Argument(help="A recording (.npz), a .knee file, or a session's id.")],
    on: Annotated[
        Where, typer.Option("--on", help="Who computes: this machine, or the firmware on the virtual board.")
    ] = Where.host,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another value for a setting; repeatable."),
    ] = None,
    as_json: Json = False,
):
    """Compute a recording's or a session's strides and cues again, with other settings if wanted."""
    from kneesync.board.settings import from_pairs

    changes = from_pairs(_pairs(change))

    from kneesync.replay import replay as replay_file
    from kneesync.views import lists, results, terminal

    result = replay_file(file, on=on.value, changes=changes)
    if as_json:
        print(results.text(result))
    else:
        terminal.lines(lists.replayed(result))


def _say_closed(link):
    """What the runner wants to know: taking the board over ended a run."""
    from kneesync.views import lists, terminal

    if said := lists.closed(link.info):
        terminal.note(said)


def _pairs(texts):
    """NAME=VALUE texts; one without its = is wrong usage."""
    for text in texts or ():
        if "=" not in text:
            raise typer.BadParameter(f"found {text!r}, expected NAME=VALUE", param_hint="--set")
    return texts or []


@app.command()
def demo(
    recording: Annotated[
        str | None, typer.Option(help="Run this recording (.npz) instead of the virtual runner.")
    ] = None,
    minutes: Annotated[int, typer.Option(min=1, max=240, help="Length of the virtual run.")] = 25,
    seed: Annotated[int, typer.Option(help="Another runner.")] = 0,
    as_json: Json = False,
    plain: Plain = False,
):
    """A virtual runner's run with the real firmware on a virtual board, then pull and report. No hardware needed."""
    from kneesync.demo import run_demo
    from kneesync.views import terminal

    with terminal.Fastforward() as watch:
        result = run_demo(
            minutes=minutes, seed=seed, recording=recording, on_progress=watch.progress, on_line=watch.line
        )
    if as_json:
        from kneesync.views import results

        print(results.text(results.demo(result)))
        return
    _report(result.session, None, False, plain)
    if match := result.agreement():
        from kneesync.views import lists

        terminal.note(lists.agreement(match))


@app.command()
def virtual(
    recording: Annotated[
        str | None, typer.Option(help="What its IMU feels: a recording (.npz); else it stands still.")
    ] = None,
    minutes: Annotated[
        int | None, typer.Option(min=1, max=240, help="Or a virtual runner's run of that length.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another runner, and another board id.")] = 0,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Keep to the wall clock instead of running ahead.")
    ] = False,
    blank: Annotated[bool, typer.Option("--blank", help="MicroPython only: what `kneesync flash` makes ours.")] = False,
):
    """Serve a virtual board until stopped; other kneesync commands and mpremote find it like a board on USB."""
    from kneesync.virtual.serve import serve

    def say(port, board):
        print(f"port {port}\nboard {board}", flush=True)

    serve(recording, minutes, seed, realtime, blank, on_ready=say)


def main():
    """Entry point: one line for what the user can act on, a traceback only under --debug."""
    try:
        app()
    except KneesyncError as error:
        if _debug:
            raise
        _complain(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if _debug:
            raise
        _complain(f"failed inside: {type(error).__name__}: {error}; please report what `kneesync --debug` prints")
        sys.exit(1)


def _complain(text):
    from kneesync.views import terminal

    terminal.note("kneesync: " + " ".join(text.split()))


if __name__ == "__main__":
    main()
