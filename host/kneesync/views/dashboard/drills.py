"""What to train: the coach's advice from the runs, in the words of `kneesync drills`."""

import io
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from kneesync import untrusted
from kneesync.coach.catalog import load
from kneesync.views.dashboard.page import Page

LEAF = "Scroll the page"


class DrillsPage(Page):
    """The findings, the week and the precautions of the current session's runner."""

    NAME, TITLE = "drills", "drills"

    BINDINGS: ClassVar = [
        Binding("down,j", "line(1)", LEAF, show=False),
        Binding("up,k", "line(-1)", LEAF, show=False),
        Binding("space,pagedown", "leaf(1)", LEAF, key_display="space", tooltip=LEAF),
        Binding("pageup", "leaf(-1)", LEAF, show=False),
        Binding("f", "app.filter", "Filter", tooltip="Filter by athlete, leg, tag, day, mark"),
        Binding("escape,backspace", "app.show('sessions')", "Back to the list", show=False),
    ]

    def __init__(self):
        super().__init__()
        self._advice = None

    def body(self):
        with VerticalScroll(id="drills", can_focus=False):
            yield Static("", id="advice", markup=False)
        yield Static("\n".join(load().precautions.always[:2]), id="care", markup=False)

    def renew(self):
        self.say_whose()
        runs = self.app.runs
        athlete = runs.filters.athlete or (runs.current.athlete if runs.current else None)
        self.fill(_advise, athlete)

    def told(self, advice):
        self._advice = advice
        self._show()

    def failed(self, why):
        """For example a training log that is none: nothing of it is guessed."""
        self._advice = None
        self.query_one("#advice", Static).update(untrusted.printable(why, 400))

    def on_resize(self, event):
        super().on_resize(event)
        self._show()

    def _show(self):
        if self._advice is None:
            return
        width = max(40, self.size.width - 6)
        self.query_one("#advice", Static).update(Text.from_ansi(_drawn(self._advice, width)))

    def action_line(self, rows):
        self.query_one("#drills", VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_leaf(self, pages):
        page = self.query_one("#drills", VerticalScroll)
        page.scroll_page_down(animate=False) if pages > 0 else page.scroll_page_up(animate=False)


def _advise(library, athlete):
    from kneesync.coach.advice import advise

    return advise(library, athlete)


def _drawn(advice, width):
    """The page of `kneesync drills` as text with bold and dim."""
    from rich.console import Console

    from kneesync.views.drills import text as drills

    written = io.StringIO()
    console = Console(
        file=written, width=width, force_terminal=True, color_system="standard", highlight=False,
        markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    drills.show(console, advice)
    return written.getvalue()
