"""A session file decodes to what was written, and whatever is done to it, to no more than that."""

import itertools
import math
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import kneesync
from kneecore import sessionlog as log
from kneecore import sessionread
from kneesync.analysis.session import summary
from kneesync.errors import KneesyncError
from kneesync.formats.decoder import Decoder, decode
from kneesync.formats.session import NotASessionError
from kneesync.views.report import text as report
from tests.support.knee_files import BOARD, KneeFile, stored, tired_run

ROW = (700, 4123, -1550, 3901, 4102, 0)
WHOLE = bytes(tired_run(minutes=8).data)
SMALL = bytes(
    KneeFile()
    .stride_block(26_000, [(700, 4000, -1500, 3900, 4100, log.FIRST), ROW, ROW])
    .events((27_000, log.RATE, 0, 9600, 512), (27_500, log.CUE, 2, 330, 3870, 4200, 61, 667, 300))
    .raw(500, [(1, 2, 3, 4, 5, 2049), (7, 8, 9, 10, 11, 2050)], t_ms=30_000)
    .raw(502, [(0, 0, 0, 0, 0, 0)], t_ms=30_019)
    .end(29_000)
    .data
)


def test_read_gives_frames_with_units(tmp_path):
    path = tmp_path / "run.knee"
    path.write_bytes(SMALL)
    session = kneesync.read(path)
    assert session.problems == []
    assert session.header["board"] == BOARD
    assert session.end == {"reason": "button", "t_ms": 29_000, "strides": 3}
    strides = session.strides
    assert list(strides.t_ms) == [26_700, 27_400, 28_100]
    assert list(strides.t_s) == [6.7, 7.4, 8.1]
    assert math.isnan(strides.stride_s[0]) and strides.stride_s[1] == 0.7
    assert strides.cadence_spm[1] == pytest.approx(120 / 0.7)
    last = strides.iloc[-1]
    assert (last.knee_lift_deg, last.extension_deg, last.range_deg) == (41.23, -15.5, pytest.approx(56.73))
    assert (last.swing_up_dps, last.swing_back_dps) == (390.1, 410.2)
    assert list(strides["first"]) == [True, False, False] and strides["motor"].dtype == bool
    rate, cue = (row for _, row in session.events.iterrows())
    assert (rate.kind, rate.period_us) == ("rate", 9600.5)
    assert (cue.kind, cue.t_s, cue.in_row, cue.pulse_ms) == ("cue", 7.5, 2, 300)
    assert (cue.drop_deg, cue.cusum_sigma, cue.stride_s) == pytest.approx((3.3, 6.1, 0.667))
    raw = session.raw
    assert list(raw["sample"]) == [500, 501, 502] and list(raw.acc_z_lsb) == [2049, 2050, 0]
    assert list(raw.t_s) == pytest.approx([10.0, 10.0095, 10.019])


def test_every_column_is_documented():
    session = decode(SMALL)
    documented = type(session).__dict__["strides"].func.__doc__ + type(session).__dict__["raw"].func.__doc__
    for name in [*session.strides.columns, *session.raw.columns]:
        assert name in documented


def test_gaps_longer_than_a_record_can_count():
    """A time mark sets the clock for what follows it, in any place; both readers agree on it."""
    gone = (0, 4000, -1500, 3900, 4100, log.FIRST)
    file = KneeFile().stride_block(26_000, [ROW, ROW, 90_000, gone, ROW, 91_000, 500_000, gone, ROW, 3_000])
    file.stride_block(600_000, [1 << 31, gone, ROW]).stride_block(0, [7])
    data = bytes(file.end(700_000).data)
    session = decode(data)
    times_ms = [26_700, 27_400, 90_000, 90_700, 500_000, 500_700, 1 << 31, (1 << 31) + 700]
    assert list(session.t_ms) == times_ms and session.problems == []
    kinds = [(kind, payload) for _, kind, _, payload in sessionread.blocks(data)]
    read = [row for kind, payload in kinds if kind == log.STRIDES for row in sessionread.strides(payload)]
    assert [row[0] for row in read] == times_ms
    assert [row[1:] for row in read] == session.stride_records.tolist()


def test_clock_event_joins_its_halves():
    unix_s = 1_790_000_123
    file = KneeFile().events(
        (1, log.CLOCK, 0, *struct.unpack("<hh", struct.pack("<HH", unix_s >> 16, unix_s & 0xFFFF)))
    )
    assert decode(bytes(file.data)).events.clock_s[0] == unix_s


def with_unknown():
    file = KneeFile().stride_block(0, [ROW])
    file.block(77, b"from a later firmware").events((5, 200, 0)).stride_block(700, [ROW])
    return bytes(file.end(2000).data)


def repeated():
    file = KneeFile().stride_block(0, [ROW])
    file.sequence = 1
    return bytes(file.stride_block(0, [ROW]).data)


def backwards():
    return bytes(KneeFile().stride_block(9_000, [ROW]).stride_block(0, [ROW]).data)


@pytest.mark.parametrize(
    ("data", "strides", "says"),
    [
        (SMALL[:-5], 3, "torn"),
        (SMALL[: SMALL.index(b"KNEE") + 4] + SMALL[5:], 3, "header"),
        (SMALL.replace(b"\x1b\x10", b"\x1b\x11", 1), 0, "1 blocks lost"),
        (bytes(KneeFile().data), 0, "no end mark"),
        (
            bytes(KneeFile().block(log.STRIDES, b"\0\0\0\0" + stored(ROW) + b"x").data),
            1,
            "whole records",
        ),
        (bytes(KneeFile().block(log.STRIDES, b"\0").data), 0, "whole records"),
        (SMALL[:20] + b"#" + SMALL[21:], 3, "header is missing"),
        (with_unknown(), 2, "kinds of event"),
        (repeated(), 1, "twice or out of order"),
        (backwards(), 2, "backwards"),
    ],
)
def test_damage_loses_only_itself_and_is_said(data, strides, says):
    session = decode(data)
    assert len(session.strides) == strides
    assert any(says in problem for problem in session.problems), session.problems


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no kneesync session"),
        (b"PK\x03\x04" + b"x" * 100, r"found b'PK\x03\x04'"),
        (b"KNEE", "cut or damaged: 4 bytes"),
        (SMALL[:60], "cut or damaged"),
        (b"KNEE" + b"\x0f" * 5000, "cut or damaged"),
    ],
)
def test_what_is_no_session_is_refused_in_one_line(data, says):
    with pytest.raises(NotASessionError) as caught:
        decode(data, "that.knee")
    assert says in str(caught.value) and str(caught.value).startswith("that.knee")
    assert "\n" not in str(caught.value)


def test_a_newer_format_is_refused_with_the_way_out():
    with pytest.raises(KneesyncError, match="format 2, this one reads up to 1: pip install -U kneesync"):
        decode(bytes(KneeFile(format=2).stride_block(0, [ROW]).data))


def test_a_missing_file_and_a_folder_say_so(tmp_path):
    for path in (tmp_path / "none.knee", tmp_path):
        with pytest.raises(KneesyncError, match="cannot read"):
            kneesync.read(path)


def test_sequence_numbers_may_wrap():
    file = KneeFile()
    for _ in range(0xFFFF - 1):
        file.block(99, b"x")
    file.stride_block(0, [ROW]).stride_block(700, [ROW]).stride_block(1400, [ROW])
    session = decode(bytes(file.end(2100).data))
    assert len(session.strides) == 3 and session.problems == []


HOSTILE_HEADERS = [
    b"[" * 4000,
    b'{"format": 1e999, "ticks_ms": -5, "leg": "\\u001b[31m", "settings": [1], "clock_s": true}',
    b'{"settings": {"athlete": "\\u202e[bold]x[/]", "nope": 1, "cue.learn_s": 1e9}, "ticks_ms": 99999999999999999999}',
    b"null",
    b"\xff\xfe",
]


@pytest.mark.parametrize("payload", HOSTILE_HEADERS)
def test_a_hostile_header_harms_nothing(payload):
    file = KneeFile()
    file.data = bytearray(log.SIGNATURE)
    file.sequence = 0
    file.block(log.HEADER, payload).stride_block(0, [ROW] * 30)
    shows(decode(bytes(file.data)))


def shows(session):
    """Everything that is computed from and shown of a session works on this one, and shows no control characters."""
    figures = summary(session)
    text = "\n".join(report.plain(figures))
    assert "\x1b" not in text and "\u202e" not in text
    assert len(session.strides) == len(session.t_ms) and len(session.events) <= len(session.event_records)
    assert len(session.raw) == len(session.raw_lsb)
    return figures


def mutate(data, edits):
    """Apply (kind, place as a share, length, byte) edits: the ways in which storage and wires fail."""
    data = bytearray(data)
    for kind, share, length, byte in edits:
        at = int(share * len(data))
        if kind == "flip":
            data[at : at + 1] = bytes([byte])
        elif kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at : at + length]
        elif kind == "double":
            data[at:at] = data[at : at + length]
        elif kind == "fill":
            data[at : at + length] = bytes([byte]) * length
    return bytes(data)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "drop", "double", "fill"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 600),
        st.integers(0, 255),
    ),
    max_size=5,
)
ORIGINAL = {row.tobytes() for row in decode(WHOLE).stride_records}


def check_mutated(edits):
    try:
        session = decode(mutate(WHOLE, edits))
    except KneesyncError as error:
        assert "\n" not in str(error)
        return
    # a CRC stands before every block: nothing that was not written comes out
    assert all(row.tobytes() in ORIGINAL for row in session.stride_records)
    assert len(session.t_ms) <= len(decode(WHOLE).t_ms)
    shows(session)


@settings(max_examples=60, deadline=None)
@given(EDITS)
@example([("cut", 0.5, 1, 0)])
def test_mutated_files_never_crash_the_decoder(edits):
    check_mutated(edits)


@settings(max_examples=60, deadline=None)
@given(EDITS, st.sampled_from([WHOLE, SMALL]), st.lists(st.integers(1, 5000), min_size=1, max_size=5))
@example([], SMALL, [1])
@example([("fill", 0.3, 2, 255)], WHOLE, [1, 3])
@example([("flip", 0.0, 1, 0)], SMALL, [2])
def test_a_file_that_comes_in_pieces_decodes_as_the_whole_does(edits, data, lengths):
    data = mutate(data, edits)
    decoder, at = Decoder("the file"), 0
    for length in itertools.cycle(lengths):
        decoder.take(data[at : at + length])
        at += length
        if at >= len(data):
            break
    assert outcome(decoder.session) == outcome(lambda: decode(data))


def outcome(decoded):
    """What a decoder gives, or the words with which it refuses."""
    try:
        session = decoded()
    except KneesyncError as error:
        return str(error).partition("found")[0]
    return {name: value.tobytes() if hasattr(value, "tobytes") else value for name, value in vars(session).items()}


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EDITS)
def test_mutated_files_never_crash_the_decoder_in_full_count(edits):
    check_mutated(edits)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), st.binary(min_size=1, max_size=200)), max_size=8))
def test_any_payload_in_sound_blocks_is_survived(blocks):
    file = KneeFile()
    for kind, payload in blocks:
        file.block(kind, payload)
    shows(decode(bytes(file.data)))


def test_times_are_ms_of_uptime_over_block_borders():
    session = decode(WHOLE)
    assert np.all(np.diff(session.t_ms) == session.stride_records["dt_ms"][1:])


BIG = bytes(tired_run(minutes=400).data)


@settings(max_examples=12, deadline=None)
@given(EDITS)
def test_decoding_what_is_left_of_a_file_takes_little_more_memory(edits):
    import tracemalloc

    data = mutate(BIG, edits)
    tracemalloc.start()
    try:
        decode(data)
    except KneesyncError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 3 * len(BIG)


@pytest.mark.parametrize("kind", ["strides", "raw", "events"])
def test_decoding_takes_little_more_memory_than_the_file(kind):
    import tracemalloc

    file = KneeFile()
    while len(file.data) < 400_000:
        if kind == "strides":
            file.stride_block(0, [ROW] * 370)
        elif kind == "raw":
            file.raw(0, [(1, 2, 3, 4, 5, 6)] * 300)
        else:
            file.events(*[(1, log.CUE, 0, 5)] * 220)
    data = bytes(file.data)
    tracemalloc.start()
    session = decode(data)
    assert tracemalloc.get_traced_memory()[1] < 2.5 * len(data)
    tracemalloc.stop()
    assert len(summary(session).cues) <= 500
