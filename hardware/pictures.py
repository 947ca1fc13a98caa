"""Where things stand in each board's wiring picture, and which way its wires run. What goes to what is netlist.py's."""

from hardware import netlist
from hardware.drawing import Point, Sheet
from hardware.netlist import PICO_PINS, PLUG, SOLDER, Wire
from kneesync.firmware.wiring import Wiring

_MM = 8  # px: boards are drawn to scale
_FEATHER_TOP = ["BAT", "EN", "USB", "D13", "D12", "D11", "D10", "D9", "D6", "D5", "SCL", "SDA"]
_FEATHER_BOTTOM = ["RST", "3V3", "3V3", "GND", "A0", "A1", "A2", "A3"]
_FEATHER_BOTTOM += ["D24", "D25", "SCK", "MO", "MI", "RX", "TX", "D4"]
_MAKERS = {"LSM6DSOX": "4438", "LSM6DSO32": "4692", "ISM330DHCX": "4502", "DRV2605L": "2305", "MAX17048": "5580"}
_ROLES = {"LSM6DSOX": "motion (IMU)", "DRV2605L": "haptic driver", "MAX17048": "battery gauge"}
_SIZES_MM = {"MAX17048": (25.4, 20.32)}
_POLARITY = [
    "Check + and − with a meter",
    "before you plug the battery in.",
    "Other makers' JST-PH plugs are",
    "often the other way round: that",
    "can destroy the Feather.",
]
_TRANSISTOR = [
    "B, C and E sit differently from maker to",
    "maker: read your transistor's data sheet.",
    "D1's band (K) points to 3V3. Without D1",
    "the motor's kick-back can destroy Q1.",
]
_NAMES = [name for name, _ in netlist.QT]


def feather(wiring: Wiring) -> str:
    """The Feather RP2040 build as SVG."""
    wires = netlist.wires(wiring)
    sheet = Sheet(1060, 880, f"Wiring: {wiring.machine}", _told(wiring, wires))
    pads: dict[tuple[str, str], list[Point]] = {}
    _heading(sheet, wiring, "breakouts in a chain of STEMMA QT cables")
    x, y = 60, 490
    _feather_board(sheet, pads, wiring, x, y)
    switch_x, button_x = pads[wiring.row, "EN"][0][0], pads[wiring.row, netlist.pad(wiring, wiring.button)][0][0]
    for part, at_x, words in (("switch", switch_x, "slide switch"), ("button", button_x, "push button")):
        sheet.box(at_x - 52, 350, 104, 56, "part")
        sheet.text(at_x, 376, words, "mid bold small")
        sheet.text(at_x, 393, "closed: off" if part == "switch" else "to ground", "mid soft tiny")
        _pad(sheet, pads, part, "1", (at_x, 406))
        _pad(sheet, pads, part, "2", (at_x, 350))
    sheet.box(410, 132, 288, 136, "part", 12)
    sheet.text(554, 192, "LiPo 3.7 V 400 mAh", "mid head")
    sheet.text(554, 213, "JST-PH plug, protected cell", "mid soft small")
    sheet.text(688, 158, "−", "end bold")
    sheet.text(688, 178, "+", "end bold")
    _pad(sheet, pads, "LiPo", "−", (698, 153))
    _pad(sheet, pads, "LiPo", "+", (698, 171))
    sheet.circle(636, 435, 40, "part")
    sheet.circle(636, 435, 6, "chip")
    sheet.text(632, 496, "disc motor", "mid bold small")
    _pad(sheet, pads, "motor", "+", (674, 424))
    _pad(sheet, pads, "motor", "−", (674, 442))
    column, heights = 760, {"MAX17048": 232, "DRV2605L": 464, wiring.imu: 664}
    chain = netlist.chain(wiring)
    for number, part in enumerate(chain):
        _breakout(sheet, pads, part, column, heights[part], flipped=number > 0)
    for wire in wires:
        sheet.wire(wire, _feather_route(wire, pads, chain))
    _warning(sheet, 166, 132, 226, _POLARITY)
    sheet.text(486, 640, f"STEMMA QT is I2C{wiring.i2c}", "bold small")
    for row, (name, colour) in enumerate(netlist.QT):
        gpio = {"SDA": wiring.sda, "SCL": wiring.scl}.get(name)
        sheet.text(486, 660 + 18 * row, f"{name} · GPIO{gpio}" if gpio is not None else name, f"small t-{colour}")
    _legend(sheet, 30, 762)
    sheet.text(
        30,
        822,
        "The gauge brings the cable from it to the Feather. Off, the battery still charges over USB.",
        "soft small",
    )
    sheet.text(30, 841, "BOOT on the Feather starts its bootloader and cannot be our button.", "soft small")
    return sheet.svg()


def pico(wiring: Wiring) -> str:
    """The Raspberry Pi Pico on a breadboard as SVG: the motor on a pin, through a transistor."""
    wires = netlist.wires(wiring)
    sheet = Sheet(1060, 800, f"Wiring: {wiring.machine}", _told(wiring, wires))
    pads: dict[tuple[str, str], list[Point]] = {}
    _heading(sheet, wiring, "on a breadboard, motor on a pin; nothing soldered but the motor's leads")
    x, y = 430, 180
    _pico_board(sheet, pads, wiring, wires, x, y)
    part = wiring.imu
    _breakout(sheet, pads, part, 60, 208, qt_sides=("right",))
    sheet.box(96, 448, 132, 62, "part")
    sheet.text(162, 476, "push button", "mid bold small")
    sheet.text(162, 494, "to ground", "mid soft tiny")
    _pad(sheet, pads, "button", "1", (228, 466))
    _pad(sheet, pads, "button", "2", (228, 494))
    _motor_circuit(sheet, pads)
    for wire in wires:
        sheet.wire(wire, _pico_route(wire, pads, x))
    _warning(sheet, 690, 612, 340, _TRANSISTOR)
    sheet.text(60, 392, f"I2C{wiring.i2c}", "bold small")
    sheet.text(60, 410, f"SDA · GPIO{wiring.sda}", "small t-blue")
    sheet.text(160, 410, f"SCL · GPIO{wiring.scl}", "small t-yellow")
    for gpio, at in ((wiring.button, (298, 366)), (wiring.motor_pin, (608, 597))):
        sheet.text(*at, f"GP{gpio} · GPIO{gpio}", "small t-green")
    _legend(sheet, 30, 722)
    supply = f"Power by USB. The Pico sees its supply on GPIO{wiring.battery} (VSYS through its own divider by three)."
    sheet.text(30, 768, f'{supply} Flash it so: kneesync flash --wired "{wiring.words}"', "soft small")
    return sheet.svg()


def _heading(sheet: Sheet, wiring: Wiring, words: str) -> None:
    sheet.text(30, 42, wiring.machine, "title")
    sheet.text(30, 64, words, "soft")
    sheet.text(1030, 42, f"status: {wiring.status}; built by nobody yet", "end warned bold small")


def _told(wiring: Wiring, wires: list[Wire]) -> str:
    """The picture in words: every wire."""
    said = [
        f"{' '.join(wire.start)} to {' '.join(wire.end)}" + (f" (GPIO{wire.gpio})" if wire.gpio is not None else "")
        for wire in wires
    ]
    return f"What goes to what on the {wiring.machine}: {'; '.join(said)}."


def _pad(sheet: Sheet, pads: dict, part: str, name: str, at: Point) -> None:
    pads.setdefault((part, name), []).append(at)
    sheet.pad(part, name, at)


def _feather_board(sheet: Sheet, pads: dict, wiring: Wiring, x: float, y: float) -> None:
    width, height = 50.8 * _MM, 22.86 * _MM
    sheet.box(x, y, width, height, "board", 20)
    sheet.box(x - 10, y + height / 2 - 36, 62, 72, "part", 6)
    sheet.text(x + 21, y + height / 2 + 5, "USB-C", "mid tiny")
    sheet.box(x + 5.2 * _MM, y + 6, 8.6 * _MM, 46, "part", 4)
    sheet.text(x + 9.5 * _MM, y + 44, "battery", "mid tiny")
    for name, at_x in (("BAT −", x + 9.5 * _MM - 9), ("BAT +", x + 9.5 * _MM + 9)):
        _pad(sheet, pads, wiring.row, name, (at_x, y + 18))
    used = {netlist.pad(wiring, wiring.button): f"GPIO{wiring.button}", "EN": "", "GND": ""}
    for names, first_mm, row_y, side in (
        (_FEATHER_TOP, 16.51, y + 12, 1),
        (_FEATHER_BOTTOM, 6.35, y + height - 12, -1),
    ):
        for number, name in enumerate(names):
            at = (x + (first_mm + 2.54 * number) * _MM, row_y)
            _pad(sheet, pads, wiring.row, name, at)
            label_y = row_y + (12 if side > 0 else -12)
            sheet.text(
                at[0] + 4,
                label_y,
                name,
                ("bold tiny" if name in used else "soft tiny") + (" end" if side > 0 else ""),
                -90,
            )
    sheet.box(x + width - 66, y + height / 2 - 27, 66, 54, "part", 4)
    sheet.text(x + width - 40, y + height / 2 + 5, "QT", "mid tiny")
    _qt(sheet, pads, wiring.row, x + width - 12, y + height / 2)
    sheet.text(x + width / 2 + 12, y + height / 2 - 2, "Feather RP2040", "mid head")
    sheet.text(x + width / 2 + 12, y + height / 2 + 17, "Adafruit 4884", "mid soft small")
    button_x = pads[wiring.row, netlist.pad(wiring, wiring.button)][0][0]
    sheet.text(button_x + 12, 450, f"{netlist.pad(wiring, wiring.button)} · GPIO{wiring.button}", "small t-green")
    sheet.text(pads[wiring.row, "EN"][0][0] + 12, 450, "EN", "small t-orange")


def _qt(sheet: Sheet, pads: dict, part: str, x: float, y: float, flipped: bool = False) -> None:
    for number, name in enumerate(_NAMES[::-1] if flipped else _NAMES):
        _pad(sheet, pads, part, f"QT {name}", (x, y - 16.5 + 11 * number))


def _breakout(
    sheet: Sheet, pads: dict, part: str, x: float, y: float, flipped=False, qt_sides=("left", "right")
) -> None:
    """A breakout with STEMMA QT at its short edges. Flipped: the right one is drawn the other way, for a loop."""
    across, along = _SIZES_MM.get(part, (25.4, 17.78))
    width, height = across * _MM, along * _MM
    sheet.box(x, y, width, height, "board", 20)
    for side in ("left", "right"):
        sheet.box(x if side == "left" else x + width - 40, y + height / 2 - 27, 40, 54, "part", 4)
    if "left" in qt_sides:
        _qt(sheet, pads, part, x + 12, y + height / 2, flipped and part != "DRV2605L")
    if "right" in qt_sides:
        _qt(sheet, pads, part, x + width - 12, y + height / 2, flipped)
    middle = x + width / 2
    lower = 12 if part != "LSM6DSOX" else 0
    sheet.text(middle, y + height / 2 - 8 + lower, part, "mid head")
    sheet.text(middle, y + height / 2 + 10 + lower, _ROLES.get(part, "motion (IMU)"), "mid soft small")
    sheet.text(middle, y + height / 2 + 27 + lower, f"I2C {netlist.ADDRESSES[part]:#x}", "mid small")
    sheet.text(middle, y + height - 10, f"Adafruit {_MAKERS[part]}", "mid soft tiny")
    if part == "MAX17048":
        for number, centre in ((1, x + 60), (2, x + 143)):
            sheet.box(centre - 30, y + 6, 60, 34, "part", 4)
            sheet.text(centre, y + 35, "JST-PH", "mid tiny")
            _pad(sheet, pads, part, f"BAT{number} +", (centre - 9, y + 15))
            _pad(sheet, pads, part, f"BAT{number} −", (centre + 9, y + 15))
    if part == "DRV2605L":
        for name, at_x in (("OUT−", x + 61), ("OUT+", x + 142)):
            _pad(sheet, pads, part, name, (at_x, y + 20))
            sheet.text(at_x + 10, y + 25, name, "tiny")


def _feather_route(wire: Wire, pads: dict, chain: list[str]) -> list[Point]:
    start, end = pads[wire.start], pads[wire.end]
    name = wire.start[1]
    if name.startswith("QT"):
        lane = _NAMES.index(name[3:])
        if wire.end[0] == chain[0]:  # from the Feather up to the first breakout
            a, b = start[0], min(end)
            return [a, (548 + 11 * lane, a[1]), (548 + 11 * lane, b[1]), b]
        if chain.index(wire.end[0]) % 2:  # a loop on the right
            a, b = max(start), max(end)
            return [a, (1024 - 11 * lane, a[1]), (1024 - 11 * lane, b[1]), b]
        a, b = min(start), min(end)
        return [a, (706 + 11 * lane, a[1]), (706 + 11 * lane, b[1]), b]
    a, b = start[0], end[0]
    if name == "GND":
        below, left, above = (704, 24, 306) if wire.end[0] == "button" else (690, 38, 320)
        return [a, (a[0], below), (left, below), (left, above), (b[0], above), b]
    if wire.start[0] == "LiPo":
        return [a, (b[0], a[1]), b]
    if wire.cable == "MAX17048 to Feather":
        above = 110 if name.endswith("+") else 92
        return [a, (a[0], above), (b[0], above), b]
    if wire.start[0] == "DRV2605L":
        return [a, (a[0], b[1]), b]
    return [a, b]


def _pico_board(sheet: Sheet, pads: dict, wiring: Wiring, wires: list[Wire], x: float, y: float) -> None:
    width, height = 21 * _MM, 51 * _MM
    sheet.box(x - 46, y - 26, width + 92, height + 52, "bench", 8)
    sheet.text(x - 34, y + height + 18, "breadboard", "soft tiny")
    sheet.box(x, y, width, height, "board", 8)
    sheet.box(x + width / 2 - 24, y - 10, 48, 44, "part", 4)
    sheet.text(x + width / 2, y + 17, "USB", "mid tiny")
    sheet.text(x + width / 2, y + height / 2 - 4, "Pico H", "mid bold small")
    sheet.text(x + width / 2, y + height / 2 + 15, "RP2040", "mid soft tiny")
    used = {pad for wire in wires for part, pad in (wire.start, wire.end) if part == wiring.row}
    for number in range(1, 41):
        left = number <= 20
        row = number - 1 if left else 40 - number
        at = (x + 12 if left else x + width - 12, y + (1.37 + 2.54 * row) * _MM)
        name = netlist.numbered(number)
        _pad(sheet, pads, wiring.row, name, at)
        classes = ("bold tiny" if name in used else "soft tiny") + ("" if left else " end")
        sheet.text(at[0] + (11 if left else -11), at[1] + 4, PICO_PINS[number - 1], classes)
        if name in used:
            sheet.text(at[0] + (-24 if left else 24), at[1] - 6, str(number), "soft tiny" + (" end" if left else ""))


def _motor_circuit(sheet: Sheet, pads: dict) -> None:
    """R1, Q1, D1 and the motor as symbols."""
    base_y = 500
    sheet.shape("M690 500 h14 l4 -9 l8 18 l8 -18 l8 18 l8 -18 l8 18 l4 -9 h14", "bare")  # R1
    sheet.text(728, 478, "R1 470 Ω", "mid small bold")
    _pad(sheet, pads, "R1", "1", (690, base_y))
    _pad(sheet, pads, "R1", "2", (766, base_y))
    sheet.circle(832, base_y, 30, "bare")
    sheet.shape(
        f"M816 {base_y - 17} V{base_y + 17} M802 {base_y} H816 M816 {base_y - 7} L840 {base_y - 24} V{base_y - 30}",
        "bare",
    )
    sheet.shape(f"M816 {base_y + 7} L840 {base_y + 24} V{base_y + 30} M840 {base_y + 24} l-11 -2 l5 -7 z", "bare")
    sheet.text(872, base_y - 2, "Q1 PN2222A", "small bold")
    sheet.text(872, base_y + 16, "NPN", "soft tiny")
    for name, at, label in (
        ("B", (802, base_y), (790, base_y - 8)),
        ("C", (840, 470), (850, 474)),
        ("E", (840, 530), (850, 536)),
    ):
        _pad(sheet, pads, "Q1", name, at)
        sheet.text(*label, name, "tiny soft")
    sheet.shape("M760 390 h24 l-12 -22 z M759 367 h26 M772 367 V352 M772 390 V405", "bare")  # D1
    sheet.text(752, 383, "D1 1N4148", "end small bold")
    _pad(sheet, pads, "D1", "K", (772, 350))
    _pad(sheet, pads, "D1", "A", (772, 407))
    sheet.circle(930, 378, 40, "part")
    sheet.text(930, 376, "disc", "mid small bold")
    sheet.text(930, 392, "motor", "mid small bold")
    _pad(sheet, pads, "motor", "+", (930, 338))
    _pad(sheet, pads, "motor", "−", (930, 418))


def _pico_route(wire: Wire, pads: dict, x: float) -> list[Point]:
    a, b = pads[wire.start][0], pads[wire.end][0]
    end = wire.end
    lanes = {"QT GND": 290, "QT SDA": 312, "QT SCL": 334}
    if end[1] == "QT 3V":  # over the top, from the right side to the left
        return [a, (a[0] + 96, a[1]), (a[0] + 96, 124), (356, 124), (356, b[1]), b]
    if end[1] in lanes:
        lane = lanes[end[1]]
        return [a, (lane, a[1]), (lane, b[1]), b]
    if end == ("button", "1"):
        return [a, (290, a[1]), (290, b[1]), b]
    if end == ("button", "2"):
        return [a, (330, a[1]), (330, b[1]), b]
    if end == ("R1", "1"):
        return [a, (662, a[1]), (662, b[1]), b]
    if end == ("Q1", "E"):
        return [a, (640, a[1]), (640, 556), (b[0], 556), b]
    if end in (("motor", "+"), ("D1", "K")):
        return [a, (682, a[1]), (682, 300), (b[0], 300), b]
    if end in (("motor", "−"), ("D1", "A")):
        return [a, (a[0], 446), (b[0], 446), b]
    return [a, b]


def _warning(sheet: Sheet, x: float, y: float, width: float, rows: list[str]) -> None:
    sheet.box(x, y, width, 20 + 20 * len(rows), "warn")
    sheet.text(x + 14, y + 25, rows[0], "small bold warned")
    sheet.lines(x + 14, y + 45, rows[1:], "small", 20)


def _legend(sheet: Sheet, x: float, y: float) -> None:
    sheet.mark((x + 8, y), SOLDER)
    sheet.text(x + 24, y + 5, "soldered", "small")
    sheet.mark((x + 118, y), PLUG)
    sheet.text(x + 134, y + 5, "plugged in", "small")
    at = x + 232
    for colour, words in (
        ("red", "+ / 3 V"),
        ("black", "ground"),
        ("blue", "SDA, motor −"),
        ("yellow", "SCL"),
        ("green", "signal"),
    ):
        sheet.text(at, y + 5, "━━", f"t-{colour} bold")
        sheet.text(at + 34, y + 5, words, "small")
        at += 50 + 6.6 * len(words)
