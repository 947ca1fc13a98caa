"""Writes the parts of docs/ that must agree with the code: `python docs/generate.py`. A test compares them."""

from pathlib import Path

from kneecore import rawlog, sessionlog, sessionread, settings
from kneesync.board.settings import ADVICE, described

DOCS = Path(__file__).parent

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
        "(2, 3, ...) and `cut_by`: `reset` (crash or watchdog: the gap was short) or `power` (of any length).",
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
        "```",
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


PAGES = {"session-file.md": session_file_page, "settings.md": settings_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
