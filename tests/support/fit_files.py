"""FIT files for tests, message by message, with every liberty that the protocol gives; and readers to judge by."""

import struct

import numpy as np

from kneesync.formats import fit

UINT8, SINT8, UINT16, UINT32, STRING, BYTE, FLOAT32 = 0x02, 0x01, 0x84, 0x86, 0x07, 0x0D, 0x88
START_S = 1_100_000_000  # FIT seconds: November 2024
RECORD = ((253, UINT32), (5, UINT32), (73, UINT32), (78, UINT32), (3, UINT8), (4, UINT8), (53, UINT8))
_CODES = {UINT8: "B", SINT8: "b", UINT16: "H", UINT32: "I", FLOAT32: "f"}


class FitFile:
    """A FIT file's messages so far; data() closes it."""

    def __init__(self, protocol=0x10, header_bytes=14):
        self.body = bytearray()
        self.protocol, self.header_bytes = protocol, header_bytes
        self._endian = {}

    def define(self, local, number, fields, developer=(), big=False):
        """fields: (number, base type) or (number, base type, bytes); developer: (number, bytes, index)."""
        order = self._endian[local] = ">" if big else "<"
        self.body += struct.pack("BBB", 0x40 | local | (0x20 if developer else 0), 0, big)
        self.body += struct.pack(order + "HB", number, len(fields))
        for field, base, *size in fields:
            self.body += bytes([field, size[0] if size else struct.calcsize("<" + _CODES[base]), base])
        if developer:
            self.body += bytes([len(developer)]) + b"".join(bytes(one) for one in developer)
        return self

    def message(self, local, codes, *values):
        self.body += bytes([local]) + struct.pack(self._endian[local] + codes, *values)
        return self

    def compressed(self, local, offset_s, codes, *values):
        self.body += bytes([0x80 | local << 5 | offset_s & 31]) + struct.pack(self._endian[local] + codes, *values)
        return self

    def file_id(self, local=0):
        self.define(local, fit.FILE_ID, ((0, UINT8), (1, UINT16), (2, UINT16), (3, 0x8C, 4), (4, UINT32)))
        return self.message(local, "BHHII", 4, 1, 4375, 3500001234, START_S)

    def track(self, local, t_s, spm, speed_mps, altitude_m, heart_rate, start_s=START_S, big=False):
        """Records of RECORD's fields; NaN becomes FIT's invalid value."""
        self.define(local, fit.RECORD, RECORD, big=big)
        distance_m = 0.0
        for i, second in enumerate(t_s):
            distance_m += 0 if np.isnan(speed_mps[i]) else speed_mps[i] * (second - t_s[i - 1] if i else 0)
            strides = spm[i] / 2
            self.message(
                local, "IIIIBBB", start_s + round(second), round(distance_m * 100),
                _raw(speed_mps[i], 1000, 0, 0xFFFFFFFF), _raw(altitude_m[i], 5, 500, 0xFFFFFFFF),
                _raw(heart_rate[i], 1, 0, 0xFF), _raw(np.floor(strides), 1, 0, 0xFF), _raw(strides % 1, 128, 0, 0xFF),
            )  # fmt: skip
        return self

    def data(self):
        header = struct.pack("<BBHI4s", self.header_bytes, self.protocol, 21218, len(self.body), b".FIT")
        if self.header_bytes == 14:
            header += struct.pack("<H", fit.crc16(header))
        whole = header + bytes(self.body)
        return whole + struct.pack("<H", fit.crc16(whole))


def _raw(value, scale, offset, invalid):
    return invalid if np.isnan(value) else round((value + offset) * scale)


def even_run(minutes=20, local=0, big=False, protocol=0x10, start_s=START_S):
    """A plain run: a record a second, 3 m/s, altitude rising 1 m in 50."""
    t_s = np.arange(minutes * 60.0)
    wave = np.sin(t_s / 7)
    file = FitFile(protocol).file_id()
    return file.track(local, t_s, 166 + np.rint(2 * wave), np.full(len(t_s), 3.0), 200 + 0.06 * t_s, 150 + 0 * t_s,
                      start_s, big)  # fmt: skip


def liberties():
    """name -> bytes of FIT files that use what the protocol allows, all decodable by garmin-fit-sdk."""
    files = {"even": even_run(2).data(), "big-endian": even_run(2, big=True).data()}
    files["local 15, header of 12"] = even_run(2, local=15).data()
    twelve = even_run(2)
    twelve.header_bytes = 12
    files["local 15, header of 12"] = twelve.data()

    redefined = FitFile(0x20).file_id(3)
    redefined.define(3, fit.DEVELOPER_DATA_ID, ((1, BYTE, 16), (3, UINT8)))
    redefined.message(3, "16sB", bytes(range(16)), 0)
    redefined.define(3, fit.FIELD_DESCRIPTION, ((0, UINT8), (1, UINT8), (2, UINT8), (3, STRING, 6), (8, STRING, 2)))
    redefined.message(3, "BBB6s2s", 0, 7, UINT16, b"Power\0", b"W\0")
    redefined.define(5, 0xFF05, ((1, UINT8), (77, UINT16)))  # a message and fields that no profile knows
    redefined.define(3, fit.RECORD, ((253, UINT32), (4, UINT8), (201, UINT16)), ((7, 2, 0),))
    redefined.define(8, fit.RECORD, ((253, UINT32), (3, UINT8)), big=True)
    for i in range(300):
        redefined.message(3, "IBHH", START_S + i, 80 + i % 5, i, 250 + i % 20)
        if i % 3 == 0:
            redefined.message(8, "IB", START_S + i, 140)
        if i % 50 == 0:
            redefined.message(5, "BH", i % 7, i)
        if i == 150:  # the same local number for something else, and back
            redefined.define(3, fit.EVENT, ((253, UINT32), (0, UINT8), (1, UINT8)))
            redefined.message(3, "IBB", START_S + i, 0, 4).message(3, "IBB", START_S + i + 1, 0, 0)
            redefined.define(3, fit.RECORD, ((253, UINT32), (5, UINT32), (4, UINT8), (201, UINT16)), ((7, 2, 0),))
            for k in range(20):
                redefined.message(3, "IIBHH", START_S + i + k, 300 * k, 81, k, 251)
            redefined.define(3, fit.RECORD, ((253, UINT32), (4, UINT8), (201, UINT16)), ((7, 2, 0),), big=True)
    files["redefined, unknown, developer fields"] = redefined.data()

    full = FitFile().file_id(0)
    for local in range(16):
        full.define(local, fit.RECORD, ((253, UINT32), (3, UINT8)))
    for i in range(160):
        full.message(i % 16, "IB", START_S + i, 100 + i % 16)
    files["all sixteen local numbers"] = full.data()
    files["chained"] = (
        even_run(2, start_s=START_S - 900).data()
        + FitFile().file_id().data()
        + files["redefined, unknown, developer fields"]
    )
    return files


def compressed():
    """Compressed timestamps, which garmin-fit-sdk refuses: records 7 s apart, past several roll-overs."""
    file = FitFile().file_id()
    file.define(1, fit.RECORD, ((253, UINT32), (4, UINT8)))
    file.define(2, fit.RECORD, ((4, UINT8), (3, UINT8)))
    file.message(1, "IB", START_S, 83)
    for i in range(1, 40):
        file.compressed(2, START_S + 7 * i, "BB", 80 + i % 4, 150)
    return file.data()


def garmin(data):
    """All messages as garmin-fit-sdk decodes them, in order: [(number, dict)]. Asserts that it has no complaint."""
    from garmin_fit_sdk import Decoder, Stream

    found = []
    _, errors = Decoder(Stream.from_byte_array(bytearray(data))).read(
        mesg_listener=lambda number, message: found.append((number, _plain(message))), merge_heart_rates=False
    )
    assert errors == []
    return found


def _plain(message):
    """A message's values; NaN as a word, so that it equals itself."""
    return {
        name: _plain(value) if isinstance(value, dict) else "nan" if value != value else value
        for name, value in message.items()
    }


def records_of(data):
    """fit-tool's reading of the records' bytes, chained and compressed too: [(number, payload, time)]."""
    from fit_tool.wire import decode_bytes
    from fit_tool.wire.model import RawDataRecord

    return [
        record
        for segment in decode_bytes(data).segments
        for record in segment.records
        if isinstance(record, RawDataRecord)
    ]
