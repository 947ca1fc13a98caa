"""How long the demo takes as a user waits for it, process start to report, after set-up."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 3


def run():
    program = shutil.which("kneesync", path=str(Path(sys.executable).parent))
    times_s = []
    for _ in range(ROUNDS):
        start_s = time.perf_counter()
        subprocess.run([program, "demo"], check=True, capture_output=True)
        times_s.append(time.perf_counter() - start_s)
    times_s.sort()
    figures = {"demo_wall_s": times_s[len(times_s) // 2], "least_s": times_s[0], "most_s": times_s[-1]}
    return [
        f"demo, 25 simulated minutes: {figures['demo_wall_s']:.0f} s wall "
        f"({times_s[0]:.0f} to {times_s[-1]:.0f} in {ROUNDS} runs), {25 * 60 / figures['demo_wall_s']:.0f} x real time"
    ], figures
