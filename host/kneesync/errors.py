"""What goes wrong, said in one line: what was found, what was expected, what to do next."""


class KneesyncError(Exception):
    """Something the user can act on; the command line prints its text and exits with `exit_code`."""

    exit_code = 1


def inside(error):
    """The line for a fault of ours: nothing the user did, and nothing they can mend."""
    return f"failed inside: {type(error).__name__}: {error}; please report what `kneesync --debug` prints"


class LibraryError(KneesyncError):
    """The library's disk or index refuses: no other session will fare better."""


class NoBoardError(KneesyncError):
    """No board, or not the one asked for."""

    exit_code = 3
