"""Makes the VM a board: the file system at the root, and only modules that an RP2040 has too."""

import sys

# Frozen Python versions of binascii, os and time would shadow the C ones that rp2 has.
sys.path.remove(".frozen")

import os  # noqa: E402
import time  # noqa: E402

import _files  # noqa: E402
import bridge  # noqa: E402
import machine  # noqa: E402
import micropython  # noqa: E402
import vfs  # noqa: E402

sys.modules["utime"] = time
sys.modules["umachine"] = machine
vfs.umount("/")
vfs.mount(_files.Volume(), "/")

fire_timers = machine._fire_timers
kbd_intr = micropython.kbd_intr


def look_for(script):
    """Tell the VM's runner whether there is such a script."""
    try:
        os.stat(script)
        bridge.script_found(1)
    except OSError:
        bridge.script_found(0)
