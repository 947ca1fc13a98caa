"""A run that was cut and went on by itself: its segments as the one session that it was.

Each segment is a file of its own and stays so; they are joined when they are read. The board's clock does not outlive
what cut the run, so the gap is counted as its least: the next segment's uptime begins where the one before ends.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from kneecore import sessionlog as log
from kneesync.formats.session import Session

_KNOWN_BEFORE = (log.ALIGNED, log.BASELINE, log.WANDER)  # a segment repeats what it went on with, at time 0
_CUT = "no end mark"


def concatenated(sessions: Iterable[Session]) -> Session:
    """One Session of the segments of a run, in any order."""
    first, *later = sorted(sessions, key=lambda session: session.segment)
    for session in later:
        first = _joined(first, session)
    return first


def _joined(first, second):
    offset_ms = _last_ms(first)
    events = second.event_records
    again = (events["t_ms"] == 0) & np.isin(events["kind"], _KNOWN_BEFORE)
    events = events[~again]
    events["t_ms"] += np.uint32(offset_ms & 0xFFFFFFFF)
    heads = second.raw_heads + np.array([_samples(first, offset_ms), offset_ms, 0])
    records = np.concatenate([first.stride_records, second.stride_records])
    end = second.end and {**second.end, "t_ms": second.end["t_ms"] + offset_ms, "strides": len(records)}
    return replace(
        first,
        stride_records=records,
        t_ms=np.concatenate([first.t_ms, second.t_ms + offset_ms]),
        event_records=np.concatenate([first.event_records, events]),
        raw_heads=np.concatenate([first.raw_heads, heads]),
        raw_lsb=np.concatenate([first.raw_lsb, second.raw_lsb]),
        end=end,
        file_bytes=first.file_bytes + second.file_bytes,
        segment=second.segment,
        problems=[
            *(problem for problem in first.problems if not problem.startswith(_CUT)),
            _said(first, second, offset_ms),
            *second.problems,
        ],
    )


def _said(first, second, offset_ms):
    cut_s = (offset_ms - first.start_ms) // 1000
    by = {"reset": "a reset", "power": "a loss of power", "button": "the button"}.get(
        second.header.get("cut_by"), "something unknown"
    )
    missing = second.segment - first.segment - 1
    are = "segment before it is" if missing == 1 else "segments before it are"
    lacks = f"; {missing} {are} missing" if missing else ""
    return (
        f"cut at {cut_s // 60}:{cut_s % 60:02d} min by {by}, went on by itself{lacks}; "
        "how long the gap was is unknown: times after it are the earliest possible"
    )


def _last_ms(session):
    """The latest board time that a session knows of."""
    known_ms = [session.opened_ms or 0, session.end["t_ms"] if session.end else 0]
    known_ms += [int(times.max()) for times in (session.t_ms, session.event_records["t_ms"]) if len(times)]
    return max(known_ms)


def _samples(session, offset_ms):
    """How many samples the IMU takes in that time, by the session's own raw blocks."""
    return round(offset_ms / session.period_ms)
