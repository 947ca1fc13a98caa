"""docs/python-api.md: its examples run, in their order, and say what they promise."""

import re

import pytest

import kneesync
from tests.support import doc_pages
from tests.support import simulated_strides as sim
from tests.support.knee_files import tired_run
from tests.support.legs import other_leg

TEXT = (doc_pages.ROOT / "docs/python-api.md").read_text(encoding="utf-8")
EXAMPLES = ["\n".join(fence.lines) for fence in doc_pages.fences(TEXT) if fence.kind == "python"]


@pytest.fixture
def folder(tmp_path, monkeypatch, places_of_its_own):
    left = sim.run(9, 6, drift_sd_deg=0.3)
    (tmp_path / "run.knee").write_bytes(tired_run().data)
    (tmp_path / "left.knee").write_bytes(sim.file(left))
    (tmp_path / "right.knee").write_bytes(sim.file(other_leg(left, 6)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_run(folder, capsys):
    names = {}
    for number, example in enumerate(EXAMPLES):
        exec(compile(example, f"docs/python-api.md, example {number + 1}", "exec"), names)
    assert len(EXAMPLES) >= 7
    said = capsys.readouterr().out
    assert re.search(r"^2,?250 strides, 1 cue, knee lift \d+\.\d° at the end$", said, re.MULTILINE)
    assert re.search(r"^knee lift fell \d\.\d° \(95 % interval \d\.\d to \d\.\d°\)$", said, re.MULTILINE)
    assert re.search(r"^\w{10} me L \d+\.\d+ \d+\.\d+ 1$", said, re.MULTILINE), "the library's line"
    assert re.search(r"^\d+ cues at 3°$", said, re.MULTILINE)
    assert names["both"].difference["knee_lift_deg"].right_less_left == pytest.approx(2, abs=0.3)
    assert list((folder / "runs" / "sessions").glob("*.knee"))
    with names["Library"]("runs") as library:
        assert (library.find().note, library.find().tags) == ("felt easy", ["long"])


def test_what_the_package_itself_offers_is_on_the_page():
    spans = " ".join([*EXAMPLES, *doc_pages.spans(TEXT)])
    offered = [name for name in kneesync.__all__ if name != "__version__"]
    assert [name for name in offered if f"kneesync.{name}" not in spans] == []


def test_an_unreadable_file_is_the_error_that_the_page_names(tmp_path):
    (tmp_path / "none.knee").write_bytes(b"no session")
    with pytest.raises(kneesync.KneesyncError) as raised:
        kneesync.read(tmp_path / "none.knee")
    assert "\n" not in str(raised.value)
