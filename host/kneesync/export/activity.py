"""A session as a FIT activity: a record a second with cadence and, as developer fields, knee lift.

fit-tool writes the activity; the developer fields are put in as into a watch's file (see merge). A session of which
nobody knows when it began cannot be one: every FIT message has its time.
"""

import numpy as np

from kneesync import export
from kneesync.analysis import align_by_cadence
from kneesync.errors import KneesyncError
from kneesync.export import merge
from kneesync.formats import fit

PAUSE_S = 5  # no stride for this long stops the timer
SMOOTHED_S = 5  # cadence as a watch shows it
LONGEST_S = 24 * 3600
SERIAL_DIGITS = 8


def activity(session, kept, watch=None):
    """The bytes of a FIT activity. `kept` gives start, leg and id; `watch`, its series if one was joined."""
    try:
        import fit_tool  # noqa: F401
    except ImportError:
        raise export.missing("fit-tool") from None
    if kept is None or kept.start_unix_s is None:
        called = kept.id if kept else "the session"
        raise KneesyncError(
            f"nobody knows when {called} began, and a FIT activity needs it: `kneesync note ID --start TIME`, "
            "or `kneesync join` the watch's file"
        )
    t_s = session.columns["t_s"]
    if not len(t_s):
        raise KneesyncError(f"{kept.id} has no strides: there is nothing to make an activity of")
    if t_s.max() - t_s.min() > LONGEST_S or t_s.min() < -LONGEST_S:
        span_s = t_s.max() - t_s.min()
        raise KneesyncError(f"{kept.id} spans {span_s:.0f} s, expected a day at most: its times are damaged")
    plain = _Writer(session, kept, watch).data()
    return merge.merged(plain, kept.id, [merge.Track(session, kept.start_unix_s, None)])


class _Writer:
    """The activity without knee lift."""

    def __init__(self, session, kept, watch):
        from fit_tool import FitFileBuilder

        self._session, self._kept, self._watch = session, kept, watch
        self._builder = FitFileBuilder(auto_define=True)
        t_s = np.sort(session.columns["t_s"])
        self._first_s = int(np.floor(kept.start_unix_s + t_s[0]))
        self._last_s = int(np.ceil(kept.start_unix_s + t_s[-1]))
        gaps = np.flatnonzero(np.diff(t_s) > PAUSE_S)
        self._pauses = [
            (int(np.ceil(kept.start_unix_s + t_s[i])), int(np.floor(kept.start_unix_s + t_s[i + 1]))) for i in gaps
        ]
        self._timer_s = self._last_s - self._first_s - sum(to_s - from_s for from_s, to_s in self._pauses)
        self._strides = align_by_cadence.Strides(t_s, session.columns["stride_s"][np.argsort(session.columns["t_s"])])

    def data(self):
        self._file_id()
        self._timer("START", self._first_s)
        self._records()
        self._timer("STOP_ALL", self._last_s)
        self._summaries()
        return self._builder.build_bytes()

    def _file_id(self):
        from fit_tool.profile.messages.file_id_message import FileIdMessage
        from fit_tool.profile.profile_type import FileType, Manufacturer

        message = FileIdMessage()
        message.type = FileType.ACTIVITY
        message.manufacturer = Manufacturer.DEVELOPMENT.value
        message.product = 0
        message.serial_number = int(self._kept.id[:SERIAL_DIGITS], 16) or 1
        message.time_created = self._first_s * 1000
        self._builder.add(message)

    def _timer(self, kind, at_s):
        from fit_tool.profile.messages.event_message import EventMessage
        from fit_tool.profile.profile_type import Event, EventType

        message = EventMessage(local_id=1)
        message.timestamp = at_s * 1000
        message.event = Event.TIMER
        message.event_type = EventType[kind]
        self._builder.add(message)

    def _records(self):
        """A record a second while the timer runs."""
        seconds = np.arange(self._first_s, self._last_s + 1)
        values = self._values(seconds)
        pauses = list(self._pauses)
        definition, numbers = self._record_definition(values)
        for i, second in enumerate(seconds.tolist()):
            if pauses and second > pauses[0][0]:
                if second <= pauses[0][0] + 1:
                    self._timer("STOP_ALL", pauses[0][0])
                if second < pauses[0][1]:
                    continue
                self._timer("START", pauses[0][1])
                pauses.pop(0)
            self._record(definition, [second - fit.EPOCH_UNIX_S, *(int(values[number][i]) for number in numbers)])

    def _values(self, seconds):
        """Raw values of the record's fields at each second, by field number; FIT's invalid value where unknown."""
        t_s = seconds - self._kept.start_unix_s
        spm = self._strides.cadence_spm(t_s, SMOOTHED_S)
        strides = np.rint(spm / 2 * 128)  # a minute, in 128ths
        found = {4: _raw(np.floor(strides / 128), 0xFE, 0xFF), 53: _raw(np.mod(strides, 128), 127, 0xFF)}
        watch = self._watch
        if watch is not None:
            series = {
                3: (watch.heart_rate_bpm, 1, 0xFE, 0xFF),
                5: (watch.distance_m, 100, 0xFFFFFFFE, 0xFFFFFFFF),
                73: (watch.speed_mps, 1000, 0xFFFFFFFE, 0xFFFFFFFF),
            }
            for number, (values, scale, most, invalid) in series.items():
                if np.isfinite(values).sum() > 1:
                    at = np.interp(t_s, watch.t_s, values, left=np.nan, right=np.nan)
                    found[number] = _raw(at * scale, most, invalid)
        return found

    def _record_definition(self, values):
        """(fit-tool's definition of our records, the field numbers behind the timestamp in its order)."""
        from fit_tool.definition_message import DefinitionMessage
        from fit_tool.profile.messages.record_message import RecordMessage

        message = RecordMessage(local_id=2)
        message.timestamp = self._first_s * 1000
        example = {3: "heart_rate", 4: "cadence", 5: "distance", 53: "fractional_cadence", 73: "enhanced_speed"}
        for number in values:
            setattr(message, example[number], 0)
        definition = DefinitionMessage.from_data_message(message)
        numbers = [field.field_id for field in definition.field_definitions]
        # the timestamp is given first, whatever the profile's order
        definition.field_definitions.sort(key=lambda field: (field.field_id != fit.TIMESTAMP, field.field_id))
        return definition, sorted(number for number in numbers if number != fit.TIMESTAMP)

    def _record(self, definition, raw):
        from fit_tool.generic_message import GenericMessage

        message = GenericMessage(definition)  # only the fields in use: a full RecordMessage makes 84
        for field, value in zip(message.fields, raw, strict=True):
            field.set_encoded_value(0, value)
        self._builder.add(message)

    def _summaries(self):
        """Lap, session and activity: what FIT wants at an activity's end."""
        from fit_tool.profile.messages.activity_message import ActivityMessage
        from fit_tool.profile.messages.lap_message import LapMessage
        from fit_tool.profile.messages.session_message import SessionMessage
        from fit_tool.profile.profile_type import Activity, Event, EventType, Sport

        stride_s = self._session.columns["stride_s"]
        strides = int(np.isfinite(stride_s).sum())
        cadence = 60 * strides / float(np.nansum(stride_s)) if strides else None
        for number, kind in ((3, LapMessage), (4, SessionMessage)):
            message = kind(local_id=number)
            message.timestamp = self._last_s * 1000
            message.start_time = self._first_s * 1000
            message.total_elapsed_time = self._last_s - self._first_s
            message.total_timer_time = self._timer_s
            message.sport = Sport.RUNNING
            message.total_strides = len(stride_s)
            if cadence is not None and cadence < 255:
                message.avg_running_cadence = int(cadence)
            message.event = Event.LAP if kind is LapMessage else Event.SESSION
            message.event_type = EventType.STOP
            if isinstance(message, SessionMessage):
                message.first_lap_index, message.num_laps = 0, 1
            self._builder.add(message)
        message = ActivityMessage(local_id=5)
        message.timestamp = self._last_s * 1000
        message.total_timer_time = self._timer_s
        message.num_sessions = 1
        message.type = Activity.MANUAL
        message.event, message.event_type = Event.ACTIVITY, EventType.STOP
        self._builder.add(message)


def _raw(values, most, invalid):
    """Values as FIT's whole numbers; `invalid` where unknown or out of range."""
    known = np.isfinite(values) & (values >= 0) & (np.rint(np.nan_to_num(values)) <= most)
    return np.where(known, np.rint(np.nan_to_num(values)), invalid).astype(np.int64)
