"""A week's plan as a calendar file (RFC 5545): an all-day entry a day, which a later file of the same day replaces.

The entries block no time. The same plan gives the same bytes: DTSTAMP is the plan's first day.
"""

import datetime
import hashlib

from icalendar import Calendar, Event

from kneecore import __version__


def calendar(plan, athlete, describe):
    """Bytes of an .ics file. plan: coach.plan.week; describe(plan, day): (title, lines) of one of its days."""
    calendar = Calendar()
    calendar.add("prodid", f"-//kneesync//{__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    start = datetime.date.fromisoformat(plan["start"])
    stamp = datetime.datetime(start.year, start.month, start.day, tzinfo=datetime.UTC)
    for day in plan["days"]:
        title, lines = describe(plan, day)
        date = datetime.date.fromisoformat(day["date"])
        event = Event()
        event.add("uid", f"{_of(athlete)}-{date.isoformat()}@kneesync")
        event.add("dtstamp", stamp)
        event.add("sequence", (start - datetime.date(2020, 1, 1)).days)
        event.add("dtstart", date)
        event.add("dtend", date + datetime.timedelta(days=1))
        event.add("summary", title)
        event.add("description", "\n".join(lines))
        event.add("categories", ["kneesync"])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return calendar.to_ical()


def _of(athlete):
    """The same for one athlete, however it is written; no name leaves the library in an identifier."""
    return hashlib.sha256(" ".join(athlete.split()).casefold().encode()).hexdigest()[:16]
