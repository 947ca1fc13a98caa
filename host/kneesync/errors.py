"""What goes wrong, said in one line: what was found, what was expected, what to do next."""


class KneesyncError(Exception):
    """Something the user can act on; the command line prints its text and exits with `exit_code`."""

    exit_code = 1


class NoBoardError(KneesyncError):
    """No board, or not the one asked for."""

    exit_code = 3
