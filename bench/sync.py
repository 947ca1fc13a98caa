"""How fast a session comes home, beside stock `mpremote fs cp` and beside what the board can print at all.

On the virtual board's pty. A pty is not USB: the ratios say what the protocols waste, not what a cable will do.
"""

import contextlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.blocks import Blocks
from kneecore import sessionlog as log
from kneesync.board.link import Link
from kneesync.board.pull import CHUNK_BYTES, pull
from kneesync.firmware.image import fresh_board
from kneesync.library import Library
from kneesync.virtual import Flash, VirtualBoard

SESSION_BYTES = 1_000_000
ROUNDS = 20
NAME = "00001-1.knee"

_PRINT = f"""
from binascii import b2a_base64
def _print_it(n):
    text = b2a_base64(bytes(range(256)) * {CHUNK_BYTES // 256}, newline=False).decode()
    for _ in range(n): print(text)
"""


def run():
    rates = {"pull": [], "printing": []}
    with _served() as port, tempfile.TemporaryDirectory() as folder:
        mpremote = _mpremote(port, Path(folder) / "copy")
        with Link(port) as link:
            link.stream(_PRINT, lambda _: None, 1 << 16)
            for attempt in range(-1, ROUNDS):  # the first is a warm-up: modules are loaded, the board's heap has grown
                library = Path(folder) / str(attempt)
                steps = [("pull", lambda: _pull(link, library)), ("printing", lambda: _printing(link))]  # noqa: B023
                for name, step in steps if attempt % 2 else reversed(steps):
                    rate = step()
                    if attempt >= 0:
                        rates[name].append(rate)
    reached = sorted(pulled / printed for pulled, printed in zip(*rates.values(), strict=True))
    low, middle, high = (reached[len(reached) * quarter // 4] for quarter in (1, 2, 3))
    pulled, printed = (statistics.median(values) / 1000 for values in rates.values())
    return [
        f"a session of {SESSION_BYTES / 1e6:.0f} MB over the virtual board's pty (a pty is not USB):",
        f"  kneesync pull {pulled:.0f} kB/s, the whole of it: listing, hashes, checks, fsync, index",
        f"  mpremote fs cp {mpremote / 1000:.0f} kB/s: pull is {pulled * 1000 / mpremote:.1f} x as fast",
        f"  printing base64 that is at hand {printed:.0f} kB/s: pull reaches {middle:.2f} of it "
        f"(median of {ROUNDS} rounds in turns, half of them {low:.2f} to {high:.2f})",
    ], {
        "pull_kB_per_s": pulled,
        "printing_kB_per_s": printed,
        "mpremote_kB_per_s": mpremote / 1000,
        "pull_over_printing": middle,
        "pull_over_printing_quartiles": [low, high],
    }


def _pull(link, folder):
    """Bytes a second."""
    with Library(folder) as library:
        start_s = time.perf_counter()
        (result,) = pull(link, library)
        assert result.state == "new", result
        return result.bytes / (time.perf_counter() - start_s)


def _printing(link):
    """Bytes a second, without what base64 adds to them."""
    lines = SESSION_BYTES // CHUNK_BYTES
    start_s = time.perf_counter()
    link.stream(f"_print_it({lines})", lambda _: None, 2 * SESSION_BYTES)
    return lines * CHUNK_BYTES / (time.perf_counter() - start_s)


@contextlib.contextmanager
def _served():
    """The port of a virtual board in a process of its own: a host and a board do not share an interpreter."""
    command = [sys.executable, "-m", "bench.sync"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as board:
        yield board.stdout.readline().strip()
        board.stdin.close()


def _serve():
    flash = Flash(files={**fresh_board(), f"/sessions/{NAME}": _session()})
    with VirtualBoard(flash=flash) as board:
        board.wait(lambda: "ready" in board.output, 60)
        print(board.port, flush=True)
        sys.stdin.read()


def _mpremote(port, target):
    start_s = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", port, "fs", "cp", f":/sessions/{NAME}", str(target)],
        check=True,
        capture_output=True,
    )
    seconds = time.perf_counter() - start_s
    assert target.stat().st_size >= SESSION_BYTES
    return target.stat().st_size / seconds


def _session():
    """A session file of the size wanted, with random strides: nothing in it compresses or repeats."""
    rng = random.Random(1)
    blocks = Blocks()
    blocks.put(
        log.HEADER,
        b'{"format": 1, "firmware": "bench", "board": "0123456789abcdef", "leg": "L", "boot": 1, "ticks_ms": 0}',
    )
    t_ms = 0
    while len(blocks.data) < SESSION_BYTES:
        strides = [_stride(rng) for _ in range(20)]
        blocks.put(log.STRIDES, log.struct.pack(log.STRIDES_HEAD, t_ms) + b"".join(strides))
        t_ms += sum(int.from_bytes(stride[:2], "little") for stride in strides)
    return bytes(blocks.data)


def _stride(rng):
    lift_cdeg, back_cdeg = rng.randrange(3000, 4500), -rng.randrange(1000, 2500)
    return log.struct.pack(log.STRIDE, rng.randrange(600, 800), lift_cdeg, back_cdeg, 4000, 4000)


if __name__ == "__main__":
    _serve()
