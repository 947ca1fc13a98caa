"""The commands that look after the library: sessions, note, import, delete, reindex. See app.py."""

import os
from typing import Annotated

import typer

from kneesync.cli.options import Athlete, Json, Leg, Plain, Tag, Yes, leg_of, terminal_asks
from kneesync.errors import KneesyncError

app = typer.Typer(rich_markup_mode=None)
trash = typer.Typer(rich_markup_mode=None, invoke_without_command=True)
app.add_typer(trash, name="trash")

NEWEST = 20


def _rating(name, text):
    """0 to 10 from what was typed, or "none"."""
    if text is None or text == "none":
        return text
    if not (text.isascii() and text.isdigit() and int(text) <= 10):
        raise typer.BadParameter(f"found {text!r}, expected a whole number from 0 to 10, or none", param_hint=name)
    return int(text)


@app.command()
def sessions(
    athlete: Athlete = None,
    leg: Leg = None,
    tag: Tag = None,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help='Only since a date, or for a span such as "8w" (d, w, m, y).')
    ] = None,
    search: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only those with these words in note, tags, runner, date or id.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help=f"At most the newest N (default: {NEWEST}).", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Not only the newest.")] = False,
    trash: Annotated[bool, typer.Option("--trash", help="What was deleted and can be restored.")] = False,
    as_json: Json = False,
    plain: Plain = False,
) -> None:
    """List the library's sessions, newest first. The newest 20, or all with --all; --json gives all."""
    from kneesync.library import Library
    from kneesync.library.choice import chosen
    from kneesync.library.choice import since as unix_s_since
    from kneesync.views import lists, results, terminal

    wanted = {
        "athlete": athlete,
        "leg": leg_of(leg),
        "tag": tag,
        "since_unix_s": None if since is None else unix_s_since(since),
        "search": search,
    }
    with Library() as library:
        if trash:
            from kneesync.library.trash import listed

            found = chosen(listed(library), **wanted)
        else:
            found = library.sessions(**wanted)
    if as_json:
        print(results.text(results.sessions(found[:limit])))
        return
    shown = found if every else found[: limit or NEWEST]
    if shown and (console := terminal.results(plain)):
        lists.show_sessions(console, shown)
    elif shown:
        terminal.lines(lists.plain_sessions(shown))
    else:
        filtered = any(value is not None for value in wanted.values())
        terminal.note(lists.no_sessions(library.folder, filtered, trash))
    if len(shown) < len(found):
        terminal.note(f"The newest {len(shown)} of {len(found)}: --all shows every one, --search TEXT finds.")


@app.command()
def note(
    session: Annotated[
        str | None, typer.Argument(help='A session\'s id, the start of one, or "latest".', metavar="[SESSION]")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='When it began, as "2026-11-20 18:30"; as-pulled: take that back.'),
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="TEXT", help='A few words of your own; "" takes them back.')
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="Add a tag; repeatable.")] = None,
    untag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="Take a tag off; repeatable.")] = None,
    pain: Annotated[str | None, typer.Option(metavar="0-10", help="How much it hurt; none: take that back.")] = None,
    where: Annotated[str | None, typer.Option(metavar="TEXT", help="Where it hurt.")] = None,
    effort: Annotated[str | None, typer.Option(metavar="0-10", help="How hard it felt; none: take that back.")] = None,
    athlete: Annotated[str | None, typer.Option(metavar="NAME", help="Whose run it was; or as-pulled.")] = None,
    leg: Annotated[str | None, typer.Option(metavar="L|R", help="Which thigh wore the board; or as-pulled.")] = None,
    mark: Annotated[bool | None, typer.Option("--mark/--unmark", help="Mark it, to find it again.")] = None,
    board: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Instead of a session: --leg or --athlete for all sessions of a board."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Note what you know of a run, or show what is noted. The session's file stays as it is."""
    from kneesync.library import Library, correction
    from kneesync.views import library_messages, results, terminal

    leg = leg_of(leg, also=(correction.AS_PULLED,))
    of_run = {
        "start": start, "text": text, "tag": tag, "untag": untag, "where": where,
        "pain": _rating("--pain", pain), "effort": _rating("--effort", effort),
    }  # fmt: skip
    if board is not None:
        alone = session is None and mark is None and all(value is None or value == [] for value in of_run.values())
        if not alone or (leg is None and athlete is None):
            raise typer.BadParameter("goes with --leg or --athlete, and with nothing else", param_hint="--board")
        with Library() as library:
            changed, others = correction.of_board(library, board, leg, athlete)
        if as_json:
            print(results.text(results.sessions(changed)))
        else:
            terminal.lines(library_messages.of_board(changed, others))
        return
    if session is None:
        raise typer.BadParameter(
            "found none, expected a session's id (`kneesync sessions` lists them)", param_hint="SESSION"
        )
    with Library() as library:
        kept = library.find(session)
        said = correction.words(kept, **of_run, athlete=athlete, leg=leg, marked=mark)
        if said:
            kept = library.say(kept, **said)
    if as_json:
        print(results.text(results.sessions([kept])[0]))
    else:
        terminal.lines(library_messages.noted(kept))


@app.command("import")
def import_(
    files: Annotated[
        list[str], typer.Argument(help="Session files (.knee), or folders that hold some.", metavar="FILE...")
    ],
    athlete: Annotated[str | None, typer.Option(metavar="NAME", help="Whose runs they are.")] = None,
    as_json: Json = False,
) -> None:
    """Take in session files from another machine. With what is noted beside them; verified, and none twice."""
    from kneesync.library import Library, importing
    from kneesync.views import library_messages, results, terminal

    with Library() as library:
        try:
            found = importing.imported(library, files, athlete, None if as_json else library_messages.say_imported)
        except KeyboardInterrupt:
            raise KneesyncError("stopped; what came is kept, and the same command goes on from there") from None
    if as_json:
        print(results.text(results.imported(found)))
    else:
        terminal.note(library_messages.import_outcome(found))
    if any(one.state == "failed" for one in found):
        raise typer.Exit(1)


@app.command()
def delete(
    chosen: Annotated[
        list[str], typer.Argument(help='Sessions\' ids, the starts of some, or "latest".', metavar="SESSION...")
    ],
    undo: Annotated[bool, typer.Option("--undo", help="As `kneesync trash restore`: bring them back.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Move sessions to the library's trash folder. A pull does not bring them back; --undo does."""
    if undo:
        restore(chosen, as_json)
        return
    if not (yes or terminal_asks()):
        raise typer.BadParameter("nobody can be asked here: add --yes to delete", param_hint="--yes")
    from kneesync.library import Library
    from kneesync.library.trash import delete as throw_away
    from kneesync.views import library_messages, results, terminal

    with Library() as library:
        kept = list({one.id: one for one in map(library.find, chosen)}.values())
        if not yes:
            _ask("Move to the trash?", kept)
        for one in kept:
            throw_away(library, one)
    if as_json:
        print(results.text({"state": "deleted", "sessions": results.sessions(kept)}))
    else:
        terminal.lines(library_messages.deleted(kept))
        terminal.note(
            f"In {library.trash_folder}. A pull leaves them there; `kneesync trash restore ID` brings them back."
        )


def _ask(question, kept):
    """Go on only if the runner says so, having seen which sessions it is about."""
    from kneesync.views import library_messages, terminal

    for line in library_messages.about(kept):
        terminal.note(line)
    typer.confirm(question, abort=True, err=True)


@trash.callback()
def trash_of(context: typer.Context, as_json: Json = False, plain: Plain = False) -> None:
    """List what was deleted and can still be restored."""
    if context.invoked_subcommand is None:
        sessions(trash=True, every=True, as_json=as_json, plain=plain)
    elif as_json or plain:
        raise typer.BadParameter(f"goes after `{context.invoked_subcommand}`", param_hint="an option")


@trash.command()
def restore(
    chosen: Annotated[list[str], typer.Argument(help="Ids in the trash, or the starts of some.", metavar="SESSION...")],
    as_json: Json = False,
) -> None:
    """Bring sessions back from the trash, with all that is noted of them."""
    from kneesync.library import Library
    from kneesync.library import trash as thrown_away
    from kneesync.views import library_messages, results, terminal

    with Library() as library:
        kept = [thrown_away.restore(library, one) for one in chosen]
    if as_json:
        print(results.text({"state": "restored", "sessions": results.sessions(kept)}))
    else:
        terminal.lines(library_messages.restored(kept))


@trash.command()
def empty(
    chosen: Annotated[
        list[str] | None, typer.Argument(help="Only these ids, or the starts of some.", metavar="[SESSION]...")
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete what is in the trash for good. A pull brings back what a board still holds."""
    if not (yes or terminal_asks()):
        raise typer.BadParameter("nobody can be asked here: add --yes to delete for good", param_hint="--yes")
    from kneesync.library import Library
    from kneesync.library import trash as thrown_away
    from kneesync.views import library_messages, results, terminal

    with Library() as library:
        found = thrown_away.listed(library)
        if chosen:
            found = list({one.id: one for name in chosen for one in thrown_away.named(found, name)}.values())
        if found and not yes:
            _ask("Delete for good?", found)
        freed_bytes = thrown_away.empty(library, found) if found else 0
    if as_json:
        print(results.text({"state": "emptied", "bytes": freed_bytes, "sessions": results.sessions(found)}))
    elif found:
        terminal.lines(library_messages.gone(found))
        terminal.note(library_messages.emptied(found, freed_bytes))
    else:
        terminal.note(f"Nothing in the trash of {library.folder}.")


@app.command()
def reindex(as_json: Json = False) -> None:
    """Make the library's index anew from its files. No file is changed; damaged ones are named."""
    from kneesync.library import Library
    from kneesync.views import library_messages, results, terminal

    with Library() as library, terminal.Counting("reading") as counting:
        entered, unreadable = library.reindex(processes=min(os.cpu_count() or 1, 4), progress=counting)
    if as_json:
        rows = [{"file": path.name, "problem": why} for path, why in unreadable]
        print(results.text({"sessions": results.sessions(entered), "unreadable": rows}))
    else:
        terminal.lines(library_messages.reindexed(entered, unreadable))
    if unreadable or any(one.problems for one in entered):
        raise typer.Exit(1)
