"""The coach's command: drills, and what goes with it. Part of the command line; see app.py."""

import sys
from typing import Annotated

import typer

from kneesync.cli.options import Json, Plain, terminal_asks
from kneesync.errors import KneesyncError

app = typer.Typer(rich_markup_mode=None)
drills = typer.Typer(rich_markup_mode=None, invoke_without_command=True)
app.add_typer(drills, name="drills")

Whose = Annotated[
    str | None, typer.Option("--athlete", metavar="NAME", help="Whose drills (default: the newest session's runner).")
]
Today = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="DATE", help="The week's first day (default: today, or tomorrow once you logged today)."
    ),
]


@drills.callback()
def overview(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Answer a short self-check: what no sensor on the thigh can see.")
    ] = False,
    answer: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=yes|no", help="With --check: an answer; repeatable. none: take back."),
    ] = None,
    athlete: Whose = None,
    as_json: Json = False,
    plain: Plain = False,
) -> None:
    """Say what to train, and why. A week that fits what your runs show. Advice, no medicine: stop on pain."""
    if context.invoked_subcommand is not None:
        if check or answer or athlete or as_json or plain:
            raise typer.BadParameter(f"goes after `{context.invoked_subcommand}`", param_hint="an option")
        return
    if check or answer:
        _check(athlete, answer or [], as_json)
        return
    from kneesync.coach.advice import advise
    from kneesync.library import Library
    from kneesync.views import results, terminal
    from kneesync.views.drills import text as view

    with Library() as library:
        advice = advise(library, athlete)
    if as_json:
        print(results.text(advice))
    elif console := terminal.results(plain):
        view.show(console, advice)
    else:
        terminal.lines(view.plain(advice))


def _check(athlete, answers, as_json):
    from kneesync.coach import selfcheck
    from kneesync.library import Library
    from kneesync.views import results, terminal

    given = selfcheck.parsed(answers)
    if not given and not terminal_asks():
        raise typer.BadParameter(
            "nobody can be asked here: give --answer KEY=yes|no, with KEY of " + ", ".join(selfcheck.keys()),
            param_hint="--check",
        )
    if not given:
        given = selfcheck.asked(_yes_or_no)
    with Library() as library:
        log = selfcheck.answer(library, athlete, given)
    if as_json:
        print(results.text({"athlete": log.athlete, "answers": log.answers}))
    else:
        terminal.lines(selfcheck.lines(log))


def _yes_or_no(number, of, question):
    """The answer that is typed: yes, no, or None for an empty line."""
    while True:
        said = typer.prompt(f"{number} of {of}. {question} [yes/no, Enter: skip]", "", show_default=False, err=True)
        word = said.strip().casefold()
        if word in ("y", "yes"):
            return "yes"
        if word in ("n", "no"):
            return "no"
        if not word:
            return None
        print("Please answer yes or no.", file=sys.stderr)


@drills.command()
def plan(
    days: Annotated[
        str | None, typer.Option(metavar="DAYS", help='Days to train, as "mon,wed,sat", or how many (default: 3).')
    ] = None,
    minutes: Annotated[int | None, typer.Option(min=10, max=120, help="Minutes a day (default: 30).")] = None,
    equipment: Annotated[
        str | None, typer.Option(metavar="THINGS", help='What there is, as "band,kettlebell"; all or none.')
    ] = None,
    hard: Annotated[
        str | None, typer.Option(metavar="DAYS", help='Days of hard runs, as "tue,sat"; none: none.')
    ] = None,
    start: Today = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, to keep or to print.")] = False,
    ics: Annotated[
        str | None, typer.Option("--ics", metavar="FILE", help="Write it for your calendar; - is stdout.")
    ] = None,
    athlete: Whose = None,
    as_json: Json = False,
    plain: Plain = False,
) -> None:
    """Plan a week: what you say here is remembered for the next one. --ics writes it for your calendar."""
    if sum((markdown, ics is not None, as_json)) > 1:
        raise typer.BadParameter("found several, expected one of --markdown, --ics and --json", param_hint="--markdown")
    from kneesync.coach import plan_options
    from kneesync.library import Library
    from kneesync.views import results, terminal
    from kneesync.views.drills import text as view

    with Library() as library:
        advice = plan_options.planned(library, athlete, start, days, minutes, equipment, hard)
    if ics is not None:
        from kneesync.views.drills.calendar import write

        write(advice, ics)
        if ics != "-":
            terminal.note(f"Written to {ics}: open it, or import it into your calendar.")
    elif markdown:
        from kneesync.views.drills.plan_markdown import markdown as to_keep

        terminal.lines(to_keep(advice).split("\n"))
    elif as_json:
        print(results.text(advice["plan"]))
    elif console := terminal.results(plain):
        view.show_plan(console, advice)
    else:
        terminal.lines(view.plain_plan(advice))


@drills.command()
def show(
    name: Annotated[str, typer.Argument(help='An exercise: its key or its name, as "a-skip".', metavar="NAME")],
    as_json: Json = False,
) -> None:
    """Say how one exercise is done, how much of it, and what to mind."""
    from kneesync.coach.advice import exercise_named
    from kneesync.coach.catalog import load
    from kneesync.views import results, terminal
    from kneesync.views.drills import exercises

    catalog = load()
    exercise = exercise_named(catalog, name)
    if as_json:
        print(results.text(exercises.as_json(exercise, catalog)))
    else:
        terminal.lines(exercises.lines(exercise, catalog))


@drills.command("list")
def list_(as_json: Json = False) -> None:
    """List every exercise that there is, by its kind."""
    from kneesync.coach.catalog import load
    from kneesync.views import results, terminal
    from kneesync.views.drills import exercises

    if as_json:
        print(results.text([exercises.as_json(one, load()) for one in load().exercises.values()]))
    else:
        terminal.lines(exercises.every(load()))


@drills.command()
def done(
    names: Annotated[list[str] | None, typer.Argument(help="Exercises that you did; none: lists the log.")] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day (default: today).")] = None,
    sets: Annotated[
        int | None, typer.Option(min=1, max=20, help="How many sets (default: the fewest the catalogue gives).")
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take it back: these of that day, or what was logged last.")
    ] = False,
    athlete: Whose = None,
    as_json: Json = False,
) -> None:
    """Log what you did; without a name, list it. The next week's plan builds on the log."""
    from kneesync.coach import diary
    from kneesync.library import Library
    from kneesync.views import results, terminal
    from kneesync.views.drills import exercises

    with Library() as library:
        if undo:
            log, changed = diary.undo(library, athlete, names or [], on)
        elif names:
            log, changed = diary.add(library, athlete, names, on, sets)
        elif on is not None or sets is not None:
            raise KneesyncError("found no exercise, expected one, as `kneesync drills done a-skip --on DATE`")
        else:
            log, changed = diary.log(library, athlete), None
    if as_json:
        print(results.text(exercises.log_as_json(log, changed)))
    else:
        terminal.lines(exercises.log_lines(log, changed, undo))
