#!/usr/bin/env bash
# FIT times counted from power-on become dates in 1989, in Garmin's own SDK too
#
# Expected: a date_time below 0x10000000 is by the FIT profile seconds since the device was switched on, not since
#   1989-12-31; a reader gives the number, as fitdecode does, or says that the date is unknown.
# Happens:  Garmin's Python SDK and fit-tool give 1989-12-31 00:16:40 for the 1000th second.
# Matters:  a sensor or watch without GPS fix has no date yet. Taken for one, such a run sorts 36 years back, and a span from
#   its first record to the first after the fix is "36 years" long.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" garmin-fit-sdk==21.218.0 fit-tool==0.9.16 fitdecode==0.11.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import datetime
import sys
from importlib.metadata import version

import fitdecode
from fit_tool.fit_file import FitFile
from garmin_fit_sdk import Decoder, Encoder, Profile, Stream

START = datetime.datetime(2026, 5, 1, 6, 0, tzinfo=datetime.timezone.utc)

def fit(*messages):
    """The bytes of a FIT activity with these messages, by Garmin's encoder."""
    encoder = Encoder()
    first = {"type": "activity", "manufacturer": "development", "product": 1, "time_created": START, "serial_number": 1}
    for name, fields in (("FILE_ID", first), *messages):
        encoder.write_mesg({"mesg_num": Profile["mesg_num"][name], **fields})
    return encoder.close()

file = fit(("RECORD", {"timestamp": 1000, "heart_rate": 120}))
garmin = Decoder(Stream.from_byte_array(bytearray(file))).read()[0]["record_mesgs"][0]["timestamp"]
records = [r.message for r in FitFile.from_bytes(file).records if not r.is_definition and r.message.name == "record"]
tool = datetime.datetime.fromtimestamp(records[0].timestamp / 1000, datetime.timezone.utc)
with fitdecode.FitReader(file) as reader:
    frames = [frame for frame in reader if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record"]
decoded = frames[0].get_value("timestamp")
for package, time in (("garmin-fit-sdk", garmin), ("fit-tool", tool), ("fitdecode", decoded)):
    print(f"{package:15}{version(package):10}{time}")
same = garmin == tool == datetime.datetime(1989, 12, 31, 0, 16, 40, tzinfo=datetime.timezone.utc) and decoded == 1000
sys.exit(0 if same else "The behaviour changed.")
PY
