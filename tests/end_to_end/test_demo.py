"""The main job, end to end: firmware on the virtual board over a whole run, pull through the pty, report."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kneesync.analysis.agreement import agreement
from kneesync.simulation.feed import Recording, recordings, recordings_folder

KNEESYNC = Path(sys.executable).with_name("kneesync")
SAMPLE = "RBDS03_fatigue_L"


def demo(*arguments):
    done = subprocess.run([KNEESYNC, "demo", *arguments, "--json"], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def matched(result, truth):
    t_s = [stride["t_s"] for stride in result["strides"]]
    lifts_deg = [stride["knee_lift_deg"] for stride in result["strides"]]
    return agreement(t_s, lifts_deg, truth["truth_peak_t_s"], truth["truth_peak_deg"])


def run_names():
    """One recorded run; under soak all."""
    for path in recordings("runs"):
        marks = [] if path.stem == SAMPLE else [pytest.mark.soak]
        yield pytest.param(path.stem, marks=marks)
    if not recordings("runs"):
        yield SAMPLE


@pytest.mark.parametrize("name", list(run_names()))
def test_a_recorded_run_comes_out_as_it_was(name):
    path = recordings_folder() / "runs" / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"no recording {name}: KNEESYNC_RECORDINGS names no folder with runs/ in it")
    result, _ = demo("--recording", str(path))
    truth = Recording(path).truth
    match = matched(result, truth)
    assert match.matched >= 0.98 * match.true
    # its thigh comes up twice to nearly one height: three to five tops of 2,066 are the other one, as rounding falls
    assert match.invented <= (5 if name == "RBDS025_fresh_L" else 0)
    assert result["truth"]["matched"] == match.matched
    stride_s = np.diff(truth["truth_peak_t_s"])
    true_spm = 120 / stride_s[stride_s < 1.2].mean()  # without halts
    assert abs(result["report"]["cadence_spm"] - true_spm) < 1


def test_a_virtual_run_fades_and_is_cued():
    result, said = demo("--minutes", "16", "--seed", "3")
    assert result["truth"]["matched"] >= 0.98 * result["truth"]["strides"]
    assert result["truth"]["invented"] == 0
    assert result["report"]["change"]["knee_lift_deg"] < -3
    assert result["cues"]
    # the cues that the firmware told as they happened are those in its log
    assert sum(" cue " in line for line in said.splitlines()) == len(result["cues"])


def test_a_feed_without_a_run_says_so(tmp_path):
    from kneesync.simulation.runner import Stand, simulate

    simulate([Stand(20)], seed=1).save(tmp_path / "still.npz")
    done = subprocess.run(
        [KNEESYNC, "demo", "--recording", tmp_path / "still.npz"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("kneesync: no session came of it")
