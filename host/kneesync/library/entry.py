"""From a kept file to its entry in the index: what lists, trends and the coach compare, so that they decode no file."""

from kneesync.errors import KneesyncError
from kneesync.library import durable, sidenote
from kneesync.library.index import Kept


def of(path):
    """The Kept of one file, from its content and its side note. OSError if it cannot be read."""
    from kneesync.library.session import read

    sha256 = durable.sha256_of(path)
    try:
        session = read(path)
    except KneesyncError as error:
        session = error
    return made(path, sha256, session)


def made(path, sha256, session):
    """The Kept of a file. `session`: what it decoded to, or the KneesyncError that says why it did not."""
    found = path.stat()
    kept = Kept(
        id=path.stem,
        board="unknown",
        name=path.name,
        sha256=sha256,
        bytes=found.st_size,
        start_unix_s=None,
        start_from="unknown",
        pulled_unix_s=found.st_mtime,
    )
    problems = []
    if not sha256.startswith(kept.id):
        problems = ["the file is not as it was pulled: its SHA-256 has changed; restore it from a backup or the board"]
    if isinstance(session, KneesyncError):
        kept.problems = [*problems, str(session)]
    else:
        kept.run, kept.segment = session.run, session.segment
        for name, value in described(session).items():
            setattr(kept, name, value)
        kept.problems = problems + kept.problems
    return sidenote.applied(kept, sidenote.read(path))


def described(session):
    """What the session itself says of a Kept, as a dict of its fields."""
    from kneesync.analysis.comparable import row

    figures = row(session)
    leg = session.header.get("leg")
    return {
        "board_leg": leg if leg in ("L", "R") else None,
        "board_athlete": sidenote.line(session.settings["athlete"], sidenote.NAME_CHARACTERS),
        "has_raw": figures["has_raw"],
        "problems": list(session.problems),
        "figures": figures,
        **{
            name: figures[name]
            for name in ("duration_s", "strides", "cadence_spm", "knee_lift_deg", "drop_deg", "cues")
        },
    }
