"""Arrows between the host's packages point down one list, lazy imports counted; nothing reaches up.

The list is the house of docs/architecture.md, from the top floor down.
"""

import ast
from pathlib import Path

import pytest

import kneesync

PACKAGE = Path(kneesync.__file__).parent
FLOORS = (
    {"__init__", "__main__"},
    {"cli"},
    {"views"},
    {"services"},
    {"coach", "export"},
    {"library"},
    {"analysis"},
    {"board"},
    {"virtual"},
    {"simulation"},
    {"firmware"},
    {"formats"},
    {"files"},
    {"notices"},
    {"untrusted"},
    {"errors"},
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ON_THE_BOARD = PACKAGE / "virtual" / "vm" / "on_board"  # MicroPython's own modules


def room_of(path):
    """The package, or the module at the top, that a file belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path):
    """(line, dotted name) of each import of ours in a file, at any depth: functions and blocks too."""
    own = ["kneesync", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = own[: len(own) - node.level + 1] if node.level else []
            module = ".".join([*parts, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "kneesync")


FILES = sorted(path for path in PACKAGE.rglob("*.py") if ON_THE_BOARD not in path.parents)


def test_every_room_has_its_floor():
    assert {room_of(path) for path in FILES} == set(FLOOR_OF)


@pytest.mark.parametrize("room", sorted(FLOOR_OF))
def test_imports_point_down(room):
    upward = []
    for path in FILES:
        if room_of(path) != room:
            continue
        for line, name in imported(path):
            target = (*name.split("."), "__init__")[1]
            if target != room and target in FLOOR_OF and FLOOR_OF[target] <= FLOOR_OF[room]:
                upward.append(f"{path.relative_to(PACKAGE)}:{line} imports {name}")
    assert upward == []
