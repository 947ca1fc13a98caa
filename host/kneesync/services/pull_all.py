"""A board's visit at home: its sessions pulled, and freed on it if wanted; one board, or each that is connected."""

from dataclasses import dataclass, field

from kneesync.board import find
from kneesync.board import free as room
from kneesync.board.link import Link
from kneesync.board.pull import pull
from kneesync.errors import KneesyncError, NoBoardError


@dataclass
class Visit:
    """What came of one board's visit. `problem`: why it ended early; what was `pulled` and `freed` before stands."""

    port: str
    board: str | None = None
    info: dict = field(default_factory=dict)  # service.info() at its beginning
    pulled: list = field(default_factory=list)
    freed: list = field(default_factory=list)  # board.free.Freed
    left: dict = field(default_factory=dict)  # service.info() after freeing
    problem: str | None = None

    @property
    def failed(self):
        """Whether anything of it did not work."""
        return bool(self.problem) or any(one.state == "failed" for one in [*self.pulled, *self.freed])


def visit(board, library, progress=None, on_pulled=None, then_free=False, on_freed=None):
    """Pull from one find.Board, then free it if wanted. Returns a Visit; raises what Link and pull raise."""
    done = Visit(board.port, board.id)
    _visit(done, board, library, progress, on_pulled, then_free, on_freed)
    return done


def visits(library, progress=None, on_pulled=None, then_free=False, on_freed=None, on_visit=None):
    """The same with every board in reach, one after the other; a failure ends that visit only. Returns the Visits."""
    boards = find.boards()
    if not boards:
        raise NoBoardError(find.NONE_FOUND)
    done = []
    for board in boards:
        one = Visit(board.port, board.id)
        try:
            _visit(one, board, library, progress, on_pulled, then_free, on_freed)
        except KneesyncError as error:
            one.problem = str(error)
        done.append(one)
        if on_visit:
            on_visit(one)
    return done


def _visit(done, board, library, progress, on_pulled, then_free, on_freed):
    def keep(result):
        done.pulled.append(result)
        if on_pulled:
            on_pulled(result)

    with Link(board.port, board.id) as link:
        done.board, done.info = link.board, link.info
        pull(link, library, progress, on_result=keep)
        if then_free:
            done.freed = room.plan(link, library)
            room.free(link, done.freed, on_freed)
            done.left = link.call("service.info()")
