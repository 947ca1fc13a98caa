"""The report's pages and the lists, compared as text at fixed width with tests/support/golden."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kneecore import sessionlog as log
from kneesync.analysis.pairs import pair
from kneesync.analysis.session import summary
from kneesync.analysis.validation import validate
from kneesync.board.find import Board
from kneesync.board.free import Freed
from kneesync.board.pull import Pulled
from kneesync.formats.decoder import decode
from kneesync.library.index import SessionEntry
from kneesync.views import chart, library_messages, lists, units, validation
from kneesync.views.report import text as report
from tests.support.knee_files import BOARD, KneeFile, tired_run
from tests.support.pages import GOLDEN, page, same_as_golden

ROW = (700, 4123, -1550, 3901, 4102, 0)


def kept(session_id="444b17c784", start_unix_s=1_795_331_520.0, **more):
    values = {
        "board": BOARD,
        "name": "00007-1.knee",
        "sha256": "0" * 64,
        "bytes": 25_922,
        "pulled_unix_s": 1_795_338_000.0,
    }
    values.update(start_from="pull" if start_unix_s else "unknown", leg="L", duration_s=1506.7, strides=2250)
    values.update(cadence_spm=179.9, knee_lift_deg=40.7, drop_deg=4.2, cues=1, **more)
    return SessionEntry(session_id, start_unix_s=start_unix_s, **values)


def rough():
    """A run with all that can be wrong: a pause, unsure and lost strides, faults, a torn end, hostile texts."""
    file = KneeFile(leg="\x1b[31mX", settings={"athlete": "[bold]Ada\u202e[/]", "quiet": "on"})
    file.stride_block(21_000, [ROW] * 80 + [(700, 5000, -1500, 3900, 4100, log.UNSURE | log.LOST)] * 20)
    file.stride_block(200_000, [(700, 4000, -1500, 3900, 4100, log.FIRST)] + [ROW] * 60)
    file.events((150_000, log.IMU_FAULT, 5, 2), (150_500, log.SAMPLES_LOST, 0, 900))
    file.events((240_000, log.CUE, 1, 330, 3870, 4200, 61, 667, 0))
    return file.stride_block(242_000, [ROW] * 10).data[:-7]


def corrupt():
    """An hour that lost blocks in its middle, samples, its seat on the thigh, and its end."""
    data = bytearray(hour(leg="R"))
    data[20_000:21_500] = bytes(1500)
    return data[:-40]


def hour(**header):
    file = tired_run(minutes=60, drop_cdeg=600, **header)
    return bytes(file.data)


def worn_badly():
    """Seven minutes of which a third are unsure, with a slip and lost samples."""
    file = KneeFile()
    file.stride_block(20_000, [(700, 4100 + i % 7 * 20, -1500, 3900, 4100, log.UNSURE) for i in range(100)])
    file.stride_block(90_000, [(700, 4100 + i % 7 * 20, -1500, 3900, 4100, 0) for i in range(400)])
    file.stride_block(370_000, [(700, 4300, -1500, 3900, 4100, log.LOST if i < 30 else 0) for i in range(100)])
    file.events((300_000, log.RESTRAPPED, 40), (371_000, log.SAMPLES_LOST, 0, 4200), (60_000, log.ALIGNED, 45))
    return bytes(file.end(441_000).data)


def intervals():
    """Six times 90 s fast, 90 s slow, that get lower."""
    from tests.support.simulated_strides import run

    def fast(t_s):
        return (t_s > 300) & ((t_s - 300) % 180 < 90) & (t_s < 1380)

    return run(
        24,
        2,
        cadence_spm=lambda t_s: 165 + 14.0 * fast(t_s),
        fall_deg=lambda t_s: 4.0 * t_s / 1380 - 3.0 * fast(t_s),
        drift_sd_deg=0.3,
        cadence_sd_percent=0.3,
    )


def fading():
    from tests.support.simulated_strides import run

    return run(35, 3, fall_deg=lambda t_s: 5.0 * np.clip((t_s - 1100) / 300, 0, 1), drift_sd_deg=0.4)


UNDATED = kept(start_unix_s=None)
SESSIONS = {
    "tired": (lambda: decode(bytes(tired_run().data)), kept()),
    "held": (lambda: decode(bytes(tired_run(minutes=20, drop_cdeg=0).data)), kept()),
    "clockless": (lambda: decode(bytes(tired_run(minutes=20, drop_cdeg=0).data)), UNDATED),
    "fading": (fading, kept()),
    "intervals": (intervals, kept()),
    "hour": (lambda: decode(hour()), kept()),
    "short": (lambda: decode(bytes(tired_run(minutes=4).data)), kept()),
    "rough": (lambda: decode(bytes(rough())), None),
    "corrupt": (lambda: decode(bytes(corrupt())), None),
    "badly": (lambda: decode(worn_badly()), None),
    "empty": (lambda: decode(bytes(KneeFile().end(21_000).data)), None),
    "one_stride": (
        lambda: decode(
            bytes(KneeFile().stride_block(21_000, [(700, 4123, -1550, 3901, 4102, log.FIRST)]).end(22_000).data)
        ),
        None,
    ),
}


@pytest.mark.parametrize("name", list(SESSIONS))
def test_report_pages(name):
    make, about = SESSIONS[name]
    session = make()
    figures = summary(session)
    for width in (80, 120):
        text = page(width, lambda console: report.show(console, figures, session, about))
        assert max(map(len, text.splitlines())) <= width
        same_as_golden(f"report_{name}" + ("" if width == 80 else "_wide"), text)


@pytest.mark.parametrize("name", list(SESSIONS))
def test_report_in_plain_words(name):
    make, about = SESSIONS[name]
    text = "\n".join(report.plain(summary(make()), about)) + "\n"
    drawn = {character for character in text if "─" <= character <= "▟" or "⠀" <= character <= "⣿"}
    assert not drawn and "\x1b" not in text and "\u202e" not in text
    assert "None" not in text and "  " not in text.replace("\n  ", "\n") and "· " not in text
    same_as_golden(f"plain_{name}", text)


@pytest.mark.parametrize("name", ["clockless", "short", "rough", "corrupt", "badly", "empty", "one_stride", "hour"])
def test_what_lacks_something_says_what_and_why_and_what_holds(name):
    make, about = SESSIONS[name]
    text = " ".join(" ".join(report.plain(summary(make()), about)).split())
    lacks = {
        "clockless": ["Start unknown: the board's clock was not set", "all figures hold"],
        "short": ["fell cannot be said: the run is too short", "Missing: fresh against late", "What holds: the count"],
        "rough": ["the last 106 bytes are torn", "Missing: fresh against late", "What holds: the count"],
        "corrupt": ["The file is not whole", "blocks lost with what they held", "What holds: the count"],
        "badly": [
            "moved on the thigh once",
            "Samples were lost for 4.2 s",
            "fell cannot be said: the board moved on the thigh at 4:40",
            "What holds: the count",
        ],
        "empty": ["There is no stride in this session", "no figure of running can be given"],
        "one_stride": ["Missing: cadence, because one stride", "What holds: the count", "rates of 1 stride"],
        "hour": ["Knee drive fell", "Change an hour, over the whole run: knee lift −5.9°"],
    }
    for words in lacks[name]:
        assert words in text


def test_two_boards_on_one_page():
    from tests.support.legs import other_leg
    from tests.support.simulated_strides import run

    session = run(25, 3, drift_sd_deg=0.4)
    figures = summary(session)
    other = other_leg(session, 3)
    apart_s = (other.start_ms - session.start_ms) / 1000 - 7.3
    both = replace(pair(session, other, apart_s, names=("444b17c784", "27f67ddbc0")), found="time")
    text = page(80, lambda console: report.show(console, figures, session, kept(), both))
    assert max(map(len, text.splitlines())) <= 80
    same_as_golden("report_two_boards", text)
    same_as_golden("plain_two_boards", "\n".join(report.plain(figures, kept(), both)) + "\n")


def test_agreement_with_a_reference():
    from tests.support.laboratory import reference
    from tests.support.simulated_strides import run

    session = run(25, 4)
    found = validate(session, reference(session, 300, 900, seed=4))
    same_as_golden("validation", page(80, lambda console: validation.show(console, found)))
    same_as_golden("plain_validation", "\n".join(validation.plain(found)) + "\n")


VERDICTS = [
    # drop, half interval; the words
    (4.2, 0.3, "Knee drive fell 4.2° ± 0.3° below your own baseline"),
    (4.2, None, "so few strides cannot tell"),
    (0.4, 0.5, "held within 1.0° of your own baseline"),
    (0.4, 2.5, "held as far as this run can tell: late it was 0.4° ± 2.5° lower"),
    (2.4, 2.5, "held as far as this run can tell: late it was 2.4° ± 2.5° lower"),
    (-3.0, 1.0, "Knee drive rose 3.0° ± 1.0° above your own baseline"),
    (-3.0, 4.0, "late it was 3.0° ± 4.0° higher"),
]


@pytest.mark.parametrize(("drop_deg", "half_deg", "words"), VERDICTS)
def test_the_verdict_claims_no_more_than_was_measured(drop_deg, half_deg, words):
    figures = SimpleNamespace(
        strides=2000,
        repeats=[],
        fresh=SimpleNamespace(knee_lift_deg=42.0),
        late=SimpleNamespace(knee_lift_deg=42.0 - drop_deg),
        change=SimpleNamespace(drop_deg=drop_deg, knee_lift_95_percent_deg=half_deg),
    )
    assert words in report.verdict(figures)
    assert report.fell(figures) == (drop_deg > max(half_deg or 0, 1))


def test_no_page_speaks_of_fatigue():
    for path in GOLDEN.glob("*.txt"):
        assert "fatigue" not in path.read_text(encoding="utf-8").lower()


def test_a_wide_page_is_120_columns_at_most():
    session = decode(bytes(tired_run().data))
    text = page(200, lambda console: report.show(console, summary(session), session))
    assert 115 < max(map(len, text.splitlines())) <= 120


LIBRARY = [
    kept(),
    kept("27f67ddbc0", leg=None, problems=["torn"]),
    kept("0a1b2c3d4e", start_unix_s=None),
    SessionEntry("ffffffffff", BOARD, "x.knee", "1" * 64, 5, None, "unknown", 1_795_338_000.0, problems=["format 9"]),
]


def test_lists():
    same_as_golden("sessions", page(80, lambda console: lists.show_sessions(console, LIBRARY)))
    same_as_golden("plain_sessions", "\n".join(lists.plain_sessions(LIBRARY)) + "\n")
    found = [Board("/dev/ttyACM0", BOARD, "RP2040 board"), Board("/dev/pts/3", None, "\x1b[2Jodd", True)]
    same_as_golden("devices", "\n".join(lists.boards(found)) + "\n")
    results = [
        Pulled("00007-1.knee", 25_922, "new", LIBRARY[0]),
        Pulled("00006-1.knee", 25_922, "here already", LIBRARY[2]),
        Pulled("00005-1.knee", problem="its bytes at 0 arrived damaged 4 times; try another cable"),
    ]
    text = "\n".join(map(lists.pulled, results)) + "\n" + lists.pull_outcome(BOARD, results) + "\n"
    same_as_golden("pull", text)


def test_what_freeing_and_a_new_index_came_to():
    some = [
        Freed("00007-1.knee", 25_922, state="may go"),
        Freed("00006-1.knee", 25_922, state="freed"),
        Freed("00005-1.knee", 900, why="not pulled yet"),
        Freed("00004-1.knee", 900, state="failed", why="the board says: \x1b[2Jit stays"),
        Freed("?", why="its name, size or hash is not one of a session; left on the board"),
    ]
    lines = [
        *library_messages.planned(some),
        library_messages.freed_outcome(BOARD, some, {"sessions": 3, "free_bytes": 6_900_000}),
    ]
    lines += library_messages.reindexed(LIBRARY[:2], [(Path("x.knee"), "Permission denied")])
    lines += map(library_messages.start, (LIBRARY[0], LIBRARY[2], replace(LIBRARY[0], start_from="you")))
    same_as_golden("care", "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (units.degrees(-0.04, signed=True), "0.0°"),
        (units.degrees(-5.06, signed=True), "−5.1°"),
        (units.degrees(0.4, signed=True), "+0.4°"),
        (units.degrees(None), "–"),
        (units.clock(59.6), "1:00"),
        (units.clock(3725), "1:02:05"),
        (units.clock(-61), "−1:01"),
        (units.clock(None), "–"),
        (units.day(None), "start unknown"),
        (units.day(1e300), "start unknown"),
        (units.size(999), "999 bytes"),
        (units.size(25_922), "25.9 kB"),
        (units.rate(1234.4), "1,234 °/s"),
    ],
)
def test_quantities(text, expected):
    assert text == expected


def drawn(*arguments, **named):
    return ["".join(text for text, _ in row) for row in chart.lines(*arguments, **named)]


def test_a_chart_puts_values_on_their_labelled_rows_and_breaks_at_gaps():
    t_s = np.concatenate([np.arange(0, 300, 0.7), np.arange(600, 900, 0.7)])
    values = np.where(t_s < 300, 40.0, 44.0)
    rows = drawn(t_s, values, width=66, height=9)
    high = next(row for row in rows if row.startswith("  44°"))
    low = next(row for row in rows if row.startswith("  40°"))
    body = len("  44°│")
    assert low[body : body + 20].strip() and not low[body + 25 :].strip()
    assert not high[body : body + 38].strip() and high[body + 45 :].strip()
    assert all(not row[body + 22 : body + 38].strip() for row in rows[:9]), (
        "nothing is drawn where nothing was measured"
    )


def test_a_chart_survives_anything():
    for t_s, values in (
        ([], []),
        ([5.0], [41.0]),
        ([0.0, 4e6], [-327.68, 327.67]),
        ([-9.0, 1.0], [40.0, 40.0]),
    ):
        for level in (None, 42.0, -900.0):
            rows = drawn(np.array(t_s), np.array(values), width=40, level=level, marks_s=[-1e9, 0.5, 1e9])
            assert all(len(row) <= 40 for row in rows)
