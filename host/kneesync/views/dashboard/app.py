"""The application: which screen is on, the sessions it shows, and reading them anew when the library changes.

Four screens, each a Textual mode; the three that are not first are imported when they are first gone to, and numpy with
the first session's file: the list stands before that.
"""

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.app import App
from textual.worker import WorkerState

from kneesync import untrusted
from kneesync.errors import KneesyncError, inside
from kneesync.views import words
from kneesync.views.dashboard.background_reader import BackgroundReader, Reading
from kneesync.views.dashboard.runs import Filters, Runs
from kneesync.views.dashboard.sessions import SessionsPage

LOOK_S = 1.0  # how often the library is asked whether it changed


def _session_page():
    from kneesync.views.dashboard.session import SessionPage

    return SessionPage()


def _trends_page():
    from kneesync.views.dashboard.trends import TrendsPage

    return TrendsPage()


def _drills_page():
    from kneesync.views.dashboard.drills import DrillsPage

    return DrillsPage()


class Dashboard(App):
    """The library in `folder`; `every` and `stamp` are its sessions and its state, read just before."""

    CSS_PATH = "dashboard.tcss"
    TITLE = "kneesync"
    ENABLE_COMMAND_PALETTE = False
    MODES: ClassVar = {
        "sessions": SessionsPage,
        "session": _session_page,
        "trends": _trends_page,
        "drills": _drills_page,
    }
    DEFAULT_MODE = "sessions"
    NOTIFICATION_TIMEOUT = 4

    def __init__(self, folder, every, stamp, athlete=None):
        super().__init__(ansi_color=True)  # the terminal's own colours, so light and dark both fit
        self.runs = Runs(every, Filters(athlete=athlete))
        self.reader = BackgroundReader(folder)
        self._stamp = stamp
        self._said = ""
        self.may_read = False
        self.fault = None  # what ended the dashboard before its time

    def on_mount(self):
        self.theme = "ansi-dark"
        self.set_interval(LOOK_S, self.look)
        self.call_after_refresh(self._start_reading)

    def _start_reading(self):
        """The list stands: now numpy may be imported, and the first file read."""
        self.may_read = True
        self._renew_page()

    def on_unmount(self):
        self.reader.close()

    # What goes wrong in our own code

    def run_worker(self, *arguments, **named):
        """As Textual's, but that a fault in it is said and ends nothing."""
        return super().run_worker(*arguments, **{"exit_on_error": False, **named})

    def on_worker_state_changed(self, event):
        """A worker of the app ended: a fault is said once, also where it comes again every second."""
        if event.state is WorkerState.ERROR and (said := inside(event.worker.error)) != self._said:
            self._said = said
            self.complain(said)

    def complain(self, text):
        self.notify(untrusted.printable(text, 300), severity="error", markup=False)

    def _handle_exception(self, error):
        """Anything else ends the dashboard: show() then raises it, for one line or, under --debug, a traceback."""
        self.fault = self.fault or error
        super()._handle_exception(error)

    def _print_error_renderables(self):
        """Textual's own traceback, which nobody is to see in place of that line."""

    # Where one is

    def show(self, name):
        """Go to one of the four screens."""
        if self.current_mode != name:
            self.switch_mode(name)

    def action_show(self, name):
        self.show(name)

    def action_help(self):
        from kneesync.views.dashboard.help import Help

        self.push_screen(Help(self.screen))

    def _renew_page(self):
        from kneesync.views.dashboard.page import Page

        for screen in self.screen_stack:
            if isinstance(screen, Page) and screen.is_mounted:
                screen.renew()

    # Reading

    def read(self, kept, tell, show=None, beside=None):
        """Read a session's file and tell(kept, reading); show(kept) first if that has to wait. The last call counts.

        beside(kept, reading) comes after it, once other sessions were looked at and something else is known.
        """
        if not self.may_read:
            return
        self.workers.cancel_group(self, "read")
        reading = self.reader.known(kept)
        if reading is not None:
            self._tell(tell, kept, reading)
        elif show is not None:
            show(kept)
        if reading is not None and reading.looked_beside:
            self._read_ahead()
        else:
            self.run_worker(partial(self._read, kept, tell, beside), group="read", exclusive=True)

    async def _read(self, kept, tell, beside):
        if self.reader.known(kept) is None:
            self._tell(tell, kept, await self.reader.reading(kept))
        if (more := await self.reader.beside(kept)) is not None and beside is not None:
            beside(kept, more)
        self._read_ahead()

    def _tell(self, tell, kept, reading):
        """What cannot be shown is said in its place."""
        try:
            tell(kept, reading)
        except Exception as error:
            tell(kept, Reading(problem=inside(error)))

    def _read_ahead(self):
        """The sessions before and after the current one, while nothing else is wanted."""
        todo = [one for one in self.runs.neighbours() if self.reader.known(one) is None]
        if todo:
            self.run_worker(partial(self._read_all, todo), group="read", exclusive=True)

    async def _read_all(self, todo):
        for one in todo:
            await self.reader.reading(one)
            await self.reader.beside(one)

    def look(self):
        """List the library anew if it is another than when it was last listed."""
        self.run_worker(self._look, group="look", exclusive=True)

    async def _look(self):
        try:
            found = await self.reader.ask(_listed, self._stamp)
        except KneesyncError:  # another process writes to it, or it is gone for now: asked again in a second
            return
        if found is None:
            return
        self._stamp, every = found
        self.reader.look_again()
        new = self.runs.renew(every)
        if new:
            self.notify(f"{words.plural(new, 'new session')} in the library.", markup=False)
        self._renew_page()

    # What the runner says

    def action_say(self, what):
        if kept := self._current():
            self._ask(what, kept)

    def _ask(self, what, kept, again=None, why=""):
        """Ask for what the runner says of a session. `again`: said before, and refused with `why`."""
        from kneesync.views.dashboard.dialogs import Ask

        self.push_screen(Ask(what, kept, again, why), lambda said: said and self._say(kept, said, what))

    def action_mark(self):
        if kept := self._current():
            self._say(kept, {"marked": None if kept.marked else True})

    def _current(self):
        if self.runs.current is None:
            self.notify("There is no session to say it of.", severity="warning", markup=False)
        return self.runs.current

    def _say(self, kept, said, what=None):
        self.run_worker(partial(self._write, kept, said, what), group="say")

    async def _write(self, kept, said, what):
        """Keep what was said; what is refused is asked for again, with what was typed."""
        try:
            await self.reader.ask(_say, kept, said)
        except Exception as error:
            why = str(error) if isinstance(error, KneesyncError) else inside(error)
            if what is None:
                self.complain(why)
            else:
                self._ask(what, kept, said, why)
            return
        await self._look()

    # Which sessions are shown

    def action_filter(self):
        from kneesync.views.dashboard.dialogs import FilterDialog

        self.push_screen(FilterDialog(self.runs), self._filter)

    def _filter(self, filters):
        if filters is not None:
            self.runs.refilter(filters)
            self._renew_page()

    def search(self, words):
        """Show the sessions in which these words occur."""
        if words != self.runs.filters.words:
            self._filter(replace(self.runs.filters, words=words))

    def clear_filters(self):
        self._filter(Filters())


def _listed(library, stamp):
    """(stamp, sessions) of a library that changed since `stamp`, else None."""
    now = library.stamp()
    return None if now == stamp else (now, library.sessions())


def _say(library, kept, said):
    return library.say(kept, **said)
