"""Lists: boards in reach, kept sessions, what a pull brought."""

from kneesync import untrusted
from kneesync.views import terminal
from kneesync.views.care import freed_outcome
from kneesync.views.units import NONE, clock, count, day, degrees, size, steps

_COLUMNS = ("id", "started", "leg", "time", "strides", "steps/min", "lift", "drop", "cues")


def boards(found):
    """One line a board: id, port, what it is."""
    for board in found:
        port, what = untrusted.printable(board.port, 30), untrusted.printable(board.description, 30)
        yield f"{board.id or 'no id':16}  {port:24}  {what}"


def show_sessions(console, kept):
    """A table of sessions, newest first."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name in ("id", "started", "leg") else "right", no_wrap=True)
    for one in kept:
        table.add_row(*(Text(cell) for cell in _cells(one)))
    console.print(table)
    if any(_damaged(one) for one in kept):
        console.print(Text("! has damaged or missing parts; its report says which", style="dim"))
    if any(one.start_unix_s is None for one in kept):
        console.print(Text("? start unknown, the day is the pull's: kneesync note ID --start TIME", style="dim"))


def plain_sessions(kept):
    """One sentence a session."""
    for one in kept:
        cells = dict(zip(_COLUMNS, _cells(one), strict=True))
        yield (
            f"{cells['id']}: {cells['started']}, leg {cells['leg']}, {cells['time']}, {cells['strides']} strides, "
            f"{cells['steps/min']} steps/min, knee lift {cells['lift']}, drop {cells['drop']}, cues {cells['cues']}."
        )


def pulled(result):
    """One line for one file of a pull."""
    name = untrusted.printable(result.name, 40)
    if result.state == "failed":
        return f"{name}: {result.problem}"
    kept = result.kept
    parts = (name, kept.id, day(kept.start_unix_s), clock(kept.duration_s), f"{kept.strides:,} strides")
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
    files = f"{done.sent} files sent, {done.copied} copied on the board, {done.unchanged} unchanged"
    return f"Board {done.board}: version {done.version} installed and runs (/{done.slot}; {files})."


def replayed(result):
    """Strides and cues of a replay, one line each, in order of time."""
    yield f"{len(result['strides'])} strides, {len(result['cues'])} cues"
    for stride in result["strides"]:
        cadence = steps(stride.get("cadence_spm"))
        lift, extension = degrees(stride["knee_lift_deg"]), degrees(stride["extension_deg"])
        yield f"{stride['t_s']:9.3f} s  knee lift {lift}  extension {extension}  {cadence}"
    for cue in result["cues"]:
        yield f"{cue['t_s']:9.3f} s  cue: {degrees(cue['drop_deg'])} below expected"


def _cells(one):
    started = day(one.start_unix_s)
    if one.start_unix_s is None:
        started = f"? {day(one.pulled_unix_s)[:10]}"
    return (
        one.id + ("!" if _damaged(one) else ""),
        started,
        one.leg or NONE,
        clock(one.duration_s),
        f"{one.strides:,}",
        count(one.cadence_spm),
        degrees(one.knee_lift_deg),
        degrees(one.drop_deg),
        str(one.cues),
    )


def _damaged(one):
    return bool(one.problems)


def agreement(match):
    """What the demo found beside what its virtual runner did, in one line."""
    return (
        f"Beside the truth of this run: {match.matched:,} of {match.true:,} strides found, {match.invented} invented; "
        f"knee lift right to {match.settled_rmse_deg():.1f}° (RMS error)."
    )
