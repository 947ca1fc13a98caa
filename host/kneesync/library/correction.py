"""What the runner knows better than the board: when a run began.

A correction stands in the session's note beside the file, so it outlives a new index. The file itself stays as pulled.
"""

import time
from datetime import datetime

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.library.store import EARLIEST_UNIX_S

AS_PULLED = "as-pulled"
_TOLERANCE_S = 60


def set_start(library, reference, text):
    """Give the session that `reference` names this local start time, or with "as-pulled" the one it came with.

    Returns the Kept as it stands then. KneesyncError if the text is no time, or one after the session was pulled.
    """
    kept = library.find(reference)
    if text == AS_PULLED:
        return library.say(kept, corrected_start_unix_s=None)
    try:
        start_unix_s = datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise KneesyncError(
            f"found {untrusted.printable(text, 30)!r}, expected a local time such as "
            f'"{time.strftime("%Y-%m-%d %H:%M")}", or {AS_PULLED}'
        ) from None
    latest_unix_s = kept.pulled_unix_s - (kept.duration_s or 0)
    if not EARLIEST_UNIX_S <= start_unix_s <= latest_unix_s + _TOLERANCE_S:
        latest = time.strftime("%Y-%m-%d %H:%M", time.localtime(latest_unix_s))
        raise KneesyncError(f"{kept.id} began before {latest}: found a start at {untrusted.printable(text, 30)}")
    return library.say(kept, corrected_start_unix_s=start_unix_s)
