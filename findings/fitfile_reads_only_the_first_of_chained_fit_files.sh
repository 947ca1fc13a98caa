#!/usr/bin/env bash
# `fitfile` (GarminDB's parser) reads the first of chained FIT files and says nothing of the others
#
# Expected: the FIT protocol lets files be chained: whole files one behind the other in one. A reader gives all of them, as
#   Garmin's SDK and fitdecode do, or says that more follows.
# Happens:  the first file's records come back, the second's are missing, with no warning.
# Matters:  a multisport or interrupted activity is stored or joined this way by some devices and tools; half a run is
#   imported as a whole one.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" fitfile==1.2.0 garmin-fit-sdk==21.218.0 fitdecode==0.11.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import datetime
import sys
from importlib.metadata import version

import fitdecode
import fitfile
from garmin_fit_sdk import Decoder, Encoder, Profile, Stream

START = datetime.datetime(2026, 5, 1, 6, 0, tzinfo=datetime.timezone.utc)

def fit(*messages):
    """The bytes of a FIT activity with these messages, by Garmin's encoder."""
    encoder = Encoder()
    first = {"type": "activity", "manufacturer": "development", "product": 1, "time_created": START, "serial_number": 1}
    for name, fields in (("FILE_ID", first), *messages):
        encoder.write_mesg({"mesg_num": Profile["mesg_num"][name], **fields})
    return encoder.close()

minute = datetime.timedelta(minutes=1)
file = fit(("RECORD", {"timestamp": START, "heart_rate": 120})) + fit(("RECORD", {"timestamp": START + minute, "heart_rate": 130}))
open("run.fit", "wb").write(file)
garmin = [r["heart_rate"] for r in Decoder(Stream.from_byte_array(bytearray(file))).read()[0]["record_mesgs"]]
with fitdecode.FitReader(file) as reader:
    frames = [frame for frame in reader if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record"]
decoded = [frame.get_value("heart_rate") for frame in frames]
read = fitfile.file.File("run.fit", fitfile.field_enums.DisplayMeasure.metric)
parsed = [message.fields["heart_rate"] for message in read[fitfile.MessageType.record]]
for package, rates in (("garmin-fit-sdk", garmin), ("fitdecode", decoded), ("fitfile", parsed)):
    print(f"{package:15}{version(package):10}{rates}")
sys.exit(0 if garmin == decoded == [120, 130] and parsed == [120] else "The behaviour changed.")
PY
