"""The developer fields that carry knee lift in FIT files: one description for merged and exported files.

Values are floats in their unit: developer fields know a scale, but readers differ in minding it.
"""

from typing import NamedTuple

import numpy as np

from kneesync.analysis.run import sure_strides

APPLICATION_ID = bytes.fromhex("6b6e65657379 6e63 9d1f 4c2e8a5b 7733".replace(" ", ""))  # "kneesync", then drawn once
APPLICATION_VERSION = 1
FLOAT32 = 0x88
LEGS = {"L": "left", "R": "right"}
RECENT_S = 5  # a record without a stride since the one before shows strides of the last so many seconds


class Field(NamedTuple):
    """One developer field, and the column of a session that it shows."""

    number: int
    name: str
    units: str
    column: str


def fields(leg=None, first=0):
    """The fields of one session; with `leg` ("L" or "R") its side stands in the names."""
    side = f"_{LEGS[leg]}" if leg in LEGS else ""
    rows = (
        ("knee_lift", "deg", "knee_lift_deg"),
        ("thigh_extension", "deg", "extension_deg"),
        ("thigh_range", "deg", "range_deg"),
        ("swing_up", "deg/s", "swing_up_dps"),
        ("swing_back", "deg/s", "swing_back_dps"),
    )
    return [Field(first + i, name + side, units, column) for i, (name, units, column) in enumerate(rows)]


def at_records(session, chosen, record_t_s):
    """Means of the sure strides since the record before, a row a record and a column a field; NaN where there are none.

    `record_t_s`: the records' times in s since the session's start, ascending.
    """
    columns = session.columns
    sure = sure_strides(columns)
    t_s = columns["t_s"][sure]
    order = np.argsort(t_s, kind="stable")
    t_s = t_s[order]
    record_t_s = np.asarray(record_t_s, float)
    since_s = np.concatenate([[-np.inf], record_t_s[:-1]])
    since_s = np.maximum(since_s, record_t_s - RECENT_S)
    low, high = np.searchsorted(t_s, since_s, "right"), np.searchsorted(t_s, record_t_s, "right")
    # where no stride ended in between: the last one, while it is recent
    last = (high == low) & (high > 0)
    recent = np.zeros(len(record_t_s), bool)
    recent[last] = record_t_s[last] - t_s[high[last] - 1] <= RECENT_S / 2
    low = np.where(recent, high - 1, low)
    found = np.full((len(record_t_s), len(chosen)), np.nan)
    for i, field in enumerate(chosen):
        sums = np.concatenate([[0], np.cumsum(columns[field.column][sure][order])])
        count = high - low
        some = count > 0
        found[some, i] = (sums[high[some]] - sums[low[some]]) / count[some]
    return found
