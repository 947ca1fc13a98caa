"""What changed over weeks: each quantity with its verdict, one of them as a chart; the words of `kneesync trends`."""

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from rich.text import Text
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static
from textual.widgets.option_list import Option

from kneesync import untrusted
from kneesync.views.dashboard.page import Page
from kneesync.views.dashboard.plot import OverWeeks
from kneesync.views.dashboard.rows import Rows

if TYPE_CHECKING:
    from kneesync.analysis.trend_figures import Trends

NOTHING = """No trends yet.

Trends come from sessions over weeks: bring some home with `kneesync pull`."""
SPANS = (12, 26, 52, 0)  # weeks; 0 is all
MOVE, LOOK = "The quantity below, above", "The next runner or leg, the one before"


class TrendsPage(Page):
    """Trends of the sessions that the filters show."""

    NAME, TITLE = "trends", "trends"

    BINDINGS: ClassVar = [
        Binding("down,j", "cursor(1)", MOVE, show=False),
        Binding("up,k", "cursor(-1)", MOVE, show=False),
        Binding("left", "runner(-1)", "Runner, leg", key_display="←", tooltip=LOOK, priority=True),
        Binding("right", "runner(1)", LOOK, show=False, priority=True),
        Binding("h", "runner(-1)", LOOK, show=False),
        Binding("l", "runner(1)", LOOK, show=False),
        Binding("w", "weeks", "Weeks", tooltip="Over 12, 26, 52 weeks, or all"),
        Binding("f", "app.filter", "Filter", tooltip="Filter by athlete, leg, tag, day, mark"),
        Binding("space,pagedown", "leaf(1)", "Scroll the page", show=False),
        Binding("pageup", "leaf(-1)", "Scroll the page", show=False),
        Binding("escape,backspace", "app.show('sessions')", "Back to the list", show=False),
    ]

    def __init__(self):
        super().__init__()
        self._weeks, self._runner, self._of = SPANS[0], 0, None
        self._found: Trends | None = None

    def body(self):
        with VerticalScroll(id="trends", can_focus=False):
            yield Static("", id="head", markup=False)
            yield Rows(id="metrics", markup=False)
            yield Static("", id="sentence", markup=False)
            yield OverWeeks(id="weeks")
            yield Static("", id="rest", markup=False)

    def renew(self):
        """Follow the sessions that are shown: computed anew only if they are others."""
        self.say_whose()
        of = self._weeks, [(one.id, one.sha256, one.start_unix_s, one.athlete, one.leg) for one in self.app.runs.shown]
        if of != self._of:
            self._of = of
            self.fill(_trends, list(self.app.runs.shown), self._weeks)

    def told(self, found):
        self._found = found
        self._runner = min(self._runner, max(0, len(found.runners) - 1))
        self._show()

    def failed(self, why):
        self._found = self._of = None
        for name in ("metrics", "sentence", "weeks"):
            self.query_one(f"#{name}").display = False
        self._say("head", untrusted.printable(why, 400))
        self._say("rest", "")

    def _show(self):
        from kneesync.views.trends import text as view

        if (found := self._found) is None:
            return
        metrics = self.query_one("#metrics", Rows)
        runner = found.runners[self._runner] if found.runners else None
        for name in ("metrics", "sentence", "weeks"):
            self.query_one(f"#{name}").display = runner is not None
        rest = [line.replace("--weeks 0 shows all", "w shows more") for line in view.placing(found)]
        if runner is None:
            self._say("head", NOTHING if not self.app.runs.shown else "No session here can be followed over time.")
            self._say("rest", "\n".join(rest))
            return
        head = Text(view.title(runner, found), "bold")
        if len(found.runners) > 1:
            head.append(f"   {self._runner + 1} of {len(found.runners)}", "not bold dim")
        self._say("head", head.append("\n" + view.compared(runner), "not bold"))
        at = metrics.highlighted or 0
        metrics.clear_options()
        metrics.add_options([Option(_line(name, trend), id=name) for name, trend in runner.metrics.items()])
        metrics.highlighted = min(at, len(runner.metrics) - 1)
        metrics.focus(scroll_visible=False)
        left_out = list(view.left_out(runner))
        text = Text("\n".join([*left_out, *rest]) + ("\n\n" if left_out or rest else ""))
        text.append("How sure\n", "bold").append("\n".join(view.sureness(found)))
        self._say("rest", text)

    def on_option_list_option_highlighted(self, event):
        from kneesync.views.trends import text as view

        if (found := self._found) is None:
            return
        runner = found.runners[self._runner]
        name, trend = event.option_id, runner.metrics[event.option_id]
        self._say("sentence", view.sentence(name, trend))
        unit = view.WRITTEN[name][2]
        self.query_one("#weeks", OverWeeks).show(trend, found.from_unix_s, found.to_unix_s, unit)

    def _say(self, name, text):
        self.query_one(f"#{name}", Static).update(text)

    def action_cursor(self, rows):
        metrics = self.query_one("#metrics", Rows)
        metrics.action_cursor_down() if rows > 0 else metrics.action_cursor_up()

    def action_runner(self, places):
        if self._found and self._found.runners:
            self._runner = (self._runner + places) % len(self._found.runners)
            self._show()

    def action_weeks(self):
        self._weeks = SPANS[(SPANS.index(self._weeks) + 1) % len(SPANS)]
        self.renew()

    def action_leaf(self, pages):
        page = self.query_one("#trends", VerticalScroll)
        page.scroll_page_down(animate=False) if pages > 0 else page.scroll_page_up(animate=False)


def _line(name, trend):
    """A quantity in one line: its name, where it is now, what is said of it."""
    from kneesync.views.trends import text as view

    values = [point.value for point in trend.points]
    now = view.figure(name, float(np.median(values[-5:]))) if values else "–"
    return Content(f"{view.WRITTEN[name][0]:13} {now:>9}   {view.short(name, trend)[0]}")


def _trends(library, shown, weeks):
    from kneesync.analysis.trends import trends

    return trends(shown, weeks)
