"""What a pipeline says as plain results, and a session's strides through the cue again with other settings.

A session (.knee) holds strides, not samples: the cue of the board, the same source, decides on them anew. Times count
from the session's start by the board's clock.
"""

from kneecore import sessionlog, sessionread, settings
from kneecore.cue import Cue
from kneesync.errors import KneesyncError

_FLAG_NAMES = sessionread.FLAGS
_KNOWN_BEFORE = (sessionlog.BASELINE, sessionlog.WANDER)  # a segment repeats what it went on with, at time 0
_RESUMED = sessionread.START_REASONS.index("resumed")


class RecordingSink:
    """A pipeline's sink that keeps what it is told: strides and events as it gave them, then the alignment."""

    def __init__(self):
        self.strides = []
        self.events = []
        self.alignment = None
        self.learnt_anew_from = 0  # of the events: baselines before it are of other angles

    def stride(self, *values):
        """The pipeline's sink: one stride."""
        self.strides.append(values)

    def event(self, *values):
        """The pipeline's sink: one event."""
        self.events.append(values)


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
        while event and event[0] < t_ms:
            cue = _meets(cue, event, values, sink)
            event = next(events, None)
        dt_ms, lift, extension, _, _, flags = record
        cue.stride(t_ms, dt_ms, lift, extension, flags)
        sink.stride(t_ms, *record)
    if sink.strides and session.end:
        cue.end(int(session.t_ms[-1]))
    aligned = list(session.named_events(sessionlog.ALIGNED))
    sink.alignment = aligned[-1] if aligned else None
    return results(sink, session.start_ms)


def _decisive(session):
    """The events of a session that its cue sink of beside the strides: (t_ms, kind, detail, values), in order."""
    for event in session.event_records.tolist():
        t_ms, kind, detail, values = event[0], event[1], event[2], event[3]
        resumed = kind == sessionlog.START and detail == _RESUMED
        if resumed or kind == sessionlog.RESTRAPPED or (kind in _KNOWN_BEFORE and t_ms == 0):
            yield t_ms, kind, detail, list(values)


def _meets(cue, event, values, sink):
    """The cue to go on with after such an event."""
    t_ms, kind, detail, numbers = event
    if kind == sessionlog.RESTRAPPED:
        cue.realigned(t_ms)
        sink.learnt_anew_from = len(sink.events)
    elif kind in _KNOWN_BEFORE:  # what a segment went on with
        _recall(cue, kind, detail, numbers)
    elif sink.strides:  # segments that were joined: the board began with what it had learnt until then
        cue = Cue(values, sink.event)
        for number, (_, kind, detail, *numbers) in enumerate(sink.events):
            if kind == sessionlog.WANDER or (kind == sessionlog.BASELINE and number >= sink.learnt_anew_from):
                _recall(cue, kind, detail, numbers)
    return cue


def _recall(cue, kind, detail, numbers):
    if kind == sessionlog.BASELINE:
        cue.recall(detail, *numbers)
    else:
        cue.recall_wander(detail, numbers[0])


def _baseline(sink):
    """The last baseline learnt, None if there is none."""
    found = [values for values in sink.events if values[1] == sessionlog.BASELINE]
    if not found:
        return None
    _, _, band, lift, sigma, stride_ms, extension, slope, slope_error = found[-1]
    return {
        "knee_lift_deg": lift / 100,
        "sigma_deg": sigma / 100,
        "stride_s": stride_ms / 1000,
        "extension_deg": extension / 100,
        "slope_deg_per_percent": slope / 100,
        "slope_error_deg_per_percent": slope_error / 100,
        "bands": band + 1,
    }


def results(sink, start_ms):
    """Strides, cues, held-back cues, events, baseline and alignment as a dict that json.dumps takes.

    `start_ms`: the board's clock at time 0 of the result.
    """
    return {
        "strides": [_stride(values, start_ms) for values in sink.strides],
        "cues": [_event(values, start_ms) for values in sink.events if values[1] == sessionlog.CUE],
        "held": [_event(values, start_ms) for values in sink.events if values[1] == sessionlog.CUE_HELD],
        "events": [_event(values, start_ms) for values in sink.events],
        "baseline": _baseline(sink),
        "alignment": sink.alignment,
    }


def _stride(values, start_ms):
    t_ms, dt_ms, lift_cdeg, extension_cdeg, up_ddps, back_ddps, flags = values
    timed = dt_ms > 0 and not flags & sessionlog.FIRST
    return {
        "t_s": (t_ms - start_ms) / 1000,
        "stride_s": dt_ms / 1000 if timed else None,
        "cadence_spm": round(120000 / dt_ms, 2) if timed else None,
        "knee_lift_deg": lift_cdeg / 100,
        "extension_deg": extension_cdeg / 100,
        "range_deg": (lift_cdeg - extension_cdeg) / 100,
        "swing_up_dps": up_ddps / 10,
        "swing_back_dps": back_ddps / 10,
        "flags": [name for name, bit in _FLAG_NAMES if flags & bit],
    }


def _event(values, start_ms):
    t_ms, kind, detail, *numbers = values
    name, detail_name, names = sessionread.EVENT_KINDS[kind]
    event = {"t_s": (t_ms - start_ms) / 1000, "kind": name}
    if detail_name:
        event[detail_name] = detail
    for key, value in zip(names, numbers, strict=False):
        if key.endswith("_cdeg"):
            event[key[:-5] + "_deg"] = value / 100
        else:
            event[key] = value
    return event
