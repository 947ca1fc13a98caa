"""Draws the case from its STL files: `python -m hardware.render OUT.png`, after `make case`.

A z-buffer in numpy, since OpenSCAD draws pictures only where there is a display. The picture carries the SHA-256 of
case.scad, by which a test sees that it is of this case.
"""

import hashlib
import re
import sys
from pathlib import Path

import numpy as np
from matplotlib.image import imsave

FOLDER = Path(__file__).parent
BUILT = FOLDER.parent / "build" / "hardware"
_GREY, _GREEN = (0.80, 0.83, 0.87), (0.45, 0.68, 0.55)
_SHRINK = 3  # drawn so many times larger, then averaged


def main() -> None:
    out = Path(sys.argv[1])
    base, lid, parts = (triangles(BUILT / f"case-{name}.stl") for name in ("base", "lid", "parts"))
    views = [
        picture([(base, _GREY), (parts, _GREEN)], turn_deg=-32, tilt_deg=48),
        picture([(lid, _GREY)], turn_deg=-32, tilt_deg=48),
    ]
    height = max(view.shape[0] for view in views)
    views = [np.pad(view, ((height - view.shape[0], 0), (0, 30), (0, 0))) for view in views]
    imsave(out, np.hstack(views), metadata={"Description": digest()})


def digest() -> str:
    """What the picture says it was drawn from: the case's source, whatever its comments."""
    source = re.sub(r"\s*//.*|/\*.*?\*/", "", (FOLDER / "case.scad").read_text(encoding="utf-8"))
    return f"case.scad {hashlib.sha256(source.encode()).hexdigest()}"


def triangles(path: Path) -> np.ndarray:
    """A text STL's triangles, (n, 3, 3), mm."""
    corners = [line.split()[1:] for line in path.read_text().splitlines() if line.lstrip().startswith("vertex")]
    return np.array(corners, dtype=float).reshape(-1, 3, 3)


def picture(bodies, turn_deg: float, tilt_deg: float, px_per_mm: float = 6.5) -> np.ndarray:
    """Bodies [(triangles, colour)] seen from afar, as RGBA on nothing. Turned about z, then tilted towards the eye."""
    around, over = np.radians(turn_deg), np.radians(tilt_deg)
    to_right = np.array([np.cos(around), np.sin(around), 0])
    to_eye = np.array([np.sin(around) * np.cos(over), -np.cos(around) * np.cos(over), np.sin(over)])
    axes = np.stack([to_right, np.cross(to_eye, to_right), to_eye])
    light = np.array([-0.35, 0.5, 0.79])  # over the onlooker's left shoulder
    seen = [(body @ axes.T, colour) for body, colour in bodies]
    every = np.concatenate([body.reshape(-1, 3) for body, _ in seen])
    scale, low = px_per_mm * _SHRINK, every.min(0) - 1
    width, height = (np.ceil((every.max(0) + 1 - low)[:2] * px_per_mm).astype(int)) * _SHRINK
    depth = np.full((height, width), -np.inf)
    colours = np.zeros((height, width, 4))
    for body, colour in seen:
        across = np.cross(body[:, 1] - body[:, 0], body[:, 2] - body[:, 0])
        across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-12
        shades = 0.42 + 0.58 * np.clip(across @ light, 0, 1)
        for corners, facing, shade in zip((body - low) * (scale, scale, 1), across[:, 2], shades, strict=True):
            if facing > 0:
                _fill(depth, colours, corners, (*(np.array(colour) * shade), 1))
    # darker lines where the depth jumps, so that edges can be told
    step = np.abs(np.diff(np.where(np.isfinite(depth), depth, -50), axis=1, prepend=0)) > 1.2
    step |= np.abs(np.diff(np.where(np.isfinite(depth), depth, -50), axis=0, prepend=0)) > 1.2
    colours[step & np.isfinite(depth), :3] *= 0.55
    small = colours.reshape(height // _SHRINK, _SHRINK, width // _SHRINK, _SHRINK, 4).mean((1, 3))
    filled = small[..., 3:]
    return np.concatenate([np.divide(small[..., :3], filled, where=filled > 0, out=small[..., :3]), filled], 2)[::-1]


def _fill(depth: np.ndarray, colours: np.ndarray, corners: np.ndarray, colour) -> None:
    """One triangle into the buffers; corners in pixels, z in mm towards the eye."""
    (x0, y0), (x1, y1) = np.floor(corners.min(0)[:2]).astype(int), np.ceil(corners.max(0)[:2]).astype(int)
    rows, columns = np.mgrid[y0 : y1 + 1, x0 : x1 + 1]
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corners
    double = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if abs(double) < 1e-9:
        return
    b = ((columns - ax) * (cy - ay) - (cx - ax) * (rows - ay)) / double
    c = ((bx - ax) * (rows - ay) - (columns - ax) * (by - ay)) / double
    z = az + b * (bz - az) + c * (cz - az)
    target = depth[y0 : y1 + 1, x0 : x1 + 1]
    hit = (b >= 0) & (c >= 0) & (b + c <= 1) & (z > target)
    target[hit] = z[hit]
    colours[y0 : y1 + 1, x0 : x1 + 1][hit] = colour


if __name__ == "__main__":
    main()
