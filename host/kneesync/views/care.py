"""What looking after a board came to: sessions freed on it, an index made anew."""

from kneesync import untrusted
from kneesync.views import terminal
from kneesync.views.units import day, size


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


def start(kept):
    """A session's start after it was set by hand or put back."""
    known = {"you": "set by hand", "pull": "from the pull", "board clock": "by the board's clock"}
    if kept.start_unix_s is None:
        return f"{kept.id}: start unknown; it began before {day(kept.pulled_unix_s - (kept.duration_s or 0))}"
    return f"{kept.id}: started {day(kept.start_unix_s)} ({known.get(kept.start_from, 'unknown')})"


def figures(board_id, found, left):
    """For --json."""
    rows = [{"name": one.name, "bytes": one.bytes, "state": one.state, "why": one.why or None} for one in found]
    return {"board": board_id, "sessions": rows, "free_bytes": untrusted.whole(left.get("free_bytes"), 0, 1 << 40)}


def _line(one):
    name = untrusted.printable(one.name, 40)
    parts = [name, size(one.bytes), one.state] if one.bytes else [name, one.state]
    return "  ".join(parts) + (f": {untrusted.printable(one.why, 160)}" if one.why else "")


def _count(number):
    return f"{number} session" + ("" if number == 1 else "s")
