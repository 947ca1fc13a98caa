"""The IMU's samples, in chip counts, out of its FIFO in bursts.

    imu = Imu(i2c, busio.I2C(i2c))
    imu.start()                          # ImuError or OSError where that fails
    while imu.ready():                   # a burst waits
        n = imu.read()                   # imu.channels hold n samples

Identity, reset, ranges and rates are the Adafruit driver's for the chip that board.py names; the FIFO's registers, the
same in all three (data sheet LSM6DSOX rev 3, chapter 9, which number they carry), stand here. ready() and read()
allocate nothing.
"""

from array import array
from time import sleep_ms

import uctypes
from adafruit_lsm6ds import AccelRange, GyroRange
from adafruit_register.i2c_bit import RWBit
from adafruit_register.i2c_bits import RWBits
from board import imu_name, up_ms
from micropython import const

if imu_name == "LSM6DSO32":
    from adafruit_lsm6ds.lsm6dso32 import LSM6DSO32 as Driver  # noqa: N811 - a class
elif imu_name == "ISM330DHCX":
    from adafruit_lsm6ds.ism330dhcx import ISM330DHCX as Driver  # noqa: N811 - a class
else:
    from adafruit_lsm6ds.lsm6dsox import LSM6DSOX as Driver  # noqa: N811 - a class

NAME = imu_name
RANGES = {"gyro_dps": 2000, "acc_g": 16}
BURST_SAMPLES = const(32)  # of four time slots each: every regular burst begins with the same one
STEP = const(7)  # from one sample to the next in a channel

_ADDRESS = const(0x6A)
_FIFO_CTRL3 = const(0x09)  # with what follows, up to CTRL9_XL: all that start() sets
_SET_BYTES = const(16)
_FIFO_CTRL4 = const(0x0A)
_CTRL1_XL, _CTRL2_G, _CTRL6_C = const(0x10), const(0x11), const(0x15)
_XL_LOW_POWER, _12_5_HZ_16_G = const(0x10), const(0x14)
_OUTX_L_A = const(0x28)
_MOVED = const(160)  # 0.08 g, from one look to the next
_WHO_AM_I = const(0x0F)
_FIFO_STATUS1 = const(0x3A)  # 9.53: words waiting, bits 7..0
_OVERRUN_LATCHED = const(0x08)  # 9.54 FIFO_STATUS2
_FIFO_DATA_OUT_TAG = const(0x78)  # 9.93; reading goes on at 0x78 after 0x7E
_WORD_BYTES = const(7)
_BURST_WORDS = const(64)
_FOUR_SLOTS = const(56)  # bytes
_CONTINUOUS = const(6)
_RATE_104_HZ = const(4)  # 5: 208 Hz; of the sensors and of what the FIFO takes
_GYRO = const(0x10)
_ACC = const(0x20)
_WHOLE = const(0x30)
_FIRST_BURSTS = const(2)  # filters settle: dropped
_SILENT_MS = const(1000)
_RESET_TRIES = const(50)
NONSENSE = const(84)  # EILSEQ: it answers, and what it says cannot be
_EIO = const(5)
_ETIMEDOUT = const(110)


class ImuError(Exception):
    """The wrong chip, or none: one line for the user."""


class _Chip(Driver):  # pyright: ignore[reportGeneralTypeIssues] - one of the three
    """The Adafruit driver with the FIFO's registers, and a reset that ends."""

    fifo_acc_rate = RWBits(4, 0x09, 0)  # 9.9 FIFO_CTRL3
    fifo_gyro_rate = RWBits(4, 0x09, 4)
    fifo_mode = RWBits(3, 0x0A, 0)  # 9.10 FIFO_CTRL4
    # 9.20 CTRL9_XL: I3C_DISABLE; an ISM330DHCX has no I3C and calls it DEVICE_CONF, to be set. The drivers write bit 0,
    # which must stay 0
    i3c_off = RWBit(0x18, 1)

    def reset(self):
        self._sw_reset = True
        for _ in range(_RESET_TRIES):
            if not self._sw_reset:
                return
            sleep_ms(1)
        raise OSError(_ETIMEDOUT)


def _tag_table():
    """What a word's tag byte says: _GYRO or _ACC with its time slot (TAG_CNT); 0 if damaged or not ours."""
    table = bytearray(256)
    for tag in range(256):
        ones = 0
        for bit in range(8):
            ones += tag >> bit & 1
        if ones & 1 == 0 and tag >> 3 in (1, 2):  # parity is even; 1: gyroscope, 2: accelerometer (9.93)
            table[tag] = (_GYRO if tag >> 3 == 1 else _ACC) | tag >> 1 & 3
    return table


class _Slice:
    def __getitem__(self, index):
        return index


_ALL = _Slice()[:]  # made once: x[:] would allocate a slice each time
# tag bytes of four time slots in their usual order, from any of the four on
_TAGS = b"\x09\x11\x0a\x12\x0c\x14\x0f\x17\x09\x11\x0a\x12\x0c\x14"


class Imu:
    """`channels`: gyro x y z, acceleration x y z of the burst read last, a sample every `STEP`.

    `waiting`: samples behind it in the FIFO at time `t_ms`. `lost`: samples were lost before that burst; the caller
    takes it back to False.
    """

    def __init__(self, i2c, bus, rate_hz=104):
        self.rate_hz = rate_hz
        self._read_mem = i2c.readfrom_mem_into
        self._bus = bus
        self._status = bytearray(2)
        self._tags = _tag_table()
        # A sample is a tag, the gyro, a tag, the acceleration: words of 7 bytes, which stand askew. Read to an odd
        # address, a sample's gyro is aligned, and in a copy to an even one its acceleration is. So a burst in order
        # needs no word moved. One sample more than a burst: with the half that the last one left, a burst may end in a
        # half.
        self._odd = array("h", bytes(14 * (BURST_SAMPLES + 1) + 2))
        self._even = array("h", bytes(14 * (BURST_SAMPLES + 1)))
        at = uctypes.addressof(self._odd) + 1
        self._room = uctypes.bytearray_at(at, 14 * (BURST_SAMPLES + 1))
        self._words = uctypes.bytearray_at(at, 14 * BURST_SAMPLES)
        self._copy = uctypes.bytearray_at(uctypes.addressof(self._even), 14 * (BURST_SAMPLES + 1))
        odd = memoryview(self._odd)
        even = memoryview(self._even)
        self.channels = (odd[1:], odd[2:], odd[3:], even[4:], even[5:], even[6:])
        self._half = bytearray(6)
        self._set = bytearray(_SET_BYTES)  # the control registers as start() left them
        self._now = bytearray(_SET_BYTES)
        self.lost = False
        self.waiting = 0
        self.t_ms = 0
        self._forget()

    def _forget(self):
        self._level = 0
        self._slot = -1  # TAG_CNT of the sample under construction; -1: none
        self._have = _WHOLE  # its halves
        self._skip = _FIRST_BURSTS
        self._heard_ms = up_ms()

    def start(self):
        """Set the chip up from reset. Takes about a second: the driver waits 0.2 s after each range."""
        found = self._status
        try:
            self._read_mem(_ADDRESS, _WHO_AM_I, found)
        except OSError as error:
            raise ImuError(
                "no IMU answers at 0x%02X (error %d); this board expects an %s (0x%02X). Check its cable."
                % (_ADDRESS, error.errno, NAME, _Chip.CHIP_ID)
            )
        if found[0] != _Chip.CHIP_ID:
            other = "ISM330DHCX" if found[0] == 0x6B else "LSM6DSOX" if found[0] == 0x6C else "NAME"
            raise ImuError(
                "IMU answered 0x%02X at 0x%02X; this board expects an %s (0x%02X). "
                "If another is wired: kneesync flash --wired %s" % (found[0], _ADDRESS, NAME, _Chip.CHIP_ID, other)
            )
        try:
            chip = _Chip(self._bus, _ADDRESS)
        except (ValueError, RuntimeError):
            raise OSError(_EIO)  # it answered a moment ago
        chip._i3c_disable = False
        chip.i3c_off = True
        chip.accelerometer_range = AccelRange.RANGE_16G  # pyright: ignore[reportAttributeAccessIssue] - set at run time
        chip.gyro_range = GyroRange.RANGE_2000_DPS  # pyright: ignore[reportAttributeAccessIssue]
        chip.fifo_mode = 0  # empties it
        rate = _RATE_104_HZ + self.rate_hz // 208
        chip._accel_data_rate = chip._gyro_data_rate = rate
        chip.fifo_acc_rate = chip.fifo_gyro_rate = rate
        chip.fifo_mode = _CONTINUOUS
        self._read_mem(_ADDRESS, _FIFO_CTRL3, self._set)
        self._forget()
        self.lost = False

    def doze(self):
        """The gyroscope off, the acceleration 12.5 times a second in low power: 0.02 mA in place of 0.55."""
        for register, value in ((_FIFO_CTRL4, 0), (_CTRL2_G, 0), (_CTRL6_C, _XL_LOW_POWER), (_CTRL1_XL, _12_5_HZ_16_G)):
            self._bus.writeto(_ADDRESS, bytes((register, value)))
        self._skip = 1  # the first look has nothing to compare with

    def moved(self):
        """Whether the dozing board was turned or shaken since the last look."""
        new = self._half
        old = self._now
        self._read_mem(_ADDRESS, _OUTX_L_A, new)
        found = False
        for i in range(0, 6, 2):
            if ((new[i] | new[i + 1] << 8) - (old[i] | old[i + 1] << 8) + _MOVED & 0xFFFF) > 2 * _MOVED:
                found = not self._skip
        for i in range(6):
            old[i] = new[i]
        self._skip = 0
        return found

    def stop(self):
        """Both sensors in power-down: 3 uA."""
        for register in (_CTRL1_XL, _CTRL2_G):
            self._bus.writeto(_ADDRESS, bytes((register, 0)))

    def check(self):
        """OSError if the control registers are no longer as start() left them: a brown-out takes some or all."""
        self._read_mem(_ADDRESS, _FIFO_CTRL3, self._now)
        if self._now != self._set:
            raise OSError(NONSENSE)

    def ready(self):
        """Whether a burst waits. OSError on a bus fault, or if the FIFO has stood still for a second."""
        if self._level < _BURST_WORDS:
            status = self._status
            self._read_mem(_ADDRESS, _FIFO_STATUS1, status)
            self.t_ms = up_ms()
            if status[1] & _OVERRUN_LATCHED:
                self.lost = True
            self._level = status[0] | (status[1] & 3) << 8
            if self._level < _BURST_WORDS:
                if self.t_ms - self._heard_ms > _SILENT_MS:
                    raise OSError(_ETIMEDOUT)
                return False
        return True

    def read(self):
        """Read the burst: how many samples it completed (0 while the chip settles). OSError on a bus fault."""
        level = self._level - _BURST_WORDS
        self._level = 0  # should the bus fail, ask anew
        try:
            self._read_mem(_ADDRESS, _FIFO_DATA_OUT_TAG, self._words)
        except OSError:
            self.lost = True
            raise
        self._level = level
        self._heard_ms = self.t_ms
        n = self._decode()
        self.waiting = level + (self._have != _WHOLE) >> 1
        if self._skip:
            self._skip -= 1
            return 0
        return n

    def _decode(self):
        """How many samples the burst completed; they stand in `channels`."""
        n = BURST_SAMPLES if self._is_regular() else self._pair()
        self._copy[_ALL] = self._room
        return n

    def _is_regular(self):
        """Whether the burst is whole samples in their usual order, from the time slot that is next."""
        if self._have != _WHOLE or self._slot < 0:
            return False
        first = 2 * (self._slot + 1 & 3)
        gyro0, acc0 = _TAGS[first], _TAGS[first + 1]
        gyro1, acc1 = _TAGS[first + 2], _TAGS[first + 3]
        gyro2, acc2 = _TAGS[first + 4], _TAGS[first + 5]
        gyro3, acc3 = _TAGS[first + 6], _TAGS[first + 7]
        words = self._words
        for at in range(0, _BURST_WORDS * _WORD_BYTES, _FOUR_SLOTS):
            if words[at] != gyro0 or words[at + 7] != acc0 or words[at + 14] != gyro1 or words[at + 21] != acc1:
                return False
            if words[at + 28] != gyro2 or words[at + 35] != acc2 or words[at + 42] != gyro3 or words[at + 49] != acc3:
                return False
        return True

    def _pair(self):
        """Pair the burst's words by kind and time slot into samples in their usual order; how many are whole."""
        self._copy[_ALL] = self._room
        words = self._copy
        out = self._room
        tags = self._tags
        slot = self._slot
        have = self._have
        half = self._half
        to = 0
        if have != _WHOLE:
            start = 8 if have & _ACC else 1
            for i in range(6):
                out[start + i] = half[i]
        damaged = 0
        for at in range(0, _BURST_WORDS * _WORD_BYTES, _WORD_BYTES):
            tag = tags[words[at]]
            if tag == 0:
                damaged += 1
                continue
            if tag & 3 != slot:
                # the next time slot: anything but the next one in the round of four, or a half left over, is a loss
                if slot >= 0 and (tag & 3 != slot + 1 & 3 or have != _WHOLE):
                    self.lost = True
                slot = tag & 3
                have = 0
            elif have == _WHOLE:
                self.lost = True  # a whole round of four is missing
                have = 0
            start = to + 8 if tag & _ACC else to + 1
            for i in range(6):
                out[start + i] = words[at + 1 + i]
            have |= tag & _WHOLE
            if have == _WHOLE:
                to += 14
        self._slot = slot
        self._have = have
        if have != _WHOLE:
            start = to + 8 if have & _ACC else to + 1
            for i in range(6):
                half[i] = out[start + i]
        if damaged:
            self.lost = True
            if damaged > _BURST_WORDS // 2:
                raise OSError(_EIO)  # no FIFO words at all: the reading is out of step
        return to // 14
