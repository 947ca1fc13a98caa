"""One session on a screen of its own; left and right go to the next."""

from typing import ClassVar

from textual.binding import Binding
from textual.widgets import Static

from kneesync.views.dashboard.page import SAYING, Page
from kneesync.views.dashboard.run import RunView

STEP, SCROLL, LEAF, ENDS = "The session after it, before it", "Scroll", "Scroll by a page", "To the top, to the end"
ZOOM, PAN = "Zoom the charts in, out", "Move zoomed charts earlier, later in the run"
NOTHING = "No session to show. 1 goes to the list, which says what to do next."


class SessionPage(Page):
    """One session."""

    NAME, TITLE = "session", "one session"
    HELP_MORE = (
        ("wheel", "Scroll; with ctrl over a chart: zoom in time"),
        ("drag", "Move a zoomed chart"),
    )

    BINDINGS: ClassVar = [
        Binding("left", "step(-1)", "Newer", key_display="←", tooltip=STEP),
        Binding("right", "step(1)", "Older", key_display="→", tooltip=STEP),
        Binding("h", "step(-1)", STEP, show=False),
        Binding("l", "step(1)", STEP, show=False),
        Binding("down,j", "scroll(1)", SCROLL, show=False),
        Binding("up,k", "scroll(-1)", SCROLL, show=False),
        Binding("pagedown,space", "leaf(1)", LEAF, show=False),
        Binding("pageup", "leaf(-1)", LEAF, show=False),
        Binding("home,g", "top", ENDS, show=False),
        Binding("end,G", "bottom", ENDS, show=False),
        Binding("plus,equals_sign", "zoom(0.5)", ZOOM, show=False),
        Binding("minus", "zoom(2)", ZOOM, show=False),
        Binding("shift+left,H", "pan(-0.25)", PAN, show=False),
        Binding("shift+right,L", "pan(0.25)", PAN, show=False),
        *SAYING,
        Binding("escape,backspace", "app.show('sessions')", "Back to the list", show=False),
    ]

    def body(self):
        yield Static("", id="none", markup=False)
        yield RunView(id="run")

    def renew(self):
        current = self.app.runs.current
        self.query_one("#none", Static).display = current is None
        self.query_one("#none", Static).update(NOTHING)
        self._run.display = current is not None
        at = self.app.runs.at
        self.say_whose(None if at is None else at + 1)
        if current is not None:
            self.app.read(current, self._tell, self._run.show, self._tell_beside)

    @property
    def _run(self):
        return self.query_one("#run", RunView)

    def _tell(self, kept, reading):
        if self.is_attached and kept.id == self.app.runs.current_id:
            self._run.tell(kept, reading)

    def _tell_beside(self, kept, reading):
        if kept.id == self.app.runs.current_id:
            self._run.tell_beside(reading)

    def action_step(self, places):
        if self.app.runs.step(places):
            self._run.scroll_home(animate=False)
            self.renew()

    def action_scroll(self, lines):
        self._run.scroll_relative(y=2 * lines, animate=False)

    def action_leaf(self, pages):
        self._run.scroll_page_down(animate=False) if pages > 0 else self._run.scroll_page_up(animate=False)

    def action_top(self):
        self._run.scroll_home(animate=False)

    def action_bottom(self):
        self._run.scroll_end(animate=False)

    def action_zoom(self, factor):
        self._run.zoom(factor)

    def action_pan(self, share):
        self._run.pan(share)
