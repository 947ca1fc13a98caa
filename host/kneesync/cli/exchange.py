"""The commands that exchange runs with other tools: join, export. Part of the command line; see app.py."""

import enum
from typing import Annotated

import typer

from kneesync.cli.options import Athlete, Json, SessionOrFile

app = typer.Typer(rich_markup_mode=None)


class Format(enum.StrEnum):
    """What an export is written as."""

    csv = "csv"
    json = "json"
    parquet = "parquet"
    fit = "fit"


@app.command()
def join(
    file: Annotated[str, typer.Argument(metavar="RUN.fit", help="The FIT file that the watch recorded.")],
    session: Annotated[
        str | None, typer.Argument(help="Only this session: an id, or the start of one.", show_default=False)
    ] = None,
    merged: Annotated[
        str | None, typer.Option(metavar="OUT.fit", help="Write the watch's file with knee lift in its records.")
    ] = None,
    trust_clocks: Annotated[
        bool, typer.Option("--trust-clocks", help="Where cadence cannot tell, the clocks decide where they overlap.")
    ] = False,
    athlete: Athlete = None,
    as_json: Json = False,
) -> None:
    """Bring a watch's pace, grade and heart rate to a run. Wrong pairs are refused."""
    from kneesync.library import Library
    from kneesync.services import join as joining
    from kneesync.views import exchange, results, terminal

    with Library() as library:
        joined = joining.join(library, file, session, athlete, trust_clocks)
    if merged:
        joining.write_merged(joined, file, merged)
    if as_json:
        print(results.text(exchange.joined_figures(joined, merged)))
    else:
        terminal.lines(exchange.joined(joined, merged))


@app.command()
def export(
    session: SessionOrFile = None,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="csv and json need nothing else; parquet and fit need the extra.")
    ] = Format.csv,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="FILE", help="Where to; - is stdout. Default: named after the session."),
    ] = None,
    strides: Annotated[bool, typer.Option("--strides", help="A row a stride (the default).")] = False,
    events: Annotated[bool, typer.Option("--events", help="A row an event: cues, baseline, pauses, faults.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="A row an IMU sample, where raw capture was on.")] = False,
    athlete: Athlete = None,
) -> None:
    """Write a session for spreadsheets, pandas, R, platforms. See docs/imports.md."""
    if strides + events + raw > 1:
        raise typer.BadParameter("found two of --strides, --events, --raw, expected one", param_hint="--strides")
    if form is Format.fit and (events or raw):
        raise typer.BadParameter("found --events or --raw; a FIT activity holds strides", param_hint="--format")
    table = "events" if events else "raw" if raw else "strides"

    from kneesync.export import written
    from kneesync.views import exchange, terminal

    done = written(session, form.value, table, out, athlete)
    if done.path is not None:
        for line in exchange.exported(done):
            terminal.note(line)
