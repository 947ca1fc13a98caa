"""A run that was cut goes on as the next segment, if the runner goes on; what was learnt is still there."""

import pytest

from kneecore import sessionlog as log
from kneecore import sessionread
from kneesync.formats.decoder import decode
from kneesync.formats.segments import concatenated
from kneesync.simulation.runner import Fatigue, Halt, KneeRaises, Run, Stand, Walk, mounting, simulate
from tests.support.wearer import Wearer, firmware

QUICK = {
    "cue.observe_runs": 0,
    "run.start_s": 5,
    "run.stop_min": 1,
    "cue.skip_s": 0,
    "cue.learn_s": 60,
    "cue.hold_s": 20,
}
CUT_S = 135
CAUTION = log.UNSURE | log.CLIPPED | log.LOST
# A firmware that crashes at that time of its first start.
CRASHES = b"""
    class Crashes(app.App):
        def _decide(self, now_ms):
            if now_ms > %d and read("/boots", "") == "1":
                raise RuntimeError("crash")
            super()._decide(now_ms)
    app.App = Crashes
    app.main()
""" % (CUT_S * 1000)


def tired():
    """A run whose knee lift falls after the cut."""
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(300, 3.0)]
    return simulate(plan, seed=5, fatigue=Fatigue.step(2.5, 12), mount=mounting(20, 15, 60))


def halting():
    """Two runs with a halt between them."""
    return simulate([Stand(6), KneeRaises(3), Stand(2), Run(40, 3.0), Halt(40), Run(60, 3.0)], seed=5)


def cut_power(wearer, at_s):
    """The supply goes at the first flash operation from then on."""
    wearer.at(at_s, lambda: wearer.board.flash.cut_power_at(1))


def stall(wearer, at_s):
    """A flash operation takes so long that the watchdog bites."""
    wearer.at(at_s, lambda: setattr(wearer.board.flash, "stall_next_us", 12_000_000))


def powered_again(wearer):
    assert not wearer.board.run_until(wearer.now_s + 3600), wearer.output
    wearer.board.power_cycle()


@pytest.mark.parametrize("how", ["hang", "crash", "power"])
def test_a_cut_run_goes_on(how):
    files = {"/main.py": firmware()["/main.py"].replace(b"    app.main()\n", CRASHES)} if how == "crash" else None
    wearer = Wearer(tired(), QUICK, files)
    if how != "crash":
        (stall if how == "hang" else cut_power)(wearer, CUT_S)
    with wearer:
        if how == "power":
            powered_again(wearer)
        wearer.wait_for("ready", 2)
        wearer.wait_for("closed (still)")
        first, second = wearer.sessions()
        folder = wearer.board.flash
        read = [decode(folder.read_file("/sessions/" + name)) for name in sorted(folder.listdir("/sessions"))]
    assert len({session.run for session in read}) == 1, "the host finds them to be one run"
    assert len(concatenated(read).t_ms) == len(first.strides) + len(second.strides)
    assert first.end is None or first.end[0] == "error"
    assert "run" not in first.header
    assert second.header["segment"] == 2 and second.header["run"].startswith("00001-")
    assert second.header["cut_by"] == ("power" if how == "power" else "reset")
    assert sessionread.START_REASONS[second.events[0][2]] == "resumed"
    assert second.end[0] == "still" and second.end[2] == len(second.strides) > 200
    (learnt,) = [event[2:] for event in first.events if event[1] == "baseline"]
    (kept,) = [event[2:] for event in second.events if event[1] == "baseline"]
    assert learnt == kept, "the baseline is the first segment's"
    assert "cue" in [event[1] for event in second.events], "and cues come of it"
    sure = [stride for stride in second.strides if not stride[-1] & CAUTION]
    assert len(sure) > 0.85 * len(
        second.strides
    )  # 6 to 20 s of 170: when it is sure depends on where in a stride it began
    truth = wearer.feed.truth
    # the feed's time of the second segment's strides: from the peaks that fit its last stride
    off_ms = second.strides[-1][0] - 1000 * truth["truth_peak_t_s"][-1]
    errors = []
    for t_ms, _, lift_cdeg, *_ in sure:
        nearest = abs(truth["truth_peak_t_s"] * 1000 + off_ms - t_ms).argmin()
        errors.append(lift_cdeg / 100 - truth["truth_peak_deg"][nearest])
    assert abs(sum(errors) / len(errors)) < 1.5


def test_what_is_known_of_the_wander_is_kept():
    """As the log said it last, with the baseline."""
    feed = simulate([Stand(6), KneeRaises(3), Stand(2), Run(570, 3.0)], seed=5)
    wearer = Wearer(feed, QUICK)
    cut_power(wearer, 530)
    with wearer:
        powered_again(wearer)
        wearer.wait_for("opened", 2)
        wearer.wait_until_s(wearer.now_s + 5)
        first, second = wearer.sessions()
    told = [event for event in first.events if event[1] == "wander"]
    assert told and told[-1][2] >= 5
    kept = [event for event in second.events if event[1] == "wander"]
    assert kept[0][0] == 0 and kept[0][1:] == told[-1][1:]


def test_a_segment_can_be_cut_too():
    """The third segment is of the same run as the second."""
    wearer = Wearer(tired(), QUICK)
    cut_power(wearer, CUT_S)
    with wearer:
        powered_again(wearer)
        wearer.wait_for("opened", 2)
        wearer.board.flash.cut_power_at(2)
        powered_again(wearer)
        wearer.wait_for("closed (still)")
        first, second, third = wearer.sessions()
    assert [session.header.get("segment") for session in (first, second, third)] == [None, 2, 3]
    assert second.header["run"] == third.header["run"]
    baselines = [event[2:] for session in (first, second, third) for event in session.events if event[1] == "baseline"]
    assert len(baselines) == 3 and len(set(map(str, baselines))) == 1


@pytest.mark.parametrize("how", ["stands anew", "late", "button", "closed before"])
def test_a_new_run_is_no_segment(how):
    """One who stands after power-on, starts after a minute, or presses the button sets out anew."""
    between = [Walk(80)] if how == "late" else [Halt(40)]
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(40, 3.0), *between, Run(60, 3.0)]
    wearer = Wearer(tired() if how == "button" else simulate(plan, seed=5), {**QUICK, "run.stop_min": 2})
    if how == "closed before":
        wearer.board.press_button(at_s=54, hold_s=2.2)
    else:
        cut_power(wearer, 52)
    with wearer:
        if how == "closed before":
            wearer.wait_for("closed (button)")
            wearer.board.power_cycle()
        else:
            powered_again(wearer)
        if how == "button":
            wearer.wait_for("ready", 2)
            wearer.board.press_button(at_s=wearer.now_s + 1)
        wearer.wait_for("opened", 2)
        wearer.wait_for("closed", 1 + (how == "closed before"))
        sessions = wearer.sessions()
    assert len(sessions) == 2 and all("run" not in session.header for session in sessions)
    assert wearer.output.count("was cut") == (how != "closed before")
