"""Pull stopped at every step that touches the disk: killed, interrupted, refused by a full disk. One more makes good.

The library, its index and the pull are the real ones; the board answers in the same process, so that every step of a
whole pull can be tried. tests/end_to_end/test_pull.py does the same to the wire.
"""

import errno
import hashlib
import itertools
import os
import pathlib
import signal
import sqlite3

import pytest

from kneesync.board.pull import pull
from kneesync.errors import KneesyncError, LibraryError
from kneesync.files import durable
from kneesync.library import Library, incoming, index
from tests.support.knee_files import BOARD, KneeFile, tired_run
from tests.support.straight_link import FILES, Straight

pytestmark = pytest.mark.skipif(os.name == "nt", reason="forks, and files are locked on POSIX only")

KILLED = 77


class Disk:
    """Counts what a pull does to the disk, and at step `at` lets `fault(kind)` happen; a write is half done by then."""

    def __init__(self, patch, at=None, fault=None):
        self.steps, self.at, self.fault = [], at, fault
        self.patch = patch
        real_open = open
        for module in (incoming, durable):
            patch.setattr(module, "open", lambda *how, **more: _File(self, real_open(*how, **more)), raising=False)
        for owner, name, kind in (
            (os, "fsync", "fsync"),
            (os, "replace", "rename"),
            (pathlib.Path, "unlink", "unlink"),
            (pathlib.Path, "write_bytes", "write"),
        ):
            patch.setattr(owner, name, self.counted(kind, getattr(owner, name)))
        connect, disk = sqlite3.connect, self

        class Connection(sqlite3.Connection):
            def execute(self, statement, *values):
                if not statement.startswith(("SELECT", "PRAGMA sync", "ROLLBACK")):
                    disk.step("commit" if statement == "COMMIT" else "index")
                return super().execute(statement, *values)

        patch.setattr(index.sqlite3, "connect", lambda *how, **more: connect(*how, factory=Connection, **more))

    def counted(self, kind, function):
        def call(*arguments, **more):
            self.step(kind)
            return function(*arguments, **more)

        return call

    def step(self, kind, before=None):
        self.steps.append(kind)
        if self.at is not None and len(self.steps) >= self.at:
            if before and len(self.steps) == self.at:
                before()
            self.fault(self, kind)


class _File:
    """A file of the library's, its writes counted."""

    def __init__(self, disk, file):
        self._disk, self._file = disk, file

    def write(self, data):
        self._disk.step("write", before=lambda: self._file.write(data[: len(data) // 2]))
        return self._file.write(data)

    def truncate(self, size):
        self._disk.step("truncate")
        return self._file.truncate(size)

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()


def pulled(folder, board=None):
    with Library(folder) as library:
        return pull(board or Straight(), library)


def named(folder):
    return {path.name: path.read_bytes() for path in (folder / "sessions").glob("*.knee")}


def check(folder, where, files=None):
    """What has a name is a board's file; one more pull, and the library holds exactly the board's, none twice."""
    files = FILES if files is None else files
    assert set(named(folder).values()) <= set(files.values()), where
    results = pulled(folder, Straight(files))
    assert {result.state for result in results} <= {"new", "here already"}, where
    assert sorted(named(folder).values()) == sorted(files.values()), where
    with Library(folder) as library:
        kept = {one.name: library.path(one).read_bytes() for one in library.sessions()}
        assert kept == files and len(library.sessions()) == len(files), where
        entered, unreadable = library.reindex()
        assert (len(entered), unreadable) == (len(files), [])
    assert [path.name for path in (folder / "incoming").iterdir()] == [], where
    assert {result.state for result in pulled(folder)} == {"here already"}, where


def steps_of_a_pull(folder):
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch)
        pulled(folder)
    return disk.steps


def in_a_child(function):
    """Run it in a process of its own; its exit code."""
    child = os.fork()
    if child == 0:
        try:
            function()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_every_kind_of_step_is_counted(tmp_path):
    steps = steps_of_a_pull(tmp_path)
    assert set(steps) == {"truncate", "write", "fsync", "rename", "unlink", "index", "commit"}
    assert len(steps) >= 36


# A sample of the steps, and in `make soak` all of them.
SAMPLED = pytest.mark.parametrize("stride", [4, pytest.param(1, marks=pytest.mark.soak)])


@SAMPLED
def test_killed_at_every_step_the_next_pull_makes_good(stride, tmp_path):
    count = len(steps_of_a_pull(tmp_path / "whole"))

    def killed(folder, at):
        Disk(pytest.MonkeyPatch(), at, lambda disk, kind: os._exit(KILLED))
        pulled(folder)

    for at in range(1, count + 1, stride):
        folder = tmp_path / str(at)
        assert in_a_child(lambda at=at, folder=folder: killed(folder, at)) == KILLED
        check(folder, f"killed at step {at}")


def refused(disk, kind):
    """A disk that is full from now on: what frees room still works."""
    if kind in ("index", "commit"):
        raise sqlite3.OperationalError("database or disk is full")
    if kind not in ("unlink", "truncate"):
        raise OSError(errno.ENOSPC, "No space left on device")


def interrupted(disk, kind):
    disk.at = None
    raise KeyboardInterrupt


@SAMPLED
@pytest.mark.parametrize("fault", [refused, interrupted])
def test_stopped_at_every_step_the_next_pull_makes_good(fault, stride, tmp_path):
    steps = steps_of_a_pull(tmp_path / "whole")
    for at, kind in [*enumerate(steps, 1)][1::stride]:
        folder = tmp_path / str(at)
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, at, fault)
            try:
                pulled(folder)
            except KneesyncError as error:
                assert fault is refused
                text = str(error)
                assert "\n" not in text and str(folder) in text and ("make room" in text or "disk full" in text)
            except KeyboardInterrupt:
                assert fault is interrupted
            else:
                assert kind in ("unlink", "truncate") and fault is refused, f"step {at}, {kind}, went unsaid"
        check(folder, f"{fault.__name__} at step {at}, {kind}")


def test_what_a_power_cut_leaves_of_unsynced_bytes_is_not_believed(tmp_path):
    data = FILES["00007-1.knee"]
    for number, harm in enumerate((lambda part: part[:-4096] + bytes(4096), lambda part: bytes(len(part)))):
        folder = tmp_path / str(number)
        with Library(folder) as library:
            part = library.incoming(BOARD, "00007-1.knee", len(data), hashlib.sha256(data).hexdigest())
            part.append(harm(data[: 3 * 6144]))
            part.close()
        check(folder, "zeroes in the part")


@pytest.mark.parametrize("what", ["grown", "longer than said", "of another board", "note torn"])
def test_a_part_of_something_else_is_not_gone_on_with(what, tmp_path):
    data = FILES["00007-1.knee"]
    sha = "ab" * 32 if what == "grown" else hashlib.sha256(data).hexdigest()
    board = "00ff" if what == "of another board" else BOARD
    with Library(tmp_path) as library:
        before = library.incoming(board, "00007-1.knee", 20_000 if what == "grown" else len(data), sha)
        before.append(data + b"more" if what.startswith("longer") else bytes(9000))
        before.close()
    if what == "note torn":
        (tmp_path / "incoming" / f"{sha}.json").write_bytes(b'{"board": ')
    check(tmp_path, what)


def test_a_session_that_changes_after_the_listing_is_not_kept(tmp_path):
    class Growing(Straight):
        def _listing(self):
            super()._listing()
            self.files = {**self.files, "00007-1.knee": bytes(KneeFile().data) + bytes(60_000)}

    first, second = pulled(tmp_path, Growing())
    assert first.state == "failed" and "another SHA-256" in first.problem and second.state == "new"
    check(tmp_path, "changed")


def test_two_pulls_at_once_keep_everything_once(tmp_path):
    with Library(tmp_path):
        pass
    for _ in range(8):
        children = []
        for _ in range(2):
            child = os.fork()
            if child == 0:
                try:
                    pulled(tmp_path)
                    os._exit(0)
                except LibraryError:
                    os._exit(3)
                except BaseException:
                    os._exit(1)
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert set(codes) <= {0, 3} and 0 in codes, codes
        check(tmp_path, "two at once")
        with Library(tmp_path) as library:
            for one in library.sessions():
                library.path(one).unlink()


def test_a_transfer_is_one_process_s_until_that_ends_or_dies(tmp_path):
    data = FILES["00007-1.knee"]
    about = (BOARD, "00007-1.knee", len(data), hashlib.sha256(data).hexdigest())
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with Library(tmp_path) as library:
            held = library.incoming(*about)
            held.append(data[:6144])
            os.write(tell, b"!")
            signal.pause()
    try:
        os.read(told, 1)
        with pytest.raises(LibraryError, match="another kneesync is pulling this session"):
            pulled(tmp_path)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    asked = Straight()
    pulled(tmp_path, asked)
    assert any("6144," in call for call in asked.calls), "it goes on where the dead one was"
    check(tmp_path, "after the death of a holder")


def test_an_index_that_another_process_holds_is_waited_for_then_said(tmp_path, monkeypatch):
    connect = sqlite3.connect
    monkeypatch.setattr(index.sqlite3, "connect", lambda path, timeout, **more: connect(path, timeout=0.01, **more))
    said = pytest.raises(LibraryError, match=r"locked; another kneesync is at it")
    with Library(tmp_path) as library, Library(tmp_path) as other, other._index.at_once(), said:
        pull(Straight(), library)
    check(tmp_path, "after the index was held")


def test_an_older_and_a_newer_firmware_are_told_what_to_do(tmp_path):
    for wire, says in ((1, "install this version's: kneesync flash"), (3, "pip install -U kneesync")):
        board = Straight(wire=wire)
        with pytest.raises(KneesyncError, match=says):
            pulled(tmp_path, board)
        assert board.calls == [] and named(tmp_path) == {}
    board = Straight()
    del board.info["wire"]
    with pytest.raises(KneesyncError, match="kneesync flash"):
        pulled(tmp_path, board)


def test_progress_counts_only_what_is_asked_for(tmp_path):
    pulled(tmp_path, Straight({"00007-1.knee": FILES["00007-1.knee"]}))
    third = {**FILES, "00007-3.knee": bytes(tired_run(minutes=9, boot=8).data)}
    seen = []
    with Library(tmp_path) as library:
        pull(Straight(third), library, lambda *step, number, of: seen.append((*step, number, of)))
    last = [list(group)[-1] for _, group in itertools.groupby(seen, lambda step: step[0])]
    assert [(name, number, of) for name, _, _, number, of in last] == [("00007-2.knee", 1, 2), ("00007-3.knee", 2, 2)]
    assert all(done == total for _, done, total, _, _ in last)
