"""A check-up as lines: well or not, what was found, what to do."""

import textwrap

from rich.text import Text

from kneesync import untrusted
from kneesync.views import words

WIDTH = 80
_STATE_COLUMNS, _NAME_COLUMNS = 11, 14
_COLOURS = {"ok": "green", "attention": "yellow", "bad": "bold red"}


def show(console, finding):
    """One finding on a rich console, its step below."""
    console.print(_lines(finding))


def _lines(finding):
    indent = " " * (_STATE_COLUMNS + _NAME_COLUMNS)
    rows = _wrapped(finding.text, indent)
    text = Text.assemble(
        (f"{finding.state:{_STATE_COLUMNS}}", _COLOURS[finding.state]),
        f"{untrusted.printable(finding.name, 12):{_NAME_COLUMNS}}",
        rows[0].removeprefix(indent),
    )
    for row in rows[1:]:
        text.append("\n" + row)
    if finding.step:
        for number, row in enumerate(_wrapped(finding.step, indent + "  ")):
            text.append("\n" + (f"{indent}→ {row.lstrip()}" if number == 0 else row), "bold")
    return text


def _wrapped(text, indent):
    rows = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return rows or [indent]


def plain(finding):
    """One finding as one sentence."""
    step = f" Next: {finding.step}." if finding.step else ""
    return f"{finding.name}: {finding.state}. {finding.text}.{step}"


def sign(one):
    """What the motor is about to say, as a line."""
    times = "once" if one.pulses == 1 else f"{one.pulses} times"
    return f"{f'{times} {one.pulse_ms} ms':>15}   {one.name}"


def brief(found):
    """The status line."""
    who = found.board or (untrusted.printable(found.port, 30) if found.port else "no board")
    worst = [one for one in found.findings if one.state == found.state]
    if found.state == "bad":
        first = worst[0]
        return f"{who}: {first.name}: {first.text}" + (f"; {first.step}" if first.step else "")
    figures = found.figures
    unpulled = figures.get("unpulled", 0)
    parts = [f"{words.plural(unpulled, 'session')} to pull"]
    if "battery_percent" in figures:
        parts.append(f"battery {figures['battery_percent']} %")
    if "free_h" in figures:
        parts.append(f"room for {figures['free_h']:.0f} h")
    others = sorted({one.name for one in worst} - {"sessions", "run"}) if found.state == "attention" else []
    if others:
        parts.append(f"look at {', '.join(others)} (kneesync doctor)")
    return f"{who}: ready, {', '.join(parts)}"


def figures(found):
    """For --json."""
    rows = [{"name": one.name, "state": one.state, "text": one.text, "step": one.step} for one in found.findings]
    return {"board": found.board, "port": found.port, "state": found.state, "findings": rows, **found.figures}
