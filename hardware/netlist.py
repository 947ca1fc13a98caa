"""Which pad goes to which, for each board that has a wiring picture: from the rows of device/board.py.

    netlist.wires(wiring.rows()["feather_rp2040"])     # a list of Wire

A GPIO becomes the name printed beside its pad, so that a changed row changes the picture.
"""

from dataclasses import dataclass

from kneesync.firmware.wiring import GAUGE, HAPTIC, IMU, Wiring

# Adafruit Feather RP2040: what is printed beside each GPIO's pad (maker's pin diagram; MicroPython's pins.csv).
FEATHER_PADS = {
    26: "A0", 27: "A1", 28: "A2", 29: "A3", 24: "D24", 25: "D25", 18: "SCK", 19: "MO", 20: "MI", 1: "RX", 0: "TX",
    6: "D4", 13: "D13", 12: "D12", 11: "D11", 10: "D10", 9: "D9", 8: "D6", 7: "D5", 3: "SCL", 2: "SDA",
}  # fmt: skip
# Raspberry Pi Pico data sheet, figure 2: the 40 pins in order; GPIOs are printed as GP0 and so on.
PICO_PINS = [
    "GP0", "GP1", "GND", "GP2", "GP3", "GP4", "GP5", "GND", "GP6", "GP7",
    "GP8", "GP9", "GND", "GP10", "GP11", "GP12", "GP13", "GND", "GP14", "GP15",
    "GP16", "GP17", "GND", "GP18", "GP19", "GP20", "GP21", "GND", "GP22", "RUN",
    "GP26", "GP27", "AGND", "GP28", "VREF", "3V3", "3V3_EN", "GND", "VSYS", "VBUS",
]  # fmt: skip

ADDRESSES = {"LSM6DSOX": IMU, "LSM6DSO32": IMU, "ISM330DHCX": IMU, "DRV2605L": HAPTIC, "MAX17048": GAUGE}
SOLDER, PLUG, LEAD = "solder", "plug", "lead"  # a lead is the part's own
# A STEMMA QT cable's four wires and their colours (Adafruit's and SparkFun's alike).
QT = (("GND", "black"), ("3V", "red"), ("SDA", "blue"), ("SCL", "yellow"))


@dataclass(frozen=True)
class Wire:
    """`start` and `end` are (part, pad); joints are soldered, plugged or a part's lead; `gpio` the board's."""

    start: tuple[str, str]
    end: tuple[str, str]
    colour: str
    start_joint: str
    end_joint: str
    gpio: int | None = None
    cable: str = ""


def pad(wiring: Wiring, gpio: int) -> str:
    """What is printed beside a GPIO's pad; on the Pico with the pin's number, "GP7 (10)". KeyError if not led out."""
    if wiring.row == "feather_rp2040":
        return FEATHER_PADS[gpio]
    return numbered(PICO_PINS.index(f"GP{gpio}") + 1) if f"GP{gpio}" in PICO_PINS else _missing(wiring, gpio)


def numbered(pin: int) -> str:
    """A Pico's pin as the pictures name it: "GND (8)"."""
    return f"{PICO_PINS[pin - 1]} ({pin})"


def wires(wiring: Wiring) -> list[Wire]:
    """Every wire of a board's build."""
    return {"feather_rp2040": _feather, "rpi_pico": _pico}[wiring.row](wiring)


def chain(wiring: Wiring) -> list[str]:
    """The parts on the I2C bus, in the order in which the cables go."""
    gauge = ["MAX17048"] if wiring.battery == "MAX17048" else []
    driver = ["DRV2605L"] if wiring.haptic == "DRV2605L" else []
    return [*gauge, *driver, wiring.imu]


def _feather(wiring: Wiring) -> list[Wire]:
    board = wiring.row
    gpios = {"SDA": wiring.sda, "SCL": wiring.scl}
    found = []
    before = board
    for part in chain(wiring):
        found += [
            Wire(
                (before, f"QT {name}"), (part, f"QT {name}"), colour, PLUG, PLUG, gpios.get(name), f"{before} to {part}"
            )
            for name, colour in QT
        ]
        before, gpios = part, {}
    found += [
        Wire((board, pad(wiring, wiring.button)), ("button", "1"), "green", SOLDER, SOLDER, wiring.button),
        Wire((board, "GND"), ("button", "2"), "black", SOLDER, SOLDER),
        Wire((board, "EN"), ("switch", "1"), "orange", SOLDER, SOLDER),
        Wire((board, "GND"), ("switch", "2"), "black", SOLDER, SOLDER),
        Wire(("DRV2605L", "OUT+"), ("motor", "+"), "red", SOLDER, LEAD),
        Wire(("DRV2605L", "OUT−"), ("motor", "−"), "blue", SOLDER, LEAD),
        Wire(("LiPo", "+"), ("MAX17048", "BAT1 +"), "red", LEAD, PLUG, cable="LiPo to MAX17048"),
        Wire(("LiPo", "−"), ("MAX17048", "BAT1 −"), "black", LEAD, PLUG, cable="LiPo to MAX17048"),
        Wire(("MAX17048", "BAT2 +"), (board, "BAT +"), "red", PLUG, PLUG, cable="MAX17048 to Feather"),
        Wire(("MAX17048", "BAT2 −"), (board, "BAT −"), "black", PLUG, PLUG, cable="MAX17048 to Feather"),
    ]
    return found


def _pico(wiring: Wiring) -> list[Wire]:
    board, imu = wiring.row, wiring.imu
    return [
        Wire((board, numbered(3)), (imu, "QT GND"), "black", PLUG, PLUG, cable="jumpers"),
        Wire((board, numbered(36)), (imu, "QT 3V"), "red", PLUG, PLUG, cable="jumpers"),
        Wire((board, pad(wiring, wiring.sda)), (imu, "QT SDA"), "blue", PLUG, PLUG, wiring.sda, "jumpers"),
        Wire((board, pad(wiring, wiring.scl)), (imu, "QT SCL"), "yellow", PLUG, PLUG, wiring.scl, "jumpers"),
        Wire((board, pad(wiring, wiring.button)), ("button", "1"), "green", PLUG, PLUG, wiring.button),
        Wire((board, numbered(13)), ("button", "2"), "black", PLUG, PLUG),
        Wire((board, pad(wiring, wiring.motor_pin)), ("R1", "1"), "green", PLUG, PLUG, wiring.motor_pin),
        Wire(("R1", "2"), ("Q1", "B"), "green", PLUG, PLUG),
        Wire((board, numbered(23)), ("Q1", "E"), "black", PLUG, PLUG),
        Wire((board, numbered(36)), ("motor", "+"), "red", PLUG, SOLDER),
        Wire((board, numbered(36)), ("D1", "K"), "red", PLUG, PLUG),
        Wire(("Q1", "C"), ("motor", "−"), "blue", PLUG, SOLDER),
        Wire(("Q1", "C"), ("D1", "A"), "blue", PLUG, PLUG),
    ]


def _missing(wiring: Wiring, gpio: int) -> str:
    raise KeyError(f"{wiring.machine} leads GPIO{gpio} to no pin")
