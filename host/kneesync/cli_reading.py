"""The commands that read the runs: report, trends. Part of the command line; see cli.py."""

import enum
from typing import Annotated

import typer

from kneesync.cli_board import Json, Plain
from kneesync.cli_library import Athlete
from kneesync.errors import KneesyncError

app = typer.Typer(rich_markup_mode=None)


class Leg(enum.StrEnum):
    """A thigh that wears a board."""

    left = "L"
    right = "R"


class Followed(enum.StrEnum):
    """What trends follow, as the command line names it."""

    knee_lift = "knee-lift"
    extension = "extension"
    range = "range"
    swing_up = "swing-up"
    swing_back = "swing-back"
    cadence = "cadence"
    drop = "drop"
    cues = "cues"


_METRICS = {
    Followed.knee_lift: "knee_lift_deg",
    Followed.extension: "extension_deg",
    Followed.range: "range_deg",
    Followed.swing_up: "swing_up_dps",
    Followed.swing_back: "swing_back_dps",
    Followed.cadence: "cadence_spm",
    Followed.drop: "drop_deg_per_h",
    Followed.cues: "cues_per_h",
}


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


@app.command()
def trends(
    athlete: Athlete = None,
    leg: Annotated[
        Leg | None, typer.Option("--leg", case_sensitive=False, help="Only this leg (default: both).")
    ] = None,
    weeks: Annotated[int, typer.Option(min=0, metavar="N", help="Back from the newest session; 0: all.")] = 12,
    metric: Annotated[
        list[Followed] | None, typer.Option("--metric", case_sensitive=False, help="What to follow; repeatable.")
    ] = None,
    as_json: Json = False,
    plain: Plain = False,
):
    """Say what changed over weeks beyond day-to-day noise, at equal pace or cadence, each leg by itself."""
    from kneesync.analysis.trends import SHOWN
    from kneesync.analysis.trends import trends as over_weeks
    from kneesync.library import Library
    from kneesync.views import results, terminal
    from kneesync.views import trends as view

    with Library() as library:
        kept = library.sessions(athlete=athlete, leg=leg)
    found = over_weeks(kept, weeks, [_METRICS[one] for one in metric] if metric else SHOWN)
    if as_json:
        print(results.text(found))
    elif not kept:
        terminal.note(view.nothing(library.folder, athlete, leg))
    elif console := terminal.results(plain):
        view.show(console, found)
    else:
        terminal.lines(view.plain(found))


@app.command()
def dashboard(athlete: Athlete = None):
    """Look through sessions, one session, trends and drills on a full screen. ? in it lists the keys."""
    import sys

    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise KneesyncError("the dashboard needs a terminal; `kneesync sessions` and `kneesync report` print")
    from kneesync.views.dashboard import show

    show(None, athlete)
