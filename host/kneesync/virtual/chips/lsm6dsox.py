"""ST LSM6DSOX accelerometer and gyroscope and its kin, by register: identity, ranges, rates, outputs and the FIFO.

Source: data sheet DS12814, section 9 "Register description" (each register under a heading of its own name and address)
and table 2 (sensitivities); application note AN5272 for what the data sheet leaves open. What an LSM6DSO32 and an
ISM330DHCX have otherwise stands in lsm6ds_chips.py.

Not modelled, and refused with RegisterError: interrupt pins, sensor hub, embedded functions, self-test, compression,
timestamp and temperature batching, FIFO modes that wait for an interrupt. Not modelled, and silent: filters and their
settling time (a sensor switched on is right at once).
"""

from collections.abc import Callable

import numpy as np

from kneesync.simulation.feed import Feed
from kneesync.virtual.bus import RegisterError
from kneesync.virtual.chips.lsm6ds_chips import CHIPS
from kneesync.virtual.chips.lsm6ds_fifo import BYPASS, CONTINUOUS, FILL_ONCE, TAG_ACCEL, TAG_GYRO, Fifo
from kneesync.virtual.chips.lsm6ds_sensing import TICKS_A_SAMPLE, Motor, Sensing

_FUNC_CFG_ACCESS, _FIFO_CTRL1, _FIFO_CTRL2, _FIFO_CTRL3, _FIFO_CTRL4 = 0x01, 0x07, 0x08, 0x09, 0x0A
_COUNTER_BDR1, _COUNTER_BDR2, _WHO_AM_I, _CTRL1_XL, _CTRL2_G, _CTRL3_C = 0x0B, 0x0C, 0x0F, 0x10, 0x11, 0x12
_CTRL6_C, _STATUS, _OUT_TEMP, _OUT_G, _OUT_A, _OUT_END = 0x15, 0x1E, 0x20, 0x22, 0x28, 0x2E
_FIFO_STATUS1, _FIFO_STATUS2, _FREQ_FINE, _TAG, _FIFO_LAST = 0x3A, 0x3B, 0x63, 0x78, 0x7E

# The embedded functions' own registers (their section), while FUNC_CFG_ACCESS bit 7 is set: as far as drivers look.
_EMBEDDED = {0x04: ("EMB_FUNC_EN_A", 0x00, 0x00), 0x05: ("EMB_FUNC_EN_B", 0x00, 0x00)}
_READ_ONLY = {
    *(_WHO_AM_I, _STATUS, _FIFO_STATUS1, _FIFO_STATUS2, _FREQ_FINE),
    *range(_OUT_TEMP, _OUT_END),
    *range(_TAG, _FIFO_LAST + 1),
}
_SHAPING = set(range(_FIFO_CTRL1, _COUNTER_BDR2 + 1)) | {_CTRL1_XL, _CTRL2_G, _CTRL6_C}
_IF_INC, _BDU, _SW_RESET = 0x04, 0x40, 0x01  # CTRL3_C
_TEMPERATURE_DIVIDER = 128  # 52 Hz, section 4.3

RESET_US = 50  # SW_RESET clears itself; AN5272 "reboot and software reset": at most 50 µs


class Lsm6dsox:
    """The chip at 0x6A or 0x6B. `now_us`: the simulated clock, µs. `feed`: what moves it (feed.py).

    `chip`: a row of CHIPS. `chip_id`: what WHO_AM_I answers, if not the chip's own. `motor`: a Drv2605 on the same
    board, which shakes the samples while it runs (lsm6ds_sensing.py says how much); None: no shaking.
    """

    def __init__(
        self,
        now_us: Callable[[], int],
        feed: Feed,
        chip: str = "LSM6DSOX",
        chip_id: int | None = None,
        motor: Motor | None = None,
        temperature_c: float = 25.0,
        seed: int = 0,
    ) -> None:
        kind = CHIPS[chip]
        self._table, self._acc_ug, self._gyro_udps = kind.registers, kind.acc_ug, kind.gyro_udps
        self.chip_id = kind.who_am_i if chip_id is None else chip_id
        self.temperature_c = temperature_c
        self._now_us = now_us
        self._sensing = Sensing(now_us(), feed, motor, seed)
        self._fifo = Fifo(self._sensing)
        self._reset(now_us())

    # What drives the chip, and what it did: for the virtual board and for tests. started_us, feed_ends_us, words_lost
    # and empty_reads may be read from any thread; the rest belongs to the thread that turns the clock.

    def power_on(self) -> None:
        """Registers as after power-on. The thigh goes on with what it does."""
        self._reset(self._now_us())

    def play(self, feed: Feed) -> None:
        """Begin `feed`: its sample 0 is the next one stored in the FIFO.

        As long as nobody has read a word of it, setting the FIFO's mode begins it anew.
        """
        now_us = self._now_us()
        self._fifo.advance(self._sensing.tick(now_us))
        self._sensing.play(feed, now_us)
        self._fifo.was_read = False
        self._fifo.replan(self._sensing.tick(now_us))

    def spoil(self, change: Callable[[np.ndarray], np.ndarray] | None) -> None:
        """`change(counts)` makes of int16 (n, 6) feed counts what a broken part gives (a stuck axis); None repairs."""
        tick = self._sensing.tick(self._now_us())
        self._fifo.advance(tick)
        self._sensing.spoil = change
        self._fifo.replan(tick)

    def brown_out(self) -> None:
        """The supply dips: every register is as after power-on, the FIFO empty, while the board runs on."""
        self._reset(self._now_us())

    def lose(self, address: int) -> None:
        """One register falls back to its value after reset, as field reports of half-dead chips have it."""
        tick = self._sensing.tick(self._now_us())
        self._fifo.advance(tick)
        self._registers[address] = self._table[address][1]
        if address in _SHAPING:
            self._shape(address, tick)

    def disorder(self) -> None:
        """From now on the FIFO gives its words in another order, until a software reset (meta-openvario issue 295: a
        real LSM6DSL after 10³ to 10⁵ reads)."""
        self._fifo.disordered = True

    @property
    def feed(self) -> Feed:
        """The feed that plays."""
        return self._sensing.feed

    @property
    def started_us(self) -> int | None:
        """When the feed's sample 0 was stored, µs; None before. Its sample k follows k / fs_hz later."""
        start = self._sensing.start_tick
        return None if start is None else round(self._sensing.time_us(start))

    @property
    def feed_ends_us(self) -> int | None:
        """When the feed has nothing more to say, µs; None as long as it has not begun."""
        start = self._sensing.start_tick
        return None if start is None else round(self._sensing.time_us(start + TICKS_A_SAMPLE * self.feed.length))

    def rate(self, sensor):
        """The rate code of "acc" or "gyro" (ODR_XL, ODR_G); 0: power-down."""
        return self._registers[_CTRL1_XL if sensor == "acc" else _CTRL2_G] >> 4

    @property
    def fifo_level(self) -> int:
        """Words in the FIFO now."""
        self._fifo.advance(self._sensing.tick(self._now_us()))
        return self._fifo.level

    @property
    def words_lost(self) -> int:
        """Words overwritten before anybody read them, as of the last access."""
        return self._fifo.lost

    @property
    def empty_reads(self) -> int:
        """Words read from an empty FIFO, so far: the data sheet does not say what they hold, a driver must not ask."""
        return self._fifo.empty_reads

    # The bus.

    def write(self, data: bytes) -> None:
        """Register address, then values: for it and, with IF_INC, the following registers."""
        if not data:
            return
        now_us = self._now_us()
        self._fifo.advance(self._sensing.tick(now_us))
        self._pointer = data[0]
        for value in data[1:]:
            self._write_register(self._pointer, value, now_us)
            self._step_pointer()

    def read(self, n: int) -> bytes:
        """`n` bytes from the register pointer on; with IF_INC 7Eh is followed by 78h (section 9, FIFO_DATA_OUT_Z_H)."""
        now_us = self._now_us()
        self._fifo.advance(self._sensing.tick(now_us))
        if _TAG <= self._pointer <= _FIFO_LAST and self._registers[_CTRL3_C] & _IF_INC and not self._embedded:
            at = self._pointer - _TAG
            self._pointer = _TAG + (at + n) % 7
            return self._fifo.read(at, n)
        values = bytearray()
        for _ in range(n):
            values.append(self._read_register(self._pointer, now_us))
            self._step_pointer()
        return bytes(values)

    def _step_pointer(self):
        if self._registers[_CTRL3_C] & _IF_INC:
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
            return self._fifo.level & 0xFF
        elif address == _FIFO_STATUS2:
            return self._fifo.status2()
        elif address == _FREQ_FINE:
            return self._sensing.freq_fine() & 0xFF
        elif _TAG <= address <= _FIFO_LAST:
            return self._fifo.read(address - _TAG, 1)[0]
        raise RegisterError(f"{self._where(address)} is read, which the model does not know")

    def _write_register(self, address, value, now_us):
        table = _EMBEDDED if self._embedded and address != _FUNC_CFG_ACCESS else self._table
        if address not in table:
            why = "is read-only" if address in _READ_ONLY and table is self._table else "is not known to the model"
            raise RegisterError(f"{self._where(address)} {why}; 0x{value:02X} was written")
        name, _, known = table[address]
        if value & ~known:
            raise RegisterError(f"{name} (0x{address:02X}): the model does not know bits 0x{value & ~known:02X}")
        if table is _EMBEDDED:
            return
        if address == _CTRL3_C and value & _SW_RESET:
            self._reset(now_us)
            self._reset_until_us = now_us + RESET_US
            return
        self._check(address, value)
        if address == _COUNTER_BDR1 and value & 0x40:  # RST_COUNTER_BDR clears itself
            self._fifo.count = 0
            value &= ~0x40
        changed = self._registers[address] != value
        self._registers[address] = value
        if changed and address in _SHAPING:
            self._shape(address, self._sensing.tick(now_us))

    def _check(self, address, value):
        """Values that the tables of section 9 do not allow, or that the model does not play."""
        high, low = value >> 4, value & 0xF
        wrong = (
            (address == _FIFO_CTRL4 and value not in (BYPASS, FILL_ONCE, CONTINUOUS), "this FIFO_MODE is not modelled"),
            (address == _FIFO_CTRL3 and max(high, low) > 11, "BDR 12 and above are not allowed"),
            (address == _CTRL1_XL and high > 11, "ODR_XL 12 and above are not allowed"),
            (address == _CTRL2_G and high > 10, "ODR_G 11 and above are not allowed"),
            (address == _CTRL2_G and low not in self._gyro_udps, "this chip has no such range"),
        )
        for applies, text in wrong:
            if applies:
                raise RegisterError(f"{self._table[address][0]} = 0x{value:02X}: {text}")

    def _where(self, address):
        return f"register 0x{address:02X}" + (" of the embedded functions' bank" if self._embedded else "")

    def _reset(self, now_us):
        self._registers = {address: reset for address, (_, reset, _) in self._table.items()}
        self._pointer = 0
        self._reset_until_us = 0
        self._read_tick = {_OUT_TEMP: -1, _OUT_G: -1, _OUT_A: -1}
        self._held = {}  # BDU: high bytes that wait for their read
        self._shown = (None, b"")
        self._fifo.reset(self._sensing.tick(now_us))
        for address in (_CTRL1_XL, _CTRL2_G):
            self._shape(address, self._sensing.tick(now_us))

    def _shape(self, address, tick):
        """Let the registers that shape samples and the FIFO take effect."""
        registers, fifo = self._registers, self._fifo
        if address == _FIFO_CTRL4:
            fifo.mode = registers[_FIFO_CTRL4]
            fifo.clear(tick)  # section 6: a mode is left by emptying the FIFO
        elif address in (_FIFO_CTRL1, _FIFO_CTRL2):
            fifo.watermark = registers[_FIFO_CTRL1] | (registers[_FIFO_CTRL2] & 1) << 8
            fifo.stop_at_watermark = bool(registers[_FIFO_CTRL2] & 0x80)
        elif address in (_COUNTER_BDR1, _COUNTER_BDR2):
            fifo.count_limit = (registers[_COUNTER_BDR1] & 7) << 8 | registers[_COUNTER_BDR2]
            fifo.count_tag = TAG_GYRO if registers[_COUNTER_BDR1] & 0x20 else TAG_ACCEL
        else:
            self._sensing.gyro_udps = self._gyro_udps[registers[_CTRL2_G] & 0xF]
            self._sensing.acc_ug = self._acc_ug[registers[_CTRL1_XL] >> 2 & 3]
            fifo.dividers = (self._batch_divider(_OUT_G), self._batch_divider(_OUT_A))
            self._shown = (None, b"")
            fifo.replan(tick)

    # Rates: ticks of the 6667 Hz counter between two samples.

    def _divider(self, sensor):
        """Ticks between two samples of a sensor (_OUT_G, _OUT_A); 0 in power-down."""
        code = self._registers[_CTRL2_G if sensor == _OUT_G else _CTRL1_XL] >> 4
        if code == 11:  # ODR_XL only: 1.6 Hz in low-power mode (CTRL6_C XL_HM_MODE), else 12.5 Hz
            return 4096 if self._registers[_CTRL6_C] & 0x10 else 512
        return 1 << (10 - code) if code else 0

    def _batch_divider(self, sensor):
        """Ticks between two FIFO words of a sensor: its BDR, not above its data rate; 0 if it is not batched."""
        code = self._registers[_FIFO_CTRL3] >> 4 if sensor == _OUT_G else self._registers[_FIFO_CTRL3] & 0xF
        data_rate = self._divider(sensor)
        if not code or not data_rate:
            return 0
        slow = 1024 if sensor == _OUT_G else 4096  # code 11: 6.5 Hz and 1.6 Hz
        return max(data_rate, slow if code == 11 else 1 << (10 - code))

    # Output registers, section 9, STATUS_REG to OUTZ_H_A.

    def _newest(self, sensor, now_us):
        """The tick of a sensor's newest sample, or -1 if it is off."""
        if sensor == _OUT_TEMP:
            divider = _TEMPERATURE_DIVIDER if self._divider(_OUT_G) or self._divider(_OUT_A) else 0
        else:
            divider = self._divider(sensor)
        return self._sensing.tick(now_us) // divider * divider if divider else -1

    def _status(self, now_us):
        """TDA, GDA, XLDA: a sample newer than the last one of which a high byte was read."""
        fresh = [self._newest(sensor, now_us) > self._read_tick[sensor] for sensor in (_OUT_A, _OUT_G, _OUT_TEMP)]
        return fresh[0] | fresh[1] << 1 | fresh[2] << 2

    def _output(self, address, now_us):
        """A byte of the newest sample. With BDU an axis whose low byte was read waits for its high byte."""
        sensor = _OUT_A if address >= _OUT_A else _OUT_G if address >= _OUT_G else _OUT_TEMP
        tick = self._newest(sensor, now_us)
        at = address - sensor
        if at & 1:
            self._read_tick[sensor] = tick
            if address in self._held:
                self._read_tick[sensor], _, high = self._held.pop(address)
                return high
        elif self._registers[_CTRL3_C] & _BDU:
            if address + 1 not in self._held:
                self._held[address + 1] = (tick, *self._output_bytes(sensor, tick)[at : at + 2])
            return self._held[address + 1][1]
        return self._output_bytes(sensor, tick)[at]

    def _output_bytes(self, sensor, tick):
        if tick < 0:
            return bytes(6)
        if self._shown[0] != (sensor, tick):
            self._shown = ((sensor, tick), self._sampled(sensor, tick))
        return self._shown[1]

    def _sampled(self, sensor, tick):
        if sensor == _OUT_TEMP:  # 256 counts a degree, 0 at 25 °C (section 4.3)
            return round((self.temperature_c - 25) * 256).to_bytes(2, "little", signed=True)
        ticks = np.array([tick])
        shaken = self._sensing.shakes(tick, tick)
        samples = (self._sensing.shaken_samples if shaken else self._sensing.samples)(ticks)[0]
        return (samples[:3] if sensor == _OUT_G else samples[3:]).astype("<i2").tobytes()
