"""What samples cost on the board's interpreter, in passes of an empty loop timed beside each burst.

FIFO decoding, attitude, strides, alignment and cue are included; the bus is not (its calls cross a pipe here). The unit
is chosen because it carries over, whatever this machine does: arithmetic that took 43 to 54 passes on a virtual board
took 277 us on an emulated RP2040, so a pass stands for 6 us there.
Every round takes in the same bursts, so the least time of a burst over the rounds is what it costs undisturbed: that is
how the worst single call is found.
"""

import numpy as np

from kneesync.board.link import Link
from kneesync.firmware.image import fresh_board
from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate
from kneesync.virtual import Flash, VirtualBoard
from kneesync.virtual.chips.lsm6dsox import Lsm6dsox

RUN_S = 60
PASSES = 4000  # beside each burst: about as long as it
ROUNDS = 15
PASS_US_RP2040 = 6
FIFO_SAMPLES = 256
PERIOD_MS = 9.6
BUDGET = 75

# js.performance.now() is the machine's time, ms: the board's own clock is simulated.
_SETUP = f"""
from js import performance
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
def passes():
    for i in range({PASSES}): pass
def round():
    now = performance.now
    pipeline = Pipeline(settings.defaults(), Sink())
    total = 0
    times = []
    for burst in _words:
        _imu._words[:] = burst
        begin = now()
        n = _imu._decode()
        pipeline.feed(_imu.channels, imu.STEP, n, 0, (total + n) * 9600 // 1000)
        times.append(now() - begin)
        begin = now()
        passes()
        times.append(now() - begin)
        begin = now()
        times.append(now() - begin)
        total += n
    print(*times)
    return total
"""


def run():
    flash = Flash(files={**fresh_board(guests=(_SETUP.encode(),)), "/bench.words": words()})
    with VirtualBoard(flash=flash) as board:
        board.wait(lambda: "ready" in board.output, 60)
        with Link(board.port) as link:
            link.stream(_SETUP, lambda _: None, 1 << 16)
            rounds = [_round(link) for _ in range(ROUNDS)]
    samples = rounds[0][1]
    work_ms, loop_ms = np.array([times_ms for times_ms, _ in rounds]).transpose(1, 0, 2)
    per_sample = np.sort(work_ms.sum(axis=1) / loop_ms.sum(axis=1) * PASSES * work_ms.shape[1] / samples)
    median = float(per_sample[ROUNDS // 2])
    worst = float(work_ms.min(axis=0).max() / np.median(loop_ms.min(axis=0)) * PASSES)
    worst_ms = worst * PASS_US_RP2040 / 1000
    figures = {
        "passes_per_sample": median,
        "least": float(per_sample[0]),
        "most": float(per_sample[-1]),
        "samples": samples,
        "worst_call_passes": worst,
        "worst_call_ms_projected": worst_ms,
    }
    return [
        f"cost of a sample on the virtual board: {median:.0f} empty loop passes "
        f"({per_sample[0]:.0f} to {per_sample[-1]:.0f} over {ROUNDS} rounds of {samples} samples); budget {BUDGET}",
        f"  projected on an RP2040 at {PASS_US_RP2040} us a pass: {median * PASS_US_RP2040 / 1000:.2f} ms "
        f"of the {PERIOD_MS} ms between samples",
        f"  worst single call (a burst of {samples // work_ms.shape[1]} with stride end, alignment, window): "
        f"{worst:.0f} passes, projected {worst_ms:.0f} ms,",
        f"  in which {worst_ms / PERIOD_MS:.0f} samples arrive; half of the FIFO is {FIFO_SAMPLES // 2}",
    ], figures


def _round(link):
    """((ms of each burst, ms of the loop beside it), samples) of one round."""
    said = bytearray()
    link.stream("print(round())", said.extend, 1 << 20)
    times_ms, samples = said.decode().split("\r\n")[:2]
    work_ms, loop_ms, clock_ms = np.array(times_ms.split(), dtype=float).reshape(-1, 3).T
    return (work_ms - np.median(clock_ms), loop_ms - np.median(clock_ms)), int(samples)


def words(rate_hz=104):
    """FIFO words of a standing start, three raises and a run, as the chip's model gives them."""
    rate = {104: 4, 208: 5}[rate_hz]  # the chip's code for it
    run = simulate([Stand(6), KneeRaises(3), Stand(2), Run(RUN_S, speed_mps=3.3)], seed=1)
    now_us = 0
    chip = Lsm6dsox(lambda: now_us, run)
    # ±16 g and ±2000 dps, both batched at their rate, continuous mode: as device/imu.py sets it
    for register, value in ((0x10, rate << 4 | 4), (0x11, rate << 4 | 0xC), (0x09, rate << 4 | rate), (0x0A, 0x06)):
        chip.write(bytes([register, value]))
    words = bytearray()
    while now_us < (RUN_S + 12) * 1_000_000:
        now_us += 100_000
        level = chip.fifo_level
        chip.write(b"\x78")
        words += chip.read(7 * level)
    return bytes(words)
