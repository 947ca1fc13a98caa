"""A week's plan as a calendar file: what stands in a day's entry, and writing the file."""

from kneesync.coach import ics
from kneesync.files import outfile
from kneesync.views.drills.text import cue_line, pain_lines, precaution_lines

_HEAD = b"BEGIN:VCALENDAR"


def calendar(advice):
    """The .ics file's bytes of an advice's plan."""

    def entry(plan, day):
        head, lines = calendar_day(plan, day)
        return head, [*pain_lines(advice), *lines]

    return ics.calendar(advice["plan"], advice["athlete"], entry)


def write(advice, target):
    """Write it to a file, or to stdout for `-`. A calendar that stands there is replaced; anything else stays."""
    outfile.write(target, calendar(advice), only_over=("calendar file", lambda head: head.startswith(_HEAD)))


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
