"""What looking after board and library came to: sessions freed, noted, taken in, deleted, an index made anew."""

from kneesync import untrusted
from kneesync.views import terminal, words
from kneesync.views.units import clock, day, size


def planned(found):
    """One line a session on the board: what will become of it."""
    for one in found:
        yield _line(one)


def say_freed(one):
    """Print one file's line as soon as it is known: freed ones to stdout, trouble to stderr."""
    if one.state == "freed":
        terminal.lines([_line(one)])
    elif one.state == "failed":
        terminal.note(f"kneesync: {_line(one)}")


def freed_outcome(board_id, found, left):
    """What freeing came to, in one line. `left`: service.info() afterwards."""
    freed = [one for one in found if one.state == "freed"]
    text = f"Board {board_id}: {_count(len(freed))} freed ({size(sum(one.bytes for one in freed))})"
    failed = sum(one.state == "failed" for one in found)
    text += f", {failed} failed" if failed else ""
    remaining = untrusted.whole(left.get("sessions"), 0, 1 << 20)
    free_bytes = untrusted.whole(left.get("free_bytes"), 0, 1 << 40)
    if remaining is not None and free_bytes is not None:
        text += f"; {_count(remaining)} remain{'s' if remaining == 1 else ''}, {size(free_bytes)} free"
    return text + "."


def reindexed(entered, unreadable):
    """What a new index found: damaged and unreadable files by name, then how many in all."""
    for one in entered:
        for problem in one.problems or []:
            yield f"{one.id}.knee: {untrusted.printable(problem, 160)}; left as it is"
    for path, why in unreadable:
        yield f"{untrusted.printable(path.name)}: cannot be read ({why}); left as it is"
    damaged = sum(bool(one.problems) for one in entered)
    yield f"{_count(len(entered))} in the index, {damaged} with damage, {len(unreadable)} left out."


def noted(kept):
    """What is noted of a session, a line each thing; where nothing is, how to."""
    from kneesync.library.index import NOBODY

    yield start(kept)
    theirs = [
        what
        for what, mine in (
            ("runner", kept.athlete != (kept.board_athlete or NOBODY)),
            ("leg", kept.leg != kept.board_leg),
        )
        if mine
    ]
    said = f" ({' and '.join(theirs)} set by hand)" if theirs else ""
    yield f"  runner  {untrusted.printable(kept.athlete)}, {words.leg(kept.leg)}{said}"
    if kept.marked:
        yield "  marked"
    if kept.tags:
        yield "  tags    " + ", ".join(map(untrusted.printable, kept.tags))
    if kept.effort is not None:
        yield f"  effort  {kept.effort} of 10"
    if kept.pain is not None:
        where = f", {untrusted.printable(kept.pain_where)}" if kept.pain_where else ""
        yield f"  pain    {kept.pain} of 10{where}"
    if kept.note:
        yield "  note    " + untrusted.printable(kept.note, 1000)
    if not (kept.marked or kept.tags or kept.note or kept.effort is not None or kept.pain is not None):
        yield "  nothing noted; --text, --tag, --effort 0-10, --pain 0-10 and --mark do (`kneesync note --help`)"


def start(kept):
    """A session's start, and how it is known."""
    if kept.start_unix_s is None:
        return f"{kept.id}: start unknown; it began before {day(kept.pulled_unix_s - (kept.duration_s or 0))}"
    return f"{kept.id}: started {day(kept.start_unix_s)} ({words.known_by(kept.start_from)})"


def of_board(changed, others):
    """What a note on a whole board came to."""
    yield f"{_count(len(changed))} changed" + (f", {len(others)} had it already." if others else ".")
    if changed:
        yield "Runs to come have what the board is set to: `kneesync settings --set leg=R`, `--set athlete=NAME`."


def say_imported(one):
    """Print one file's line as soon as it is known: new ones to stdout, trouble to stderr."""
    name = untrusted.printable(one.file, 200)
    if one.state == "failed":
        terminal.note(f"kneesync: {untrusted.printable(one.problem, 300)}")
    elif one.state == "new":
        remark = [untrusted.printable(one.problem, 160)] if one.problem else []
        damage = ["has damaged or missing parts"] if one.kept.problems else []
        strides = words.plural(one.kept.strides, "stride")
        terminal.lines(["  ".join((one.kept.id, day(one.kept.start_unix_s), strides, name, *damage, *remark))])
    elif one.problem:
        terminal.note(f"{one.kept.id}  {one.state}: {untrusted.printable(one.problem, 160)}")


def import_outcome(found):
    """What an import came to, in one line."""
    counts = {
        state: sum(one.state == state for one in found) for state in ("new", "here already", "in the trash", "failed")
    }
    parts = [f"{number} {state}" for state, number in counts.items() if number or state == "new"]
    return f"{', '.join(parts)}." + (" What failed was left as it is." if counts["failed"] else "")


def about(kept):
    """One line a session that a question is about."""
    return [_session(one) for one in kept]


def deleted(kept):
    return [f"deleted   {_session(one)}" for one in kept]


def restored(kept):
    return [f"restored  {_session(one)}" for one in kept]


def gone(kept):
    return [f"gone  {_session(one)}" for one in kept]


def emptied(kept, freed_bytes):
    """What emptying the trash came to."""
    return f"{_files(len(kept))} gone for good, {size(freed_bytes)} free. A pull brings back what a board still holds."


def _session(one):
    """A session in one line."""
    parts = (one.id, day(one.start_unix_s), clock(one.duration_s), words.plural(one.strides, "stride"))
    return "  ".join((*parts, untrusted.printable(one.athlete)))


def _line(one):
    name = untrusted.printable(one.name, 40)
    parts = [name, size(one.bytes), one.state] if one.bytes else [name, one.state]
    return "  ".join(parts) + (f": {untrusted.printable(one.why, 160)}" if one.why else "")


def _files(number):
    return words.plural(number, "file")


def _count(number):
    return words.plural(number, "session")
