"""What may stand between this user and a serial port: it is gone, forbidden, or in use. Nothing is sent to it."""

import contextlib
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from kneesync import untrusted
from kneesync.errors import KneesyncError

RULE_PLACE = "/etc/udev/rules.d/70-kneesync.rules"
CAN_BE_ASKED = os.name == "posix"  # elsewhere only opening it tells
_BOOTLOADER = ("2e8a", "0003")  # an RP2040 in its ROM


@dataclass
class Trouble:
    """What was found, and the next step."""

    found: str
    step: str


def udev_rule() -> str:
    """The text of hardware/70-kneesync.rules: beside the package when installed, in the tree when not."""
    package = Path(__file__).parent.parent
    for path in (package / "hardware", package.parent.parent / "hardware"):
        with contextlib.suppress(OSError):
            return (path / Path(RULE_PLACE).name).read_text(encoding="utf-8")
    raise KneesyncError(
        f"no udev rule at {package / 'hardware'}; install kneesync again, or run it from its source tree"
    )


def trouble(port: str, virtual: bool = False) -> Trouble | None:
    """Why `port` cannot be used, as a Trouble; None if nothing is known against it."""
    if not CAN_BE_ASKED:
        return None
    shown = untrusted.printable(port, 40)
    try:
        about = os.stat(port)
    except OSError as error:
        return Trouble(f"{shown}: {error.strerror}", "plug the board in; `kneesync devices` lists what is there")
    no_port = Trouble(f"{shown} is no serial port", "`kneesync devices` lists the boards and their ports")
    if not stat.S_ISCHR(about.st_mode):
        return no_port
    if not os.access(port, os.R_OK | os.W_OK):
        return _forbidden(shown, about)
    reason, is_terminal = _refusal(port)
    if not reason and not is_terminal:
        return no_port
    if reason:
        by = holders(port)
        return Trouble(
            f"{shown} is {reason}{' by ' + ', '.join(by) if by else ''}", "close that program, then run this again"
        )
    if not virtual and (by := holders(port)):  # a virtual board holds its own port
        return Trouble(
            f"{shown} is in use by {', '.join(by)}", "close that program: two on one board eat each other's data"
        )
    return None


def _forbidden(shown, about):
    import grp
    import pwd

    try:
        group = grp.getgrgid(about.st_gid)
    except KeyError:
        name, members = str(about.st_gid), []
    else:
        name, members = group.gr_name, group.gr_mem
    found = f"{shown} may not be read and written by you (group {name}, mode {stat.S_IMODE(about.st_mode):04o})"
    if about.st_gid in (0, *os.getgroups()) or about.st_mode & 0o060 != 0o060:  # the group would not help
        return Trouble(found, f"kneesync doctor --udev-rule | sudo tee {RULE_PLACE}; then plug the board in again")
    with contextlib.suppress(KeyError):
        if pwd.getpwuid(os.getuid()).pw_name in members:
            return Trouble(found, f"you are in {name} since you logged in: log out and in again")
    return Trouble(
        found,
        f"sudo usermod -aG {name} $USER and log in again; or kneesync doctor --udev-rule | sudo tee {RULE_PLACE} "
        "and plug the board in again",
    )


def _refusal(port):
    """(How the port refuses to be opened for oneself, "" if it does not; whether it is a terminal, as ports are)."""
    import fcntl

    try:
        handle = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        return "in use" if error.errno == errno.EBUSY else f"not to be opened ({error.strerror})", False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return "", os.isatty(handle)
    except BlockingIOError:
        return "in use", True
    except OSError:  # a system that locks no devices: only opening it tells
        return "", os.isatty(handle)
    finally:
        os.close(handle)


def holders(port: str) -> list[str]:
    """Names of other processes that have it open, as far as this user may know: "screen (4711)". Linux only."""
    found, target = [], os.path.realpath(port)
    for folder in Path("/proc").glob("[0-9]*/fd"):
        pid = folder.parent.name
        if int(pid) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if any(os.path.realpath(handle) == target for handle in folder.iterdir()):
                name = untrusted.printable((folder.parent / "comm").read_text().strip(), 20)
                found.append(f"{name} ({pid})")
    return sorted(found)[:3]


def waiting_bootloader(devices: str | Path = "/sys/bus/usb/devices") -> bool:
    """Whether an RP2040 without a firmware waits on USB (Linux; elsewhere nobody knows: False)."""
    for device in Path(devices).glob("*"):
        with contextlib.suppress(OSError):
            if tuple((device / name).read_text().strip() for name in ("idVendor", "idProduct")) == _BOOTLOADER:
                return True
    return False
