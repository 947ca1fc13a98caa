"""A watch's file with knee lift in it: every message of the original, equal and in order, and the right values."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kneesync.errors import KneesyncError
from kneesync.export import knee_fields, merge
from kneesync.formats import fit
from kneesync.formats.decoder import decode
from tests.support.fit_files import START_S, UINT8, UINT32, FitFile, compressed, even_run, garmin, liberties, records_of
from tests.support.knee_files import tired_run

FILES = {**liberties(), "long": even_run(20).data()}
SESSION = decode(bytes(tired_run(minutes=10).data))
TRACK = merge.Track(SESSION, START_S + fit.EPOCH_UNIX_S + 20.0, None)
NAMES = {"knee_lift", "thigh_extension", "thigh_range", "swing_up", "swing_back"}


def without_ours(messages):
    """garmin-fit-sdk's messages less our developer fields: by the keys that our field descriptions got."""
    keys, index = set(), None
    kept = []
    for number, message in messages:
        if number == fit.FILE_ID:  # the next of a chain counts its developer data anew
            index = None
        if number == fit.DEVELOPER_DATA_ID and bytes(message.get("application_id", ())) == knee_fields.APPLICATION_ID:
            index = message["developer_data_index"]
            continue
        if number == fit.FIELD_DESCRIPTION and message["developer_data_index"] == index:
            keys.add(message["key"])
            continue
        if number == fit.RECORD:
            others = {key: value for key, value in message.get("developer_fields", {}).items() if key not in keys}
            rest = {key: value for key, value in message.items() if key != "developer_fields"}
            kept.append((number, {**rest, "developer_fields": others} if others else rest))
        else:
            kept.append((number, message))
    return kept


@pytest.mark.parametrize("name", FILES)
def test_garmin_reads_every_message_of_the_original_and_ours(name):
    data = FILES[name]
    out = merge.merged(data, name, [TRACK])
    original, found = garmin(data), garmin(out)
    kept = without_ours(found)
    # in chained files the SDK numbers all descriptions on: compare what they say, not their keys
    if name != "chained":
        assert kept == original
    assert [number for number, _ in kept] == [number for number, _ in original]
    described = [message for number, message in found if number == fit.FIELD_DESCRIPTION]
    assert {message["field_name"] for message in described} >= NAMES
    assert next(message["units"] for message in described if message["field_name"] == "swing_up") == "deg/s"


@pytest.mark.parametrize("name", [*FILES, "compressed"])
def test_every_payload_is_the_originals_with_ours_behind(name):
    """By another reader of the records' bytes; compressed timestamps too, which garmin-fit-sdk cannot read."""
    data = compressed() if name == "compressed" else FILES[name]
    added = 4 * len(NAMES)
    mine = [
        record
        for record in records_of(merge.merged(data, name, [TRACK]))
        if not (
            record.definition.global_id == fit.DEVELOPER_DATA_ID and knee_fields.APPLICATION_ID in record.payload
        ) and not (
            record.definition.global_id == fit.FIELD_DESCRIPTION
            and any(name.encode() + b"\0" in record.payload for name in NAMES)
        )
    ]  # fmt: skip
    original = records_of(data)
    assert len(mine) == len(original)
    for one, other in zip(mine, original, strict=True):
        record = one.definition.global_id == fit.RECORD
        assert one.source_bytes[: len(other.source_bytes)] == other.source_bytes
        assert len(one.source_bytes) == len(other.source_bytes) + (added if record else 0)
        assert one.definition.field_definitions == other.definition.field_definitions
        assert one.definition.architecture == other.definition.architecture
        theirs = other.definition.developer_field_definitions
        assert one.definition.developer_field_definitions[: len(theirs)] == theirs
        assert one.resolved_timestamp == other.resolved_timestamp


@pytest.mark.parametrize("name", ["long", "big-endian"])
def test_the_values_are_the_sessions(name):
    out = garmin(merge.merged(FILES[name], name, [TRACK]))
    records = [message for number, message in out if number == fit.RECORD]
    t_s, lift = SESSION.columns["t_s"], SESSION.columns["knee_lift_deg"]
    sure = ~SESSION.columns["unsure"]
    checked = 0
    for before, message in pairwise(records):
        now_s = message["timestamp"].timestamp() - TRACK.start_unix_s
        since_s = before["timestamp"].timestamp() - TRACK.start_unix_s
        between = sure & (t_s > since_s) & (t_s <= now_s)
        told = message.get("developer_fields", {})
        value = told.get(0)  # the first description's key
        if between.any():
            assert value == pytest.approx(lift[between].mean(), abs=1e-4)
            assert told[2] == pytest.approx(told[0] - told[1], abs=1e-3)
            checked += 1
        elif now_s < t_s[sure][0] or now_s > t_s[-1] + knee_fields.RECENT_S:
            assert value == "nan"
    assert checked > 80


def test_both_legs_have_fields_of_their_own():
    left, right = (merge.Track(SESSION, TRACK.start_unix_s, leg) for leg in "LR")
    out = garmin(merge.merged(FILES["even"], "x", [left, right]))
    names = {message["field_name"] for number, message in out if number == fit.FIELD_DESCRIPTION}
    assert names == {f"{name}_{side}" for name in NAMES for side in ("left", "right")}


def test_a_merged_file_is_not_merged_again():
    out = merge.merged(FILES["even"], "x.fit", [TRACK])
    with pytest.raises(KneesyncError, match=r"x.fit has kneesync's knee lift in it already"):
        merge.merged(out, "x.fit", [TRACK])


def test_no_room_and_no_records():
    crowded = FitFile(0x20).file_id()
    crowded.define(0, fit.RECORD, ((253, UINT32),), [(i, 1, 0) for i in range(253)])
    crowded.message(0, "I253s", START_S, bytes(253))
    with pytest.raises(KneesyncError, match="found 253 developer fields in a record"):
        merge.merged(crowded.data(), "x", [TRACK])
    with pytest.raises(KneesyncError, match="has no records to put knee lift in"):
        merge.merged(FitFile().file_id().data(), "x", [TRACK])
    sources = FitFile(0x20).file_id().define(1, fit.DEVELOPER_DATA_ID, ((3, UINT8),))
    for index in range(255):
        sources.message(1, "B", index)
    sources.define(0, fit.RECORD, ((253, UINT32),)).message(0, "I", START_S)
    with pytest.raises(KneesyncError, match="255 sources of developer fields"):
        merge.merged(sources.data(), "x", [TRACK])


@st.composite
def files(draw):
    """Any FIT file of definitions and messages, unknown ones too."""
    file, sizes = FitFile(draw(st.sampled_from([0x10, 0x20])), draw(st.sampled_from([12, 14]))).file_id(), {}
    file.define(0, fit.RECORD, ((253, UINT32), (4, UINT8))).message(0, "IB", START_S, 80)
    sizes[0] = 5
    for _ in range(draw(st.integers(1, 40))):
        if draw(st.booleans()):
            local = draw(st.integers(0, 15))
            number = draw(st.sampled_from([fit.RECORD, fit.RECORD, fit.EVENT, 0xFF00, 999]))
            fields = draw(
                st.lists(st.tuples(st.integers(0, 252), st.just(UINT8)), max_size=5, unique_by=lambda f: f[0])
            )
            developer = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.just(3)), max_size=2))
            big = draw(st.booleans())
            file.define(local, number, ((253, UINT32), *fields), developer, big)
            sizes[local] = 4 + len(fields) + sum(size for _, size, _ in developer)
        local = draw(st.sampled_from(sorted(sizes)))
        body = draw(st.binary(min_size=sizes[local] - 4, max_size=sizes[local] - 4))
        file.message(local, f"I{len(body)}s", START_S + draw(st.integers(0, 900)), body)
    return file.data()


@settings(max_examples=25, deadline=None)
@given(files())
def test_any_file_keeps_its_payloads(data):
    kept = [
        record.source_bytes[: 1 + record.definition.defined_data_size - (20 if _ours(record) else 0)]
        for record in records_of(merge.merged(data, "x", [TRACK]))
        if record.definition.global_id not in (fit.DEVELOPER_DATA_ID, fit.FIELD_DESCRIPTION)
    ]
    assert kept == [record.source_bytes for record in records_of(data)]


def _ours(record):
    return record.definition.global_id == fit.RECORD
