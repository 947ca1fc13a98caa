"""The Markdown pages of the tree as tests read them: fences with commands, code spans, headings, links."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = ("kneesync", "mpremote", "make", "pip", "python", "python3", "sudo", "export", "npm", "git")
NOT_WALKED = "sh not walked: "


@dataclass
class Fence:
    """A fenced block. `why`: the reason in the fence why its commands are not walked, "" if they are."""

    kind: str
    why: str
    lines: list


def pages():
    """Every page that is read, README first; path from the root -> text."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    for folder in ("docs", "hardware", ".github"):
        found += sorted((ROOT / folder).rglob("*.md"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in found}


def fences(text):
    """The page's fenced blocks in order."""
    found = []
    for info, body in re.findall(r"^```([^\n`]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        why = info.removeprefix(NOT_WALKED) if info.startswith(NOT_WALKED) else ""
        kind = "sh" if why else info.strip()
        found.append(Fence(kind, why.strip(), body.splitlines()))
    return found


def without_fences(text):
    return re.sub(r"^```[^\n]*\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def words(line):
    """A command line as words: without its comment and without what a pipe does with its output."""
    return shlex.split(re.split(r" \\?\| ", line)[0], comments=True)


def spans(text):
    """The code spans of the text, fences left out."""
    return [span.strip() for _, span in re.findall(r"(`+)(.+?)\1(?!`)", without_fences(text), re.DOTALL)]


def anchors(text):
    """The headings' anchors, as GitHub makes them."""
    found = []
    for heading in re.findall(r"^#{1,6} (.+?)\s*$", without_fences(text), re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return found


def links(text):
    """Where the page points, images too."""
    plain = re.sub(r"(`+).+?\1(?!`)", "", without_fences(text), flags=re.DOTALL)
    inline = re.findall(r"\]\(([^()\s]+(?:\([^()\s]*\))?[^()\s]*)\)", plain)
    return (
        inline + re.findall(r"(?:src|href)=\"([^\"]+)\"", plain) + re.findall(r"^\[[^]]+\]: (\S+)", plain, re.MULTILINE)
    )
