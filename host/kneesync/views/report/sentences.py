"""What the report of one run says in sentences; the terminal page, the plain lines and the dashboard share them."""

from kneesync import untrusted
from kneesync.formats.session import CAUTIONS
from kneesync.views import words
from kneesync.views.units import clock, count, day, degrees, pace, percent, rate, steps

# label, key in the summary's parts, how it is written
ROWS = (
    ("Knee lift", "knee_lift_deg", degrees),
    ("Extension", "extension_deg", degrees),
    ("Range", "range_deg", degrees),
    ("Swing up", "swing_up_dps", rate),
    ("Swing back", "swing_back_dps", rate),
    ("Steps/min", "cadence_spm", count),
)
HELD_DEG = 1.0  # strides of a fresh runner spread by this much; a smaller change is none


def title(figures, kept=None, between=" · "):
    """When, which leg, whose, which session."""
    from kneesync.library.index import NOBODY

    parts = [f"Run of {day(kept.start_unix_s)}{words.after_date(kept.start_from)}" if kept else "Run"]
    if kept and kept.start_unix_s is None:
        parts = [f"Run pulled {day(kept.pulled_unix_s)}, start unknown"]
    leg = (kept.leg if kept else None) or figures.leg
    parts.append(words.leg(leg))
    athlete = (kept.athlete if kept else "") or figures.athlete
    if athlete and athlete != NOBODY:
        parts.append(untrusted.printable(athlete, 32))
    if kept:
        parts.append(kept.id)
    return between.join(parts)


def first_line(figures, between="   "):
    """How long, how many strides, how quick, how high, how many cues."""
    parts = [clock(figures.duration_s) + " min" if figures.duration_s < 3600 else clock(figures.duration_s) + " h"]
    parts.append(words.plural(figures.strides, "stride"))
    if figures.cadence_spm:
        parts.append(f"{figures.cadence_spm:.0f} steps/min")
    if figures.knee_lift_deg is not None:
        parts.append(f"knee lift {degrees(figures.knee_lift_deg)}")
    cues = len(figures.cues)
    parts.append(words.plural(cues, "cue", None if cues else "no"))
    return between.join(parts)


def at_unlike_paces(figures):
    """Whether it was a session of fast and slow, where fresh and late are no pair but the repeats are."""
    return bool(figures.repeats) and figures.repeats[0].by == "cadence"


def fell(figures):
    """Whether knee lift fell late in the run by more than chance and more than strides spread by."""
    change = figures.change
    if not change or at_unlike_paces(figures):
        return False
    return change.drop_deg >= HELD_DEG and change.drop_deg > (change.knee_lift_95_percent_deg or 0)


def verdict(figures):
    """One sentence: what knee drive did against the runner's own baseline. No more than was measured."""
    if not figures.strides:
        return "There is no stride in this session: nothing can be said of knee drive."
    change = figures.change
    if at_unlike_paces(figures) or (figures.repeats and not change):
        return _verdict_on_repeats(figures.repeats)
    if not change:
        why = figures.why_no_change or "no stride's angles are sure"
        return f"Whether knee drive fell cannot be said: {why}."
    half_deg = change.knee_lift_95_percent_deg
    span = f" ± {max(half_deg, 0.1):.1f}°" if half_deg is not None else ""
    both = f"({degrees(figures.fresh.knee_lift_deg)} fresh, {degrees(figures.late.knee_lift_deg)} late)"
    drop_deg = change.drop_deg
    way, side = ("fell", "below") if drop_deg > 0 else ("rose", "above")
    if half_deg is None and abs(drop_deg) >= HELD_DEG:
        return (
            f"Knee drive {way} {abs(drop_deg):.1f}° {side} your own baseline {both}; "
            "how much of that is chance, so few strides cannot tell."
        )
    if abs(drop_deg) >= max(HELD_DEG, half_deg or 0):
        return f"Knee drive {way} {abs(drop_deg):.1f}°{span} {side} your own baseline {both}."
    if max(half_deg or 0, abs(drop_deg)) <= HELD_DEG:
        return f"Knee drive held within {HELD_DEG:.1f}° of your own baseline {both}."
    than = "lower" if drop_deg > 0 else "higher"
    return (
        f"Knee drive held as far as this run can tell: late it was {abs(drop_deg):.1f}°{span} {than} "
        f"than your own baseline {both}."
    )


def _verdict_on_repeats(repeats):
    last = repeats[-1]
    if last.drop_deg is None:
        return f"{len(repeats)} repeats; knee lift of the last cannot be compared: too few sure strides."
    first_deg, last_deg = repeats[0].knee_lift_deg, last.knee_lift_deg
    both = f"({degrees(first_deg)} first, {degrees(last_deg)} last)"
    drop_deg, interval = last.drop_deg, last.drop_interval_deg
    half_deg = (interval[1] - interval[0]) / 2 if interval else None
    span = f" ± {half_deg:.1f}°" if half_deg is not None else ""
    than = "lower" if drop_deg > 0 else "higher"
    if abs(drop_deg) < max(HELD_DEG, half_deg or 0):
        return (
            f"Over {len(repeats)} repeats knee drive held as far as this run can tell: "
            f"the last was {abs(drop_deg):.1f}°{span} {than} than the first {both}."
        )
    return (
        f"In the last of {len(repeats)} repeats knee drive was {abs(drop_deg):.1f}°{span} {than} "
        f"than in the first {both}."
    )


def besides(figures):
    """What wants to be said right below the verdict."""
    if (onset := figures.onset) and not at_unlike_paces(figures):
        how = {"step": "within two minutes", "gradual": "gradually, then levelled out", "steady": "until the end"}
        yield (
            f"It began to fall at {clock(onset.t_s)} (between {clock(onset.from_s)} and {clock(onset.to_s)}), "
            f"{how[onset.kind]}."
        )
    below = figures.below_baseline
    if below and not at_unlike_paces(figures):
        by = "the board's baseline" if below.by == "board" else "the fresh stretch"
        if below.below_s > 0:
            yield (
                f"It was {degrees(below.threshold_deg)} or more below {by}, at equal cadence, for "
                f"{clock(below.below_s)} min ({below.percent:.0f} % of the time after it); "
                f"at a stretch {clock(below.longest_s)} min."
            )
        elif fell(figures):
            yield f"It was never {degrees(below.threshold_deg)} or more below {by} for a minute at equal cadence."
    equal = figures.pace.at_equal_pace if figures.pace else None
    if equal and not at_unlike_paces(figures):
        way = "lower" if equal.drop_deg >= 0 else "higher"
        yield (
            f"At equal pace on level ground it was {degrees(abs(equal.drop_deg))} {way} late "
            f"(95 % interval of the drop {degrees(equal.low_deg)} to {degrees(equal.high_deg)})."
        )


def spread(figures):
    """How much one stride differs from the next."""
    of_run = figures.variability
    if of_run.knee_lift_sd_deg is None:
        return "Spread from stride to stride: too few strides in a row to say."
    lift, stride = degrees(of_run.knee_lift_sd_deg), percent(of_run.stride_time_cv_percent)
    return f"Spread from stride to stride: knee lift {lift}, stride time {stride}."


def over_the_run(figures):
    """The straight lines through the whole run, or nothing."""
    parts = []
    for name, label in (("knee_lift_deg", "knee lift"), ("extension_deg", "extension"), ("range_deg", "range")):
        if trend := figures.trend_per_h[name]:
            low, high = degrees(trend.low, signed=True), degrees(trend.high, signed=True)
            parts.append(f"{label} {degrees(trend.per_h, signed=True)} ({low} to {high})")
    if parts:
        yield f"Change an hour, over the whole run: {', '.join(parts)}."


def relation(figures):
    """How knee lift went with cadence in this run, or nothing."""
    if found := figures.cadence_relation:
        yield (
            f"With 1 % more cadence knee lift changed by {degrees(found.deg_per_percent, 2, True)} in this run "
            f"({degrees(found.low, 2, True)} to {degrees(found.high, 2, True)}); "
            f"cadence explains {100 * found.r_squared:.0f} % of its ups and downs."
        )


def watch_lines(figures):
    """What the watch adds, or nothing."""
    watch = figures.pace
    if not watch:
        return
    parts = []
    for name, write in (
        ("speed_mps", pace),
        ("stride_length_m", lambda value: f"{value:.2f} m a stride"),
        ("heart_rate_bpm", lambda value: f"{value:.0f} beats/min"),
    ):
        ends = [getattr(part, name) if part else None for part in (watch.fresh, watch.late)]
        value = getattr(watch, name)
        if value is not None:
            text = write(value)
            if None not in ends:
                text += f" ({write(ends[0])} fresh, {write(ends[1])} late)"
            parts.append(text)
    if parts:
        yield "By the watch: " + "; ".join(parts) + "."
    if watch.why_not_at_equal_pace:
        yield f"No comparison at equal pace: {watch.why_not_at_equal_pace}."
    if by := watch.by_slope:
        way = "lower" if by.drop_deg >= 0 else "higher"
        yield (
            f"Projected to equal pace by {degrees(by.slope_deg_per_mps)} of knee lift for each m/s, "
            f"it was {degrees(abs(by.drop_deg))} {way} late "
            f"(95 % interval of the drop {degrees(by.low_deg)} to {degrees(by.high_deg)})."
        )


def sureness(figures, kept=None):
    """How sure the figures are, what is missing and why, and what holds all the same."""
    if kept and kept.start_unix_s is None:
        latest = day(kept.pulled_unix_s - (kept.duration_s or 0))
        yield f"Start unknown: the board's clock was not set. It began before {latest};"
        yield f'say when: kneesync note {kept.id} --start "{latest}"'
        yield "Times within the run and all figures hold; only trends over weeks need the date."
    for flag in figures.flags:
        yield flag.text
    low, high = figures.absolute_error_deg
    if figures.strides_sure:
        yield f"Absolute angles are good to ±{low}–{high}° on a body; trust the change within the run."
    if figures.change and figures.change.knee_lift_95_percent_deg is not None:
        yield "± and intervals are 95 %: this run's own spread, and how runners drift from minute to minute."
    yield from left_out(figures)
    if figures.pauses:
        spans = ", ".join(f"{clock(pause.from_s)}–{clock(pause.to_s)}" for pause in figures.pauses[:4])
        more = len(figures.pauses) - 4
        lost = any("blocks lost" in problem for problem in figures.quality.problems)
        yield f"{'Pauses, or lost with blocks of the file' if lost else 'Pauses'}: {spans}" + (
            f" and {more} more." if more > 0 else "."
        )
    yield from figures.notes
    for what, why in missing(figures):
        yield f"Missing: {what}, because {why}."
    if figures.strides and (figures.flags or not figures.change):
        yield f"What holds: {', '.join(holding(figures))}."
    for problem in figures.quality.problems:
        yield f"File: {problem}."


def left_out(figures):
    """Which strides' angles do not count, and why; nothing without strides."""
    quality = figures.quality
    shares = [f"{percent(share)} {name}" for name in CAUTIONS if (share := getattr(quality, f"{name}_percent"))]
    if shares:
        yield f"Strides left out of the angles: {', '.join(shares)}."
    elif figures.strides:
        yield "Every stride counts: none unsure, clipped or with lost samples."


def missing(figures):
    """(what this page does not give, why)."""
    if not figures.strides:
        return
    if not figures.strides_sure:
        yield "all angles and swing rates", "no stride's angles are sure"
    if not figures.cadence_spm:
        yield "cadence", "one stride has no stride before it to be timed from"
    if not figures.change:
        yield "fresh against late and how long it was below", figures.why_no_change or "no stride's angles are sure"
    elif figures.change.knee_lift_95_percent_deg is None:
        yield "intervals", "there are too few strides in a row to see how much this run varies by itself"
    elif not figures.onset and fell(figures):
        yield "when the fall began", figures.why_no_onset


def holding(figures):
    """What can be relied on in a session that lacks something."""
    yield "the count and times of its strides"
    if figures.cadence_spm:
        yield f"cadence ({steps(figures.cadence_spm)})"
    if figures.strides_sure:
        yield f"average angles and rates of {words.plural(figures.strides_sure, 'stride')}"
    if figures.variability.knee_lift_sd_deg is not None:
        yield "the spread from stride to stride"
    if figures.change:
        yield "the change within the run"


def pair_lines(pair):
    """What two boards say of right and left."""
    legs = pair.legs
    left, right = (untrusted.printable(name, 80) for name in (legs.left, legs.right))
    found = " (found by their times)" if pair.found == "time" else ""
    yield (
        f"Left {left}, right {right}{found}: {clock(pair.overlap_s)} min together, "
        f"laid on one time by their cadence (match {pair.match:.2f} of 1)."
    )
    lift = pair.difference["knee_lift_deg"]
    off = lift.right_less_left
    span = f" ({degrees(lift.low, signed=True)} to {degrees(lift.high, signed=True)})" if lift.low is not None else ""
    how = "within" if pair.inside else "beyond"
    yield (
        f"The right knee was lifted {degrees(abs(off))} {'higher' if off >= 0 else 'lower'} than the left{span}: "
        f"{how} the {degrees(pair.healthy_sd_deg)} by which healthy runners' legs differ (SD), "
        "and the two boards' own zeros are in it (±3–5° each)."
    )
    if pair.change:
        change = pair.change.knee_lift
        beyond = change.low_deg > 0 or change.high_deg < 0
        yield (
            f"From fresh to late this difference went from {degrees(change.fresh_deg, signed=True)} to "
            f"{degrees(change.late_deg, signed=True)}: {degrees(change.change_deg, signed=True)} "
            f"({degrees(change.low_deg, signed=True)} to {degrees(change.high_deg, signed=True)}), "
            f"{'more than' if beyond else 'within'} chance; the zeros are not in this one."
        )
    yield from pair.notes
