"""The busio face that the Adafruit drivers ask for, over a machine.I2C.

    sensor = LSM6DSOX(busio.I2C(board.i2c()))

Nobody else is on the bus: locking always succeeds. It slices, so it allocates: not for the sample loop.
"""


class I2C:
    """A machine.I2C as CircuitPython's busio.I2C, as far as adafruit_bus_device goes."""

    def __init__(self, i2c):
        self._i2c = i2c

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def writeto(self, address, buffer, *, start=0, end=None):
        self._i2c.writeto(address, memoryview(buffer)[start : len(buffer) if end is None else end])

    def readfrom_into(self, address, buffer, *, start=0, end=None):
        self._i2c.readfrom_into(address, memoryview(buffer)[start : len(buffer) if end is None else end])

    def writeto_then_readfrom(
        self, address, out_buffer, in_buffer, *, out_start=0, out_end=None, in_start=0, in_end=None
    ):
        out = memoryview(out_buffer)[out_start : len(out_buffer) if out_end is None else out_end]
        self._i2c.writeto(address, out, False)  # no stop: the read follows with a repeated start
        self.readfrom_into(address, in_buffer, start=in_start, end=in_end)
