"""The drawings, the parts list and the case agree with the firmware's table and with each other."""

import csv
import re
import shutil
import subprocess
import xml.etree.ElementTree as Xml
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hardware import generate, netlist, pictures, render
from kneesync.firmware import wiring

HARDWARE = Path(__file__).parents[2] / "hardware"
SVG = {"s": "http://www.w3.org/2000/svg"}
PICTURES = {"feather_rp2040": pictures.feather, "rpi_pico": pictures.pico}
# Printed beside the pad -> GPIO, from Adafruit's pin diagram: written down apart from netlist.py.
FEATHER = {
    "A0": 26, "A1": 27, "A2": 28, "A3": 29, "D24": 24, "D25": 25, "SCK": 18, "MO": 19, "MI": 20, "RX": 1, "TX": 0,
    "D4": 6, "D13": 13, "D12": 12, "D11": 11, "D10": 10, "D9": 9, "D6": 8, "D5": 7, "SCL": 3, "SDA": 2,
}  # fmt: skip


@pytest.mark.parametrize("name", generate.FILES)
def test_what_is_generated_is_current(name):
    content = generate.FILES[name]()
    assert (HARDWARE / name).read_text(encoding="utf-8") == content, (
        f"run `python -m hardware.generate`: {name} is stale"
    )


def drawn(picture: str):
    """(part and pad -> places, wires) of a picture: its circles, and where its paths begin and end."""
    root = Xml.fromstring(picture)
    pads: dict[str, list[tuple[float, float]]] = {}
    for circle in root.iterfind(".//s:circle[@data-pad]", SVG):
        pads.setdefault(circle.get("data-pad"), []).append((float(circle.get("cx")), float(circle.get("cy"))))
    wires = []
    for group in root.iterfind(".//s:g[@data-from]", SVG):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", group.find("s:path", SVG).get("d"))]
        wires.append((group.attrib, tuple(numbers[:2]), tuple(numbers[-2:])))
    return pads, wires


def printed_gpio(row: str, pad: str) -> int:
    return FEATHER[pad] if row == "feather_rp2040" else int(re.fullmatch(r"GP(\d+) \(\d+\)", pad)[1])


@pytest.mark.parametrize("row", PICTURES)
def test_each_drawn_wire_ends_on_the_pads_it_names_and_on_the_tables_gpios(row):
    build = generate.builds()[row]
    pads, wires = drawn((HARDWARE / f"wiring-{row}.svg").read_text(encoding="utf-8"))
    gpios = []
    for said, start, end in wires:
        assert start in pads[said["data-from"]], said
        assert end in pads[said["data-to"]], said
        if "data-gpio" in said:
            part, _, pad = said["data-from"].partition(" ")
            assert part == row
            gpios.append(int(said["data-gpio"]))
            if not pad.startswith("QT"):
                assert printed_gpio(row, pad) == gpios[-1]
    expected = [build.sda, build.scl, build.button] + ([build.motor_pin] if build.haptic == "pin" else [])
    assert sorted(gpios) == sorted(expected)
    assert len(wires) == len(netlist.wires(build))


@pytest.mark.parametrize("row", wiring.rows())
def test_the_tables_i2c_pins_are_that_controllers_on_an_rp2040(row):
    build = wiring.rows()[row]  # RP2040 data sheet 1.4.3: SDA on even, SCL on odd pins, controllers by turns
    assert (build.sda % 2, build.scl % 2) == (0, 1)
    assert {build.sda // 2 % 2, build.scl // 2 % 2} == {build.i2c}
    if row in PICTURES:
        assert f"I2C{build.i2c}" in (HARDWARE / f"wiring-{row}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(("row", "gpio", "pad"), [("feather_rp2040", 8, "D6"), ("rpi_pico", 14, "GP14 (19)")])
def test_another_button_in_the_table_is_another_wire(row, gpio, pad):
    _, wires = drawn(PICTURES[row](replace(generate.builds()[row], button=gpio)))
    assert [said["data-from"] for said, _, _ in wires if said["data-to"] == "button 1"] == [f"{row} {pad}"]


def test_a_button_on_a_pin_that_is_not_led_out_has_no_picture():
    with pytest.raises(KeyError, match="23"):
        netlist.wires(replace(generate.builds()["rpi_pico"], button=23))


@pytest.mark.parametrize("name", ["wiring-feather_rp2040.svg", "wiring-rpi_pico.svg", "placement.svg"])
def test_a_picture_is_told_in_words(name):
    root = Xml.fromstring((HARDWARE / name).read_text(encoding="utf-8"))
    assert root.get("aria-labelledby") == "title text"
    assert len(root.find("s:title", SVG).text) > 10
    assert len(root.find("s:desc", SVG).text) > 100


def parts() -> list[dict]:
    with (HARDWARE / "parts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_parts_list_says_all_that_a_buyer_needs():
    rows = parts()
    assert {row["build"] for row in rows} == {"feather", "pico", "both"}
    for row in rows:
        assert None not in row and None not in row.values(), row
        assert row["part"] and row["makers_number"] and row["why"] and row["alternative"], row
        assert int(row["quantity"]) > 0
        assert row["solder"] in ("yes", "no"), row
        assert row["checked"].startswith(("yes: ", "no: ")), row


@pytest.mark.parametrize("row", PICTURES)
def test_each_drawn_part_is_on_the_parts_list(row):
    listed = " ".join(f"{part['part']} {part['wired_as']}" for part in parts())
    for wire in netlist.wires(generate.builds()[row]):
        for part, _ in (wire.start, wire.end):
            assert part in listed, part


needs_openscad = pytest.mark.skipif(not shutil.which("openscad"), reason="openscad is not installed")


@pytest.fixture(scope="session")
def case(tmp_path_factory):
    """A function that renders a part of the case coarsely and gives its triangles, (n, 3, 3) in mm; none if empty."""
    folder = tmp_path_factory.mktemp("case")

    def render(part: str, **values) -> np.ndarray:
        stl = folder / f"{part}.stl"
        stl.unlink(missing_ok=True)
        settings = [f"-D{name}={value}" for name, value in {"fn": 8, **values}.items()]
        command = ["openscad", "-o", str(stl), f'-Dpart="{part}"', *settings, str(HARDWARE / "case.scad")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=250)
        if "Current top level object is empty" in done.stderr:
            return np.empty((0, 3, 3))
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr, done.stderr
        corners = [line.split()[1:] for line in stl.read_text().splitlines() if line.lstrip().startswith("vertex")]
        return np.array(corners, dtype=float).reshape(-1, 3, 3)

    return render


def watertight(triangles: np.ndarray) -> bool:
    """Whether every edge is passed exactly once in each direction."""
    _, numbers = np.unique(np.round(triangles.reshape(-1, 3), 4), axis=0, return_inverse=True)
    a, b, c = numbers.reshape(-1, 3).T
    edges = np.concatenate([np.stack(pair, 1) for pair in ((a, b), (b, c), (c, a))])
    ahead, seen = np.unique(edges, axis=0, return_counts=True)
    back = np.unique(edges[:, ::-1], axis=0)
    return bool((seen == 1).all() and np.array_equal(ahead, back))


def volume_mm3(triangles: np.ndarray) -> float:
    return float(np.einsum("ij,ij->i", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2])).sum() / 6)


def hanging_mm2(triangles: np.ndarray) -> float:
    """Area that looks down at less than 45 degrees to the bed and does not lie on it: bridges and overhangs."""
    across = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    area = np.linalg.norm(across, axis=1) / 2
    down = across[:, 2] / (2 * area + 1e-12) < -np.cos(np.radians(44))
    return float(area[down & (triangles[:, :, 2].min(1) > 0.01)].sum())


@needs_openscad
@pytest.mark.parametrize(
    ("part", "inside_mm", "most_mm", "bridges_mm2"),
    # the Feather's column and the breakouts' side by side, the cell under the Feather; at most a cigarette packet
    [
        ("base", (50.8 + 13, 22.86 + 20.32, 7.8 + 7.0), (75, 85, 25), 60),
        ("lid", (50.8 + 13, 22.86 + 20.32, 2), (75, 75, 18), 25),
    ],
)
def test_the_case_is_printable(case, part, inside_mm, most_mm, bridges_mm2):
    triangles = case(part)
    assert watertight(triangles)
    size = np.ptp(triangles.reshape(-1, 3), axis=0)
    assert (size > inside_mm).all() and (size < most_mm).all(), size
    assert triangles[:, :, 2].min() == pytest.approx(0, abs=1e-3)  # lies on the bed
    assert 5_000 < volume_mm3(triangles) < 35_000  # at most 44 g of PETG
    assert hanging_mm2(triangles) < bridges_mm2


@needs_openscad
def test_no_part_lies_in_a_wall(case):
    assert volume_mm3(case("clash")) < 0.01


@needs_openscad
@pytest.mark.soak
def test_parts_a_millimetre_longer_are_seen_to_clash(case):
    bodies = case("clash", grow=1)
    assert volume_mm3(bodies) > 10
    for x_mm in (26.5, 43.8, 51.9, 62.4):  # the ends of the IMU's board, the cell, the Feather, the haptic driver's
        assert ((bodies[:, :, 0].min(1) < x_mm) & (bodies[:, :, 0].max(1) > x_mm)).any(), x_mm


def test_the_cases_picture_is_of_this_case():
    picture = Image.open(HARDWARE / "case.png")
    assert picture.text["Description"] == render.digest(), "run `make case` and copy build/hardware/case.png here"
