"""Weeks of runs on a page: one small chart a quantity, what changed beyond noise, and what is not compared."""

import time

import numpy as np
from rich.text import Text

from kneesync import untrusted
from kneesync.views import chart, words
from kneesync.views.units import NONE, degrees

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEK_S = 7 * 86400
_LABEL, _SCALE, _SAID = 13, 8, 34  # columns beside the chart
_ROWS = 2
_MOST_WEEKS_SAID = 16


# label, decimals, unit
WRITTEN = {
    "knee_lift_deg": ("Knee lift", 1, "°"),
    "extension_deg": ("Extension", 1, "°"),
    "range_deg": ("Range", 1, "°"),
    "swing_up_dps": ("Swing up", 0, " °/s"),
    "swing_back_dps": ("Swing back", 0, " °/s"),
    "cadence_spm": ("Steps/min", 1, ""),
    "drop_deg_per_h": ("Drop an hour", 1, "°"),
    "cues_per_h": ("Cues an hour", 1, ""),
}
_NEVER_NEGATIVE = ("cues_per_h", "cadence_spm")
_NOISE_FROM = {
    "literature": "known from studies",
    "own sessions": "by your own sessions",
    "least called": "the least that is called a change",
}


def show(console, found, coach=()):
    """Write the page to a rich console. `found`: analysis.trends.trends; `coach`: [(athlete, lines)] of each."""
    width = min(console.width, 120)

    def say(text, style=""):
        console.print(Text(text, style=style), width=width)

    for i, runner in enumerate(found.runners):
        if i:
            say("")
        say(title(runner, found), "bold")
        say(compared(runner))
        say("")
        columns = width - _LABEL - _SCALE - _SAID - 2
        for name, trend in runner.metrics.items():
            for line in _row(name, trend, found, columns):
                console.print(line, no_wrap=True, crop=True)
        if any(trend.points for trend in runner.metrics.values()):
            say(
                " " * (_LABEL + _SCALE) + f"{_dates(found, columns):{columns}}" + _points(runner, found, columns), "dim"
            )
        for line in left_out(runner):
            say(line)
    if found.runners:
        say("")
    for line in placing(found):
        say(line)
    if found.runners:
        say("How sure", "bold")
        for line in sureness(found):
            say(line)
    for name, lines in coach:
        say("")
        say(_coached(name, coach), "bold")
        for line in lines:
            say(line)


def _coached(name, coach):
    """The heading of what the coach says."""
    return "What to train" + (f" · {untrusted.printable(name, 32)}" if len(coach) > 1 else "")


def plain(found, coach=()):
    """The same as sentences."""
    for runner in found.runners:
        yield title(runner, found).replace("Trends · ", "Trends of ").replace(" · ", ", ") + "."
        yield compared(runner)
        yield ""
        for name, trend in runner.metrics.items():
            yield sentence(name, trend)
            if trend.line and (weeks := _medians(trend, found)) and len(weeks) <= _MOST_WEEKS_SAID:
                said = ("none" if value is None else figure(name, value) for value in weeks)
                yield f"  Week by week: {', '.join(said)}."
        yield from left_out(runner)
        yield ""
    yield from placing(found)
    if found.runners:
        yield "How sure:"
        yield from sureness(found)
    for name, lines in coach:
        yield ""
        yield _coached(name, coach).replace(" · ", ", ") + ":"
        yield from lines


def figure(name, value, signed=False, unit=True):
    _, decimals, of = WRITTEN[name]
    return degrees(value, decimals, signed).removesuffix("°") + (of if unit else "")


def _interval(name, line):
    low, high = line.change_interval
    return f"{figure(name, low, True, unit=False)} to {figure(name, high, True)}"


def nothing(folder, athlete=None, leg=None):
    """What to do where there is no session to follow."""
    if athlete is None and leg is None:
        return f"No sessions in {folder} yet: plug the board in and run `kneesync pull`, or try `kneesync demo`."
    of = [untrusted.printable(athlete, 32)] if athlete is not None else []
    of += [words.leg(str(leg))] if leg is not None else []
    return f"No sessions of {', '.join(of)}; `kneesync sessions` shows whose there are."


def title(runner, found):
    weeks = (found.to_unix_s - found.from_unix_s) / _WEEK_S
    span = _span(found.from_unix_s, found.to_unix_s)
    who = untrusted.printable(runner.athlete or "me", 32)
    return f"Trends · {who} · {words.leg(runner.leg)} · {span}, {_weeks(weeks)}"


def _weeks(weeks):
    number = f"{weeks:.0f}" if weeks >= 9.5 or abs(weeks - round(weeks)) < 0.05 else f"{weeks:.1f}"
    return words.plural(1 if number == "1" else 2, "week", number)


def compared(runner):
    """At what the sessions are compared, and how many."""
    at, total = runner.compared, runner.sessions
    if not at:
        return f"None of {_sessions(total)} can be compared with another."
    many = f"{at.sessions} of {_sessions(total)} compared"
    if at.by == "speed_mps":
        fast, slow = 1000 / at.high, 1000 / at.low if at.low else None
        per_km = f"{_pace(slow)}–{_pace(fast)}" if slow else f"over {_pace(fast)}"
        return f"{many} at equal pace, {at.low:.2f}–{at.high:.2f} m/s ({per_km} min/km)."
    return f"{many} at equal cadence, {at.low:.0f}–{at.high:.0f} steps/min; pace unknown."


def _pace(s_per_km):
    return f"{round(s_per_km) // 60}:{round(s_per_km) % 60:02}"


def _sessions(number):
    return words.plural(number, "session")


def _row(name, trend, found, columns):
    """The _ROWS Text lines of one quantity."""
    label = WRITTEN[name][0]
    x, values, joined = _drawn(trend, found, columns)
    low, high = _scale(values, trend.noise or trend.least_noise, name in _NEVER_NEGATIVE)
    if len(x):
        rows = chart.small(x, values, columns - 1, _ROWS, low, high, joined)
        scale = [figure(name, high), figure(name, low)]
    else:
        rows, scale = [" " * (columns - 1)] * _ROWS, ["", ""]
    bar = [" "] * _ROWS
    if trend.line:
        about = trend.line.from_value
        bar = chart.small([0, 0], [about - trend.noise, about + trend.noise], 1, _ROWS, low, high)
    claimed = trend.verdict in ("rose", "fell")
    said = zip(short(name, trend), ("bold" if claimed else "", "dim"), strict=True)
    for i, (text, style) in enumerate(said):
        yield Text.assemble(
            (f"{label if i == 0 else '':{_LABEL}}", ""),
            (f"{scale[i]:>{_SCALE - 1}}│", "dim"),
            (bar[i], "dim"),
            (rows[i], "cyan"),
            "  ",
            (text, style),
        )


def _drawn(trend, found, columns):
    """(x from 0 to 1, values, whether joined): medians of some weeks where there is a line, else sessions as dots."""
    start, span = found.from_unix_s, max(found.to_unix_s - found.from_unix_s, 1.0)
    if not trend.line:
        points = trend.points
        x = np.array([(point.unix_s - start) / span for point in points])
        return x, np.array([point.value for point in points]), False
    step_s = _weeks_a_point(found, columns) * _WEEK_S
    medians = _medians(trend, found, step_s)
    x = np.minimum((np.arange(len(medians)) + 0.5) * step_s / span, 1.0)
    return x, np.array([np.nan if value is None else value for value in medians]), True


def _weeks_a_point(found, columns):
    """So many that a point has two columns to itself: closer together, noise looks like a course."""
    return max(1, int(np.ceil((found.to_unix_s - found.from_unix_s) / _WEEK_S / ((columns + 1) / 2))))


def _medians(trend, found, step_s=_WEEK_S):
    """The median of each step from the start on, None for one without a session."""
    steps = {}
    for point in trend.points:
        steps.setdefault(int((point.unix_s - found.from_unix_s) // step_s), []).append(point.value)
    number = max(1, int(np.ceil((found.to_unix_s - found.from_unix_s) / step_s)))
    if number in steps:  # the newest session stands on the edge of the last one
        steps.setdefault(number - 1, []).extend(steps.pop(number))
    return [float(np.median(steps[i])) if i in steps else None for i in range(number)]


def _scale(values, noise, never_negative=False):
    """(bottom, top): all values, and never so fine that the noise fills it."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    middle = (known.max() + known.min()) / 2
    half = max((known.max() - known.min()) / 2, 1.5 * noise)
    if never_negative:
        middle = max(middle, half)
    return float(middle - half), float(middle + half)


def short(name, trend):
    """What is said beside the chart, in two lines of at most _SAID characters."""
    line = trend.line
    if not line:
        days, needs = trend.days, trend.why_no_line.partition("; ")[2]
        if not days:
            return "nothing to compare, no line", needs
        median = float(np.median([point.value for point in trend.points]))
        return f"{figure(name, median)} on {words.plural(days, 'day')}; no line", needs
    change, noise = figure(name, line.change, True), f"noise {figure(name, trend.noise)}"
    way, size = "rose" if line.change > 0 else "fell", figure(name, abs(line.change))
    under = f"{_interval(name, line)}; {noise}"
    verdict = trend.verdict
    if verdict == "within noise":
        return "no change beyond day-to-day noise", f"{change} in {_weeks(line.weeks)}; {noise}"
    if verdict == "unclear":
        return f"no clear change: {change}", under
    if verdict == "may be pace":
        return f"{way} {size}, which may be pace", under
    return f"{way} {size}, {figure(name, line.from_value)} to {figure(name, line.to_value)}", under


def sentence(name, trend):
    label, line = WRITTEN[name][0], trend.line
    if not line:
        return f"{label}: {short(name, trend)[0]} is drawn: {trend.why_no_line}."
    weeks = _weeks(line.weeks)
    noise = f"Days differ by {figure(name, trend.noise)} anyway, {_NOISE_FROM[trend.noise_from]}."
    change = f"{figure(name, line.change, True)} in {weeks}, 99 % interval {_interval(name, line)}. {noise}"
    verdict = trend.verdict
    if verdict == "within noise":
        return f"{label}: no change beyond day-to-day noise: {change}"
    if verdict == "unclear":
        return f"{label}: no clear change: {change}"
    way = "rose" if line.change > 0 else "fell"
    ends = f"from {figure(name, line.from_value)} to {figure(name, line.to_value)}"
    said = f"{label} {way} {figure(name, abs(line.change))}, {ends}: {change}"
    if verdict == "may be pace":
        return f"{said} It may be pace: 0.5 m/s alone makes {figure(name, trend.may_be_pace)}."
    return said


def left_out(runner):
    """What is not compared, and why; of whole runs where that differs."""
    if runner.left_out:
        yield f"Not compared: {_reasons(runner.left_out)}."
    said = [runner.left_out]
    for name, trend in runner.metrics.items():
        if trend.left_out and trend.left_out not in said:
            said.append(trend.left_out)
            yield f"{WRITTEN[name][0]}, left out: {_reasons(trend.left_out)}."


def _reasons(left_out):
    return ", ".join(f"{reason.sessions} {reason.why}" for reason in left_out)


def placing(found):
    """Sessions that stand in no runner's part."""
    if ids := found.not_placed:
        shown = ", ".join(ids[:4]) + (" ..." if len(ids) > 4 else "")
        yield f"Not placeable in time, start unknown or after the pull: {_sessions(len(ids))} ({shown})."
        yield f"Say when: kneesync note {ids[0]} --start TIME"
    for reason in found.left_out:
        ids = reason.ids
        shown = ", ".join(ids[:4]) + (" ..." if len(ids) > 4 else "")
        yield f"In no line, {reason.why}: {_sessions(reason.sessions)} ({shown})."
    if found.older:
        yield f"Older than shown: {_sessions(found.older)}; --weeks 0 shows all."


def sureness(found):
    yield "A change is named where it exceeds the noise between days and its 99 % interval leaves zero out."
    noises = {trend.noise_from for runner in found.runners for trend in runner.metrics.values()}
    if "literature" in noises:
        yield "Knee lift differs by 2–3° from day to day (strap, standing pose) without any change in you."
    if any(runner.compared and runner.compared.by == "cadence_spm" for runner in found.runners):
        yield (
            "Equal cadence is not equal pace: 0.5 m/s slower lowers knee lift by 3° with only 3 % less cadence, so a "
            "change of that size may be pace. `kneesync join` brings a watch's pace."
        )
    yield "Trust a change over weeks less than one within a run; the absolute angle is good to ±3–5°."


def _points(runner, found, columns):
    """What a point of the charts is."""
    if not any(trend.line for trend in runner.metrics.values()):
        return "  each dot a session"
    weeks = _weeks_a_point(found, columns)
    return ("  each week's median" if weeks == 1 else f"  medians of {weeks} weeks") + "; bar: noise"


def _dates(found, columns):
    """Days below the charts, as many as fit."""
    row = [" "] * columns
    start, span = found.from_unix_s, found.to_unix_s - found.from_unix_s
    number = max(1, min(columns // 12, int(span // _WEEK_S)))
    for i in range(number + 1):
        label = _date(start + span * i / number)
        at = min(int(i / number * columns), columns - len(label))
        row[at : at + len(label)] = label
    return "".join(row).rstrip()


def _span(from_unix_s, to_unix_s):
    """Two days, the year only once where it is the same."""
    first, last = _date(from_unix_s, year=True), _date(to_unix_s, year=True)
    return f"{first[:-5] if first[-4:] == last[-4:] else first} to {last}"


def _date(unix_s, year=False):
    try:
        when = time.localtime(unix_s)
    except (OverflowError, ValueError, OSError):
        return NONE
    return f"{when.tm_mday} {_MONTHS[when.tm_mon - 1]}" + (f" {when.tm_year}" if year else "")
