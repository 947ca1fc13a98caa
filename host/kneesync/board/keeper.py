"""What a board's commands ask of whoever keeps its sessions: kneesync.library.Library, seen from below."""

from typing import Protocol, TypeVar


class Entry(Protocol):
    """A kept session."""

    @property
    def id(self) -> str: ...


class Transfer(Protocol):
    """A file on its way in: library.incoming.Incoming."""

    received_bytes: int

    def append(self, data: bytes) -> None: ...

    def close(self) -> None: ...


EntryT = TypeVar("EntryT", bound=Entry)
EntryT_co = TypeVar("EntryT_co", bound=Entry, covariant=True)
TransferT = TypeVar("TransferT", bound=Transfer)


class Keeper(Protocol[EntryT_co, TransferT]):
    """Its methods are documented where they are written, in library.store."""

    def holds(self, sha256: str) -> EntryT_co | None: ...

    def why_not_safe(self, sha256: str) -> str: ...

    def note_boot(self, board: str, boot: int, up_ms: float) -> None: ...

    def incoming(self, board: str, name: str, size_bytes: int, sha256: str) -> TransferT: ...

    def keep(self, incoming: TransferT) -> EntryT_co: ...
