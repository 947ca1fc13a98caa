"""`make release-check`: is what would be released what we say it is? One line a step; at the first that fails, exit 1.

Version and changelog agree; the wheel holds what an installed kneesync needs; installed with [sim] in an empty
environment outside the tree, it runs the demo and flashes a virtual board, with the VM fetched anew.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = (
    "kneesync/cli/app.py", "kneesync/py.typed",
    "kneesync/device/app.py", "kneesync/device/board.py", "kneesync/device/main.py",
    "kneesync/coach/catalog.toml", "kneesync/hardware/70-kneesync.rules", "kneesync/views/page/page.html.j2",
    "kneesync/views/dashboard/dashboard.tcss", "kneesync/virtual/vm/vm.mjs", "kneesync/virtual/vm/package-lock.json",
    "kneecore/pipeline.py", "kneecore/sessionlog.py",
)  # fmt: skip
SUFFIXES_OF_SOURCES = {".py", ".toml", ".j2", ".tcss", ".mjs", ".json", ".css"}


class FailedError(Exception):
    """One line: found, expected."""


def main():
    began_s = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="kneesync-release-") as folder:
            check(Path(folder))
    except FailedError as why:
        print(f"release-check: {' '.join(str(why).split())}", file=sys.stderr)
        sys.exit(1)
    print(f"ready ({time.monotonic() - began_s:.0f} s)")


def check(folder):
    version = step("version and changelog", versions)
    wheel = step("wheel", build, folder, version)
    step("what is in it", contents, wheel)
    step("licence and requirements", metadata, wheel, version)
    program, environment = step("installed with [sim] in an empty environment", install, folder, wheel)
    step("it is the one that runs", itself, program, environment, folder, version)
    step("demo, the VM fetched anew", demo, program, environment, folder)
    step("a blank virtual board flashed", flashed, program, environment, folder, version)


def step(name, function, *arguments):
    began_s = time.monotonic()
    print(f"{name:46}", end="", flush=True)
    try:
        result, said = function(*arguments)
    except FailedError:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - began_s:5.1f} s  {said}", flush=True)
    return result


def run(*command, timeout_s=600, **more):
    """stdout; FailedError with the last line of stderr."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False, **more)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise FailedError(
            f"`{Path(command[0]).name} {' '.join(map(str, command[1:4]))} ...` failed: {''.join(last)[:300]}"
        )
    return done.stdout


def versions():
    """The version is the changelog's newest release, or, as X.Y.Z.devN, on the way from it to a later one."""
    source = (ROOT / "shared/kneecore/__init__.py").read_text(encoding="utf-8")
    version = re.search(r"^__version__ = ['\"]([^'\"]+)", source, re.MULTILINE)[1]
    headings = re.findall(r"^## \[([^\]]+)\](.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    released = [(name, rest) for name, rest in headings if name != "Unreleased"]
    if not headings:
        raise FailedError("found no heading `## [...]` in CHANGELOG.md, expected Unreleased or a version")
    if not released:
        return version, f"{version}; nothing released yet, all stands under Unreleased"
    if aim := re.fullmatch(r"(\d+\.\d+\.\d+)\.dev\d+", version):
        newest = released[0][0]
        if headings[0][0] != "Unreleased" or numbers(aim[1]) <= numbers(newest):
            raise FailedError(
                f"found version {version} and {headings[0][0]} on top of the changelog, with {newest} released; "
                "expected a later version than that, and what is new under Unreleased"
            )
        return version, f"{version}: on the way to {aim[1]}, what is new stands under Unreleased"
    if released[0][0] != version:
        raise FailedError(
            f"found version {version}, and {released[0][0]} as the changelog's newest release; name one anew"
        )
    if not re.search(r"\d{4}-\d{2}-\d{2}", released[0][1]):
        raise FailedError(f"the changelog's heading of {version} has no date")
    return version, f"{version} in both" + ("; more stands under Unreleased" if headings[0][0] == "Unreleased" else "")


def numbers(version):
    return tuple(map(int, version.split(".")))


def build(folder, version):
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    found = list(folder.glob("*.whl"))
    if [one.name for one in found] != [f"kneesync-{version}-py3-none-any.whl"]:
        raise FailedError(f"found {[one.name for one in found]}, expected kneesync-{version}-py3-none-any.whl")
    return found[0], f"{found[0].name}, {found[0].stat().st_size / 1e3:.0f} KB"


def contents(wheel):
    """Every source of package, firmware and kneecore, byte for byte, and nothing of tests or this machine."""
    with zipfile.ZipFile(wheel) as inside:
        names = set(inside.namelist())
        if missing := sorted(set(NEEDED) - names):
            raise FailedError(f"the wheel lacks {', '.join(missing)}")
        sources = 0
        for source, place in (
            ("host/kneesync", "kneesync"),
            ("shared/kneecore", "kneecore"),
            ("device", "kneesync/device"),
        ):
            for path in sorted((ROOT / source).rglob("*")):
                if (
                    path.suffix not in SUFFIXES_OF_SOURCES
                    or "__pycache__" in path.parts
                    or "node_modules" in path.parts
                ):
                    continue
                name = f"{place}/{path.relative_to(ROOT / source).as_posix()}"
                if name not in names or inside.read(name) != path.read_bytes():
                    raise FailedError(f"the wheel's {name} is missing, or not what the tree has")
                sources += 1
        stray = [name for name in names if "__pycache__" in name or name.split("/")[0] in ("tests", "bench", "docs")]
        if stray:
            raise FailedError(f"the wheel holds {stray[0]}, which is no part of it")
    return None, f"{sources} sources as in the tree, {len(names)} files"


def metadata(wheel, version):
    with zipfile.ZipFile(wheel) as inside:
        text = inside.read(f"kneesync-{version}.dist-info/METADATA").decode()
        licences = [name for name in inside.namelist() if name.endswith("licenses/LICENSE")]
    if f"\nVersion: {version}\n" not in text or "License-Expression: MIT" not in text or not licences:
        raise FailedError("the wheel's metadata lacks version, licence expression or LICENSE")
    extras = re.findall(r"^Provides-Extra: (.*)$", text, re.MULTILINE)
    if not {"sim", "export"} <= set(extras):
        raise FailedError(f"found extras {extras}, expected sim and export")
    return None, f"MIT, extras {', '.join(extras)}"


def install(folder, wheel):
    """pip, as its index is set here; nothing of this environment comes along."""
    place = folder / "empty"
    venv.create(place, with_pip=True)
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "KNEESYNC", "VIRTUAL"))}
    environment = {
        **kept,
        "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "XDG_DATA_HOME": str(folder / "data"),
        "KNEESYNC_RUNTIME": str(folder / "runtime"), "COLUMNS": "80",
    }  # fmt: skip
    python = str(scripts / ("python.exe" if os.name == "nt" else "python"))
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[sim]", cwd=folder, env=kept)
    count = len(json.loads(run(python, "-m", "pip", "list", "--format", "json", env=kept)))
    return (str(scripts / "kneesync"), environment), f"{count} packages"


def itself(program, environment, folder, version):
    said = run(program, "--version", cwd=folder, env=environment).strip()
    if said != f"kneesync {version}":
        raise FailedError(f"found {said!r}, expected 'kneesync {version}'")
    code = "import kneesync, kneecore; print(kneesync.__file__, kneecore.__file__)"
    places = run(str(Path(program).with_name("python")), "-c", code, cwd=folder, env=environment).split()
    if not all(Path(place).resolve().is_relative_to(folder.resolve()) for place in places):
        raise FailedError(f"it runs {places}, expected only what the wheel brought")
    return None, said


def demo(program, environment, folder):
    result = json.loads(run(program, "demo", "--minutes", "8", "--json", cwd=folder, env=environment))
    truth = result["truth"]
    if truth["matched"] < 0.98 * truth["strides"] or not result["strides"]:
        raise FailedError(f"the demo found {truth['matched']} of {truth['strides']} strides")
    vm = list((folder / "cache").rglob("micropython.mjs"))
    if not vm:
        raise FailedError("the demo ran with a VM that it did not fetch")
    return None, f"{truth['matched']} of {truth['strides']} strides"


def flashed(program, environment, folder, version):
    server = subprocess.Popen(
        [program, "virtual", "--blank"], stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    )
    try:
        board = [server.stdout.readline().split()[-1] for _ in range(2)][1]
        done = json.loads(run(program, "flash", board, "--json", cwd=folder, env=environment))
        brief = run(program, "doctor", "--brief", cwd=folder, env=environment).strip()
    except IndexError:
        raise FailedError("`kneesync virtual` did not start") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.send_signal(signal.SIGTERM)
        server.wait(30)
        server.stdout.close()
    if (done["state"], done["version"]) != ("installed", version) or "ready" not in brief:
        raise FailedError(
            f"found {done['state']} {done['version']} and {brief!r}, expected {version} installed and ready"
        )
    return None, f"{done['sent']} files sent; {brief}"


if __name__ == "__main__":
    main()
