"""What a sample costs on the board's interpreter, in passes of an empty loop timed in the same run.

FIFO decoding, attitude, strides and cue are included; the bus is not (its calls cross a pipe here). The unit is chosen
because it carries over: a pass is 3.3 us on an emulated RP2040 (lower bound), whatever this machine does.
"""

import time

from kneesync.board.image import fresh_board
from kneesync.board.link import Link
from kneesync.virtual import Flash, VirtualBoard
from kneesync.virtual.lsm6dsox import Lsm6dsox
from kneesync.virtual.runner import KneeRaises, Run, Stand, simulate

RUN_S = 60
PASSES = 1_000_000
ROUNDS = 5
PASS_US_RP2040 = 3.3

_SETUP = """
from kneecore import settings
from kneecore.pipeline import Pipeline
import board, busio, imu
class Sink:
    def stride(self, t, dt, lift, low, up, down, flags): pass
    def event(self, t, kind, detail, a, b, c, d, e, f): pass
i2c = board.i2c()
_imu = imu.Imu(i2c, busio.I2C(i2c))
_data = open("/bench.words", "rb").read()
_burst = len(_imu._words)
_words = [_data[i:i + _burst] for i in range(0, len(_data) - _burst + 1, _burst)]
def samples():
    pipeline = Pipeline(settings.defaults(), Sink())
    total = 0
    for burst in _words:
        _imu._words[:] = burst
        n = _imu._decode()
        total += n
        pipeline.feed(_imu.samples, n, 0, total * 9600 // 1000)
    return total
def loading():
    total = 0
    for burst in _words:
        _imu._words[:] = burst
def passes(n):
    for i in range(n): pass
"""


def run():
    flash = Flash(files={**fresh_board(), "/bench.words": _words()})
    with VirtualBoard(flash=flash) as board:
        board.wait(lambda: "ready" in board.output, 60)
        with Link(board.port) as link:
            link.stream(_SETUP, lambda _: None, 1 << 16)
            times_s = {"samples": [], "loading": [], "passes": []}
            said = bytearray()
            for _ in range(ROUNDS):
                times_s["samples"].append(_timed(link, "print(samples())", said))
                times_s["loading"].append(_timed(link, "loading()", bytearray()))
                times_s["passes"].append(_timed(link, f"passes({PASSES})", bytearray()))
    samples = int(said.split()[0])
    # pair by pair, so that a machine whose speed drifts does not matter
    ratios = sorted(
        (sample_s - load_s) / samples / (pass_s / PASSES)
        for sample_s, load_s, pass_s in zip(*times_s.values(), strict=True)
    )
    passes = ratios[len(ratios) // 2]
    figures = {"passes_per_sample": passes, "least": ratios[0], "most": ratios[-1], "samples": samples}
    return [
        f"cost of a sample on the virtual board: {passes:.0f} empty loop passes "
        f"({ratios[0]:.0f} to {ratios[-1]:.0f} over {ROUNDS} rounds of {samples} samples); budget 75",
        f"  projected on an RP2040 at {PASS_US_RP2040} us a pass: {passes * PASS_US_RP2040 / 1000:.2f} ms "
        "of the 9.6 ms between samples",
    ], figures


def _timed(link, expression, said):
    start_s = time.perf_counter()
    link.stream(expression, said.extend, 1 << 16)
    return time.perf_counter() - start_s


def _words():
    """FIFO words of a standing start, three raises and a run, as the chip's model gives them."""
    run = simulate([Stand(6), KneeRaises(3), Stand(2), Run(RUN_S, speed_mps=3.3)], seed=1)
    now_us = 0
    chip = Lsm6dsox(lambda: now_us, run)
    # ±16 g and ±2000 dps at 104 Hz, both batched at 104 Hz, continuous mode: as device/imu.py sets it
    for register, value in ((0x10, 0x44), (0x11, 0x4C), (0x09, 0x44), (0x0A, 0x06)):
        chip.write(bytes([register, value]))
    words = bytearray()
    while now_us < (RUN_S + 12) * 1_000_000:
        now_us += 200_000
        level = chip.fifo_level
        chip.write(b"\x78")
        words += chip.read(7 * level)
    return bytes(words)
