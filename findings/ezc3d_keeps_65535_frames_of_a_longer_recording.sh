#!/usr/bin/env bash
# ezc3d writes and reads back 65,535 frames of a recording of 70,000, and says nothing; c3d reads none of them
#
# Expected: 70,000 frames come back as 70,000, or writing refuses. The header's frame numbers have 16 bits, but C3D has had
#   wider ones in its parameters (TRIAL:ACTUAL_END_FIELD, POINT:LONG_FRAMES) for long.
# Happens:  ezc3d gives 65,535 after write and read, with no warning. c3d's read_frames() on the same file gives 0 frames: it
#   counts in 16 bits as well, and 65,535 + 1 is 0.
# Matters:  at 100 Hz that is 10 min 55 s, at 200 Hz half of it: a treadmill run for fatigue loses its end, which is the part
#   that the study is about.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" ezc3d==1.7.2 c3d==0.6.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
import c3d
import ezc3d
import numpy as np

FRAMES = 70_000
file = ezc3d.c3d()
file["parameters"]["POINT"]["RATE"]["value"] = [100]
file["parameters"]["POINT"]["LABELS"]["value"] = ("KNEE",)
points = np.ones((4, 1, FRAMES))
points[0, 0] = np.arange(FRAMES)
file["data"]["points"] = points
file.write("run.c3d")
by_ezc3d = ezc3d.c3d("run.c3d")["data"]["points"].shape[2]
with open("run.c3d", "rb") as stream:
    by_c3d = sum(1 for _ in c3d.Reader(stream).read_frames())
print("written", FRAMES, "frames; ezc3d", version("ezc3d"), "reads", by_ezc3d, "and c3d", version("c3d"), "reads", by_c3d)
sys.exit(0 if (by_ezc3d, by_c3d) == (65535, 0) else "The behaviour changed.")
PY
