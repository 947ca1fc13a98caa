#!/usr/bin/env bash
# Three FIT readers give the times of four heart beats as three different things
#
# Expected: a heart-rate strap that recorded by itself (in water, or away from the watch) is stored as `hr` messages: a full
#   event_timestamp once, then four beats a message with 12-bit times (event_timestamp_12), counted on from the full one:
#   1001, 1002, 1003, 1004 s. Garmin's SDK gives these.
# Happens:  fitparse does not carry the full one over and gives 1.0 to 4.0 s; fitdecode gives dates, while its full one is
#   the number 1000.0. Both put the four under one name four times: get_value() gives the first beat only, and
#   fitparse's get_values() the last only.
# Matters:  heart rate is laid beside strides by these times. The field is there and looks right within one message.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" garmin-fit-sdk==21.218.0 fitdecode==0.11.0 fitparse==1.2.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import datetime
import io
import sys
from importlib.metadata import version

import fitdecode
import fitparse
from garmin_fit_sdk import Decoder, Encoder, Profile, Stream

START = datetime.datetime(2026, 5, 1, 6, 0, tzinfo=datetime.timezone.utc)

def fit(*messages):
    """The bytes of a FIT activity with these messages, by Garmin's encoder."""
    encoder = Encoder()
    first = {"type": "activity", "manufacturer": "development", "product": 1, "time_created": START, "serial_number": 1}
    for name, fields in (("FILE_ID", first), *messages):
        encoder.write_mesg({"mesg_num": Profile["mesg_num"][name], **fields})
    return encoder.close()

packed = sum((1024 * beat & 0xFFF) << 12 * place for place, beat in enumerate((1001, 1002, 1003, 1004)))
first = {"timestamp": START, "fractional_timestamp": 0.0, "filtered_bpm": [60], "event_timestamp": [1000.0]}
beats = {"filtered_bpm": [61, 62, 63, 64], "event_timestamp_12": list(packed.to_bytes(6, "little"))}
file = fit(("HR", first), ("HR", beats))

def times(message):
    return [field.value for field in message.fields if field.name == "event_timestamp"]

garmin = [hr["event_timestamp"] for hr in Decoder(Stream.from_byte_array(bytearray(file))).read()[0]["hr_mesgs"]]
with fitdecode.FitReader(file) as reader:
    frames = [frame for frame in reader if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "hr"]
decoded = [times(frame) for frame in frames]
messages = list(fitparse.FitFile(io.BytesIO(file)).get_messages("hr"))
parsed = [times(message) for message in messages]
print("garmin-fit-sdk", version("garmin-fit-sdk"), *garmin)
print("fitdecode", version("fitdecode"), decoded[0], [str(time) for time in decoded[1]])
print("fitparse", version("fitparse"), *parsed, "get_values():", messages[1].get_values()["event_timestamp"])
same = (
    garmin[1] == [1001, 1002, 1003, 1004]
    and decoded[0] == [1000.0]
    and decoded[1] == [START + datetime.timedelta(seconds=second) for second in (1, 2, 3, 4)]
    and parsed == [[1000.0], [1.0, 2.0, 3.0, 4.0]]
    and messages[1].get_values()["event_timestamp"] == 4.0
)
sys.exit(0 if same else "The behaviour changed.")
PY
