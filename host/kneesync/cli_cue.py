"""The commands about the cue: tune. Part of the command line; see cli.py."""

from typing import Annotated

import typer

from kneesync.cli_board import Json, WhichBoard, pairs
from kneesync.cli_library import Athlete

app = typer.Typer(rich_markup_mode=None)


@app.command()
def tune(
    board: WhichBoard = None,
    rate: Annotated[
        float | None,
        typer.Option("--rate", min=0, metavar="CUES", help="Recommend for so many cues an hour of running."),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write what is recommended to the board.")] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another value for a setting in every row; repeatable."),
    ] = None,
    athlete: Athlete = None,
    as_json: Json = False,
):
    """Show how many cues each threshold would have given over all kept sessions, and set one for a wished rate."""
    if apply and rate is None:
        raise typer.BadParameter("found --apply without --rate, expected both", param_hint="--apply")
    from kneesync.analysis import tuning
    from kneesync.board import settings
    from kneesync.library import Library
    from kneesync.views import results, terminal
    from kneesync.views.tuning import lines

    changes = settings.from_pairs(pairs(change))
    with Library() as library:
        runs = {one.run or one.id: one for one in library.sessions(athlete=athlete)}  # a cut run's segments are one
        table = tuning.sweep(((one.id, library.read_whole(one)) for one in runs.values()), changes)
    chosen = tuning.recommended(table, rate) if rate is not None else None
    if apply and chosen:
        from kneesync.board import find
        from kneesync.board.link import Link

        with Link(find.pick(board).port) as link:
            settings.change(link, {**changes, "cue.drop_cdeg": chosen["cue.drop_cdeg"]})
    if as_json:
        print(results.text({**table, "recommended": chosen, "applied": apply}))
    else:
        terminal.lines(lines(table, chosen, rate, apply))
