"""Writes what must agree with device/board.py: `python -m hardware.generate`. A test compares."""

from pathlib import Path

from hardware import netlist, pictures
from kneesync.firmware import wiring

FOLDER = Path(__file__).parent


def builds() -> dict[str, wiring.Wiring]:
    """The builds that are drawn, by row. The Pico's has its motor on a pin, as its file /board then says."""
    return {"feather_rp2040": wiring.rows()["feather_rp2040"], "rpi_pico": wiring.wired("rpi_pico pin")}


def feather_picture() -> str:
    """hardware/wiring-feather_rp2040.svg"""
    return pictures.feather(builds()["feather_rp2040"])


def pico_picture() -> str:
    """hardware/wiring-rpi_pico.svg"""
    return pictures.pico(builds()["rpi_pico"])


def pin_tables() -> str:
    """hardware/wiring.md: every wire of every build as a table."""
    lines = [
        "# Wiring",
        "",
        "<!-- Written by `python -m hardware.generate` from device/board.py: change it there. -->",
        "",
        "Made from the firmware's own table of boards, `device/board.py`. Numbers are GPIOs.",
        "",
        "| row | board | status | I2C | SDA | SCL | button | LED | motor on a pin | IMU | haptics | battery |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row, own in wiring.rows().items():
        battery = f"ADC on {own.battery}" if isinstance(own.battery, int) else own.battery or "not read"
        lines.append(
            f"| `{row}` | {own.machine} | {own.status} | {own.i2c} | {own.sda} | {own.scl} | {own.button} | {own.led} "
            f"| {own.motor_pin} | {own.imu} | {own.haptic} | {battery} |"
        )
    meanings = "; ".join(f"{status}, {meaning}" for status, meaning in wiring.STATUSES.items())
    lines += ["", f"Status: {meanings}. Nobody has built one yet."]
    for row, build in builds().items():
        lines += [
            "",
            f"## {build.machine}",
            "",
            f"![{build.machine}: what goes to what](wiring-{row}.svg)",
            "",
            f"`{row}`, status: {build.status} ({wiring.STATUSES[build.status]}). I2C{build.i2c} at 400 kHz.",
            f"On the board itself: LED on GPIO{build.led}"
            + (f", supply on GPIO{build.battery}." if isinstance(build.battery, int) else "."),
            "Flashed with `kneesync flash" + (f' --wired "{build.words}"`.' if build.words != row else "`."),
            "",
            "| from | to | GPIO | wire | joints |",
            "|---|---|---|---|---|",
        ]
        for wire in netlist.wires(build):
            joints = wire.start_joint if wire.start_joint == wire.end_joint else f"{wire.start_joint}, {wire.end_joint}"
            gpio = "" if wire.gpio is None else str(wire.gpio)
            lines.append(f"| {_end(wire.start)} | {_end(wire.end)} | {gpio} | {wire.colour} | {joints} |")
        addresses = [f"{part} {netlist.ADDRESSES[part]:#x}" for part in netlist.chain(build)]
        lines += ["", f"I2C addresses: {', '.join(addresses)}."]
    reference, pico = wiring.rows()["feather_rp2040"], wiring.rows()["rpi_pico"]
    lines += [
        "",
        "## Other parts",
        "",
        "- **LSM6DSO32** or **ISM330DHCX** in place of the LSM6DSOX: the same cable, the same address. Flash with",
        "  `kneesync flash --wired LSM6DSO32`; the self-test names a wrong pairing.",
        "- **A motor module on a pin** (its own transistor on board) on the Feather: signal to "
        f"{netlist.pad(reference, reference.motor_pin)} (GPIO{reference.motor_pin}), 3V and",
        "  GND to the pads so named, all soldered; `--wired pin`. A bare motor needs R1, Q1 and D1 as on the Pico.",
        "- **A DRV2605L on the Pico** in place of R1, Q1 and D1: by a STEMMA QT cable to the LSM6DSOX's other socket,",
        f"  the motor to its OUT+ and OUT−; `--wired {pico.words}`.",
        "- **No motor**: `--wired none`. Signals by LED only.",
        "- **10 kΩ from the button's pin to 3V**, where sweat may reach the board: the chip's own pull-up has 50 to",
        "  80 kΩ, and what is wet pulls the line low. "
        f"On the Feather between {netlist.pad(reference, reference.button)} and 3V.",
    ]
    return "\n".join([*lines, ""])


def _end(end: tuple[str, str]) -> str:
    part, pad = end
    return f"{ {'feather_rp2040': 'Feather', 'rpi_pico': 'Pico'}.get(part, part) } {pad}"


FILES = {
    "wiring-feather_rp2040.svg": feather_picture,
    "wiring-rpi_pico.svg": pico_picture,
    "wiring.md": pin_tables,
}

if __name__ == "__main__":
    for name, content in FILES.items():
        (FOLDER / name).write_text(content(), encoding="utf-8", newline="\n")
