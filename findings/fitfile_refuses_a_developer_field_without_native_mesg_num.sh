#!/usr/bin/env bash
# `fitfile` (GarminDB's parser) refuses a file whose developer field names no native message
#
# Expected: native_mesg_num in a field_description says which native field a developer field stands for. It is optional:
#   a field with no native counterpart has none, and the message that uses it is in any case the one that carries it.
# Happens:  the whole file is refused with "None is not a valid MessageType"; heart rate and pace are lost as well.
# Matters:  knee lift and ground contact of third parties are just such fields. A file that Garmin's own decoder reads
#   without a warning cannot be imported until its writer adds native_mesg_num.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" fitfile==1.2.0 garmin-fit-sdk==21.218.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import datetime
import sys
from importlib.metadata import version

import fitfile
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

record = {"timestamp": START, "heart_rate": 120, "developer_fields": {0: 41.5}}
lift = {"fit_base_type_id": 0x88, "field_name": "knee_lift"}

def read(description):
    open("run.fit", "wb").write(fit(description, record))
    try:
        file = fitfile.file.File("run.fit", fitfile.field_enums.DisplayMeasure.metric)
    except ValueError as error:
        return str(error)
    return file[fitfile.MessageType.record][0].fields

_, errors = Decoder(Stream.from_byte_array(bytearray(fit(lift, record)))).read()
named, unnamed = read({**lift, "native_mesg_num": 20}), read(lift)
print("garmin-fit-sdk", version("garmin-fit-sdk"), "errors:", errors)
print("fitfile", version("fitfile"), "with native_mesg_num:   ", named)
print("fitfile", version("fitfile"), "without native_mesg_num:", unnamed)
same = not errors and named["dev_knee_lift"] == 41.5 and unnamed == "None is not a valid MessageType"
sys.exit(0 if same else "The behaviour changed.")
PY
