"""A large library, and how fast the commands answer on it.

python -m bench.library FOLDER --sessions 500 --minutes 60    makes one; KNEESYNC_LIBRARY=FOLDER kneesync sessions
"""

import argparse
import time
from pathlib import Path

from bench import months
from kneesync.library import Library


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
