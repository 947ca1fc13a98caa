"""Sessions with raw samples, from a feed through the pipeline alone."""

import numpy as np

from kneecore import settings
from kneecore.pipeline import Pipeline
from kneesync.analysis.cue_replay import RecordingSink
from kneesync.formats.session import EVENT_DTYPE, STRIDE_DTYPE, Session
from kneesync.services.replay import START_MS, bursts


def session_of(feed):
    """What a board that keeps raw samples would have logged of a feed, without its flash and wire."""
    heard, raw, heads = RecordingSink(), [], []
    pipeline = Pipeline(settings.defaults(), heard)
    for channels, step, n, waiting, t_ms in bursts(feed):
        pipeline.feed(channels, step, n, waiting, t_ms)
        number = pipeline.clock.count - n
        heads.append((number, pipeline.clock.time_ms(number, 0), n))
        raw.append(np.array(channels, np.int16).T)
    strides = np.array([row[1:] for row in heard.strides], dtype=[(name, "<i4") for name in STRIDE_DTYPE.names])
    events = np.zeros(len(heard.events), EVENT_DTYPE)
    for i, event in enumerate(heard.events):
        events[i] = event
    return Session(
        header={"ticks_ms": START_MS},
        stride_records=strides.astype(STRIDE_DTYPE),
        t_ms=np.array([row[0] for row in heard.strides], np.int64),
        event_records=events,
        raw_heads=np.array(heads, np.int64),
        raw_lsb=np.concatenate(raw),
        end=None,
    )
