"""What the report of one run says of its cues: each, what followed, what was held back, what the experiment says."""

from collections import Counter

from kneesync.views.report.sentences import at_unlike_paces
from kneesync.views.units import clock, degrees

MOST_WATCHED = 4  # shown
HELD_WORDS = {
    "silence": "the silence after the most cues in a row",
    "answered": "form was coming back",
    "muted": "muted with the button",
    "quiet": "quiet mode",
    "observing": "the first runs only observe",
    "fading": "fading",
    "experiment": "the experiment",
}


def cue_lines(figures):
    """Each cue and what followed it."""
    if why := figures.unlearnt:
        yield (
            f"The board learnt no baseline, so no cue could come: {clock(why.learnt_s)} of steady running after the "
            f"warm-up, {clock(why.needed_s)} are needed."
        )
    if not figures.cues:
        yield "No cues."
        yield from (*held_lines(figures), *watched_lines(figures))
        return
    paces = at_unlike_paces(figures)  # there the minute after is another pace
    yield "Cues:" if paces else "Cues, and the minute after each against the minute before:"
    for cue in figures.cues:
        line = f"  {clock(cue.t_s)}  {degrees(cue.drop_deg)} below expected"
        line += "" if cue.buzzed else ", not buzzed"
        line += (
            f"; then {degrees(cue.answer_deg, signed=True)}"
            if cue.answer_deg is not None
            else "; too few strides after it"
        ) * (not paces)
        if cue.cleared_after_s is not None:
            line += f"; back up after {clock(cue.cleared_after_s)}"
        yield line
    yield from (*cue_answer(figures), *held_lines(figures), *watched_lines(figures))


_WATCHED = {
    ("lift", "lower"): "knee lift {} lower",
    ("lift", "higher"): "knee lift {} higher",
    ("extension", "more"): "the thigh went {} further back",
    ("extension", "less"): "the thigh went {} less far back",
    ("range", "more"): "range {} wider",
    ("range", "less"): "range {} narrower",
}


def watched_lines(figures):
    """What else was off the baseline for minutes: one line, the first ones of it."""
    found = figures.watched
    parts = []
    for row in found[:MOST_WATCHED]:
        until = f"{clock(row.from_s)}–{clock(row.to_s)}" if row.to_s else f"from {clock(row.from_s)} on"
        parts.append(f"{_WATCHED[row.what, row.way].format(degrees(abs(row.change_deg)))} {until}")
    if parts:
        more = len(found) - MOST_WATCHED
        yield f"Seen against the baseline, never buzzed: {'; '.join(parts)}" + (f"; {more} more." if more > 0 else ".")


def held_lines(figures):
    """How many cues were due and not felt, by reason; what the experiment says."""
    held = figures.cues_held
    due = len(held) + len(figures.cues)
    reasons = Counter(cue.held_by for cue in held)
    for reason, times in sorted(reasons.items()):
        yield f"{times} of {due} held back: {HELD_WORDS.get(reason, reason)}."
    yield from experiment_lines(figures)


def experiment_lines(figures):
    """What the self-experiment says: by this run, and over all that it went on."""
    over = figures.experiment_over_runs
    for tried, which in ((figures.experiment, "this run"), (over, f"over {over.runs} runs" if over else "")):
        if not tried:
            continue
        if tried.difference_deg is None:
            yield f"Experiment, {which}: {tried.buzzed} buzzed and {tried.held} held back are too few to compare."
            continue
        says = {True: "the buzz helps", False: "lift is lower after a buzz", None: "that tells neither way yet"}
        more = f"; about {tried.needed} more cues would tell a difference of 1°" if tried.needed else ""
        yield (
            f"Experiment, {which}: knee lift after a buzz less that after a cue held back is "
            f"{degrees(tried.difference_deg, signed=True)} (95 % interval {degrees(tried.low_deg, signed=True)} to "
            f"{degrees(tried.high_deg, signed=True)}; {tried.buzzed} against {tried.held}): "
            f"{says[tried.helps]}{more if tried.helps is None else ''}."
        )


def cue_answer(figures):
    """What followed the cues, all together; nothing where too few can be judged."""
    answered = figures.cue_response
    if answered and answered.judged:
        rises = ", ".join(
            f"{degrees(rise, signed=True)} over {strides}"
            for strides, rise in answered.back_deg.items()
            if rise is not None
        )
        yield (
            f"Within 100 strides knee lift came back after {answered.came_back} of {answered.judged}; "
            f"on average {rises} strides."
        )
