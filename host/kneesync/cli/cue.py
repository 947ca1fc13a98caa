"""The commands about the cue: tune. Part of the command line; see app.py."""

from typing import Annotated

import typer

from kneesync.cli.options import Athlete, Json, WhichBoard, pairs

app = typer.Typer(rich_markup_mode=None)


@app.command()
def tune(
    board: WhichBoard = None,
    rate: Annotated[
        float | None,
        typer.Option("--rate", min=0, metavar="CUES", help="Recommend for so many cues an hour of running."),
    ] = None,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply",
            help="Write to the board what earlier runs say of its runner and leg, and with --rate the threshold.",
        ),
    ] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another value for a setting in every row; repeatable."),
    ] = None,
    athlete: Athlete = None,
    as_json: Json = False,
) -> None:
    """Show what cues other thresholds would have given. And what the runner is like when fresh."""
    from kneesync.analysis import tuning
    from kneesync.board import settings
    from kneesync.library import Library
    from kneesync.views import results, terminal
    from kneesync.views.tuning import lines

    changes = settings.from_pairs(pairs(change))
    with Library() as library:
        kept = library.sessions(athlete=athlete)
        read = [(one, library.read_whole(one)) for one in kept]
    table = tuning.sweep([(one.id, session) for one, session in read], changes)
    chosen = tuning.recommended(table, rate) if rate is not None else None
    fresh = [
        (who, leg, figures)
        for who, leg in sorted({(one.athlete, one.leg) for one in kept if one.leg})
        if (figures := tuning.earlier(session for one, session in read if (one.athlete, one.leg) == (who, leg)))
    ]
    written = _apply(board, fresh, changes, chosen) if apply else None
    if as_json:
        print(results.text(results.tuned(table, chosen, fresh, written)))
    else:
        terminal.lines(lines(table, chosen, rate, fresh, written))


def _apply(board, fresh, changes, chosen):
    """Write what is known to the board. Returns the settings written; KneesyncError if nothing is."""
    from kneesync.analysis import tuning
    from kneesync.board import find, settings
    from kneesync.board.link import Link
    from kneesync.errors import KneesyncError
    from kneesync.library.index import NOBODY

    picked = find.pick(board)
    with Link(picked.port, picked.id) as link:
        has = {one.name: one.value for one in settings.listed(link.info)}
        wanted = {**changes, **({"cue.drop_cdeg": chosen.drop_cdeg} if chosen else {})}
        for athlete, leg, figures in fresh:
            if (athlete, leg) == (has["athlete"] or NOBODY, has["leg"]):
                wanted = {**tuning.seeds(figures, {**has, **changes}), **wanted}
        if not wanted:
            who = has["athlete"] or NOBODY
            raise KneesyncError(
                f"found fewer than {tuning.LEAST_RUNS} runs with a baseline of {who}, leg {has['leg']}; run more, or "
                "give --rate"
            )
        settings.change(link, wanted)
    return wanted
