"""Pages compared as text at fixed width with tests/support/golden.

KNEESYNC_GOLDEN=write writes those anew: look at the difference before you commit it.
"""

import io
import os
from pathlib import Path

from rich.console import Console

GOLDEN = Path(__file__).parent / "golden"


def page(width, write):
    console = Console(file=io.StringIO(), width=width, no_color=True, highlight=False, markup=False, emoji=False)
    write(console)
    return console.file.getvalue()


def golden(name, text):
    """What the page should be; `text` is what it is."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("KNEESYNC_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def same_as_golden(name, text):
    assert text == golden(name, text)
