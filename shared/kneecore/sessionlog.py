"""The session file, byte by byte: signature, then blocks; written on the board, read everywhere.

    file   = b"KNEE", header block, blocks ..., end block (missing where the run was cut)
    block  = type u8, payload length u16, sequence u16 (from 0, +1 a block), CRC-32 u32, payload
    CRC-32 = over the first five bytes of the block and its payload (binascii.crc32)

All numbers are little-endian. A reader skips types it does not know, and a torn tail loses only itself.
Header payload: JSON with format, firmware, board, leg, chip, settings, boot, ticks_ms, clock_s and ranges.
Times are milliseconds of board uptime; the header's (ticks_ms, clock_s) pair maps them to wall time.
"""

import struct
from binascii import crc32

FORMAT = 1
SIGNATURE = b"KNEE"

HEADER, STRIDES, EVENTS, RAW, END = 1, 2, 3, 4, 5

BLOCK = "<BHHI"
BLOCK_BYTES = 9
CRC_AT = 5
MAX_PAYLOAD_BYTES = 4096

# A strides block: time of the stride before its first record (u32 ms), then records of one length.
# Record: stride time, ms, in bits 0..10 (from the thigh's valley before the last peak to the one before this) and flags
# in bits 11..15, knee-lift peak and lowest extension (0.01 degree from standing), peak swing-up and swing-back rate
# (0.1 degree/s).
# A record whose bits 0..10 are all ones is no stride: behind them stands the time of the stride before the next (u32).
STRIDES_HEAD = "<I"
STRIDES_HEAD_BYTES = 4
STRIDE = "<HhhHH"
STRIDE_BYTES = 10
FLAGS_SHIFT = 11
MAX_DT_MS = 2046
TIME_MARK = 2047
TIME = "<HII"

FIRST = 0x01  # no stride before it: dt_ms is no stride time
UNSURE = 0x02  # alignment not yet settled: angle may be off
CLIPPED = 0x04  # the IMU was at its range limit
LOST = 0x08  # samples were lost inside this stride
MOTOR = 0x10  # the haptic motor ran during it

# An event: time (u32 ms), kind u8, detail u8, six i16; sessionread.EVENT_KINDS says what they mean.
EVENT = "<IBBhhhhhh"
EVENT_BYTES = 18
START, PAUSE, RESUME, ALIGNED, BASELINE, CUE, CUE_CLEARED, RATE, CLOCK, BATTERY, IMU_FAULT, SAMPLES_LOST = range(1, 13)
STUCK, RESTRAPPED, ACTIVITY = range(13, 16)  # rawlog has 16 and 17
CUE_HELD = 18
WATCHED, UNLEARNT, WANDER = range(19, 22)

# What an activity event says that the runner does (sessionread.ACTIVITIES).
UNKNOWN, STANDING, RAISES, WALKING, RUNNING, DRILL = range(6)

# An end block: reason u8, time (u32 ms), strides (u32). Raw blocks: see rawlog.
END_PAYLOAD = "<BII"
END_BYTES = 9
END_REASONS = ("button", "still", "host", "battery", "flash_full", "error")


def seal(buffer, view, kind, payload_bytes, sequence):
    """Fill in the block head in front of the payload that already stands at buffer[BLOCK_BYTES:].

    `view` is a memoryview of `buffer`. Returns the block's length in bytes. Allocates (CRC, slices): once a block.
    """
    struct.pack_into("<BHH", buffer, 0, kind, payload_bytes, sequence & 0xFFFF)
    end = BLOCK_BYTES + payload_bytes
    crc = crc32(view[BLOCK_BYTES:end], crc32(view[:CRC_AT]))
    struct.pack_into("<I", buffer, CRC_AT, crc)
    return end
