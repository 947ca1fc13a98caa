"""A board that lies about lets its IMU rest, and is ready again when somebody takes it up."""

import numpy as np

from kneesync.simulation.feed import ArrayFeed, Still
from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate
from tests.support.wearer import Wearer

QUICK = {"run.start_s": 5, "run.stop_min": 1}


def lies_then_runs(lies_s):
    """On the table for so long, then strapped on."""
    run = simulate([Stand(8), KneeRaises(3), Stand(2), Run(40, 3.0)], seed=1)
    table = Still().block(0, round(lies_s * run.fs_hz))
    return ArrayFeed(np.concatenate([table, run.block(0, run.length)]), run.fs_hz), run


def test_it_rests_after_five_minutes_and_records_the_run_that_comes():
    feed, run = lies_then_runs(420)
    wearer = Wearer(feed, QUICK)
    rates = {}
    for t_s in (200, 400):
        wearer.at(t_s, lambda t_s=t_s: rates.update({t_s: [wearer.board.imu.rate(s) for s in ("acc", "gyro")]}))
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
    assert rates == {200: [4, 4], 400: [1, 0]}, "104 Hz both; then 12.5 Hz and the gyroscope off"
    assert session.end[2] >= 0.9 * len(run.truth["truth_peak_t_s"])
    assert "imu_fault" not in [event[1] for event in session.events]
