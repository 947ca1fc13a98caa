"""A session in a few words, from what the index knows of it and, once its file was read, from its figures."""

from rich.text import Text

from kneesync import untrusted
from kneesync.views import words
from kneesync.views.units import NONE, clock, count, day, degrees


def row(one, athlete=False):
    """A session as one line of the list, in the columns of sessions.HEADER."""
    started = f"? {day(one.pulled_unix_s)[:10]}" if one.start_unix_s is None else day(one.start_unix_s)
    mark = ("*" if one.marked else " ") + ("!" if one.problems else " ")
    return (
        f"{mark} {started:16}  {one.leg or NONE:3}  {clock(one.duration_s):>7}  {count(one.cadence_spm):>9}  "
        f"{degrees(one.knee_lift_deg):>6}  {degrees(one.drop_deg):>6}  {one.cues:>4}  {remarks(one, athlete)}"
    ).rstrip()


def remarks(one, athlete=False):
    """What the runner said of a session, in one line: athlete if asked for, effort, pain, tags, note."""
    parts = [untrusted.printable(one.athlete, 20)] if athlete else []
    if one.effort is not None:
        parts.append(f"effort {one.effort}")
    if one.pain is not None:
        parts.append(f"pain {one.pain}")
    parts += [f"#{untrusted.printable(tag, 24)}" for tag in one.tags]
    if one.note:
        parts.append(untrusted.printable(one.note, 200))
    return "  ".join(parts)


def brief(one, reading=None):
    """Four lines below the list: which run, its verdict, its figures, the runner's words."""
    started = "start unknown, pulled " + day(one.pulled_unix_s) if one.start_unix_s is None else day(one.start_unix_s)
    text = Text(f"{started} · {one.id}", style="bold", no_wrap=True, overflow="ellipsis")
    if one.problems:
        more = len(one.problems) - 1
        text.append(f"   ! {untrusted.printable(one.problems[0], 120)}" + (f" and {more} more" if more else ""), "red")
    text.append("\n")
    if reading is None:
        text.append("…")
    elif reading.problem:
        text.append(untrusted.printable(reading.problem, 200), "red")
    else:
        from kneesync.views.report import sentences

        text.append(sentences.verdict(reading.figures))
    text.append(
        f"\n{clock(one.duration_s)}   {words.plural(one.strides, 'stride')}   {count(one.cadence_spm)} steps/min   "
    )
    text.append(
        f"knee lift {degrees(one.knee_lift_deg)}   {words.plural(one.cues, 'cue', None if one.cues else 'no')}\n"
    )
    text.append(remarks(one, athlete=True) or " ")
    return text
