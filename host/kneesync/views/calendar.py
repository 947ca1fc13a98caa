"""A week's plan as a calendar file: what stands in a day's entry, and writing the file."""

import sys
from pathlib import Path

from kneesync import untrusted
from kneesync.coach import ics
from kneesync.errors import KneesyncError
from kneesync.library import durable
from kneesync.views.drills import cue_line, pain_lines, precaution_lines

_HEAD = b"BEGIN:VCALENDAR"


def calendar(advice):
    """The .ics file's bytes of an advice's plan."""

    def entry(plan, day):
        head, lines = calendar_day(plan, day)
        return head, [*pain_lines(advice), *lines]

    return ics.calendar(advice["plan"], advice["athlete"], entry)


def write(advice, target):
    """Write it to a file, or to stdout for `-`. A calendar that stands there is replaced; anything else stays."""
    data = calendar(advice)
    if target == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    path, shown = Path(target), untrusted.printable(target, 200)
    try:
        if path.exists() and (not path.is_file() or not _is_calendar(path)):
            raise KneesyncError(f"{shown} exists and is no calendar file: it stays; give another name")
        durable.write_whole(path, data)
    except OSError as error:
        raise KneesyncError(
            f"cannot write {shown}: {error.strerror or error}; name a file in a folder of yours"
        ) from None


def _is_calendar(path):
    with path.open("rb") as file:
        head = file.read(len(_HEAD))
    return not head or head == _HEAD


def calendar_day(plan, day):
    """(title, lines) of a day's calendar entry."""
    names = [item["name"] for item in day["items"] if item["group"] not in ("dynamic_stretch", "static_stretch")]
    kind = "Training" if day["loaded"] else "Mobility"
    head = f"{kind}, {day['minutes']:g} min" + (f": {', '.join(names[:4])}" if day["loaded"] else "")
    lines = []
    for item in day["items"]:
        lines += [f"{item['name']} {item['dose']}".strip(), f"   {item['how']}"]
        lines += [f"   {caution}" for caution in item["cautions"]]
    return head, [*lines, "", cue_line(plan), "", *precaution_lines(plan)]
