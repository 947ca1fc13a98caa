"""Sessions written for other programs: tables, FIT activities, and a watch's FIT with knee lift in it."""

from dataclasses import dataclass
from pathlib import Path

from kneesync.errors import KneesyncError
from kneesync.files import outfile

INSTALL = 'pip install "kneesync[export]"'


@dataclass
class Written:
    """What an export wrote. `path` is None for stdout, `beside` the metadata's file where the format has no place."""

    called: str
    table: str
    rows: int
    path: str | None
    beside: str | None = None


def written(reference, form, table="strides", out=None, athlete=None):
    """Write the session that `reference` names as `form` (csv, json, parquet, fit) and say what was written.

    `out`: a file, "-" for stdout, None for one named after the session in the working folder.
    """
    from kneesync.export import tables
    from kneesync.library import Library, opened
    from kneesync.library import watch as watches

    kept, session = opened(reference, athlete)
    watch = None
    if kept is not None:
        with Library() as library:
            watch = watches.of(library, kept)
    called = kept.id if kept else Path(reference).stem
    target = out or f"{called}{'' if table == 'strides' else '-' + table}.{form}"
    if form == "fit":
        from kneesync.export import activity

        data, rows = activity.activity(session, kept, watch), len(session.columns["t_s"])
    else:
        data, rows = tables.as_bytes(form, table, session, kept, watch)
    outfile.write(target, data, besides=reference)
    beside = None
    if form == "csv" and target != outfile.STDOUT:
        beside = str(Path(target).with_suffix(".csv-metadata.json"))
        outfile.write(beside, tables.csv_metadata(Path(target).name, table, session, kept, watch))
    return Written(called, table, rows, None if target == outfile.STDOUT else target, beside)


def missing(package):
    """The KneesyncError for an export whose package is not installed."""
    return KneesyncError(f"this export needs {package}, which is not installed: {INSTALL}")
