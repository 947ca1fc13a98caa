"""What the board gets of the chips' drivers."""

import pytest

from kneesync.errors import KneesyncError
from kneesync.firmware import drivers

PACKAGES = (*drivers.PACKAGES, "adafruit-circuitpython-drv2605")  # a development package: the model's own witness
MOTOR = {"motor.py": b"from adafruit_drv2605 import DRV2605\n\ndef on(bus):\n    DRV2605(bus).realtime_value = 127\n"}


def test_modules_that_are_imported_directly_or_by_one_another():
    assert set(drivers.used_by(MOTOR, PACKAGES)) == {
        "adafruit_drv2605.py",
        "adafruit_bus_device/__init__.py",
        "adafruit_bus_device/i2c_device.py",
    }
    assert drivers.used_by({"led.py": b"import machine\n"}) == {}


@pytest.mark.parametrize(
    "text, stays",
    [
        ("def realtime_value(self, val", True),  # the firmware names it
        ("def use_ERM", True),  # the driver does, in what stays
        ("def __init__", True),  # the language does
        ("_DRV2605_REG_FEEDBACK = const(", True),
        ("def set_waveform", False),
        ("def use_LRM", False),
        ("_DRV2605_REG_VBAT", False),
        ("import Union", False),  # for annotations
        ("__repo__", False),
    ],
)
def test_parts_that_are_named(text, stays):
    assert (text in drivers.used_by(MOTOR, PACKAGES)["adafruit_drv2605.py"].decode()) == stays


def test_a_name_counts_in_a_string_too():
    firmware = {"imu.py": b"from adafruit_lsm6ds.lsm6dsox import LSM6DSOX\nread = getattr(LSM6DSOX, 'acceleration')\n"}
    driver = drivers.used_by(firmware)["adafruit_lsm6ds/__init__.py"].decode()
    assert "def acceleration" in driver
    assert "def temperature" not in driver and "def load_mlc" not in driver and "AccelHPF" not in driver


def test_a_driver_that_is_not_installed():
    with pytest.raises(KneesyncError, match="adafruit-circuitpython-nothing is not installed"):
        drivers.used_by(MOTOR, ("adafruit-circuitpython-nothing",))
