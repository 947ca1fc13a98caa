"""What a pipeline says as plain results, and a session's strides through the cue again with other settings.

A session (.knee) holds strides, not samples: the cue of the board, the same source, decides on them anew. Times count
from the session's start by the board's clock.
"""

from kneecore import sessionlog, sessionread, settings
from kneecore.cue import Cue
from kneesync.errors import KneesyncError
from kneesync.formats.session import BoardEvent, BoardStride

_FLAG_NAMES = sessionread.FLAGS
_KNOWN_BEFORE = (sessionlog.BASELINE, sessionlog.WANDER)  # a segment repeats what it went on with, at time 0
_RESUMED = sessionread.START_REASONS.index("resumed")


class RecordingSink:
    """A pipeline's sink that keeps what it is told: strides and events as it gave them, then the alignment."""

    def __init__(self):
        self.strides: list[BoardStride] = []
        self.events: list[BoardEvent] = []
        self.alignment = None
        self.learnt_anew_from = 0  # of the events: baselines before it are of other angles

    def stride(self, *values: int) -> None:
        """The pipeline's sink: one stride."""
        self.strides.append(BoardStride(*values))

    def event(self, t_ms: int, kind: int, detail: int, *values: int) -> None:
        """The pipeline's sink: one event."""
        self.events.append(BoardEvent(t_ms, kind, detail, values))


def with_changes(recorded, changes):
    """The settings that were recorded with `changes` made to them. KneesyncError for one that is none."""
    values, refused = settings.merged({**recorded, **(changes or {})})
    if refused:
        raise KneesyncError(refused[0])
    return values


def replay_session(session, changes=None):
    """The strides of a Session and the cues that they give with its settings and these `changes`: see results()."""
    values = with_changes(session.settings, changes)
    sink = RecordingSink()
    cue = Cue(values, sink.event)
    events = iter(_decisive(session))
    event = next(events, None)
    for t_ms, record in zip(session.t_ms.tolist(), session.stride_records.tolist(), strict=True):
        while event and event.t_ms < t_ms:
            cue = _meets(cue, event, values, sink)
            event = next(events, None)
        dt_ms, lift, extension, _, _, flags = record
        cue.stride(t_ms, dt_ms, lift, extension, flags)
        sink.stride(t_ms, *record)
    if sink.strides and session.end:
        cue.baseline.end(int(session.t_ms[-1]))
    aligned = list(session.named_events(sessionlog.ALIGNED))
    sink.alignment = aligned[-1].as_json() if aligned else None
    return results(sink, session.start_ms)


def _decisive(session):
    """The events of a session, beside its strides, that its cue is about: BoardEvents, in order."""
    for t_ms, kind, detail, values in session.event_records.tolist():
        resumed = kind == sessionlog.START and detail == _RESUMED
        if resumed or kind == sessionlog.RESTRAPPED or (kind in _KNOWN_BEFORE and t_ms == 0):
            yield BoardEvent(t_ms, kind, detail, tuple(values))


def _meets(cue, event, values, sink):
    """The cue to go on with after such an event."""
    if event.kind == sessionlog.RESTRAPPED:
        cue.realigned(event.t_ms)
        sink.learnt_anew_from = len(sink.events)
    elif event.kind in _KNOWN_BEFORE:  # what a segment went on with
        _recall(cue, event)
    elif sink.strides:  # segments that were joined: the board began with what it had learnt until then
        cue = Cue(values, sink.event)
        for number, told in enumerate(sink.events):
            known = told.kind == sessionlog.BASELINE and number >= sink.learnt_anew_from
            if known or told.kind == sessionlog.WANDER:
                _recall(cue, told)
    return cue


def _recall(cue, event):
    if event.kind == sessionlog.BASELINE:
        cue.baseline.recall(event.detail, *event.values)
    else:
        cue.baseline.recall_wander(event.detail, event.values[0])


def _baseline(sink):
    """The last baseline learnt, None if there is none."""
    found = [event for event in sink.events if event.kind == sessionlog.BASELINE]
    if not found:
        return None
    lift, sigma, stride_ms, extension, slope, slope_error = found[-1].values
    return {
        "knee_lift_deg": lift / 100,
        "sigma_deg": sigma / 100,
        "stride_s": stride_ms / 1000,
        "extension_deg": extension / 100,
        "slope_deg_per_percent": slope / 100,
        "slope_error_deg_per_percent": slope_error / 100,
        "bands": found[-1].detail + 1,
    }


def results(sink, start_ms):
    """Strides, cues, held-back cues, events, baseline and alignment as a dict that json.dumps takes.

    `start_ms`: the board's clock at time 0 of the result.
    """
    return {
        "strides": [_stride(stride, start_ms) for stride in sink.strides],
        "cues": [_event(event, start_ms) for event in sink.events if event.kind == sessionlog.CUE],
        "held": [_event(event, start_ms) for event in sink.events if event.kind == sessionlog.CUE_HELD],
        "events": [_event(event, start_ms) for event in sink.events],
        "baseline": _baseline(sink),
        "alignment": sink.alignment,
    }


def _stride(stride, start_ms):
    timed = stride.dt_ms > 0 and not stride.flags & sessionlog.FIRST
    return {
        "t_s": (stride.t_ms - start_ms) / 1000,
        "stride_s": stride.dt_ms / 1000 if timed else None,
        "cadence_spm": round(120000 / stride.dt_ms, 2) if timed else None,
        "knee_lift_deg": stride.knee_lift_cdeg / 100,
        "extension_deg": stride.extension_cdeg / 100,
        "range_deg": (stride.knee_lift_cdeg - stride.extension_cdeg) / 100,
        "swing_up_dps": stride.swing_up_ddps / 10,
        "swing_back_dps": stride.swing_back_ddps / 10,
        "flags": [name for name, bit in _FLAG_NAMES if stride.flags & bit],
    }


def _event(event, start_ms):
    name, detail_name, names = sessionread.EVENT_KINDS[event.kind]
    row = {"t_s": (event.t_ms - start_ms) / 1000, "kind": name}
    if detail_name:
        row[detail_name] = event.detail
    for key, value in zip(names, event.values, strict=False):
        if key.endswith("_cdeg"):
            row[key[:-5] + "_deg"] = value / 100
        else:
            row[key] = value
    return row
