"""The recordings with ground truth, if they are there: a seeded sample for `make test`, all for the soak."""

import json
import random
from pathlib import Path

import pytest

from kneesync.simulation.feed import recordings

SEED = 2
RESULTS = Path(__file__).parents[2] / "build" / "soak"
TRIALS = recordings("trials")
RUNS = recordings("runs")


def sample(paths, count):
    return random.Random(SEED).sample(paths, min(count, len(paths)))


def every(paths, count):
    """All of `paths` as parameters; those beyond a seeded sample of `count` are for the soak."""
    chosen = set(sample(paths, count))
    return [pytest.param(path, id=path.stem, marks=[] if path in chosen else [pytest.mark.soak]) for path in paths]


def note(kind, name, figures):
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{kind}-{name}.json").write_text(json.dumps(figures, indent=1) + "\n")
