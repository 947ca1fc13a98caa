#!/usr/bin/env bash
# A developer field's scale is applied by one FIT reader and passed over by three
#
# Expected: a field_description has `scale` and `offset` like native fields have; 4150 with scale 100 is 41.5 for all.
# Happens:  fit-tool gives 41.5. Garmin's SDK, fitdecode and fitparse give 4150, under the same unit, "deg".
# Matters:  an angle stored as an integer in hundredths is right or wrong by a factor of 100, depending on who opens the
#   file. Only a float32 with no scale is read alike everywhere.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" garmin-fit-sdk==21.218.0 fitdecode==0.11.0 fitparse==1.2.0 fit-tool==0.9.16
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import datetime
import io
import sys
from importlib.metadata import version

import fitdecode
import fitparse
from fit_tool.fit_file import FitFile
from garmin_fit_sdk import Decoder, Encoder, Profile, Stream

START = datetime.datetime(2026, 5, 1, 6, 0, tzinfo=datetime.timezone.utc)

def fit(description, *records):
    """The bytes of a FIT activity whose records carry one developer field, by Garmin's encoder."""
    description = {"developer_data_index": 0, "field_definition_number": 0, "units": "deg", **description}
    encoder = Encoder()
    developer = {"developer_data_index": 0, "application_id": [1] * 16, "application_version": 1}
    encoder.add_developer_field(0, developer, description)
    first = {"type": "activity", "manufacturer": "development", "product": 1, "time_created": START, "serial_number": 1}
    start = (("FILE_ID", first), ("DEVELOPER_DATA_ID", developer), ("FIELD_DESCRIPTION", description))
    for name, fields in (*start, *(("RECORD", record) for record in records)):
        encoder.write_mesg({"mesg_num": Profile["mesg_num"][name], **fields})
    return encoder.close()

lift = {"fit_base_type_id": 0x84, "field_name": "knee_lift", "scale": 100, "offset": 0, "native_mesg_num": 20}
file = fit(lift, {"timestamp": START, "heart_rate": 120, "developer_fields": {0: 4150}})

seen = {}
messages, _ = Decoder(Stream.from_byte_array(bytearray(file))).read()
seen["garmin-fit-sdk"] = messages["record_mesgs"][0]["developer_fields"][0]
with fitdecode.FitReader(file) as reader:
    frames = [frame for frame in reader if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record"]
seen["fitdecode"] = frames[0].get_value("knee_lift")
seen["fitparse"] = next(fitparse.FitFile(io.BytesIO(file)).get_messages("record")).get_value("knee_lift")
records = [r.message for r in FitFile.from_bytes(file).records if not r.is_definition and r.message.name == "record"]
seen["fit-tool"] = records[0].get_developer_field_by_name("knee_lift").get_value()
for package, value in seen.items():
    print(f"{package:15}{version(package):10}{value} deg")
same = seen == {"garmin-fit-sdk": 4150, "fitdecode": 4150, "fitparse": 4150, "fit-tool": 41.5}
sys.exit(0 if same else "The behaviour changed.")
PY
