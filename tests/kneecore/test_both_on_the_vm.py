"""The tests of tests/both once more, on the MicroPython VM."""

import re
from pathlib import Path

import pytest

BOTH = Path(__file__).parents[1] / "both"
MODULES = sorted(path.stem for path in BOTH.glob("test_*.py"))
RUN = """
import service
service.stay()
import unittest, {module}
unittest.run({module})
"""

virtual = pytest.importorskip("kneesync.virtual", reason="the virtual board's extra is not installed")


@pytest.fixture(scope="module")
def link():
    """A board at its prompt, with the tests in its slot."""
    from kneesync.board.link import Link
    from kneesync.firmware.image import fresh_board

    tests = {path.name: path.read_bytes() for path in [*BOTH.glob("*.py"), *BOTH.glob("on_board/*.py")]}
    files = fresh_board(guests=tuple(tests.values()))
    files |= {f"/a/{name}": source for name, source in tests.items()}
    with virtual.VirtualBoard(flash=virtual.Flash(files=files), held=True) as board:
        assert board.run_until_printed(" ready "), board.output
        with Link(board.port) as link:
            yield link


@pytest.mark.parametrize("module", MODULES)
def test_passes_there_too(link, module):
    said = bytearray()
    link.stream(RUN.format(module=module), said.extend, 1 << 20, quiet_s=120)
    text = said.decode()
    count = re.search(rf"{module}: (\d+) of (\d+)", text)
    assert count and count[1] == count[2] != "0", text
