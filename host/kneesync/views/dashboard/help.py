"""All keys of a screen, made from its bindings, so that none is forgotten and none is invented."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

_NAMES = {
    "question_mark": "?", "slash": "/", "plus": "+", "equals_sign": "=", "minus": "−", "space": "Space",
    "left": "←", "right": "→", "up": "↑", "down": "↓", "home": "Home", "end": "End", "enter": "Enter",
    "escape": "Esc", "backspace": "Backspace", "pageup": "Page ↑", "pagedown": "Page ↓",
    "shift+left": "Shift ←", "shift+right": "Shift →",
}  # fmt: skip


def keys_of(page):
    """[(keys, what they do)] of a page: bindings that do the same stand together, in the page's order."""
    rows = {}
    for source in type(page).__mro__:
        for binding in Binding.make_bindings(source.__dict__.get("BINDINGS", ())):
            if source.__module__.startswith("kneesync."):
                shown = _NAMES.get(binding.key, binding.key)
                keys = rows.setdefault(binding.tooltip or binding.description, [])
                if shown not in keys:
                    keys.append(shown)
    return [("  ".join(keys), what) for what, keys in rows.items()] + list(page.HELP_MORE)


class Help(ModalScreen):
    """The keys of the page below."""

    BINDINGS: ClassVar = [
        Binding("escape,question_mark,q,enter", "dismiss", "Close", show=False),
    ]

    def __init__(self, page):
        super().__init__()
        self._page = page

    def compose(self):
        grid = Table(box=None, pad_edge=False, show_header=False)
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column()
        for keys, what in keys_of(self._page):
            grid.add_row(Text(keys), Text(what))
        with VerticalScroll(classes="dialog", id="help"):
            yield Static(Text(f"Keys: {self._page.TITLE or self._page.NAME}", style="bold"), classes="dialog-title")
            yield Static(grid)
            yield Static(Text("Esc closes this.", style="dim"))
