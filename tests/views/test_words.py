"""What is counted is counted in the singular too, in whichever view it stands."""

import re

import pytest

from kneesync.analysis.figures import Repeat
from kneesync.board.pull import Pulled
from kneesync.views import library_messages, lists
from kneesync.views.report import repeats
from tests.support.runners import NEWEST_UNIX_S, session


def one_stride():
    kept = session(1, NEWEST_UNIX_S, strides=1)
    kept.cues = 1
    return kept


REPEAT = Repeat(
    from_s=0.0, to_s=1.0, rest_s=None, strides=1, cadence_spm=None, knee_lift_deg=40.0, range_deg=60.0, drop_deg=None,
    by="pauses",
)  # fmt: skip
LINES = {
    "the list": lambda: lists.plain_sessions([one_stride()]),
    "a pull": lambda: [lists.pulled(Pulled("00001-1.knee", 9, "new", kept=one_stride()))],
    "what is deleted": lambda: library_messages.deleted([one_stride()]),
    "what is restored": lambda: library_messages.restored([one_stride()]),
    "a repeat": lambda: repeats.in_words([REPEAT]),
}


@pytest.mark.parametrize("where", LINES)
def test_one_stride_is_no_strides(where):
    said = " ".join(LINES[where]())
    assert re.search(r"\b1 stride\b", said) and "1 strides" not in said
