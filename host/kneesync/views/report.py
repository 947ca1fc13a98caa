"""The report of one run: a page of 80 columns, or the same in plain lines that read well aloud."""

from rich.table import Table
from rich.text import Text

from kneesync import untrusted
from kneesync.views import chart
from kneesync.views.units import NONE, clock, count, day, degrees, percent, rate, steps

# label, key in the summary's parts, how it is written
_ROWS = (
    ("Knee lift", "knee_lift_deg", degrees),
    ("Extension", "extension_deg", degrees),
    ("Range", "range_deg", degrees),
    ("Swing up", "swing_up_dps", rate),
    ("Swing back", "swing_back_dps", rate),
    ("Steps/min", "cadence_spm", count),
)
HELD_DEG = 1.0  # strides of a fresh runner spread by this much; a smaller change is none
_LEGS = {"L": "left leg", "R": "right leg"}
_STARTS = {"pull": "", "board clock": " by the board's clock", "you": " (set by hand)", "unknown": ""}


def show(console, figures, session, kept=None):
    """Write the page to a rich console."""
    width = min(console.width, 120)
    console.print(Text(title(figures, kept), style="bold"))
    console.print(Text(first_line(figures)))
    console.print()
    console.print(Text(verdict(figures), style="bold" if fell(figures) else ""))
    console.print()
    if len(session.t_ms):
        _show_chart(console, figures, session, width)
    if figures["strides"]:
        console.print(table(figures))
        console.print(Text(spread(figures)))
        console.print()
    for line in cue_lines(figures):
        console.print(Text(line))
    console.print()
    console.print(Text("How sure", style="bold"))
    for line in sureness(figures, kept):
        console.print(Text(line), width=width)


def plain(figures, kept=None):
    """The same as lines of text: no boxes, no colour, no columns."""
    yield title(figures, kept)
    yield first_line(figures)
    yield verdict(figures)
    if figures["strides"]:
        yield ""
        for label, key, write in _ROWS:
            parts = [f"{label}: {write(figures[key])} on average"]
            for name in ("fresh", "late"):
                if figures[name]:
                    parts.append(f"{write(figures[name][key])} {name}")
            if figures["change"]:
                parts.append(f"change {write(figures['change'][key], signed=True)}")
            yield ", ".join(parts) + "."
        yield spread(figures)
        yield ""
        yield from _over_time(figures["per_minute"])
    yield ""
    yield from cue_lines(figures)
    yield ""
    yield "How sure:"
    yield from sureness(figures, kept)


def _over_time(minutes):
    """What the chart shows, in words: every minute of a short run, every fifth of a long one."""
    every = 1 if len(minutes) <= 12 else 5
    for row in minutes:
        if (row["minute"] - 1) % every == 0:
            yield f"Minute {row['minute']}: knee lift {degrees(row['knee_lift_deg'])}, {steps(row['cadence_spm'])}."


def title(figures, kept):
    parts = [f"Run of {day(kept.start_unix_s)}{_STARTS.get(kept.start_from, '')}" if kept else "Run"]
    if kept and kept.start_unix_s is None:
        parts = [f"Run pulled {day(kept.pulled_unix_s)}, start unknown"]
    parts.append(_LEGS.get(figures["leg"], "leg unknown"))
    if figures["athlete"]:
        parts.append(untrusted.printable(figures["athlete"], 32))
    if kept:
        parts.append(kept.id)
    return " · ".join(parts)


def first_line(figures):
    parts = [
        clock(figures["duration_s"]) + " min" if figures["duration_s"] < 3600 else clock(figures["duration_s"]) + " h"
    ]
    parts.append(f"{figures['strides']:,} stride" + ("" if figures["strides"] == 1 else "s"))
    if figures["cadence_spm"]:
        parts.append(f"{figures['cadence_spm']:.0f} steps/min")
    if figures["knee_lift_deg"] is not None:
        parts.append(f"knee lift {degrees(figures['knee_lift_deg'])}")
    cues = len(figures["cues"])
    parts.append(f"{cues or 'no'} cue" + ("" if cues == 1 else "s"))
    return "   ".join(parts)


def fell(figures):
    change = figures["change"]
    return bool(change and change["drop_deg"] >= max(change["knee_lift_95_percent_deg"] or 0, HELD_DEG))


def verdict(figures):
    """One sentence: what knee drive did against the runner's own baseline. No more than was measured."""
    change = figures["change"]
    if not change:
        why = figures["why_no_change"] or "there are no sure strides to compare"
        return f"Fresh and late are not compared: {why}."
    half_deg = change["knee_lift_95_percent_deg"]
    fresh, late = degrees(figures["fresh"]["knee_lift_deg"]), degrees(figures["late"]["knee_lift_deg"])
    span = f" ± {half_deg:.1f}°" if half_deg is not None else ""
    drop_deg = change["drop_deg"]
    if abs(drop_deg) < max(half_deg or 0, HELD_DEG):
        within_deg = max(half_deg or 0, HELD_DEG)
        return f"Knee drive held within {within_deg:.1f}° of your own baseline ({fresh} fresh, {late} late)."
    way, side = ("fell", "below") if drop_deg > 0 else ("rose", "above")
    return f"Knee drive {way} {abs(drop_deg):.1f}°{span} {side} your own baseline ({fresh} fresh, {late} late)."


def _show_chart(console, figures, session, width):
    from kneesync.analysis.session import drawable

    t_s, knee_lift_deg = drawable(session)
    fresh_deg = figures["fresh"]["knee_lift_deg"] if figures["fresh"] else None
    legend = Text("Knee lift")
    if fresh_deg is not None:
        legend.append("   ┄ fresh", "green")
    if figures["cues"]:
        legend.append("   ▼ cue", "yellow")
    console.print(legend)
    marks_s = [cue["t_s"] for cue in figures["cues"]]
    for pieces in chart.lines(t_s, knee_lift_deg, width, level=fresh_deg, marks_s=marks_s):
        console.print(Text.assemble(*pieces), no_wrap=True, crop=True)
    console.print()


def table(figures):
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", min_width=12)
    for name in ("whole run", "fresh", "late", "change"):
        table.add_column(name, justify="right", min_width=11)
    for label, key, write in _ROWS:
        cells = [write(figures[key])]
        cells += [write(figures[name][key]) if figures[name] else NONE for name in ("fresh", "late")]
        cells.append(write(figures["change"][key], signed=True) if figures["change"] else NONE)
        table.add_row(label, *cells)
    return table


def spread(figures):
    spread = figures["variability"]
    if spread["knee_lift_sd_deg"] is None:
        return "Spread from stride to stride: too few strides in a row to say."
    lift, stride = degrees(spread["knee_lift_sd_deg"]), percent(spread["stride_time_cv_percent"])
    return f"Spread from stride to stride: knee lift {lift}, stride time {stride}."


def cue_lines(figures):
    if not figures["cues"]:
        yield "No cues."
        return
    yield "Cues, and the minute after each against the minute before:"
    for cue in figures["cues"]:
        line = f"  {clock(cue['t_s'])}  {degrees(cue['drop_deg'])} below expected"
        line += "" if cue["buzzed"] else ", not buzzed"
        line += (
            f"; then {degrees(cue['answer_deg'], signed=True)}"
            if cue["answer_deg"] is not None
            else "; too few strides after it"
        )
        if cue["cleared_after_s"] is not None:
            line += f"; back up after {clock(cue['cleared_after_s'])}"
        yield line


def sureness(figures, kept=None):
    if kept and kept.start_unix_s is None:
        latest = day(kept.pulled_unix_s - (kept.duration_s or 0))
        yield f"Start unknown: the board's clock was not set. It began before {latest};"
        yield f'say when: kneesync note {kept.id} --start "{latest}"'
    low, high = figures["absolute_error_deg"]
    yield f"Absolute angles are good to ±{low}–{high}° on a body; trust the change within the run."
    if figures["change"] and figures["change"]["knee_lift_95_percent_deg"] is not None:
        yield "± on the change: 95 % interval from this run's own spread."
    quality = figures["quality"]
    shares = [
        f"{percent(quality[name + '_percent'])} {name}"
        for name in ("unsure", "clipped", "lost")
        if quality[name + "_percent"]
    ]
    if shares:
        yield f"Strides left out of the angles: {', '.join(shares)}."
    elif figures["strides"]:
        yield "Every stride counts: none unsure, clipped or with lost samples."
    if quality["imu_faults"]:
        yield f"Times the IMU failed and was started again: {quality['imu_faults']}."
    if figures["pauses"]:
        spans = ", ".join(f"{clock(pause['from_s'])}–{clock(pause['to_s'])}" for pause in figures["pauses"][:4])
        more = len(figures["pauses"]) - 4
        yield f"Pauses: {spans}" + (f" and {more} more." if more > 0 else ".")
    yield from figures["notes"]
    for problem in quality["problems"]:
        yield f"File: {problem}."
