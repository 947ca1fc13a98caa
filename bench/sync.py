"""How fast a session comes home, beside stock `mpremote fs cp` and beside what the board can print at all.

On the virtual board's pty. A pty is not USB: the ratios say what the protocols waste, not what a cable will do.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kneecore import sessionlog as log
from kneesync.board.image import fresh_board
from kneesync.board.link import Link
from kneesync.board.pull import pull
from kneesync.library import Library
from kneesync.virtual import Flash, VirtualBoard

SESSION_BYTES = 1_000_000
ROUNDS = 3
NAME = "00001-1.knee"

_PRINT = """
from binascii import b2a_base64
def _print_it(n):
    text = b2a_base64(bytes(range(256)) * 12, newline=False).decode()
    for _ in range(n): print(text)
"""


def run():
    flash = Flash(files={**fresh_board(), f"/sessions/{NAME}": _session()})
    rates = {"pull": [], "printing": [], "mpremote": []}
    with VirtualBoard(flash=flash) as board, tempfile.TemporaryDirectory() as folder:
        board.wait(lambda: "ready" in board.output, 60)
        for attempt in range(ROUNDS):
            with Link(board.port) as link, Library(Path(folder) / str(attempt)) as library:
                start_s = time.perf_counter()
                (result,) = pull(link, library)
                rates["pull"].append(result.bytes / (time.perf_counter() - start_s))
                link.stream(_PRINT, lambda _: None, 1 << 16)
                start_s = time.perf_counter()
                lines = SESSION_BYTES // 3072
                link.stream(f"_print_it({lines})", lambda _: None, 2 * SESSION_BYTES)
                rates["printing"].append(lines * 3072 / (time.perf_counter() - start_s))
            rates["mpremote"].append(_mpremote(board.port, Path(folder) / "copy"))
            board.power_cycle()  # mpremote leaves it at the prompt
    median = {name: sorted(values)[ROUNDS // 2] / 1000 for name, values in rates.items()}
    figures = {f"{name}_kB_per_s": value for name, value in median.items()}
    return [
        f"a session of {SESSION_BYTES / 1e6:.0f} MB over the virtual board's pty "
        f"(a pty is not USB), medians of {ROUNDS}:",
        f"  kneesync pull {median['pull']:.0f} kB/s, the whole of it: listing, hashes, checks, fsync",
        f"  mpremote fs cp {median['mpremote']:.0f} kB/s: pull is {median['pull'] / median['mpremote']:.1f} x as fast",
        f"  printing base64 that is at hand {median['printing']:.0f} kB/s: "
        f"pull reaches {median['pull'] / median['printing']:.2f} of it",
    ], figures


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
    data = bytearray(log.SIGNATURE)
    sequence = 0

    def add(kind, payload):
        nonlocal sequence
        block = bytearray(log.BLOCK_BYTES) + payload
        log.seal(block, memoryview(block), kind, len(payload), sequence)
        data.extend(block)
        sequence += 1

    add(
        log.HEADER,
        b'{"format": 1, "firmware": "bench", "board": "0123456789abcdef", "leg": "L", "boot": 1, "ticks_ms": 0}',
    )
    while len(data) < SESSION_BYTES:
        add(log.STRIDES, bytes(4) + b"".join(_stride(rng) for _ in range(20)))
    return bytes(data)


def _stride(rng):
    lift_cdeg, back_cdeg = rng.randrange(3000, 4500), -rng.randrange(1000, 2500)
    return log.struct.pack(log.STRIDE, rng.randrange(600, 800), lift_cdeg, back_cdeg, 4000, 4000)
