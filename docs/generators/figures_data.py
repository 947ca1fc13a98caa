"""The data dictionary, docs/figures-data.md: its words are in figures.toml, the units come from the keys' endings."""

import re
import tomllib
from pathlib import Path

from docs.generators.blocks import cell

# A key's ending -> its unit; the longest one counts.
UNITS = {
    "_deg": "°",
    "_dps": "°/s",
    "_spm": "steps/min",
    "_mps": "m/s",
    "_bpm": "beats/min",
    "_percent": "%",
    "_unix_s": "s since 1970 UTC",
    "_s": "s",
    "_ms": "ms",
    "_us": "µs",
    "_m": "m",
    "_lsb": "counts",
    "_sigma": "standard deviations",
}
HOLDS = re.compile(r" → (each )?([\w ]+)$")


def tables():
    """Table's name -> {"about": text, "keys": {key: text}}, in the page's order."""
    return tomllib.loads(Path(__file__).with_name("figures.toml").read_text(encoding="utf-8"))


def unit(key, text):
    """The unit of a key: as its text has it in brackets, else by its ending; "" without one."""
    if found := re.match(r"\[([^]]+)\] ", text):
        return found[1]
    ending = max((ending for ending in UNITS if f"_{key}".endswith(ending)), key=len, default="")
    return UNITS.get(ending, "")


def held(text):
    """(name of the table that a key's objects are of, whether it holds one by name); None if it holds none."""
    found = HOLDS.search(text)
    return (found[2], bool(found[1])) if found else None


def figures_page():
    """docs/figures-data.md as text."""
    known = tables()
    lines = [
        "# Data dictionary",
        "",
        "<!-- Written by docs/generate.py from docs/generators/figures.toml: change it there. -->",
        "",
        "Every key that `report`, `trends`, `sessions` and `drills` give with `--json`, and every column of an export.",
        "Units are in the names. A figure that is not known is null in JSON and empty in CSV; `why_...` beside it says",
        "why. Numbers in JSON are rounded to four decimals. What the figures mean, and how far to trust them:",
        "[figures](figures.md); axes and signs: [units and axes](units-and-axes.md). A test compares these tables with",
        "what the commands print.",
    ]
    for name, table in known.items():
        lines += ["", f"## {name[0].upper()}{name[1:]}", "", table["about"]]
        lines += ["", "| key | unit | meaning |", "|---|---|---|"]
        for key, text in table["keys"].items():
            meaning = HOLDS.sub("", re.sub(r"^\[[^]]+\] ", "", text))
            if found := held(text):
                one, each = found
                link = f"[{one}](#{one.replace(' ', '-')})"
                meaning += f": each {link}" if each else f": {link}"
            lines.append(f"| `{key}` | {unit(key, text)} | {cell(meaning)} |")
    return "\n".join([*lines, ""])
