"""A FIT file message by message, each as the bytes that it is: the layer that both reading and merging stand on.

Source: Flexible and Interoperable Data Transfer (FIT) Protocol. One or more files one behind the other ("chained"): a
header of 12 or 14 bytes, messages, a CRC. A definition message says what the data messages of its local number hold,
until the next definition of that number. Libraries decode values and leave out what they do not know, or cannot do
compressed timestamps (garmin-fit-sdk 21.218); here every byte keeps its place, in bounded memory.

for part in parts(data, "run.fit"):
    for message in messages(data, part, "run.fit"):
        if message.definition is not None and message.definition.number == RECORD: ...
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from kneesync import untrusted
from kneesync.errors import KneesyncError

MOST_FILE_BYTES = 32 << 20  # a day of running, a record each second with forty fields, has a tenth
MOST_MESSAGES = 300_000  # three days of records each second
EPOCH_UNIX_S = 631_065_600  # FIT counts seconds from 1989-12-31T00:00:00Z
EARLIEST_S = 0x10000000  # a timestamp below this counts from the device's start: its clock was never set

FILE_ID, SPORT, SESSION, RECORD, EVENT, FIELD_DESCRIPTION, DEVELOPER_DATA_ID = 0, 12, 18, 20, 21, 206, 207
TIMESTAMP = 253
HEADER_BYTES = 12
CRC_BYTES = 2
_COMPRESSED, _IS_DEFINITION, HAS_DEVELOPER_FIELDS = 0x80, 0x40, 0x20

# base type (without its endian bit): bytes, signed, invalid value
_WHOLE = {
    0x00: (1, False, 0xFF),
    0x01: (1, True, 0x7F),
    0x02: (1, False, 0xFF),
    0x03: (2, True, 0x7FFF),
    0x04: (2, False, 0xFFFF),
    0x05: (4, True, 0x7FFFFFFF),
    0x06: (4, False, 0xFFFFFFFF),
    0x0A: (1, False, 0),
    0x0B: (2, False, 0),
    0x0C: (4, False, 0),
}


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)  # noqa: PLW2901 - one bit a round
        table.append(value)
    return table


_CRC = _crc_table()


def crc16(data: bytes, crc: int = 0) -> int:
    """FIT's CRC-16 (polynomial 0x8005, reflected) of bytes, going on from `crc`."""
    table = _CRC
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


class Part(NamedTuple):
    """One FIT file of a chain: where it stands in the bytes."""

    start: int
    header_bytes: int
    end: int  # of the messages; two bytes of CRC follow


class Definition(NamedTuple):
    """What data messages of a local number hold."""

    number: int  # global message number
    endian: Literal["little", "big"]
    fields: dict  # field number -> (offset in the payload, bytes, base type); the first of a number counts
    developer: tuple  # (field number, bytes, developer data index) each
    payload_bytes: int


class Message(NamedTuple):
    """One message: data[start:end]. `definition` is None for a definition message, which `defines` describes."""

    start: int
    end: int
    local: int
    definition: Definition | None
    defines: Definition | None
    time_s: int | None  # FIT seconds: its own, else the last known before it

    def value(self, data: bytes, field_number: int) -> int | None:
        """A field's whole number, unscaled; None where it is absent, invalid, a text or an array."""
        return None if self.definition is None else whole(data, self.start + 1, self.definition, field_number)


def whole(data: bytes, payload_at: int, definition: Definition, field_number: int) -> int | None:
    """A field's whole number of the payload that starts at `payload_at`; None if there is none."""
    found = definition.fields.get(field_number)
    if found is None:
        return None
    offset, size, base_type = found
    kind = _WHOLE.get(base_type & 0x1F)
    if kind is None or kind[0] != size:
        return None
    at = payload_at + offset
    value = int.from_bytes(data[at : at + size], definition.endian, signed=kind[1])
    return None if value == kind[2] else value


def read(path: str | Path) -> tuple[bytes, str]:
    """(bytes of the file at `path`, what to call it in errors). KneesyncError if it cannot be or is too large."""
    shown = untrusted.printable(str(path), 200)
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise KneesyncError(f"cannot read {shown}: {error.strerror or error}; pass the watch's .fit file") from None
    if len(data) > MOST_FILE_BYTES:
        raise KneesyncError(
            f"{shown} has more than {MOST_FILE_BYTES >> 20} MB, a run's FIT file at most a few; is it the right file?"
        )
    return data, shown


def parts(data: bytes, called: str) -> list[Part]:
    """The Parts of a FIT file's bytes, CRCs checked. KneesyncError in one line if it is none, cut or damaged."""
    found, at = [], 0
    while at < len(data):
        header_bytes = data[at]
        if len(data) - at < HEADER_BYTES or data[at + 8 : at + 12] != b".FIT" or header_bytes < HEADER_BYTES:
            if found:
                raise KneesyncError(
                    f"{called} is damaged: {len(data) - at} bytes after its end are no FIT file; export it again"
                )
            break
        size = struct.unpack_from("<I", data, at + 4)[0]
        end = at + header_bytes + size
        if size == 0 or end + CRC_BYTES > len(data):
            held = max(0, len(data) - at - header_bytes - CRC_BYTES)
            raise KneesyncError(
                f"{called} is cut or was never closed: its header promises {size} bytes of messages, "
                f"the file holds {held}; copy or export it again"
            )
        _check_header(data, at, header_bytes, called)
        stored = int.from_bytes(data[end : end + CRC_BYTES], "little")
        computed = crc16(data[at:end])
        if stored != computed:
            raise KneesyncError(
                f"{called} is damaged: found checksum {stored:#06x}, its bytes give {computed:#06x}; "
                "copy or export it again"
            )
        found.append(Part(at, header_bytes, end))
        at = end + CRC_BYTES
    if not found:
        head = untrusted.printable(repr(bytes(data[:12])))
        raise KneesyncError(
            f"{called} is no FIT file: found {head} at its start, expected a header with .FIT; "
            "pass the activity file that the watch or its app exports"
        )
    return found


def _check_header(data, at, header_bytes, called):
    if header_bytes < HEADER_BYTES + CRC_BYTES:
        return
    stored = int.from_bytes(data[at + header_bytes - CRC_BYTES : at + header_bytes], "little")
    if stored and stored != crc16(data[at : at + header_bytes - CRC_BYTES]):  # 0: not computed, which FIT allows
        raise KneesyncError(f"{called} is damaged: its header's checksum is wrong; copy or export it again")


def messages(data: bytes, part: Part, called: str) -> Iterator[Message]:
    """Each Message of a part, in order. KneesyncError where the messages contradict themselves."""
    known, time_s, count = {}, None, 0
    at = part.start + part.header_bytes
    while at < part.end:
        count += 1
        if count > MOST_MESSAGES:
            raise KneesyncError(f"{called} has more than {MOST_MESSAGES} messages, a run at most some ten thousand")
        head = data[at]
        if head & _IS_DEFINITION and not head & _COMPRESSED:
            local = head & 15
            definition, end = _definition(data, at, part.end, called)
            known[local] = definition
            yield Message(at, end, local, None, definition, time_s)
            at = end
            continue
        local = head >> 5 & 3 if head & _COMPRESSED else head & 15
        definition = known.get(local)
        if definition is None:
            raise KneesyncError(
                f"{called} is damaged: a message at byte {at} has no definition before it; export it again"
            )
        end = at + 1 + definition.payload_bytes
        if end > part.end:
            raise _past_the_end(called, at)
        if head & _COMPRESSED:
            if time_s is not None:  # five bits of the second, forward from the last known
                time_s += (head - time_s) & 0x1F
        else:
            own_s = whole(data, at + 1, definition, TIMESTAMP)
            time_s = time_s if own_s is None else own_s
        yield Message(at, end, local, definition, None, time_s)
        at = end


def _definition(data, at, end, called):
    """(Definition, where it ends) of the definition message at `at`."""
    fields_at = at + 6
    if fields_at > end:
        raise _past_the_end(called, at)
    architecture, count = data[at + 2], data[at + 5]
    if architecture > 1:
        raise KneesyncError(f"{called} is damaged: byte order {architecture} at byte {at}, expected 0 or 1")
    endian: Literal["little", "big"] = "big" if architecture else "little"
    number = int.from_bytes(data[at + 3 : at + 5], endian)
    developer_at = fields_at + 3 * count
    if developer_at + 1 > end + 1:
        raise _past_the_end(called, at)
    fields, offset = {}, 0
    for i in range(fields_at, developer_at, 3):
        fields.setdefault(data[i], (offset, data[i + 1], data[i + 2]))
        offset += data[i + 1]
    developer, stop = (), developer_at
    if data[at] & HAS_DEVELOPER_FIELDS:
        if developer_at >= end:
            raise _past_the_end(called, at)
        first, stop = developer_at + 1, developer_at + 1 + 3 * data[developer_at]
        if stop > end:
            raise _past_the_end(called, at)
        developer = tuple((data[i], data[i + 1], data[i + 2]) for i in range(first, stop, 3))
        offset += sum(size for _, size, _ in developer)
    return Definition(number, endian, fields, developer, offset), stop


def _past_the_end(called, at):
    return KneesyncError(f"{called} is damaged: the message at byte {at} goes past the file's end; export it again")
