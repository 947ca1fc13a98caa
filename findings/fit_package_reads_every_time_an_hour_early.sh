#!/usr/bin/env bash
# The PyPI package `fit` reads every FIT time one hour early
#
# Expected: FIT counts seconds from 1989-12-31 00:00 UTC (631065600 in Unix time); a reader adds that number.
# Happens:  `fit` adds 631062000, 3,600 s less: every timestamp is an hour early, in UTC as in any other zone, all year.
# Matters:  records that are matched with another sensor by the clock land an hour away. Within the file all is
#   consistent, so that nothing but a second source shows it; it passes for a zone or summer time fault.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" fit==0.5.1 garmin-fit-sdk==21.218.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import datetime
import os
import sys
import time
from importlib.metadata import version

os.environ["TZ"] = "UTC"
time.tzset()
import fit as fit_package
from garmin_fit_sdk import Decoder, Encoder, Profile, Stream

START = datetime.datetime(2026, 5, 1, 6, 0, tzinfo=datetime.timezone.utc)

def fit(*messages):
    """The bytes of a FIT activity with these messages, by Garmin's encoder."""
    encoder = Encoder()
    first = {"type": "activity", "manufacturer": "development", "product": 1, "time_created": START, "serial_number": 1}
    for name, fields in (("FILE_ID", first), *messages):
        encoder.write_mesg({"mesg_num": Profile["mesg_num"][name], **fields})
    return encoder.close()

file = fit(("RECORD", {"timestamp": START, "heart_rate": 120}))
open("run.fit", "wb").write(file)
garmin = Decoder(Stream.from_byte_array(bytearray(file))).read()[0]["record_mesgs"][0]["timestamp"]
record = [message for message in fit_package.FitFile.open("run.fit") if type(message).__name__ == "Record"][0]
print("written            ", START)
print("garmin-fit-sdk", version("garmin-fit-sdk"), garmin)
print("fit", version("fit"), "         ", record)
same = garmin == START and "timestamp=2026-05-01 05:00:00" in str(record)
sys.exit(0 if same else "The behaviour changed.")
PY
