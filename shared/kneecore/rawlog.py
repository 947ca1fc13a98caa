"""What raw capture adds to the session file. Apart from `sessionlog` because a board that keeps none never loads it.

A raw block's payload: number of its first sample (they count on from block to block, and through a gap as time does)
and its time (u32 each, ms), that sample's gyro x, y, z and acceleration x, y, z in chip counts (i16), then groups.
A group: samples n (u8), a u16 with two bits a channel from bit 0 on, then for each channel the differences from sample
to sample (the block's first is 0), modulo 65536, as its two bits say:
0: n times i8
1: pairs of i12 in three bytes: bits 0..7 of the first, of the second, bits 8..11 of both, the first's low; where n is
   odd, the last one's partner is 0
2: n times i16
"""

HEAD = "<II6h"
HEAD_BYTES = 20
GROUP = "<BH"
GROUP_BYTES = 3

SYNC, RAW_STOPPED = 16, 17  # kinds of event
