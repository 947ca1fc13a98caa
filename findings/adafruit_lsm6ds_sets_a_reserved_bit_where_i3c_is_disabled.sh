#!/usr/bin/env bash
# adafruit_lsm6ds sets a bit that ST wants 0, and leaves I3C on
#
# Expected: the driver switches the chip's I3C interface off, so that bus traffic is not taken for I3C. In ST's data sheet of
#   the LSM6DSOX that is bit 1 of CTRL9_XL (0x18), 0xE0 after reset; bit 0 "must be set to 0".
# Happens:  starting the driver leaves 0xE1 there: bit 0 set, bit 1 clear.
# Matters:  boards that share I2C with other chips and run near their limits are where I3C is switched off for; who reads the
#   driver's `_i3c_disable` believes that it is.
#
# The chip here is its registers as they stand after reset, behind the three bus calls that the driver makes.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" adafruit-circuitpython-lsm6ds==4.6.3
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import sys
from importlib.metadata import version

from adafruit_lsm6ds.lsm6dsox import LSM6DSOX

class Registers:
    """An LSM6DSOX on I2C as far as its registers go."""

    def __init__(self):
        self.values = bytearray(128)
        self.values[0x0F] = 0x6C  # WHO_AM_I
        self.values[0x12] = 0x04  # CTRL3_C: address counts on
        self.values[0x18] = 0xE0  # CTRL9_XL

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def writeto(self, address, buffer, *, start=0, end=None):
        register, *data = buffer[start:end] or [0]
        for offset, value in enumerate(data):
            self.values[register + offset] = value & ~1 if register + offset == 0x12 else value  # SW_RESET clears itself

    def writeto_then_readfrom(self, address, out, into, *, out_start=0, out_end=None, in_start=0, in_end=None):
        for offset in range(len(into[in_start:in_end])):
            into[in_start + offset] = self.values[out[out_start] + offset]

bus = Registers()
LSM6DSOX(bus)
print("adafruit-circuitpython-lsm6ds", version("adafruit-circuitpython-lsm6ds"), f"CTRL9_XL 0xE0 -> {bus.values[0x18]:#04x}")
sys.exit(0 if bus.values[0x18] == 0xE1 else "The behaviour changed.")
PY
