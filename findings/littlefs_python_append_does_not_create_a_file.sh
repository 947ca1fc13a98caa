#!/usr/bin/env bash
# littlefs-python opens for appending only what exists, unlike Python and MicroPython
#
# Expected: open(name, "ab") makes the file if there is none; Python does, and MicroPython's littlefs on the board does.
# Happens:  FileNotFoundError. "wb" makes it, and then "ab" works.
# Matters:  logs are appended to. Firmware or a board's file tree tried on littlefs-python fails at its first append, or
#   passes only because an image was prepared that the real board does not have.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" littlefs-python==0.19.0
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import sys
from importlib.metadata import version

from littlefs import LittleFS

files = LittleFS(block_size=4096, block_count=16)
with open("strides.log", "ab") as log:
    log.write(b"1")
try:
    files.open("strides.log", "ab").close()
    first = "made"
except FileNotFoundError as error:
    first = repr(error)
files.open("strides.log", "wb").close()
with files.open("strides.log", "ab") as log:
    log.write(b"1")
print("littlefs-python", version("littlefs-python"), "Python's open(..., 'ab'): made; littlefs:", first)
print("after 'wb':", files.stat("strides.log").size, "byte")
sys.exit(0 if first.startswith("FileNotFoundError") else "The behaviour changed.")
PY
