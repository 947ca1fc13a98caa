"""A large library, and how fast the commands answer on it, beside Python's own start in the same run.

python -m bench.library FOLDER --sessions 500 --minutes 60    makes one; KNEESYNC_LIBRARY=FOLDER kneesync sessions
"""

import argparse
import contextlib
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import dashboard, months
from kneesync.library import Library

ROUNDS = 5
# name, command line, seconds that it may take (None: as many times Python's start as START_LIMIT)
COMMANDS = (
    ("--help", ("--help",), None),
    ("sessions", ("sessions",), 1.0),
    ("sessions --all", ("sessions", "--all"), None),
    ("trends", ("trends",), 1.0),
    ("report", ("report",), 1.0),
    ("reindex", ("reindex",), 10.0),
)
START_LIMIT = 10
SCREEN = (24, 80)
SCREEN_S = 1.0
FOOTER = "Search"  # of the dashboard's first screen
_ESCAPES = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|[@-Z\\-_]|\].*?(\x07|\x1b\\))")


def make(folder, sessions=500, minutes=60, seed=1, on_progress=None):
    """A library with its index in `folder`; (strides, seconds for the files, seconds for the index)."""
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty: name a new folder")
    start_s = time.perf_counter()
    strides = months.make(folder, sessions, minutes, seed, on_progress)
    made_s = time.perf_counter()
    with Library(folder):
        pass
    return strides, made_s - start_s, time.perf_counter() - made_s


def run(sessions=500, minutes=60):
    """What `make bench` prints of a library of that size, and the figures."""
    program = shutil.which("kneesync", path=str(Path(sys.executable).parent))
    with tempfile.TemporaryDirectory() as folder:
        strides, files_s, index_s = make(Path(folder) / "library", sessions, minutes)
        environment = {**os.environ, "KNEESYNC_LIBRARY": str(Path(folder) / "library")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled once
        times_s = {"python": []} | {name: [] for name, _, _ in COMMANDS}
        for _ in range(ROUNDS):  # in turn, so that a busy moment meets all of them
            times_s["python"].append(_timed([sys.executable, "-c", "pass"], environment))
            for name, command, _ in COMMANDS:
                times_s[name].append(_timed([program, *command], environment))
        with Library(Path(folder) / "library") as library:
            newest = time.strftime("%Y-%m-%d %H:%M", time.localtime(library.find().start_unix_s))
        shown_s = [_first_screen(program, environment, newest) for _ in range(ROUNDS)]
        moves = dashboard.measure(Path(folder) / "library")
    start_s = _median(times_s["python"])
    figures = {"sessions": sessions, "strides": strides, "python_start_s": start_s, "made_s": files_s}
    figures["first_index_s"] = index_s
    rows = [
        f"a library of {sessions} sessions of {minutes} min, {strides:,} strides (files made in {files_s:.0f} s), "
        f"medians of {ROUNDS}; Python's own start takes {start_s * 1000:.0f} ms:"
    ]
    limits = [(name, times_s[name], limit_s) for name, _, limit_s in COMMANDS]
    for name, found_s, limit_s in [*limits, ("dashboard, first screen", shown_s, SCREEN_S)]:
        if None in found_s:
            rows.append(f"  {name:24} not measured: it does not answer here")
            continue
        median_s = _median(found_s)
        key = re.sub(r"\W+", "_", name).strip("_")
        figures[f"{key}_s"], figures[f"{key}_per_python_start"] = median_s, median_s / start_s
        aim = f"at most {limit_s:g} s" if limit_s else f"at most {START_LIMIT} x" if name == "--help" else "no aim"
        rows.append(f"  {name:24} {median_s:6.2f} s  {median_s / start_s:6.1f} x Python's start   ({aim})")
    if moves:
        figures["dashboard"] = moves
        rows += dashboard.rows(moves)
    return rows, figures


def _median(values):
    return sorted(values)[len(values) // 2]


def _timed(command, environment):
    """Seconds from start to end of a command; None if it fails. 1 is an answer too: a library may hold a cut run."""
    start_s = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    return time.perf_counter() - start_s if done.returncode in (0, 1) and done.stdout else _empty(command, start_s)


def _empty(command, start_s):
    return time.perf_counter() - start_s if command[0] == sys.executable else None


def _first_screen(program, environment, newest, patience_s=20):
    """Seconds until the dashboard has written its newest session and its footer to a terminal of 80 x 24, or None."""
    try:
        import fcntl
        import pty
        import struct
        import termios
    except ImportError:  # Windows
        return None
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", *SCREEN, 0, 0))
    start_s = time.perf_counter()
    with subprocess.Popen(
        [program, "dashboard"],
        env={**environment, "TERM": "xterm-256color", "COLUMNS": "", "LINES": ""},
        stdin=there,
        stdout=there,
        stderr=there,
        start_new_session=True,
    ) as shown:
        os.close(there)
        try:
            return _until(here, (newest, FOOTER), start_s, patience_s)
        finally:
            shown.terminate()
            with contextlib.suppress(OSError):
                while os.read(here, 65536):
                    pass
            os.close(here)


def _until(terminal, texts, start_s, patience_s):
    written = b""
    while time.perf_counter() - start_s < patience_s:
        ready, _, _ = select.select([terminal], [], [], 0.5)
        try:
            written += os.read(terminal, 65536) if ready else b""
        except OSError:  # it ended
            return None
        plain = _ESCAPES.sub(b"", written).decode(errors="replace")
        if all(text in plain for text in texts):
            return time.perf_counter() - start_s
    return None


def main():
    parser = argparse.ArgumentParser(description="Make a library of many sessions: two runners' months.")
    parser.add_argument("folder", type=Path, help="a new or empty folder")
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    strides, files_s, index_s = make(wanted.folder, wanted.sessions, wanted.minutes, wanted.seed)
    print(f"{wanted.sessions} sessions, {strides:,} strides in {wanted.folder}: {files_s:.1f} s, index {index_s:.1f} s")
    print(f"KNEESYNC_LIBRARY={wanted.folder} kneesync sessions")


if __name__ == "__main__":
    main()
