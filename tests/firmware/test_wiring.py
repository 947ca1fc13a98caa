"""The table of boards as the host reads it, and the words that change it."""

import pytest

from kneesync.errors import KneesyncError
from kneesync.firmware import wiring

# What /board says, what MicroPython calls the board; then row, IMU, haptics, battery, and the words for that.
WORDS = {
    ("", ""): ("feather_rp2040", "LSM6DSOX", "DRV2605L", "MAX17048", "feather_rp2040"),
    ("", "Raspberry Pi Pico with RP2040"): ("rpi_pico", "LSM6DSOX", "DRV2605L", 29, "rpi_pico"),
    ("", "A clone with RP2040"): ("feather_rp2040", "LSM6DSOX", "DRV2605L", "MAX17048", "feather_rp2040"),
    ("rpi_pico", "A clone with RP2040"): ("rpi_pico", "LSM6DSOX", "DRV2605L", 29, "rpi_pico"),
    ("pin LSM6DSO32", ""): ("feather_rp2040", "LSM6DSO32", "pin", "MAX17048", "feather_rp2040 LSM6DSO32 pin"),
    ("ISM330DHCX none rpi_pico MAX17048", ""): (
        "rpi_pico", "ISM330DHCX", "none", "MAX17048", "rpi_pico ISM330DHCX none MAX17048",
    ),
    ("pin DRV2605L", ""): ("feather_rp2040", "LSM6DSOX", "DRV2605L", "MAX17048", "feather_rp2040"),
}  # fmt: skip


@pytest.mark.parametrize("about", WORDS)
def test_words(about):
    found = wiring.wired(*about)
    assert (found.row, found.imu, found.haptic, found.battery, found.words) == WORDS[about]
    assert wiring.wired(found.words) == found


CHANGES = {
    (None, "LSM6DSO32"): "feather_rp2040 LSM6DSO32",
    ("rpi_pico pin", "LSM6DSO32"): "rpi_pico LSM6DSO32 pin",
    ("rpi_pico LSM6DSO32 pin", "LSM6DSOX"): "rpi_pico pin",
    ("rpi_pico LSM6DSO32 pin", "rpi_pico"): "rpi_pico",
    ("nonsense pin", "LSM6DSO32"): "feather_rp2040 LSM6DSO32 pin",
}


@pytest.mark.parametrize("about", CHANGES)
def test_changes(about):
    assert wiring.changed(*about).words == CHANGES[about]


def test_a_word_that_no_board_knows():
    with pytest.raises(KneesyncError, match=r"found 'LSM9DS1', expected a board .*rpi_pico.* and parts .*ISM330DHCX"):
        wiring.wired("rpi_pico LSM9DS1")
