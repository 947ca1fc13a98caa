"""The command line: arguments in, one call, rendering out. What a command does stands in the package, not here.

Results go to stdout, progress and errors to stderr. Exit: 0 done, 1 failed, 2 wrong usage, 3 no board.
Everything heavy is imported inside the command that needs it, so that --help stays quick.
"""

import enum
import errno
import os
import sys
from typing import Annotated

import typer

from kneesync import notices
from kneesync.cli import board, coach, cue, exchange, library, reading
from kneesync.cli.options import Json, Plain, Wired, pairs
from kneesync.errors import KneesyncError, inside

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
        from kneecore import __version__

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
) -> None:
    """Compute a run's strides and cues again. With other settings if wanted."""
    from kneesync.board.settings import from_pairs

    changes = from_pairs(pairs(change))

    from kneesync.services.replay import replay as replay_file
    from kneesync.views import lists, results, terminal

    result = replay_file(file, on=on.value, changes=changes)
    if as_json:
        print(results.text(result))
    else:
        terminal.lines(lists.replayed(result))


@app.command()
def demo(
    recording: Annotated[
        str | None, typer.Option(metavar="FILE.npz", help="Run this recording instead of the virtual runner.")
    ] = None,
    minutes: Annotated[int, typer.Option(min=1, max=240, help="Length of the virtual run.")] = 25,
    seed: Annotated[int, typer.Option(help="Another runner.")] = 0,
    wired: Wired = "",
    as_json: Json = False,
    plain: Plain = False,
) -> None:
    """Run, pull and report, all virtual. The real firmware, on a virtual board; no hardware needed."""
    from kneesync.services.demo import run_demo
    from kneesync.views import terminal

    with terminal.Fastforward() as watch:
        result = run_demo(
            minutes=minutes, seed=seed, recording=recording, on_progress=watch.progress, on_line=watch.line, wired=wired
        )
    if as_json:
        from kneesync.views import results

        print(results.text(results.demo(result)))
        return
    reading.show_report(result.session, None, False, plain)
    if match := result.agreement():
        from kneesync.views import lists

        terminal.note(lists.agreement(match))


@app.command()
def virtual(
    recording: Annotated[
        str | None, typer.Option(metavar="FILE.npz", help="What its IMU feels: a recording; else it stands still.")
    ] = None,
    minutes: Annotated[
        int | None, typer.Option(min=1, max=240, help="Or a virtual runner's run of that length.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another runner, and another board id.")] = 0,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Keep to the wall clock instead of running ahead.")
    ] = False,
    blank: Annotated[bool, typer.Option("--blank", help="MicroPython only: what `kneesync flash` makes ours.")] = False,
    wired: Wired = "",
) -> None:
    """Serve a virtual board until stopped. Other commands and mpremote find it like a board on USB."""
    from kneesync.services.serve_virtual import serve

    def say(port, board) -> None:
        print(f"port {port}\nboard {board}", flush=True)

    serve(recording, minutes, seed, realtime, blank, on_ready=say, wired=wired)


for part in (board, cue, library, reading, exchange, coach):
    app.add_typer(part.app)


def main() -> None:
    """Entry point: one line for what the user can act on, a traceback only under --debug."""
    from kneesync.views import terminal

    terminal.tolerate()
    notices.to = terminal
    try:
        app()
    except KneesyncError as error:
        if _debug:
            raise
        _complain(str(error))
        sys.exit(error.exit_code)
    except Exception as error:
        if is_broken_pipe(error):  # the reader of our output has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        if _debug:
            raise
        _complain(inside(error))
        sys.exit(1)


def is_broken_pipe(error: BaseException) -> bool:
    """Whether the reader of our output is gone. Windows has another word for it; what a file refuses names the file."""
    if isinstance(error, BrokenPipeError):
        return True
    return os.name == "nt" and isinstance(error, OSError) and error.errno == errno.EINVAL and not error.filename


def _complain(text):
    from kneesync.views import terminal

    terminal.note("kneesync: " + " ".join(text.split()))


if __name__ == "__main__":
    main()
