"""A board at its bare prompt: the way in that asks for nothing but MicroPython.

with Prompt("/dev/ttyACM0", script="def answer(): print('{}')") as board:
    print(board.info["version"], board.call("answer()"))
"""

import time
from typing import Self

from kneesync import untrusted
from kneesync.board.link import OPEN_S, Link, LinkError

# What is at the prompt, whether it runs kneesync or not. From here on the watchdog bites, also after the soft reset, if
# the host dies; whoever goes on feeds it within 8 s.
_PROBE = """
import json, sys
_i = sys.implementation
try:
    import machine
    from binascii import hexlify
    _id = hexlify(machine.unique_id()).decode()
    machine.WDT(timeout=8000)
except Exception:
    _id = None
print(json.dumps({"name": _i.name, "version": _i.version[:3], "mpy": getattr(_i, "_mpy", 0), "board": _id,
    "machine": getattr(_i, "_machine", ""), "platform": sys.platform, "max": sys.maxsize,
    "runs": "app" in sys.modules}))
"""


class Prompt(Link):
    """A board at its bare prompt, with whatever on it or nothing: `info` says what answers; `script` is loaded there.

    Nothing of a firmware runs or is loaded any more. At the end the board restarts; where its firmware ran before,
    until that says that it runs again.
    """

    def __init__(self, port: str, board: str | None = None, script: str = "") -> None:
        super().__init__(port, board)
        self._script = script

    def __enter__(self) -> Self:
        self._open(time.monotonic() + OPEN_S)
        try:
            self._take_over(again=True)  # lets a firmware close its session, and takes its watchdog away
            self.info = self.call(_PROBE)
            self._ours = self.info.get("runs") is True
            if self.info.get("name") != "micropython":
                found = untrusted.printable(self.info.get("name"), 30)
                raise LinkError(
                    f"found {found} at {self.port}, expected MicroPython; hold the board's BOOT button while plugging "
                    "it in and run `kneesync flash --firmware FILE.uf2`"
                )
            answered = untrusted.board_id(self.info.get("board"))
            if self.board not in (None, answered) or answered is None:
                raise LinkError(f"found board {answered} at {self.port}, expected {self.board}; run `kneesync devices`")
            self.board = answered
            self._soft_reset()
            self.stream(self._script, bytearray().extend, 1 << 12)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def start(self, within_s: float) -> str | None:
        """Restart into a firmware that there is now; its version once it says that it runs. Ends the link."""
        self._ours = True
        try:
            return self.restart(within_s)
        finally:
            self._close()

    def let_go(self) -> None:
        """End the link with the board left at its prompt, for another link that follows at once."""
        self._close()

    def leave(self, expression: str) -> None:
        """Run what makes the board leave the wire (its bootloader), and let go of the port."""
        if not self._leave(expression):
            raise LinkError(
                f"the board at {self.port} did not enter its bootloader; hold its BOOT button while plugging it in, "
                "then run the same again"
            )
