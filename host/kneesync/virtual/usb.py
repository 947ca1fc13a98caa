"""The board's USB serial output (CDC) while a host has the port open and reads nothing.

MicroPython's shared/tinyusb/mp_usbd_cdc.c: output goes to a buffer of 256 bytes. A piece that does not fit waits for up
to 500 ms, then as much of it as fits is taken and the rest is lost; print() gives two pieces, the text and its line
end. Each time anew, as long as nobody reads: the firmware cannot hear that nobody does. With no host, or one that
reads, output costs nothing that matters.
"""

BUFFER_BYTES = 256
TIMEOUT_US = 500_000


class Usb:
    """`reads`: whether a host that has the port open takes what comes; set it to False to leave a port open."""

    def __init__(self) -> None:
        self._held = 0
        self._reads = True

    @property
    def reads(self) -> bool:
        return self._reads

    @reads.setter
    def reads(self, reads: bool) -> None:
        self._reads = reads
        self._held = 0

    @property
    def room(self) -> int:
        """Bytes that would be taken at once."""
        return BUFFER_BYTES - self._held

    def write(self, data: bytes) -> int:
        """How long the firmware waits for these bytes, µs."""
        if self._reads:
            return 0
        waited_us = 0
        for line in data.splitlines(keepends=True):
            text = line.rstrip(b"\r\n")
            for piece in (len(text), len(line) - len(text)):
                for part in range(0, piece, BUFFER_BYTES):
                    size = min(BUFFER_BYTES, piece - part)
                    if size > self.room:
                        waited_us += TIMEOUT_US
                    self._held += min(size, self.room)
        return waited_us
