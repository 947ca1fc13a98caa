"""The Node process that holds the MicroPython VM: commands down one pipe, requests up another (format: vm.mjs)."""

import os
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from kneesync.errors import KneesyncError
from kneesync.virtual.vm.fetch import Toolchain

COMMAND_LOAD, COMMAND_FEED, COMMAND_FIRE_TIMERS = 1, 2, 3
FLAG_INTERRUPT, FLAG_ABANDON = 1, 2
IDLE, SOFT_RESET, ABANDONED = 0, 1, 2
LOAD_RAW = 1

_REQUEST = struct.Struct("<BbHiiId")
_ANSWER = struct.Struct("<iIddI")
_LOAD = struct.Struct("<IId")
_HERE = Path(__file__).parent

# Serves one request (op, interrupt_char, a, b, data, clock_us): (status, flags, clock_us, horizon_us, data)
Server = Callable[[int, int, int, int, bytes, int], tuple[int, int, int, int, bytes]]


class VmGone(Exception):  # noqa: N818 - not an error when it was wanted
    """The Node process has ended."""


class Vm:
    """One Node process. It runs one VM at a time; LOAD replaces it."""

    def __init__(self, tools: Toolchain) -> None:
        commands_read, self._commands = os.pipe()
        self._reports, reports_write = os.pipe()
        lifeline_read, self._lifeline = os.pipe()  # never written: its end tells Node that we are gone
        theirs = (commands_read, reports_write, lifeline_read)
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        try:
            self._process = subprocess.Popen(
                [tools.node, _HERE / "vm.mjs", tools.package, _HERE / "on_board", *map(str, theirs)],
                stdin=subprocess.DEVNULL,
                stdout=self._stderr,
                stderr=self._stderr,
                pass_fds=theirs,
            )
        finally:
            for fd in theirs:
                os.close(fd)

    def kill(self) -> None:
        """End the process, whatever it does. May be called from any thread."""
        self._process.kill()

    def close(self) -> None:
        """End the process and free what it held."""
        self._process.kill()
        self._process.wait()
        for fd in (self._commands, self._reports, self._lifeline):
            os.close(fd)
        self._stderr.close()

    def complaint(self) -> str:
        """The last line that Node wrote to stderr, for an error message."""
        self._stderr.seek(0)
        lines = [line for line in self._stderr.read().decode(errors="replace").splitlines() if line.strip()]
        return next((line for line in lines if "Error" in line), lines[-1] if lines else "no message")

    def load(self, raw: bool, seed: int, ticks_from_us: int, clock_us: int, serve: Server) -> int:
        """Start a fresh VM and run its boot.py and main.py (not in `raw`); then it is at the REPL."""
        return self.command(COMMAND_LOAD, _LOAD.pack(LOAD_RAW if raw else 0, seed, ticks_from_us), clock_us, serve)

    def command(self, command: int, data: bytes, clock_us: int, serve: Server) -> int:
        """Give a command and serve the VM's requests until it is done: IDLE, SOFT_RESET or ABANDONED."""
        self._answer(command, 0, clock_us, clock_us, data)
        reports, unpack, size = self._reports, _REQUEST.unpack_from, _REQUEST.size
        while True:
            message = os.read(reports, 65536)
            while len(message) < size or len(message) < size + unpack(message)[5]:
                more = os.read(reports, 65536) if message else b""
                if not more:
                    raise VmGone
                message += more
            op, interrupt_char, _, a, b, length, now_us = unpack(message)
            if op == 0:
                return a
            self._answer(*serve(op, interrupt_char, a, b, message[size : size + length], int(now_us)))

    def _answer(self, status: int, flags: int, clock_us: int, horizon_us: int, data: bytes) -> None:
        message = _ANSWER.pack(status, flags, clock_us, horizon_us, len(data)) + data
        try:
            sent = os.write(self._commands, message)
            while sent < len(message):
                sent += os.write(self._commands, message[sent:])
        except BrokenPipeError:
            raise VmGone from None


def start_vm(tools: Toolchain) -> Vm:
    """A Node process ready for commands. KneesyncError if it cannot be started."""
    try:
        return Vm(tools)
    except OSError as error:
        raise KneesyncError(f"cannot start {tools.node}: {error.strerror}; install Node 20 or newer") from error
