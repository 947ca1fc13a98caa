"""The commands that read the runs: report, trends. Part of the command line; see app.py."""

import enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kneesync import untrusted
from kneesync.cli.options import Athlete, Json, Plain, SessionOrFile
from kneesync.errors import KneesyncError

if TYPE_CHECKING:  # what reads a run is imported by the command that does
    from kneesync.analysis.figures import RunFigures
    from kneesync.analysis.pairs import Pair
    from kneesync.formats.session import Session
    from kneesync.library.index import SessionEntry
    from kneesync.services.read_run import Reading

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
    session: SessionOrFile = None,
    beside: Annotated[
        str | None,
        typer.Option("--with", metavar="OTHER", help="The other leg's session of the same run: right against left."),
    ] = None,
    athlete: Athlete = None,
    as_json: Json = False,
    plain: Plain = False,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write it as a page for the browser; - is stdout.")
    ] = None,
) -> None:
    """Say what one run's knee drive did."""
    if html is not None and (as_json or plain):
        raise typer.BadParameter("goes with neither --json nor --plain", param_hint="--html")
    from kneesync.services.read_run import read
    from kneesync.views import terminal

    found = read(session, beside, athlete)
    if found.apart:
        terminal.note(found.apart)
    if html is not None:
        write_page(found, html)
        return
    show_report(found.session, found.kept, as_json, plain, found.figures, found.pair, _advice_on(found.kept))


def _advice_on(kept):
    """What the coach says to the runner whose session this is; None for a file outside the library."""
    if kept is None:
        return None
    from kneesync.library import Library

    with Library() as library:
        return _advice(library, kept.athlete)


def _advice(library, athlete):
    """What the coach says to an athlete. A training log that cannot be read is said, and the answer is None."""
    from kneesync.coach.advice import advise
    from kneesync.views import terminal

    try:
        return advise(library, athlete)
    except KneesyncError as error:  # what the runs themselves say stands without it
        terminal.note(f"kneesync: no advice for {untrusted.printable(athlete, 32)}: {error}")
        return None


def write_page(found: "Reading", target: str) -> None:
    """Write the report of a Reading as an HTML page to a file, or to stdout for `-`."""
    from kneesync.views import terminal
    from kneesync.views.page import html as page

    advice = _advice_on(found.kept)
    if advice is not None:
        from kneesync.views.drills.text import for_page

        advice = for_page(advice)
    page.write(page.text(found.session, found.figures, found.kept, found.watch, found.pair, advice), target)
    if target != "-":
        terminal.note(f"Written to {target}: open it in a browser, print it, or send it.")


def show_report(
    session: "Session",
    kept: "SessionEntry | None",
    as_json: bool,
    plain: bool,
    figures: "RunFigures | None" = None,
    pair: "Pair | None" = None,
    advice: dict[str, Any] | None = None,
) -> None:
    """Print the report of a session. `kept`: what the library knows of it; `figures`: its summary, if it is known.

    `pair`: see analysis.pairs.pair(); `advice`: see coach.advice. Each may be None.
    """
    from kneesync.views import terminal

    if figures is None:
        from kneesync.analysis.session import summary

        figures = summary(session)
    if as_json:
        from kneesync.views import results

        print(results.text(results.report(figures, kept, pair, advice)))
        return
    from kneesync.views.report import text as view

    coach = [] if advice is None else _in_short([advice])[0][1]
    if console := terminal.results(plain):
        view.show(console, figures, session, kept, pair, coach)
    else:
        terminal.lines(view.plain(figures, kept, pair, coach))


@app.command()
def validate(
    session: Annotated[str, typer.Argument(help="A session's id, the start of one, or a .knee file.")],
    truth: Annotated[
        str, typer.Argument(help="A CSV with t_s (or time) and knee_lift_deg a stride, or a thigh_angle_deg series.")
    ],
    offset: Annotated[
        float | None,
        typer.Option(metavar="S", help="Add this to the CSV's times to get the session's; found if left out."),
    ] = None,
    as_json: Json = False,
    plain: Plain = False,
) -> None:
    """Compare a session with a laboratory's reference. Bias, limits of agreement, what was missed."""
    from kneesync.analysis.reference import read
    from kneesync.analysis.validation import of_day_s
    from kneesync.analysis.validation import validate as agree
    from kneesync.library import opened
    from kneesync.views import results, terminal
    from kneesync.views import validation as view

    reference = read(truth)
    kept, decoded = opened(session)
    found = agree(decoded, reference, of_day_s(kept.start_unix_s if kept else None), offset)
    if as_json:
        print(results.text(found.as_json()))
    elif console := terminal.results(plain):
        view.show(console, found)
    else:
        terminal.lines(view.plain(found))


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
) -> None:
    """Say what changed over weeks beyond daily noise. At equal pace or cadence, each leg by itself."""
    from kneesync.analysis.trends import SHOWN
    from kneesync.analysis.trends import trends as over_weeks
    from kneesync.library import Library
    from kneesync.views import results, terminal
    from kneesync.views.trends import text as view

    with Library() as library:
        kept = library.sessions(athlete=athlete, leg=leg)
        advice = _advice_of_each(library, kept)
    found = over_weeks(kept, weeks, [_METRICS[one] for one in metric] if metric else SHOWN)
    if as_json:
        print(results.text({**found.as_json(), "coach": advice}))
    elif not kept:
        terminal.note(view.nothing(library.folder, athlete, leg))
    elif console := terminal.results(plain):
        view.show(console, found, _in_short(advice))
    else:
        terminal.lines(view.plain(found, _in_short(advice)))


def _advice_of_each(library, kept):
    """What the coach says to each athlete of these sessions, in the order of their names."""
    names = {one.athlete.casefold(): one.athlete for one in kept}
    found = (_advice(library, name) for _, name in sorted(names.items()))
    return [one for one in found if one is not None]


def _in_short(advice):
    """[(athlete, a line or two)] of what the coach says to each."""
    from kneesync.views.drills.text import short

    return [(one["athlete"], short(one)) for one in advice]


@app.command()
def dashboard(athlete: Athlete = None) -> None:
    """Look through it all on a full screen. Sessions, one session, trends, drills; ? in it lists the keys."""
    import sys

    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise KneesyncError("the dashboard needs a terminal; `kneesync sessions` and `kneesync report` print")
    from kneesync.views.dashboard import show

    show(None, athlete)
