"""Exercises of the catalogue in words: one of them, all of them, and the log of what was done."""

from dataclasses import asdict

from kneesync import untrusted
from kneesync.coach.catalog import load
from kneesync.coach.plan import dose
from kneesync.views import words
from kneesync.views.drills.text import OURS


def lines(exercise, catalog):
    """All that the catalogue says of one exercise."""
    per_week = exercise.group.per_week
    times = f"{per_week[0]}" if per_week[0] == per_week[1] else f"{per_week[0]}–{per_week[1]}"
    often = "every day" if per_week == (7, 7) else f"{times} {'time' if times == '1' else 'times'} a week"
    yield f"{exercise.name} ({exercise.key})"
    yield exercise.how
    if exercise.dose:
        yield f"How much: {dose(exercise)}, {exercise.minutes} min. {OURS}"
    yield f"How often: {often}, {exercise.group.when}."
    if exercise.variants:
        yield f"Variants: {', '.join(exercise.variants)}."
    if exercise.equipment:
        yield f"Needs: {', '.join(exercise.equipment)}."
    if exercise.after:
        yield f"Comes after: {', '.join(catalog.exercises[key].name for key in exercise.after)}, done on three days."
    for key in exercise.muscles:
        muscle = catalog.muscles[key]
        yield f"Trains the {muscle.name} ({', '.join(muscle.parts)}): they {muscle.role}."
    barriers = [row.name for row in catalog.barriers.values() if exercise.key in row.train]
    if barriers:
        yield f"For: {'; '.join(barriers)}."
    if exercise.mistakes:
        yield f"Mistakes: {'; '.join(exercise.mistakes)}."
    yield from exercise.cautions
    yield from catalog.precautions.always


def every(catalog):
    """Every exercise by its group."""
    for group in catalog.groups.values():
        own = [one for one in catalog.exercises.values() if one.group is group]
        yield f"{group.name}"
        for one in own:
            needs = f"  needs {', '.join(one.equipment)}" if one.equipment else ""
            yield f"  {one.key:22} {one.name}{needs}"


def as_json(exercise, catalog):
    return {
        "exercise": exercise.key,
        "name": exercise.name,
        "group": exercise.group.key,
        "per_week": list(exercise.group.per_week),
        "muscles": list(exercise.muscles),
        "how": exercise.how,
        "dose": dose(exercise),
        "minutes": exercise.minutes,
        "variants": list(exercise.variants),
        "equipment": list(exercise.equipment),
        "after": list(exercise.after),
        "mistakes": list(exercise.mistakes),
        "cautions": list(exercise.cautions),
        "barriers": [key for key, row in catalog.barriers.items() if exercise.key in row.train],
    }


def log_lines(log, changed, undone=False):
    """What was done, the newest day first; `changed`: only these, which were added or taken back; None: all."""
    if changed is not None:
        word = "taken back" if undone else "logged"
        for one in changed:
            yield f"{word}: {_done(one)} on {one.date}"
        return
    if not log.done:
        yield "Nothing logged yet: `kneesync drills done NAME` does, `kneesync drills list` names them."
    days = {}
    for one in log.done:
        days.setdefault(one.date, []).append(one)
    for date in sorted(days, reverse=True):
        yield f"{date}  {'; '.join(map(_done, days[date]))}"


def _done(one):
    known = load().exercises.get(one.exercise)
    name = known.name if known else untrusted.printable(one.exercise)
    return f"{name}, {words.plural(one.sets, 'set')}"


def log_as_json(log, changed):
    """For --json: all that is logged, and what just changed."""
    found = {"athlete": log.athlete, "done": [asdict(one) for one in log.done]}
    return found if changed is None else {**found, "changed": [asdict(one) for one in changed]}
