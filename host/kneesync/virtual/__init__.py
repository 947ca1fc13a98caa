"""A board without hardware: the firmware on the real MicroPython VM, with chips, flash and a port. Needs POSIX."""

import os
from importlib.util import find_spec

from kneesync.errors import KneesyncError

NEEDS_POSIX = (
    "the virtual board needs POSIX (Linux, macOS, or WSL on Windows): its port is a pseudo-terminal; "
    "boards on USB, the library and its reports work here"
)


def __getattr__(name):
    """VirtualBoard and Flash, when asked for: then it shows whether this machine can have them."""
    if name not in ("Flash", "VirtualBoard"):
        raise AttributeError(name)
    if os.name != "posix":
        raise KneesyncError(NEEDS_POSIX)
    if find_spec("littlefs") is None:
        raise KneesyncError(
            'the virtual board needs littlefs-python, which is not installed; pip install "kneesync[sim]"'
        )
    from kneesync.virtual.board import VirtualBoard
    from kneesync.virtual.flash import Flash

    return {"Flash": Flash, "VirtualBoard": VirtualBoard}[name]
