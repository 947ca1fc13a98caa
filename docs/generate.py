"""Writes the parts of docs/ that must agree with the code: `python -m docs.generate`. A test compares them."""

import ast
import re
from pathlib import Path

from docs.generators import blocks, commands, figures_data, house
from kneecore import rawlog, sessionlog, sessionread, settings
from kneesync.board.settings import ADVICE, described
from kneesync.firmware import wiring

DOCS = Path(__file__).parent
DEVICE = DOCS.parent / "device"

UNITS = {
    "dt_ms": "bits 0 to 10 of a u16, ms from the knee-lift peak before to this one: "
    "the stride time, unless flagged `first`",
    "knee_lift_cdeg": "i16, 0.01°: highest forward tilt of the thigh from the standing pose",
    "extension_cdeg": "i16, 0.01°: lowest tilt since the peak before (negative: thigh behind standing)",
    "swing_up_ddps": "u16, 0.1 °/s: fastest forward swing before the peak",
    "swing_back_ddps": "u16, 0.1 °/s: fastest backward swing since the peak before",
    "flags": "bits 11 to 15 of the first u16, see below",
}
FLAG_MEANINGS = {
    "first": "no stride before it: its dt_ms is no stride time",
    "unsure": "the alignment had not settled: the angle may be off",
    "clipped": "the IMU was at the end of its range",
    "lost": "samples were lost inside this stride",
    "motor": "the haptic motor ran during it",
}


def session_file_page():
    """docs/session-file.md as text, from the tables of kneecore.sessionlog."""
    kinds = ", ".join(
        f"{value} {name}"
        for name, value in (
            ("header", sessionlog.HEADER),
            ("strides", sessionlog.STRIDES),
            ("events", sessionlog.EVENTS),
            ("raw", sessionlog.RAW),
            ("end", sessionlog.END),
        )
    )
    lines = [
        "# The session file, byte by byte",
        "",
        "<!-- Written by docs/generate.py from shared/kneecore/sessionlog.py: change it there. -->",
        "",
        f"Format {sessionlog.FORMAT}. A run is one append-only file `<boot>-<n>.knee`. It starts with the four bytes "
        f"`{sessionlog.SIGNATURE.decode()}`; then come blocks, each written with one `write()`. "
        "All numbers are little-endian. What the figures mean: [units and axes](units-and-axes.md).",
        "",
        "| block part | struct | what |",
        "|---|---|---|",
        f"| type | `B` | {kinds}; a reader skips others |",
        "| length | `H` | bytes of payload, 1 to " + str(sessionlog.MAX_PAYLOAD_BYTES) + " |",
        "| sequence | `H` | 0 for the header, then +1 a block, modulo 65536 |",
        f"| CRC-32 | `I` | over the {sessionlog.CRC_AT} bytes before it and the payload |",
        "| payload | | by type |",
        "",
        "A torn tail loses only itself. Where a CRC fails, a reader looks for the next intact block.",
        "Times are milliseconds of board uptime. The header's pair (`ticks_ms`, `clock_s`) maps them to wall time;",
        "`clock_s` is null where the board's clock was not set.",
        "",
        "## Header",
        "",
        "JSON with `format`, `firmware`, `board`, `leg`, `chip`, `ranges`, `settings`, `boot`, `ticks_ms`, `clock_s`.",
        "A run that was cut and went on after the board's restart is several files. From the second on the header has",
        "`run` (boot in 5 digits, CRC-32 of the first one's header block, 8 hex digits, with a `-` between), `segment`",
        "(2, 3, ...) and `cut_by`: `reset` (crash or watchdog: the gap was short), `power` (of any length),",
        "`button` (ended by hand, and run on within a minute).",
        "Such a segment repeats the alignment and the baseline that it went on with as events at time 0.",
        "Readers ignore keys they do not know.",
        "",
        "## Strides",
        "",
        f"`{sessionlog.STRIDES_HEAD}`: time of the stride before the first record, ms. Then records of "
        f"{sessionlog.STRIDE_BYTES} bytes, `{sessionlog.STRIDE}`:",
        "",
        "| field | what |",
        "|---|---|",
        *[f"| `{field}` | {UNITS[field]} |" for field in sessionread.STRIDE_FIELDS],
        "",
        f"A record whose bits 0 to 10 are all ones is no stride: `{sessionlog.TIME}` holds the time (second value, ms) "
        f"from which the next record counts. So are gaps above {sessionlog.MAX_DT_MS} ms bridged.",
        "",
        "| flag | bit | meaning |",
        "|---|---|---|",
        *[f"| `{name}` | {bit:#04x} | {FLAG_MEANINGS[name]} |" for name, bit in sessionread.FLAGS],
        "",
        "## Events",
        "",
        f"Records of {sessionlog.EVENT_BYTES} bytes, `{sessionlog.EVENT}`: time in ms, kind, detail, six values.",
        "",
        "| kind | name | detail | values |",
        "|---|---|---|---|",
        *[
            f"| {kind} | {name} | {detail or '–'} | {', '.join(f'`{value}`' for value in values) or '–'} |"
            for kind, (name, detail, values) in sorted(sessionread.EVENT_KINDS.items())
        ],
        "",
        "`start_reason`: " + ", ".join(f"{n} {reason}" for n, reason in enumerate(sessionread.START_REASONS)) + ".",
        "",
        "`held_by`: " + ", ".join(f"{n} {why}" for n, why in enumerate(sessionread.HELD) if why) + ".",
        "",
        "`watched`: " + ", ".join(f"{n} {what}" for n, what in enumerate(sessionread.WATCHED_WORDS)) + ".",
        "",
        "## Raw",
        "",
        f"`{rawlog.HEAD}`: number of the first sample (they count on from block to block, and through a gap as",
        "time does), its time in ms, and the sample: gyro x, y, z and acceleration x, y, z, chip counts. Then groups:",
        "",
        f"`{rawlog.GROUP}`: samples n, two bits a channel from bit 0 on. Then for each channel the differences",
        "from sample to sample (the block's first is 0), modulo 65536:",
        "",
        "| bits | differences |",
        "|---|---|",
        "| 0 | n times i8 |",
        "| 1 | pairs of i12 in three bytes: bits 0 to 7 of the first, of the second, then bits 8 to 11 of both, |",
        "|   | the first's low; where n is odd, the last one's partner is 0 |",
        "| 2 | n times i16 |",
        "",
        "## End",
        "",
        f"`{sessionlog.END_PAYLOAD}`: reason, time in ms, strides written. Reasons: "
        + ", ".join(f"{n} {reason}" for n, reason in enumerate(sessionlog.END_REASONS))
        + ". A file without it was cut; all its intact blocks count.",
        "",
    ]
    return "\n".join(lines)


def settings_page():
    """docs/settings.md as text, from kneecore.settings and kneesync.board.settings."""
    lines = [
        "# Settings",
        "",
        "<!-- Written by docs/generate.py from shared/kneecore/settings.py and host/kneesync/board/settings.py. -->",
        "",
        "The board holds them; a session carries those it was recorded with. They outlive power cuts and new firmware.",
        "",
        "```sh",
        "kneesync settings                                  # what the board has, the changed ones marked",
        "kneesync settings --set leg=R --reset cue.hold_s   # all of it or nothing",
        "kneesync settings --explain cue.drop_cdeg          # needs no board",
        "```",
        "",
        "| name | default | takes | meaning |",
        "|---|---|---|---|",
    ]
    for name, default, allowed, meaning in described():
        shown = f"`{default}`" if default != "" else "empty"
        lines.append(f"| `{name}` | {shown} | {settings.allowed_text(allowed)} | {meaning} |")
    lines += ["", "## When to change one", ""]
    lines += [f"- `{name}`: {ADVICE[name]}" for name, *_ in described() if name in ADVICE]
    return "\n".join([*lines, ""])


# What a runner should make of each sign of device/signals.py: (what is so, what to do). States come first.
SIGNS = {
    "IDLE": ("waiting for you to stand still", "stand still for about 2 s"),
    "STANDING": ("your standing pose is taken", "raise the knee three times, or just run"),
    "RAISES": ("a knee raise was seen: ready", "run"),
    "RUNNING": ("a session is open and being recorded; again when you run on after a pause", "run"),
    "PAUSED": ("no stride for 6 s; the session is still open", "run on, or press to end it"),
    "CLOSED": ("the session is closed and safe on flash; shown for 5 s", "pull it at home"),
    "NO_IMU": ("no motion sensor answers, or it is another chip", "`kneesync doctor`; check its cable"),
    "REFUSED": ("nothing is recorded: the flash is full, the battery empty, or the flash fails",
                "`kneesync pull --free`, or charge"),
    "LOW_BATTERY": ("the battery is low, in place of idle or recording", "charge soon; the run is recorded on"),
    "MUTED": ("cues are muted for this run; they are logged all the same", "press twice again to unmute"),
    "UNMUTED": ("cues may buzz again, as this", ""),
    "HOLDING": ("the button is held in a run", "hold on for a second more to end it, or let go"),
    "CUE": ("**the cue**: knee drive fell below your own baseline",
            "run as you did fresh, if that feels right; no higher"),
    "SYNC": ("three taps were felt (with the setting `raw`)", ""),
}  # fmt: skip


def signs():
    """[(name, lit ms, of ms, pulses, pulse ms)] as device/signals.py has them; it cannot be imported off the board."""
    names, table = None, None
    for node in ast.parse((DEVICE / "signals.py").read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.Assign):
            continue
        target = node.targets[0]
        if isinstance(target, ast.Tuple) and any(getattr(one, "id", "") == "IDLE" for one in target.elts):
            names = [one.id for one in target.elts]
        elif getattr(target, "id", "") == "TABLE":
            table = ast.literal_eval(node.value)
    return [(name, *table[4 * row : 4 * row + 4]) for row, name in enumerate(names)]


def constant(file, name):
    """A number that a file of the firmware calls by that name, const() or not."""
    found = re.search(rf"^{name} = (?:const\()?([\d_]+)", (DEVICE / file).read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1])


def _led(lit_ms, of_ms):
    if lit_ms == 0:
        return ""
    if lit_ms == of_ms:
        return "lit"
    every = f"{lit_ms / 1000:g} s of every {of_ms / 1000:g} s"
    return ("a flash, " if lit_ms <= 150 else "lit ") + every


def _motor(pulses, pulse_ms, name):
    if pulses == 0:
        return ""
    length = f"{pulse_ms / 1000:g}"
    if name == "CUE":
        length += f" to {2 * pulse_ms / 1000:g}"
    return f"{pulses} × {length} s"


def signals_page():
    """docs/signals.md as text, from the tables of device/signals.py, haptics.py and main.py."""
    rows = signs()
    gap_s = constant("haptics.py", "_GAP_MS") / 1000
    long_s = constant("signals.py", "_LONG_MS") / 1000
    double_s = constant("signals.py", "_DOUBLE_MS") / 1000
    goes_on_s = constant("resume.py", "SOON_MS") / 1000
    press_s, allowed = constant("main.py", "PRESS_S"), constant("main.py", "STARTS_ALLOWED")
    lines = [
        "# What the board says without words",
        "",
        "<!-- Written by docs/generate.py from device/signals.py, haptics.py and main.py: change it there. -->",
        "",
        "One LED, one motor, one button. The LED shows the state all the time; the motor says each thing once, when it",
        f"begins. Pulses lie {gap_s:g} s apart. While you run there are three: **one long** pulse says yes (recording,",
        "or your press was understood), **two** are the cue, **three** say that nothing is being recorded. No motor",
        "has been felt on a thigh yet: tell us which of these you mix up.",
        "",
        "## States",
        "",
        "| LED | motor, once | what is so | what to do |",
        "|---|---|---|---|",
    ]
    for name, lit_ms, of_ms, pulses, pulse_ms in rows:
        if lit_ms:
            meaning, step = SIGNS[name]
            lines.append(f"| {_led(lit_ms, of_ms)} | {_motor(pulses, pulse_ms, name) or '–'} | {meaning} | {step} |")
    lines += ["", "## Signs by the motor alone", "", "| motor | what is so | what to do |", "|---|---|---|"]
    for name, lit_ms, _, pulses, pulse_ms in rows:
        if not lit_ms:
            meaning, step = SIGNS[name]
            lines.append(f"| {_motor(pulses, pulse_ms, name)} | {meaning} | {step or '–'} |")
    lines += [
        "",
        "A cue's two pulses are longer the deeper the fall: up to twice the setting `cue.pulse_ms`. When it comes, and",
        "when it is held back, stands in [the cue](cue.md). In quiet mode (`quiet=on`) the motor says nothing at all.",
        "Without a motor the LED still shows every state, and cues are logged.",
        "",
        "## The button",
        "",
        "| press | when | does |",
        "|---|---|---|",
        "| any | idle, standing, ready | opens a session at once |",
        f"| held for {long_s:g} s | running or paused | closes the session; a long buzz on the way says: hold on |",
        f"| twice within {double_s:g} s | running or paused | mutes the cues of this run; again: unmutes |",
        "| once, short | running or paused | nothing: a knock ends no run |",
        f"| any | within {press_s} s of switching on, while the LED is lit | safe mode; from safe mode: one more try |",
        "",
        f"Ended by mistake? Run on, or press, within {goes_on_s:g} s: the run goes on with its axes and its baseline.",
        "A button that is held or shorted from the start on presses nothing; `kneesync doctor` says so.",
        "",
        "You rarely need it: running opens a session by itself (`run.start_s`), and standing around closes it",
        "(`run.stop_min`).",
        "",
        "## At the start, and with a computer",
        "",
        "| LED | what is so |",
        "|---|---|",
        f"| lit for {press_s} s, then the idle flash | the board has started |",
        f"| stays lit | safe mode: {allowed} starts in a row failed, or the button asked for it; run `kneesync doctor` "
        "|",
        f"| lit for {press_s} s, again and again | the firmware fails as it starts; after {allowed} times the version "
        "before it starts, or safe mode |",
        "| stands still, lit or dark | a computer has the board; its firmware starts again by itself within 30 s "
        "of the cable or the program going away |",
        "",
        "`kneesync flash` and `kneesync doctor` buzz once: the self-test tries the motor, and looks for it in the",
        "motion sensor's samples.",
        "",
    ]
    return "\n".join(lines)


def boards_table():
    """The boards of device/board.py as CONTRIBUTING.md shows them, with what else may be wired to each."""
    lines = ["| row | board | status | LED | button | I2C: SDA, SCL | IMU | motor | battery |", "|---|" + "---|" * 8]
    for row in wiring.rows().values():
        battery = f"ADC on GPIO{row.battery}" if row.supply_adc is not None else row.battery or "–"
        motor = row.haptic if row.haptic != "pin" else f"module on GPIO{row.motor_pin}"
        lines.append(
            f"| `{row.row}` | {row.machine} | {row.status} | GPIO{row.led} | GPIO{row.button} | "
            f"{row.i2c}: GPIO{row.sda}, GPIO{row.scl} | {row.imu} | {motor} | {battery} |"
        )
    on_hardware = [row for row in wiring.rows().values() if row.status == "hardware"]
    words = [f"`{word}`" for word in wiring.parts()]
    lines += ["", *[f"- **{status}**: {meaning}" for status, meaning in wiring.STATUSES.items()], ""]
    lines += [] if on_hardware else ["**None has run on hardware yet.**"]
    lines += [f"Other parts on a board are words: {', '.join(words)}, given to `kneesync flash --wired`."]
    return "\n".join(lines)


def contributing_page():
    """CONTRIBUTING.md with the table of boards as it is now."""
    return blocks.filled("CONTRIBUTING.md", {"boards": boards_table()})


def commands_page():
    """docs/commands.md with the tables of commands as their --help is now."""
    return blocks.filled("docs/commands.md", commands.tables())


def architecture_page():
    """docs/architecture.md with the table of packages as the tree is now."""
    return blocks.filled("docs/architecture.md", {"house": house.house_table()})


PAGES = {
    "session-file.md": session_file_page,
    "settings.md": settings_page,
    "signals.md": signals_page,
    "commands.md": commands_page,
    "figures-data.md": figures_data.figures_page,
    "architecture.md": architecture_page,
    "../CONTRIBUTING.md": contributing_page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
