#!/usr/bin/env bash
# ahrs' complementary filter without a magnetometer reports no heading change at all
#
# Expected: a gyroscope that turns by 90 degrees about the vertical in 1 s turns the attitude by 90 degrees, as Madgwick, Mahony
#   and EKF of the same package say. Without a magnetometer the gyroscope is the only source of heading, drift or not.
# Happens:  Complementary gives 0: each sample it mixes in a heading of 0 as if it had been measured.
# Matters:  a U-turn, or the thigh's own axial rotation, vanishes and is not drift: it is pulled back within a tenth of a
#   second. Compared with the other filters on one recording it looks the steadiest.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" ahrs==0.4.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import sys
from importlib.metadata import version

import numpy as np
from ahrs import Quaternion
from ahrs.filters import EKF, Complementary, Madgwick, Mahony

RATE = 100.0
gyr = np.zeros((101, 3))
gyr[:, 2] = np.pi / 2  # rad/s about the vertical, for 1 s
acc = np.tile([0.0, 0.0, 9.80665], (101, 1))
print("ahrs", version("ahrs"))
heading = {}
for kind in (Madgwick, Mahony, EKF, Complementary):
    attitude = Quaternion(kind(gyr=gyr, acc=acc, frequency=RATE).Q[-1])
    heading[kind.__name__] = np.degrees(attitude.to_angles()[2])
    print(f"{kind.__name__:15}{heading[kind.__name__]:8.2f} degrees")
others = [angle for name, angle in heading.items() if name != "Complementary"]
same = all(abs(angle - 90) < 1.5 for angle in others) and abs(heading["Complementary"]) < 1
sys.exit(0 if same else "The behaviour changed.")
PY
