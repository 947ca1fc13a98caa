"""What is typed in: a note, tags, effort and pain of a session, and the filters of the list."""

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.library import sidecar
from kneesync.views import words
from kneesync.views.dashboard.runs import Filters

_ANY = "any"


@dataclass(frozen=True)
class Question:
    """What one of the four keys asks for. `key` is its name in the library's sidecar."""

    key: str
    title: str
    hint: str
    longest: int
    number: bool = False


QUESTIONS = {
    "note": Question("text", "Note", "a line about the run; empty takes it away", sidecar.TEXT_CHARACTERS),
    "tags": Question("tags", "Tags", "words between commas: long, hills; empty takes them away", 700),
    "effort": Question("effort", "Effort", "0 (none) to 10 (all out); empty takes it away", 2, True),
    "pain": Question("pain", "Pain", "0 (none) to 10 (worst); empty takes it away", 2, True),
}


class Ask(ModalScreen):
    """One line of text about a session. Dismissed with what library.say takes: {key: value}, or None."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Cancel", show=False)]

    def __init__(self, what, kept, again=None, why=""):
        """`again`: what was said before and could not be kept, by `why`; it stands in the line to be tried again."""
        super().__init__()
        self._why = untrusted.printable(why, 300)
        self._question, self._kept = QUESTIONS[what], kept
        now = {"text": kept.note, "tags": kept.tags, "effort": kept.effort, "pain": kept.pain, **(again or {})}
        value = now[self._question.key]
        self._value = "" if value is None else ", ".join(value) if isinstance(value, list) else str(value)

    def compose(self):
        question = self._question
        with Vertical(classes="dialog"):
            yield Static(Text(f"{question.title} · {self._kept.id}", "bold"), classes="dialog-title")
            yield Input(self._value, max_length=question.longest, id="answer")
            yield Static(Text(self._why, "red") if self._why else question.hint, id="hint", markup=False)
            yield Static("Enter keeps it, Esc leaves all as it was.", markup=False)

    def on_mount(self):
        self.query_one(Input).focus()

    def on_input_submitted(self, event):
        value = event.value.strip()
        if self._question.number and value:
            number = untrusted.whole(int(value) if value.isdecimal() else None, 0, 10)
            if number is None:
                found = untrusted.printable(repr(value), 10)
                self.query_one("#hint", Static).update(Text(f"found {found}, expected a whole number 0 to 10", "red"))
                return
            value = number
        elif self._question.key == "tags":
            value = [tag.strip() for tag in value.split(",") if tag.strip()]
        self.dismiss({self._question.key: None if value in ("", []) else value})


class FilterDialog(ModalScreen):
    """Which sessions are shown. Dismissed with Filters, or None."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Cancel", show=False)]

    def __init__(self, runs):
        super().__init__()
        self._runs = runs

    def compose(self):
        filters, runs = self._runs.filters, self._runs
        with Vertical(classes="dialog", id="filters"):
            yield Static(Text("Show only", "bold"), classes="dialog-title")
            yield from self._choice("athlete", filters.athlete, runs.athletes(), str)
            yield from self._choice("leg", filters.leg, runs.legs(), lambda leg: words.SIDES.get(leg, leg))
            yield from self._choice("tag", filters.tag, runs.tags(), str)
            yield from self._choice("marked", "yes" if filters.marked else None, ["yes"], lambda _: "only those marked")
            with Horizontal(classes="field"):
                yield Label("since")
                hint = "a date such as 2026-11-20, or 30d, 8w, 6m"
                yield Input(filters.since, placeholder=hint, max_length=20, id="since")
            yield Static("", id="hint", markup=False)
            with Horizontal(classes="field"):
                yield Button("Show", id="show", variant="primary", compact=True)
                yield Button("All sessions", id="all", compact=True)
            yield Static("Tab: next field. Enter: choose. Esc leaves all as it was.", markup=False)

    def _choice(self, name, value, values, write):
        known = [*values] if value is None or value in values else [value, *values]
        options = [(_ANY, "")] + [(Text(untrusted.printable(write(one), 32)), one) for one in known]
        with Horizontal(classes="field"):
            yield Label(name)
            yield Select(options, allow_blank=False, value=value or "", id=name, compact=True)

    def on_mount(self):
        self.query_one("#athlete").focus()

    def on_input_submitted(self):
        self._show()

    def on_button_pressed(self, event):
        if event.button.id == "all":
            self.dismiss(Filters())
        else:
            self._show()

    def _show(self):
        athlete, leg, tag = (self.query_one(f"#{name}", Select).value for name in ("athlete", "leg", "tag"))
        try:
            filters = Filters(
                words=self._runs.filters.words,
                marked=bool(self.query_one("#marked", Select).value),
                since=self.query_one("#since", Input).value.strip(),
                athlete=str(athlete) if athlete else None,
                leg=str(leg) if leg else None,
                tag=str(tag) if tag else None,
            )
        except KneesyncError as error:
            self.query_one("#hint", Static).update(Text(str(error), "red"))
            self.query_one("#since").focus()
            return
        self.dismiss(filters)
