"""One session as a page that scrolls: verdict, knee lift and cadence over time, figures, repeats, cues, how sure."""

from rich.console import Group
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from kneesync import untrusted
from kneesync.views import words
from kneesync.views.dashboard.brief import remarks
from kneesync.views.dashboard.plot import LEVEL, MARK, OverTime
from kneesync.views.report import cues, repeats, sentences
from kneesync.views.report import text as report
from kneesync.views.units import clock, count, day, degrees

LIFT_LEAST_DEG = 8.0  # of height in the chart: strides of a fresh runner spread by 1
CADENCE_LEAST_SPM = 12.0


class RunView(VerticalScroll, can_focus=False):
    """All that is known of one session. `show` takes what the index knows, `tell` what its file says."""

    def compose(self):
        yield Static("", id="head", markup=False)
        yield Static("", id="verdict", markup=False)
        yield Static("", id="lift-legend", classes="legend", markup=False)
        yield OverTime("°", LIFT_LEAST_DEG, id="lift")
        yield Static("", id="figures", markup=False)
        yield Static("", id="cadence-legend", classes="legend", markup=False)
        yield OverTime("", CADENCE_LEAST_SPM, id="cadence")
        yield Static("", id="more", markup=False)
        yield Static("", id="repeats", markup=False)
        yield Static("", id="cues", markup=False)
        yield Static("", id="pair", markup=False)
        yield Static("", id="rest", markup=False)

    def show(self, kept):
        """A session's line from the index, until its file was read."""
        self.scroll_home(animate=False)
        self._say("head", _head(kept))
        self._say("verdict", "…")

    def tell(self, kept, reading):
        """What a session's file says."""
        if reading.problem:
            self._say("head", _head(kept))
            self._say("verdict", Text(untrusted.printable(reading.problem, 400), "red"))
            self._say("figures", _known(kept))
            self._say("rest", "The file is as it was pulled, and stays so. The other sessions are not touched by this.")
            for name in ("lift", "cadence"):
                self.query_one(f"#{name}").display = False
                self._say(f"{name}-legend", "")
            for name in ("more", "repeats", "cues", "pair"):
                self._say(name, "")
            return
        figures = reading.figures
        head = Text(sentences.title(figures, kept), "bold", no_wrap=True, overflow="ellipsis")
        head.append("\n" + sentences.first_line(figures), "not bold")
        said = remarks(kept)
        if kept.marked or said:
            head.append("\n" + ("* marked   " if kept.marked else "") + said, "not bold italic")
        self._say("head", head)
        verdict = Text(sentences.verdict(figures), "bold" if sentences.fell(figures) else "")
        for line in sentences.besides(figures):
            verdict.append("\n" + line, "not bold")
        self._say("verdict", verdict)
        self._charts(figures, reading)
        self._say("figures", report.table(figures, self.size.width) if figures.strides else "")
        self._say("more", _more(figures))
        self._say("repeats", repeats.table(figures.repeats) if figures.repeats else "")
        self.tell_beside(reading)
        self._say("rest", Text("How sure\n", "bold").append("\n".join(sentences.sureness(figures, kept)), "not bold"))

    def tell_beside(self, reading):
        """What other sessions say besides: the experiment over runs below the cues, the other leg's board."""
        figures = reading.figures
        self._say("cues", "\n".join(cues.cue_lines(figures)) if figures.strides else "")
        self._say("pair", _pair(reading))

    def _charts(self, figures, reading):
        fresh = figures.fresh
        cues_s = [cue.t_s for cue in figures.cues]
        for name, label, series, level, marks_s in (
            ("lift", "Knee lift", reading.lift, fresh and fresh.knee_lift_deg, cues_s),
            ("cadence", "Steps/min", reading.cadence, fresh and fresh.cadence_spm, ()),
        ):
            plot = self.query_one(f"#{name}", OverTime)
            plot.display = bool(len(series[0]))
            legend = Text(label if plot.display else f"{label}: no sure strides to draw")
            if plot.display:
                if level is not None:
                    legend.append("   ⠒⠒ fresh", LEVEL)
                if len(marks_s):
                    legend.append("   ▼ cue", MARK)
                legend.append("   over minutes", "dim")
                plot.show(*series, level=level, marks_s=marks_s)
            self._say(f"{name}-legend", legend)

    def zoom(self, factor):
        self._both(lambda plot: plot.zoom(factor))

    def pan(self, share):
        self._both(lambda plot: plot.pan(share))

    def _both(self, move):
        lift, cadence = self.query_one("#lift", OverTime), self.query_one("#cadence", OverTime)
        move(lift)
        cadence.follow(lift)

    def _say(self, name, text):
        part = self.query_one(f"#{name}", Static)
        part.display = bool(text)
        part.update(text)


def _head(kept):
    """What stands above a session without its file."""
    started = f"Run of {day(kept.start_unix_s)}" if kept.start_unix_s is not None else "Run, start unknown"
    return Text(f"{started} · {kept.id}", "bold")


def _known(kept):
    """What the index knows of a session whose file cannot be read."""
    return (
        f"The index knows of it: {clock(kept.duration_s)}, {words.plural(kept.strides, 'stride')}, "
        f"{count(kept.cadence_spm)} steps/min, knee lift {degrees(kept.knee_lift_deg)}."
    )


def _more(figures):
    """What stands between the charts and the repeats."""
    if not figures.strides:
        return ""
    lines = [sentences.spread(figures), *sentences.relation(figures), *sentences.watch_lines(figures)]
    if figures.repeats:
        lines += ["", repeats.head(figures)]
    return "\n".join(lines)


def _pair(reading):
    """The other leg's board, where one ran at that time: as `kneesync report` has it."""
    head = Text("Two boards", "bold")
    if reading.pair is None:
        return head.append(f"\n{untrusted.printable(reading.apart, 400)}", "not bold") if reading.apart else ""
    return Group(head, report.sides(reading.pair), Text("\n".join(sentences.pair_lines(reading.pair))))
