"""What changed over weeks."""

from textual.containers import VerticalScroll
from textual.widgets import Static

from kneesync.views.dashboard.page import Page


class TrendsPage(Page):
    """Trends."""

    NAME, TITLE = "trends", "trends"

    def body(self):
        with VerticalScroll(id="trends"):
            yield Static("", markup=False)

    def renew(self):
        self.say_whose()
