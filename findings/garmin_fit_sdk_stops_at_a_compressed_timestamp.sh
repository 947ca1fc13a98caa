#!/usr/bin/env bash
# Garmin's own Python FIT SDK stops reading at the first compressed-timestamp record
#
# Expected: records whose header carries the time as a 5-bit offset (the FIT protocol's compressed timestamp header) are
#   read like others, as other readers do; or read() raises.
# Happens:  read() returns normally with what stood before that record. Everything behind it is missing, records with
#   full timestamps and the session's totals too; only the second thing returned, a list of errors, says so.
# Matters:  loggers and older watches save 4 bytes a record that way. Who takes `messages, _ = decoder.read()` gets a run
#   that ends early and looks whole.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" garmin-fit-sdk==21.218.0 fitdecode==0.11.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import struct
import sys
from importlib.metadata import version

import fitdecode
from garmin_fit_sdk import CrcCalculator, Decoder, Stream

START = 1_146_550_400  # seconds of FIT time: a day in May 2026
content = bytes([0x40, 0, 0]) + struct.pack("<HB", 0, 2) + bytes([0, 1, 0, 4, 4, 0x86])  # file_id: type, time_created
content += bytes([0]) + struct.pack("<BI", 4, START)
content += bytes([0x41, 0, 0]) + struct.pack("<HB", 20, 2) + bytes([253, 4, 0x86, 3, 1, 2])  # record: timestamp, heart rate
content += bytes([0x42, 0, 0]) + struct.pack("<HB", 20, 1) + bytes([3, 1, 2])  # record: heart rate alone
content += bytes([1]) + struct.pack("<IB", START, 120)
for second in (1, 2, 3):
    content += bytes([0x80 | 2 << 5 | (START + second) & 31, 120 + second])
content += bytes([1]) + struct.pack("<IB", START + 4, 124)
header = struct.pack("<BBHI4s", 14, 0x20, 21218, len(content), b".FIT")
header += struct.pack("<H", CrcCalculator.calculate_crc(header, 0, len(header)))
file = header + content
file += struct.pack("<H", CrcCalculator.calculate_crc(file, 0, len(file)))

messages, errors = Decoder(Stream.from_byte_array(bytearray(file))).read()
garmin = [record["heart_rate"] for record in messages["record_mesgs"]]
with fitdecode.FitReader(file) as reader:
    frames = [frame for frame in reader if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record"]
other = [frame.get_value("heart_rate") for frame in frames]
print("fitdecode     ", version("fitdecode"), other)
print("garmin-fit-sdk", version("garmin-fit-sdk"), garmin, errors)
same = other == [120, 121, 122, 123, 124] and garmin == [120] and len(errors) == 1
sys.exit(0 if same else "The behaviour changed.")
PY
