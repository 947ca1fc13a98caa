"""The parts of a hand-written page that are generated: what stands between two comments is replaced, the rest stays."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def filled(page, texts):
    """The page (path from the root) with each of its blocks as `texts` (block's name -> text) has it now.

    ValueError if the page lacks a block, or has one that nobody writes.
    """
    whole = (ROOT / page).read_text(encoding="utf-8")
    pattern = re.compile(r"(<!-- ([\w ]+): written by docs/generate\.py -->\n).*?(<!-- end of \2 -->)", re.DOTALL)
    found = [match[2] for match in pattern.finditer(whole)]
    if sorted(found) != sorted(texts):
        raise ValueError(f"{page}: found blocks {sorted(found)}, expected {sorted(texts)}")
    return pattern.sub(lambda match: f"{match[1]}{texts[match[2]]}\n{match[3]}", whole)


def cell(text):
    """Text as a table's cell takes it."""
    return " ".join(text.split()).replace("|", "\\|")
