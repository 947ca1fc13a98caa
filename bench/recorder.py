"""What recording costs: the flash at several flush intervals, and raw samples in bytes and time.

The flash is the virtual board's model: real littlefs, erase 45 ms typical and 400 ms worst (W25Q64JV data sheet).
"""

import numpy as np
from littlefs import lfs

from bench import cost
from kneecore import sessionlog as log
from kneesync.board.link import Link
from kneesync.firmware.image import fresh_board
from kneesync.virtual import Flash, VirtualBoard
from kneesync.virtual.flash import FEATHER_BLOCKS

INTERVALS_S = (5, 10, 13, 30, 60)  # the firmware's: 13
CADENCE_SPM = 180
HEADER_BYTES = 900
RATE_EVENT_S = 60
WORST_ERASE_US = 400_000
ENDURANCE_ERASES = 100_000  # a sector, W25Q64JV
PASSES = 300_000

# The words of the chip's FIFO through imu, then through raw: passes and bytes.
_SETUP = f"""
from js import performance
import board, busio, imu, raw
class Recorder:
    def __init__(self): self.bytes = 0
    def event(self, *values): pass
    def put(self, block):
        self.bytes += block.used + 9
        block.used = 0
        return 0
class Run:
    running = True
class Pipeline:
    run = Run()
    feed = None
class Clock:
    count = at_ms = 0
    def time_ms(self, sample, fraction): return sample * 10
i2c = board.i2c()
_imu = imu.Imu(i2c, busio.I2C(i2c))
def passes():
    for i in range({PASSES}): pass
def round(path):
    data = open(path, "rb").read()
    now = performance.now
    recorder = Recorder()
    kept = raw.Raw(recorder, 104)
    kept.open(1 << 28)
    kept.into(Pipeline())
    clock = Clock()
    begin = now()
    passes()
    loop = now() - begin
    spent = total = 0
    for i in range(0, len(data) - len(_imu._words) + 1, len(_imu._words)):
        _imu._words[:] = data[i : i + len(_imu._words)]
        n = _imu._decode()
        begin = now()
        if n:
            kept.keep(_imu.channels, n, clock)
        spent += now() - begin
        total += n
        clock.count += n
    recorder.put(kept.block)
    print(spent / loop * {PASSES} / total, recorder.bytes / total)
"""


def run():
    rows = ["flushing strides at 180 steps/min, an hour on the flash model:"]
    figures = {}
    for seconds in INTERVALS_S:
        erases, stalls_ms, worst_ms, stride_bytes = _an_hour(seconds)
        years = ENDURANCE_ERASES * FEATHER_BLOCKS / erases / 365
        figures[f"flush_{seconds}_s"] = {
            "erases_per_hour": erases,
            "stall_ms_mean": float(np.mean(stalls_ms)),
            "stall_ms_most": float(np.max(stalls_ms)),
            "stall_ms_slow_erases": worst_ms,
            "bytes_a_stride": stride_bytes,
        }
        rows.append(
            f"  every {seconds:2} s: {erases} erases, flush {np.mean(stalls_ms):.0f} ms mean, {np.max(stalls_ms):.0f} "
            f"most ({worst_ms:.0f} if every erase takes 400 ms), {stride_bytes:.1f} bytes a stride, "
            f"at most {seconds + 2} s lost at a power cut; at an hour a day the flash lasts {years:,.0f} years"
        )
    rows.append("  chosen: every 13 s, the longest that keeps within 15 s")
    flash = Flash(files={**fresh_board(), "/104": cost.words(), "/208": cost.words(208)})
    with VirtualBoard(flash=flash) as board:
        board.wait(lambda: "ready" in board.output, 60)
        with Link(board.port) as link:
            link.stream(_SETUP, lambda _: None, 1 << 16)
            for rate in (104, 208):
                # the least: what others on the machine take only adds
                passes, sample_bytes = min(_round(link, rate) for _ in range(9))
                figures[f"raw_{rate}"] = {"passes_a_sample": passes, "bytes_a_sample": sample_bytes}
                rows.append(
                    f"raw samples at {rate} Hz: {sample_bytes:.1f} bytes a sample of 12 ({sample_bytes / 12:.2f}), "
                    f"{passes:.0f} empty loop passes a sample"
                )
    return rows, figures


def _round(link, rate):
    said = bytearray()
    link.stream(f"round('/{rate}')", said.extend, 1 << 16)
    return tuple(map(float, said.decode().splitlines()[-1].split()))  # behind what the firmware says


def _an_hour(seconds):
    """(erases, each flush in ms, the longest flush in ms with slow erases, bytes a stride)."""
    erases, stalls_ms, size, strides = _hour(seconds, Flash())
    slow = Flash()
    slow.erase_us = WORST_ERASE_US
    _, slow_ms, _, _ = _hour(seconds, slow)
    return erases, stalls_ms, max(slow_ms), size / strides


def _hour(seconds, flash):
    flash.memory.journal.clear()
    flash.memory.spent_us = 0
    handle = flash.open("/run", 2 | 4)
    stalls_ms, size, strides, last_event_s = [], 0, 0, 0
    lfs.file_write(flash.fs, flash.file(handle), bytes(HEADER_BYTES))
    size += HEADER_BYTES
    for end_s in np.arange(seconds, 3600 + 1, seconds):
        upto = int(end_s * CADENCE_SPM / 120)
        block = bytes(log.BLOCK_BYTES + log.STRIDES_HEAD_BYTES + (upto - strides) * log.STRIDE_BYTES)
        if end_s - last_event_s >= RATE_EVENT_S:
            last_event_s = end_s
            block += bytes(log.BLOCK_BYTES + log.EVENT_BYTES)
        strides = upto
        size += len(block)
        before_us = flash.memory.spent_us
        lfs.file_write(flash.fs, flash.file(handle), block)
        flash.flush(handle)
        stalls_ms.append((flash.memory.spent_us - before_us) / 1000)
    return sum(op.kind == "erase" for op in flash.journal), stalls_ms, size, strides
