"""The report of one run: a page of 80 to 120 columns, or the same in plain lines that read well aloud."""

from rich.table import Table
from rich.text import Text

from kneesync.views import chart
from kneesync.views.report import repeats
from kneesync.views.report.cues import cue_lines
from kneesync.views.report.sentences import (
    ROWS,
    besides,
    fell,
    first_line,
    over_the_run,
    pair_lines,
    relation,
    spread,
    sureness,
    title,
    verdict,
    watch_lines,
)
from kneesync.views.units import NONE, degrees, steps

WIDE = 110  # from so many columns on the table has the trend too
_SIDES = (*ROWS[:3], ROWS[5])


def show(console, figures, session, kept=None, pair=None, coach=()):
    """Write the page to a rich console. `pair`: analysis.pairs of this session and another, or None.

    `coach`: its lines on all of the runner's sessions (views.drills.short).
    """
    width = min(console.width, 120)

    def say(lines, style=""):
        for line in lines:
            console.print(Text(line, style=style), width=width)

    say([title(figures, kept)], "bold")
    say([first_line(figures)])
    console.print()
    say([verdict(figures)], "bold" if fell(figures) else "")
    say(besides(figures))
    console.print()
    if len(session.t_ms):
        _show_chart(console, figures, session, width)
    if figures.strides:
        console.print(table(figures, width))
        trends = () if width >= WIDE else over_the_run(figures)  # in the wide table
        say([spread(figures), *trends, *relation(figures), *watch_lines(figures)])
        console.print()
    if figures.repeats:
        say([repeats.head(figures)])
        console.print(repeats.table(figures.repeats))
        console.print()
    if figures.strides:
        say(cue_lines(figures))
        console.print()
    if pair:
        say(["Two boards"], "bold")
        console.print(sides(pair))
        say(pair_lines(pair))
        console.print()
    say(["How sure"], "bold")
    say(sureness(figures, kept))
    if coach:
        console.print()
        say([OVER_RUNS], "bold")
        say(coach)


OVER_RUNS = "Over your runs"


def plain(figures, kept=None, pair=None, coach=()):
    """The same as lines of text: no boxes, no colour, no columns."""
    yield title(figures, kept, ", ")
    yield first_line(figures, ", ") + "."
    yield verdict(figures)
    yield from besides(figures)
    if figures.strides:
        yield ""
        yield from _figures_in_words(figures)
        yield from (spread(figures), *over_the_run(figures), *relation(figures), *watch_lines(figures))
        yield ""
        yield from _over_time(figures.per_minute)
    if figures.repeats:
        yield ""
        yield repeats.head(figures)
        yield from repeats.in_words(figures.repeats)
    if figures.strides:
        yield ""
        for line in cue_lines(figures):
            yield line.strip().replace("  ", ": ")
    if pair:
        yield ""
        yield "Two boards:"
        for label, key, write in _SIDES:
            row = pair.difference[key]
            yield f"{label}: left {write(row.left)}, right {write(row.right)}."
        yield from pair_lines(pair)
    yield ""
    yield "How sure:"
    yield from sureness(figures, kept)
    if coach:
        yield ""
        yield f"{OVER_RUNS}:"
        yield from coach


def table(figures, width=80):
    """The figures of the whole run, fresh and late, and their change; from WIDE columns on the trend too."""
    columns = Table(box=None, pad_edge=False, header_style="dim")
    columns.add_column("", min_width=11)
    for name in ("whole run", "fresh", "late", "change"):
        columns.add_column(name, justify="right", min_width=9)
    compared = bool(figures.change and figures.change.knee_lift_deg_interval)
    trended = width >= WIDE and figures.trend_per_h["knee_lift_deg"] is not None
    if compared:
        columns.add_column("95 % interval", justify="right", min_width=16)
    if trended:
        columns.add_column("per hour", justify="right", min_width=9)
        columns.add_column("95 % interval", justify="right", min_width=16)
    for label, key, write in ROWS:
        cells = [write(getattr(figures, key))]
        cells += [write(getattr(part, key)) if part else NONE for part in (figures.fresh, figures.late)]
        cells.append(write(getattr(figures.change, key), signed=True) if figures.change else NONE)
        if compared:
            cells.append(_interval(getattr(figures.change, f"{key}_interval"), write))
        if trended:
            trend = figures.trend_per_h[key]
            cells += [write(trend.per_h, signed=True), _interval([trend.low, trend.high], write)]
        columns.add_row(label, *cells)
    return columns


def _interval(ends, write):
    return f"{write(ends[0], signed=True)} to {write(ends[1], signed=True)}" if ends else NONE


def _figures_in_words(figures):
    for label, key, write in ROWS:
        if getattr(figures, key) is None:
            continue
        parts = [f"{label}: {write(getattr(figures, key))} on average"]
        for name, part in (("fresh", figures.fresh), ("late", figures.late)):
            if part:
                parts.append(f"{write(getattr(part, key))} {name}")
        if figures.change:
            change = f"change {write(getattr(figures.change, key), signed=True)}"
            if interval := getattr(figures.change, f"{key}_interval"):
                change += f", 95 % interval {_interval(interval, write)}"
            parts.append(change)
        yield ", ".join(parts) + "."


def _over_time(minutes):
    """What the chart shows, in words: every minute of a short run, every fifth of a long one."""
    every = 1 if len(minutes) <= 12 else 5
    for row in minutes:
        if (row.minute - 1) % every == 0:
            quick = f", {steps(row.cadence_spm)}" if row.cadence_spm else ""
            yield f"Minute {row.minute}: knee lift {degrees(row.knee_lift_deg)}{quick}."


def _show_chart(console, figures, session, width):
    from kneesync.analysis.session import drawable

    t_s, knee_lift_deg = drawable(session)
    fresh_deg = figures.fresh.knee_lift_deg if figures.fresh else None
    legend = Text("Knee lift")
    if fresh_deg is not None:
        legend.append("   ┄ fresh", "green")
    if figures.cues:
        legend.append("   ▼ cue", "yellow")
    console.print(legend)
    marks_s = [cue.t_s for cue in figures.cues]
    for pieces in chart.lines(t_s, knee_lift_deg, width, level=fresh_deg, marks_s=marks_s):
        console.print(Text.assemble(*pieces), no_wrap=True, crop=True)
    console.print()


def sides(pair):
    """Left and right leg of two boards worn together, and their difference."""
    columns = Table(box=None, pad_edge=False, header_style="dim")
    columns.add_column("", min_width=11)
    for name in ("left", "right", "right − left"):
        columns.add_column(name, justify="right", min_width=9)
    columns.add_column("95 % interval", justify="right", min_width=16)
    for label, key, write in _SIDES:
        row = pair.difference[key]
        ends = None if row.low is None else [row.low, row.high]
        cells = [write(row.left), write(row.right), write(row.right_less_left, signed=True)]
        columns.add_row(label, *cells, _interval(ends, write))
    return columns
