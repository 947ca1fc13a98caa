"""The docs agree with the code they describe."""

import runpy
from pathlib import Path

import pytest

from kneecore import sessionread

DOCS = Path(__file__).parents[2] / "docs"
PAGES = runpy.run_path(str(DOCS / "generate.py"))["PAGES"]


def test_every_command_stands_in_the_commands_page():
    import typer

    from kneesync import cli

    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    commands = typer.main.get_command(cli.app).commands
    assert {"doctor", "pull"} <= set(commands)
    assert [name for name in commands if f"`kneesync {name}" not in page] == []


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_current(name):
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), f"run `python docs/generate.py`: {name} is stale"


@pytest.mark.parametrize("name", [*sessionread.STRIDE_FIELDS[:-1], *dict(sessionread.FLAGS)])
def test_units_page_says_what_it_is(name):
    assert f"| `{name}` |" in (DOCS / "units-and-axes.md").read_text(encoding="utf-8")
