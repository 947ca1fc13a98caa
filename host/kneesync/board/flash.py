"""Installing the firmware: fill the slot that does not start, prove it on the board, switch by one rename.

Cut at any moment, the board starts as before or with the new version: the slot under work holds no app.mpy, so that the
loader passes over it, and nothing else of what starts changes but by a rename. Run again, it goes on from there.
What runs on the board for it is `device/install.py`, sent to the bare prompt: the board may hold anything, or nothing.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from kneesync import untrusted
from kneesync.board.installing import date_boot, installer, micropython_version, refuse_unpulled
from kneesync.board.keeper import Keeper
from kneesync.board.link import HASHING_QUIET_S, LinkError
from kneesync.board.prompt import Prompt
from kneesync.errors import KneesyncError
from kneesync.firmware import image as image_module
from kneesync.firmware import wiring

CHUNK_BYTES = 2048
START_S = 60  # three failed starts and a fallback fit in
SPARE_BLOCKS = 8  # littlefs writes the new beside the old, and folders take two blocks each
MOST_SELF_TEST_BYTES = 16_384
APP, HELD = "app.mpy", "app.held"
MADE_FOR = "RP2040"
VIRTUAL = "webassembly"  # sys.platform of the virtual board
_STARTING = re.compile(rb"starting /([ab])\r?\n")
_FAILURE = re.compile(rb"^(\w*(?:Error|Exception|Interrupt)\b[^\r\n]{0,200})", re.MULTILINE)


@dataclass(frozen=True)
class Image:
    """What is installed: a slot's files by their path in it, the loader, and the version that they say they are."""

    files: dict[str, bytes]
    loader: bytes
    version: str

    @classmethod
    def built(cls) -> Self:
        """This package's own firmware."""
        from kneecore import __version__

        loader = (image_module.device_folder() / image_module.LOADER).read_bytes()
        return cls(image_module.slot_files(), loader, __version__)

    def save(self, folder: str | Path) -> None:
        """Write it to a folder: slot/... and main.py, as docs/flash-by-hand.md uses them."""
        folder = Path(folder)
        if folder.exists() and any(folder.iterdir()):
            raise KneesyncError(f"found files in {folder}, expected an empty folder or none; name another")
        for path, data in {
            **{f"slot/{path}": data for path, data in self.files.items()},
            "main.py": self.loader,
        }.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)


@dataclass
class Check:
    """One line of the board's self-test."""

    check: str
    ok: bool
    blocks: bool
    text: str


@dataclass
class Flashed:
    """What became of a board."""

    board: str
    version: str  # that answered
    slot: str
    state: str  # "installed", "here already" or "rolled back"
    micropython: str
    sent: int = 0  # files over the wire
    copied: int = 0  # files that the other slot had
    unchanged: int = 0
    removed: int = 0
    checks: list[Check] = field(default_factory=list)


@dataclass
class _Facts:
    """device/install.py's facts(), checked."""

    active: str | None
    holds: dict[str, bool]
    row: str | None
    block_bytes: int
    free_bytes: int
    loader: str | None

    @property
    def starts(self):
        """The slot that the loader starts, None where none holds a firmware."""
        slot = "b" if self.active == "b" else "a"
        return slot if self.holds[slot] else None


def flash(
    port: str,
    board_id: str | None,
    library: Keeper[Any, Any],
    *,
    image: Image | None = None,
    progress: Callable[[str, int, int], object] | None = None,
    on_check: Callable[[Check], object] | None = None,
    even_unpulled: bool = False,
    despite_self_test: bool = False,
    wired: str | None = None,
) -> Flashed:
    """Install the firmware on the board at `port`. Returns a Flashed.

    `wired`: words that change what the board's file /board says is wired to it (wiring.py); None leaves that as it is.
    progress(name, bytes so far, bytes in all), on_check(Check). KneesyncError, with the board as it was, if the board
    is not one of ours, holds sessions that `library` does not (unless even_unpulled), has too little room, or its
    self-test finds what blocks (unless despite_self_test); or if the new version does not start.
    """
    image = image or Image.built()  # compiled before the board is stopped
    with Prompt(port, board_id, installer()) as link:
        facts = _facts(link)
        words = facts.row if wired is None else wiring.changed(facts.row, wired, str(link.info.get("machine"))).words
        check_fits(link.info, words, image.files)
        date_boot(link, library)
        if not even_unpulled:
            refuse_unpulled(link, library)
        done = Flashed(link.board, "", facts.starts or "", "here already", micropython_version(link.info))
        wanted = {path: hashlib.sha256(data).hexdigest() for path, data in image.files.items()}
        here = {slot: _listing(link, slot) for slot in "ab"}
        fresh = facts.starts is None or here[facts.starts] != wanted
        if fresh:
            done.slot, done.state = "b" if facts.starts == "a" else "a", "installed"
            _fill(link, done, image, facts, here, progress)
        with _told(link, facts.row, words):
            _prove(link, done, fresh, on_check, despite_self_test)
        if facts.loader != hashlib.sha256(image.loader).hexdigest():
            _send(link, "/main.py.new", image.loader)
            link.call("put_loader()")
        return _switch(link, done, image.version)


def roll_back(port: str, board_id: str | None) -> Flashed:
    """Back to the version that was there before. KneesyncError if the other slot holds none."""
    with Prompt(port, board_id, installer()) as link:
        facts = _facts(link)
        other = "a" if facts.active == "b" else "b"
        if not facts.holds[other] or facts.loader is None:
            raise KneesyncError(
                f"found no version before this one on board {link.board}; there is nothing to roll back to. "
                "To install the current one: `kneesync flash`"
            )
        done = Flashed(link.board, "", other, "rolled back", micropython_version(link.info))
        return _switch(link, done, None)


def check_fits(info: Mapping[str, object], row: str | None, files: Mapping[str, bytes]) -> None:
    """KneesyncError if a board with this `info` (Prompt.info) and file /board (`row`) cannot run these files."""
    mpy = untrusted.whole(info.get("mpy"), 0, 1 << 30) or 0
    version, sub_version, architecture = mpy & 0xFF, mpy >> 8 & 3, mpy >> 10
    for path, data in files.items():
        # byte 1: version; byte 2: architecture of native code (0: bytecode, which any reads) and its sub-version
        native = data[2] >> 2 & 0x2F
        if data[1] != version or (native and (native, data[2] & 3) != (architecture, sub_version)):
            expected = f"{data[1]}.{data[2] & 3} for architecture {native}" if native else f"{data[1]}"
            raise KneesyncError(
                f"found MicroPython {micropython_version(info)}, which reads .mpy version {version}.{sub_version} for "
                f"architecture {architecture}; {path} is version {expected}. Install a MicroPython that fits: "
                "`kneesync flash --firmware FILE.uf2`, from micropython.org/download"
            )
    if info.get("platform") == VIRTUAL:
        return
    rows = {name: wired.machine for name, wired in wiring.rows().items()}
    machine = str(info.get("machine"))
    name, _, chip = machine.partition(" with ")
    shown = untrusted.printable(machine, 60)
    if chip != MADE_FOR:
        raise KneesyncError(
            f"found a board {shown!r}, expected one with {MADE_FOR}; this firmware runs on no other chip"
        )
    if not set((row or "").split()) & set(rows) and name not in rows.values():
        raise KneesyncError(
            f"found a board {shown!r}, expected {' or '.join(rows.values())}; if it is wired as one of them, say so on "
            f"the board in a file /board that holds {' or '.join(rows)} (docs/flash-by-hand.md)"
        )


def _facts(link):
    found = link.call("facts()")
    holds, active, row = found.get("holds"), found.get("active"), found.get("row")
    holds = holds if isinstance(holds, dict) else {}
    block_bytes = untrusted.whole(found.get("block_bytes"), 256, 1 << 20)
    free_bytes = untrusted.whole(found.get("free_bytes"), 0, 1 << 40)
    if block_bytes is None or free_bytes is None:
        raise LinkError(f"board {link.board} tells no size of its flash; install MicroPython on it anew (--firmware)")
    return _Facts(
        active if isinstance(active, str) and active in ("a", "b") else None,
        {slot: holds.get(slot) is True for slot in "ab"},
        row if isinstance(row, str) else None,
        block_bytes,
        free_bytes,
        untrusted.sha256(found.get("loader")),
    )


def _listing(link, slot):
    """Path -> SHA-256 of what the board has in a slot."""
    found = link.call(f"listing({slot!r})", dict, HASHING_QUIET_S)
    return {path: digest for path, digest in found.items() if untrusted.sha256(digest)}


def _fill(link, done, image, facts, here, progress):
    """Bring the slot to the image's files, each read back. Until all are right it holds no app.mpy."""
    slot = done.slot
    other = "b" if slot == "a" else "a"
    there = dict(here[slot])
    if APP in there:
        there[HELD] = there.pop(APP)  # what hold() does
    there.pop("app.py", None)
    files = {HELD if path == APP else path: data for path, data in image.files.items()}
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    changed = [path for path in files if there.get(path) != digests[path]]
    _refuse_full(facts, {path: files[path] for path in changed}, there)
    link.call(f"hold({slot!r})")
    stale = sorted(there.keys() - files.keys())
    if stale:
        link.call(f"remove({', '.join(repr(f'/{slot}/{path}') for path in stale)},)")
    sources = {digest: path for path, digest in here[other].items()}
    total = sum(len(files[path]) for path in changed)
    so_far = 0
    for path in changed:
        target = f"/{slot}/{path}"
        source = sources.get(digests[path])
        if source:
            copied = link.call(f"copy({f'/{other}/{source}'!r}, {target!r})").get("sha256")
        if source and copied == digests[path]:
            done.copied += 1
        else:
            _send(link, target, files[path])
            done.sent += 1
        so_far += len(files[path])
        if progress:
            progress("firmware", so_far, total)
    done.unchanged, done.removed = len(files) - len(changed), len(stale)
    link.call(f"complete({slot!r})")


@contextmanager
def _told(link, before, words):
    """The board's file /board holds `words` from here on, and what it held `before` if something goes wrong."""
    if words == before:
        yield
        return
    _send(link, "/board", words.encode())
    try:
        yield
    except KneesyncError as error:
        if isinstance(error, LinkError):
            raise  # nobody to tell it to
        if before is None:
            link.call("remove('/board')")
        else:
            _send(link, "/board", before.encode())
        raise


def _refuse_full(facts, files, there):
    """KneesyncError if these files, beside what is there, might not fit."""
    blocks = SPARE_BLOCKS + 2 * len({path.rpartition("/")[0] for path in files})
    for path, data in files.items():
        blocks += -(-len(data) // facts.block_bytes) - (path in there)
    needed = blocks * facts.block_bytes
    if facts.free_bytes < needed:
        raise KneesyncError(
            f"found {facts.free_bytes // 1024} KB free on the board, expected {needed // 1024} KB for a second version "
            "beside the running one; run `kneesync pull --free`"
        )


def _send(link, path, data):
    """Write a file to the board; KneesyncError if its flash gives back something else."""
    answer = {}
    for at in range(0, max(1, len(data)), CHUNK_BYTES):
        piece = base64.b64encode(data[at : at + CHUNK_BYTES]).decode()
        answer = link.call(f"take({path!r}, {piece!r}, {at == 0}, {at + CHUNK_BYTES >= len(data)})")
    if answer.get("sha256") != hashlib.sha256(data).hexdigest():
        raise KneesyncError(
            f"the board's flash gives back something else than was written to {path}; flash again, and if it stays so "
            "the board's flash is worn. What it ran before is untouched"
        )


def _prove(link, done, fresh, on_check, despite):
    """The self-test from the slot's own files. KneesyncError where it finds what should keep the slot from starting."""

    def passed_on(line):
        row = check_of(line)
        if row:
            done.checks.append(row)
            if on_check:
                on_check(row)

    try:
        _by_line(link, f"test({done.slot!r})", passed_on)
        blocking = [row for row in done.checks if row.blocks]
        if not done.checks:
            raise KneesyncError(f"the self-test of board {link.board} said nothing; flash again")
        if blocking and not despite:
            raise KneesyncError(
                f"the self-test failed: {blocking[0].check}: {blocking[0].text}. The board goes on as it was; "
                "to install all the same: --despite-self-test"
            )
    except KneesyncError:
        if fresh:
            with suppress(KneesyncError):
                link.call(f"hold({done.slot!r})")  # nothing to roll back to
        raise


def _by_line(link, expression, on_line):
    rest = bytearray()

    def take(data):
        rest.extend(data)
        while b"\n" in rest:
            line, _, after = bytes(rest).partition(b"\n")
            rest[:] = after
            on_line(line)

    link.stream(expression, take, MOST_SELF_TEST_BYTES)


def check_of(line: bytes) -> Check | None:
    """A line of the self-test, or None for what a driver printed beside it."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    if not isinstance(row, dict) or not isinstance(row.get("ok"), bool):
        return None
    text = untrusted.printable(row.get("text"), 200)
    return Check(untrusted.printable(row.get("check"), 20), row["ok"], row.get("blocks") is True, text)


def _switch(link, done, version):
    """Let the slot start, and see which version answers."""
    link.call(f"switch({done.slot!r})")
    try:
        done.version = link.start(START_S)
    except LinkError as error:
        raise KneesyncError(
            f"the version in /{done.slot} is in place, but: {error}. After three failed starts the board falls back by "
            "itself; by hand: `kneesync flash --rollback`"
        ) from None
    started = _STARTING.findall(link.heard)
    if (started and started[-1].decode() != done.slot) or version not in (None, done.version):
        failures = _FAILURE.findall(link.heard)
        why = f" ({untrusted.printable(failures[-1].decode('ascii', 'replace'), 100)})" if failures else ""
        raise KneesyncError(
            f"the new version did not start{why}; board {done.board} fell back to its old one, {done.version}, which "
            "runs. Please report this"
        )
    return done
