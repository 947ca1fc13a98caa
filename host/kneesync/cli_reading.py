"""The commands that read the runs: report. Part of the command line; see cli.py."""

from typing import Annotated

import typer

from kneesync.cli_board import Json, Plain
from kneesync.cli_library import Athlete
from kneesync.errors import KneesyncError

app = typer.Typer(rich_markup_mode=None)


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
    show_report(decoded, kept, as_json, plain)


def show_report(session, kept, as_json, plain):
    """Print the report of a session, which the library may have kept."""
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
def dashboard(athlete: Athlete = None):
    """Look through sessions, one session, trends and drills on a full screen. ? in it lists the keys."""
    import sys

    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise KneesyncError("the dashboard needs a terminal; `kneesync sessions` and `kneesync report` print")
    from kneesync.views.dashboard import show

    show(None, athlete)
