"""What is in the library stays as it was pulled; a crash at any step leaves either nothing or all of it."""

import hashlib
import os

import pytest

from kneesync.errors import KneesyncError
from kneesync.files import durable
from kneesync.library import Library, correction, incoming, opened
from kneesync.library.index import Index
from tests.support.knee_files import BOARD, KneeFile, tired_run

RUN = bytes(tired_run(minutes=8).data)
SHA = hashlib.sha256(RUN).hexdigest()


def bring(library, data=RUN, name="00007-1.knee", board=BOARD):
    transfer = library.incoming(board, name, len(data), hashlib.sha256(data).hexdigest())
    transfer.append(data[transfer.received_bytes :])
    return library.keep(transfer)


def files(library):
    return sorted(path.name for path in (library.folder / "sessions").iterdir())


def test_a_kept_file_is_what_came_and_its_figures_stand_in_the_index():
    with Library() as library:
        kept = bring(library)
        assert library.path(kept).read_bytes() == RUN
        assert (kept.id, kept.board, kept.leg, kept.strides) == (SHA[:10], BOARD, "L", 720)
        assert library.sessions() == [kept] and library.holds(SHA) == kept
        assert library.find() == library.find("latest") == library.find(kept.id[:3].upper()) == kept
        assert len(library.read(kept.id).strides) == 720
        assert os.listdir(library.folder / "incoming") == []
    assert opened(kept.id[:4])[0] == kept


def test_the_same_file_twice_is_kept_once():
    with Library() as library:
        bring(library)
        bring(library)
        assert len(library.sessions()) == 1


class Crash(BaseException):
    """Not an Exception: nothing may catch it on the way out."""


def crash(*_):
    raise Crash


def crash_on(function, ending):
    """`function`, but a crash where its first argument is a path that ends so."""
    return lambda path, *more: crash() if str(path).endswith(ending) else function(path, *more)


STEPS = {
    "sidecar of the transfer": (incoming, "_holds", crash),
    "fsync of the file": (incoming.Incoming, "synced", crash),
    "note beside the file": (durable, "write_whole", crash_on(durable.write_whole, SHA[:10] + ".json")),
    "rename": (os, "replace", crash_on(os.replace, ".part")),
    "fsync of the folder": (durable, "sync_folder", crash_on(durable.sync_folder, "sessions")),
    "index": (Index, "enter", crash),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_loses_nothing_and_invents_nothing(step, monkeypatch):
    with Library() as library, monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(*STEPS[step])
        bring(library)
    with Library() as library:
        held = library.holds(SHA)
        assert held or step != "index", "the file had its name already: its entry is made up for"
        assert held is None or library.path(held).read_bytes() == RUN
        if not held:
            bring(library)
        assert [kept.sha256 for kept in library.sessions()] == [SHA]
        assert [name for name in files(library) if name.endswith(".knee")] == [SHA[:10] + ".knee"]


def test_a_transfer_goes_on_where_it_stopped_and_another_file_starts_anew():
    with Library() as library:
        transfer = library.incoming(BOARD, "00007-1.knee", len(RUN), SHA)
        transfer.append(RUN[:3072])
        transfer.close()
        again = library.incoming(BOARD, "00007-1.knee", len(RUN), SHA)
        assert again.received_bytes == 3072
        again.close()
        other = library.incoming(BOARD, "00007-1.knee", 100, SHA)
        assert other.received_bytes == 0
        other.close()


def test_wrong_bytes_never_get_a_name():
    with Library() as library:
        transfer = library.incoming(BOARD, "00007-1.knee", len(RUN), SHA)
        transfer.append(RUN[:-1] + b"?")
        with pytest.raises(KneesyncError, match="another SHA-256"):
            library.keep(transfer)
        with pytest.raises(KneesyncError, match="no kneesync session"):
            bring(library, b"MZ no run at all")
        assert files(library) == [] and library.sessions() == []
        assert os.listdir(library.folder / "incoming") == []


@pytest.mark.parametrize("received", [RUN, RUN[:-1] + b"?"])
@pytest.mark.parametrize("on_disk", [RUN, RUN[:-1] + b"!"])
def test_what_counts_are_the_bytes_on_the_disk(received, on_disk):
    with Library() as library:
        transfer = library.incoming(BOARD, "00007-1.knee", len(RUN), SHA)
        transfer.append(received)
        transfer.path.write_bytes(on_disk)
        if on_disk == RUN:
            kept = library.keep(transfer)
            assert library.path(kept).read_bytes() == RUN and (kept.strides, kept.problems) == (720, [])
        else:
            with pytest.raises(KneesyncError, match="another SHA-256"):
                library.keep(transfer)
            assert files(library) == [] and library.sessions() == []


def test_a_session_of_a_newer_format_is_kept_for_a_later_version():
    with Library() as library:
        kept = bring(library, bytes(KneeFile(format=9).data))
        assert "format 9" in kept.problems[0] and kept.strides == 0
        assert library.path(kept).exists()


@pytest.mark.parametrize("harm", ["delete", "garble", "crash while made anew"])
def test_the_index_is_made_anew_from_the_files(harm, monkeypatch):
    with Library() as library:
        before = [bring(library), bring(library, bytes(tired_run(minutes=7, boot=8).data), "00008-1.knee")]
    path = library.folder / "index.sqlite"
    path.write_bytes(b"not a database" * 100) if harm == "garble" else path.unlink()
    if harm.startswith("crash"):
        with monkeypatch.context() as patch, pytest.raises(Crash):
            patch.setattr(Index, "is_whole", crash)
            Library()
    with Library() as library:
        assert {kept.id: kept for kept in library.sessions()} == {kept.id: kept for kept in before}


def test_a_file_changed_on_disk_is_said_to_be():
    with Library() as library:
        kept = bring(library)
        path = library.path(kept)
        path.write_bytes(RUN[:-40])
        assert library.holds(SHA) is None, "a pull brings it again"
        library.reindex()
        assert "SHA-256 has changed" in library.sessions()[0].problems[0]


@pytest.mark.parametrize(
    ("header", "noted_boot", "start", "known_from"),
    [
        ({"boot": 7, "clock_s": 0}, 7, "noted", "pull"),
        ({"boot": 7, "clock_s": 1_790_000_000}, 7, "noted", "pull"),
        ({"boot": 6, "clock_s": 1_750_000_000}, 7, 1_750_000_000, "board clock"),
        ({"boot": 6, "clock_s": 0}, 7, None, "unknown"),
        ({"boot": 6, "clock_s": 1 << 40}, 7, None, "unknown"),
        ({"boot": 6, "clock_s": None}, 7, None, "unknown"),
        ({"boot": "7", "clock_s": "x"}, 7, None, "unknown"),
        ({"boot": 7, "clock_s": 0, "ticks_ms": 4_000_000_000}, 7, None, "unknown"),
    ],
)
def test_the_start_is_known_or_said_to_be_unknown(header, noted_boot, start, known_from):
    with Library() as library:
        library.note_boot(BOARD, noted_boot, up_ms=3_600_000)
        kept = bring(library, bytes(KneeFile(**header).data))
        assert kept.start_from == known_from
        if start == "noted":
            # the session began 20 s after boot, an hour before now
            assert kept.pulled_unix_s - kept.start_unix_s == pytest.approx(3580, abs=5)
        else:
            assert kept.start_unix_s == start


def test_a_board_that_counts_its_boots_anew_loses_its_old_dates():
    with Library() as library:
        library.note_boot(BOARD, 7, 3_600_000)
        library.note_boot("ffff", 9, 3_600_000)
        library.note_boot(BOARD, 1, 1000)
        kept = bring(library, bytes(KneeFile(boot=7).data))
        assert kept.start_from == "unknown"
        assert bring(library, bytes(KneeFile(boot=9).data), board="ffff").start_from == "pull"


def test_unknown_ambiguous_and_empty_are_one_line_each():
    with Library() as library:
        with pytest.raises(KneesyncError, match="is empty; run `kneesync pull`"):
            library.find()
        ids = [bring(library, bytes(KneeFile(boot=boot).data), f"{boot:05}-1.knee").id for boot in range(40)]
        with pytest.raises(KneesyncError, match="no session zz"):
            library.find("zz")
        doubled = next(one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1)
        with pytest.raises(KneesyncError, match="give more digits"):
            library.find(doubled)


def test_an_index_of_a_later_version_is_left_alone():
    import sqlite3

    with Library() as library:
        pass
    with sqlite3.connect(library.folder / "index.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(KneesyncError, match="index has version 99"):
        Library()


def test_a_folder_that_cannot_be_used_says_which(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(KneesyncError, match="set KNEESYNC_LIBRARY"):
        Library(tmp_path / "file")


def test_a_start_set_by_hand_outlives_the_index_and_can_be_taken_back():
    with Library() as library:
        kept = bring(library)
        assert kept.start_unix_s is None
        before = files(library), library.path(kept).read_bytes()
        found = library.say(kept, **correction.words(kept, start="2026-03-20 18:30"))
        assert (found.start_unix_s, found.start_from) == (1_774_031_400, "you")
        library.reindex()
        assert library.find(kept.id).start_unix_s == 1_774_031_400
        (library.folder / "sessions" / f"{kept.id}.knee").unlink()
        assert bring(library).start_from == "you", "a session lost and pulled again is still that one"
        assert (files(library), library.path(kept).read_bytes()) == before
        back = library.say(kept, **correction.words(kept, start="as-pulled"))
        assert (back.start_unix_s, back.start_from) == (None, "unknown")


@pytest.mark.parametrize("text", ["", "yesterday", "2199-01-01 10:00", "1999-01-01", "18:30", "9" * 400])
def test_what_can_be_no_start_is_refused(text):
    with Library() as library:
        kept = bring(library)
        with pytest.raises(KneesyncError, match=r"expected a local time|began before"):
            correction.words(kept, start=text)
        assert library.find(kept.id) == kept


def test_reindex_names_what_is_damaged_and_leaves_it(monkeypatch):
    with Library() as library:
        sound = bring(library)
        torn = bring(library, bytes(tired_run(minutes=5).data))
        lost = bring(library, bytes(KneeFile().end(9).data))
        library.path(torn).write_bytes(library.path(torn).read_bytes()[:-40])
        bytes_before = {path: path.read_bytes() for path in (library.folder / "sessions").iterdir()}
        whole = durable.sha256_of

        def fails(path):
            if path.stem == lost.id:
                raise PermissionError(13, "Permission denied")
            return whole(path)

        monkeypatch.setattr(durable, "sha256_of", fails)
        entered, unreadable = library.reindex()
        assert {one.id: bool(one.problems) for one in entered} == {sound.id: False, torn.id: True}
        assert [(path.stem, why) for path, why in unreadable] == [(lost.id, "Permission denied")]
        assert {path: path.read_bytes() for path in (library.folder / "sessions").iterdir()} == bytes_before


@pytest.mark.parametrize("note", [b"", b"[]", b'{"start_unix_s": "x", "pulled_unix_s": -1, "start_from": ["\x1b"]}'])
def test_a_note_that_is_no_note_is_passed_over(note):
    with Library() as library:
        kept = bring(library)
        library.path(kept).with_suffix(".json").write_bytes(note)
        entered, _ = library.reindex()
        assert entered[0].start_unix_s is None and entered[0].pulled_unix_s > 1e9
