"""What the four screens have in common: the tabs above, the keys below, and the smallest size that they need."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Static

from kneesync.errors import KneesyncError, inside

if TYPE_CHECKING:
    from kneesync.views.dashboard.app import Dashboard

LEAST = (80, 24)
WIDE = 140  # columns from which a list and a session stand side by side
TABS = (
    ("1", "sessions", "Sessions"),
    ("2", "session", "Session"),
    ("3", "trends", "Trends"),
    ("4", "drills", "Drills"),
)

GO = "Sessions, one session, trends, drills"

SAYING = (  # what the runner says of the current session
    Binding("n", "app.say('note')", "Note", tooltip="Write a note on it"),
    Binding("m", "app.mark", "Mark", tooltip="Mark it, or take the mark away"),
    Binding("t", "app.say('tags')", "Tag", tooltip="Give it tags"),
    Binding("e", "app.say('effort')", "Effort", tooltip="Say how hard it was, 0 to 10"),
    Binding("p", "app.say('pain')", "Pain", tooltip="Say what pain there was, 0 to 10"),
)


class Tab(Static):
    """One of the tabs; a click goes there."""

    def __init__(self, key, name, label, here):
        super().__init__(f"{key} {label}", classes="tab -here" if here else "tab", markup=False)
        self._screen_name = name

    def on_click(self):
        cast("Dashboard", self.app).show(self._screen_name)


class Page(Screen):
    """A screen of the dashboard. A page composes its body and says in `renew` what a new list changes."""

    NAME = ""
    HELP_MORE = ()  # (keys, what they do) that are no bindings of the page itself
    AUTO_FOCUS = ""
    app: "Dashboard"

    BINDINGS: ClassVar = [
        Binding("1", "app.show('sessions')", GO, show=False),
        Binding("2", "app.show('session')", GO, show=False),
        Binding("3", "app.show('trends')", GO, show=False),
        Binding("4", "app.show('drills')", GO, show=False),
        Binding("question_mark", "app.help", "Help", key_display="?", tooltip="These keys"),
        Binding("q", "app.quit", "Quit", tooltip="Quit"),
    ]

    def compose(self) -> ComposeResult:
        with Horizontal(id="tabs"):
            yield Static("kneesync", id="name", markup=False)
            for key, name, label in TABS:
                yield Tab(key, name, label, name == self.NAME)
            yield Static("", id="whose", markup=False)
        yield from self.body()
        yield Footer(show_command_palette=False)
        yield Static("", id="small", markup=False)

    def body(self) -> ComposeResult:
        """The page between tabs and keys."""
        yield from ()

    def renew(self):
        """The library, the filters or the current session are others than before."""

    def on_screen_resume(self):
        self.call_after_refresh(self.renew)

    def fill(self, work, *arguments):
        """Have `work(library, *arguments)` done by the background reader; told() shows what it finds, failed() why not.

        The last call counts. The other pages stand, whatever goes wrong here.
        """
        self.run_worker(partial(self._fill, work, arguments), group="fill", exclusive=True)

    async def _fill(self, work, arguments):
        try:
            self.told(await self.app.reader.ask(work, *arguments))
        except Exception as error:
            self.failed(str(error) if isinstance(error, KneesyncError) else inside(error))

    def told(self, found):
        """Show what fill() asked for."""

    def failed(self, why):
        """Say in a line why there is nothing to show."""

    def on_resize(self, event):
        width, height = event.size
        small = width < LEAST[0] or height < LEAST[1]
        if small:
            self.query_one("#small", Static).update(
                f"This terminal has {width} × {height} characters;\nthe dashboard needs {LEAST[0]} × {LEAST[1]}.\n"
                "Make the window larger or its type smaller.\nq quits."
            )
        self.set_class(small, "-small")
        self.set_class(width >= WIDE, "-wide")

    def say_whose(self, which=None):
        """At the right of the tabs: how many sessions are shown, or which of them this is."""
        runs = self.app.runs
        text = f"{which:,} of {len(runs.shown):,}" if which else runs.counted()
        self.query_one("#whose", Static).update(text)
