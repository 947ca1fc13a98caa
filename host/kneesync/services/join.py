"""A watch's recording and the session of the same run: found, judged, and kept beside each other.

Where the library knows when a session began, the clocks say about where it lies in the recording, and cadence where
exactly; where it does not, cadence alone has to find it, among all sessions without a clock. What does not fit is
refused: a wrong pair would bring one run's pace to another's strides.
"""

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kneesync import untrusted
from kneesync.analysis import align_by_cadence
from kneesync.errors import KneesyncError
from kneesync.files import durable, outfile
from kneesync.formats import fit
from kneesync.library import watch as watches

CLOCKS_S = {"pull": 60, "board clock": 90, "you": 300, "watch": 60}  # how far clocks may differ, by their source
CLOCK_ERROR_S = {"pull": 2, "board clock": 60, "you": 300, "watch": 5}
MOST_SEARCHED = 60  # sessions without a clock that are tried, those pulled soonest after the run first
EVEN_SPM = 0.35  # a watch whose cadence wanders by less says nothing about where a run lies
BY_BOTH, BY_CADENCE, BY_TIME = "time and cadence", "cadence", "time"


@dataclass
class PlacedSession:
    """One session as it lies in the recording."""

    kept: object
    session: object
    start_unix_s: float  # by the watch's clock
    placed_by: str
    error_s: float
    placement: align_by_cadence.Placement | None
    watch: watches.Watch | None = None


@dataclass
class WatchJoin:
    """What a join did: the sessions found, and (session, why not) of those that were looked at and refused."""

    called: str
    data: bytes
    recording: watches.Recording
    found: list = field(default_factory=list)
    refused: list = field(default_factory=list)


def join(library, path, reference=None, athlete=None, trust_clocks=False):
    """Find the sessions of `library` that a watch's FIT file recorded, and keep its series with them.

    `reference`: only this session. `trust_clocks`: where cadence cannot tell, the clocks decide. KneesyncError in one
    line if the file is no run's FIT or nothing fits.
    """
    data, called = fit.read(path)
    recording = watches.recording(data, called)
    joined = WatchJoin(called, data, recording)
    wanted = [library.find(reference)] if reference else library.sessions(athlete)
    _by_time(library, joined, wanted, trust_clocks)
    if not joined.found and not (reference and wanted[0].start_unix_s is not None):
        _by_cadence(library, joined, wanted)
    if not joined.found:
        raise KneesyncError(_nothing(joined, wanted, reference))
    for one in joined.found:
        one.watch = recording.watch(one.start_unix_s)
        _keep(library, joined, one, Path(path).name)
    return joined


def _by_time(library, joined, wanted, trust_clocks):
    """Sessions whose start is known and which ran while the watch recorded."""
    first, last = joined.recording.unix_s[0], joined.recording.unix_s[-1]
    for kept in wanted:
        if kept.start_unix_s is None or not kept.strides:
            continue
        slack = CLOCKS_S.get(kept.start_from, 60)
        if kept.start_unix_s + (kept.duration_s or 0) < first - slack or kept.start_unix_s > last + slack:
            continue
        session = library.read_whole(kept)
        _place_near(joined, kept, session, slack, trust_clocks)


def _place_near(joined, kept, session, slack, trust_clocks):
    recording = joined.recording
    lag = kept.start_unix_s - recording.unix_s[0]
    at = _place(session, recording, (lag, slack))
    if at is not None and not at.why:
        _add(joined, kept, session, recording.unix_s[0] + at.lag_s, BY_BOTH, at.error_s, at)
        return
    overlap_s = _running_in(session, kept.start_unix_s, recording)
    if overlap_s < align_by_cadence.LEAST_COMMON_S:
        joined.refused.append((kept, f"only {overlap_s:.0f} s of its running lie in the recording"))
        return
    far = at is not None and abs(at.offset_spm) > align_by_cadence.MOST_OFFSET_SPM
    if at is None or (_even(recording.cadence_spm) and not far) or trust_clocks:
        error_s = CLOCK_ERROR_S.get(kept.start_from, 60)
        _add(joined, kept, session, kept.start_unix_s, BY_TIME, error_s, at)
        return
    joined.refused.append((kept, at.why))


def _by_cadence(library, joined, wanted):
    """Sessions whose start nobody knows, the best fitting first; two of one board cannot run at once."""
    first = joined.recording.unix_s[0]
    clockless = [kept for kept in wanted if kept.start_unix_s is None and kept.strides and kept.pulled_unix_s > first]
    clockless.sort(key=lambda kept: kept.pulled_unix_s)
    tried = []
    for kept in clockless[:MOST_SEARCHED]:
        session = library.read_whole(kept)
        at = _place(session, joined.recording, None)
        if at is None:
            joined.refused.append((kept, "it and the recording have too little running with a known cadence"))
            continue
        start_unix_s = joined.recording.unix_s[0] + at.lag_s
        if not at.why and start_unix_s + (kept.duration_s or 0) > kept.pulled_unix_s + 60:
            at.why = "it was pulled before the recording has it end"
        tried.append((kept, session, start_unix_s, at))
    for kept, session, start_unix_s, at in sorted(tried, key=lambda one: -one[3].z):
        if at.why:
            joined.refused.append((kept, at.why))
        elif any(_together(one, kept, start_unix_s) for one in joined.found):
            joined.refused.append((kept, "another session of its board fits there better"))
        else:
            _add(joined, kept, session, start_unix_s, BY_CADENCE, at.error_s, at)


def _together(one, kept, start_unix_s):
    """Whether a session found and another of the same board would run at the same time."""
    ends = one.start_unix_s + (one.kept.duration_s or 0), start_unix_s + (kept.duration_s or 0)
    return one.kept.board == kept.board and start_unix_s < ends[0] and one.start_unix_s < ends[1]


def _place(session, recording, near):
    columns = session.columns
    t_s = recording.unix_s - recording.unix_s[0]
    return align_by_cadence.place(columns["t_s"], columns["stride_s"], t_s, recording.cadence_spm, near)


def _add(joined, kept, session, start_unix_s, placed_by, error_s, at):
    joined.found.append(PlacedSession(kept, session, float(start_unix_s), placed_by, float(error_s), at))


def _running_in(session, start_unix_s, recording):
    """Seconds of a session's running that lie in the recording, were its start right."""
    t_s = session.columns["t_s"] + start_unix_s
    inside = (t_s >= recording.unix_s[0]) & (t_s <= recording.unix_s[-1])
    return float(np.nansum(session.columns["stride_s"][inside]))


def _even(cadence_spm):
    """Whether a watch's cadence stays as good as the same while it runs."""
    running = cadence_spm[cadence_spm >= align_by_cadence.RUNNING_SPM[0]]
    return len(running) < align_by_cadence.LEAST_COMMON_S // 4 or (
        float(np.median(np.abs(np.diff(running)))) < EVEN_SPM
        and (float(np.std(running - np.median(running))) < EVEN_SPM)
    )


def _nothing(joined, wanted, reference):
    """Why nothing was joined, in one line."""
    span = " to ".join(time.strftime("%Y-%m-%d %H:%M", time.localtime(joined.recording.unix_s[i])) for i in (0, -1))
    if not wanted:
        return f"no session to join {joined.called} to: the library is empty; run `kneesync pull` first"
    if joined.refused:
        kept, why = joined.refused[0]
        others = f", and {len(joined.refused) - 1} more" if len(joined.refused) > 1 else ""
        return (
            f"{joined.called} ({span}) fits no session: with {kept.id}{others}, {why}; "
            "if you know when the run began, `kneesync note ID --start TIME` and join again"
        )
    if reference:
        kept = wanted[0]
        if not kept.strides:
            return f"{kept.id} has no strides to join {joined.called} to"
        if kept.start_unix_s is not None:
            began = time.strftime("%Y-%m-%d %H:%M", time.localtime(kept.start_unix_s))
            return (
                f"{joined.called} was recorded {span}, {kept.id} began {began} ({kept.start_from}); "
                f"if that is wrong, `kneesync note {kept.id} --start TIME`"
            )
    return (
        f"no session ran while {joined.called} was recorded ({span}), and none without a start could be it; "
        "is its session pulled? `kneesync sessions` lists what is kept"
    )


def _keep(library, joined, one, name):
    """Put the file, its series and the facts beside the session."""
    path = library.path(one.kept)
    with library.writing():
        durable.write_whole(path.with_suffix(".fit"), joined.data)
        durable.write_whole(path.with_suffix(".watch.npz"), watches.series_bytes(one.watch))
    one.kept = library.say(one.kept, watch=facts(joined, one, name))  # and its figures by pace, for trends


def write_merged(joined, source, target):
    """Write the watch's file with the knee lift of the sessions found to `target`, never over `source`."""
    from kneesync.export import merge

    legs = [one.kept.leg for one in joined.found]
    apart = len(legs) > 1 and len(set(legs)) == len(legs)
    chosen = joined.found if apart else joined.found[:1]
    tracks = [merge.Track(one.session, one.start_unix_s, one.kept.leg if apart else None) for one in chosen]
    outfile.write(target, merge.merged(joined.data, joined.called, tracks), besides=source)


def facts(joined, one, name):
    """What the sidecar keeps of a join: a flat dict of plain values."""
    found = {
        "file": untrusted.printable(name),
        "sha256": hashlib.sha256(joined.data).hexdigest(),
        "placed_by": one.placed_by,
        "start_unix_s": round(one.start_unix_s, 1),
        "error_s": round(one.error_s, 1),
        "sport": joined.recording.sport,
        "grade_error_percent": one.watch.grade_error_percent,
    }
    if one.kept.start_unix_s is not None:
        found["clock_off_s"] = round(one.start_unix_s - one.kept.start_unix_s, 1)
    if at := one.placement:
        found.update(
            correlation=round(at.correlation, 3),
            sigma=round(at.z, 1),
            second_sigma=round(at.second_z, 1),
            overlap_percent=round(100 * at.overlap_share, 1),
            offset_spm=round(at.offset_spm, 1),
            smoothed_s=at.smoothed_s,
        )
    return found
