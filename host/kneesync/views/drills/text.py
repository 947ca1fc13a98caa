"""What the coach says: as a page, as plain lines, as Markdown and in short, in the same sentences."""

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kneesync import untrusted
from kneesync.coach.catalog import load
from kneesync.coach.plan import A_TENTH, NO_GROWTH
from kneesync.views import words

DAY_NAMES = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
WIDEST = 100
_MOST_DAYS_SAID = 6
MOST_ON_PAGE = 8
OURS = "Sets and repetitions are kneesync's, a cautious start; the article it follows gives none."


# Sentences, the same in every view


def title(advice):
    found = advice["findings"]
    who = untrusted.printable(advice["athlete"], 32)
    if not found["good_runs"]:
        return f"Drills · {who}"
    runs = words.plural(found["good_runs"], "good run")
    return f"Drills · {who} · {runs}, {found['from']} to {found['to']}"


def finding_lines(one):
    """[title, what it is, how sure, what else it may be, what it rests on] of a finding."""
    return [
        one["title"],
        one["text"],
        one["sure"],
        f"It may also be {' or '.join(one['also'])}.",
        rests_on(one),
    ]


def rests_on(one):
    """Which runs a finding rests on, the newest first."""
    newest = one["sessions"][::-1]
    said = [f"{row['day'] or row['ids'][0]} {_value(row['value'], one)}" for row in newest[:_MOST_DAYS_SAID]]
    more = len(newest) - len(said)
    return "Runs: " + ", ".join(said) + (f", and {more} more" if more > 0 else "") + "."


def _value(value, one):
    from kneesync.coach.findings import TABLE, number

    return number(value, TABLE[one["sign"]].unit)


def barrier_line(row):
    return f"{row['name'][0].upper() + row['name'][1:]}. {row['what']} {row['because']}"


def no_finding(advice):
    """What stands between these runs and (more) findings."""
    return list(advice["findings"]["missing"])


def left_out(advice):
    rows = advice["findings"]["left_out"]
    if not rows:
        return []
    return ["Not counted: " + ", ".join(f"{row['sessions']} {row['why']}" for row in rows) + "."]


def ask_line(advice):
    number = len(advice["findings"]["ask"])
    if not number:
        return []
    return [
        f"{number} thing{' is' if number == 1 else 's are'} asked, since no sensor sees them: kneesync drills --check"
    ]


def pain_lines(advice):
    """What follows from pain that was noted, and how it is cleared."""
    hurts = advice["pain"]
    if not hurts:
        return []
    where = f", {untrusted.printable(hurts['where'], 60)}" if hurts["where"] else ""
    return [
        f"Pain {hurts['pain']} of 10 noted on {hurts['day']}{where}: no plyometrics, and the work does not grow.",
        f"Switch the cue off until it is gone: {advice['plan']['cue_off']}",
        f"Once it is gone, note so on your newest run: kneesync note {hurts['newest']} --pain 0",
    ]


def item_line(item):
    """One exercise of a plan in a line."""
    new = ", new to you" if item["new"] else ""
    why = f", for {load().barriers[item['why']].name}" if item["why"] else ""
    minutes = f" ({item['minutes']:g} min{new})" if item["minutes"] else ""
    amount = f" {item['dose']}" if item["dose"] else ""
    return f"{item['name']}{amount}{minutes}{why}"


def day_title(day):
    kind = "training" if day["loaded"] else "mobility"
    hard = ", beside your hard run" if day["hard"] else ""
    return f"{DAY_NAMES[day['day']]} {day['date']}: {kind}, {day['minutes']:g} min{hard}"


def volume_line(plan):
    """How much work a week holds, how much it may hold, and why."""
    volume = plan["volume"]
    if volume["logged"] is None:
        why = "as in any first week; nothing is logged of the last three weeks"
    elif volume["bound"] == NO_GROWTH:
        why = "as in your last logged week: with pain it does not grow"
    elif volume["bound"] == A_TENTH:
        why = f"a tenth more than the {volume['logged']:g} min of your last logged week"
    else:
        why = (
            f"as in any first week; you logged {volume['logged']:g} min in your last one. "
            "Beyond that it grows by a tenth a week at most"
        )
    return f"Work this week: {volume['minutes']:g} of at most {volume['allowed']:g} min, {why}."


def cue_line(plan):
    cue = plan["form_cue"]
    return f"In easy running, one thing to think of: {cue['name'].lower()}. {cue['how']}"


def precaution_lines(plan):
    return [*plan["precautions"], plan["guidance"]]


def short(advice, most=2):
    """One or two lines for reports and trends: the first findings and what they train, or what is missing."""
    found = advice["findings"]
    lines = pain_lines(advice)[:1] + [
        f"{one['title'].rstrip('.')}{'' if one['title'].endswith('?') else '.'} {one['text']}"
        for one in found["findings"][:1]
    ]
    names = [item["name"].lower() for item in wanted(advice["plan"])][:3]
    if found["barriers"] and names:
        lines.append(f"In this week's plan: {', '.join(names)}. `kneesync drills` has the week, and the cautions.")
    elif not lines:
        lines = no_finding(advice)[:1]
    return lines[:most]


def wanted(plan):
    """What of a week is there for a barrier, work before mobility: the plan's rules hold for what is named in short."""
    items = [item for day in plan["days"] for item in day["items"]] + [plan["form_cue"]]
    own = {}
    for item in items:
        if item["why"]:
            own.setdefault(item["exercise"], item)
    mobility = ("dynamic_stretch", "static_stretch", "foam_rolling")
    return sorted(own.values(), key=lambda item: item["group"] in mobility)


def for_page(advice):
    """What the HTML page of a run shows: see views.page.text."""
    found = advice["findings"]
    drills = [
        {
            "title": item["name"],
            "text": " ".join([item["how"], *item["cautions"]]),
            "dose": item["dose"] or None,
        }
        for item in wanted(advice["plan"])
    ]
    return {
        "findings": [
            {"title": head, "text": text, "sure": " ".join(rest)}
            for head, text, *rest in map(finding_lines, found["findings"])
        ],
        "drills": drills[:MOST_ON_PAGE],
        "pain": " ".join(pain_lines(advice)[:1]),
        "missing": " ".join(no_finding(advice)),
    }


# The page


def show(console, advice):
    width = min(console.width, WIDEST)

    def say(lines, style=""):
        for line in lines:
            console.print(Text(line, style=style), width=width)

    def head(text):
        console.print()
        say([text], "bold")

    say([title(advice)], "bold")
    if lines := pain_lines(advice):
        console.print()
        say(lines[:1], "bold")
        say(lines[1:])
    found = advice["findings"]
    for one in found["findings"]:
        head_line, text, *rest = finding_lines(one)
        head(head_line)
        say([text])
        say(rest, "dim")
    if lines := [*no_finding(advice), *left_out(advice)]:
        console.print()
        say(lines)
    if found["barriers"]:
        head("What to work on")
        say(map(barrier_line, found["barriers"]))
    say(ask_line(advice))
    if advice["progress"]:
        head("Before and after")
        say([row["text"] for row in advice["progress"]])
    console.print()
    _week(console, advice["plan"])
    head("Precautions")
    say(precaution_lines(advice["plan"]))


def show_plan(console, advice):
    """The week alone, with what pain asks for and the precautions."""
    width = min(console.width, WIDEST)
    for line in pain_lines(advice):
        console.print(Text(line, "bold"), width=width)
    _week(console, advice["plan"])
    console.print()
    console.print(Text("Precautions", "bold"))
    for line in precaution_lines(advice["plan"]):
        console.print(Text(line), width=width)


def _week(console, plan):
    """A table a day."""
    width = min(console.width, WIDEST)
    console.print(Text("Your week", "bold"))
    console.print(Text(volume_line(plan)), width=width)
    for line in plan["notes"]:
        console.print(Text(line), width=width)
    for day in plan["days"]:
        console.print()
        console.print(Text(day_title(day), "bold" if day["loaded"] else ""), width=width)
        if not day["loaded"]:
            line = "; ".join(f"{item['name']} {item['dose']}" for item in day["items"])
            console.print(Padding(Text(line), (0, 0, 0, 2)), width=width)
            continue
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(width=1)
        table.add_column(min_width=33, no_wrap=True)
        table.add_column(min_width=22, no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        if width >= WIDEST:
            table.add_column(no_wrap=True)
        for item in day["items"]:
            name = item["name"] + (" (new)" if item["new"] else "")
            cells = ["•" if item["why"] else "", Text(name), item["dose"], f"{item['minutes']:g} min"]
            if width >= WIDEST:
                cells.append(Text(f"for {load().barriers[item['why']].name}" if item["why"] else "", "dim"))
            table.add_row(*cells)
        console.print(Padding(table, (0, 0, 0, 2)), width=width)
    console.print()
    asked = any(item["why"] for day in plan["days"] for item in day["items"] if day["loaded"])
    legend = ["•: for what `kneesync drills` names to work on."] if asked else []
    for line in (*legend, cue_line(plan), OURS, "How each is done: kneesync drills show NAME"):
        console.print(Text(line), width=width)


def plain(advice):
    """The same as sentences."""
    yield title(advice).replace("Drills · ", "Drills of ").replace(" · ", ", ") + "."
    yield from pain_lines(advice)
    for one in advice["findings"]["findings"]:
        yield ""
        head, *rest = finding_lines(one)
        yield f"Finding: {head}" + ("" if head.endswith("?") else ".")
        yield from rest
    yield ""
    yield from no_finding(advice)
    yield from left_out(advice)
    for row in advice["findings"]["barriers"]:
        yield f"To work on: {barrier_line(row)}"
    yield from ask_line(advice)
    if advice["progress"]:
        yield ""
        yield "Before and after:"
        yield from (row["text"] for row in advice["progress"])
    yield ""
    yield from _plain_week(advice["plan"])


def plain_plan(advice):
    """The week alone, as sentences."""
    yield from pain_lines(advice)
    yield from _plain_week(advice["plan"])


def _plain_week(plan):
    yield "Your week."
    yield volume_line(plan)
    yield from plan["notes"]
    for day in plan["days"]:
        yield day_title(day) + "."
        yield from (f"  {item_line(item)}." for item in day["items"])
    yield cue_line(plan)
    yield OURS
    yield ""
    yield "Precautions:"
    yield from precaution_lines(plan)
