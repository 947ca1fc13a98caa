"""A check-up: what stands between the runner and a run that is recorded, cued and pulled, each thing in plain words.

A run under way is closed by it, as by every command that talks to the board; the clock is set, so that runs keep their
dates.
"""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from kneecore import __version__
from kneesync import untrusted
from kneesync.board import find, port, settings
from kneesync.board.flash import check_of, micropython_version
from kneesync.board.keeper import Keeper
from kneesync.board.link import Link, LinkError, NoFirmwareError
from kneesync.board.micropython import drives
from kneesync.board.prompt import Prompt
from kneesync.board.pull import listing, tell_time
from kneesync.errors import KneesyncError, NoBoardError

OK, ATTENTION, BAD = "ok", "attention", "bad"
TESTED_MICROPYTHON = (1, 28)
NOMINAL_HZ = 104.17
RATE_TOLERANCE = 0.03
BYTES_PER_H = 65_000  # at 180 steps/min, framing included
RAW_BYTES_PER_H = 3_500_000  # at 104 Hz
RESERVE_BYTES = 2 * 65_536  # of the recorder: left free, and needed for the next session to begin
LITTLE_H = 10
CLOCK_OFF_S = 3
_MOST_TEST_BYTES = 1 << 14
_BEFORE_RUNS = ("haptic", "acceleration")  # checks without which a run is recorded all the same


@dataclass
class Finding:
    """One thing looked at. `step`: what to do about it, where it is not well."""

    name: str
    state: str
    text: str
    step: str = ""


@dataclass
class Checkup:
    """Everything found, in the order it was looked at. `figures`: what the status line is made of."""

    board: str | None = None
    port: str | None = None
    findings: list[Finding] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    reached: bool = False

    @property
    def state(self) -> str:
        """The worst that was found."""
        states = {finding.state for finding in self.findings}
        return next(state for state in (BAD, ATTENTION, OK) if state in states or state == OK)

    @property
    def exit_code(self) -> int:
        return NoBoardError.exit_code if not self.reached else 1 if self.state == BAD else 0


def examine(
    open_library: Callable[[], AbstractContextManager[Keeper[Any, Any]]],
    wanted: str | None = None,
    quick: bool = False,
    on_finding: Callable[[Finding], object] | None = None,
) -> Checkup:
    """Look at the board that `wanted` names (find.pick). `quick` leaves out the self-test, which takes four seconds.

    open_library() gives the library whose sessions are compared with the board's. on_finding(Finding) is called as they
    come. Whatever goes wrong is a Finding.
    """
    found = Checkup()
    for finding in _looked_at(found, open_library, wanted, quick):
        found.findings.append(finding)
        if on_finding:
            on_finding(finding)
    return found


def _looked_at(found, open_library, wanted, quick):
    try:
        board = find.pick(wanted)
    except NoBoardError as error:
        yield _nothing(str(error))
        return
    found.board, found.port = board.id, board.port
    if trouble := port.trouble(board.port, board.virtual):
        yield Finding("port", BAD, trouble.found, trouble.step)
        return
    about = f"{board.port} ({untrusted.printable(board.description, 30)})"
    yield Finding("port", OK, about + (": yours to use, used by nobody else" if port.CAN_BE_ASKED else ""))
    try:
        with open_library() as library, Link(board.port, board.id) as link:
            found.board, found.reached = link.board, True
            yield from _inside(found, link, library, quick)
        yield Finding("restart", OK, "its firmware runs again")
    except NoFirmwareError:
        found.reached = True
        yield from _bare(board)
    except NoBoardError as error:
        yield _finding("port", error)
    except LinkError as error:
        answered, found.reached = found.reached, True
        yield _finding("restart" if answered else "board", error)
    except KneesyncError as error:
        yield _finding("library", error)


def _finding(name, error):
    """A one-line error (found; next step) as what is wrong."""
    text, _, step = str(error).rpartition("; ")
    return Finding(name, BAD, text or step, step if text else "")


def _nothing(why):
    """No board, or not one: what is known of the machine's ports."""
    text, _, step = why.partition("; ")
    if port.waiting_bootloader() or drives():
        return Finding(
            "board",
            BAD,
            f"{text}; an RP2040 waits in its bootloader",
            "plug it in without holding BOOT; if it comes back there: kneesync flash --firmware FILE.uf2",
        )
    if text.startswith("no board found"):
        step = "use a data cable (with a charge-only one nothing shows) and another socket; or `kneesync virtual`"
    if others := find.other_ports():
        step += f". Other serial ports here: {', '.join(others[:4])}; to look at one: kneesync doctor PORT"
    return Finding("board", BAD, text, step)


def _bare(board):
    """MicroPython without a firmware of ours, or with a broken one."""
    try:
        with Prompt(board.port, board.id) as bare:
            version = micropython_version(bare.info)
            machine = untrusted.printable(bare.info.get("machine"), 50)
        yield Finding("MicroPython", OK, f"{version}, {machine}")
    except KneesyncError as error:
        yield _finding("MicroPython", error)
    yield Finding("firmware", BAD, "none of kneesync's that could be imported", "run `kneesync flash`")


def _inside(found, link, library, quick):
    """The board answers."""
    info, now_s = link.info, time.time()
    tell_time(link, library)
    try:
        more = link.call("import checkup; checkup.run()")
    except LinkError as error:
        if "ImportError" not in str(error):
            raise
        more = {}
    yield Finding("board", OK, f"{link.board}, {untrusted.printable(info.get('row'), 30)}")
    yield _micropython(more)
    yield from _firmware(info, more)
    yield from _starts(more)
    if not quick:
        yield from _self_test(link)
    yield _battery(found, more)
    if more.get("button_down") is True:
        yield Finding(
            "button", ATTENTION, "held, or shorted: its line stays low",
            "let it go; if nobody presses it, dry the board and look at its two wires. Runs are recorded all the same",
        )  # fmt: skip
    yield _space(found, info)
    yield _clock(info, now_s)
    yield _sessions(found, link, library)
    yield from _settings(info, more)


def _micropython(more):
    version = _numbers(more.get("micropython"))
    if not version:
        return Finding("MicroPython", ATTENTION, "its version is not told", "run `kneesync flash`")
    text = f"{'.'.join(map(str, version))}, {untrusted.printable(more.get('machine'), 50)}"
    if version < TESTED_MICROPYTHON:
        return Finding("MicroPython", ATTENTION, f"{text}: older than tested", "kneesync flash --firmware FILE.uf2")
    return Finding("MicroPython", OK, text)


def _firmware(info, more):
    there = untrusted.printable(info.get("firmware"), 20)
    theirs, ours = _version(there), _version(__version__)
    slot = more.get("active")
    text = there + (f" in slot {slot}" if slot in ("a", "b") else "")
    holds = more.get("holds")
    other = [one for one in ("a", "b") if one != slot and isinstance(holds, list) and one in holds]
    text += f"; slot {other[0]} holds another" if other and slot in ("a", "b") else ""
    if theirs == ours:
        yield Finding("firmware", OK, text)
    elif theirs < ours:
        yield Finding(
            "firmware", ATTENTION, f"{text}: older than this kneesync ({__version__})", "run `kneesync flash`"
        )
    else:
        yield Finding(
            "firmware", ATTENTION, f"{text}: newer than this kneesync ({__version__})", "pip install -U kneesync"
        )


def _starts(more):
    failed, slot = more.get("failed_starts"), more.get("active")
    counts = isinstance(failed, dict) and isinstance(slot, str)
    failed = untrusted.whole(failed.get(slot), 0, 1000) if counts else None
    if more.get("soft_reset") is True:
        yield Finding(
            "start", ATTENTION, "it stood at its prompt, where another tool's soft reset had left it",
            "it is started again now; else it would have after 25 s of silence",
        )  # fmt: skip
    elif more and not more.get("ran"):
        yield Finding(
            "start", BAD, f"it stood in safe mode, after {failed or 0} failed starts or by its button",
            "it is started again now; if it comes back here: `kneesync flash`",
        )  # fmt: skip
    if more.get("crash"):
        crash = untrusted.printable(more["crash"], 160)
        yield Finding("crash", ATTENTION, f"its last: {crash}", "if it comes again: `kneesync flash`, and report it")


def _self_test(link):
    """The firmware's own test of its parts: a line of JSON a check."""
    said = bytearray()
    try:
        link.stream("import selftest; selftest.run()", said.extend, _MOST_TEST_BYTES)
    except LinkError as error:
        if "ImportError" not in str(error):
            raise
        yield Finding("self-test", ATTENTION, "this firmware has none", "run `kneesync flash`")
        return
    checks = [check for check in map(check_of, bytes(said).splitlines()) if check]
    yield from map(_checked, checks)
    if not checks:
        yield Finding("self-test", BAD, "it said nothing", "run `kneesync flash`")


def _checked(check):
    if not check.ok:
        return Finding(check.check, ATTENTION if check.check in _BEFORE_RUNS else BAD, check.text)
    rate = re.match(r"(\d{1,4}\.\d) samples a second", check.text) if check.check == "FIFO" else None
    if rate and abs(float(rate[1]) / NOMINAL_HZ - 1) > RATE_TOLERANCE:
        text = f"{check.text}, expected {NOMINAL_HZ} ± 3 %"
        return Finding(check.check, ATTENTION, text, "runs are timed by the measured rate; report it all the same")
    return Finding(check.check, OK, check.text)


def _battery(found, more):
    about = more.get("battery")
    percent = untrusted.whole(about.get("percent"), 0, 100) if isinstance(about, dict) else None
    mv = untrusted.whole(about.get("mv"), 0, 10_000) if isinstance(about, dict) else None
    if percent is None or mv is None:
        return Finding("battery", OK, "this board cannot read it: charge it before a long run")
    found.figures["battery_percent"] = percent
    text = f"{percent} % ({mv / 1000:.2f} V)"
    if about.get("empty"):
        rail = 3200 <= mv <= 3400  # what a gauge shows whose solder jumper is on Vin
        step = "charge it; if it shows 3.3 V after that too, see the gauge's jumper in hardware/README.md"
        return Finding("battery", BAD, f"{text}: empty, no run is recorded", step if rail else "charge it")
    if about.get("low"):
        return Finding("battery", ATTENTION, f"{text}: low", "charge it")
    return Finding("battery", OK, text)


def _space(found, info):
    free_bytes = untrusted.whole(info.get("free_bytes"), 0, 1 << 40)
    if free_bytes is None:
        return Finding("space", ATTENTION, "not told", "run `kneesync flash`")
    usable = max(0, free_bytes - RESERVE_BYTES)
    values = info.get("settings")
    values = values if isinstance(values, dict) else {}
    raw, rate = values.get("raw") == "on", 2 if values.get("raw.rate_hz") == "208" else 1
    strides_h, raw_h = usable / BYTES_PER_H, usable / (BYTES_PER_H + RAW_BYTES_PER_H * rate)
    hours = found.figures["free_h"] = round(raw_h if raw else strides_h, 1)
    text = f"{free_bytes / 1e6:.1f} MB free: {strides_h:.0f} h of running, {raw_h:.1f} h with raw samples"
    if hours <= 0:
        return Finding("space", BAD, f"{text}; no session can begin", "kneesync pull --free")
    if hours < (1 if raw else LITTLE_H):
        return Finding("space", ATTENTION, text, "kneesync pull --free")
    return Finding("space", OK, text)


def _clock(info, now_s):
    clock_s = untrusted.whole(info.get("clock_s"), 0, 1 << 33)
    if clock_s is None:
        return Finding("clock", OK, "was not set since power came on; set now, as by each pull")
    off_s = clock_s - now_s
    if abs(off_s) > CLOCK_OFF_S:
        way = "ahead of" if off_s > 0 else "behind"
        return Finding("clock", ATTENTION, f"it was {abs(off_s):,.0f} s {way} this machine; set now")
    return Finding("clock", OK, f"set, within {CLOCK_OFF_S} s of this machine's")


def _sessions(found, link, library):
    listed, refused = listing(link)
    unpulled = [file for file in listed if not library.holds(file.sha256)]
    found.figures["sessions"], found.figures["unpulled"] = len(listed), len(unpulled)
    if refused:
        return Finding(
            "sessions", ATTENTION, f"{len(refused)} files with odd names or sizes", "kneesync pull names them"
        )
    if unpulled:
        kb = sum(file.bytes for file in unpulled) / 1e3
        return Finding(
            "sessions",
            ATTENTION,
            f"{len(unpulled)} of {len(listed)} not in the library yet ({kb:.0f} kB)",
            "kneesync pull",
        )
    text = f"all {len(listed)} are in the library; `kneesync free` makes room" if listed else "none on the board"
    return Finding("sessions", OK, text)


def _settings(info, more):
    changed = [f"{one.name}={untrusted.printable(one.value, 12)}" for one in settings.listed(info) if one.changed]
    yield Finding("settings", OK, f"changed: {', '.join(changed)}" if changed else "all at their defaults")
    refused = more.get("refused_settings")
    for text in refused[:8] if isinstance(refused, list) else ():
        yield Finding(
            "settings", ATTENTION, f"not used: {untrusted.printable(text, 120)}", "kneesync settings --reset-all"
        )
    if name := untrusted.session_name(info.get("closed")):
        yield Finding("run", ATTENTION, f"a run was being recorded; it was closed safely as {name}", "kneesync pull")


def _numbers(value):
    """A version as a tuple of whole numbers; () if it is none."""
    if not isinstance(value, list) or not 2 <= len(value) <= 4:
        return ()
    return tuple(value) if all(untrusted.whole(part, 0, 10_000) is not None for part in value) else ()


def _version(text):
    return tuple(int(number) for number in re.findall(r"\d{1,6}", text)[:3])
