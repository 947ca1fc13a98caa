"""Compute a recording's strides and cues again, or a session's cues, with other settings if wanted.

A recording runs through the very pipeline that the firmware runs, in bursts as its FIFO would give them; a session
(.knee) holds strides, which run through the cue again. Times count from the recording's first sample, or the session's
start, by the board's clock.
"""

import contextlib
from pathlib import Path

from kneecore import sessionlog, sessionread, settings
from kneecore.cue import Cue
from kneecore.pipeline import Pipeline
from kneesync.errors import KneesyncError

BURST_SAMPLES = 32
POLL_MS = 25  # a board looks at its FIFO so often
BOOT_WALL_S = 60
START_MS = 1000  # board uptime at a recording's first sample
STANDING_AFTER_S = 3  # the feed stands still after its end, as the virtual board's does

_FLAG_NAMES = sessionread.FLAGS
_KNOWN_BEFORE = (sessionlog.BASELINE, sessionlog.WANDER)  # a segment repeats what it went on with, at time 0
_RESUMED = sessionread.START_REASONS.index("resumed")


def replay(source, changes=None, on="host", port=None):
    """The strides, cues, baseline and alignment of `source`: a dict that json.dumps takes.

    `source`: the path of a recording or a .knee file, or a session's id in the library. `changes`: settings by name.
    `on`: "host", or "board" for the firmware's interpreter: the board at `port`, or a virtual one made for it.
    KneesyncError for anything that cannot be replayed.
    """
    path = Path(source)
    if path.suffix == ".npz" or (path.is_file() and path.suffix != ".knee"):
        from kneesync.virtual.feed import Recording

        feed = Recording(path)
        values = _settings({}, changes)
        heard = Heard()
        (_on_board if on == "board" else _on_host)(feed, values, heard, port)
        return _result(heard, START_MS)
    if on == "board":
        raise KneesyncError(f"{source}: only a recording (.npz) can be replayed on a board; leave out --on board")
    return _session(source, changes)


def _settings(recorded, changes):
    values, refused = settings.merged({**recorded, **(changes or {})})
    if refused:
        raise KneesyncError(refused[0])
    return values


class Heard:
    """What a pipeline said: strides and events as it gave them, then the alignment."""

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


def bursts(feed):
    """Yield (channels, 1, n, waiting, t_ms) as a board that polls its FIFO would pass them to Pipeline.feed.

    `channels` are six lists of BURST_SAMPLES counts. The feed's rate shows only in the times.
    """
    period_ms = 1000 * _period_s(feed)
    length = feed.length + round(STANDING_AFTER_S * 1000 / period_ms)
    drained = 0
    t_ms = START_MS
    while drained < length:
        ready_ms = START_MS + (drained + BURST_SAMPLES - 1) * period_ms
        while t_ms < ready_ms:
            t_ms += POLL_MS
        waiting = int((t_ms - START_MS) / period_ms) + 1 - drained - BURST_SAMPLES
        yield feed.block(drained, BURST_SAMPLES).T.tolist(), 1, BURST_SAMPLES, waiting, t_ms
        drained += BURST_SAMPLES


def _period_s(feed):
    """True seconds a sample: the recording's duration over its samples, as a board's clock would have measured it."""
    duration_s = (feed.truth or {}).get("duration_s")
    if duration_s and feed.length > 1:
        return duration_s / (feed.length - 1)
    return 1 / feed.fs_hz


def _on_host(feed, values, heard, _):
    pipeline = Pipeline(values, heard)
    for burst in bursts(feed):
        pipeline.feed(*burst)
    heard.alignment = pipeline.alignment()


def _on_board(feed, values, heard, port):
    from kneesync.board.rehearsal import rehearse

    with contextlib.ExitStack() as stack:
        if port is None:
            from kneesync.virtual import VirtualBoard

            board = stack.enter_context(VirtualBoard())
            if not board.wait(lambda: " ready " in board.output, BOOT_WALL_S):
                raise KneesyncError(
                    "the virtual board's firmware did not start; run `kneesync demo` to see what it says"
                )
            port = board.port
        heard.alignment = rehearse(port, bursts(feed), values, heard)


def _session(source, changes):
    """A session's own strides, and the cues that they give with these settings."""
    from kneesync.library import opened

    _, session = opened(str(source))
    return replay_session(session, changes)


def replay_session(session, changes=None):
    """The same of a Session that is read already."""
    values = _settings(session.settings, changes)
    heard = Heard()
    cue = Cue(values, heard.event)
    events = iter(_decisive(session))
    event = next(events, None)
    for t_ms, record in zip(session.t_ms.tolist(), session.stride_records.tolist(), strict=True):
        while event and event[0] < t_ms:
            cue = _meets(cue, event, values, heard)
            event = next(events, None)
        dt_ms, lift, extension, _, _, flags = record
        cue.stride(t_ms, dt_ms, lift, extension, flags)
        heard.stride(t_ms, *record)
    if heard.strides and session.end:
        cue.end(int(session.t_ms[-1]))
    aligned = list(session.named_events(sessionlog.ALIGNED))
    heard.alignment = aligned[-1] if aligned else None
    return _result(heard, session.start_ms)


def _decisive(session):
    """The events of a session that its cue heard of beside the strides: (t_ms, kind, detail, values), in order."""
    for event in session.event_records.tolist():
        t_ms, kind, detail, values = event[0], event[1], event[2], event[3]
        resumed = kind == sessionlog.START and detail == _RESUMED
        if resumed or kind == sessionlog.RESTRAPPED or (kind in _KNOWN_BEFORE and t_ms == 0):
            yield t_ms, kind, detail, list(values)


def _meets(cue, event, values, heard):
    """The cue to go on with after such an event."""
    t_ms, kind, detail, numbers = event
    if kind == sessionlog.RESTRAPPED:
        cue.realigned(t_ms)
        heard.learnt_anew_from = len(heard.events)
    elif kind in _KNOWN_BEFORE:  # what a segment went on with
        _recall(cue, kind, detail, numbers)
    elif heard.strides:  # segments that were joined: the board began with what it had learnt until then
        cue = Cue(values, heard.event)
        for number, (_, kind, detail, *numbers) in enumerate(heard.events):
            if kind == sessionlog.WANDER or (kind == sessionlog.BASELINE and number >= heard.learnt_anew_from):
                _recall(cue, kind, detail, numbers)
    return cue


def _recall(cue, kind, detail, numbers):
    if kind == sessionlog.BASELINE:
        cue.recall(detail, *numbers)
    else:
        cue.recall_wander(detail, numbers[0])


def _baseline(heard):
    """The last baseline learnt, None if there is none."""
    found = [values for values in heard.events if values[1] == sessionlog.BASELINE]
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


def _result(heard, start_ms):
    return {
        "strides": [_stride(values, start_ms) for values in heard.strides],
        "cues": [_event(values, start_ms) for values in heard.events if values[1] == sessionlog.CUE],
        "held": [_event(values, start_ms) for values in heard.events if values[1] == sessionlog.CUE_HELD],
        "events": [_event(values, start_ms) for values in heard.events],
        "baseline": _baseline(heard),
        "alignment": heard.alignment,
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
