"""kneesync: knee drive of a run, from a board on the thigh to a report.

import kneesync
session = kneesync.read("run.knee")
session.strides, session.events, session.raw     # pandas DataFrames, units in the column names
"""

__all__ = ["KneesyncError", "__version__", "read"]

from kneecore import __version__
from kneesync.errors import KneesyncError


def read(path):
    """The session file at `path` as a Session: header, strides, events, raw, problems. See kneesync.formats.session."""
    from kneesync.formats.decoder import read as read_session

    return read_session(path)
