"""The repeats of a run: as a table, as sentences, and as the cells that a page lays out."""

from rich.table import Table

from kneesync.views import words
from kneesync.views.units import NONE, clock, count, degrees, steps

COLUMNS = ("", "from", "for", "rest", "strides", "steps/min", "knee lift", "range", "change")


def head(figures):
    found = {"pauses": "the pauses between them", "cadence": "their cadence"}[figures.repeats[0].by]
    return f"Repeats, found by {found}; the change is against the first:"


def cells(number, row):
    """A repeat's cells, a text each of COLUMNS. `number` counts from 1."""
    return [
        str(number),
        clock(row.from_s),
        clock(row.to_s - row.from_s),
        clock(row.rest_s),
        count(row.strides),
        count(row.cadence_spm),
        degrees(row.knee_lift_deg),
        degrees(row.range_deg),
        _against_first(row),
    ]


def table(rows):
    columns = Table(box=None, pad_edge=False, header_style="dim")
    for name in COLUMNS:
        columns.add_column(name, justify="right")
    for number, row in enumerate(rows, 1):
        columns.add_row(*cells(number, row))
    return columns


def in_words(rows):
    for number, row in enumerate(rows, 1):
        parts = [
            f"Repeat {number}: from {clock(row.from_s)} for {clock(row.to_s - row.from_s)} min",
            words.plural(row.strides, "stride"),
            steps(row.cadence_spm),
            f"knee lift {degrees(row.knee_lift_deg)}",
            f"range {degrees(row.range_deg)}",
        ]
        if row.drop_deg is not None:
            parts.append(f"change {_against_first(row)}")
        if row.rest_s is not None:
            parts.append(f"then {clock(row.rest_s)} min of rest")
        yield ", ".join(parts) + "."


def _against_first(row):
    return NONE if row.drop_deg is None else degrees(-row.drop_deg, signed=True)
