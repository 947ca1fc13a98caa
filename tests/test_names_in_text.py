"""Modules and files that text names are there: the Makefile, workflows, documents, comments and docstrings alike."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = "device|docs|hardware|host|shared|tests|bench|findings"
DOTTED = re.compile(r"(?<![\w-])kneesync(?:\.[a-z_]+)+\b")
PATH = re.compile(rf"(?<![\w./-])(?:{ROOMS})/[\w/.-]*\w\.(?:py|md|toml|svg|sh|json|scad|csv|tcss|mjs|png)\b")
HISTORY = {"CHANGELOG.md", "tests/test_names_in_text.py"}


def texts():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: nothing says which files are the project's own")
    for name in listed.stdout.split("\0"):
        if name and name not in HISTORY and (ROOT / name).is_file():
            try:
                yield name, (ROOT / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def named(pattern):
    return {
        (match.group(), f"{name}:{text.count(chr(10), 0, match.start()) + 1}")
        for name, text in texts()
        for match in pattern.finditer(text)
    }


def is_there(dotted):
    """Whether a dotted name is a module of ours, or a name in one."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.util.find_spec(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        if found:
            module = importlib.import_module(found.name)
            return end == len(parts) or hasattr(module, parts[end])
    return False


def test_the_modules_named_anywhere_are_there():
    dotted = named(DOTTED)
    assert len(dotted) > 100
    known = {name: is_there(name) for name in {name for name, _ in dotted}}
    assert not sorted(f"{where} names {name}" for name, where in dotted if not known[name])


def test_the_files_named_anywhere_are_there():
    paths = named(PATH)
    assert len(paths) > 50
    paths = {(name, where) for name, where in paths if name != "findings/NAME.sh"}  # a pattern, in CONTRIBUTING
    assert not sorted(f"{where} names {name}" for name, where in paths if not (ROOT / name).exists())
