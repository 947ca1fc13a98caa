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
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write it as a page for the browser; - is stdout.")
    ] = None,
):
    """Say what one run's knee drive did."""
    if html is not None and (as_json or plain):
        raise typer.BadParameter("goes with neither --json nor --plain", param_hint="--html")
    from kneesync.library import opened

    kept, decoded = opened(session)
    if html is not None:
        write_page(decoded, kept, html)
        return
    show_report(decoded, kept, as_json, plain)


def write_page(session, kept, target):
    """Write the report of a session as an HTML page to a file, or to stdout for `-`."""
    from kneesync.analysis.session import summary
    from kneesync.views import page, terminal

    page.write(page.text(session, summary(session), kept), target)
    if target != "-":
        terminal.note(f"Written to {target}: open it in a browser, print it, or send it.")


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
