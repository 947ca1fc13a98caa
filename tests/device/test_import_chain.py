"""How deep the firmware's imports go: each module being imported holds 0.6 KB of the board's 8 KB C stack."""

import ast
from pathlib import Path

import kneecore
from kneesync.firmware.image import device_folder

MOST_MODULES = 7  # and main.py above them
FOLDERS = {"": device_folder(), "kneecore": Path(kneecore.__file__).parent}


def source_of(module):
    """The file of a module of the firmware, None for anything else's."""
    package, _, name = module.rpartition(".")
    path = FOLDERS[package] / f"{name or '__init__'}.py" if package in FOLDERS else None
    if module == "kneecore":
        path = FOLDERS["kneecore"] / "__init__.py"
    return path if path and path.exists() else None


def imported_by(module):
    """The modules that the firmware's `module` imports when it is imported, in order."""
    for statement in ast.parse(source_of(module).read_text()).body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            package = "kneecore" if statement.level else statement.module
            name = f"{package}.{statement.module}" if statement.level and statement.module else package
            yield name
            yield from (f"{name}.{alias.name}" for alias in statement.names)


def chains(module, imported, above=()):
    """Every chain of modules under way at one moment while `module` is imported."""
    if module in imported or source_of(module) is None:
        return
    imported.add(module)
    chain = (*above, module)
    yield chain
    for each in imported_by(module):
        yield from chains(each, imported, chain)


def test_imports_fit_the_c_stack():
    imported = set()
    longest = max(chains("app", imported), key=len)
    assert {"kneecore.strapdown", "kneecore.cue", "recorder"} <= imported
    assert len(longest) <= MOST_MODULES, " > ".join(longest)
