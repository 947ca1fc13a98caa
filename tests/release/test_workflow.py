"""What GitHub runs: all on Linux; on macOS and Windows the tests that need no virtual board, and those load there."""

import ast
import re

from tests.support import doc_pages

ROOT = doc_pages.ROOT
TEXT = (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")
IGNORED = re.findall(r"--ignore=(\S+)", TEXT)
POSIX_ONLY = ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "posix")


def imports_of_the_virtual_board(path):
    """Lines at the top level of a test that take the virtual board."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        text = ast.unparse(node)
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Assign)) and "kneesync.virtual" in text:
            yield node.lineno


def test_only_actions_of_github_itself_are_used():
    assert set(re.findall(r"uses: (\S+?)@", TEXT)) == {"actions/checkout", "actions/setup-python"}


def test_linux_runs_all_of_it_and_the_others_what_needs_no_virtual_board():
    assert "run: make test" in TEXT and "macos-latest, windows-latest" in TEXT
    assert [path for path in IGNORED if not (ROOT / path).exists()] == []
    ignored = [ROOT / path for path in IGNORED]
    need_it = [path for path in (ROOT / "tests").rglob("test_*.py") if list(imports_of_the_virtual_board(path))]
    assert [path for path in need_it if not any(path.is_relative_to(one) for one in ignored)] == []
    whole = [path for path in ignored if path.is_file()]
    assert [path.name for path in whole if path not in need_it] == [], "left out without need"


def test_the_hosts_tests_can_be_read_without_what_only_posix_has():
    """At their top level; tests that need it inside say so and are skipped."""
    found = []
    for path in (ROOT / "tests").rglob("*.py"):
        if any(path.is_relative_to(ROOT / ignored) for ignored in IGNORED):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path.relative_to(ROOT)}:{node.lineno}" for name in names if name.split(".")[0] in POSIX_ONLY]
    assert found == []
