#!/usr/bin/env bash
# c3d reads files with no analog channel or two, but none with one
#
# Expected: one analog channel beside the markers (a foot switch, one gyroscope axis) is read like two.
# Happens:  read_frames() ends in an AssertionError, "OFFSET: cannot get value as int16 array": a parameter with one value may
#   be stored without dimensions in C3D, as ezc3d does, and c3d wants at least one.
# Matters:  gait recordings with a single synchronising channel are usual. The markers cannot be read either, and the message
#   points at a parameter nobody set.
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

def read(channels):
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [100]
    file["parameters"]["POINT"]["LABELS"]["value"] = ("KNEE",)
    file["data"]["points"] = np.ones((4, 1, 50))
    if channels:
        file["parameters"]["ANALOG"]["RATE"]["value"] = [1000]
        file["parameters"]["ANALOG"]["LABELS"]["value"] = tuple(f"SWITCH{number}" for number in range(channels))
        file["data"]["analogs"] = np.zeros((1, channels, 500))
    file.write("run.c3d")
    with open("run.c3d", "rb") as stream:
        try:
            return len(list(c3d.Reader(stream).read_frames()))
        except AssertionError as error:
            return str(error)

frames = [read(channels) for channels in (0, 1, 2)]
print("ezc3d", version("ezc3d"), "c3d", version("c3d"), "frames with 0, 1, 2 channels:", frames)
same = frames[0] == frames[2] == 50 and "OFFSET" in str(frames[1])
sys.exit(0 if same else "The behaviour changed.")
PY
