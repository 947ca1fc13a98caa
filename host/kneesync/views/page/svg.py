"""Figures as SVG for a page: in two widths, named for those who cannot see them, coloured by the page.

Everything is drawn in colours that stand for a part of the page's palette and become CSS variables, so that one picture
serves light, dark and paper. Text stays text, in the page's own font. A width of its own for phones keeps it readable.
"""

import io
import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK, MUTED, GRID, FRESH, LATE = (f"#00000{i}" for i in range(1, 6))
_PALETTE = {INK: "ink", MUTED: "muted", GRID: "grid", FRESH: "fresh", LATE: "late"}
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "kneesync",
    "path.simplify": False,
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.major.size": 4,
    "ytick.major.size": 0,
}
_SIZES = {"wide": 720, "narrow": 350}  # points: a screen, a phone


@dataclass
class Picture:
    """SVG texts without a size of their own, and what they show in words."""

    name: str
    title: str
    text: str
    wide: str
    narrow: str


def picture(name, title, text, draw):
    """`draw(width)` gives a Figure of that many points' width."""
    with mpl.rc_context(_STYLE):
        drawn = {size: _svg(draw(width), f"{name}-{size}", title, text) for size, width in _SIZES.items()}
    return Picture(name, title, text, **drawn)


def _svg(drawing, prefix, title, text):
    """The figure as one <svg> element for a page: named, coloured by the page, its ids its own."""
    written = io.BytesIO()
    drawing.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    root = ElementTree.fromstring(written.getvalue())
    if (metadata := root.find(f"{_SVG}metadata")) is not None:
        root.remove(metadata)
    for defs in root.findall(f"{_SVG}defs"):
        if defs.find(f"{_SVG}style") is not None:
            root.remove(defs)
    used = set(re.findall(r"url\(#(\w+)\)", written.getvalue().decode()))
    used |= {element.get(_LINK, "")[1:] for element in root.iter()}
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        name = element.attrib.pop("id", None)
        if name in used:
            element.set("id", f"{prefix}-{name}")
        if link := element.attrib.pop(_LINK, None):
            element.set("href", f"#{prefix}-{link[1:]}")
        for key, value in element.attrib.items():
            element.set(key, _adapted(key, value, prefix))
        element.tail = None
        if element.tag not in ("text", "tspan"):
            element.text = None
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}-title {prefix}-text")
    root.set("class", prefix.rsplit("-", 1)[1])
    for i, (tag, words) in enumerate((("title", title), ("desc", text))):
        element = ElementTree.Element(tag, id=f"{prefix}-{'text' if i else 'title'}")
        element.text = words
        root.insert(i, element)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _adapted(key, value, prefix):
    """An attribute's value with the page's colours, without matplotlib's fonts, without digits nobody sees."""
    if key == "style":
        value = re.sub(r"font-family: [^;]*;? ?", "", value)
        return re.sub(r"#00000[1-5]", lambda found: f"var(--{_PALETTE[found[0]]})", value)
    if key == "clip-path":
        return value.replace("#", f"#{prefix}-")
    if key in ("d", "x", "y", "transform", "points", "width", "height"):
        value = re.sub(r"-?\d+\.\d{2,}", lambda found: f"{float(found[0]):.1f}", value)
        return " ".join(value.replace("rotate(-0", "rotate(0").split())
    return value


def figure(width, height):
    """An empty matplotlib Figure of so many points."""
    drawing = Figure((width / 72, height / 72), dpi=72)
    FigureCanvasSVG(drawing)
    return drawing
