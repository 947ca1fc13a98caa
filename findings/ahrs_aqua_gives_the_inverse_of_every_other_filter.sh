#!/usr/bin/env bash
# Of the filters in `ahrs` AQUA gives the inverse rotation
#
# Expected: filters of one package, called alike and fed the same samples, give the same attitude: for a body rolled by 30
#   degrees (it measures 0.5 g along y, 0.87 g along z) a roll of 30.
# Happens:  Madgwick, Mahony, EKF and Complementary give +30, AQUA -30, and for turns about the vertical the same: its
#   quaternions turn from the earth to the body, theirs from the body to the earth. Nothing in the call or in the
#   attribute's name (`Q`) shows it.
# Matters:  swapping one filter for another to compare them is what the package is for; knee lift turns into extension.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" ahrs==0.4.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import sys
from importlib.metadata import version

import numpy as np
from ahrs import Quaternion
from ahrs.filters import AQUA, EKF, Complementary, Madgwick, Mahony

tilt = np.radians(30)
acc = np.tile(9.80665 * np.array([0, np.sin(tilt), np.cos(tilt)]), (200, 1))
gyr = np.zeros_like(acc)
print("ahrs", version("ahrs"))
roll = {}
for kind in (Madgwick, Mahony, EKF, Complementary, AQUA):
    attitude = Quaternion(kind(gyr=gyr, acc=acc, frequency=100.0).Q[-1])
    roll[kind.__name__] = np.degrees(attitude.to_angles()[0])
    print(f"{kind.__name__:15}{roll[kind.__name__]:8.2f} degrees")
same = abs(roll.pop("AQUA") + 30) < 0.5 and all(abs(angle - 30) < 0.5 for angle in roll.values())
sys.exit(0 if same else "The behaviour changed.")
PY
