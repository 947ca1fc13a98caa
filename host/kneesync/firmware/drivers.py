"""The chips' drivers as the board gets them: the installed source, without what no code on the board names.

A driver serves every chip of its family and every use of it; the board's memory holds one chip and one use. What is
left out is found as a linker does it: from the names in the firmware, to what bears these names in the drivers, to the
names in that. A name counts wherever it stands, so that nothing is lost that could be reached, by getattr() either.
"""

import ast
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from kneesync.errors import KneesyncError

PACKAGES = (
    "adafruit-circuitpython-lsm6ds",
    "adafruit-circuitpython-register",
    "adafruit-circuitpython-busdevice",
)
PREFIX = "adafruit_"  # of their modules
_UNREACHED = {"load_mlc"}  # named in an __init__, for an argument that the firmware does not give


def used_by(firmware: dict[str, bytes], packages: tuple[str, ...] = PACKAGES) -> dict[str, bytes]:
    """The drivers' modules that `firmware` (path -> source) imports, or they each other: path -> source."""
    return dict(_used_by(tuple(firmware.values()), packages))


@cache
def _used_by(firmware: tuple[bytes, ...], packages: tuple[str, ...]) -> tuple[tuple[str, bytes], ...]:
    installed = {path: source for package in packages for path, source in _installed(package)}
    wanted = {name for source in firmware for name in _names(ast.parse(source))}
    while True:
        kept = {path: _kept(ast.parse(source), wanted) for path, source in installed.items() if _imported(path, wanted)}
        found = {name for tree in kept.values() for name in _names(tree)}
        if found <= wanted:
            return tuple((path, ast.unparse(tree).encode()) for path, tree in kept.items())
        wanted |= found


def _installed(package: str) -> list[tuple[str, bytes]]:
    """(path, source) of each module, read from the installed files: importing them would ask for hardware."""
    try:
        installed = distribution(package)
    except PackageNotFoundError:
        raise KneesyncError(f"{package} is not installed; install kneesync again") from None
    paths = [PurePosixPath(path.as_posix()) for path in installed.files or []]
    return [
        (str(path), Path(str(installed.locate_file(path))).read_bytes())
        for path in paths
        if path.suffix == ".py" and ".." not in path.parts and path.parts[0].startswith(PREFIX)
    ]


def _imported(path: str, wanted: set[str]) -> bool:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return any(other == name or other.startswith(name + ".") for other in wanted)


def _names(tree: ast.AST) -> set[str]:
    """The names that code mentions, also in strings and imports; annotations aside, which never run on the board."""
    names = set()
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                names |= _names(child)
    match tree:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.Constant(value=str(name)):
            names.add(name)
        case ast.ImportFrom(module=str(module), names=aliases):
            names |= {module, *(f"{module}.{alias.name}" for alias in aliases)}
    return names - _UNREACHED


def _kept(scope: ast.Module | ast.ClassDef, wanted: set[str]) -> ast.Module | ast.ClassDef:
    """`scope` with only those of its definitions and imports that bear a wanted name."""
    scope.body = _body(scope.body, wanted) or [ast.Pass()]
    return scope


def _body(body: list[ast.stmt], wanted: set[str]) -> list[ast.stmt]:
    kept = []
    for node in body:
        match node:
            case ast.FunctionDef(name=name):
                keep = name in wanted or name.startswith("__")  # the language itself calls those
            case ast.ClassDef(name=name):
                keep = name in wanted and _kept(node, wanted)
            case ast.Assign(targets=[ast.Name(id=name)]):
                keep = name in wanted and not name.startswith("__")  # version and origin are for people
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                keep = name in wanted
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                node.names = [alias for alias in names if (alias.asname or alias.name).partition(".")[0] in wanted]
                keep = node.names
            case ast.Try():  # imports for annotations, which no board has
                node.body = keep = _body(node.body, wanted)
            case _:
                keep = True
        if keep:
            kept.append(node)
    return kept
