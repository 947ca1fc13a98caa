"""A session beside a laboratory's reference: a page, or plain lines."""

from rich.table import Table
from rich.text import Text

from kneesync.views.units import degrees

_ROWS = (
    ("Knee lift", "knee_lift"),
    ("Extension", "extension"),
)
_SOURCES = {
    "knee_lift_deg": "peaks of a stride each",
    "thigh_angle_deg": "peaks found in a series of thigh angles",
}


def show(console, found):
    """Write the page to a rich console."""
    width = min(console.width, 120)

    def say(lines, style=""):
        for line in lines:
            console.print(Text(line, style=style), width=width)

    say([_verdict(found)], "bold")
    say(_match(found))
    for label, key in _ROWS:
        if angle := getattr(found, key):
            console.print()
            console.print(_table(label, angle))
    console.print()
    say(found.notes)


def plain(found):
    """The same as lines of text."""
    yield _verdict(found)
    yield from _match(found)
    for label, key in _ROWS:
        if angle := getattr(found, key):
            yield ""
            yield f"{label}, board less reference, {angle.strides:,} strides:"
            for what, value, interval in _lines(angle):
                yield f"{what}: {value}" + (f", 95 % interval {interval}." if interval else ".")
    yield ""
    yield from found.notes


def _verdict(found):
    lift = found.knee_lift
    low, high = lift.limits_deg
    way = "more" if lift.bias_deg >= 0 else "less"
    return (
        f"The board says {degrees(abs(lift.bias_deg))} {way} knee lift than the reference; "
        f"95 % of single strides lie between {degrees(low, signed=True)} and {degrees(high, signed=True)} of it."
    )


def _match(found):
    strides, time = found.strides, found.time_error
    clear = found.offset_clear
    how = f"found (the next best fits {clear:.1f} times worse)" if clear is not None else "as given"
    yield f"Reference: {_SOURCES[found.reference]}. Its zero is at {found.offset_s:.2f} s of the session, {how}."
    timed = f"{1000 * time.mean_s:+.0f} ± {1000 * time.sd_s:.0f} ms (SD)".replace("-", "−")
    yield (
        f"Strides: {strides.matched:,} of {strides.reference:,} matched, {strides.missed:,} missed, "
        f"{strides.invented:,} the board's alone; peaks timed {timed}."
    )


def _lines(figures):
    def ends(interval, decimals=2):
        return " to ".join(degrees(end, decimals, signed=True) for end in interval)

    yield "Bias", degrees(figures.bias_deg, 2, signed=True), ends(figures.bias_interval_deg)
    lower, upper = figures.limits_intervals_deg
    yield "Lower limit of agreement", degrees(figures.limits_deg[0], 2, signed=True), ends(lower)
    yield "Upper limit of agreement", degrees(figures.limits_deg[1], 2, signed=True), ends(upper)
    yield "RMS error", degrees(figures.rmse_deg, 2), ""
    yield "SD of the difference", degrees(figures.sd_deg, 2), ""
    low, high = figures.icc_interval
    yield "ICC(A,1)", f"{figures.icc:.2f}", f"{low:.2f} to {high:.2f}"
    yield "Correlation r", f"{figures.r:.2f}", ""
    yield "Difference per degree", degrees(figures.slope_per_deg, 2, signed=True), ends(figures.slope_interval)
    yield "Reference", f"{degrees(figures.reference_mean_deg)} ± {degrees(figures.reference_sd_deg)} (SD)", ""


def _table(label, figures):
    columns = Table(box=None, pad_edge=False, header_style="dim")
    columns.add_column(f"{label}, {figures.strides:,} strides", min_width=26)
    columns.add_column("board − reference", justify="right")
    columns.add_column("95 % interval", justify="right")
    for cells in _lines(figures):
        columns.add_row(*cells)
    return columns
