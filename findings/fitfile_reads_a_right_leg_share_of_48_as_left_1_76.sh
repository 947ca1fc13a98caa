#!/usr/bin/env bash
# `fitfile` (GarminDB's parser) reads "48 % on the right leg" as "Left 1.76 %"
#
# Expected: left_right_balance is one byte: bit 7 says that the share is the right leg's, bits 0 to 6 are per cent. 0xB0 is right,
#   48 %.
# Happens:  the text "Left 1.76 %": the side's bit is read as part of the number, which is then divided by 100.
# Matters:  the side is wrong, and the number belongs to no one: balance between the legs is what such a reading is for.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" fitfile==1.2.0 garmin-fit-sdk==21.218.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import datetime
import sys
from importlib.metadata import version

import fitfile
from garmin_fit_sdk import Encoder, Profile

START = datetime.datetime(2026, 5, 1, 6, 0, tzinfo=datetime.timezone.utc)

def fit(*messages):
    """The bytes of a FIT activity with these messages, by Garmin's encoder."""
    encoder = Encoder()
    first = {"type": "activity", "manufacturer": "development", "product": 1, "time_created": START, "serial_number": 1}
    for name, fields in (("FILE_ID", first), *messages):
        encoder.write_mesg({"mesg_num": Profile["mesg_num"][name], **fields})
    return encoder.close()

open("run.fit", "wb").write(fit(("RECORD", {"timestamp": START, "left_right_balance": 0x80 | 48})))
read = fitfile.file.File("run.fit", fitfile.field_enums.DisplayMeasure.metric)
balance = read[fitfile.MessageType.record][0].fields["left_right_balance"]
print("fitfile", version("fitfile"), "written: right, 48 %; read:", balance)
sys.exit(0 if balance == "Left 1.76 %" else "The behaviour changed.")
PY
