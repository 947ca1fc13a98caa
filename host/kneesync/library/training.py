"""What a runner trained, and answered in the self-check: training/<id>.json in the library's folder, one per athlete.

It stands beside the sessions, is written whole or not at all, and no reindex touches it. What stands in one is checked
as it is read: it may have been edited by hand. One that is none any more is named and never written over.
"""

import contextlib
import datetime
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.files import durable
from kneesync.library.index import NOBODY
from kneesync.library.store import Library

FOLDER = "training"
MOST_BYTES = 4 << 20
MOST_DONE = 20_000
MOST_SETS = 20
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True)
class Done:
    """One exercise done on one day. `sets`: how many; `barrier`: what it was chosen for then, "" if for nothing."""

    exercise: str
    date: str
    sets: int
    barrier: str = ""

    @property
    def day(self) -> datetime.date:
        return datetime.date.fromisoformat(self.date)


@dataclass
class Training:
    """One athlete's log (oldest first), self-check ({barrier: {"answer": "yes" or "no", "date"}}) and wishes.

    `wishes`: as far as given, "days" and "hard" (weekdays, 0 Monday), "minutes", "equipment" (words).
    """

    athlete: str = NOBODY
    done: list[Done] = field(default_factory=list)
    answers: dict = field(default_factory=dict)
    wishes: dict = field(default_factory=dict)


def read(library: Library, athlete: str) -> Training:
    """An athlete's Training; empty if nothing was ever written. KneesyncError if the disk refuses."""
    path = _path(library, athlete)
    try:
        with open(path, "rb") as file:
            found = untrusted.parsed(file.read(MOST_BYTES))
    except FileNotFoundError:
        return Training(athlete)
    except OSError as error:
        raise KneesyncError(f"cannot read {path}: {error.strerror}") from None
    except KneesyncError:
        raise KneesyncError(f"{path} is no training log any more: mend it, or move it away to begin anew") from None
    return sound(found, athlete)


@contextlib.contextmanager
def changing(library: Library, athlete: str) -> Iterator[Training]:
    """The athlete's Training, to change; it is written when the block ends, or not at all if it raises.

    Holds the library's lock, so that two processes' changes both stand.
    """
    with library.alone():
        training = read(library, athlete)
        yield training
        training.done.sort(key=lambda one: one.date)  # stable: the order of one day is that of its logging
        found = {
            "athlete": training.athlete,
            "done": [asdict(one) for one in training.done],
            "answers": training.answers,
            "wishes": training.wishes,
        }
        path = _path(library, athlete)
        with library.writing():
            path.parent.mkdir(exist_ok=True)
            durable.write_whole(path, json.dumps(found, ensure_ascii=False, indent=1).encode())


def _path(library, athlete):
    """By a hash: an athlete's name is free text, and capitals do not count."""
    name = " ".join(athlete.split()).casefold()
    return library.folder / FOLDER / (hashlib.sha256(name.encode()).hexdigest()[:12] + ".json")


def sound(found: dict[str, Any], athlete: str) -> Training:
    """What a file holds, as far as it makes sense."""
    done = found.get("done")
    answers = found.get("answers")
    done = done[:MOST_DONE] if isinstance(done, list) else []
    answers = answers if isinstance(answers, dict) else {}
    return Training(
        athlete,
        [one for one in map(_done, done) if one],
        {key: one for key, one in answers.items() if _key(key) and _is_answer(one)},
        _wishes(found.get("wishes")),
    )


def _wishes(found):
    """What was wished of a plan, as far as it makes sense."""
    checks = {
        "days": lambda value: _weekdays(value) or None,
        "hard": _weekdays,
        "minutes": lambda value: untrusted.whole(value, 10, 120),
        "equipment": _words,
    }
    if not isinstance(found, dict):
        return {}
    taken = {name: check(found[name]) for name, check in checks.items() if name in found}
    return {name: value for name, value in taken.items() if value is not None}


def _weekdays(value):
    if not isinstance(value, list) or any(untrusted.whole(one, 0, 6) is None for one in value):
        return None
    return sorted(set(value))


def _words(value):
    if not isinstance(value, list) or len(value) > 40:
        return None
    return [untrusted.printable(one, 40) for one in value if isinstance(one, str)]


def _done(row):
    if not isinstance(row, dict) or not _key(row.get("exercise")) or not _is_date(row.get("date")):
        return None
    sets = untrusted.whole(row.get("sets"), 1, MOST_SETS)
    barrier = row["barrier"] if _key(row.get("barrier")) else ""
    return Done(row["exercise"], row["date"], sets, barrier) if sets else None


def _is_answer(one):
    return isinstance(one, dict) and one.get("answer") in ("yes", "no") and _is_date(one.get("date"))


def _key(value):
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _is_date(value):
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
