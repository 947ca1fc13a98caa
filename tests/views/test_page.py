"""A run's page: what it says, that it needs nothing else and hides nothing, and that hostile texts stay texts."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from test_report import ROW, kept, rough

from kneecore import sessionlog as log
from kneesync.analysis.pairs import pair
from kneesync.analysis.session import summary
from kneesync.errors import KneesyncError
from kneesync.formats.decoder import decode
from kneesync.simulation.runner import KneeRaises, Run, Stand, simulate
from kneesync.views.page import html as page
from tests.support.knee_files import KneeFile, tired_run
from tests.support.raw_sessions import session_of

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">\u202e\x1b[31m&amp;"\'{{ 7 * 7 }}'
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """Parses a page and keeps what tests ask for; an end tag that closes no open element is an error."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts, self.of = [], [], [], {}
        self.doctype = ""
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_decl(self, decl):
        self.doctype = decl

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in <{tag}>"
        self.elements.append((tag, dict(attrs), list(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), list(self.open)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)
            if self.open:
                self.of.setdefault(self.open[-1], []).append(data)

    def all(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).replace("\u00a0", " ").split())


def hour():
    """An hour with all that a session can hold."""
    return tired_run(minutes=60, drop_cdeg=450).data


def with_raw():
    """A minute and a half with raw samples, and a baseline learnt at 45 s of it."""
    feed = simulate([Stand(6), KneeRaises(3), Stand(2), Run(90, 3.0)], seed=2)
    session = session_of(feed)
    early = {"cue.skip_s": 15, "cue.learn_s": 30}
    session.header["settings"] = early | {"athlete": "Ada"}
    session.header["leg"] = "R"
    at = session.start_ms + 45_000
    event = np.array([(at, log.BASELINE, 3, (4000, 80, 700, -2000, 0, 0))], session.event_records.dtype)
    session.event_records = np.concatenate([session.event_records, event])
    return session


def corrupt():
    data = bytearray(tired_run(minutes=20).data)
    data[60:90] = b"\xff" * 30  # the header
    data[9000:9100] = b"\x00" * 100
    return data[:-300]


def hostile():
    file = KneeFile(leg=HOSTILE, board=HOSTILE, firmware=HOSTILE, settings={"athlete": HOSTILE})
    return file.stride_block(21_000, [ROW] * 700).data


SESSIONS = {
    "tired": (tired_run().data, kept()),
    "held": (tired_run(minutes=20, drop_cdeg=0).data, kept()),
    "rough": (rough(), None),
    "empty": (KneeFile().end(21_000).data, None),
    "one_stride": (KneeFile().stride_block(21_000, [(700, 4123, -1550, 3901, 4102, log.FIRST)]).end(22_000).data, None),
    "hour": (hour(), kept()),
    "clockless": (tired_run().data, kept(start_unix_s=None)),
    "corrupt": (corrupt(), None),
    "hostile": (hostile(), None),
    "raw": (None, None),
}


@pytest.fixture(scope="module")
def pages():
    """name -> (text of the page, parsed, figures)."""
    made = {}
    for name, (data, about) in SESSIONS.items():
        session = decode(bytes(data)) if data else with_raw()
        figures = summary(session)
        text = page.text(session, figures, about)
        made[name] = (text, Page(text), figures)
    return made


@pytest.mark.parametrize("name", list(SESSIONS))
def test_a_page_is_whole_and_needs_nothing_else(pages, name):
    text, parsed, _ = pages[name]
    assert parsed.doctype == "DOCTYPE html" and {"lang": "en"} in parsed.all("html")
    assert len(parsed.all("title")) >= 1 and len(parsed.all("h1")) == 1 and len(parsed.all("main")) == 1
    tags = {tag for tag, _, _ in parsed.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "base", "form", "image", "foreignObject"}
    for tag, attributes, _ in parsed.elements:
        for key, value in attributes.items():
            assert not key.startswith("on"), (tag, key)
            if key in ("href", "src", "xlink:href", "action", "data", "poster"):
                assert value.startswith("#") or value == "data:,", (tag, key, value)
    assert re.findall(r"https?://[^\"' <]*", text.replace("http://www.w3.org/2000/svg", "")) == []
    assert set(re.findall(r"url\(([^)]{1,2})", text)) <= {"#o", "#s", "#d"}, "clip paths of the page's own"
    assert "@import" not in text and "default-src 'none'" in text


@pytest.mark.parametrize("name", list(SESSIONS))
def test_ids_are_unique_and_what_refers_to_them_finds_them(pages, name):
    _, parsed, _ = pages[name]
    ids = [attributes["id"] for _, attributes, _ in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes, _ in parsed.elements:
        wanted = attributes.get("aria-labelledby", "").split()
        wanted += [attributes["href"][1:]] if attributes.get("href", "").startswith("#") else []
        wanted += re.findall(r"url\(#([^)]+)\)", attributes.get("clip-path", ""))
        assert set(wanted) <= set(ids)


@pytest.mark.parametrize("name", list(SESSIONS))
def test_every_picture_says_what_it_shows_in_numbers(pages, name):
    text, parsed, figures = pages[name]
    pictures = parsed.all("svg")
    assert bool(pictures) == (figures.strides > 2)
    for attributes in pictures:
        assert attributes["role"] == "img" and attributes["class"] in ("wide", "narrow")
        title, words = (re.search(rf'id="{name}">([^<]+)<', text)[1] for name in attributes["aria-labelledby"].split())
        assert len(title) > 10 and re.search(r"\d", words)
    assert len(pictures) == 2 * len(parsed.all("figure"))


@pytest.mark.parametrize("name", list(SESSIONS))
def test_tables_name_their_rows_and_columns(pages, name):
    _, parsed, _figures = pages[name]
    heads = [attributes for tag, attributes, _ in parsed.elements if tag == "th"]
    assert heads and all(attributes["scope"] in ("row", "col") for attributes in heads)
    levels = [int(tag[1]) for tag, _, _ in parsed.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and set(levels[1:]) == {2}
    for words in ("nan", "None", "inf", "fatigue", "undefined", "{{", "%}"):
        assert not re.search(rf"(?<!\w){re.escape(words)}(?!\w)", parsed.text, re.IGNORECASE if "f" in words else 0), (
            words
        )
    assert "Stop if it hurts" in parsed.text and "no medical advice" in parsed.text


def test_the_page_of_a_run_that_fell(pages):
    _, parsed, figures = pages["tired"]
    change = figures.change
    assert f"Knee drive fell {change.drop_deg:.1f}°" in parsed.text
    assert f"({figures.fresh.knee_lift_deg:.1f}° fresh, {figures.late.knee_lift_deg:.1f}° late)" in parsed.text
    low, high = change.knee_lift_deg_interval
    assert f"−{-low:.1f}° to −{-high:.1f}° hardly" in parsed.text
    for words in ("Run of Sunday 22 November 2026", "left leg", "444b17c784", "Cues, and what followed", "3.3°"):
        assert words in parsed.text
    assert re.search(r"It began to fall at \d+:\d\d \(between \d+:\d\d and \d+:\d\d\)", parsed.text)


def test_the_page_of_a_run_with_raw_samples_has_its_stride_shape(pages):
    text, parsed, _ = pages["raw"]
    assert "The stride's shape" in parsed.text and "stride-shape-wide" in text
    assert re.search(r"Fresh \(\d\d strides\): \d+\.\d° with the knee up, down to −\d+\.\d° at \d\d %", text)
    assert re.search(r"Late \(\d\d strides\):", text) and "They differ most at" in text
    assert "right leg" in parsed.text and "Ada" in parsed.text


# Session -> what its page says is missing or doubtful, what holds all the same, and what it must not claim.
NAMED = {
    "empty": (
        ["There is no stride in it", "missing: no strides"],
        ["Ended by"],
        ["Over the run", "Pace, grade"],
    ),
    "one_stride": (
        [
            "It is short",
            "Fresh against late and how long it was below the run is too short",
            "raw samples were not kept",
        ],
        ["holds, from 1 stride", "41.2°", "missing: no stride follows another"],
        ["Knee drive", "holds, from 1 strides"],
    ),
    "clockless": (
        ["start unknown", "When it was the board's clock was not set", 'kneesync note 444b17c784 --start "'],
        ["Knee drive fell", "hardly"],
        ["Run of"],
    ),
    "corrupt": (
        ["The file is not whole", "the header is missing", "damaged bytes", "torn"],
        ["holds, from", "Knee lift"],
        [],
    ),
    "rough": (
        [
            "before the board was sure",
            "Strides left out of the angles: 12.4 % unsure",
            "Samples were lost for 0.9 s",
            "The sensor failed",
            "too short",
            "the run was cut",
            "(not buzzed)",
        ],
        ["holds, from 141 strides", "holds, from 161 strides", "Pauses: 1.", "What holds: the count and times"],
        ["Knee drive"],
    ),
    "hour": (["no watch's recording is joined", "raw samples were not kept"], ["1:00:", "Knee drive fell"], []),
    "held": (["one board sees one leg"], ["Knee drive held within"], ["falls from"]),
}


@pytest.mark.parametrize("name", list(NAMED))
def test_what_is_missing_is_named_with_the_reason_and_what_holds(pages, name):
    _text, parsed, _ = pages[name]
    missing, holds, never = NAMED[name]
    for words in [*missing, *holds]:
        assert words in parsed.text, words
    for words in never:
        assert words not in parsed.text, words


def test_texts_of_a_board_stay_texts(pages):
    text, parsed, _ = pages["hostile"]
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text
    assert "\x1b" not in text and "\u202e" not in text
    about = kept()
    for name in ("athlete", "note", "pain_where"):
        setattr(about, name, HOSTILE)
    about.tags, about.pain, about.effort = [HOSTILE, "hills"], 3, 7
    session = decode(bytes(tired_run(minutes=8).data))
    tags = "<script>1</script>"
    coach = {
        "findings": [{"title": tags, "text": tags, "sure": tags}],
        "drills": [{"title": "A-skip", "text": tags, "dose": None}],
        "pain": "",
        "missing": None,
    }
    text = page.text(session, summary(session), about, coach=coach)
    parsed = Page(text)
    assert not {"script", "img"} & {tag for tag, _, _ in parsed.elements}
    assert "<script" not in text and "\x1b" not in text and "\u202e" not in text
    assert (
        "{{ 7 * 7 }}" in parsed.text
        and "hills" in parsed.text
        and "7 of 10" in parsed.text
        and "3 of 10" in parsed.text
    )


def test_findings_and_drills_are_the_coachs_or_none():
    session = decode(bytes(tired_run(minutes=8).data))
    figures = summary(session)
    without = Page(page.text(session, figures)).text
    assert (
        "No findings yet: one needs at least three good sessions" in without
        and "Drills follow from findings" in without
    )
    coach = {
        "findings": [],
        "drills": [],
        "pain": "Pain 4 of 10 noted.",
        "missing": "Two more runs are needed.",
    }
    found = Page(page.text(session, figures, coach=coach)).text
    assert "Two more runs are needed." in found and "Pain 4 of 10 noted." in found
    coach = {
        "findings": [{"title": "Late drop", "text": "3.1° in 4 of 5 runs", "sure": "fairly sure"}],
        "drills": [{"title": "A-skip", "text": "2 x 20 m", "dose": "twice a week"}],
        "pain": "",
        "missing": None,
    }
    found = Page(page.text(session, figures, coach=coach)).text
    for words in ("Late drop 3.1° in 4 of 5 runs fairly sure", "A-skip 2 x 20 m twice a week"):
        assert words in found
    assert "No findings yet" not in found and "none here yet" not in found


def watch_of(length_s):
    """A watch's recording of a run that slows down by 0.1 m/s for its last two fifths."""
    t_s = np.arange(0.0, length_s)
    heart_rate_bpm = 140 + t_s / 100
    heart_rate_bpm[: length_s // 8] = np.nan
    return SimpleNamespace(
        t_s=t_s,
        speed_mps=3.0 - 0.1 * (t_s > 0.6 * length_s) + 0.05 * np.sin(t_s / 20),
        grade_percent=np.zeros(len(t_s)),
        heart_rate_bpm=heart_rate_bpm,
        distance_m=3.0 * t_s,
    )


def test_a_watch_brings_pace_and_what_it_says():
    session = decode(bytes(tired_run().data))
    watch = watch_of(1520)
    parsed = Page(page.text(session, summary(session, watch), watch=watch))
    for words in (
        "Pace, min/km 5:",
        "5:45 +0:12",
        "Stride length, m 1.9",
        "Heart rate, /min 14",
        "At equal pace on level ground it was",
    ):
        assert words in parsed.text, words
    assert "no watch's recording" not in parsed.text
    assert re.search(r"Pace between 5:\d\d min/km and 5:\d\d min/km", parsed.text)


def test_two_boards_stand_side_by_side():
    plan = [Stand(6), KneeRaises(3), Stand(2), Run(200, 3.0)]
    left, right = (session_of(simulate(plan, seed=3, leg=leg)) for leg in "LR")
    found = pair(left, right, 0.0, ("left.knee", HOSTILE), ["L", "R"])
    text = page.text(left, summary(left), pair=found)
    parsed = Page(text)
    lift = found.difference["knee_lift_deg"]
    for words in (
        "Left and right",
        "Right − left",
        f"{lift.left:.1f}° {lift.right:.1f}°",
        "two boards' own zeros",
    ):
        assert words in parsed.text, words
    assert "one board sees one leg" not in parsed.text and "<script" not in text


def test_repeats_have_a_table_of_their_own():
    file, t_ms = KneeFile(), 21_000
    for _ in range(5):
        rows = [(t_ms, (640, 4300 - 20 * i // 10, -1500, 4000, 4100, 0)) for i in range(150)]
        file.stride_block(t_ms, [row for _, row in rows])
        t_ms += 150 * 640 + 45_000
        file.stride_block(t_ms - 700, [(700, 3900, -1500, 3900, 4100, log.FIRST)])
    session = decode(bytes(file.data))
    figures = summary(session)
    parsed = Page(page.text(session, figures))
    assert len(figures.repeats) == 5
    assert "Repeats Found by the pauses between them. The change is against the first" in parsed.text
    assert re.search(r"5 \d+:\d\d 1:3\d – 15\d \d{3} 4\d\.\d°", parsed.text)


def test_a_page_is_the_same_each_time():
    session = decode(bytes(tired_run(minutes=8).data))
    figures = summary(session)
    assert page.text(session, figures) == page.text(session, figures)


def palettes(text):
    """[light, dark, paper]: name -> (r, g, b) of the style sheet's variables."""
    style = text[text.index("<style>") : text.index("</style>")]
    found = []
    for block in re.findall(r":root \{([^}]+)\}", style):
        colours = dict(re.findall(r"--(\w+): #(\w+)", block))
        found.append({name: [int((c * 2)[i : i + 2] if len(c) == 3 else c[i : i + 2], 16) for i in (0, 2, 4)]
                      if len(c) == 6 else [int(d * 2, 16) for d in c] for name, c in colours.items()})  # fmt: skip
    return found


def contrast(one, other):
    """WCAG 2.1's contrast of two colours."""

    def light(colour):
        parts = [c / 255 for c in colour]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_colour_is_of_the_palette_and_can_be_read(pages):
    text, parsed, _ = pages["raw"]
    found = palettes(text)
    assert len(found) == 3, "light, dark, paper"
    for colours in found:
        for name in ("ink", "muted", "fresh", "late"):
            for ground in ("paper", "card"):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    used = set()
    for tag, attributes, above in parsed.elements:
        if "svg" in above or tag == "svg":
            style = attributes.get("style", "")
            assert not re.search(r"(#[0-9a-f]{3,6}\b|rgb|black|white|font-family)", style), style
            used |= set(re.findall(r"var\(--(\w+)\)", style))
    assert used <= set(found[0]) and {"ink", "fresh", "late", "grid", "muted"} <= used


SHORT = bytes(KneeFile().stride_block(21_000, [ROW] * 60).data)


@pytest.fixture
def run_file(tmp_path):
    path = tmp_path / "run.knee"
    path.write_bytes(SHORT)
    return path


def test_the_command_writes_a_file_or_stdout(kneesync, run_file, tmp_path):
    target = tmp_path / "run.html"
    code, out, err = kneesync("report", run_file, "--html", target)
    assert (code, out) == (0, "") and "run.html: open it in a browser" in err and err.count("\n") == 1
    assert Page(target.read_text(encoding="utf-8")).all("main")
    code, out, err = kneesync("report", run_file, "--html", "-")
    assert (code, err) == (0, "") and out == target.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.glob("*")) == ["run.html", "run.knee"], "nothing else stays behind"


@pytest.mark.parametrize("other", ["--json", "--plain"])
def test_a_page_goes_with_no_other_form(kneesync, run_file, other):
    code, out, err = kneesync("report", run_file, "--html", "x.html", other)
    assert (code, out) == (2, "") and "--html" in err


def test_only_a_page_of_ours_is_replaced(kneesync, run_file, tmp_path):
    target = tmp_path / "run.html"
    target.write_text("<!DOCTYPE html><p>my diary")
    code, _, err = kneesync("report", run_file, "--html", target)
    assert code == 1 and "exists and is no page of kneesync's" in err and "my diary" in target.read_text()
    code, _, err = kneesync("report", run_file, "--html", run_file)
    assert code == 1 and run_file.read_bytes() == SHORT
    code, _, err = kneesync("report", run_file, "--html", tmp_path)
    assert code == 1 and "is a folder" in err
    code, _, err = kneesync("report", run_file, "--html", tmp_path / "no" / "run.html")
    assert code == 1 and "cannot write" in err and err.count("\n") == 1
    target.unlink()
    for _ in range(2):
        assert kneesync("report", run_file, "--html", target)[0] == 0
    target.write_text("")
    assert kneesync("report", run_file, "--html", target)[0] == 0 and target.stat().st_size > 10_000


def test_a_page_that_cannot_be_written_whole_leaves_the_old_one(tmp_path, monkeypatch):
    target = tmp_path / "run.html"
    page.write(page.GENERATOR + "old", target)

    def fails(self, data):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", fails)
    with pytest.raises(KneesyncError, match="No space left"):
        page.write(page.GENERATOR + "new", target)
    assert target.read_text() == page.GENERATOR + "old" and list(tmp_path.iterdir()) == [target]


def test_only_the_page_needs_matplotlib(run_file, tmp_path):
    """No other form of the report imports it, nor Jinja."""
    loaded = "import sys\nfrom kneesync.cli.app import app\ntry:\n app()\nexcept SystemExit:\n pass\n"
    loaded += "print(sorted({'matplotlib', 'jinja2', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    for more, expected in ((["--plain"], "[]"), (["--html", "-"], "['jinja2', 'matplotlib']")):
        done = subprocess.run(
            [sys.executable, "-c", loaded, "report", str(run_file), *more], capture_output=True, text=True, timeout=120
        )
        assert done.stderr.strip().splitlines()[-1] == expected


def wild(seed):
    """A session file with any values, times and events, and perhaps a hole: all that a decoder lets through."""
    draw = np.random.default_rng(seed)

    def numbers(count, low=-32768, high=32767):
        return [int(value) for value in draw.integers(low, high, count, endpoint=True)]

    def stride():
        if draw.random() < 0.05:
            return (*numbers(1, 0, 2046), *numbers(2), *numbers(2, 0, 65535), *numbers(1, 0, 31))
        return (*numbers(1, 600, 720), int(draw.normal(4100, 90)), -1500, 3900, 4100, 0)

    file, t_ms = KneeFile(), 21_000
    for _ in range(draw.integers(1, 14)):
        rows = [stride() for _ in range(draw.integers(1, 300))]
        if draw.random() < 0.2:
            rows.insert(0, *numbers(1, 0, 2**32 - 1))
        file.stride_block(t_ms if draw.random() < 0.8 else numbers(1, 0, 2**32 - 1)[0], rows)
        t_ms += sum(row[0] for row in rows if not isinstance(row, int))
        for _ in range(draw.integers(0, 4)):
            at_ms = numbers(1, 0, 2**32 - 1 if draw.random() < 0.3 else t_ms)[0]
            file.events((at_ms, *numbers(1, 1, 17), *numbers(1, 0, 255), *numbers(6)))
        if draw.random() < 0.3:
            file.raw(*numbers(1, 0, 2**32 - 1), [tuple(numbers(6)) for _ in range(60)], *numbers(1, 0, 2**32 - 1))
    if draw.random() < 0.4:
        at = int(draw.integers(len(file.data) // 2, len(file.data)))
        del file.data[at : at + 40]
    return bytes(file.data)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "seed", [seed if seed < 5 else pytest.param(seed, marks=pytest.mark.soak) for seed in range(150)]
)
def test_whatever_was_decoded_has_a_page(seed):
    session = decode(wild(seed))
    parsed = Page(page.text(session, summary(session)))
    assert parsed.all("main") and not re.search(r"\b(nan|inf)\b", parsed.text)
