"""The catalogue: muscles, exercises, barriers and precautions, read from catalog.toml and checked against these tables.

    catalog = load()
    catalog.exercises["a-skip"].group.per_week      # (1, 2)

A catalogue of one's own (`load(path)`) is checked the same way: CatalogError names file, entry and what is wrong.
"""

import tomllib
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from pathlib import Path

from kneesync import untrusted
from kneesync.errors import KneesyncError

FILE = Path(__file__).with_name("catalog.toml")

# What findings.py can say: a barrier's `signs` are of these.
SIGNS = (
    "drop_late",
    "short_extension",
    "slow_swing_up",
    "falling_cadence",
    "low_cadence",
    "growing_variability",
    "low_lift_at_pace",
    "asymmetry",
)
# An amount outside these is a slip of the pen: (least, most).
_AMOUNTS = {"sets": (1, 6), "reps": (3, 30), "seconds": (5, 120), "metres": (10, 400)}
_MOST_MINUTES = 20


class CatalogError(KneesyncError):
    """The catalogue does not fit: the text names file and entry."""


@dataclass(frozen=True)
class Group:
    """A kind of exercise: how often a week it is done (least, most), when, and how many days lie between two times."""

    key: str
    name: str
    per_week: tuple
    when: str
    days_apart: int


@dataclass(frozen=True)
class Muscle:
    """A muscle group and what it does in knee drive."""

    key: str
    name: str
    parts: tuple
    role: str


@dataclass(frozen=True)
class Exercise:
    """One thing to do. `dose`: amounts as (least, most) by "sets", "reps", "seconds", "metres", and "each_side".

    `after`: exercises to be at home in first. `minutes`: how long the smallest dose takes, rests included.
    """

    key: str
    name: str
    group: Group
    muscles: tuple
    how: str
    dose: dict = field(default_factory=dict)
    minutes: int = 0
    variants: tuple = ()
    equipment: tuple = ()
    after: tuple = ()
    mistakes: tuple = ()
    cautions: tuple = ()


@dataclass(frozen=True)
class Barrier:
    """What limits knee drive: `signs` that a thigh sensor may show, what only the runner can tell, what to train.

    `ask` is answered yes or no; `limited_if` is the answer that names the barrier.
    """

    key: str
    name: str
    what: str
    signs: tuple
    ask: str
    limited_if: str
    train: tuple


@dataclass(frozen=True)
class Precautions:
    """What is always in sight, the usual mistakes, and whose eyes are better than ours."""

    always: tuple
    mistakes: tuple
    guidance: str


@dataclass(frozen=True)
class Catalog:
    """Everything by its key, in the file's order."""

    groups: dict
    muscles: dict
    exercises: dict
    barriers: dict
    precautions: Precautions

    def equipment(self):
        """Everything that some exercise needs, in the catalogue's order."""
        return tuple(dict.fromkeys(item for exercise in self.exercises.values() for item in exercise.equipment))


@cache
def load(path=FILE):
    """The Catalog in a file. CatalogError with file and entry where it does not fit."""
    path = Path(path)
    try:
        with open(path, "rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise CatalogError(f"cannot read the catalogue {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path.name} is no TOML: {error}") from None
    return _Reader(path.name).catalog(data)


class _Reader:
    """Turns tables into the classes above; `name` is the file's, for errors."""

    def __init__(self, name):
        self.name = name

    def catalog(self, data):
        self._known("the file", data, {"groups", "muscles", "exercise", "barriers", "precautions"})
        groups = self._section(Group, data, "groups")
        muscles = self._section(Muscle, data, "muscles")
        exercises = {}
        listed = data.get("exercise", [])
        if not isinstance(listed, list):
            raise self._wrong("exercise", "expected [[exercise]] entries")
        for number, table in enumerate(listed, 1):
            exercise = self._exercise(number, table, groups, muscles)
            if exercise.key in exercises:
                raise self._wrong(f"exercise {exercise.key}", "stands there twice")
            exercises[exercise.key] = exercise
        for exercise in exercises.values():
            self._references(f"exercise {exercise.key}", "after", exercise.after, exercises)
        self._acyclic(exercises)
        barriers = self._section(Barrier, data, "barriers")
        for barrier in barriers.values():
            self._references(f"barriers.{barrier.key}", "signs", barrier.signs, SIGNS)
            self._references(f"barriers.{barrier.key}", "train", barrier.train, exercises)
            if barrier.limited_if not in ("yes", "no"):
                raise self._wrong(
                    f"barriers.{barrier.key}", f"limited_if is {_shown(barrier.limited_if)}, not yes or no"
                )
            if not barrier.train:
                raise self._wrong(f"barriers.{barrier.key}", "train is empty")
        precautions = self._build(Precautions, "precautions", data.get("precautions", {}))
        return Catalog(groups, muscles, exercises, barriers, precautions)

    def _section(self, kind, data, section):
        tables = data.get(section, {})
        if not isinstance(tables, dict) or not tables:
            raise self._wrong(section, "expected at least one entry")
        return {key: self._build(kind, f"{section}.{key}", table, key=key) for key, table in tables.items()}

    def _exercise(self, number, table, groups, muscles):
        where = f"exercise {number}"
        if isinstance(table, dict) and isinstance(table.get("key"), str):
            where = f"exercise {table['key']}"
        exercise = self._build(Exercise, where, table)
        self._references(where, "group", (exercise.group,), groups)
        self._references(where, "muscles", exercise.muscles, muscles)
        if not exercise.muscles:
            raise self._wrong(where, "muscles is empty")
        if not 0 <= exercise.minutes <= _MOST_MINUTES:
            raise self._wrong(where, f"minutes is {exercise.minutes}, expected 0 to {_MOST_MINUTES}")
        dose = self._dose(where, exercise.dose)
        values = {one.name: getattr(exercise, one.name) for one in fields(Exercise)}
        return Exercise(**{**values, "group": groups[exercise.group], "dose": dose})

    def _dose(self, where, dose):
        self._known(f"{where}, dose", dose, {*_AMOUNTS, "each_side"})
        checked = {}
        for name, amount in dose.items():
            if name == "each_side":
                checked[name] = amount is True
                continue
            least, most = _AMOUNTS[name]
            fits = isinstance(amount, list) and len(amount) == 2 and all(type(one) is int for one in amount)
            if not fits or not least <= amount[0] <= amount[1] <= most:
                raise self._wrong(where, f"dose {name} is {amount}, expected [least, most] within {least} to {most}")
            checked[name] = tuple(amount)
        if dose and ("sets" not in dose or len(set(dose) & {"reps", "seconds", "metres"}) != 1):
            raise self._wrong(where, "a dose has sets, and one of reps, seconds and metres")
        return checked

    def _build(self, kind, where, table, **known):
        """An instance of `kind` from a table: every key known, every value of the field's type, none missing."""
        if not isinstance(table, dict):
            raise self._wrong(where, "expected a table")
        wanted = {one.name: one for one in fields(kind) if one.name not in known}
        self._known(where, table, set(wanted))
        values = dict(known)
        for name, one in wanted.items():
            if name not in table:
                if one.default is MISSING and one.default_factory is MISSING:
                    raise self._wrong(where, f"{name} is missing")
                continue
            values[name] = self._value(where, name, table[name], one.type)
        built = kind(**values)
        if kind is Group and (len(built.per_week) != 2 or not 1 <= built.per_week[0] <= built.per_week[1] <= 7):
            raise self._wrong(where, f"per_week is {list(built.per_week)}, expected [least, most] within 1 to 7")
        return built

    def _value(self, where, name, value, kind):
        if kind is tuple:
            member = int if name == "per_week" else str
            if not isinstance(value, list) or any(type(one) is not member for one in value):
                raise self._wrong(where, f"{name} is {_shown(value)}, expected a list")
            return tuple(value)
        kind = str if kind is Group else kind  # a group is named by its key
        if type(value) is not kind or (kind is str and not value.strip()):
            raise self._wrong(where, f"{name} is {_shown(value)}, expected {_KINDS[kind]}")
        return value

    def _references(self, where, name, keys, known):
        for key in keys:
            if key not in known:
                raise self._wrong(where, f"{name} names {_shown(key)}, which is not there")

    def _acyclic(self, exercises):
        for key in exercises:
            ahead, seen = list(exercises[key].after), set()
            while ahead:
                one = ahead.pop()
                if one == key:
                    raise self._wrong(f"exercise {key}", "comes after itself")
                if one not in seen:
                    seen.add(one)
                    ahead.extend(exercises[one].after)

    def _known(self, where, table, names):
        for key in table:
            if key not in names:
                raise self._wrong(where, f"unknown key {_shown(key)}; known are {', '.join(sorted(names))}")

    def _wrong(self, where, what):
        return CatalogError(f"{self.name}, {where}: {what}")


_KINDS = {str: "a text", int: "a whole number", dict: "a table"}


def _shown(value):
    return untrusted.printable(repr(value), 40)
