"""Where text goes: results to stdout, progress and errors to stderr; colour only for eyes that see it."""

import codecs
import io
import os
import sys
import unicodedata

from kneesync import untrusted
from kneesync.views.units import clock


def results(plain=False):
    """A rich console on stdout, or None where plain lines are wanted (or the terminal cannot draw)."""
    if plain or "utf" not in (sys.stdout.encoding or "").lower():
        return None
    from rich.console import Console

    to_eyes = sys.stdout.isatty()
    # piped, the page keeps its 80 columns and loses its colour
    console = Console(
        width=None if to_eyes else 80,
        no_color=not to_eyes or bool(os.environ.get("NO_COLOR")),
        force_terminal=None if to_eyes else False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    return None if console.legacy_windows else console  # a console of before Windows 10 draws no Braille


def lines(some):
    """Plain lines to stdout; what it cannot write, in plainer characters."""
    for line in some:
        print(_written(line, sys.stdout))


def note(text):
    """One line to stderr."""
    print(_written(text, sys.stderr), file=sys.stderr)


def _written(text, stream):
    encoding = stream.encoding or "ascii"
    return text.encode(encoding, "plainer").decode(encoding)


# What stands for a character that an older code page (cp1252, cp437) lacks: a minus may not become a question mark.
_PLAINER = {
    "−": "-", "–": "-", "—": "-", "‑": "-", "·": "-", "…": "...", "°": " deg", "±": "+/-", "×": "x", "≤": "<=",
    "≥": ">=", "→": "->", "σ": "sigma", "δ": "delta", "µ": "u", "“": '"', "”": '"', "’": "'",
    "█": "#", "│": "|", "─": "-",
}  # fmt: skip


def _plainer(error):
    """What stands for the characters that a code page lacks: ours by the table, letters without their accents."""
    lacking = error.object[error.start : error.end]
    letters = (unicodedata.normalize("NFKD", one).encode("ascii", "ignore").decode() or "?" for one in lacking)
    return "".join(_PLAINER.get(one, letter) for one, letter in zip(lacking, letters, strict=True)), error.end


codecs.register_error("plainer", _plainer)


def tolerate():
    """Let stdout and stderr take any text: what is no UTF takes plainer characters where it lacks one."""
    for stream in (sys.stdout, sys.stderr):
        if "utf" not in (stream.encoding or "").lower() and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plainer")


class Progress:
    """A bar a file on stderr: bytes and rate; silent where stderr is no terminal. Use as a context manager."""

    def __enter__(self):
        self._bar = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._tasks = {}
        return self

    def __exit__(self, *_):
        if self._bar:
            self._bar.stop()

    def __call__(self, name, done, total, number=1, of=1):
        """`done` of `total` bytes are through of what `name` names, the `number`-th of `of`."""
        if not self._bar:
            return
        if name not in self._tasks:
            what = f"{name}  {number} of {of}" if of > 1 else name
            self._tasks[name] = self._bar.add_task(what, total=total)
        self._bar.update(self._tasks[name], completed=done)


class Counting:
    """How many of many are through, in one line on stderr; silent where that is no terminal. Use as a context."""

    def __init__(self, doing):
        self._doing = doing
        self._to_eyes = sys.stderr.isatty()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._to_eyes:
            print("\r" + " " * (len(self._doing) + 24) + "\r", end="", file=sys.stderr, flush=True)

    def __call__(self, name, done, total):
        if self._to_eyes and (done % 10 == 0 or done == total):
            print(f"\r{self._doing} {name}: {done} of {total}", end="", file=sys.stderr, flush=True)


class Fastforward:
    """The demo's run as it goes by, on stderr: a bar where there is a terminal, and the firmware's words."""

    def __enter__(self):
        self._bar = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[at]}"))
            self._bar = Progress(*columns, console=Console(stderr=True, markup=False, highlight=False), transient=True)
            self._task = self._bar.add_task("running", total=1, at="")
            self._bar.start()
        return self

    def __exit__(self, *_):
        if self._bar:
            self._bar.stop()

    def progress(self, done_s, total_s):
        if self._bar:
            self._bar.update(self._task, completed=done_s, total=total_s, at=f"{clock(done_s)} of {clock(total_s)}")

    def line(self, at_s, text):
        text = f"{clock(at_s):>6}  {untrusted.printable(text, 100)}"
        if self._bar:
            self._bar.console.print(text)
        else:
            note(text)
