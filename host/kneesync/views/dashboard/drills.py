"""What to train: the coach's advice from the runs, once there is a coach."""

from textual.containers import VerticalScroll
from textual.widgets import Static

from kneesync.views.dashboard.page import Page

WITHOUT_COACH = """No drills yet.

Drills come from findings of at least three good sessions of yours: what changed, by how much, and how sure that is.
This version of kneesync has no coach that draws them; nothing is made up in its place.

What there is: 2 shows what one run's knee drive did, 3 what changed over weeks."""


class DrillsPage(Page):
    """Drills."""

    NAME, TITLE = "drills", "drills"

    def body(self):
        with VerticalScroll(id="drills"):
            yield Static(WITHOUT_COACH, markup=False)

    def renew(self):
        self.say_whose()
