"""A watch's FIT file with knee lift in it: every message of the original stays, byte for byte and in its order.

Libraries that decode and encode again drop what they do not know. Here the messages are copied as bytes. Added are, in
each chained file that has records: who the developer fields are from and what they mean, right before the first
definition of records (whose local number they borrow: it is defined anew next), a developer field list behind each
definition of records, and the values behind each record. Header and CRC are renewed.
"""

import struct
from typing import NamedTuple

import numpy as np

from kneesync.errors import KneesyncError
from kneesync.export import knee_fields
from kneesync.formats import fit
from kneesync.formats.session import Session

_PROTOCOL_2 = 0x20  # developer fields came with protocol 2.0
_MOST_FIELDS = 255
_BYTE, _UINT8, _UINT16, _UINT32, _STRING = 0x0D, 0x02, 0x84, 0x86, 0x07


class Track(NamedTuple):
    """One session as it lies in a watch's file."""

    session: Session
    start_unix_s: float  # of the session's time 0, by the watch's clock
    leg: str | None  # "L" or "R" where two sessions go into one file, else None


def merged(data, called, tracks):
    """The bytes of a FIT file with the tracks' knee lift in its records. KneesyncError if it cannot hold them."""
    parts = fit.parts(data, called)
    written = bytearray()
    records = 0
    for part in parts:
        messages = list(fit.messages(data, part, called))
        number = _free_index(data, messages, called)
        times_s = np.array(
            [
                np.nan if message.time_s is None else message.time_s + fit.EPOCH_UNIX_S
                for message in messages
                if _is_record(message)
            ]
        )
        records += len(times_s)
        written += (
            _part(data, part, messages, number, _values(tracks, times_s), tracks)
            if len(times_s)
            else (data[part.start : part.end + fit.CRC_BYTES])
        )
    if not records:
        raise KneesyncError(f"{called} has no records to put knee lift in; pass the watch's activity file")
    return bytes(written)


def _is_record(message):
    return message.definition is not None and message.definition.number == fit.RECORD


def _free_index(data, messages, called):
    """A developer data index that no message of this file uses."""
    used = set()
    for message in messages:
        if message.defines is not None:
            used.update(index for _, _, index in message.defines.developer)
        elif message.definition.number in (fit.DEVELOPER_DATA_ID, fit.FIELD_DESCRIPTION):
            used.add(message.value(data, 3 if message.definition.number == fit.DEVELOPER_DATA_ID else 0))
            if knee_fields.APPLICATION_ID in data[message.start : message.end]:
                raise KneesyncError(
                    f"{called} has kneesync's knee lift in it already; pass the file as the watch made it"
                )
    free = [index for index in range(255) if index not in used]
    if not free:
        raise KneesyncError(f"{called} has 255 sources of developer fields: there is no room for one more")
    return free[0]


def _fields(tracks):
    found = []
    for track in tracks:
        found += knee_fields.fields(track.leg, len(found))
    return found


def _values(tracks, times_s):
    """float32 (records, fields): what each record carries; NaN where nothing is known."""
    columns = []
    order = np.argsort(times_s, kind="stable")
    for track in tracks:
        chosen = knee_fields.fields(track.leg)
        found = np.full((len(times_s), len(chosen)), np.nan)
        found[order] = knee_fields.at_records(track.session, chosen, times_s[order] - track.start_unix_s)
        columns.append(found)
    return np.concatenate(columns, axis=1)


def _part(data, part, messages, index, values, tracks):
    """One FIT file of a chain with the values in its records."""
    fields = _fields(tracks)
    width = len(fields)
    listed = b"".join(struct.pack("BBB", field.number, 4, index) for field in fields)
    little, big = (_packed(values, order) for order in "<>")
    body = bytearray()
    introduced, record = False, 0
    for message in messages:
        raw = data[message.start : message.end]
        if message.defines is not None and message.defines.number == fit.RECORD:
            if not introduced:
                body += _introduction(message.local, index, fields)
                introduced = True
            body += _extended(raw, message.defines, listed, width)
        elif _is_record(message):
            packed = big if message.definition.endian == "big" else little
            body += raw + packed[record]
            record += 1
        else:
            body += raw
    return _closed(data[part.start : part.start + part.header_bytes], body)


def _packed(values, order):
    """The bytes of each row; a NaN as FIT's invalid float."""
    rows = values.astype(order + "f4")
    bits = rows.view(order + "u4")
    bits[np.isnan(values)] = 0xFFFFFFFF
    return [row.tobytes() for row in bits]


def _extended(raw, definition, listed, width):
    """A definition message of records with our fields behind its own."""
    count = len(definition.developer)
    if count + width > _MOST_FIELDS:
        raise KneesyncError(f"found {count} developer fields in a record, expected at most {_MOST_FIELDS - width}")
    if count or raw[0] & fit.HAS_DEVELOPER_FIELDS:
        at = len(raw) - 3 * count - 1
        return raw[:at] + bytes([count + width]) + raw[at + 1 :] + listed
    return bytes([raw[0] | fit.HAS_DEVELOPER_FIELDS]) + raw[1:] + bytes([width]) + listed


def _introduction(local, index, fields):
    """Who the fields are from and what they are, under the local number that is defined anew right after."""
    said = _definition(local, fit.DEVELOPER_DATA_ID, [(1, 16, _BYTE), (3, 1, _UINT8), (4, 4, _UINT32)])
    said += bytes([local]) + knee_fields.APPLICATION_ID + bytes([index])
    said += struct.pack("<I", knee_fields.APPLICATION_VERSION)
    for field in fields:
        name, units = (text.encode() + b"\0" for text in (field.name, field.units))
        said += _definition(
            local,
            fit.FIELD_DESCRIPTION,
            [(0, 1, _UINT8), (1, 1, _UINT8), (2, 1, _UINT8), (3, len(name), _STRING), (8, len(units), _STRING)],
        )
        said += bytes([local, index, field.number, knee_fields.FLOAT32]) + name + units
    return said


def _definition(local, number, fields):
    head = struct.pack("<BBBHB", 0x40 | local, 0, 0, number, len(fields))
    return head + b"".join(bytes(field) for field in fields)


def _closed(header, body):
    """A FIT file of a header, which is brought up to date, and messages."""
    header = bytearray(header)
    header[1] = max(header[1], _PROTOCOL_2)
    struct.pack_into("<I", header, 4, len(body))
    if len(header) >= fit.HEADER_BYTES + fit.CRC_BYTES:
        struct.pack_into("<H", header, len(header) - 2, fit.crc16(bytes(header[:-2])))
    whole = bytes(header) + bytes(body)
    return whole + struct.pack("<H", fit.crc16(whole))
