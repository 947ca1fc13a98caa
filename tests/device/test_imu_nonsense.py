"""An IMU that answers and delivers nonsense: seen as a fault, cured by setting it up anew, and the run goes on."""

import pytest

from kneecore import sessionlog as log
from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate
from tests.support.wearer import Wearer, short_run

QUICK = {"run.start_s": 5, "run.stop_min": 1}
CTRL1_XL, CTRL2_G, FIFO_CTRL3 = 0x10, 0x11, 0x09
NONSENSE = 84


def is_sure(flags):
    return not flags & (log.UNSURE | log.CLIPPED | log.LOST)


# What is done to the chip; within how many seconds the board must have seen it.
FAULTS = {
    "the gyroscope's rate is lost": (lambda imu: imu.lose(CTRL2_G), 4),
    "the acceleration's rate and range are lost": (lambda imu: imu.lose(CTRL1_XL), 4),
    "the FIFO takes nothing any more": (lambda imu: imu.lose(FIFO_CTRL3), 4),
    "a brown-out": (lambda imu: imu.brown_out(), 4),
    "words out of order": (lambda imu: imu.disorder(), 5),
    "another range": (lambda imu: imu.write(bytes([CTRL1_XL, 0x48])), 62),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_set_up_anew_and_the_run_goes_on(fault):
    """Twice in a run. Each is reported once; strides before and after it are sure, none in between is."""
    do, seen_s = FAULTS[fault]
    run_s = 60 + 2 * seen_s + 50
    wearer = Wearer(simulate([Stand(6), KneeRaises(3), Stand(2), Run(run_s, 3.0)], seed=1), QUICK)
    faults_s = (45, 45 + seen_s + 30)
    for t_s in faults_s:
        wearer.at(t_s, lambda: do(wearer.board.imu))
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
    reported = [event for event in session.events if event[1] == "imu_fault"]
    assert len(reported) == 2, reported
    assert all(event[2] == NONSENSE or fault != "words out of order" for event in reported)
    for t_s, event in zip(faults_s, reported, strict=True):
        assert 0 < event[0] / 1000 - t_s <= seen_s
    lost = [event[0] / 1000 for event in session.events if event[1] == "samples_lost"]
    for t_s, event in zip(faults_s, reported, strict=True):
        again_s = event[0] / 1000 + 2
        assert any(event[0] / 1000 < at_s < event[0] / 1000 + 5 for at_s in lost), "the gap is flagged"
        sure_s = [stride[0] / 1000 for stride in session.strides if is_sure(stride[-1])]
        assert any(t_s - 5 < at_s < t_s for at_s in sure_s)
        assert len([at_s for at_s in sure_s if again_s + 18 < at_s < again_s + 26]) >= 8, "and it measures on"
    assert wearer.output.count(" opened") == wearer.output.count(" ready ") == 1


def test_sound_chips_are_not_set_up_anew():
    """Slow flash loses samples and is no fault of the IMU's."""
    wearer = Wearer(short_run(90), QUICK)
    for t_s in range(30, 100, 7):
        wearer.at(t_s, lambda: setattr(wearer.board.flash, "stall_next_us", 3_000_000))
    with wearer:
        wearer.wait_for("closed (still)")
        (session,) = wearer.sessions()
    kinds = [event[1] for event in session.events]
    assert "samples_lost" in kinds and "imu_fault" not in kinds
