"""The page of one run as HTML: one file that needs nothing else, to keep, to print, or to send to a coach.

No scripts, no network, no fonts of its own. Every text from a board or a file passes `untrusted.printable` and Jinja's
escaping. What a session cannot say is named on the page, with the reason and with the figures that still hold.
"""

import re
from importlib import resources

import jinja2
from markupsafe import Markup

from kneecore import __version__
from kneesync import untrusted
from kneesync.analysis import overtime
from kneesync.analysis.shape import stride_shape
from kneesync.files import outfile
from kneesync.library.index import NOBODY
from kneesync.views import words
from kneesync.views.page import pictures, tables
from kneesync.views.report import cues, sentences
from kneesync.views.units import clock

GENERATOR = '<meta name="generator" content="kneesync">'  # within the first 2,000 bytes


def text(session, figures, kept=None, watch=None, pair=None, coach=None):
    """The page as one string.

    `figures`: summary() of the session; `kept`: what the library knows of it; `watch`: its joined Watch; `pair`:
    analysis.pairs of it and the other leg's session. Each may be None. `coach` is None, or {"findings": [{"title",
    "text", "sure"}], "drills": [{"title", "text", "dose"}], "pain": str, "missing": str or None}.
    """
    spans = {name: (part.from_s, part.to_s) if (part := getattr(figures, name)) else None for name in _STRETCHES}
    shape = stride_shape(session, **spans)
    drawn = (
        ("Over the run", pictures.over_time(figures, overtime.over_time(session, watch)), _over_time_caption(figures)),
        ("The stride's shape", pictures.stride(shape), _shape_caption(shape)),
        (
            "Stride by stride",
            pictures.spread(figures, overtime.distribution(session, **spans)),
            _spread_caption(figures),
        ),
    )
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_together
    )
    template = environment.from_string(
        resources.files("kneesync.views.page").joinpath("page.html.j2").read_text(encoding="utf-8")
    )
    return template.render(
        generator=Markup(GENERATOR),
        title=_title(kept),
        about=_about(figures, kept),
        verdict=sentences.verdict(figures),
        besides=sentences.besides(figures),
        way=_way(figures),
        facts=tables.facts(figures),
        said=_said(kept),
        flags=_flags(figures),
        pictures=[(head, one, caption) for head, one, caption in drawn if one],
        figures=tables.figure_rows(figures),
        compared=bool(figures.fresh),
        notes=[*figures.notes, *sentences.relation(figures)],
        trends=tables.trend_rows(figures),
        repeats=tables.repeat_rows(figures),
        repeats_by=figures.repeats[0].by if figures.repeats else "",
        cues=tables.cue_rows(figures),
        cue_answer=[*cues.cue_answer(figures), *cues.held_lines(figures), *cues.watched_lines(figures)],
        sides=tables.side_rows(pair) if pair else [],
        pair_lines=sentences.pair_lines(pair) if pair else [],
        coach=coach,
        sure_columns=tables.SURE_COLUMNS,
        sureness=tables.sureness_rows(figures, shape),
        left_out=sentences.left_out(figures),
        missing=tables.missing(figures, kept, shape, watch, pair),
        problems=[untrusted.printable(problem, 200) for problem in figures.quality.problems],
        source=_source(figures, kept),
        version=__version__,
    )


_STRETCHES = ("fresh", "late")


def write(page, target):
    """Write a page's text to a file, or to stdout for `-`. Anything there that is no page of ours stays."""
    outfile.write(target, page.encode(), only_over=("page of kneesync's", lambda head: GENERATOR.encode() in head))


def _together(value):
    """A figure and its unit stay on one line."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return re.sub(r"(?<=[0-9)]) (?=(%|min|m|h|s|m/s|/min|steps/min|min/km|SD)\b|%)", "\u00a0", value)
    return value


def _title(kept):
    if not kept:
        return "Run"
    if kept.start_unix_s is None:
        return "Run, start unknown"
    return f"Run of {words.long_day(kept.start_unix_s)}"


def _about(figures, kept):
    athlete = kept.athlete if kept else figures.athlete
    parts = [untrusted.printable(athlete, 32)] if athlete and athlete != NOBODY else []
    parts.append(words.leg((kept and kept.leg) or figures.leg))
    if kept and (dated := words.dated(kept.start_from)):
        parts.append(dated)
    return parts


def _said(kept):
    """What the runner noted: [(what, words)]."""
    if not kept:
        return []
    said = []
    if kept.note:
        said.append(("Note", untrusted.printable(kept.note, 500)))
    if kept.tags:
        said.append(("Tags", ", ".join(untrusted.printable(tag, 40) for tag in kept.tags[:20])))
    if kept.effort is not None:
        said.append(("Effort", f"{kept.effort} of 10"))
    if kept.pain is not None:
        where = f", {untrusted.printable(kept.pain_where, 60)}" if kept.pain_where else ""
        said.append(("Pain", f"{kept.pain} of 10{where}"))
    return said


def _flags(figures):
    """What limits these figures, and what holds all the same."""
    flags = [flag.text for flag in figures.flags]
    if figures.strides and (flags or not figures.change):
        flags.append(f"What holds: {', '.join(sentences.holding(figures))}.")
    return flags


def _way(figures):
    """Which way the verdict points: a word for the style sheet."""
    if not figures.change or sentences.at_unlike_paces(figures):
        return "unknown"
    return "fell" if sentences.fell(figures) else "held"


def _source(figures, kept):
    quality = figures.quality
    parts = [("Session", kept.id)] if kept else []
    board = untrusted.printable(figures.board, 32) if figures.board else "unknown"
    parts.append(("Board", board))
    if figures.firmware:
        parts.append(("Firmware", untrusted.printable(figures.firmware, 24)))
    parts.append(("Ended by", words.ended_by(quality.ended)))
    return parts


def _over_time_caption(figures):
    parts = []
    if figures.fresh:
        from_s, to_s = figures.fresh.from_s, figures.fresh.to_s
        parts.append(f"Blue: your own baseline, the mean of {clock(from_s)} to {clock(to_s)}")
        if figures.baseline:
            parts[-1] += ", and how far means of ten strides strayed from it then (± 2 SD)"
        parts[-1] += "."
    if figures.late:
        parts.append("Orange: the last minutes.")
    if figures.onset:
        parts.append("Orange band: when the fall began, 95 % interval.")
    return " ".join(parts)


def _shape_caption(shape):
    off_deg = [shape[name]["lowest_off_deg"] for name in _STRETCHES if shape[name]]
    caption = "0° is your own standing pose; above it the thigh is in front of the body, below it behind."
    if off_deg:
        caption += (
            " Computed from every sample on this machine; its lowest point and the one that the board logged differ by"
            f" {max(off_deg):.1f}° (RMS)."
        )
    return caption


def _spread_caption(figures):
    spread = figures.variability
    if spread.knee_lift_sd_deg is None:
        return "Each bar counts the sure strides of that knee lift."
    return (
        f"From one stride to the next, knee lift spreads by {spread.knee_lift_sd_deg:.1f}° and stride time by "
        f"{spread.stride_time_cv_percent:.1f} % (SD without the slow drift)."
    )
