"""The docs agree with the code they describe, and point only at what is there."""

import ast
import re
from pathlib import Path

import pytest
import typer

from docs import generate
from docs.generators import house
from kneecore import sessionread
from kneesync.cli import app as cli
from tests.support import doc_pages

ROOT = doc_pages.ROOT
DOCS = ROOT / "docs"
PAGES = generate.PAGES
READ = doc_pages.pages()
COMMANDS = typer.main.get_command(cli.app)


def page(name):
    return READ[name]


def flat(text):
    """Without marks, breaks and doubled blanks: as words are compared."""
    return " ".join(re.sub(r"[`*\\]", "", text).split())


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_current(name):
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), f"run `python -m docs.generate`: {name} is stale"


@pytest.mark.parametrize("name", [*sessionread.STRIDE_FIELDS[:-1], *dict(sessionread.FLAGS)])
def test_units_page_says_what_it_is(name):
    assert f"| `{name}` |" in page("docs/units-and-axes.md")


# Commands


def commands(group=COMMANDS, path="kneesync"):
    """(path, command) of each command, groups that do something themselves too."""
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")


def rows_of(path):
    """The commands page's rows of that command: their first cell is its usage."""
    subs = [sub.rsplit(" ", 1)[1] for sub, _ in commands() if sub.startswith(path + " ")]
    usage = re.compile(rf"\| `{path}(?! (?:{'|'.join(subs) or 'none'})\b)[` ]")
    return [line for line in page("docs/commands.md").splitlines() if usage.match(line)]


@pytest.mark.parametrize("path, command", list(commands()), ids=[path for path, _ in commands()])
def test_every_command_has_one_row_with_all_its_options(path, command):
    assert len(rows_of(path)) == 1, f"docs/commands.md, `{path}`"
    text = rows_of(path)[0]
    names = [[*one.opts, *one.secondary_opts] for one in command.params if one.param_type_name == "option"]
    missing = [some[0] for some in names if not re.search(rf"`{some[0]}(?![\w-])", text)]
    assert missing == [], f"docs/commands.md, `{path}`"


def test_the_options_of_all_stand_at_the_top():
    top = page("docs/commands.md").split("\n## ")[0]
    assert [name for name in ("--json", "--plain", "--help", "--debug", "--version") if name not in top] == []


def wrong_in(words):
    """What the command line would not know of these words; "" if nothing."""
    command, at = COMMANDS, "kneesync"
    for word in words:
        if word.startswith("-") and word != "-":
            name = word.split("=")[0]
            known = {opt for one in command.params for opt in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
            if name not in known:
                return f"{at} has no {name}"
        elif word in getattr(command, "commands", {}):
            command, at = command.commands[word], f"{at} {word}"
        elif at == "kneesync":
            return f"no command {word}"
    return ""


def mentioned():
    """(page, command) of each `kneesync ...` in the running text."""
    return [
        (name, span) for name, text in READ.items() for span in doc_pages.spans(text) if span.startswith("kneesync ")
    ]


def test_every_command_in_the_text_is_one():
    found = mentioned()
    wrong = []
    for name, span in found:
        words = [word for word in doc_pages.words(span)[1:] if word[0] not in "[…." and word != "..."]
        if trouble := wrong_in(words):
            wrong.append(f"{name}: `{span}`: {trouble}")
    assert len(found) > 100 and wrong == []


def test_commands_stand_in_fences_that_are_walked():
    """A command in a fence of another kind would be walked by nobody."""
    stray = [
        f"{name}: {line}"
        for name, text in READ.items()
        for fence in doc_pages.fences(text)
        for line in fence.lines
        if fence.kind != "sh" and line.split(" ")[0] in doc_pages.PROGRAMS and fence.kind not in ("python", "r")
    ]
    assert stray == []


# The house


def test_the_house_has_every_folder_of_code_once():
    rows = re.findall(r"^\| `([\w/.]+)` \|", page("docs/architecture.md").split("## Contracts")[0], re.MULTILINE)
    code = {path.parent for part in ("device", "shared", "host") for path in (ROOT / part).rglob("*.py")}
    code = {f"{path.relative_to(ROOT).as_posix()}/" for path in code if not path.is_relative_to(house.ON_THE_BOARD)}
    assert len(rows) == len(set(rows))
    assert code - {"host/kneesync/"} == {row for row in rows if row.split("/")[0] in ("device", "shared", "host")} - {
        row for row in rows if row.endswith(".py")
    }


# A newcomer's questions


def test_each_question_is_answered_by_two_files_at_most():
    table = page("CONTRIBUTING.md").split("## The house in a minute")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| ")]
    rows = rows[1:]  # the head
    assert len(rows) >= 10
    for question, files, words in rows:
        paths = [ROOT / path for path in doc_pages.spans(files)]
        assert 1 <= len(paths) <= 2 and all(path.is_file() for path in paths), question
        texts = [path.read_text(encoding="utf-8") for path in paths]
        missing = [word for word in doc_pages.spans(words) if not any(word in text for text in texts)]
        assert missing == [] and all(any(word in text for word in doc_pages.spans(words)) for text in texts), question


# Links


def test_every_link_inside_the_tree_leads_somewhere():
    broken, followed = [], 0
    for name, text in READ.items():
        for link in doc_pages.links(text):
            if re.match(r"[a-z]+:", link):
                continue  # the web: no test goes there
            followed += 1
            target, _, anchor = link.partition("#")
            path = (ROOT / name).parent / target if target else ROOT / name
            if not path.resolve().is_relative_to(ROOT) or not path.exists():
                broken.append(f"{name}: {link}")
            elif anchor and anchor not in doc_pages.anchors(path.read_text(encoding="utf-8")):
                broken.append(f"{name}: {link} (no such heading)")
    assert followed > 80 and broken == []


def test_every_file_that_the_text_names_is_there():
    a_path = re.compile(r"(?:device|shared|host|tests|bench|docs|hardware)/[\w./-]+\.(?:py|toml|md|svg|csv|scad|stl)")
    names = [(name, span) for name, text in READ.items() for span in doc_pages.spans(text) if a_path.fullmatch(span)]
    assert len(names) > 20
    assert [f"{name}: {span}" for name, span in names if not (ROOT / span).exists()] == []


# The doctor's words


def said_by(path, calls):
    """The fixed parts of all texts that a file's functions put into these calls, or into what these are given."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = []
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        names, into = set(), [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        into = [argument for call in into if getattr(call.func, "id", "") in calls for argument in call.args]
        for part in (part for argument in into for part in ast.walk(argument)):
            if isinstance(part, ast.Name):
                names.add(part.id)
        for node in ast.walk(function):
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(node, (ast.Assign, ast.AugAssign)) and getattr(target, "id", "") in names:
                into.append(node.value)
        for argument in into:
            found += [part.value for part in ast.walk(argument) if isinstance(part, ast.Constant)]
    return {part for text in found if isinstance(text, str) for part in re.split(r"%(?:s|d|r|02d|%)", text)}


@pytest.mark.parametrize(
    "path, calls, least",
    [
        ("host/kneesync/board/doctor.py", ("Finding",), 45),
        ("host/kneesync/board/port.py", ("Trouble",), 10),
        ("device/selftest.py", ("say",), 12),
    ],
)
def test_troubleshooting_has_all_of_the_doctors_words(path, calls, least):
    text = flat(page("docs/troubleshooting.md"))
    parts = {flat(part).strip(" .,;:()%") for part in said_by(path, calls)}
    parts = {part for part in parts if len(part) > 3 and " " in part}
    assert len(parts) >= least
    assert sorted(part for part in parts if part not in text) == []


def test_troubleshooting_has_every_check():
    source = (ROOT / "host/kneesync/board/doctor.py").read_text(encoding="utf-8")
    checks = set(re.findall(r"(?:Finding|_finding)\(\s*\"([\w-]+)\"", source))
    checks |= set(re.findall(r"say\(\"([\w-]+)\"", (ROOT / "device/selftest.py").read_text(encoding="utf-8")))
    table = page("docs/troubleshooting.md").split("## What doctor says")[1]
    assert {"port", "IMU", "restart", "memory"} <= checks
    assert [check for check in sorted(checks) if f"\n| {check} |" not in table] == []


# Signals


def test_every_signal_has_words_and_no_other():
    names = [name for name, *_ in generate.signs()]
    assert set(names) == set(generate.SIGNS) and {"IDLE", "CUE"} <= set(names)
    used = set(
        re.findall(r"signals\.([A-Z_]{3,})", "".join(p.read_text("utf-8") for p in (ROOT / "device").glob("*.py")))
    )
    assert used <= set(names) | {"LONG", "HELD", "DOUBLE", "SHORT", "NONE", "TABLE"}
    assert set(names) - used - {"IDLE"} == set(), "a signal that the firmware never gives"


def test_a_runner_has_three_signs_to_tell_apart():
    """By their count alone; each is long enough for the motor to come to its speed."""
    standing = ("STANDING", "RAISES", "PAUSED", "SYNC")
    rows = {name: (pulses, ms) for name, _, _, pulses, ms in generate.signs() if pulses}
    assert {pulses for name, (pulses, _) in rows.items() if name not in standing} == {1, 2, 3}
    assert all(ms >= 100 for _, ms in rows.values())
    meanings = {1: {"RUNNING", "MUTED", "HOLDING"}, 2: {"CUE", "UNMUTED"}, 3: {"CLOSED", "NO_IMU", "REFUSED"}}
    assert {n: {name for name in rows if name not in standing and rows[name][0] == n} for n in (1, 2, 3)} == meanings


# Privacy


def test_nothing_of_ours_opens_a_connection():
    """As docs/privacy.md says; npm, which fetches the VM, is a program of its own."""
    network = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "requests", "httpx", "aiohttp"}
    found = []
    for path in Path(ROOT / "host/kneesync").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found += [f"{path.name}: {name}" for name in names if name.split(".")[0] in network]
    assert found == []
