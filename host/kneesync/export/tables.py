"""A session's strides, events or raw samples as CSV, JSON or Parquet: units in the names, metadata in its place.

CSV has none that every spreadsheet leaves alone, so it stands in <name>.csv-metadata.json beside it (W3C's "CSV on the
Web" names it so). In JSON it is the key "metadata", in Parquet the schema's metadata under "kneesync".
"""

import csv
import io
import json
import math
from typing import Any

import numpy as np

from kneecore import __version__
from kneesync import export, untrusted
from kneesync.analysis import pace_per_stride

SCHEMA = 1  # of these tables
UNITS = {
    "_s": "s",
    "_ms": "ms",
    "_deg": "degree",
    "_dps": "degree per second",
    "_spm": "steps of both legs per minute",
    "_mps": "metre per second",
    "_m": "metre",
    "_percent": "percent",
    "_bpm": "beats per minute",
    "_sigma": "standard deviations",
    "_us": "microsecond",
    "_lsb": "counts of the chip: 0.070 degree per second (gyr), 0.000488 g (acc)",
}


def as_bytes(form, table, session, kept=None, watch=None):
    """(the bytes of a table in a form, its rows). `form`: csv, json or parquet; `table`: strides, events or raw."""
    columns = columns_of(table, session, watch)
    rows = len(next(iter(columns.values()), ()))
    if form == "csv":
        return _csv(columns), rows
    about = metadata(table, session, kept, watch)
    if form == "json":
        return _json(columns, about), rows
    return _parquet(columns, about), rows


def columns_of(table, session, watch=None):
    """A table as a dict of columns, units in the names; NaN and None where unknown."""
    if table == "strides":
        columns = dict(session.columns)
        if watch is not None:
            columns.update(pace_per_stride.per_stride(columns["t_s"], columns["stride_s"], watch))
        return columns
    frame = session.events if table == "events" else session.raw
    return {name: frame[name].to_numpy() for name in frame.columns if table == "raw" or frame[name].notna().any()}


def metadata(table, session, kept=None, watch=None):
    """What a table is and where it comes from, as a plain dict."""
    header = session.header
    about = {
        "table": table,
        "schema": SCHEMA,
        "written_by": f"kneesync {__version__}",
        "session": kept.id if kept else None,
        "board": untrusted.board_id(header.get("board")),
        "leg": kept.leg if kept else header.get("leg") if header.get("leg") in ("L", "R") else None,
        "athlete": kept.athlete if kept else untrusted.printable(session.settings["athlete"]),
        "start_unix_s": kept.start_unix_s if kept else None,
        "start_from": kept.start_from if kept else "unknown",
        "firmware": untrusted.printable(header.get("firmware", "unknown")),
        "session_format": untrusted.whole(header.get("format"), 0, 1 << 16),
        "chip": untrusted.printable(header.get("chip", "unknown")),
        "settings": {name: _plain(value) for name, value in session.settings.items()},
        "problems": [untrusted.printable(problem, 300) for problem in session.problems],
        "watch": dict(kept.watch) if kept and kept.watch and watch is not None else None,
        "notes": [
            "t_s counts from the session's start; a stride stands at the moment of its knee-lift peak.",
            "Angles are of the thigh from the runner's own standing pose, forward positive: good to 3-5 degrees, "
            "changes within a run to far less.",
        ],
    }
    return {key: untrusted.printable(value, 300) if isinstance(value, str) else value for key, value in about.items()}


def csv_metadata(name, table, session, kept=None, watch=None):
    """The bytes of the file beside a CSV: its columns with their units, and the metadata."""
    listed = [{"name": column, **unit_of(column)} for column in columns_of(table, session, watch)]
    about = {"@context": "http://www.w3.org/ns/csvw", "url": name, "tableSchema": {"columns": listed}}
    return _text({**about, "kneesync": metadata(table, session, kept, watch)})


def unit_of(column: str) -> dict[str, str]:
    """{"unit": what the end of a column's name says}; empty where it has none."""
    ending = next((ending for ending in sorted(UNITS, key=len, reverse=True) if column.endswith(ending)), None)
    return {"unit": UNITS[ending]} if ending else {}


def _csv(columns):
    """CSV as RFC 4180 has it, LF line ends: a header line, a point for decimals, nothing where unknown."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*([cell(value) for value in _listed(values)] for values in columns.values()), strict=True))
    return file.getvalue().encode()


def cell(value: Any) -> Any:
    """A value as it goes into a CSV."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):  # a spreadsheet must not compute what came from a file
        return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
    return "" if value is None else value


def _json(columns, about):
    """{"metadata": {...}, "columns": {name: [values]}}: pandas.DataFrame(content["columns"]) reads it."""
    return _text({"metadata": about, "columns": {name: _listed(values) for name, values in columns.items()}}, None)


def _text(content, indent: int | None = 2) -> bytes:
    return (json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _listed(values):
    """A column as plain values: exact, None where unknown."""
    if values.dtype == bool:
        return values.tolist()
    if values.dtype.kind in "iu":
        return values.tolist()
    if values.dtype.kind == "f":
        return [None if math.isnan(value) else value for value in _shortest(values).tolist()]
    return [_plain(value) for value in values]


def _shortest(values):
    """Floats without the tail that binary division leaves: 41.37 and not 41.370000000000005."""
    return np.round(values, 9)


def _plain(value):
    if isinstance(value, str):
        return untrusted.printable(value, 300)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return None if not math.isfinite(value) else float(value)
    return None


def _parquet(columns, about):
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise export.missing("pyarrow") from None
    arrays = {}
    for name, values in columns.items():
        if values.dtype.kind == "f":
            arrays[name] = pyarrow.array(_shortest(values), from_pandas=True)
        else:
            arrays[name] = pyarrow.array(values if values.dtype.kind in "biu" else _listed(values))
    table = pyarrow.table(arrays).replace_schema_metadata({"kneesync": json.dumps(about, ensure_ascii=False)})
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file, compression="zstd")
    return file.getvalue()
