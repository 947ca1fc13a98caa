"""A run that was cut and went on: its segments' files."""

from kneecore import sessionlog as log
from kneesync.formats.decoder import decode
from tests.support.knee_files import KneeFile

ROWS = [(700, 4200, -1500, 3900, 4100, 0)] * 60


def run_of(*missing, segments=3, raw=False):
    """A run's files: each but the last cut, every segment knowing the first."""
    files = []
    for number in range(1, segments + 1):
        more = {"run": decode(files[0]).run, "segment": number, "cut_by": "power"} if number > 1 else {}
        file = KneeFile(boot=6 + number, ticks_ms=5_000 if number > 1 else 20_000, **more)
        if number > 1:
            file.events((0, log.BASELINE, 36, 4200, 100, 700, -1500), (6_000, log.START, 2))
        else:
            file.events((20_000, log.START, 0), (60_000, log.BASELINE, 36, 4200, 100, 700, -1500))
        file.stride_block(20_000 if number == 1 else 4_000, ROWS)
        if raw:
            file.raw(500, [(1, 2, 3, 4, 5, 6)] * 20, t_ms=30_000)
        if number == segments:
            file.end(90_000)
        files.append(bytes(file.data))
    return [data for number, data in enumerate(files, 1) if number not in missing]
