"""A run's flash operations, cut off anywhere: the volume mounts, what was flushed is there, at most 15 s are lost.

The run is recorded once, operation by operation; a power cut before each of them, and in its midst, leaves a volume of
its own. On some of them the firmware is started again, and its next run works.
"""

import json
import random
from functools import cache
from types import SimpleNamespace

import pytest

from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate
from kneesync.virtual import Flash
from tests.support.wearer import Wearer, decode, firmware, short_run

BLOCKS = 160  # of 4 KB
MOST_LOST_MS = 15_000
SETTINGS = {"run.start_s": 5, "run.stop_min": 1}
TORN = (0.02, 0.5, 0.97)  # of the operation that the cut comes into


@cache
def recorded(raw="off", run_s=120):
    """A run: the chip before it, its flash operations and flushes, and the session that it left."""
    files = {**firmware(), "/settings.json": json.dumps({**SETTINGS, "raw": raw}).encode()}
    flash = Flash(BLOCKS, files)
    before = bytes(flash.memory.data)
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(run_s, 3.0)]
    with Wearer(simulate(plan, seed=11), flash=flash) as wearer:
        wearer.wait_for("closed (still)")
    (name,) = flash.listdir("/sessions")
    whole = flash.read_file("/sessions/" + name)
    return SimpleNamespace(
        before=before,
        ops=list(flash.journal),
        flushes=list(flash.flushes),
        path="/sessions/" + name,
        whole=whole,
        stride_ms=[row[0] for row in decode(whole).strides],
    )


def cuts(run):
    """Every power cut: (whole operations done, chip's bytes)."""
    chip = bytearray(run.before)
    for done, op in enumerate(run.ops):
        yield done, bytes(chip)
        for share in TORN:
            torn = bytearray(chip)
            op.replay(torn, share)
            yield done, bytes(torn)
        op.replay(chip)
    yield len(run.ops), bytes(chip)


def lost_ms(run, done, chip):
    """Mount what a cut left: what must be there is. How many ms of strides are lost."""
    flash = Flash(chip=chip)
    assert flash.exists("/a/app.mpy"), "formatted: it did not mount"
    for row in run.flushes:
        if row.ops <= done and row.path in ("/boots", run.path):
            assert flash.exists(row.path)
    flushed = max((row.size for row in run.flushes if row.path == run.path and row.ops <= done), default=0)
    data = flash.read_file(run.path) if flash.exists(run.path) else b""
    assert len(data) >= flushed and run.whole.startswith(data)
    session = decode(data) if data else None
    kept_ms = [row[0] for row in session.strides] if session else []
    assert kept_ms == run.stride_ms[: len(kept_ms)]
    if session:
        assert session.sequences == list(range(len(session.sequences)))
    # power may last until just before the next operation
    until_ms = run.ops[done].t_us // 1000 if done < len(run.ops) else run.stride_ms[-1]
    recorded_ms = [t_ms for t_ms in run.stride_ms if t_ms <= until_ms]
    if len(kept_ms) >= len(recorded_ms):
        return 0
    return recorded_ms[-1] - (kept_ms[-1] if kept_ms else recorded_ms[0])


def check_every_cut(run):
    losses = [lost_ms(run, done, chip) for done, chip in cuts(run)]
    print(f"{len(run.ops)} flash operations, {len(losses)} cuts, {max(losses)} ms of strides lost at most")
    assert 10_000 < max(losses) <= MOST_LOST_MS


@pytest.mark.parametrize("raw", ["off", "on"])
def test_every_power_cut(raw):
    check_every_cut(recorded(raw))


@pytest.mark.soak
def test_every_power_cut_of_a_long_run():
    check_every_cut(recorded(run_s=2400))


def runs_again(chip):
    """The firmware on a volume that a cut left: it starts, records a run, and what was there stays."""
    flash = Flash(chip=chip)
    before = sessions(flash)
    with Wearer(short_run(20), flash=flash) as wearer:
        wearer.wait_for("closed (still)")
    after = sessions(flash)
    (new,) = set(after) - set(before)
    session = decode(after[new])
    assert session.end[0] == "still" and session.end[2] == len(session.strides) > 15
    assert all(after[name] == before[name] for name in before)


def sessions(flash):
    """Name -> bytes of the sessions that hold any."""
    names = flash.listdir("/sessions") if flash.exists("/sessions") else []
    found = {name: flash.read_file("/sessions/" + name) for name in names}
    return {name: data for name, data in found.items() if data}


def started_on(count):
    """So many cuts, the same each time, from all over the run."""
    every = list(cuts(recorded()))
    return [chip for _, chip in random.Random(7).sample(every, count)]


@pytest.mark.parametrize("n", range(2))
def test_the_next_run_works(n):
    runs_again(started_on(2)[n])


@pytest.mark.soak
@pytest.mark.parametrize("n", range(24))
def test_the_next_run_works_in_full_count(n):
    runs_again(started_on(24)[n])
