#!/usr/bin/env bash
# dpac-tcxparser rounds a run's mean speed down to whole metres a second
#
# Expected: avg_speed of 597 m in 200 s is 2.98 m/s.
# Happens:  it is 2: distance and duration are divided as integers, so that all from 2.0 to 2.99 m/s are 2 (8:20 min/km
#   instead of 5:35). `pace` in the same object is right.
# Matters:  a jog and a brisk run have one speed, and the paces of most runners fall on two numbers, 2 and 3. It comes as a
#   fork of python-tcxparser under the same module name, `tcxparser`; where both are installed, the later one is used.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" dpac-tcxparser==2.3.1
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import sys
from importlib.metadata import version

import tcxparser

def lap(*tracks):
    """A TCX lap whose tracks are lists of seconds since the start; 3 m/s, 82 strides a minute, as Garmin writes a run."""
    points = [
        "<Track>" + "".join(
            f"<Trackpoint><Time>2026-05-01T06:{s // 60:02d}:{s % 60:02d}.000Z</Time><DistanceMeters>{metres}</DistanceMeters>"
            f"<HeartRateBpm><Value>150</Value></HeartRateBpm><Extensions><x:TPX><x:Speed>3.0</x:Speed>"
            f"<x:RunCadence>82</x:RunCadence></x:TPX></Extensions></Trackpoint>"
            for s, metres in track
        ) + "</Track>"
        for track in tracks
    ]
    seconds = sum(len(track) for track in tracks)
    return (
        f'<Lap StartTime="2026-05-01T06:00:00.000Z"><TotalTimeSeconds>{seconds}</TotalTimeSeconds>'
        f"<DistanceMeters>{3 * seconds}</DistanceMeters><Calories>20</Calories><Intensity>Active</Intensity>"
        f"<TriggerMethod>Manual</TriggerMethod>{''.join(points)}</Lap>"
    )

def tcx(laps):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><TrainingCenterDatabase '
        'xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" '
        'xmlns:x="http://www.garmin.com/xmlschemas/ActivityExtension/v2"><Activities><Activity Sport="Running">'
        f"<Id>2026-05-01T06:00:00.000Z</Id>{laps}</Activity></Activities></TrainingCenterDatabase>"
    )

open("run.tcx", "w").write(tcx(lap([(s, 3 * s) for s in range(200)])))
run = tcxparser.TCXParser("run.tcx")
print("dpac-tcxparser", version("dpac-tcxparser"))
print("distance", run.distance, "m, duration", run.duration, "s, pace", run.pace, "min/km, avg_speed", run.avg_speed, "m/s")
sys.exit(0 if (run.avg_speed, run.distance, run.pace) == (2, 597, "05:35") else "The behaviour changed.")
PY
