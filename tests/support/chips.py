"""A bench for the chip models: a clock turned by hand, the bus, and the busio face for the real Adafruit drivers."""

import numpy as np

from kneesync.simulation.feed import NOMINAL_HZ, ArrayFeed
from kneesync.virtual.bus import I2CBus
from kneesync.virtual.chips.drv2605 import Drv2605
from kneesync.virtual.chips.lsm6dsox import Lsm6dsox

IMU, HAPTIC = 0x6A, 0x5A
TAG_OF = {0x01: "gyro", 0x02: "acc"}


def ramp_feed(samples=4000, fs_hz=NOMINAL_HZ):
    """A feed in which sample k is told from every other: k on gyro x, -k on acc z, and so on."""
    k = np.arange(samples)
    columns = [k, k * 2 - 9000, k * 0 + 7, k * 3 - 15000, 5000 - k, -k]
    return ArrayFeed(np.stack(columns, axis=1).astype(np.int16), fs_hz)


class Bench:
    """`now_us` is the time; `imu` and `haptic` hang on `bus`."""

    def __init__(self, feed=None, **imu):
        self.now_us = 1_000_000
        self.feed = feed or ramp_feed()
        self.haptic = Drv2605(self.time)
        self.imu = Lsm6dsox(self.time, self.feed, **imu)
        self.bus = I2CBus({IMU: self.imu, HAPTIC: self.haptic}, self.time)

    def time(self):
        return self.now_us

    def wait(self, seconds):
        self.now_us += round(seconds * 1e6)

    def set(self, register, *values, address=IMU):
        self.bus.write(address, bytes([register, *values]))

    def get(self, register, n=None, address=IMU):
        """One register as an int, or `n` as bytes."""
        data = self.bus.write_then_read(address, bytes([register]), n or 1)
        return data[0] if n is None else data

    def stream(self, odr=4, mode=6, bdr=None, acc_range=1, gyro_range=3):
        """Both sensors on at a rate code, +-16 g and +-2000 dps, the FIFO in `mode` with `bdr` (gyro, acc) codes."""
        gyro_bdr, acc_bdr = bdr or (odr, odr)
        self.set(0x10, odr << 4 | acc_range << 2)
        self.set(0x11, odr << 4 | gyro_range << 2)
        self.set(0x09, gyro_bdr << 4 | acc_bdr)
        self.set(0x0A, mode)
        return self

    def level(self):
        low, high = self.get(0x3A, 2)
        return low | (high & 3) << 8

    def words(self, n=None):
        """`n` words (all that wait, without n) as a list of (kind, TAG_CNT, (x, y, z))."""
        return parse(self.get(0x78, 7 * (self.level() if n is None else n)))


def parse(data):
    words = np.frombuffer(data, np.uint8).reshape(-1, 7)
    values = words[:, 1:].copy().view("<i2")
    return [
        (TAG_OF.get(tag >> 3, tag >> 3), tag >> 1 & 3, tuple(int(v) for v in row))
        for tag, row in zip(words[:, 0].tolist(), values, strict=True)
    ]


class BusioI2C:
    """busio.I2C over the model bus, as adafruit_bus_device calls it; every transfer takes some simulated time."""

    def __init__(self, bench):
        self._bench = bench

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def writeto(self, address, buffer, *, start=0, end=None):
        self._bench.now_us += 25 * (1 + len(buffer[start:end]))
        self._bench.bus.write(address, bytes(buffer[start:end]))

    def readfrom_into(self, address, buffer, *, start=0, end=None):
        end = len(buffer) if end is None else end
        self._bench.now_us += 25 * (1 + end - start)
        buffer[start:end] = self._bench.bus.read(address, end - start)

    def writeto_then_readfrom(
        self, address, out_buffer, in_buffer, *, out_start=0, out_end=None, in_start=0, in_end=None
    ):
        self.writeto(address, out_buffer, start=out_start, end=out_end)
        self.readfrom_into(address, in_buffer, start=in_start, end=in_end)
