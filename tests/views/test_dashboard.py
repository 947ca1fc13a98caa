"""The dashboard, driven by Textual's pilot through every screen and key; its text is compared with golden files."""

import asyncio
import datetime
import hashlib
import subprocess
import sys
import threading
import time

import pytest
from textual.app import App
from textual.binding import Binding
from textual.events import MouseScrollDown
from textual.widgets import Input, OptionList, Select

from kneecore import sessionlog as log
from kneesync.errors import KneesyncError
from kneesync.library import Library
from kneesync.views.dashboard import background_reader
from kneesync.views.dashboard.app import Dashboard
from kneesync.views.dashboard.help import keys_of
from kneesync.views.dashboard.page import Page
from kneesync.views.dashboard.runs import Filters, Runs
from tests.support import simulated_strides
from tests.support.knee_files import BOARD, NEWEST_UNIX_S, KneeFile, put, tired_run
from tests.support.legs import other_leg
from tests.support.pages import GOLDEN, golden, same_as_golden

SMALL, LARGE = (80, 24), (160, 50)
DAY_S = 86_400
SETTINGS = {"athlete": "Ada"}
PATIENCE_S = 120  # of a test for what should come at once


RUNS = [bytes(tired_run(12, 150 * i, boot=7 + i, leg="RL"[i % 2], settings=SETTINGS).data) for i in range(4)]
SAID = ({"tags": ["long"]}, {"text": "new shoes", "effort": 4}, {"marked": True, "pain": 2}, {"athlete": "Ben"})


@pytest.fixture(autouse=True)
def _a_day_after_the_newest(monkeypatch):
    """A plan begins today; here that is always the same day."""
    monkeypatch.setattr("kneesync.coach.advice.now", lambda: datetime.date(2026, 11, 23))


@pytest.fixture(autouse=True)
def _notices_stay(monkeypatch):
    """However long a busy machine takes to look, a notice is still there."""
    monkeypatch.setattr(Dashboard, "NOTIFICATION_TIMEOUT", 3600)


@pytest.fixture
def folder(tmp_path):
    """A library of four runs, a day apart, newest first in the list."""
    place = tmp_path / "library"
    for i, (data, said) in enumerate(zip(RUNS, SAID, strict=True)):
        put(place, data, NEWEST_UNIX_S - i * DAY_S, **said)
    return place


def drive(folder, act, size=SMALL, athlete=None):
    """Run the dashboard on a library and `act(app, pilot)` in it; returns the app."""

    async def run():
        with Library(folder) as library:
            app = Dashboard(library.folder, library.sessions(), library.stamp(), athlete)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.may_read and on_page(app, "sessions"))
            await act(app, pilot)
        return app

    return asyncio.run(run())


async def settled(pilot):
    """Two looks in a row see the same: most of what was asked for is done, but on a busy machine not always all."""
    before = None
    for _ in range(20):
        await pilot.pause()
        await asyncio.gather(*(worker.wait() for worker in list(pilot.app.workers)), return_exceptions=True)
        await pilot.pause()
        now = text(pilot.app)
        if now == before:
            break
        before = now


async def comes(pilot, seen):
    """Whether what is waited for comes; PATIENCE_S bounds the wait for what never does."""
    end_s = time.monotonic() + PATIENCE_S
    await settled(pilot)
    while not (here := seen()) and time.monotonic() < end_s:
        await asyncio.sleep(0)
        await settled(pilot)
    return bool(here)


async def until(pilot, seen):
    """What is waited for comes, on the screen or behind it."""
    assert await comes(pilot, seen), f"the screen shows\n{text(pilot.app)}"


async def until_golden(pilot, name):
    """The screen comes to show what stands in the golden file."""
    await comes(pilot, lambda: text(pilot.app) == golden(name, text(pilot.app)))
    same_as_golden(name, text(pilot.app))


def on_page(app, name=None):
    """A page is on, no dialog over it; the one of that name."""
    return isinstance(app.screen, Page) and name in (None, app.current_mode)


def shows_run(app, session_id):
    """The session's file was read, and its page says what is in it."""
    lines = text(app).splitlines()
    return on_page(app) and any(session_id in line for line in lines) and "…" not in [line.strip() for line in lines]


def all_in(app, *words):
    """All of these stand on the screen, wherever lines break."""
    shown = " ".join(text(app).replace("│", " ").split())
    return all(word in shown for word in words)


def strips(app):
    return app.screen._compositor.render_strips(app.size)


def text(app):
    """What the screen shows, line by line."""
    return "\n".join(strip.text.rstrip() for strip in strips(app)) + "\n"


# What each screen shows

SCREENS = [  # (key, what is then shown), from the list on
    [(None, "sessions")],
    [("enter", "session"), ("end", "session_end")],
    [("3", "trends")],
    [("4", "drills")],
    [("question_mark", "help")],
    [("f", "filter")],
    [("n", "note")],
]


CHROMATIC = {*range(1, 7), *range(9, 15)}  # black, white and grey are the ground of one terminal or the other


def test_screens_at_80_by_24_and_their_colours(folder):
    """The same text as ever, in colours that are seen in sixteen, on a light ground and on a dark one."""

    async def act(app, pilot):
        for way in SCREENS:
            for key, name in way:
                if key:
                    await pilot.press(key)
                await until_golden(pilot, f"dashboard_{name}")
                assert {str(one) for one in colours(app) if not (one.is_default or one.number in CHROMATIC)} == set()
            await pilot.press("escape")
            await until(pilot, lambda: on_page(app))
            app.show("sessions")
            await until(pilot, lambda: on_page(app, "sessions"))

    drive(folder, act)


def colours(app):
    for strip in strips(app):
        for _, style, _ in strip:
            if style:
                yield from (colour for colour in (style.color, style.bgcolor) if colour)


def test_a_wide_terminal_shows_the_session_beside_the_list(folder):
    async def act(app, pilot):
        await pilot.press("j")
        await until_golden(pilot, "dashboard_wide")

    drive(folder, act, LARGE)


def test_an_empty_library_says_what_to_do(tmp_path):
    async def act(app, pilot):
        await until_golden(pilot, "dashboard_empty")
        await pilot.press("2", "n", "4", "1", "n", "m", "enter", "j", "k", "g", "G")
        await pilot.press("2")
        await until(pilot, lambda: "No session to show" in text(app))
        await pilot.press("3")
        await until(pilot, lambda: "No trends yet" in text(app))

    drive(tmp_path / "library", act)


def test_a_terminal_that_is_too_small_is_told_so(folder):
    async def act(app, pilot):
        for name in ("sessions", "session"):
            app.show(name)
            await until_golden(pilot, f"dashboard_{name}")
            before = text(app)
            await pilot.resize_terminal(79, 24)
            await until(pilot, lambda: all_in(app, "79 × 24", "80 × 24") and "Sessions" not in text(app))
            await pilot.resize_terminal(80, 23)
            await until(pilot, lambda: "80 × 23" in text(app))
            await pilot.resize_terminal(*SMALL)
            await until(pilot, lambda before=before: text(app) == before)

    drive(folder, act)


def reversed_lines(app):
    return [strip.text for strip in strips(app) if any(style and style.reverse for _, style, _ in strip)]


def test_no_color_is_respected_and_the_cursor_still_seen(folder, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def act(app, pilot):
        await until(pilot, lambda: any("2026-11-22" in line for line in reversed_lines(app)))
        assert all(one.is_default for one in colours(app))

    drive(folder, act)


# Keys


def pages():
    from kneesync.views.dashboard.drills import DrillsPage
    from kneesync.views.dashboard.session import SessionPage
    from kneesync.views.dashboard.sessions import SessionsPage
    from kneesync.views.dashboard.trends import TrendsPage

    return SessionsPage, SessionPage, TrendsPage, DrillsPage


def test_every_key_of_every_screen_does_something_without_harm(folder):
    """Each bound key, pressed on its screen, ends on a screen again and leaves all sessions in place."""

    async def act(app, pilot):
        for page in pages():
            for binding in Binding.make_bindings([*page.BINDINGS, *Page.BINDINGS]):
                if app.current_mode != page.NAME:
                    app.show(page.NAME)
                    await until(pilot, lambda name=page.NAME: on_page(app, name))
                if binding.key != "q":
                    await pilot.press(binding.key)
                    await settled(pilot)
                if not on_page(app):
                    await pilot.press("escape")
                await until(pilot, lambda: on_page(app))
        await pilot.press("q")

    app = drive(folder, act)
    assert app.return_code == 0 and len(app.runs.every) == 4


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.NAME)
def test_help_has_every_key_of_the_screen_and_every_screen_has_the_same_first_ones(page):
    listed = dict(keys_of(page()))
    assert {"1  2  3  4", "?", "q"} <= set(listed)
    assert all(what and what[0].isupper() for what in listed.values())


def at(app):
    return app.runs.shown.index(app.runs.current) if app.runs.current else None


MOVES = [
    ("sessions", ("j",), 1), ("sessions", ("down", "j"), 3), ("sessions", ("g",), 0), ("sessions", ("G", "k"), 2),
    ("sessions", ("end", "up", "home"), 0), ("sessions", ("k",), 3), ("session", ("left",), 2),
    ("session", ("h", "h", "h", "h"), 0), ("session", ("l", "right"), 2), ("session", ("l", "l", "l"), 3),
]  # fmt: skip


def test_moving_between_sessions(folder):
    async def act(app, pilot):
        for name, keys, expected in MOVES:
            app.show(name)
            await until(pilot, lambda name=name: on_page(app, name) and app.runs.current.id in text(app))
            await pilot.press(*keys)
            await until(pilot, lambda expected=expected: at(app) == expected)
        await until(pilot, lambda: shows_run(app, app.runs.current.id))

    drive(folder, act)


def test_the_mouse_goes_to_a_session_and_to_a_screen(folder):
    async def act(app, pilot):
        await pilot.click("#sessions", offset=(5, 2))
        await until(pilot, lambda: on_page(app, "session") and at(app) == 2 and shows_run(app, app.runs.current.id))
        tabs = list(app.screen.query(".tab"))
        await pilot.click(tabs[2])
        await until(pilot, lambda: app.current_mode == "trends")

    drive(folder, act)


def test_charts_zoom_and_move_and_scrolling_is_the_wheels(folder):
    from kneesync.views.dashboard.plot import OverTime

    async def act(app, pilot):
        await pilot.press("enter")
        await until_golden(pilot, "dashboard_session")
        lift, cadence = app.screen.query(OverTime)
        whole = lift.span_min

        def shown(*span_min):
            return lift.span_min == cadence.span_min == pytest.approx(span_min)

        await pilot.press("plus")
        await until(pilot, lambda: shown(whole[1] / 4, whole[1] * 3 / 4))
        await pilot.press("shift+right", "shift+right", "shift+right", "m")
        await until(pilot, lambda: app.runs.current.marked)
        await until(pilot, lambda: shown(whole[1] / 2, whole[1]))  # also once it is marked
        await pilot.press(*["plus"] * 9)
        await until(pilot, lambda: lift.span_min[1] - lift.span_min[0] == pytest.approx(1))
        await pilot.press(*["minus"] * 9)
        await until(pilot, lambda: shown(*whole))
        await pilot._post_mouse_events([MouseScrollDown], widget=lift)
        await until(pilot, lambda: app.screen.query_one("#run").scroll_y > 0)
        assert lift.span_min == pytest.approx(whole)

    drive(folder, act)


# What the runner says

SAYINGS = [  # key, what is typed, its name in the library, what it is there, how it is shown
    ("n", "tired", "note", "tired", "tired"),
    ("t", "hills, wet", "tags", ["hills", "wet"], "#hills  #wet"),
    ("e", "7", "effort", 7, "effort 7"),
    ("p", "0", "pain", 0, "pain 0"),
    ("m", None, "marked", True, "* "),
]


def types(app):
    """What is typed goes into a line of a dialog."""
    return not on_page(app) and isinstance(app.focused, Input)


async def answer(pilot, key, value):
    await pilot.press(key)
    if value is not None:
        await until(pilot, lambda: types(pilot.app))
        pilot.app.screen.query_one(Input).value = value
        await pilot.press("enter")


@pytest.mark.parametrize(("page", "said"), [("sessions", SAYINGS), ("session", SAYINGS[-2:])])
def test_what_is_said_stays_and_is_shown(page, said, folder):
    fresh = put(folder, bytes(tired_run(9).data), NEWEST_UNIX_S + DAY_S)

    async def act(app, pilot):
        app.show(page)
        await until(pilot, lambda: on_page(app, page) and shows_run(app, fresh))
        for key, value, name, expected, shown in said:
            await answer(pilot, key, value)
            await until(
                pilot,
                lambda name=name, expected=expected, shown=shown: (
                    on_page(app) and getattr(app.runs.current, name) == expected and shown in text(app)
                ),
            )
            assert app.runs.current.id == fresh

    drive(folder, act)
    with Library(folder) as library:
        kept = library.find(fresh)
        assert all(getattr(kept, name) == expected for _, _, name, expected, _ in said)


def test_what_was_said_can_be_taken_back_and_cancelled(folder):
    async def act(app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: types(app))
        await pilot.press(*"typed", "escape")
        await until(pilot, lambda: on_page(app))
        assert app.runs.current.note == ""
        await answer(pilot, "n", "typed")
        await until(pilot, lambda: on_page(app) and app.runs.current.note == "typed")
        await answer(pilot, "n", "")
        await until(pilot, lambda: on_page(app) and app.runs.current.note == "")
        for marked in (True, False):
            await pilot.press("m")
            await until(pilot, lambda marked=marked: bool(app.runs.current.marked) == marked)
        for wrong in ("11", "²"):
            await answer(pilot, "p", wrong)
            await until(pilot, lambda: "expected a whole number 0 to 10" in text(app))
            await pilot.press("escape")
            await until(pilot, lambda: on_page(app))
        assert app.runs.current.pain is None

    drive(folder, act)


def test_a_library_that_cannot_be_written_is_said_and_nothing_is_lost(folder, monkeypatch):
    def refuse(*_, **__):
        raise KneesyncError("cannot write to the library: disk full")

    monkeypatch.setattr(Library, "say", refuse)

    async def act(app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: "cannot write to the library" in text(app))
        assert not app.runs.current.marked

    drive(folder, act)


# Search and filters


def kept_list(folder):
    with Library(folder) as library:
        return library.sessions()


FILTERS = [
    (Filters(), 4), (Filters(athlete="Ada"), 3), (Filters(athlete="Ben"), 1), (Filters(leg="L"), 2),
    (Filters(tag="long"), 1), (Filters(marked=True), 1), (Filters(since="2026-11-21"), 2),
    (Filters(since="2027-01-01"), 0), (Filters(words="SHOES"), 1), (Filters(words="ben 2026"), 1),
    (Filters(words="ben long"), 0), (Filters(words="11-20"), 1), (Filters(words="ada", leg="R"), 2),
    (Filters(marked=True, words="shoes"), 0),
]  # fmt: skip


def test_filters_keep_what_they_say(folder):
    every = kept_list(folder)
    assert [len(filters.keep(every)) for filters, _ in FILTERS] == [expected for _, expected in FILTERS]


@pytest.mark.parametrize("wrong", ["yesterday", "20", "2026-13-01", "\x1b[2J"])
def test_a_day_that_is_none_is_refused_in_one_line(wrong):
    with pytest.raises(KneesyncError, match="expected a date") as refused:
        Filters(since=wrong)
    assert "\x1b" not in str(refused.value)


def test_the_current_session_stays_current_or_the_nearest_becomes_it(folder):
    runs = Runs(kept_list(folder))
    assert runs.current is runs.every[0]
    runs.current_id = runs.every[2].id
    runs.refilter(Filters(leg="R"))
    assert runs.current is runs.every[2] and runs.at == 1
    runs.refilter(Filters(leg="L"))
    assert runs.at == 1
    runs.refilter(Filters(words="nothing has this"))
    assert runs.current is None and not runs.step(1) and runs.neighbours() == []
    runs.refilter(Filters())
    assert runs.current is runs.every[0]


def test_searching_as_one_types(folder):
    async def act(app, pilot):
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"shoes")
        await until(pilot, lambda: [one.note for one in app.runs.shown] == ["new shoes"])
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.focused, Input))
        await pilot.press("m")
        await until(pilot, lambda: app.runs.current.marked)  # the keys are the list's again
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"xyz", "enter")
        await until(pilot, lambda: "No session: with “xyz”" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.runs.shown) == 4 and not app.screen.query(Input))

    drive(folder, act)


def test_the_filter_dialog_fills_and_clears(folder):
    async def act(app, pilot):
        def is_drawn(name):
            return any(one.region for one in app.screen.query(name))

        await pilot.press("f")
        await until(pilot, lambda: is_drawn("#show"))
        assert {select.id for select in app.screen.query(Select)} == {"athlete", "leg", "tag", "marked"}
        app.screen.query_one("#athlete", Select).value = "Ada"
        app.screen.query_one("#marked", Select).value = "yes"
        app.screen.query_one("#since", Input).value = "soon"
        await pilot.click("#show")
        await until(pilot, lambda: "found 'soon', expected a date" in text(app))
        app.screen.query_one("#since", Input).value = "2026-11-01"
        await pilot.click("#show")
        shown = "1 of 4 sessions", "Only: Ada, marked, since 2026-11-01. Esc shows all."
        await until(pilot, lambda: all_in(app, *shown))
        await pilot.press("f")
        await until(pilot, lambda: is_drawn("#all"))
        await pilot.click("#all")
        await until(pilot, lambda: len(app.runs.shown) == 4)

    drive(folder, act)


def test_athlete_of_the_command_line(folder):
    async def act(app, pilot):
        await until(pilot, lambda: all_in(app, "1 of 4 sessions", "Only: ben."))
        assert len(app.runs.shown) == 1

    drive(folder, act, athlete="ben")


# A library that changes, files that are broken


def test_a_pull_while_it_is_open_shows_the_session_and_leaves_the_cursor(folder):
    data = bytes(tired_run(10, 40).data)

    async def act(app, pilot):
        await pilot.press("j")
        await until(pilot, lambda: at(app) == 1)
        looked_at = app.runs.current_id
        with Library(folder) as library:
            transfer = library.incoming(BOARD, "00099-1.knee", len(data), hashlib.sha256(data).hexdigest())
            transfer.append(data)
            new = library.keep(transfer)
        app.look()
        await until(pilot, lambda: all_in(app, "1 new session", "5 sessions"))
        assert [one.id for one in app.runs.every].count(new.id) == 1 and len(app.runs.every) == 5
        assert app.runs.current_id == looked_at
        options = app.screen.query_one("#sessions", OptionList)
        assert options.option_count == 5 and options.get_option_at_index(options.highlighted).id == looked_at
        # another process marks it, and takes one away
        with Library(folder) as library:
            library.say(library.find(looked_at), marked=True)
        app.look()
        await until(pilot, lambda: app.runs.current.marked)

    drive(folder, act)


def test_the_first_session_comes_while_it_is_open(tmp_path):
    place = tmp_path / "library"

    async def act(app, pilot):
        await until(pilot, lambda: "kneesync pull" in text(app))
        put(place, RUNS[0])
        with Library(place) as library:
            library.reindex()
        app.look()
        await until(pilot, lambda: "1 new session" in text(app) and "kneesync pull" not in text(app))
        assert app.runs.current.leg == "R" and app.screen.query_one("#sessions").display

    drive(place, act)


def whole(data):
    return bytes(data.data)


BROKEN = {
    "torn": (RUNS[1][:-9], "torn"),
    "damaged": (RUNS[1][:3000] + b"\xff" * 700 + RUNS[1][3700:], "damaged bytes passed over"),
    "no session": (b"PK\x03\x04" + bytes(5000), "is no kneesync session"),
    "of no length": (b"", "is no kneesync session"),
    "newer format": (whole(KneeFile(format=99).end(21_000)), "session format 99"),
    "empty": (whole(KneeFile().end(21_000)), "no stride in it"),
    "one stride": (whole(KneeFile().stride_block(21_000, [(700, 4123, -1550, 3901, 4102, log.FIRST)]).end(22_000)), ""),
    "backwards": (whole(KneeFile().stride_block(900_000, [(700, 4000, -1500, 3900, 4100, 0)] * 90)
                        .stride_block(21_000, [(700, 4000, -1500, 3900, 4100, 0)] * 90)), "run backwards"),
    "hostile": (whole(KneeFile(leg="\x1b[31m", settings={"athlete": "[b]Eve\x1b[2J\u202e[/b]"}).end(21_000)), ""),
}  # fmt: skip


def test_no_session_however_broken_ends_the_dashboard(folder):
    ids = {put(folder, data, None, f"0{i}-1.knee"): name for i, (name, (data, _)) in enumerate(BROKEN.items())}

    async def act(app, pilot):
        assert set(ids) <= {one.id for one in app.runs.every}
        await pilot.press("2")
        await until(pilot, lambda: shows_run(app, app.runs.current_id))
        for one, name in ids.items():
            app.runs.current_id = one
            app.screen.renew()
            await until(pilot, lambda one=one: shows_run(app, one))
            above = text(app)
            await pilot.press("plus", "end")
            await until(pilot, lambda above=above, name=name: BROKEN[name][1] in " ".join((above + text(app)).split()))
            shown = above + text(app)
            assert "\x1b" not in shown and "\u202e" not in shown

    drive(folder, act)


def test_broken_sessions_stand_in_the_list_and_beside_it(folder):
    for i, (data, _) in enumerate(BROKEN.values()):
        put(folder, data, None, f"0{i}-1.knee")

    async def act(app, pilot):
        for one in list(app.runs.shown):
            await until(pilot, lambda one=one: app.runs.current_id == one.id and one.id in text(app))
            assert "\x1b" not in text(app) and "\u202e" not in text(app)
            await pilot.press("j")
        await pilot.press("3")
        await until(pilot, lambda: "start unknown" in text(app))

    drive(folder, act, LARGE)


def test_a_file_that_is_gone_is_said(folder):
    async def act(app, pilot):
        (folder / "sessions" / f"{app.runs.every[2].id}.knee").unlink()
        await pilot.press("j", "j")
        await until(pilot, lambda: "cannot read" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: all_in(app, "cannot read", "The index knows of it"))
        await pilot.press("left")
        await until(pilot, lambda: "cannot read" not in text(app) and "your own baseline" in text(app))

    drive(folder, act)


def test_a_fault_of_ours_in_one_session_is_said_and_the_others_stand(folder, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("of a kind never seen")

    monkeypatch.setattr(background_reader, "_read", fail)

    async def act(app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: all_in(app, "ZeroDivisionError: of a kind never seen; please report"))

    drive(folder, act)


def broken(*_, **__):
    raise ZeroDivisionError("of a kind never seen")


def test_a_fault_of_ours_in_trends_or_drills_is_said_there_and_the_rest_stands(folder, monkeypatch):
    monkeypatch.setattr("kneesync.analysis.trends.trends", broken)
    monkeypatch.setattr("kneesync.coach.advice.advise", broken)

    async def act(app, pilot):
        for page in ("3", "4"):
            await pilot.press(page)
            said = "failed inside: ZeroDivisionError: of a kind never seen; please report"
            name = {"3": "trends", "4": "drills"}[page]
            await until(pilot, lambda name=name, said=said: on_page(app, name) and all_in(app, said))
        await pilot.press("2")
        await until(pilot, lambda: "your own baseline" in text(app))
        assert app.fault is None

    drive(folder, act)


def test_a_session_that_cannot_be_drawn_is_said_in_its_place(folder, monkeypatch):
    monkeypatch.setattr("kneesync.views.report.sentences.besides", broken)

    async def act(app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: all_in(app, "failed inside: ZeroDivisionError", "The index knows of it"))

    drive(folder, act)


def test_the_library_s_watch_says_a_fault_once_and_goes_on(folder, monkeypatch):
    listed = []

    def fail(*arguments):
        listed.append(arguments)
        broken()

    monkeypatch.setattr("kneesync.views.dashboard.app._listed", fail)

    async def act(app, pilot):
        for _ in range(3):
            looks = len(listed)
            app.look()
            await until(pilot, lambda looks=looks: len(listed) > looks)
        await until(pilot, lambda: "of a kind never seen" in text(app))
        assert text(app).count("of a kind never seen") == 1 and app.fault is None
        await pilot.press("enter")
        await until(pilot, lambda: "your own baseline" in text(app))

    drive(folder, act)


@pytest.mark.parametrize("why", [KneesyncError("cannot write to the library: disk full"), ZeroDivisionError("of ours")])
def test_what_was_typed_and_refused_stands_there_to_be_tried_again(folder, monkeypatch, why):
    def refuse(*_, **__):
        raise why

    async def act(app, pilot):
        with monkeypatch.context() as patch:
            patch.setattr(Library, "say", refuse)
            await answer(pilot, "t", "long, hills")
            await until(pilot, lambda: types(app) and all_in(app, str(why)))
        assert app.screen.query_one(Input).value == "long, hills"
        await pilot.press("enter")
        await until(pilot, lambda: app.runs.current.tags == ["long", "hills"])

    drive(folder, act)


def test_any_other_fault_gives_the_terminal_back_and_is_one_line(folder, monkeypatch, kneesync):
    """The command itself, on Textual's headless driver: no terminal is needed to fall out of it."""
    monkeypatch.setattr("kneesync.views.dashboard.app.Dashboard._start_reading", broken)
    monkeypatch.setattr(Dashboard, "run", lambda app: App.run(app, headless=True))
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.isatty", lambda: True, raising=False)
    code, out, error = kneesync("dashboard")
    assert code == 1 and "Traceback" not in out + error
    assert error == (
        "kneesync: failed inside: ZeroDivisionError: of a kind never seen; please report what "
        "`kneesync --debug` prints\n"
    )
    assert len(Library(folder).sessions()) == 4


# Two boards


@pytest.fixture
def two_boards(tmp_path):
    """(folder, ids of the left and right leg's session, which is the newer)."""
    left = simulated_strides.run(12, 3, drift_sd_deg=0.4)
    right = other_leg(left, 3)
    place = tmp_path / "library"
    apart_s = (right.start_ms - left.start_ms) / 1000 - 7.3
    return place, [
        put(place, simulated_strides.file(one, board=board), NEWEST_UNIX_S + later_s, board=board)
        for one, board, later_s in ((left, BOARD, 0), (right, "a" * 16, apart_s))
    ]


def shows_pair(app):
    """The page of a session has the other leg's below it, on the screen or further down."""
    return on_page(app, "session") and any(one.display for one in app.screen.query("#pair"))


def test_two_boards_worn_together_are_compared_as_in_the_report(two_boards, kneesync):
    folder, _ = two_boards

    async def act(app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: shows_pair(app))
        await pilot.press("end")
        await until_golden(pilot, "dashboard_two_boards")

    drive(folder, act, (80, 50))
    shown = (GOLDEN / "dashboard_two_boards.txt").read_text(encoding="utf-8")
    report = kneesync("report", "latest")[1]
    assert " ".join(report[report.index("Two boards") :].split("\n\n")[0].split()) in " ".join(shown.split())


def test_the_other_leg_is_looked_for_anew_when_a_note_says_which_it_is(two_boards):
    folder, (_, right) = two_boards

    async def act(app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: shows_pair(app))
        await pilot.press("end")
        await until(pilot, lambda: "Two boards" in text(app))
        for leg, together in (("L", False), ("R", True)):
            with Library(folder) as library:
                library.say(library.find(right), leg=leg)
            app.look()
            await until(pilot, lambda together=together: ("Two boards" in text(app)) == together)

    drive(folder, act, (80, 50))


def test_the_experiment_over_runs_is_said_as_in_the_report(tmp_path, kneesync):
    place = tmp_path / "library"
    for seed in range(3):
        session = simulated_strides.experiment(seed)
        data = simulated_strides.file(session, settings=session.header["settings"], boot=40 + seed)
        put(place, data, NEWEST_UNIX_S - seed * DAY_S)
    said = [line for line in kneesync("report", "latest", "--plain")[1].splitlines() if "Experiment, over" in line]
    assert len(said) == 1 and "over 3 runs" in said[0]

    async def act(app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: all_in(app, said[0]))

    drive(place, act, (120, 120))


# Quickness


def test_holding_a_key_reads_where_one_stops_and_not_what_one_passes(folder, monkeypatch):
    for i in range(12):
        put(folder, bytes(tired_run(5, 10 * i, boot=40 + i).data), NEWEST_UNIX_S - (10 + i) * DAY_S)
    read, gate = [], threading.Event()

    def slowly(library, kept):
        gate.wait(PATIENCE_S)
        read.append(kept.id)
        return background_reader.Reading(problem="not read in this test")

    monkeypatch.setattr(background_reader, "read", slowly)

    async def act(app, pilot):
        for _ in range(9):
            await pilot.press("j")
        order = [one.id for one in app.runs.shown]
        while at(app) != 9:  # the first file is still being read: nothing to wait for but the keys
            await pilot.pause()
        gate.set()
        await until(pilot, lambda: set(order[8:11]) <= set(read))
        # the first was under way before the key went down; beside the last its neighbours are read ahead
        assert set(read) <= {order[0], *order[8:11]} and len(read) == len(set(read))

    async def run():
        with Library(folder) as library:
            app = Dashboard(library.folder, library.sessions(), library.stamp())
        async with app.run_test(size=SMALL) as pilot:
            await pilot.pause()
            try:
                await act(app, pilot)
            finally:
                gate.set()

    asyncio.run(run())


def test_numpy_and_the_other_screens_wait_until_the_list_stands():
    code = "import sys; import kneesync.views.dashboard.app; print(*sorted(sys.modules))"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    )
    late = {
        "numpy",
        "pandas",
        "matplotlib",
        "textual_plot",
        "kneesync.analysis.session",
        "kneesync.views.dashboard.run",
    }
    assert not late & loaded


def test_without_a_terminal_it_says_what_prints_instead(kneesync):
    code, out, error = kneesync("dashboard")
    assert (code, out) == (1, "") and "needs a terminal; `kneesync sessions`" in error
