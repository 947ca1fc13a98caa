"""The commands that read the runs: report. Part of the command line; see cli.py."""

from typing import Annotated

import typer

from kneesync.cli_board import Json, Plain

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
