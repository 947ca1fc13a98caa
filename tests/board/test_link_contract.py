"""What board/link.py relies on in mpremote. If this fails after an update of mpremote, look at link.py."""

import inspect
import os

import pytest
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from tests.support.fake_board import BANNER, FakeBoard


def test_the_names_and_arguments_that_link_uses():
    assert issubclass(TransportError, Exception)
    opening = inspect.signature(SerialTransport.__init__).parameters
    assert list(opening)[1] == "device" and {"timeout", "exclusive"} <= set(opening)
    entering = inspect.signature(SerialTransport.enter_raw_repl).parameters
    assert {"soft_reset", "timeout_overall"} <= set(entering)
    assert list(inspect.signature(SerialTransport.exec_raw_no_follow).parameters) == ["self", "command"]
    assert list(inspect.signature(SerialTransport.close).parameters) == ["self"]


class Recorded:
    """Stands in for the serial port and writes down what mpremote calls on it."""

    def __init__(self, port):
        self._serial, self.used = port, set()

    def __getattr__(self, name):
        self.used.add(name)
        return getattr(self._serial, name)


@pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not")
def test_the_port_can_be_replaced_and_is_used_through_three_calls_only():
    with FakeBoard() as board:
        transport = SerialTransport(board.port, timeout=0.1, exclusive=True)
        transport.serial = port = Recorded(transport.serial)
        transport.enter_raw_repl(soft_reset=False, timeout_overall=3)
        transport.exec_raw_no_follow("service.info()")
        # link.py's _Bounded bounds read, inWaiting and write; anything else would go past its bounds
        assert port.used <= {"read", "inWaiting", "write"}
        # exec_raw_no_follow leaves the answer, and the prompt behind it, to be read
        assert port.read(1) == b"{"
        transport.close()


@pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not")
def test_entering_without_soft_reset_interrupts_and_sends_no_ctrl_d():
    seen = bytearray()

    class Eavesdropper:
        def __init__(self, port):
            self._serial = port

        def write(self, data):
            seen.extend(data)
            return self._serial.write(data)

        def __getattr__(self, name):
            return getattr(self._serial, name)

    with FakeBoard() as board:
        transport = SerialTransport(board.port, timeout=0.1)
        transport.serial = Eavesdropper(transport.serial)
        transport.enter_raw_repl(soft_reset=False, timeout_overall=3)
        transport.close()
    assert seen == b"\r\x03\r\x01" and BANNER.endswith(b">")


@pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not")
def test_a_port_is_opened_by_one_host_at_a_time():
    with FakeBoard() as board:
        first = SerialTransport(board.port, timeout=0.1, exclusive=True)
        with pytest.raises((TransportError, OSError)):
            SerialTransport(board.port, timeout=0.1, exclusive=True)
        first.close()
