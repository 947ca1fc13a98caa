"""The board's serial port as a host sees it: a pseudo-terminal. Bytes only; what they mean is repl.py's."""

import contextlib
import os
import select
import time
import tty

HOST_TIMEOUT_S = 0.5  # as rp2's USB: output waits this long for a host that does not read, then is lost


class HostPort:
    """The master side of a pty. `path` is what the host opens."""

    def __init__(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)  # settings outlive the closing below, as long as the master is open
        self.path = os.ttyname(slave)
        os.close(slave)  # so that the master hears a hang-up while no host is there
        os.set_blocking(self._master, False)
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._poll = select.poll()
        self._poll.register(self._master, select.POLLIN)
        self._hungup_poll = select.poll()
        self._hungup_poll.register(self._wake_read, select.POLLIN)
        self._poll.register(self._wake_read, select.POLLIN)
        self._deaf = False

    def close(self) -> None:
        """Hang up; the path ceases to exist."""
        for fd in (self._master, self._wake_read, self._wake_write):
            os.close(fd)

    def wake(self) -> None:
        """End a wait() that goes on in the board's thread. May be called from any thread."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"!")

    def wait(self, timeout_s: float) -> bytes:
        """What the host has sent, waiting up to `timeout_s` for it; b"" also after wake() or a hang-up."""
        events = dict(self._poll.poll(max(0.0, timeout_s * 1000)))
        if self._wake_read in events:
            os.read(self._wake_read, 4096)
        state = events.get(self._master, 0)
        if state & select.POLLIN:
            try:
                return os.read(self._master, 65536)
            except OSError:
                return b""
        # Nobody there: a hang-up would end every poll at once, so look again in a while.
        nobody = state & select.POLLHUP and timeout_s > 0 and self._wake_read not in events
        if nobody and self._hungup_poll.poll(min(timeout_s, 0.02) * 1000):
            os.read(self._wake_read, 4096)
        return b""

    def write(self, data: bytes) -> None:
        """Send to the host, if one is there and reads."""
        view = memoryview(data)
        while view:
            if dict(self._poll.poll(0)).get(self._master, 0) & select.POLLHUP:
                return
            try:
                view = view[os.write(self._master, view) :]
                self._deaf = False
            except BlockingIOError:
                if self._deaf or not self._room():
                    self._deaf = True
                    return
            except OSError:
                return

    def _room(self) -> bool:
        room = select.poll()
        room.register(self._master, select.POLLOUT)
        end_s = time.monotonic() + HOST_TIMEOUT_S
        while True:
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return False
            state = dict(room.poll(left_s * 1000)).get(self._master, 0)
            if state & select.POLLHUP:
                return False
            if state & select.POLLOUT:
                return True
