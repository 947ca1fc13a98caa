"""The list of sessions: search, filters, what the runner says of them, and the one under the cursor in brief."""

from typing import ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kneesync.views.dashboard.brief import brief, row
from kneesync.views.dashboard.page import SAYING, Page
from kneesync.views.dashboard.rows import Rows

HEADER = "   started           leg     time  steps/min    lift    drop  cues  you said"
MOVE, ENDS = "The session below, above", "The newest, the oldest session"
EMPTY = """No sessions here yet.

Plug the board in and, in another terminal, bring its runs home:

    kneesync pull

No board at hand? Start a virtual one with a virtual runner's run on it, then pull:

    kneesync virtual --minutes 25

(kneesync demo shows such a run and its report, and keeps nothing.)

This list shows a new session by itself as soon as it is there."""


class SessionsPage(Page):
    """The list of sessions."""

    NAME, TITLE = "sessions", "sessions"
    HELP_MORE = (("click", "A row opens it; a tab or a key below works as if pressed"),)

    BINDINGS: ClassVar = [
        Binding("enter", "open", "Open the session", show=False),
        Binding("down,j", "cursor(1)", MOVE, show=False),
        Binding("up,k", "cursor(-1)", MOVE, show=False),
        Binding("g", "end(0)", ENDS, show=False),
        Binding("G", "end(-1)", ENDS, show=False),
        Binding("slash", "search", "Search", key_display="/", tooltip="Search day, athlete, tags, note, id"),
        Binding("f", "app.filter", "Filter", tooltip="Filter by athlete, leg, tag, day, mark"),
        Binding("escape", "clear", "Clear search and filters", show=False),
        *SAYING,
    ]

    def __init__(self):
        super().__init__()
        self._rows = []

    def body(self):
        with Horizontal(id="columns"):
            with Vertical(id="list"):
                yield Static("", id="filtered", markup=False)
                yield Static(HEADER, id="header", markup=False)
                yield Rows(id="sessions", markup=False)
                yield Static("", id="none", markup=False)
                yield Static("", id="brief", markup=False)
            yield Vertical(id="beside")

    def on_mount(self):
        self._list.focus()
        self.renew()

    @property
    def _list(self):
        return self.query_one("#sessions", Rows)

    def renew(self):
        """Show the list as it is now, with the cursor on the current session."""
        runs = self.app.runs
        several = len(runs.athletes()) > 1 and runs.filters.athlete is None
        self._fill([(one.id, row(one, several)) for one in runs.shown])
        self._list.display = self.query_one("#header").display = bool(runs.shown)
        nothing = self.query_one("#none", Static)
        nothing.display = not runs.shown
        nothing.update(EMPTY if not runs.every else f"No session: {runs.filters.said()}.\n\nEsc clears this.")
        filtered = self.query_one("#filtered", Static)
        filtered.display = bool(runs.filters.said())
        filtered.update(f"Only: {runs.filters.said()}. Esc shows all.")
        self.say_whose()
        self._show_current()

    def _fill(self, rows):
        """Put rows (id, text) into the list: only what changed, where they are the same sessions."""
        before, self._rows = self._rows, rows
        with self.prevent(OptionList.OptionHighlighted):
            if [name for name, _ in rows] != [name for name, _ in before]:
                self._list.clear_options()
                self._list.add_options([Option(Content(text), id=name) for name, text in rows])
            else:
                for (name, text), (_, was) in zip(rows, before, strict=True):
                    if text != was:
                        self._list.replace_option_prompt(name, Content(text))
            if self._list.highlighted != self.app.runs.at:
                self._list.highlighted = self.app.runs.at

    # Where one is

    def on_option_list_option_highlighted(self, event):
        if event.option_id is not None and event.option_id != self.app.runs.current_id:
            self.app.runs.current_id = event.option_id
            self._show_current()

    def on_option_list_option_selected(self, event):
        self.app.runs.current_id = event.option_id
        self.app.show("session")

    def _show_current(self):
        current = self.app.runs.current
        self.query_one("#brief", Static).update(brief(current) if current else "")
        beside = self._beside()
        if beside is not None:
            beside.display = current is not None
        if current:
            self.app.read(current, self._tell, beside.show if beside else None, self._tell_beside)

    def _tell(self, kept, reading):
        """The file of the session under the cursor was read."""
        if self.is_attached and kept.id == self.app.runs.current_id:  # not while quitting
            self.query_one("#brief", Static).update(brief(kept, reading))
            if beside := self._beside():
                beside.tell(kept, reading)

    def _tell_beside(self, kept, reading):
        """The other leg's board was looked for."""
        if kept.id == self.app.runs.current_id and (beside := self._beside()):
            beside.tell_beside(reading)

    def _beside(self):
        """The session beside the list where there is room; it is made once the list stands. None until then."""
        if not (self.has_class("-wide") and self.app.may_read):
            return None
        from kneesync.views.dashboard.run import RunView

        if found := self.query("#run"):
            return found.first(RunView)
        self.query_one("#beside").mount(RunView(id="run"))
        self.call_after_refresh(self._show_current)
        return None

    def on_resize(self, event):
        super().on_resize(event)
        self.call_after_refresh(self._show_current)

    def action_cursor(self, rows):
        self._list.action_cursor_down() if rows > 0 else self._list.action_cursor_up()

    def action_end(self, which):
        self._list.action_first() if which == 0 else self._list.action_last()

    def action_open(self):
        self.app.show("session")

    # Search

    async def action_search(self):
        search = await self._search_line()
        search.value = self.app.runs.filters.words
        search.focus()

    async def _search_line(self):
        """The line to type in: made when it is first asked for, because the list is to stand at once."""
        from textual.widgets import Input

        if not self.query("#search"):
            hint = "words of day, athlete, tag, note or id; Enter keeps them, Esc clears"
            await self.query_one("#list").mount(Input(placeholder=hint, id="search"), before=0)
        return self.query_one("#search", Input)

    def on_input_changed(self, event):
        self.app.search(event.value)

    async def on_input_submitted(self, event):
        self._list.focus()
        if not event.value:
            await event.input.remove()

    async def action_clear(self):
        self._list.focus()
        await self.query("#search").remove()
        self.app.clear_filters()
