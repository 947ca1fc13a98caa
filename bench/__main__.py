"""`make bench`: what the product costs and how right it is, side by side in one run; also as build/bench.json."""

import json
import sys
from pathlib import Path

from bench import accuracy, campaign, cost, demo, duty, library, real_sensors, recorder, sync

PARTS = {
    "accuracy": accuracy,
    "real": real_sensors,
    "cost": cost,
    "duty": duty,
    "recorder": recorder,
    "cue": campaign,
    "sync": sync,
    "library": library,
    "demo": demo,
}


def main(wanted):
    figures = {}
    for name in wanted or PARTS:
        rows, figures[name] = PARTS[name].run()
        print("\n".join(rows), end="\n\n", flush=True)
    Path("build").mkdir(exist_ok=True)
    Path("build/bench.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
