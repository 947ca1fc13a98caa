"""The commands that look after the library: sessions, note, reindex. Part of the command line; see cli.py."""

from typing import Annotated

import typer

from kneesync.cli_board import Json, Plain

app = typer.Typer(rich_markup_mode=None)

Athlete = Annotated[
    str | None, typer.Option("--athlete", metavar="NAME", help="Only this runner's sessions (default: everybody's).")
]


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
