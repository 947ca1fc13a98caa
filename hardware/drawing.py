"""A sheet in the house's drawing style, as SVG: a card of its own that reads on light and dark pages, wires, text."""

from html import escape
from pathlib import Path

_STYLE = Path(__file__).with_name("drawing.css")
Point = tuple[float, float]


class Sheet:
    """Collects what is drawn; wires lie below boards' labels and above boards. Sizes in px of the viewBox."""

    def __init__(self, width: int, height: int, title: str, description: str):
        self._frame = (width, height, title, description)
        self._below: list[str] = []
        self._wires: list[tuple] = []
        self._above: list[str] = []

    def text(self, x: float, y: float, words: str, classes: str = "", turn: int = 0) -> None:
        turned = f' transform="rotate({turn} {x:g} {y:g})"' if turn else ""
        named = f' class="{classes}"' if classes else ""
        self._above.append(f'<text x="{x:g}" y="{y:g}"{named}{turned}>{escape(words)}</text>')

    def lines(self, x: float, y: float, rows: list[str], classes: str = "", step: float = 19) -> None:
        for number, words in enumerate(rows):
            self.text(x, y + number * step, words, classes)

    def box(self, x: float, y: float, width: float, height: float, classes: str, radius: float = 8) -> None:
        self._below.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" class="{classes}"/>'
        )

    def circle(self, x: float, y: float, radius: float, classes: str) -> None:
        self._below.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="{classes}"/>')

    def shape(self, path: str, classes: str) -> None:
        self._below.append(f'<path d="{path}" class="{classes}"/>')

    def pad(self, part: str, name: str, at: Point) -> None:
        """A pad that a wire can end on."""
        self._below.append(
            f'<circle class="pad" data-pad="{escape(part)} {escape(name)}" cx="{at[0]:g}" cy="{at[1]:g}" r="5"/>'
        )

    def wire(self, wire, points: list[Point]) -> None:
        """A netlist.Wire along points, its corners rounded, with a mark of its joint at either end."""
        path = rounded(points)
        data = f'data-from="{escape(" ".join(wire.start))}" data-to="{escape(" ".join(wire.end))}"'
        if wire.gpio is not None:
            data += f' data-gpio="{wire.gpio}"'
        ends = joint(points[0], wire.start_joint) + joint(points[-1], wire.end_joint)
        halo = f'<path d="{path}" class="halo"/>'
        self._wires.append((wire.start, halo, f'<g class="wire {wire.colour}" {data}><path d="{path}"/>{ends}</g>'))

    def mark(self, at: Point, kind: str) -> None:
        self._above.append(joint(at, kind))

    def svg(self) -> str:
        width, height, title, description = self._frame
        # a wire's halo shows that it passes over others; wires that leave one pad are one, and do not cut each other
        drawn = []
        for start in dict.fromkeys(start for start, _, _ in self._wires):
            branch = [(halo, path) for other, halo, path in self._wires if other == start]
            drawn += [halo for halo, _ in branch] + [path for _, path in branch]
        body = "\n  ".join([*self._below, *drawn, *self._above])
        style = "".join(f"    {line}\n" for line in _STYLE.read_text(encoding="utf-8").splitlines()[1:])
        return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
     aria-labelledby="title text" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14">
  <!-- SPDX-License-Identifier: CERN-OHL-P-2.0
       Written by `python -m hardware.generate` from device/board.py: change it there. -->
  <title id="title">{escape(title)}</title>
  <desc id="text">{escape(description)}</desc>
  <style>
{style}  </style>
  <rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="12" fill="var(--card)" stroke="var(--line)"/>
  {body}
</svg>
"""


def joint(at: Point, kind: str) -> str:
    """The mark of a soldered joint (a dot) or of a plug (a square); a part's own lead has none."""
    x, y = at
    if kind == "lead":
        return ""
    if kind == "solder":
        return f'<circle cx="{x:g}" cy="{y:g}" r="5.5" class="solder"/>'
    return f'<rect x="{x - 4:g}" y="{y - 4:g}" width="8" height="8" class="plug"/>'


def rounded(points: list[Point], radius: float = 9) -> str:
    """A path through points whose corners are rounded where their sides are long enough."""
    path = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        ends = []
        for other in (before, after):
            away = ((other[0] - at[0]) ** 2 + (other[1] - at[1]) ** 2) ** 0.5
            part = min(radius, away / 2) / away if away else 0
            ends.append((at[0] + (other[0] - at[0]) * part, at[1] + (other[1] - at[1]) * part))
        (x, y), (beyond_x, beyond_y) = ends
        path.append(f"L{x:g} {y:g} Q{at[0]:g} {at[1]:g} {beyond_x:g} {beyond_y:g}")
    return " ".join([*path, f"L{points[-1][0]:g} {points[-1][1]:g}"])
