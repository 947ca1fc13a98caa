#!/usr/bin/env bash
# python-tcxparser finds no cadence in a run
#
# Expected: a watch writes a run's cadence as RunCadence in the track point's extension (the element Cadence is the bike's);
#   cadence_avg of a run at 82 strides a minute is 82.
# Happens:  cadence_avg and cadence_max are None, as if the watch had not measured any. tcxreader finds it, under another
#   name than a bike's (tpx_ext["RunCadence"]; its own `cadence` is None too).
# Matters:  cadence is the one number that all running sensors share, and what files of two of them are laid over by.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" python-tcxparser==2.4.0 tcxreader==0.4.11
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import sys
from importlib.metadata import version

import tcxparser
from tcxreader.tcxreader import TCXReader

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
point = TCXReader().read("run.tcx", only_gps=False).trackpoints[0]
print("python-tcxparser", version("python-tcxparser"), "cadence_avg", run.cadence_avg, "cadence_max", run.cadence_max)
print("tcxreader", version("tcxreader"), "cadence", point.cadence, "tpx_ext", point.tpx_ext)
same = run.cadence_avg is None and run.cadence_max is None and point.cadence is None and point.tpx_ext["RunCadence"] == 82
sys.exit(0 if same else "The behaviour changed.")
PY
