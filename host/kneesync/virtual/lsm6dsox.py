"""ST LSM6DSOX accelerometer and gyroscope, by register: identity, ranges, rates, output registers and the FIFO.

Source: data sheet DS12814, section 9 "Register description" (each register under a heading of its own name and address,
as in `_REGISTERS`), section 6 (FIFO), table 2 (sensitivities); application note AN5272 for what the data sheet leaves
open. Time slots come from one counter at 6667 Hz times the part's own deviation, which divides by powers of two to every
data rate, so samples of a 104 Hz feed and the chip's samples at 104 Hz are the same ones; other rates interpolate linearly.

Not modelled, and refused with RegisterError: interrupt pins, sensor hub, embedded functions, self-test, compression,
timestamp and temperature batching, FIFO modes that wait for an interrupt. Not modelled, and silent: filters and their
settling time (a sensor switched on is right at once).
"""

from bisect import bisect_right

import numpy as np

from kneesync.virtual.bus import RegisterError
from kneesync.virtual.feed import NOMINAL_HZ

FIFO_WORDS = 512  # section 6: 3 kB of data, 6 bytes a word, and a tag byte each
BYPASS, FIFO, CONTINUOUS = 0, 1, 6
TAG_GYRO, TAG_ACCEL = 0x01, 0x02  # section 9, FIFO_DATA_OUT_TAG (78h)

# chip: WHO_AM_I, µg a count by FS_XL, m°/s a count by the low nibble of CTRL2_G (FS_G, FS_125, FS_4000); data sheets' table 2.
_GYRO_UDPS = {0x0: 8750, 0x4: 17500, 0x8: 35000, 0xC: 70000, 0x2: 4375, 0x6: 4375, 0xA: 4375, 0xE: 4375}
CHIPS = {
    "LSM6DSOX": (0x6C, {0: 61, 2: 122, 3: 244, 1: 488}, _GYRO_UDPS),
    "LSM6DSO32": (0x6C, {0: 122, 2: 244, 3: 488, 1: 976}, _GYRO_UDPS),
    "ISM330DHCX": (0x6B, {0: 61, 2: 122, 3: 244, 1: 488}, {**_GYRO_UDPS, 0x1: 140000}),
}
_FEED_UG, _FEED_UDPS = 488, 70000

_FUNC_CFG_ACCESS, _FIFO_CTRL1, _FIFO_CTRL2, _FIFO_CTRL3, _FIFO_CTRL4 = 0x01, 0x07, 0x08, 0x09, 0x0A
_COUNTER_BDR1, _COUNTER_BDR2, _WHO_AM_I, _CTRL1_XL, _CTRL2_G, _CTRL3_C = 0x0B, 0x0C, 0x0F, 0x10, 0x11, 0x12
_CTRL6_C, _STATUS, _OUT_TEMP, _OUT_G, _OUT_A, _OUT_END = 0x15, 0x1E, 0x20, 0x22, 0x28, 0x2E
_FIFO_STATUS1, _FIFO_STATUS2, _FREQ_FINE, _TAG, _FIFO_LAST = 0x3A, 0x3B, 0x63, 0x78, 0x7E

# address: (name, value after reset, bits the model takes). A 1 in another bit is refused, so that nothing is set in vain.
_REGISTERS = {
    _FUNC_CFG_ACCESS: ("FUNC_CFG_ACCESS", 0x00, 0x80),
    0x02: ("PIN_CTRL", 0x3F, 0x7F),
    _FIFO_CTRL1: ("FIFO_CTRL1", 0x00, 0xFF),
    _FIFO_CTRL2: ("FIFO_CTRL2", 0x00, 0x81),
    _FIFO_CTRL3: ("FIFO_CTRL3", 0x00, 0xFF),
    _FIFO_CTRL4: ("FIFO_CTRL4", 0x00, 0x07),
    _COUNTER_BDR1: ("COUNTER_BDR_REG1", 0x00, 0x67),
    _COUNTER_BDR2: ("COUNTER_BDR_REG2", 0x00, 0xFF),
    0x0D: ("INT1_CTRL", 0x00, 0x00),
    0x0E: ("INT2_CTRL", 0x00, 0x00),
    _CTRL1_XL: ("CTRL1_XL", 0x00, 0xFE),
    _CTRL2_G: ("CTRL2_G", 0x00, 0xFF),
    _CTRL3_C: ("CTRL3_C", 0x04, 0x7D),
    0x13: ("CTRL4_C", 0x00, 0x2A),
    0x14: ("CTRL5_C", 0x00, 0x00),
    _CTRL6_C: ("CTRL6_C", 0x00, 0x1F),
    0x16: ("CTRL7_G", 0x00, 0x80),
    0x17: ("CTRL8_XL", 0x00, 0xE0),
    0x18: ("CTRL9_XL", 0xE0, 0xE3),  # bit 0 "must be 0", yet the Adafruit driver sets it
    0x19: ("CTRL10_C", 0x00, 0x00),
}
# Section 11 "Embedded functions register description", while FUNC_CFG_ACCESS bit 7 is set: as far as drivers look there.
_EMBEDDED = {0x04: ("EMB_FUNC_EN_A", 0x00, 0x00), 0x05: ("EMB_FUNC_EN_B", 0x00, 0x00)}
_READ_ONLY = {
    _WHO_AM_I, _STATUS, _FIFO_STATUS1, _FIFO_STATUS2, _FREQ_FINE, *range(_OUT_TEMP, _OUT_END), *range(_TAG, _FIFO_LAST + 1)
}  # fmt: skip
_SHAPE_WORDS = (_FIFO_CTRL3, _CTRL1_XL, _CTRL2_G, _CTRL6_C)  # what the words to come depend on
_TEMPERATURE_DIVIDER = 128  # 52 Hz, section 4.3

RESET_US = 50  # SW_RESET clears itself; AN5272 "reboot and software reset": at most 50 µs
_AHEAD_SLOTS = 2048  # words are built this many time slots at once: a burst then is a slice
_SHAKE_HZ, _SHAKE_G, _SHAKE_DPS = 170.0, 0.08, 3.0


class Lsm6dsox:
    """The chip at 0x6A or 0x6B. `now_us`: the simulated clock, µs. `feed`: what moves it (feed.py).

    `chip`: a row of CHIPS. `chip_id`: what WHO_AM_I answers, if not the chip's own. `motor`: a Drv2605 on the same board; while
    it runs its shaking is added to the samples: 0.08 g and 3 dps turning at 170 Hz, seeded. These are our guess at what passes the
    chip's filters, not a measurement: enough to see whether flagged samples are left out. None: the motor shakes nothing.

    `words_lost` and `empty_reads` count what a driver cannot see: words overwritten before they were read, and words read from
    an empty FIFO (the data sheet does not say what they hold; here zeros).
    """

    def __init__(self, now_us, feed, chip="LSM6DSOX", chip_id=None, motor=None, temperature_c=25.0, seed=0):
        own_id, self._acc_ug, self._gyro_udps = CHIPS[chip]
        self.chip_id = own_id if chip_id is None else chip_id
        self.temperature_c = temperature_c
        self.words_lost = 0
        self.empty_reads = 0
        self._now_us = now_us
        self._motor = motor
        self._spoil = None
        self._shake_axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0][:, :2]
        self._fifo = bytearray()
        self._tick0 = self.feed = None
        self._epoch_us, self._epoch_tick = 0, 0
        self.power_on(feed)

    # What drives the chip.

    def power_on(self, feed=None):
        """Registers as after power-on. The thigh goes on with what it did; with `feed`, it begins that one (see play)."""
        self._reset()
        if feed is not None:
            self.play(feed)

    def play(self, feed):
        """Begin `feed`: its sample 0 is the next sample stored in the FIFO, or the first after the FIFO is started anew."""
        now_us = self._now_us()
        if self.feed is not None:
            self._advance(now_us)
            self._epoch_tick = self._tick(now_us)
        self._epoch_us = now_us
        self.feed = feed
        self._ticks_per_us = feed.fs_hz * 64 / 1e6  # the 6667 Hz counter of this part
        self._tick0 = None  # the counter at the feed's sample 0
        self._seen = False
        self._forget_ahead(now_us)

    def spoil(self, change):
        """`change(counts)`: int16 (n, 6) in feed counts to what a broken part gives instead (a stuck axis, say); None repairs it."""
        self._advance(self._now_us())
        self._spoil = change
        self._forget_ahead(self._now_us())

    @property
    def started_us(self):
        """When the feed's sample 0 was stored, µs; None before. Feed time is (t - started_us), by the feed's fs_hz."""
        return None if self._tick0 is None else round(self._tick_us(self._tick0))

    @property
    def feed_ends_us(self):
        """When the feed's last sample is over, µs; None as long as it has not begun."""
        return None if self._tick0 is None else round(self._tick_us(self._tick0 + 64 * self.feed.length))

    @property
    def fifo_level(self):
        """Words in the FIFO now."""
        self._advance(self._now_us())
        return len(self._fifo) // 7

    # The bus.

    def write(self, data):
        """Register address, then values: for it and, with IF_INC, the following registers."""
        if not data:
            return
        now_us = self._now_us()
        self._advance(now_us)
        self._pointer = data[0]
        for value in data[1:]:
            self._write_register(self._pointer, value, now_us)
            self._step_pointer()

    def read(self, n):
        """`n` bytes from the register pointer on; with IF_INC 7Eh is followed by 78h (section 9, FIFO_DATA_OUT_Z_H)."""
        now_us = self._now_us()
        self._advance(now_us)
        if _TAG <= self._pointer <= _FIFO_LAST and self._registers[_CTRL3_C] & 4 and not self._embedded:
            return self._read_fifo(n)
        values = bytearray()
        for _ in range(n):
            values.append(self._read_register(self._pointer, now_us))
            self._step_pointer()
        return bytes(values)

    def _step_pointer(self):
        if self._registers[_CTRL3_C] & 4:  # IF_INC
            self._pointer = _TAG if self._pointer == _FIFO_LAST else self._pointer + 1

    @property
    def _embedded(self):
        return self._registers[_FUNC_CFG_ACCESS] & 0x80

    def _read_register(self, address, now_us):
        if self._embedded and address != _FUNC_CFG_ACCESS:
            if address in _EMBEDDED:
                return _EMBEDDED[address][1]
        elif address == _CTRL3_C:
            return self._registers[_CTRL3_C] | (now_us < self._reset_until_us)
        elif address in self._registers:
            return self._registers[address]
        elif address == _WHO_AM_I:
            return self.chip_id
        elif address == _STATUS:
            return self._status(now_us)
        elif _OUT_TEMP <= address < _OUT_END:
            return self._output(address, now_us)
        elif address == _FIFO_STATUS1:
            return len(self._fifo) // 7 & 0xFF
        elif address == _FIFO_STATUS2:
            return self._fifo_status2()
        elif address == _FREQ_FINE:
            return max(-128, min(127, round((self.feed.fs_hz / NOMINAL_HZ - 1) / 0.0015))) & 0xFF
        elif _TAG <= address <= _FIFO_LAST:
            return self._read_fifo(1)[0]
        raise RegisterError(f"{self._where(address)} is read, which the model does not know")

    def _write_register(self, address, value, now_us):
        table = _EMBEDDED if self._embedded and address != _FUNC_CFG_ACCESS else _REGISTERS
        if address not in table:
            why = "is read-only" if address in _READ_ONLY and table is _REGISTERS else "is not known to the model"
            raise RegisterError(f"{self._where(address)} {why}; 0x{value:02X} was written")
        name, _, known = table[address]
        if value & ~known:
            raise RegisterError(f"{name} (0x{address:02X}): the model does not know bits 0x{value & ~known:02X}")
        if table is _EMBEDDED:
            return
        if address == _CTRL3_C and value & 1:  # SW_RESET
            self._reset()
            self._reset_until_us = now_us + RESET_US
            return
        before = self._registers[address]
        self._check(address, value)
        if address == _COUNTER_BDR1 and value & 0x40:  # RST_COUNTER_BDR clears itself
            self._batched = 0
            value &= ~0x40
        self._registers[address] = value
        if address == _FIFO_CTRL4 and value != before:
            self._fifo.clear()  # section 6: modes are left through an empty FIFO
            self._overwritten = self._stored = False
            self._forget_ahead(now_us)
        elif address in _SHAPE_WORDS and value != before:
            self._forget_ahead(now_us)

    def _check(self, address, value):
        """Values that the tables of section 9 do not allow, or that the model does not play."""
        high, low = value >> 4, value & 0xF
        wrong = (
            (address == _FIFO_CTRL4 and value not in (BYPASS, FIFO, CONTINUOUS), "FIFO_MODE {low} is not modelled"),
            (address == _FIFO_CTRL3 and (high > 11 or low > 11), "BDR 12 and above are not allowed"),
            (address == _CTRL1_XL and high > 11, "ODR_XL 12 and above are not allowed"),
            (address == _CTRL2_G and high > 10, "ODR_G 11 and above are not allowed"),
            (address == _CTRL2_G and low not in self._gyro_udps, "range 0x{low:X} is not this chip's"),
        )
        for applies, text in wrong:
            if applies:
                raise RegisterError(f"{_REGISTERS[address][0]} = 0x{value:02X}: " + text.format(low=low))

    def _where(self, address):
        return f"register 0x{address:02X}" + (" of the embedded functions' bank" if self._embedded else "")

    def _reset(self):
        self._registers = {address: reset for address, (_, reset, _) in _REGISTERS.items()}
        self._pointer = 0
        self._reset_until_us = 0
        self._fifo.clear()
        self._overwritten = self._latched = self._counted = self._stored = False
        self._batched = 0
        self._last_tag = 0
        self._read_tick = {_OUT_TEMP: -1, _OUT_G: -1, _OUT_A: -1}
        self._held = {}  # BDU: high bytes that wait for their read
        self._shown = (None, b"")
        self._ticks, self._words, self._at = [], b"", 0
        self._built_to = 0

    # Time slots and samples.

    def _tick(self, now_us):
        """The 6667 Hz counter at a time."""
        return self._epoch_tick + int((now_us - self._epoch_us) * self._ticks_per_us)

    def _tick_us(self, tick):
        return self._epoch_us + (tick - self._epoch_tick) / self._ticks_per_us

    def _divider(self, sensor):
        """Counter steps between two samples of a sensor (_OUT_G, _OUT_A); 0 in power-down."""
        code = self._registers[_CTRL2_G if sensor == _OUT_G else _CTRL1_XL] >> 4
        if code == 11:  # ODR_XL only: 1.6 Hz in low-power mode (XL_HM_MODE), else 12.5 Hz
            return 4096 if self._registers[_CTRL6_C] & 0x10 else 512
        return 1 << (10 - code) if code else 0

    def _batch_divider(self, sensor):
        """Counter steps between two FIFO words of a sensor: its BDR, but not above its data rate; 0 if it is not batched."""
        rates = self._registers[_FIFO_CTRL3]
        code = rates >> 4 if sensor == _OUT_G else rates & 0xF
        data_rate = self._divider(sensor)
        if not code or not data_rate:
            return 0
        slow = 1024 if sensor == _OUT_G else 4096  # code 11: 6.5 Hz and 1.6 Hz
        return max(data_rate, slow if code == 11 else 1 << (10 - code))

    def _counts(self, ticks):
        """What the two sensors give at these counter steps (ascending): int16 (n, 6) in the ranges that are set."""
        if self._tick0 is None:
            position = ticks - (ticks[0] % 64) - (1 << 40)  # long before the feed: it stands
        else:
            position = ticks - self._tick0
        whole, part = position >> 6, position & 63
        first = int(whole[0])
        block = self.feed.block(first, int(whole[-1]) - first + 2)
        counts = block[whole - first]
        if part.any():
            step = block[whole - first + 1].astype(np.int32) - counts
            counts = (counts + (step * part[:, None] + 32 >> 6)).astype(np.int16)
        return counts if self._spoil is None else np.asarray(self._spoil(counts.copy()), dtype=np.int16)

    def _ranged(self, counts):
        """Feed counts to counts of the ranges that are set, rounded and saturated."""
        gyro_udps = self._gyro_udps[self._registers[_CTRL2_G] & 0xF]
        acc_ug = self._acc_ug[self._registers[_CTRL1_XL] >> 2 & 3]
        if (gyro_udps, acc_ug) == (_FEED_UDPS, _FEED_UG) and counts.dtype == np.int16:
            return counts
        scale = np.array([_FEED_UDPS / gyro_udps] * 3 + [_FEED_UG / acc_ug] * 3)
        return np.clip(np.rint(counts * scale), -32768, 32767).astype(np.int16)

    def _shaken(self, counts, ticks, pulses):
        """Feed counts with the motor's shaking where it ran."""
        t_us = self._tick_us(ticks)
        strength = np.zeros(len(ticks))
        for start_us, end_us, _, share in pulses:
            strength[(t_us >= start_us) & (t_us < end_us)] = abs(share)
        turn = 2 * np.pi * (_SHAKE_HZ / 1e6) * t_us
        circle = strength[:, None] * (np.stack([np.cos(turn), np.sin(turn)], axis=1) @ self._shake_axes.T)
        shake = np.hstack([circle * (_SHAKE_DPS * 1e6 / _FEED_UDPS), circle * (_SHAKE_G * 1e6 / _FEED_UG)])
        return np.clip(counts + shake, -32768, 32767)  # still finer than a count: the range rounds

    def _encode(self, ticks, counts):
        """FIFO words of the time slots `ticks`: (bytes, the slot of each word); gyroscope before accelerometer in a slot."""
        words = np.zeros((len(ticks), 2, 7), dtype=np.uint8)
        words[:, :, 1:] = self._ranged(counts).astype("<i2").view(np.uint8).reshape(-1, 2, 6)
        slot = (ticks - self._tag_tick) // self._slot & 3
        for column, tag in enumerate((TAG_GYRO, TAG_ACCEL)):
            value = tag << 3 | slot << 1
            parity = value ^ value >> 4
            parity ^= parity >> 2
            words[:, column, 0] = value | (parity ^ parity >> 1) & 1  # TAG_PARITY: an even number of ones
        batched = np.stack(
            [ticks % d == 0 if d else np.zeros(len(ticks), bool) for d in map(self._batch_divider, (_OUT_G, _OUT_A))], axis=1
        )
        return words[batched].tobytes(), np.broadcast_to(ticks[:, None], batched.shape)[batched]

    def _build_ahead(self, tick):
        """Words of the time slots after `_built_to`, at least up to `tick`; False if nothing is batched."""
        dividers = [d for d in map(self._batch_divider, (_OUT_G, _OUT_A)) if d]
        if self._registers[_FIFO_CTRL4] == BYPASS or not dividers:
            self._built_to = tick
            return False
        self._slot = min(dividers)
        first = (self._built_to // self._slot + 1) * self._slot
        if self._tick0 is None:
            self._tick0 = first
        if self._tag_tick is None:  # TAG_CNT goes on from the last word stored
            self._tag_tick = first - ((self._last_tag >> 1 & 3) + 1) * self._slot if self._stored else first
        ticks = first + self._slot * np.arange(_AHEAD_SLOTS, dtype=np.int64)
        self._words, stamps = self._encode(ticks, self._counts(ticks))
        self._ticks, self._at = stamps.tolist(), 0
        self._built_to = int(ticks[-1])
        return True

    def _forget_ahead(self, now_us):
        """What was built ahead no longer holds: rates, ranges, mode or feed changed."""
        if not self._seen and not self._stored:
            self._tick0 = None  # nobody has had a sample of the feed: it begins when the FIFO next stores one
        self._ticks, self._words, self._at = [], b"", 0
        self._built_to = self._tick(now_us)
        self._tag_tick = None

    # The FIFO, section 6.

    def _depth(self):
        """Words the FIFO takes: 512, or the watermark if STOP_ON_WTM is set."""
        mark = self._watermark()
        return mark if self._registers[_FIFO_CTRL2] & 0x80 and mark else FIFO_WORDS

    def _watermark(self):
        return self._registers[_FIFO_CTRL1] | (self._registers[_FIFO_CTRL2] & 1) << 8

    def _advance(self, now_us):
        """Store what was sampled up to now."""
        tick = self._tick(now_us)
        while self._at < len(self._ticks) or self._built_to < tick:
            if self._at == len(self._ticks) and not self._build_ahead(tick):
                return
            end = bisect_right(self._ticks, tick, self._at)
            if end == self._at:
                return
            self._store(end)

    def _store(self, end):
        words = self._words[7 * self._at : 7 * end]
        if self._motor is not None:
            stamps = self._ticks[self._at : end]
            pulses = self._motor.pulses(self._tick_us(stamps[0]), self._tick_us(stamps[-1]) + 1)
            if pulses:
                ticks = np.unique(stamps)
                words = self._encode(ticks, self._shaken(self._counts(ticks), ticks, pulses))[0]
        self._at = end
        self._stored = True
        self._last_tag = words[-7]
        self._count_batches(words[::7])
        fifo, depth = self._fifo, 7 * self._depth()
        fifo += words
        excess = len(fifo) - depth
        if excess > 0:
            self.words_lost += excess // 7
            if self._registers[_FIFO_CTRL4] == FIFO:
                del fifo[depth:]
            else:
                del fifo[:excess]
            self._overwritten = self._latched = True
        elif not excess and self._registers[_FIFO_CTRL4] == FIFO:
            self._overwritten = self._latched = True

    def _count_batches(self, tags):
        """COUNTER_BDR_REG1/2: a flag each time one sensor was batched so often."""
        limit = (self._registers[_COUNTER_BDR1] & 7) << 8 | self._registers[_COUNTER_BDR2]
        if limit:
            sensor = TAG_GYRO if self._registers[_COUNTER_BDR1] & 0x20 else TAG_ACCEL
            self._batched += sum(tag >> 3 == sensor for tag in tags)
            if self._batched >= limit:
                self._counted = True
                self._batched %= limit

    def _read_fifo(self, n):
        """Bytes of the oldest words from the pointer's place in a word on. A word is gone once its last byte (7Eh) was read."""
        offset = self._pointer - _TAG
        values = bytes(self._fifo[offset : offset + n])
        gone = (offset + n) // 7
        if gone:
            self._seen = True
            del self._fifo[: 7 * gone]
            self._overwritten = self._overwritten and len(self._fifo) >= 7 * self._depth()
        if len(values) < n:
            self.empty_reads += (n - len(values) + 6) // 7
            values += bytes(n - len(values))
        if self._registers[_CTRL3_C] & 4:
            self._pointer = _TAG + (offset + n) % 7
        return values

    def _fifo_status2(self):
        """Flags (section 9, FIFO_STATUS2) and the level's two high bits. Reading clears FIFO_OVR_LATCHED and COUNTER_BDR_IA.

        FIFO_OVR_IA follows AN5272 (full, and a word was overwritten; in FIFO mode: full). The data sheet's words on
        COUNTER_BDR_IA ("reset when these registers are read") could also mean COUNTER_BDR_REG1/2.
        """
        level, mark = len(self._fifo) // 7, self._watermark()
        next_slot = bisect_right(self._ticks, self._ticks[self._at], self._at) - self._at if self._at < len(self._ticks) else 0
        flags = (
            (mark and level >= mark) << 7
            | self._overwritten << 6
            | (bool(next_slot) and level + next_slot >= self._depth()) << 5
            | self._counted << 4
            | self._latched << 3
        )
        self._latched = self._counted = False
        return flags | level >> 8

    # Output registers, section 9, STATUS_REG to OUTZ_H_A.

    def _newest(self, sensor, now_us):
        """The counter step of a sensor's newest sample, or -1 if it is off."""
        if sensor == _OUT_TEMP:
            divider = _TEMPERATURE_DIVIDER if self._divider(_OUT_G) or self._divider(_OUT_A) else 0
        else:
            divider = self._divider(sensor)
        return self._tick(now_us) // divider * divider if divider else -1

    def _status(self, now_us):
        """TDA, GDA, XLDA: a sample newer than the last one whose high byte was read."""
        return sum(
            (self._newest(sensor, now_us) > self._read_tick[sensor]) << bit
            for bit, sensor in enumerate((_OUT_A, _OUT_G, _OUT_TEMP))
        )

    def _output(self, address, now_us):
        """A byte of the newest sample. With BDU the high byte stays that of the sample whose low byte was read."""
        if address in self._held:
            return self._held.pop(address)
        sensor = _OUT_A if address >= _OUT_A else _OUT_G if address >= _OUT_G else _OUT_TEMP
        tick = self._newest(sensor, now_us)
        if self._shown[0] != (sensor, tick):
            self._shown = (sensor, tick), self._output_bytes(sensor, tick)
        values = self._shown[1]
        at = address - sensor
        if at & 1:
            self._read_tick[sensor] = tick
        elif self._registers[_CTRL3_C] & 0x40:
            self._held[address + 1] = values[at + 1]
            self._read_tick[sensor] = tick
        return values[at]

    def _output_bytes(self, sensor, tick):
        if tick < 0:
            return bytes(6)
        if sensor == _OUT_TEMP:  # 256 counts a degree, 0 at 25 °C
            return round((self.temperature_c - 25) * 256).to_bytes(2, "little", signed=True)
        ticks = np.array([tick])
        counts = self._counts(ticks)
        if self._motor is not None:
            pulses = self._motor.pulses(self._tick_us(tick), self._tick_us(tick) + 1)
            counts = self._shaken(counts, ticks, pulses) if pulses else counts
        return self._ranged(counts)[0].astype("<i2").tobytes()[0 if sensor == _OUT_G else 6 :][:6]
