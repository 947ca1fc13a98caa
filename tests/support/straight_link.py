"""A link to a fake board without a wire between them, and two sessions that the board holds."""

from kneesync import untrusted
from tests.support.fake_board import FakeBoard
from tests.support.knee_files import BOARD, KneeFile, tired_run

FILES = {"00007-1.knee": bytes(tired_run(minutes=12).data), "00007-2.knee": bytes(KneeFile().end(9).data)}


class Straight(FakeBoard):
    """A link to a board without a wire between them."""

    def __init__(self, files=None, **more):
        super().__init__(FILES if files is None else files, **more)
        self.board, self.port = BOARD, "no port"
        self.info = {"boot": 7, "up_ms": 120_000, "wire": self.wire}

    def call(self, expression, kind=dict, quiet_s=0, meanwhile=None):
        answer = bytearray()
        if meanwhile:
            meanwhile()
        self.stream(expression, answer.extend, 1 << 20)
        return untrusted.parsed(bytes(answer), kind)

    def stream(self, expression, on_bytes, most_bytes, quiet_s=0):
        self._out = bytearray()
        self._run(expression)
        output = self._out[: self._out.index(b"\x04")]
        for at in range(0, len(output), 4096):
            on_bytes(bytes(output[at : at + 4096]))

    def _send(self, data):
        self._out += data
