"""The house of docs/architecture.md: a row a package, in the order in which arrows may point, from the code itself."""

import ast

from docs.generators.blocks import ROOT, cell

HOST = ROOT / "host" / "kneesync"
ON_THE_BOARD = HOST / "virtual" / "vm" / "on_board"  # MicroPython's own modules, no package of ours
# What has no package docstring: the firmware, which is no package on the board, and what is no product.
BESIDE = {
    "device": "The firmware: MicroPython. `app.py` has the states and the one loop, `board.py` a table row a board, "
    "`main.py` the loader. Only `board.py`, `main.py` and `install.py` import `machine`.",
    "bench": "Speed, memory and accuracy, measured side by side in one run.",
    "docs": "These pages; `generate.py` writes what must agree with the code.",
    "hardware": "Parts, wiring, case, placement, power, bring-up.",
    "findings": "Surprises of real libraries, tools and formats, each as a script that shows it.",
    "tests": "Folders that mirror these packages. `both/` runs on CPython and MicroPython, `device/` is the firmware "
    "on the virtual board, `end_to_end/` the whole way, `hil/` against a board on a port.",
}


def floors():
    """The host's packages and modules, a set a floor, the top one first: as tests/test_structure.py holds them."""
    source = (ROOT / "tests" / "test_structure.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FLOORS":
            return ast.literal_eval(node.value)
    raise ValueError("tests/test_structure.py has no FLOORS")


def first_line(path):
    """The first paragraph of a module's docstring, as one line; ValueError without one."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not text:
        raise ValueError(f"{path.relative_to(ROOT)} has no docstring: say there in a line what it is")
    return " ".join(text.split("\n\n")[0].split())


def modules(folder):
    """The names of what stands in a package, packages with a slash; generated and private parts left out."""
    names = [path.stem for path in folder.glob("*.py") if path.stem not in ("__init__", "__main__")]
    names += [f"{path.parent.name}/" for path in folder.glob("*/__init__.py") if path.parent != ON_THE_BOARD]
    return sorted(names)


def packages():
    """[(path from the root, its line, its modules)] of kneecore, then of the host's packages from the top down."""
    found = [ROOT / "shared" / "kneecore"]
    for floor in floors():
        for name in sorted(floor):
            path = HOST / name
            if path.is_dir():
                found += [path, *sorted(part.parent for part in path.glob("*/__init__.py"))]
    return [
        (path.relative_to(ROOT).as_posix(), first_line(path / "__init__.py"), modules(path))
        for path in found
        if path != ON_THE_BOARD
    ]


def house_table():
    """The packages as a Markdown table, `device/` first and the rest of the tree last."""
    rows = [("device/", BESIDE["device"], modules(ROOT / "device"))]
    rows += [(f"{path}/", line, names) for path, line, names in packages()]
    alone = sorted(path for path in HOST.glob("*.py") if path.stem not in ("__init__", "__main__"))
    rows += [(path.relative_to(ROOT).as_posix(), first_line(path), []) for path in alone]
    rows += [(f"{name}/", BESIDE[name], []) for name in BESIDE if name != "device" and (ROOT / name).is_dir()]
    lines = ["| folder | what is there | files |", "|---|---|---|"]
    lines += [f"| `{path}` | {cell(line)} | {' '.join(f'`{name}`' for name in names)} |" for path, line, names in rows]
    return "\n".join(lines)
