"""Lists: boards in reach, kept sessions, what a pull brought."""

from kneesync import untrusted
from kneesync.views import terminal, words
from kneesync.views.library_messages import freed_outcome
from kneesync.views.units import NONE, clock, count, day, degrees, size, steps

_LEFT = ("id", "started", "runner", "leg", "noted")
_LEAST_NOTED = 10  # characters: narrower, the column says nothing
_RUNNER = 10


def boards(found):
    """One line a board: id, port, what it is."""
    for board in found:
        port, what = untrusted.printable(board.port, 30), untrusted.printable(board.description, 30)
        yield f"{board.id or 'no id':16}  {port:24}  {what}"


def show_sessions(console, kept):
    """A table of sessions in the order given, as wide as the console: strides and notes where there is room."""
    from rich.table import Table
    from rich.text import Text

    rows = [_cells(one) for one in kept]
    widths, gap = _columns(rows, console.width)
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim")
    for name, width in widths.items():
        table.add_column(name, justify="left" if name in _LEFT else "right", no_wrap=True, width=width)
    for row in rows:
        table.add_row(*(Text(row[name]) for name in widths))
    console.print(table)
    for line in _remarks(kept):
        console.print(Text(line, style="dim"))


def _columns(rows, width):
    """(columns' widths, blanks between them): what fits first; strides go before notes, and the runner last."""
    from rich.cells import cell_len

    from kneesync.library.index import NOBODY

    names = list(rows[0])
    if {row["runner"] for row in rows} == {NOBODY}:
        names.remove("runner")
    if not any(row["noted"] for row in rows):
        names.remove("noted")
    widths = {name: max(cell_len(name), *(cell_len(row[name]) for row in rows)) for name in names}
    for without in ((), ("strides",), ("noted",), ("strides", "noted"), ("strides", "noted", "runner")):
        kept = {name: widths[name] for name in names if name not in without}
        for gap in (2, 1):
            room = width - sum(kept.values()) - gap * (len(kept) - 1) + kept.get("noted", 0)
            if room >= min(kept.get("noted", 0), _LEAST_NOTED):
                return kept | ({"noted": min(room, kept["noted"])} if "noted" in kept else {}), gap
    return kept, 1


def _remarks(kept):
    if any(one.problems for one in kept):
        yield "! has damaged or missing parts; its report says which"
    if any(one.start_unix_s is None for one in kept):
        yield "? start unknown, the day is the pull's: kneesync note ID --start TIME"
    if any(one.marked for one in kept):
        yield "* marked by you"


def plain_sessions(kept):
    """One sentence a session."""
    for one in kept:
        cells = _cells(one)
        yield (
            f"{one.id}: {cells['started']}, {untrusted.printable(one.athlete)}, leg {cells['leg']}, {cells['time']}, "
            f"{words.plural(one.strides, 'stride')}, {cells['spm']} steps/min, knee lift {cells['lift']}, "
            f"drop {cells['drop']}, cues {cells['cues']}"
            + (", marked" if one.marked else "")
            + (", damaged or missing parts" if one.problems else "")
            + (f", noted: {cells['noted']}" if cells["noted"] else "")
            + "."
        )


def no_sessions(folder, filtered, trash):
    """What to do where a list is empty."""
    if filtered:
        return "No session fits that; `kneesync sessions` without options lists the newest."
    if trash:
        return f"Nothing in the trash of {folder}."
    return f"No sessions in {folder} yet: plug the board in and run `kneesync pull`, or try `kneesync demo`."


def pulled(result):
    """One line for one file of a pull."""
    name = untrusted.printable(result.name, 40)
    if result.state == "failed":
        return f"{name}: {result.problem}"
    kept = result.kept
    parts = (name, kept.id, day(kept.start_unix_s), clock(kept.duration_s), words.plural(kept.strides, "stride"))
    line = "  ".join((*parts, size(result.bytes)))
    return line if result.state == "new" else line + "  (here already)"


def say_pulled(result):
    """Print one file's line as soon as it is known: new ones to stdout, trouble to stderr."""
    if result.state == "new":
        terminal.lines([pulled(result)])
    elif result.state == "failed":
        terminal.note(f"kneesync: {pulled(result)}")


def pull_outcome(board_id, results):
    """What a pull came to, in one line."""
    counts = {state: sum(result.state == state for result in results) for state in ("new", "here already", "failed")}
    parts = [f"{counts['new']} new", f"{counts['here already']} here already"]
    if counts["failed"]:
        parts.append(f"{counts['failed']} failed")
    if trashed := sum(bool(result.kept and result.kept.trashed) for result in results):
        parts[1] += f" ({trashed} in the trash: `kneesync trash`)"
    return f"Board {board_id}: {', '.join(parts)}. Its firmware runs again."


def say_visit(visit):
    """How a visit ended: one line, and one for a run that it closed."""
    if visit.problem:
        terminal.note(f"kneesync: board {visit.board or visit.port}: {visit.problem}")
        return
    terminal.note(pull_outcome(visit.board, visit.pulled))
    if visit.left:
        terminal.note(freed_outcome(visit.board, visit.freed, visit.left))
    name = untrusted.session_name(visit.info.get("closed"))
    if name:
        terminal.note(f"A run was being recorded: it was closed safely, and pulled as {name}.")


def closed(info):
    """That taking the board over ended a run, if it did."""
    name = untrusted.session_name(info.get("closed"))
    return f"A run was being recorded: it was closed safely as {name}; `kneesync pull` brings it." if name else None


def say_check(check):
    """Print one line of a self-test as it comes: progress, so to stderr."""
    terminal.note(f"  {'ok' if check.ok else 'FAILED':6}  {check.check:12}  {check.text}")


def flashed(done):
    """What a flash came to, in one line."""
    if done.state == "rolled back":
        return f"Board {done.board}: back on version {done.version}, which runs (/{done.slot})."
    if done.state == "here already":
        return f"Board {done.board}: version {done.version} was here already, and runs (/{done.slot})."
    files = f"{words.plural(done.sent, 'file')} sent, {done.copied} copied on the board, {done.unchanged} unchanged"
    return f"Board {done.board}: version {done.version} installed and runs (/{done.slot}; {files})."


def replayed(result):
    """Strides and cues of a replay, one line each, in order of time."""
    yield f"{words.plural(len(result['strides']), 'stride')}, {words.plural(len(result['cues']), 'cue')}"
    for stride in result["strides"]:
        cadence = steps(stride.get("cadence_spm"))
        lift, extension = degrees(stride["knee_lift_deg"]), degrees(stride["extension_deg"])
        yield f"{stride['t_s']:9.3f} s  knee lift {lift}  extension {extension}  {cadence}"
    for cue in result["cues"]:
        yield f"{cue['t_s']:9.3f} s  cue: {degrees(cue['drop_deg'])} below expected"


def _cells(one):
    """A session's cells by column."""
    started = day(one.start_unix_s)
    if one.start_unix_s is None:
        started = f"? {day(one.pulled_unix_s)[:10]}"
    return {
        "id": one.id + ("*" if one.marked else "") + ("!" if one.problems else ""),
        "started": started,
        "runner": untrusted.printable(one.athlete, _RUNNER),
        "leg": one.leg or NONE,
        "time": clock(one.duration_s),
        "strides": f"{one.strides:,}",
        "spm": count(one.cadence_spm),
        "lift": degrees(one.knee_lift_deg),
        "drop": degrees(one.drop_deg),
        "cues": str(one.cues),
        "noted": noted(one),
    }


def noted(one):
    """What the runner noted of a session, in one line: tags, pain, effort, words."""
    parts = ["#" + untrusted.printable(tag) for tag in one.tags]
    if one.pain is not None:
        parts.append(f"pain {one.pain}")
    if one.effort is not None:
        parts.append(f"effort {one.effort}")
    if one.note:
        parts.append(untrusted.printable(one.note, 200))
    return " ".join(parts)


def agreement(match):
    """What the demo found beside what its virtual runner did, in one line."""
    return (
        f"Beside the truth of this run: {match.matched:,} of {words.plural(match.true, 'stride')} found, "
        f"{match.invented} invented; knee lift right to {match.settled_rmse_deg():.1f}° (RMS error)."
    )
