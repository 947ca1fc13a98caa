"""`kneesync drills`: its pages as golden text, its exports read back by others' rules, and its command line."""

import datetime
import json
import re

import pytest
from icalendar import Calendar

from kneesync.coach.advice import advice_of
from kneesync.library import Library, training
from kneesync.library.training import Done, Training
from kneesync.views.drills import calendar, plan_markdown
from kneesync.views.drills import text as drills
from tests.support import simulated_strides
from tests.support.deficits import runner
from tests.support.knee_files import tired_run
from tests.support.pages import page, same_as_golden

TODAY = datetime.date(2026, 11, 23)


def advised(name="low_cadence", seed=3, pain=None, equipment=("band",), log=None, **answers):
    kept = runner(name, seed)
    if pain is not None:
        kept[0].pain, kept[0].pain_where = pain, "left *shin*\x1b[31m"
    done = log if log is not None else [Done("plank", f"2026-11-{day:02}", 2, "") for day in (16, 18, 20)]
    said = {key: {"answer": word, "date": "2026-11-20"} for key, word in answers.items()}
    return advice_of(kept, Training("me", done, said), TODAY, equipment=equipment)


# Pages


@pytest.mark.parametrize("width", [80, 120])
def test_the_page(width):
    text = page(width, lambda console: drills.show(console, advised()))
    assert max(map(len, text.split("\n"))) <= width
    same_as_golden(f"drills_{width}", text)


def test_the_page_with_pain_and_without_findings():
    advice = advised("sound", 1, pain=3, limited_ankle_mobility="no")
    text = page(80, lambda console: drills.show(console, advice))
    same_as_golden("drills_pain_80", text)
    assert "\x1b" not in text


def test_the_plain_page():
    same_as_golden("drills_plain", "\n".join(drills.plain(advised())) + "\n")


@pytest.mark.parametrize("pain", [None, 4])
def test_precautions_and_reasons_are_in_every_view(pain):
    advice = advised(pain=pain)
    texts = {
        "page": page(100, lambda console: drills.show(console, advice)),
        "week": page(100, lambda console: drills.show_plan(console, advice)),
        "plain": "\n".join(drills.plain(advice)),
        "plain week": "\n".join(drills.plain_plan(advice)),
        "markdown": plan_markdown.markdown(advice),
        "calendar": str(Calendar.from_ical(calendar.calendar(advice)).walk("VEVENT")[0]["description"]),
    }
    for name, text in texts.items():
        flat = " ".join(text.split())
        assert all(" ".join(line.split()) in flat for line in advice["plan"]["precautions"]), name
        assert ("quiet=on" in flat) == bool(pain), name
        assert "\x1b" not in text, name
    for name in ("page", "plain", "markdown"):
        flat = " ".join(texts[name].split())
        (one,) = advice["findings"]["findings"]
        assert one["text"] in flat and one["sessions"][-1]["day"] in flat, name


def test_short_is_a_line_or_two_of_the_same_words():
    lines = drills.short(advised())
    assert 1 <= len(lines) <= 2 and lines[0].startswith("Few, long steps for your pace. Cadence is")
    (line,) = drills.short(advice_of([], Training(), TODAY))
    assert "Findings need 3 good runs" in line


# Exports


def test_markdown_escapes_what_a_runner_typed():
    text = plan_markdown.markdown(advised(pain=2))
    assert "left \\*shin\\*" in text and "\x1b" not in text
    assert text.count("- [ ]") >= 14 and "## Precautions" in text and "low cadence" not in text


def test_the_calendar_is_read_back_as_it_was_written():
    advice = advised()
    data = calendar.calendar(advice)
    found = Calendar.from_ical(data, multiple=True)
    (read,) = found
    assert read.errors == [] and all(event.errors == [] for event in read.walk())
    assert (str(read["version"]), str(read["calscale"])) == ("2.0", "GREGORIAN") and "kneesync" in read["prodid"]
    events = read.walk("VEVENT")
    assert [event.decoded("dtstart").isoformat() for event in events] == [day["date"] for day in advice["plan"]["days"]]
    for event, day in zip(events, advice["plan"]["days"], strict=True):
        assert event.decoded("dtend") - event.decoded("dtstart") == datetime.timedelta(days=1)
        assert event["dtstart"].params["VALUE"] == "DATE" and str(event["transp"]) == "TRANSPARENT"
        text = str(event["description"])
        assert all(item["name"] in text and item["how"] in text for item in day["items"])
    assert data == calendar.calendar(advised()), "the same plan, the same bytes"


def test_the_calendar_keeps_to_rfc_5545():
    """What the RFC asks of the bytes themselves, without the library that wrote them."""
    data = calendar.calendar(advised(pain=5))
    assert data.endswith(b"\r\n") and b"\n" not in data.replace(b"\r\n", b"")
    lines = data.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in lines)  # 3.1
    for line in lines:
        line.decode("utf-8")  # a fold inside a character is allowed, but breaks readers
    unfolded = re.sub(rb"\r\n[ \t]", b"", data).decode().split("\r\n")[:-1]
    assert unfolded[0] == "BEGIN:VCALENDAR" and unfolded[-1] == "END:VCALENDAR"
    assert all(re.fullmatch(r"[A-Z-]+(;[A-Z-]+=[^:;]+)*:.*", line) for line in unfolded)
    assert not any(ord(one) < 32 and one != "\t" for line in unfolded for one in line)
    depth = 0
    for line in unfolded:
        depth += line.startswith("BEGIN:") - line.startswith("END:")
        assert depth in (0, 1, 2)
        if line.startswith(("DESCRIPTION:", "SUMMARY:")):  # 3.3.11: commas, semicolons and backslashes are escaped
            assert re.fullmatch(r"(?:[^,;\\]|\\[,;\\nN])*", line.partition(":")[2])
    events = "\n".join(unfolded).split("BEGIN:VEVENT")[1:]
    uids = [re.search(r"^UID:(.*)$", event, re.MULTILINE)[1] for event in events]
    assert len(set(uids)) == 7 and "me" not in {uid.split("-")[0] for uid in uids}
    for event in events:
        assert re.search(r"^DTSTAMP:\d{8}T\d{6}Z$", event, re.MULTILINE)  # 3.8.7.2: UTC


# The command line


def test_drills_of_an_empty_library(kneesync):
    code, out, _ = kneesync("drills")
    assert code == 0 and "Findings need 3 good runs" in out and "see a doctor" in out
    code, out, _ = kneesync("drills", "--plain")
    assert code == 0 and "Precautions:" in out
    code, out, _ = kneesync("drills", "--json")
    found = json.loads(out)
    assert code == 0 and found["findings"]["missing"] and len(found["plan"]["days"]) == 7


def test_a_plan_as_wished_is_remembered(kneesync, tmp_path):
    code, out, _ = kneesync("drills", "plan", "--days", "tue,fri", "--minutes", 45, "--equipment", "bands", "--json")
    plan = json.loads(out)
    assert code == 0 and {day["day"] for day in plan["days"] if day["loaded"]} <= {"tue", "fri"}
    assert any(item["exercise"] == "banded-knee-drive" for day in plan["days"] for item in day["items"])
    assert json.loads(kneesync("drills", "--json")[1])["plan"] == plan
    target = tmp_path / "week.ics"
    code, out, err = kneesync("drills", "plan", "--ics", target)
    assert code == 0 and out == "" and "Written to" in err
    assert Calendar.from_ical(target.read_bytes()).walk("VEVENT")
    assert kneesync("drills", "plan", "--ics", target)[0] == 0, "its own kind is replaced"
    (tmp_path / "notes.txt").write_text("mine")
    code, _, err = kneesync("drills", "plan", "--ics", tmp_path / "notes.txt")
    assert code == 1 and "no calendar file" in err and (tmp_path / "notes.txt").read_text() == "mine"
    code, out, _ = kneesync("drills", "plan", "--markdown")
    assert code == 0 and out.startswith("# Drills, me")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("plan", "--days", "9"), 1, "expected 1 to 6"),
        (("plan", "--days", "someday"), 1, "expected days such as"),
        (("plan", "--minutes", "5"), 2, "10<=x<=120"),
        (("plan", "--equipment", "sofa"), 1, "expected some of bar,"),
        (("plan", "--from", "yore"), 1, "expected a day within"),
        (("plan", "--markdown", "--json"), 2, "expected one of"),
        (("plan", "--ics", "no/such/folder/w.ics"), 1, "cannot write"),
        (("done", "voodoo"), 1, "no exercise voodoo"),
        (("done", "plank", "--on", "2036-01-01"), 1, "of the last year"),
        (("done", "plank", "--sets", "0"), 2, "1<=x<=20"),
        (("done", "--undo"), 1, "nothing is logged"),
        (("show", "nothing-such"), 1, "no exercise"),
        (("--check",), 2, "nobody can be asked"),
        (("--check", "--answer", "overstriding=maybe"), 1, "expected KEY=yes"),
        (("--json", "list"), 2, "goes after"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(kneesync, arguments, code, said):
    found, out, err = kneesync("drills", *arguments)
    assert found == code and out == "" and said in " ".join(err.replace("│", " ").split())


def test_what_was_done_is_logged_listed_and_taken_back(kneesync):
    today = datetime.date.today().isoformat()
    code, out, _ = kneesync("drills", "done", "a-skip", "plank", "--sets", 3)
    assert code == 0 and f"logged: A-skip, 3 sets on {today}" in out
    assert kneesync("drills", "done", "dead bug", "--on", "yesterday")[0] == 0
    code, out, _ = kneesync("drills", "done")
    assert code == 0 and out.startswith(f"{today}  A-skip, 3 sets; Plank, 3 sets") and "Dead bug, 2 sets" in out
    assert "taken back: Plank" in kneesync("drills", "done", "plank", "--undo")[1]
    assert kneesync("drills", "done", "plank", "--undo")[0] == 1
    assert kneesync("reindex")[0] == 0
    found = json.loads(kneesync("drills", "done", "--json")[1])
    assert [row["exercise"] for row in found["done"]] == ["dead-bug", "a-skip"]
    assert json.loads(kneesync("drills", "--json")[1])["plan"]["volume"]["logged"] == 10
    assert json.loads(kneesync("drills", "done", "--athlete", "Ben", "--json")[1])["done"] == []


def test_the_self_check_is_kept(kneesync):
    code, out, _ = kneesync("drills", "--check", "--answer", "limited-ankle-mobility=no", "--answer", "fading=no")
    assert code == 0 and "which names limited ankle mobility" in out and "does not name form" in out
    advice = json.loads(kneesync("drills", "--json")[1])
    (row,) = advice["findings"]["barriers"]
    assert row["key"] == "limited_ankle_mobility" and "limited_ankle_mobility" not in advice["findings"]["ask"]
    kneesync("drills", "--check", "--answer", "limited_ankle_mobility=none")
    assert json.loads(kneesync("drills", "--json")[1])["findings"]["barriers"] == []


def test_the_self_check_asks_where_there_is_somebody(kneesync, monkeypatch):
    from kneesync.cli import coach as cli_coach

    words = iter(["no", "", "perhaps", "yes", *[""] * 9])
    monkeypatch.setattr(cli_coach, "terminal_asks", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(words))
    code, out, err = kneesync("drills", "--check", "--json")
    answers = json.loads(out)["answers"]
    assert code == 0 and "Please answer yes or no." in err
    assert {key: one["answer"] for key, one in answers.items()} == {
        "tight_hip_flexors": "no",
        "weak_posterior_chain": "yes",
    }


def test_every_exercise_is_listed_and_shown(kneesync):
    code, out, _ = kneesync("drills", "list")
    keys = [row["exercise"] for row in json.loads(kneesync("drills", "list", "--json")[1])]
    assert code == 0 and all(key in out for key in keys)
    for key in keys:
        code, out, _ = kneesync("drills", "show", key)
        assert code == 0 and "Stop on pain" in out and "Trains the" in out
    assert json.loads(kneesync("drills", "show", "B-skips", "--json")[1])["after"] == ["a-skip"]


def test_pain_noted_in_the_library_changes_the_week(kneesync, tmp_path):
    file = tmp_path / "run.knee"
    file.write_bytes(bytes(tired_run().data))
    assert kneesync("import", file)[0] == 0
    assert kneesync("note", "latest", "--pain", 4, "--where", "left shin")[0] == 0
    code, out, _ = kneesync("drills")
    assert code == 0 and "kneesync settings --set quiet=on" in out and "left shin" in out
    report = kneesync("report")[1]
    assert "Over your runs" in report and "Pain 4 of 10 noted on" in report
    assert "Pain 4 of 10 noted on" in kneesync("report", "--html", "-")[1]
    clear = re.search(r"kneesync (note \w+ --pain 0)", " ".join(out.split()))[1]
    assert kneesync(*clear.split())[0] == 0
    assert "quiet=on" not in kneesync("drills")[1]


def put(folder, runs):
    """Files of a runner whose knee lift falls late, a library that reads them; the newest first by its clock."""
    for day in range(runs):
        strides = simulated_strides.run(minutes=24, seed=day, fall_deg=lambda t_s: 6.0 * (t_s > 900))
        data = simulated_strides.file(strides)
        path = folder / f"{day}.knee"
        path.write_bytes(data)
        yield path


def test_report_trends_and_page_say_the_same(kneesync, tmp_path):
    assert kneesync("import", *put(tmp_path, 3))[0] == 0
    said = "Knee lift falls late in your runs"
    code, out, _ = kneesync("drills", "--plain")
    assert code == 0 and said in out
    for command in (("report",), ("report", "--plain"), ("trends",), ("trends", "--plain")):
        text = " ".join(kneesync(*command)[1].split())
        assert said in text and "In this week's plan: strides" in text, command
    target = tmp_path / "run.html"
    assert kneesync("report", "--html", target)[0] == 0
    html = target.read_text(encoding="utf-8")
    assert "Box jump" not in html and "Bounding" not in html, "what the plan's rules keep back"
    assert said in html and "Strides" in html and "Precautions" in html and "It may also be" in html
    code, out, _ = kneesync("report", tmp_path / "0.knee")
    assert code == 0 and "Over your runs" not in out, "a file is nobody's history"


def test_json_of_report_and_trends_carries_the_reasons_of_drills(kneesync, tmp_path):
    assert kneesync("import", *put(tmp_path, 3))[0] == 0
    advice = json.loads(kneesync("drills", "--json")[1])
    report, trends = (json.loads(kneesync(command, "--json")[1]) for command in ("report", "trends"))
    assert report["coach"] == advice and trends["coach"] == [advice]
    first = report["coach"]["findings"]["findings"][0]
    ids = {one["id"] for one in json.loads(kneesync("sessions", "--json")[1])}
    assert first["sign"] == "drop_late" and first["value"] > first["limit"] and len(first["interval"]) == 2
    assert {one for row in first["sessions"] for one in row["ids"]} == ids, "the sessions it rests on"
    assert all(row["value"] > 0 for row in first["sessions"]), "and the number of each"
    assert json.loads(kneesync("report", tmp_path / "0.knee", "--json")[1])["coach"] is None


@pytest.mark.parametrize("command", ["report", "trends"])
def test_a_broken_training_log_takes_no_report_away(kneesync, tmp_path, command):
    assert kneesync("import", *put(tmp_path, 1))[0] == 0
    kneesync("drills", "done", "plank")
    with Library() as library:
        next((library.folder / training.FOLDER).glob("*.json")).write_text("{", encoding="utf-8")
    code, out, err = kneesync(command, "--plain")
    assert code == 0 and {"report": "How sure", "trends": "start unknown"}[command] in out
    assert err.count("\n") == 1 and "no training log any more" in err
    assert json.loads(kneesync(command, "--json")[1])["coach"] in (None, [])
    assert kneesync("drills")[0] == 1, "whose result it is, fails"


def test_a_library_of_another_athlete_is_not_touched(kneesync):
    kneesync("drills", "done", "plank", "--athlete", "Anna")
    with Library() as library:
        assert training.read(library, "me").done == [] and len(training.read(library, "Anna").done) == 1
