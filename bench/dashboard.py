"""How long the dashboard takes as a runner sees it: on a pty, from the command's start to the last byte of its answer.

bench/library.py calls `measure` on the library that it made. A move is a key; its answer is over when
nothing came for QUIET_S. Each session moved to has not been read before, unless said otherwise.
"""

import contextlib
import os
import select
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

try:
    import pty
    import termios
    from fcntl import ioctl
except ImportError:  # Windows has no pty: nothing is measured there
    pty = None

QUIET_S = 0.4
GIVE_UP_S = 30
ROUNDS = 3
MOVES = 12
SIZE = (120, 40)


class Screen:
    """`kneesync dashboard` on a pty of its own."""

    def __init__(self, folder):
        self._master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        program = Path(sys.executable).parent / "kneesync"
        environment = {**os.environ, "KNEESYNC_LIBRARY": str(folder), "TERM": "xterm-256color"}
        for name in ("COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"):
            environment.pop(name, None)
        self.started_s = time.perf_counter()
        self._process = subprocess.Popen(
            [program, "dashboard"], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)

    def press(self, keys):
        os.write(self._master, keys)

    def until(self, *wanted):
        """(when each of these bytes had come, when the last byte came before QUIET_S of silence, all bytes)."""
        came, data, last_s = {}, b"", time.perf_counter()
        begun_s = last_s
        while time.perf_counter() - begun_s < GIVE_UP_S:
            ready, _, _ = select.select([self._master], [], [], QUIET_S)
            if not ready:
                if data and all(one in came for one in wanted):
                    return came, last_s, data
                continue
            with contextlib.suppress(OSError):
                data += os.read(self._master, 1 << 16)
            last_s = time.perf_counter()
            for one in wanted:
                if one in data:
                    came.setdefault(one, last_s)
        raise RuntimeError(f"the dashboard never showed {[one for one in wanted if one not in came]}")

    def close(self):
        with contextlib.suppress(OSError):
            self.press(b"q")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)


def measure(folder):
    """Seconds: first_frame_s, complete_s (with the newest run's verdict), open_s, move_s (unread), move_most_s,
    move_read_s (its neighbours are read ahead). None without a pty.
    """
    if pty is None:
        return None
    found = {"first_frame_s": [], "complete_s": [], "open_s": [], "move_s": [], "move_read_s": []}
    for _ in range(ROUNDS):
        screen = Screen(folder)
        try:
            came, last_s, _ = screen.until(b"Quit", b"steps/min")
            found["first_frame_s"].append(max(came.values()) - screen.started_s)
            found["complete_s"].append(last_s - screen.started_s)
            found["open_s"].append(_answer_s(screen, b"\r"))
            for _ in range(MOVES):
                found["move_read_s"].append(_answer_s(screen, b"l"))
            _answer_s(screen, b"1")
            for _ in range(MOVES):  # a page of the list further, where nothing was read yet
                found["move_s"].append(_answer_s(screen, b"\x1b[6~"))
        finally:
            screen.close()
    return {name: statistics.median(values) for name, values in found.items()} | {
        "move_most_s": max(found["move_s"]),
    }


def _answer_s(screen, key):
    pressed_s = time.perf_counter()
    screen.press(key)
    _, last_s, _ = screen.until()
    return last_s - pressed_s


def rows(figures):
    """What `make bench` prints of it."""
    aim = "at most 0.15 s"
    return [
        f"  dashboard, newest verdict {figures['complete_s']:5.2f} s",
        f"  dashboard, move          {figures['move_s']:6.3f} s  to a session that was not read yet   ({aim}; "
        f"{figures['move_most_s']:.3f} at most)",
        f"  dashboard, next session  {figures['move_read_s']:6.3f} s  read ahead   ({aim})",
        f"  dashboard, open          {figures['open_s']:6.3f} s",
    ]


if __name__ == "__main__":
    print("\n".join(rows(measure(sys.argv[1]))))
