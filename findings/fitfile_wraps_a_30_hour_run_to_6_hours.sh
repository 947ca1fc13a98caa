#!/usr/bin/env bash
# `fitfile` (GarminDB's parser) turns a run of 30 hours into one of 6
#
# Expected: total_elapsed_time, a number of seconds in FIT, comes back as a duration.
# Happens:  it comes back as datetime.time, a time of day: whole days fall away without a word. 108,000 s read 06:00.
# Matters:  24-hour and 100-mile runs exist, and a pause overnight counts into elapsed time. Pace and load computed from it
#   are wrong by a factor, and datetime.time cannot be added or divided, so that a caller's conversion hides the cause.
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

hours = datetime.timedelta(hours=30)
session = {"timestamp": START + hours, "start_time": START, "total_elapsed_time": hours.total_seconds()}
open("ultra.fit", "wb").write(fit(("SESSION", session)))
read = fitfile.file.File("ultra.fit", fitfile.field_enums.DisplayMeasure.metric)
fields = read[fitfile.MessageType.session][0].fields
print("fitfile", version("fitfile"), "written:", session["total_elapsed_time"], "s; read:", repr(fields["total_elapsed_time"]))
sys.exit(0 if fields["total_elapsed_time"] == datetime.time(6, 0) else "The behaviour changed.")
PY
