"""What a virtual board's firmware has printed, and when, on the simulated clock."""

import itertools

PROMPT = b">>> "


class Printed:
    """All output in `data`, as it went over the wire."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._line_ends: list[tuple[int, int]] = []  # (bytes of output up to there, simulated time)

    def add(self, data: bytes, now_us: int) -> None:
        """The firmware prints this now."""
        for line in data.splitlines(keepends=True):
            self.data += line
            if line.endswith(b"\n"):
                self._line_ends.append((len(self.data), now_us))

    def count(self, text: bytes) -> int:
        """How often `text` stands in the whole lines, and in one that ends with a prompt."""
        whole = len(self.data) if self.data.endswith(PROMPT) else self._line_ends[-1][0] if self._line_ends else 0
        return self.data.count(text, 0, whole)

    @property
    def last_line(self) -> bytes:
        """The last whole line."""
        if not self._line_ends:
            return b""
        start = self._line_ends[-2][0] if len(self._line_ends) > 1 else 0
        return bytes(self.data[start : self._line_ends[-1][0]])

    @property
    def text(self) -> str:
        """All of it; line ends are newlines."""
        return bytes(self.data).decode(errors="replace").replace("\r\n", "\n")

    def lines(self, after: int = 0) -> list[tuple[float, str]]:
        """The whole lines, but the first `after`, each with the simulated time it ended at, s."""
        ends = self._line_ends[max(0, after - 1) :] if after else [(0, 0), *self._line_ends]
        data = bytes(self.data)
        return [
            (end_us / 1e6, data[start:end].decode(errors="replace").rstrip())
            for (start, _), (end, end_us) in itertools.pairwise(ends)
        ]
