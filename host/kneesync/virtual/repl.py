"""What a host types, cut into pieces for the VM's REPL. Raw-paste is served here; the VM knows the plain raw REPL."""

from dataclasses import dataclass

WINDOW = 128  # bytes of a raw-paste window, as on rp2
RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
FRIENDLY_PROMPT = b">>> "
_RAW_STOPS = b"\x01\x02\x03\x04\x05"
_FRIENDLY_STOPS = _RAW_STOPS + b"\r\n"
_MOST = 32768


@dataclass
class Piece:
    """`reply` goes to the host, then `feed` to the VM, whose output loses its first `drop` bytes."""

    reply: bytes = b""
    feed: bytes = b""
    drop: int = 0


class Repl:
    """State of the REPL as far as typing needs it."""

    def __init__(self) -> None:
        self.typed = bytearray()
        self.restart(raw=False)

    def restart(self, raw: bool) -> None:
        """The VM starts anew, in the raw or the friendly REPL."""
        self.raw = raw
        self._line_empty = True
        self._paste: bytearray | None = None
        self._since_window = 0

    def take(self) -> Piece | None:
        """The next thing to do with what is typed, or None: nothing to do yet."""
        if not self.typed:
            return None
        if self._paste is not None:
            return self._take_paste()
        if self.raw and self._line_empty and self.typed[0] == 5:
            if len(self.typed) < 3:
                return None
            if self.typed[:3] == b"\x05A\x01":
                del self.typed[:3]
                self._paste, self._since_window = bytearray(), 0
                return Piece(reply=b"R\x01" + WINDOW.to_bytes(2, "little"))
        stops = _RAW_STOPS if self.raw else _FRIENDLY_STOPS
        end = next((i for i, c in enumerate(self.typed[:_MOST]) if c in stops), None)
        feed = bytes(self.typed[: _MOST if end is None else end + 1])
        del self.typed[: len(feed)]
        self._line_empty = feed[-1] in _RAW_STOPS
        return Piece(feed=feed)

    def _take_paste(self) -> Piece:
        assert self._paste is not None
        end = next((i for i, c in enumerate(self.typed) if c in b"\x03\x04"), None)
        part = self.typed[:end]
        self._paste += part
        windows, self._since_window = divmod(self._since_window + len(part), WINDOW)
        reply = b"\x01" * windows
        del self.typed[: len(part)]
        if end is None:
            return Piece(reply=reply)
        stop = self.typed.pop(0)
        source, self._paste = bytes(self._paste), None
        if stop == 3:
            return Piece(reply=reply + b"\x04\x04Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n\x04>")
        # The plain raw REPL answers OK, which raw-paste does not; an empty line would reset it.
        return Piece(reply=reply + b"\x04", feed=(source or b"\n") + b"\x04", drop=2)

    def seen(self, feed: bytes, printed: bytes) -> None:
        """Learn the mode from what the VM printed for a typed Ctrl-A or Ctrl-B."""
        if feed[-1:] == b"\x01" and printed.endswith(RAW_PROMPT):
            self.raw = True
        elif feed[-1:] == b"\x02" and printed.endswith(FRIENDLY_PROMPT):
            self.raw = False
