"""What tells the chips of the LSM6DS family apart that a board may carry: identity, ranges, and registers.

Sources: data sheets LSM6DSOX DS12814, LSM6DSO32 DS13006, ISM330DHCX DS13012, each table 2 (sensitivities) and section
9; the bits as ST's own register headers have them (github.com/STMicroelectronics/STMems_Standard_C_drivers).
"""

from dataclasses import dataclass, field

_GYRO_UDPS = {0x0: 8750, 0x4: 17500, 0x8: 35000, 0xC: 70000, 0x2: 4375, 0x6: 4375, 0xA: 4375, 0xE: 4375}
_ACC_UG = {0: 61, 2: 122, 3: 244, 1: 488}

# address: (name, value after reset, bits the model takes): section 9, under the heading of that name.
# A 1 in another bit is refused, so that nothing is set in vain.
_COMMON = {
    0x01: ("FUNC_CFG_ACCESS", 0x00, 0x80),
    0x02: ("PIN_CTRL", 0x3F, 0x7F),
    0x07: ("FIFO_CTRL1", 0x00, 0xFF),
    0x08: ("FIFO_CTRL2", 0x00, 0x81),
    0x09: ("FIFO_CTRL3", 0x00, 0xFF),
    0x0A: ("FIFO_CTRL4", 0x00, 0x07),
    0x0B: ("COUNTER_BDR_REG1", 0x00, 0x67),
    0x0C: ("COUNTER_BDR_REG2", 0x00, 0xFF),
    0x0D: ("INT1_CTRL", 0x00, 0x00),
    0x0E: ("INT2_CTRL", 0x00, 0x00),
    0x10: ("CTRL1_XL", 0x00, 0xFE),
    0x11: ("CTRL2_G", 0x00, 0xFF),
    0x12: ("CTRL3_C", 0x04, 0x7D),
    0x13: ("CTRL4_C", 0x00, 0x2A),
    0x14: ("CTRL5_C", 0x00, 0x00),
    0x15: ("CTRL6_C", 0x00, 0x1F),
    0x16: ("CTRL7_G", 0x00, 0x80),
    0x17: ("CTRL8_XL", 0x00, 0xE0),
    0x18: ("CTRL9_XL", 0xE0, 0xE3),  # bit 0 "must be 0", yet the Adafruit driver sets it
    0x19: ("CTRL10_C", 0x00, 0x00),
}


@dataclass(frozen=True)
class Chip:
    """One of the family. `acc_ug`: µg a count by FS_XL; `gyro_udps`: µ°/s a count by the low nibble of CTRL2_G
    (FS_G, FS_125, FS_4000). `differs`: rows of `registers` that are its own."""

    who_am_i: int
    acc_ug: dict[int, int]
    gyro_udps: dict[int, int]
    differs: dict[int, tuple[str, int, int]] = field(default_factory=dict)

    @property
    def registers(self) -> dict[int, tuple[str, int, int]]:
        """address: (name, value after reset, bits the model takes)."""
        return {**_COMMON, **self.differs}


CHIPS = {
    "LSM6DSOX": Chip(0x6C, _ACC_UG, _GYRO_UDPS),
    # the same codes mean twice the range: ±4, ±8, ±16, ±32 g
    "LSM6DSO32": Chip(0x6C, {code: 2 * ug for code, ug in _ACC_UG.items()}, _GYRO_UDPS),
    # ±4000 dps by bit 0 of CTRL2_G; no I3C: bit 1 of CTRL9_XL is DEVICE_CONF, which is to be set
    "ISM330DHCX": Chip(
        0x6B,
        _ACC_UG,
        {**_GYRO_UDPS, **dict.fromkeys(range(1, 16, 2), 140000)},
        {0x18: ("CTRL9_XL (DEVICE_CONF)", 0xE0, 0xE3)},
    ),
}
