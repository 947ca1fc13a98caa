"""Bringing a board's sessions home: list, stream, check, keep. Cut anywhere and run again, it ends the same.

A file gets its name in the library only when every chunk's CRC and the whole file's SHA-256 are those that the board
said. What was received before a cut is kept aside and the transfer goes on from there.
"""

import binascii
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol

from kneesync import untrusted
from kneesync.board.keeper import EntryT, Keeper, TransferT
from kneesync.board.link import HASHING_QUIET_S, Link, LinkError
from kneesync.errors import KneesyncError, LibraryError
from kneesync.formats.decoder import MOST_FILE_BYTES

WIRE = 2  # as device/service.py has it
CHUNK_BYTES = 6144  # what service.read puts into one line
WINDOW_BYTES = 256 * CHUNK_BYTES  # asked for at once: most files, so that no round trips are waited for
CAREFUL_BYTES = 16 * CHUNK_BYTES  # the same on a wire that does damage: what is behind a bad chunk comes again
_LINE_BYTES = CHUNK_BYTES // 3 * 4 + 16
_AT_ONCE_BYTES = 32768
MOST_SESSIONS = 4096
MOST_TRIES = 4  # windows in a row without progress
MOST_DAMAGED = 64  # windows of one file


@dataclass
class Pulled(Generic[EntryT]):
    """What became of one file on the board."""

    name: str
    bytes: int = 0
    state: str = "failed"  # "new", "here already" or "failed"
    kept: EntryT | None = None  # the library's entry, unless failed
    problem: str | None = None

    @property
    def session_id(self) -> str | None:
        """The session's id in the library, None if it failed."""
        return self.kept.id if self.kept else None


@dataclass
class Listed:
    """One file as the board lists it, checked."""

    name: str
    bytes: int
    sha256: str


class Listing(NamedTuple):
    """A board's files: those that make sense, and what is wrong with the others."""

    files: list[Listed]
    refused: list[Pulled[Any]]  # nothing of them was kept


class Progress(Protocol):
    """Called as data comes: the file's name, bytes so far and in all, and that it is the k-th of so many."""

    def __call__(self, name: str, so_far: int, total: int, *, number: int, of: int) -> object: ...


def pull(
    link: Link,
    library: Keeper[EntryT, TransferT],
    progress: Progress | None = None,
    on_result: Callable[[Pulled[EntryT]], object] | None = None,
) -> list[Pulled[EntryT]]:
    """Bring every session of the board at `link` that the library does not hold. Returns a list of Pulled.

    progress(name, bytes so far, bytes in all, number=k, of=n) is called as data comes of the k-th of n files that are
    asked for, on_result(Pulled) after each file. A file that cannot be had or is no session is reported and the next
    one taken; LinkError when the board itself is gone, LibraryError when nothing can be kept.
    """
    _same_wire(link)
    _set_clock(link)
    listed, results = listing(link, lambda: _date_boot(link, library))
    for result in results:
        if on_result:
            on_result(result)
    number, of = 0, sum(not library.holds(file.sha256) for file in listed)
    for file in listed:
        kept = library.holds(file.sha256)
        if kept:
            result = Pulled(file.name, file.bytes, "here already", kept)
        else:
            number += 1
            report = partial(progress, number=number, of=of) if progress else None
            result = _one(link, library, file, report)
        results.append(result)
        if on_result:
            on_result(result)
    return results


def _same_wire(link):
    """LinkError if the board's firmware sends sessions in another way than is read here."""
    wire = untrusted.whole(link.info.get("wire", 1), 1, 1 << 16)
    if wire != WIRE:
        advice = "pip install -U kneesync" if (wire or 0) > WIRE else "install this version's: kneesync flash"
        firmware = untrusted.printable(link.info.get("firmware"), 32)
        raise LinkError(
            f"the board's firmware {firmware} sends sessions in a way that this kneesync cannot read; {advice}"
        )


def tell_time(link: Link, library: Keeper[Any, Any]) -> None:
    """Date the board's present boot by this machine's clock, and set the board's.

    Every command that stops the board does this first: with the restart at its end the boot is over, and runs recorded
    in it could not be dated any more.
    """
    _date_boot(link, library)
    _set_clock(link)


def _date_boot(link, library):
    up_ms = untrusted.whole(link.info.get("up_ms"), 0, 1 << 40)
    boot = untrusted.whole(link.info.get("boot"), 0, 1 << 31)
    if up_ms is not None and boot is not None:
        library.note_boot(link.board, boot, up_ms)


def _set_clock(link):
    link.call(f"service.set_clock({int(time.time())})")


def listing(link: Link, meanwhile: Callable[[], object] | None = None) -> Listing:
    """The Listing of the board at `link`. meanwhile() is called while the board hashes them."""
    listed, refused = [], []
    entries = link.call("service.listing()", list, HASHING_QUIET_S, meanwhile=meanwhile)
    if len(entries) > MOST_SESSIONS:
        raise LinkError(
            f"the board lists {len(entries)} sessions, expected up to {MOST_SESSIONS}; run `kneesync flash`"
        )
    for one in entries:
        entry = one if isinstance(one, dict) else {}
        name = untrusted.session_name(entry.get("name"))
        size_bytes = untrusted.whole(entry.get("bytes"), 0, MOST_FILE_BYTES)
        digest = untrusted.sha256(entry.get("sha256"))
        if name is None or size_bytes is None or digest is None:
            shown = untrusted.printable(entry.get("name"), 40)
            refused.append(Pulled(shown, problem="its name, size or hash is not one of a session; left on the board"))
        else:
            listed.append(Listed(name, size_bytes, digest))
    whole_bytes = sum(file.bytes for file in listed)
    if whole_bytes > MOST_FILE_BYTES:
        raise LinkError(
            f"the board lists sessions of {whole_bytes} bytes, expected up to {MOST_FILE_BYTES}; "
            "install the firmware anew"
        )
    return Listing(listed, refused)


def _one(link, library, file, progress):
    """Bring one file that the library does not hold."""
    problem = None
    for _ in range(2):  # a part left by an earlier pull may be what spoils the hash: then once from its start
        incoming = library.incoming(link.board, file.name, file.bytes, file.sha256)
        resumed = incoming.received_bytes > 0
        try:
            _receive(link, file, incoming, progress)
            return Pulled(file.name, file.bytes, "new", library.keep(incoming))
        except (LinkError, LibraryError):
            raise
        except KneesyncError as error:
            problem = str(error)
        finally:
            incoming.close()
        if not resumed:
            break
    return Pulled(file.name, file.bytes, problem=problem)


def _receive(link, file, incoming, progress):
    """Append to `incoming` until all of the file is there."""
    window_bytes = WINDOW_BYTES
    idle = damaged = 0
    while (offset := incoming.received_bytes) < file.bytes:
        wanted = min(window_bytes, file.bytes - offset)
        window = _Window(wanted, lambda data: _took(incoming, data, file, progress))
        most_bytes = math.ceil(wanted / CHUNK_BYTES) * _LINE_BYTES + 64
        try:
            link.stream(f"service.read({file.name!r}, {offset}, {wanted})", window.take, most_bytes)
        finally:
            window.finish()  # also of a wire that broke: what came need not come again
        if window.error:
            raise KneesyncError(f"{file.name}: the board says: {window.error}")
        if incoming.received_bytes == offset + wanted:
            idle = 0
            continue
        window_bytes = CAREFUL_BYTES
        damaged += 1
        idle = 0 if incoming.received_bytes > offset else idle + 1
        if idle == MOST_TRIES or damaged == MOST_DAMAGED:
            times = (
                f"at {offset} arrived damaged {idle} times" if idle else f"arrived damaged {damaged} times in places"
            )
            raise KneesyncError(f"{file.name}: its bytes {times}; try another cable")


def _took(incoming, data, file, progress):
    incoming.append(data)
    if progress:
        progress(file.name, incoming.received_bytes, file.bytes)


class _Window:
    """Decodes the lines of one service.read: chunks in order up to the first damaged one, the rest is passed over.

    `on_data` gets them some at a time: a wire gives a few KB at once, each of which would cost a write to the disk.
    """

    def __init__(self, wanted_bytes, on_data):
        self._left = wanted_bytes
        self._on_data = on_data
        self._pieces = []
        self._waiting_bytes = 0
        self._sound = True
        self.error = None

    def take(self, data):
        """More of what the board printed."""
        self._pieces.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= _AT_ONCE_BYTES:
            self._decode()

    def finish(self):
        """No more comes."""
        if self._pieces:
            self._decode()

    def _decode(self):
        *lines, rest = b"".join(self._pieces).split(b"\n")
        chunks = []
        for line in lines:
            if line.startswith(b'{"error"'):
                self.error = untrusted.printable(line.rstrip().decode("ascii", "replace"), 160)
            elif self._sound and self._left and (sent := line.rstrip(b"\r")):
                chunk = _chunk(sent)
                if chunk is None or len(chunk) != min(CHUNK_BYTES, self._left):
                    self._sound = False
                else:
                    self._left -= len(chunk)
                    chunks.append(chunk)
        if len(rest) > _LINE_BYTES:  # no line of ours: it need not be collected
            self._sound = False
            rest = b""
        self._pieces = [rest] if rest else []
        self._waiting_bytes = len(rest)
        if chunks:
            self._on_data(b"".join(chunks))


def _chunk(line):
    """The bytes of one line "<crc32> <base64>", or None if they are not those that were sent."""
    try:
        data = binascii.a2b_base64(line[9:], strict_mode=True)
        return data if line[8:9] == b" " and int(line[:8], 16) == binascii.crc32(data) else None
    except ValueError:
        return None
