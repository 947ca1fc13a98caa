"""The command line: arguments in, one call, rendering out. What a command does stands in the package, not here.

Results go to stdout, progress and errors to stderr. Exit: 0 done, 1 failed, 2 wrong usage, 3 no board.
Everything heavy is imported inside the command that needs it, so that --help stays quick.
"""

import enum
import os
import sys
from typing import Annotated

import typer

from kneesync import cli_board
from kneesync.cli_board import Json, Plain, WhichBoard, pairs
from kneesync.errors import KneesyncError

app = typer.Typer(
    help="Knee drive of a run: pull sessions from the board on the thigh, and read what they say.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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

    picked = None if every else find.pick(board)
    try:
        # a run under way is closed, not lost: what was recorded up to now is pulled too
        with Library() as library, terminal.Progress() as progress:
            if picked is None:
                visits = homecoming.visits(library, progress, on_pulled, then_free, on_freed, on_visit)
            else:
                visits = [homecoming.visit(picked, library, progress, on_pulled, then_free, on_freed)]
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

    changes = from_pairs(pairs(change))

    from kneesync.replay import replay as replay_file
    from kneesync.views import lists, results, terminal

    result = replay_file(file, on=on.value, changes=changes)
    if as_json:
        print(results.text(result))
    else:
        terminal.lines(lists.replayed(result))


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


app.add_typer(cli_board.app)


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
