"""The signs that a board's motor gives, named here as it plays them: so that the thigh knows them before a run."""

from collections.abc import Callable
from dataclasses import dataclass

from kneesync import untrusted
from kneesync.board import find
from kneesync.board.link import Link
from kneesync.errors import KneesyncError

_MOST_BYTES = 1 << 14


@dataclass
class Sign:
    """What the motor is about to say: `pulses` of `pulse_ms` each."""

    name: str
    pulses: int
    pulse_ms: int


def feel(wanted: str | None = None, on_sign: Callable[[Sign], object] | None = None) -> list[Sign]:
    """Have the board that `wanted` names (find.pick) play every sign. Returns the Signs; on_sign(Sign) before each.

    KneesyncError if there is no motor, or a firmware that cannot do this.
    """
    board = find.pick(wanted)
    signs, rest = [], b""

    def take(data):
        nonlocal rest
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if not line.startswith(b"{"):
                continue  # what a driver prints beside it
            signs.append(_sign(line))
            if on_sign:
                on_sign(signs[-1])

    with Link(board.port, board.id) as link:
        try:
            link.stream("import feel; feel.run()", take, _MOST_BYTES)
        except KneesyncError as error:
            if "ImportError" in str(error):
                raise KneesyncError("this firmware cannot play its signs; run `kneesync flash`") from None
            raise
    return signs


def _sign(line):
    said = untrusted.parsed(line.decode("utf-8", "replace"), dict)
    if "error" in said:
        raise KneesyncError(f"the board says: {untrusted.printable(said['error'], 160)}")
    pulses, pulse_ms = untrusted.whole(said.get("pulses"), 1, 20), untrusted.whole(said.get("pulse_ms"), 1, 5000)
    if pulses is None or pulse_ms is None:
        raise KneesyncError("found a sign without its pulses; run `kneesync flash`")
    return Sign(untrusted.printable(said.get("sign"), 80), pulses, pulse_ms)
