"""Where simulated time stands, whatever the order in which a test's thread and the board's come to it."""

from kneesync.virtual.clock import Clock
from kneesync.virtual.hold import Goal, Hold
from kneesync.virtual.printed import Printed


def test_a_line_printed_before_its_goal_was_set_is_not_waited_for():
    """Time may be running while a test asks for a line: printed after the test looked, it must not be missed."""
    clock, printed, stood_us = Clock(), Printed(), []

    def listen(_timeout_s):
        stood_us.append(clock.now_us)
        return False

    hold = Hold(clock, printed, listen, wanted=lambda: stood_us, held=True)
    printed.add(b"the firmware runs\r\n", 5)
    clock.advance_to(1000)
    hold.run_to(Goal(until_us=60_000_000, text=b"firmware runs"))
    clock.advance_to(2000)
    assert stood_us == [1000]
