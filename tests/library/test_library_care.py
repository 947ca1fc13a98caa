"""What the runner says, takes in and throws away: it outlives every index, and no session is lost on the way."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from kneesync.errors import KneesyncError
from kneesync.library import Library, choice, correction, sidecar, trash
from kneesync.library.importing import imported
from tests.support.cut_runs import run_of
from tests.support.knee_files import BOARD, KneeFile, tired_run
from tests.support.pages import page, same_as_golden

RUN = bytes(tired_run(minutes=8, boot=5).data)  # a header of its own: a run of its own
OTHER = bytes(tired_run(minutes=7, boot=8).data)


def bring(library, data=RUN, name="00007-1.knee", board=BOARD):
    transfer = library.incoming(board, name, len(data), hashlib.sha256(data).hexdigest())
    transfer.append(data[transfer.received_bytes :])
    return library.keep(transfer)


def bring_run(library):
    return [bring(library, data, f"{number:05d}-1.knee") for number, data in enumerate(run_of(), 7)]


@pytest.fixture
def library():
    with Library() as library:
        yield library


def anew(library):
    """The session as an index made anew has it."""
    library.reindex()
    return library.find()


# What the runner says


def test_what_is_noted_outlives_the_index_and_can_be_taken_back(library):
    kept = bring(library)
    assert (kept.athlete, kept.leg, sidecar.speaks(kept)) == ("me", "L", False)
    words = {"text": "felt\x1b[31m  good", "tag": ["#Easy, long"], "pain": 3, "where": "shin", "effort": 4}
    found = library.say(kept, **correction.words(kept, **words, athlete="Anna", leg="R", marked=True))
    assert (found.note, found.tags, found.pain, found.pain_where) == ("felt?[31m good", ["Easy", "long"], 3, "shin")
    assert (found.effort, found.athlete, found.leg, found.marked) == (4, "Anna", "R", True)
    assert anew(library) == found and library.path(kept).read_bytes() == RUN
    found = library.say(found, **correction.words(found, untag=["EASY"], tag=["Long", "hills"], pain="none"))
    assert (found.tags, found.pain, found.pain_where, found.effort) == (["long", "hills"], None, "", 4)
    back = {"text": "", "untag": ["long,hills"], "effort": "none", "athlete": "as-pulled", "leg": "as-pulled"}
    assert library.say(found, **correction.words(found, **back, marked=False)) == kept == anew(library)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"text": "x" * 1001}, "a note has up to 1000 characters: found 1001"),
        ({"tag": ["y" * 31]}, "a tag has 1 to 30 characters"),
        ({"tag": [str(number) for number in range(21)]}, "found 21 tags, a session takes 20"),
        ({"athlete": " "}, "an athlete has 1 to 32 characters: found none"),
        ({"where": "shin"}, "say how much too: --pain 0 to 10"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_noted(library, words, says):
    kept = bring(library)
    with pytest.raises(KneesyncError, match=says):
        correction.words(kept, **words)
    assert library.find() == kept


NONSENSE = [
    {"athlete": ["x"], "leg": "both", "text": 7, "tags": "easy", "pain": 11, "effort": True, "marked": "yes"},
    {"athlete": "", "leg": None, "tags": [None, 1, "", {"a": 1}], "pain": -1, "effort": 2.5, "watch": [1]},
    {"watch": {"speed": float("nan"), "deep": {"a": {}}, "\x1b": "\x1b"}, "corrected_start_unix_s": True},
    {"board": "../..", "name": "/etc/passwd", "sha256": "zz", "start_unix_s": 1e300, "start_from": "\x1b[2J"},
    {"text": "\u202eevil\n\x1b]0;x\x07", "tags": ["\x1b[2J" * 40] * 400, "pain_where": {"x": "y"}},
]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_note_full_of_nonsense_is_as_good_as_its_sense(library, kneesync, nonsense):
    kept = bring(library)
    library.path(kept).with_suffix(".json").write_text(json.dumps(nonsense))
    found = anew(library)
    assert (found.athlete, found.leg, found.pain, found.effort, found.marked) == ("me", "L", None, None, False)
    assert found.strides == 720 and len(found.tags) <= sidecar.MOST_TAGS
    for arguments in (["sessions"], ["sessions", "--plain"], ["sessions", "--json"], ["note", kept.id]):
        code, out, err = kneesync(*arguments)
        assert code == 0 and kept.id in out
        assert not set(out + err) & set("\x1b\x07\u202e")
    assert library.say(found, effort=3).effort == 3


def test_keys_of_a_later_version_stay_in_the_note(library):
    kept = bring(library)
    path = library.path(kept).with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "weather": "rain"}))
    library.say(kept, effort=3)
    assert json.loads(path.read_bytes())["weather"] == "rain"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_a_run_of_several_segments_has_one_note(library, order):
    files = run_of()
    for done, n in enumerate(order, 1):
        bring(library, files[n], f"{7 + n:05d}-1.knee")
        (whole,) = library.sessions()
        whole = library.say(whole, tags=[*whole.tags, f"t{done}"])
    assert whole.tags == ["t1", "t2", "t3"] == library.find().tags and whole.strides == 180
    assert [one.tags for one in library.sessions(tag="T3")] == [["t1", "t2", "t3"]]
    assert library.note_of(whole)["tags"] == whole.tags and anew(library).tags == whole.tags


def test_a_board_s_sessions_get_leg_and_runner_where_that_is_open(library):
    own = bring(library)
    library.say(own, leg="L")
    bens = bring(library, bytes(tired_run(minutes=6, boot=9, settings={"athlete": "Ben"}).data), "00009-1.knee")
    plain = bring(library, OTHER, "00008-1.knee")
    other = bring(library, bytes(tired_run(minutes=5, boot=9).data), "00009-1.knee", board="00ff")
    changed, left = correction.of_board(library, BOARD[:5], leg="R", athlete="Anna")
    assert {one.id for one in changed} == {own.id, bens.id, plain.id} and left == []
    found = {one.id: (one.leg, one.athlete) for one in library.sessions()}
    assert found == {own.id: ("L", "Anna"), bens.id: ("R", "Ben"), plain.id: ("R", "Anna"), other.id: ("L", "me")}
    correction.of_board(library, BOARD, leg="as-pulled", athlete="as-pulled")
    assert {(one.leg, one.athlete) for one in library.sessions()} == {("L", "me"), ("L", "Ben")}
    for board, says in (("", "no session of board|could be"), ("abcd", "no session of board abcd here")):
        with pytest.raises(KneesyncError, match=says):
            correction.of_board(library, board, leg="R")


# Which are meant


def test_lists_are_of_whom_and_what_is_asked_for(library):
    ids = []
    for boot, (athlete, leg, tags, start) in enumerate(
        [("Anna", "L", ["long"], "2026-03-01"), ("anna", "R", [], "2026-05-01"), ("Ben", "R", ["Long", "x"], None)]
    ):
        kept = bring(library, bytes(KneeFile(boot=boot).end(9).data), f"{boot:05d}-1.knee")
        said = {"corrected_start_unix_s": start and correction.words(kept, start=start)["corrected_start_unix_s"]}
        ids.append(library.say(kept, athlete=athlete, leg=leg, tags=tags, text=f"word{boot} windy", **said).id)
    march = choice.since("2026-04-01")
    for wanted, found in (
        ({}, {0, 1, 2}), ({"athlete": " ANNA "}, {0, 1}), ({"athlete": "me"}, set()), ({"leg": "r"}, {1, 2}),
        ({"tag": "#long"}, {0, 2}), ({"tag": "LONG", "leg": "L"}, {0}), ({"since_unix_s": march}, {1, 2}),
        ({"search": "windy WORD1"}, {1}), ({"search": "march sunday"}, {0}), ({"search": ids[2][:6]}, {2}),
        ({"search": "ben"}, {2}), ({"search": "nobody"}, set()),
    ):  # fmt: skip
        assert {ids.index(one.id) for one in library.sessions(**wanted)} == found, wanted
    assert library.find(athlete="anna").id == ids[1]
    with pytest.raises(KneesyncError, match=r"no session of Zoe; .* has runs of Anna, Ben, anna"):
        library.find(athlete="Zoe")


def test_since_takes_dates_and_spans():
    now = 1_780_000_000
    assert [now - choice.since(text, now) for text in ("30d", "2 W", "1y")] == [2_592_000, 1_209_600, 31_557_600]
    assert choice.since("2026-03-20 18:30") == 1_774_031_400
    for text in ("", "soon", "12", "9" * 99 + "d", "2026-13-01"):
        with pytest.raises(KneesyncError, match="expected a date such as"):
            choice.since(text)


# The trash


def test_what_is_deleted_is_whole_in_the_trash_and_comes_back_as_it_was(library):
    kept = bring(library)
    kept = library.say(kept, tags=["long"], text="windy")
    (library.path(kept).parent / f"{kept.id}.fit").write_bytes(b"watch")
    before = {path.name: path.read_bytes() for path in library.path(kept).parent.iterdir()}
    trash.delete(library, kept)
    assert library.sessions() == [] and os.listdir(library.path(kept).parent) == []
    assert {path.name: path.read_bytes() for path in library.trash_folder.iterdir()} == before
    assert [one.id for one in trash.listed(library)] == [kept.id]
    with pytest.raises(KneesyncError, match=f"is in the trash; `kneesync trash restore {kept.id[:5]}` brings it back"):
        library.find(kept.id[:5])
    library.reindex()
    assert library.sessions() == []
    assert trash.restore(library, kept.id[:4]) == kept == anew(library)
    assert {path.name: path.read_bytes() for path in library.path(kept).parent.iterdir()} == before


def test_a_pull_leaves_what_was_deleted_in_the_trash_and_the_board_may_forget_it(library):
    kept = bring(library)
    trash.delete(library, kept)
    held = library.holds(kept.sha256)
    assert held.trashed and held.id == kept.id and library.sessions() == []
    assert library.why_not_safe(kept.sha256) == ""
    (library.trash_folder / f"{kept.id}.knee").write_bytes(RUN[:-1])
    assert library.holds(kept.sha256) is None, "what is damaged there is brought again"
    assert "has changed" in library.why_not_safe(kept.sha256)
    again = bring(library)
    assert again.id == kept.id and library.sessions() == [again]
    shutil.rmtree(library.trash_folder)
    assert library.holds(kept.sha256) == again


def test_a_run_s_segments_go_and_come_back_together(library):
    ids = {one.id for one in bring_run(library)}
    trash.delete(library, library.find())
    assert library.sessions() == [] and {one.id for one in trash.listed(library)} == ids
    restored = trash.restore(library, max(ids))
    assert restored.strides == 180 and trash.listed(library) == []


class Crash(BaseException):
    """Not an Exception: nothing may catch it on the way out."""


@pytest.mark.parametrize("undo", [False, True])
def test_deleting_cut_at_any_step_is_completed_by_doing_it_again(library, monkeypatch, undo):
    real = os.replace
    for cut_at in (1, 2):
        kept = library.say(bring(library), text="windy")
        if undo:
            trash.delete(library, kept)
        with monkeypatch.context() as patch, pytest.raises(Crash):
            steps = []

            def step(source, target, steps=steps, cut_at=cut_at):
                steps.append(source)
                if len(steps) == cut_at:
                    raise Crash
                return real(source, target)

            patch.setattr(os, "replace", step)
            trash.restore(library, kept.id) if undo else trash.delete(library, kept)
        if undo:
            if any(one.id == kept.id for one in trash.listed(library)):
                trash.restore(library, kept.id)
            library.reindex()
            found = library.find(kept.id)
            assert (found.note, found.strides) == ("windy", 720), cut_at
            assert list(library.trash_folder.glob(f"{kept.id}*")) == []
        else:
            if any(one.id == kept.id for one in library.sessions()):
                trash.delete(library, kept)
            assert [one.note for one in trash.listed(library) if one.id == kept.id] == ["windy"], cut_at
            library.reindex()
            assert kept.id not in {one.id for one in library.sessions()}
            trash.restore(library, kept.id)


@pytest.mark.parametrize("reference", ["zz", "", "../sessions"])
def test_what_is_not_in_the_trash_is_said(library, reference):
    bring(library)
    with pytest.raises(KneesyncError, match=r"in the trash; `kneesync trash` lists it"):
        trash.restore(library, reference)


# Files from another machine


@pytest.fixture
def elsewhere(tmp_path):
    """Another machine's library: a run with a note, a run of three segments, a torn file."""
    with Library(tmp_path / "elsewhere") as library:
        kept = bring(library)
        start = correction.words(kept, start="2026-03-20 18:30")
        library.say(kept, athlete="Anna", tags=["long"], text="windy", **start)
        bring_run(library)
        bring(library, OTHER[:-30], "00008-1.knee")
    return library.folder


def test_another_machine_s_library_comes_over_with_what_is_noted(library, elsewhere):
    before = {path: path.read_bytes() for path in elsewhere.rglob("sessions/*")}
    assert {one.state for one in imported(library, [elsewhere])} == {"new"}
    with Library(elsewhere) as theirs:
        assert library.sessions() == theirs.sessions()
    assert {path: path.read_bytes() for path in elsewhere.rglob("sessions/*")} == before
    kept = library.find(athlete="anna")
    assert (kept.tags, kept.note, kept.start_from, kept.name) == (["long"], "windy", "you", "00007-1.knee")
    assert {one.state for one in imported(library, [elsewhere / "sessions"])} == {"here already"}
    assert len(library.sessions()) == 3 and os.listdir(library.folder / "incoming") == []


def test_notes_of_what_is_here_already_fill_gaps_and_overwrite_nothing(library, elsewhere):
    kept = bring(library)
    library.say(kept, text="mine")
    (one, *_) = [one for one in imported(library, [elsewhere]) if one.kept.id == kept.id]
    assert one.state == "here already" and one.problem == "notes taken along: start, athlete, tags"
    assert (one.kept.note, one.kept.tags, one.kept.athlete) == ("mine", ["long"], "Anna")


def test_damaged_and_foreign_files_are_named_and_left(library, tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    sha = hashlib.sha256(RUN).hexdigest()
    (folder / f"{sha[:10]}.knee").write_bytes(RUN[:-1] + b"?")  # not what its name says any more
    (folder / "photo.knee").write_bytes(b"\x89PNG")
    (folder / "empty.knee").write_bytes(b"")
    (folder / "sound.knee").write_bytes(OTHER)
    (folder / "sound.json").write_text(json.dumps({"sha256": sha, "athlete": "Zoe"}))
    (folder / "later.knee").write_bytes(bytes(KneeFile(format=9).data))
    (folder / "b\x1b[2J.knee").write_bytes(RUN)
    found = {os.path.basename(one.file): one for one in imported(library, [folder, folder / "none.knee"])}
    states = {name: one.state for name, one in found.items()}
    assert states == {
        f"{sha[:10]}.knee": "failed", "photo.knee": "failed", "empty.knee": "failed", "none.knee": "failed",
        "sound.knee": "new", "later.knee": "new", "b\x1b[2J.knee": "new",
    }  # fmt: skip
    assert "its SHA-256 has changed" in found[f"{sha[:10]}.knee"].problem
    assert "is of another file" in found["sound.knee"].problem and found["sound.knee"].kept.athlete == "me"
    assert "cannot read" in found["none.knee"].problem and len(list(folder.iterdir())) == 7
    kept = found["b\x1b[2J.knee"].kept
    assert (kept.board, kept.name, kept.id) == (BOARD, f"{sha[:10]}.knee", sha[:10])
    assert os.listdir(library.folder / "incoming") == []


def test_a_file_that_was_deleted_stays_in_the_trash(library, elsewhere):
    imported(library, [elsewhere])
    kept = library.find(athlete="Anna")
    trash.delete(library, kept)
    (one,) = [one for one in imported(library, [elsewhere]) if one.state != "here already"]
    assert one.state == "in the trash" and f"trash restore {kept.id}" in one.problem and len(library.sessions()) == 2


def test_what_a_watch_left_beside_a_file_comes_along(library, elsewhere):
    with Library(elsewhere) as theirs:
        kept = theirs.find(athlete="Anna")
        theirs.say(kept, watch={"file": "run.fit", "speed_mps": 3.1})
        path = theirs.path(kept)
    imported(library, [elsewhere])
    assert library.find(kept.id).watch is None, "facts without the files they are of say nothing"
    for ending in (".fit", ".watch.npz"):
        path.with_name(kept.id + ending).write_bytes(ending.encode())
    imported(library, [elsewhere])
    assert library.find(kept.id).watch == {"file": "run.fit", "speed_mps": 3.1}
    assert library.path(kept).with_name(kept.id + ".fit").read_bytes() == b".fit"


def test_what_a_watch_knew_is_in_the_figures_as_long_as_it_is_joined(library):
    import numpy as np

    from kneesync.library import watch

    moments_s = np.arange(0.0, 600.0)
    of_watch = watch.Watch(moments_s, *(np.full(600, value) for value in (3.1, 0.0, 150.0)), 3.1 * moments_s)
    for kept, strides in ((bring(library), 720), (bring_run(library)[0], 180)):
        assert library.find(kept.id).figures["bands"]["speed_mps"] == []
        library.path(kept).with_suffix(".watch.npz").write_bytes(watch.series_bytes(of_watch))
        library.say(library.find(kept.id), watch={"file": "run.fit"})
        library.reindex()
        found = library.find(kept.id)
        assert [band["from"] for band in found.figures["bands"]["speed_mps"]] == [3.0] and found.strides == strides
        assert library.say(found, watch=None).figures["bands"]["speed_mps"] == []


def test_nothing_is_noted_of_what_is_gone(library):
    kept = bring(library)
    with Library() as other:
        trash.delete(other, kept)
    with pytest.raises(KneesyncError, match="is not in the library any more"):
        library.say(kept, effort=3)
    assert os.listdir(library.path(kept).parent) == [] and library.sessions() == []


# The index


def test_figures_of_another_meaning_are_made_anew():
    """The index keeps analysis.comparable's figures: a new version of those is a new version of the index."""
    from kneesync.analysis import comparable
    from kneesync.library import index

    assert (comparable.VERSION, index.VERSION) == (3, 5), "raise index.VERSION with comparable.VERSION"


def test_an_index_of_an_earlier_version_is_made_anew(library):
    import sqlite3

    kept = library.say(bring(library), tags=["long"])
    library.note_boot(BOARD, 8, up_ms=3_600_000)
    library.close()
    with sqlite3.connect(library.folder / "index.sqlite") as db:  # as version 2 had it
        db.execute("DROP TABLE session")
        db.execute("DROP TABLE joined")
        db.execute("CREATE TABLE session (id TEXT PRIMARY KEY, board TEXT NOT NULL, problems TEXT NOT NULL)")
        db.execute("INSERT INTO session VALUES ('x', 'y', '[]')")
        db.execute("PRAGMA user_version = 2")
    db.close()
    with Library() as library:
        assert library.sessions() == [kept] and kept.figures["bands"]["cadence_spm"]
        assert bring(library, bytes(KneeFile(boot=8).data), "00008-1.knee").start_from == "pull", "boots are kept"


@pytest.mark.parametrize("log", ["whole", "broken"])
def test_a_broken_index_is_made_good_whatever_its_log_is(library, log):
    kept = bring(library)
    path = library.folder / "index.sqlite"
    for ending in ("", "-wal", "-shm"):  # the log of an index that was open when the machine went down
        shutil.copy(path.with_name(path.name + ending), library.folder / f"copy{ending}")
    library.close()
    for ending in ("", "-wal", "-shm"):
        (library.folder / f"copy{ending}").replace(path.with_name(path.name + ending))
    path.write_bytes(b"not a database" * 100)
    if log == "broken":
        path.with_name("index.sqlite-wal").write_bytes(b"no log" * 1000)
    with Library() as library:
        assert library.sessions() == [kept]
        assert path.with_name("index.sqlite.broken").exists() == (log == "broken"), "a whole log has all of it"


def test_lists_wait_for_no_one_who_writes(library, monkeypatch):
    import sqlite3

    from kneesync.library import index

    kept = bring(library)
    connect = sqlite3.connect
    monkeypatch.setattr(index.sqlite3, "connect", lambda path, timeout, **more: connect(path, timeout=0, **more))
    with library._index.at_once():
        library._index.enter(kept)
        with Library() as other:
            assert other.sessions() == [kept] == [other.find(kept.id)]


def test_lists_decode_no_file(library, monkeypatch):
    from kneesync.formats import decoder

    bring_run(library)
    bring(library)
    before = library.sessions()
    monkeypatch.setattr(decoder, "decode", None)
    assert library.sessions() == before and library.find("latest") in before


def test_several_processes_make_the_same_index(library, monkeypatch):
    from kneesync.library import entry

    monkeypatch.setattr(entry, "PAYS_FROM", 2)
    monkeypatch.setattr(entry, "CHUNK", 1)
    bring_run(library)
    library.say(bring(library), tags=["long"])
    library.path(bring(library, OTHER, "00008-1.knee")).write_bytes(b"no session")
    before, seen = library.reindex()[0], []
    found, unreadable = library.reindex(processes=2, progress=lambda *step: seen.append(step))
    assert found == before and len(found) == 5 and unreadable == []
    assert seen[-1] == ("files", 5, 5)


def test_a_process_that_dies_is_made_up_for(library, monkeypatch):
    from concurrent import futures

    from kneesync.library import entry

    class Dying:
        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def map(self, function, paths, chunksize):
            yield function(paths[0])
            raise futures.process.BrokenProcessPool("killed")

        def shutdown(self, **_):
            pass

    monkeypatch.setattr(entry, "PAYS_FROM", 2)
    monkeypatch.setattr(futures, "ProcessPoolExecutor", Dying)
    bring_run(library)
    assert len(library.reindex(processes=2)[0]) == 3 and len(library.sessions()) == 1


def test_a_session_whose_figures_cannot_be_computed_keeps_no_other_out(library, monkeypatch):
    from kneesync.library import entry

    kept = [bring(library), bring(library, OTHER, "00008-1.knee")]
    real = entry.described
    monkeypatch.setattr(entry, "described", lambda one, watch: real(one) if len(one.t_ms) == 720 else [][len(one.t_ms)])
    entered, unreadable = library.reindex()
    problems = {one.id: one.problems for one in entered}
    assert unreadable == [] and problems[kept[0].id] == [] and "IndexError" in problems[kept[1].id][0]


def test_what_comes_and_goes_while_the_index_is_made_anew_is_right_in_it(library, monkeypatch):
    from kneesync.library import entry

    gone, stays = bring(library), bring(library, OTHER, "00008-1.knee")
    real = entry.from_files

    def meanwhile(*arguments):
        found = real(*arguments)
        with Library() as other:
            trash.delete(other, gone)
            other.say(stays, tags=["long"])
            bring(other, bytes(KneeFile(boot=9).end(9).data), "00009-1.knee")
        return found

    monkeypatch.setattr(entry, "from_files", meanwhile)
    library.reindex()
    assert {(one.name, *one.tags) for one in library.sessions()} == {("00008-1.knee", "long"), ("00009-1.knee",)}


# The command line


def test_the_list_at_fixed_widths(library):
    from kneesync.views import lists

    for boot, said in enumerate(
        [
            {"athlete": "Anna", "tags": ["long"], "text": "by the river", "effort": 6, "marked": True},
            {"athlete": "Maximiliane", "leg": "R", "pain": 3, "pain_where": "shin"},
            {"athlete": "Ben"},
        ]
    ):
        kept = bring(library, bytes(tired_run(minutes=8 + boot, boot=boot).data)[: -30 * (boot == 2) or None])
        started = None if boot == 1 else 1_774_031_400 + 86_400 * boot
        kept = library.say(kept, corrected_start_unix_s=started, **said)
    found = [one for one in library.sessions() if one.start_unix_s] + [
        sidecar.applied(one, {"pulled_unix_s": 1_774_531_400, **library.note_of(one)})
        for one in library.sessions()
        if not one.start_unix_s
    ]
    text = "".join(page(width, lambda console: lists.show_sessions(console, found)) for width in (60, 80, 120))
    text += "".join(line + "\n" for line in lists.plain_sessions(found))
    same_as_golden("library_sessions", text)


def test_sessions_lists_the_newest_and_says_how_to_see_more(kneesync):
    with Library() as library:
        for boot in range(23):
            bring(library, bytes(KneeFile(boot=boot).end(9).data), f"{boot:05d}-1.knee")
    code, out, err = kneesync("sessions")
    assert code == 0 and len(out.splitlines()) == 22 and "newest 20 of 23: --all shows every one" in err
    assert len(kneesync("sessions", "--all", "--plain")[1].splitlines()) == 23
    assert len(kneesync("sessions", "--limit", "3", "--plain")[1].splitlines()) == 3
    assert len(json.loads(kneesync("sessions", "--json")[1])) == 23
    assert len(json.loads(kneesync("sessions", "--json", "--limit", "3")[1])) == 3
    code, out, err = kneesync("sessions", "--athlete", "Zoe")
    assert (code, out) == (0, "") and "No session fits that" in err


def test_note_shows_and_sets(kneesync):
    with Library() as library:
        kept = bring(library)
    code, out, err = kneesync("note", kept.id)
    assert code == 0 and "start unknown" in out and "nothing noted; --text" in out and err == ""
    code, out, err = kneesync("note", "latest", "--tag", "easy", "--tag", "hills", "--effort", 4, "--mark", "--pain", 0)
    assert code == 0 and "tags    easy, hills" in out and "effort  4 of 10" in out and "pain    0 of 10" in out
    row = json.loads(kneesync("note", kept.id, "--json")[1])
    assert (row["tags"], row["effort"], row["marked"], row["pain"]) == (["easy", "hills"], 4, True, 0)
    code, out, _ = kneesync("note", "--board", BOARD[:6], "--leg", "r")
    assert code == 0 and out.startswith("1 session changed.")
    assert "right leg (leg set by hand)" in kneesync("note", kept.id)[1]


@pytest.mark.parametrize(
    "arguments",
    [
        "note", "note x --pain 11", "note x --effort -1", "note x --effort 2.5", "note x --leg both", "note --board x",
        "note x --board y --leg L", "note --board y --leg L --tag z", "sessions --leg both", "sessions --limit 0",
        "delete", "delete x", "import",
    ],
)  # fmt: skip
def test_wrong_usage_is_exit_2(kneesync, arguments):
    code, out, err = kneesync(*arguments.split())
    assert (code, out) == (2, "") and err


@pytest.mark.parametrize(
    "arguments",
    [
        "note zz --mark", "delete zz --yes", "delete --undo zz", "import /no/where.knee", "sessions --since soon",
        "note --board zz --leg L",
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_and_exit_1(kneesync, arguments):
    code, _, err = kneesync(*arguments.split())
    assert code == 1 and err.startswith("kneesync: ") and "Traceback" not in err


def test_delete_asks_and_undoes(kneesync, monkeypatch):
    import io
    import sys

    from kneesync.cli import library as cli_library

    with Library() as library:
        kept, other = bring(library), bring(library, OTHER, "00008-1.knee")
    code, _, err = kneesync("delete", kept.id)
    assert code == 2 and "add --yes" in err
    monkeypatch.setattr(cli_library, "terminal_asks", lambda: True)
    for answer, left in (("n\n", 2), ("y\n", 1)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        code, out, err = kneesync("delete", kept.id)
        assert code == (left == 2) and kept.id in err
        assert len(json.loads(kneesync("sessions", "--json")[1])) == left
    assert kept.id in kneesync("sessions", "--trash")[1]
    code, _, err = kneesync("delete", other.id, "zz", "--yes")
    assert code == 1 and len(json.loads(kneesync("sessions", "--json")[1])) == 1, "all or none"
    code, out, _ = kneesync("delete", "--undo", kept.id, "--json")
    assert code == 0 and json.loads(out)["state"] == "restored"
    assert len(json.loads(kneesync("sessions", "--json")[1])) == 2


def test_the_trash_is_listed_restored_and_emptied(kneesync, monkeypatch):
    import io
    import sys

    from kneesync.cli import library as cli_library

    with Library() as library:
        run, other = bring_run(library)[0], bring(library, OTHER, "00008-1.knee")
        library.say(other, text="by mistake")
    assert kneesync("trash", "empty", "--yes")[1:] == ("", f"Nothing in the trash of {library.folder}.\n")
    assert kneesync("delete", run.id, other.id, "--yes")[0] == 0
    assert other.id in kneesync("trash", "--plain")[1]
    assert {one["id"] for one in json.loads(kneesync("trash", "--json")[1])} > {run.id, other.id}
    code, _, err = kneesync("trash", "restore", "zz")
    assert code == 1 and "no session zz in the trash" in err
    code, out, _ = kneesync("trash", "restore", other.id[:6], "--json")
    assert code == 0 and json.loads(out)["sessions"][0]["note"] == "by mistake"
    code, _, err = kneesync("trash", "empty", run.id)
    assert code == 2 and "add --yes" in err
    monkeypatch.setattr(cli_library, "terminal_asks", lambda: True)
    for answer, left in (("n\n", True), ("y\n", False)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        code, out, err = kneesync("trash", "empty", run.id)
        assert code == left and run.id in err and any(library.trash_folder.iterdir()) == left
    assert out.count("gone  ") == 3 and "3 files gone for good" in err, "all segments of the run"
    kneesync("delete", other.id, "--yes")
    size = sum(path.stat().st_size for path in library.trash_folder.iterdir())
    assert json.loads(kneesync("trash", "empty", "--yes", "--json")[1])["bytes"] == size > len(OTHER)
    with Library() as library:
        assert library.sessions() == [] and library.holds(other.sha256) is None, "a pull brings it anew"


@pytest.mark.parametrize("cut_at", [1, 2])
def test_emptying_the_trash_cut_at_any_step_is_completed_by_doing_it_again(library, monkeypatch, cut_at):
    trash.delete(library, library.say(bring(library), text="windy"))
    steps, real = [], Path.unlink

    def step(path, *more):
        steps.append(path)
        if len(steps) == cut_at:
            raise Crash
        real(path, *more)

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(Path, "unlink", step)
        trash.empty(library, trash.listed(library))
    assert len(trash.listed(library)) == 1, "as long as anything of it is there"
    trash.empty(library, trash.listed(library))
    assert not any(library.trash_folder.iterdir())


def test_import_says_what_became_of_each(kneesync, elsewhere):
    (elsewhere / "sessions" / "photo.knee").write_bytes(b"\x89PNG")
    code, out, err = kneesync("import", elsewhere, "--athlete", "Zoe\x1b")
    assert code == 1 and len(out.splitlines()) == 5 and "720 strides" in out and "damaged or missing parts" in out
    assert "photo.knee is no kneesync session" in err and "5 new, 1 failed. What failed was left as it is." in err
    assert {row["athlete"] for row in json.loads(kneesync("sessions", "--json")[1])} == {"Zoe?"}
    (elsewhere / "sessions" / "photo.knee").unlink()
    code, out, _ = kneesync("import", elsewhere, "--json")
    assert code == 0 and {row["state"] for row in json.loads(out)} == {"here already"}


@pytest.mark.skipif(os.name == "nt", reason="the fake board stands on a pty, which Windows has not")
def test_pull_names_what_stays_in_the_trash(kneesync):
    from kneesync.board import find
    from tests.support.fake_board import FakeBoard

    with FakeBoard({"00007-1.knee": RUN}) as board, find.registered(board.port, BOARD):
        kneesync("pull")
        with Library() as library:
            trash.delete(library, library.find())
        code, out, err = kneesync("pull")
        assert (code, out) == (0, "") and "0 new, 1 here already (1 in the trash: `kneesync trash`)" in err
        assert kneesync("free", "--yes")[0] == 0 and board.files == {}
