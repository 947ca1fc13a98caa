"""The `select` module as far as a firmware asks whether its output would have to wait."""

import _requests
import bridge

POLLIN, POLLOUT, POLLERR, POLLHUP = 1, 4, 8, 16
_ask = bridge.ask
_NONE = ()


class poll:  # noqa: N801 - MicroPython's name
    """Streams that take bytes, or do not: only stdout is known."""

    def __init__(self):
        self._ready = ((None, POLLOUT),)

    def register(self, obj, eventmask=POLLIN | POLLOUT):
        if not eventmask & POLLOUT:
            raise NotImplementedError("the virtual board's select knows POLLOUT of stdout")
        self._ready = ((obj, POLLOUT),)

    def ipoll(self, timeout=-1, flags=0):
        """The streams that take a byte at once; allocates nothing."""
        return iter(self._ready if _ask(_requests.OUTPUT_ROOM, 0, 0) else _NONE)

    def poll(self, timeout=-1):
        return list(self.ipoll(timeout))
