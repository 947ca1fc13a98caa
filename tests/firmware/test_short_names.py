"""Names that kneecore and the drivers alone use are short on the board; every other name stays as it is."""

import ast

import pytest

from kneesync.firmware import short_names
from kneesync.firmware.image import slot_files

PEAKS = b"""
class Peaks:
    def top(self, height_cdeg):
        self.before = height_cdeg
"""
SUMS = b"""
from array import array

def total(shape):
    running = 0
    for each in array(shape):
        running += each
    return running
"""
OURS = {"kneecore/peaks.py": PEAKS, "kneecore/sums.py": SUMS}
THEIRS = {"recorder.py": b"from kneecore.peaks import Peaks\nPeaks().top(3)\nLEFT = 'total of strides'\n"}


def names(source):
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def test_a_name_of_ours_alone_is_short_wherever_it_stands():
    short = short_names.of(OURS, THEIRS)
    assert {"height_cdeg", "before", "running", "each"} <= set(short)
    assert all(len(name) == 2 for name in short.values())
    text = short_names.shortened(OURS, THEIRS)["kneecore/peaks.py"].decode()
    assert text.count(short["height_cdeg"]) == 2 and "height_cdeg" not in text


@pytest.mark.parametrize(
    "name, why",
    [
        ("Peaks", "the firmware names it"),
        ("top", "the firmware calls it"),
        ("total", "a string of the firmware's says it: it may be asked for by name"),
        ("array", "MicroPython's module has it"),
    ],
)
def test_a_name_that_others_use_stays(name, why):
    assert name not in short_names.of(OURS, THEIRS), why


def test_two_files_share_short_names_unless_their_classes_are_one_object():
    apart = short_names.of(OURS, THEIRS)
    assert len(set(apart.values())) < len(apart)
    one_object = OURS | {"kneecore/sums.py": SUMS + b"class Sums(Peaks):\n    pass\n"}
    together = short_names.of(one_object, THEIRS)
    assert len(set(together.values())) == len(together)


def test_a_guest_finds_its_names():
    """A guest is source of a tinkerer's, or a test's, that looks into kneecore's objects on the board."""
    assert b"top_rate_q14" not in b"".join(slot_files().values())
    assert b"top_rate_q14" in b"".join(slot_files((b"print(state.top_rate_q14)",)).values())
