#!/usr/bin/env bash
# fit-tool reads "no value" in a FIT record as a number: heart rate 255, position 180 degrees
#
# Expected: each FIT base type has one value that means "missing" (0xFF, 0xFFFF, 0x7FFFFFFF); a reader gives None, or
#   leaves the field out, as Garmin's SDK does.
# Happens:  fit-tool gives the bit pattern, scaled: 255 bpm, 4 294 967 m/s, 180 degrees east. `is_valid()` of the field is
#   True all the same.
# Matters:  watches write such records whenever a sensor has nothing yet: before the fix, in a tunnel, a strap that slips.
#   Maxima and means take these numbers in.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" fit-tool==0.9.16 garmin-fit-sdk==21.218.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import datetime
import sys
from importlib.metadata import version

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

empty = {"timestamp": START, "heart_rate": 255, "enhanced_speed": 0xFFFFFFFF / 1000, "position_long": 0x7FFFFFFF}
file = fit(("RECORD", empty))
garmin = Decoder(Stream.from_byte_array(bytearray(file))).read()[0]["record_mesgs"][0]
records = [r.message for r in FitFile.from_bytes(file).records if not r.is_definition and r.message.name == "record"]
tool = {field.name: (field.get_value(), field.is_valid()) for field in records[0].fields if field.size}
print("garmin-fit-sdk", version("garmin-fit-sdk"), garmin)
print("fit-tool", version("fit-tool"), "(value, is_valid):", tool)
same = list(garmin) == ["timestamp"] and tool["heart_rate"] == (255, True) and tool["position_long"][0] > 179
sys.exit(0 if same else "The behaviour changed.")
PY
