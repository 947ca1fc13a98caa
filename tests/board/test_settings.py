"""Settings as the host shows and changes them; the board's side stands in tests/end_to_end/test_care.py."""

import json
import os

import pytest

from kneecore import settings as table
from kneesync.board import settings
from kneesync.board.link import Link
from kneesync.errors import KneesyncError
from kneesync.views import settings as view
from tests.support.fake_board import FakeBoard
from tests.support.knee_files import BOARD
from tests.support.pages import page, same_as_golden

INFO = {"settings": {**table.defaults(), "leg": "R", "athlete": "Ada Ã\x1b[31m", "cue.hold_s": 40, "old.\x1bone": 7}}


def test_every_setting_has_advice_and_every_row_its_group():
    names = {row[0] for row in table.rows()}
    assert names == set(settings.ADVICE) == set(settings.MEANING)
    text = page(80, lambda console: view.show(console, BOARD, settings.listed({"settings": table.defaults()})))
    assert "Other" not in text and "*" not in text


def test_pages():
    found = settings.listed(INFO)
    text = page(80, lambda console: view.show(console, BOARD, found))
    assert max(map(len, text.splitlines())) <= 80
    same_as_golden("settings", text)
    same_as_golden("plain_settings", "\n".join(view.plain(BOARD, found)) + "\n")
    explained = [
        line for name in ("athlete", "leg", "cue.drop_cdeg") for line in view.explanation(*settings.explained(name))
    ]
    same_as_golden("settings_explained", "\n".join(explained) + "\n")


def test_json_says_what_each_takes():
    rows = {row["name"]: row for row in view.figures(BOARD, settings.listed(INFO))["settings"]}
    assert rows["leg"]["words"] == ["L", "R"] and rows["leg"]["changed"] and rows["leg"]["default"] == "L"
    assert (rows["cue.hold_s"]["low"], rows["cue.hold_s"]["high"], rows["cue.hold_s"]["value"]) == (10, 240, 40)
    assert rows["athlete"]["longest"] == 32
    assert rows["old.?one"]["value"] == "7"


@pytest.mark.parametrize("odd", [None, [], {"settings": None}, {"settings": [1]}])
def test_a_board_that_tells_no_settings_has_the_defaults(odd):
    found = settings.listed(odd if isinstance(odd, dict) else {})
    assert {one.name: one.value for one in found} == table.defaults()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cue.drop", "cue.drop_cdeg or cue.drop_percent"),
        ("Leg", "leg"),
        ("athlet", "athlete"),
        ("cue.hold-s", "cue.hold_s"),
        ("run.start_min", "run.start_s"),
    ],
)
def test_what_might_have_been_meant(name, meant):
    with pytest.raises(KneesyncError, match=f"did you mean .*{meant}"):
        settings.explained(name)


@pytest.mark.parametrize(
    "pair", ["leg=l", "leg=", "cue.hold_s=1e2", "cue.hold_s=241", f"athlete={'x' * 33}", "quiet=yes"]
)
def test_what_does_not_fit_is_refused_before_any_board_is_asked(pair):
    with pytest.raises(KneesyncError, match="it takes "):
        settings.from_pairs([pair])


pty_only = pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not")


@pty_only
def test_a_board_that_keeps_something_else_is_found_out():
    answer = json.dumps({"settings": table.defaults()}).encode() + b"\r\n"
    with FakeBoard(answers={"settings": answer}) as board, Link(board.port) as link:
        with pytest.raises(KneesyncError, match="the board answers leg='L', expected 'R'"):
            settings.change(link, {"leg": "R"})
        with pytest.raises(KneesyncError, match="both to set and to reset"):
            settings.change(link, {"leg": "R"}, ["leg"])
        assert board.calls[-1] == 'service.settings(\'{"leg": "R"}\', False)'
