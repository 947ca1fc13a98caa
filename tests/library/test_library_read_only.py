"""A library that cannot be written to, and one whose index is made anew: what is told, and what is refused."""

import contextlib
import io
import os
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import pytest
from test_library import bring

from kneesync import notices
from kneesync.library import Library, store
from kneesync.views import terminal
from tests.support.knee_files import BOARD, tired_run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows knows no folder that its owner cannot write to")
NOBODY = 65534
COMMANDS = (("sessions",), ("report",), ("trends",), ("drills",), ("note", "latest"), ("trash",))


@contextlib.contextmanager
def sealed(folder):
    """Nobody may write in `folder`; root, whom no mode binds, is nobody meanwhile."""
    everything = [folder, *folder.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path in everything:
            if path.exists():
                path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def folder(monkeypatch):
    """A library where everybody may read; told of nothing yet."""
    monkeypatch.setattr(notices, "_said", set())
    place = Path(tempfile.mkdtemp(prefix="kneesync-test-"))
    monkeypatch.setenv("KNEESYNC_LIBRARY", str(place / "library"))
    with Library() as library:
        bring(library, bytes(tired_run(12).data))
        bring(library, bytes(tired_run(12, boot=8).data), "00008-1.knee")
    place.chmod(0o755)
    yield place / "library"
    shutil.rmtree(place)


def leave_log(folder):
    """The index as a machine leaves it that went down: its newest entries stand in the log alone."""
    with Library() as library:
        library.say(library.find(), tags=["in-the-log"])
        for ending in ("", "-wal"):
            shutil.copy(folder / f"index.sqlite{ending}", folder / f"kept{ending}")
    for ending in ("", "-wal"):
        (folder / f"kept{ending}").replace(folder / f"index.sqlite{ending}")


def age(folder):
    with sqlite3.connect(folder / "index.sqlite") as db:
        db.execute("PRAGMA user_version = 2")
    db.close()


HARM = {
    "closed as it should be": lambda folder: None,
    "its log left behind": leave_log,
    "of an earlier version": age,
    "broken": lambda folder: (folder / "index.sqlite").write_bytes(b"no database" * 100),
    "gone": lambda folder: (folder / "index.sqlite").unlink(),
}


@pytest.mark.parametrize("index", HARM)
def test_what_cannot_be_written_is_read_all_the_same_and_says_so_once(folder, kneesync, index):
    HARM[index](folder)
    for command in COMMANDS:  # whatever they import is imported while it may be read
        assert kneesync(*command)[0] == 0
    HARM[index](folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with sealed(folder):
        for command in COMMANDS:
            notices._said.clear()
            code, out, err = kneesync(*command)
            assert code == 0 and (out or command == ("trash",)), command
            told = [line for line in err.splitlines() if "cannot be written to" in line]
            assert told == [f"The library in {folder} cannot be written to: it is read, and nothing is kept in it."]
        listed = kneesync("sessions", "--plain")[1]
    assert listed.count("strides") == 2 and ("#in-the-log" in listed) == (index == "its log left behind")
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert not list(Path(tempfile.gettempdir()).glob("kneesync-index-*")), "the copy is taken away"


REFUSED = (
    ("note", "latest", "--tag", "long"),
    ("delete", "latest", "--yes"),
    ("reindex",),
    ("drills", "done", "plank"),
    ("import", "FILE"),
)


@pytest.mark.parametrize("command", REFUSED, ids=lambda command: command[0])
def test_what_would_change_it_is_refused_in_a_line(folder, kneesync, tmp_path, command):
    file = folder.parent / "new.knee"
    file.write_bytes(bytes(tired_run(3, boot=9).data))
    command = [str(file) if word == "FILE" else word for word in command]
    kneesync("sessions")
    with Library(tmp_path / "warm") as library:
        bring(library)
    with sealed(folder):
        code, _, err = kneesync(*command)
    assert code == 1 and "Traceback" not in err
    refused = [line for line in err.splitlines() if "set KNEESYNC_LIBRARY to a folder of yours" in line]
    assert len(refused) == 1 and str(folder) in refused[0]
    with Library() as library:
        assert [one.tags for one in library.sessions()] == [[], []]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("to_eyes", [True, False])
def test_an_old_index_says_that_it_is_made_anew_and_how_far_it_is(folder, monkeypatch, to_eyes):
    monkeypatch.setattr(store, "MANY_FILES", 2)
    monkeypatch.setattr(sys, "stderr", stream := Terminal() if to_eyes else io.StringIO())
    monkeypatch.setattr(notices, "to", terminal)
    age(folder)
    for _ in range(2):
        with Library() as library:
            assert len(library.sessions()) == 2
    said = stream.getvalue()
    assert said.count("Making the library's index anew from its 2 files, once for this version.") == 1
    assert ("reading files: 2 of 2" in said) == to_eyes


def test_a_program_that_uses_the_package_hears_nothing(folder, monkeypatch, capsys):
    monkeypatch.setattr(store, "MANY_FILES", 2)
    monkeypatch.setattr(notices, "to", None)
    age(folder)
    with Library() as library:
        assert library.find().board == BOARD
    assert capsys.readouterr() == ("", "")
