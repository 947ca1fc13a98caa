"""The rules of a week, checked from its own dates and the log alone: nothing of coach.plan or coach.history is used."""

import datetime
import itertools

HARDNESS = ("hip_flexor_strength", "posterior_chain_strength", "core_strength", "running_drill", "plyometric")
STRENGTH = HARDNESS[:3]
EVERYBODYS_MIN = 40
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def broken(plan, catalog, log, days, minutes, equipment, hard, pain):
    """Sentences on each rule that a plan breaks; log: [(exercise key, date, sets)], hard and days: weekday numbers."""
    return list(_broken(plan, catalog, log, days, minutes, equipment, hard, pain))


def _broken(plan, catalog, log, days, minutes, equipment, hard, pain):
    exercises, start = catalog.exercises, datetime.date.fromisoformat(plan["start"])
    before = [(key, date, sets) for key, date, sets in log if date < start]
    dates = [datetime.date.fromisoformat(day["date"]) for day in plan["days"]]
    if dates != [start + datetime.timedelta(days=i) for i in range(7)]:
        yield "not seven days in a row"
    planned = []  # (date, exercise, sets)
    for day, date in zip(plan["days"], dates, strict=True):
        if day["day"] != WEEKDAYS[date.weekday()]:
            yield f"{date} is no {day['day']}"
        planned += [(date, exercises[item["exercise"]], item["sets"]) for item in day["items"]]
        total = sum(_minutes(exercises[item["exercise"]], item["sets"]) for item in day["items"])
        if total > minutes + 0.01:
            yield f"{date} takes {total} min of {minutes}"
        if abs(total - day["minutes"]) > 0.06:
            yield f"{date} says {day['minutes']} min, takes {total}"
        keys = [item["exercise"] for item in day["items"]]
        if len(set(keys)) < len(keys):
            yield f"{date} has an exercise twice"

    def dates_of(*groups):
        return sorted({date for date, exercise, _ in planned if exercise.group.key in groups})

    for name, group in catalog.groups.items():
        if name == "form_cue":
            continue
        at = dates_of(name)
        if len(at) > group.per_week[1]:
            yield f"{name} on {len(at)} days"
        logged = [date for key, date, _ in before if key in exercises and exercises[key].group.key == name]
        around = ([max(logged)] if logged else []) + at
        for one, other in itertools.pairwise(around):
            if (other - one).days < group.days_apart:
                yield f"{name} on {one} and {other}"
        if at and (at[0] + datetime.timedelta(days=7) - at[-1]).days < group.days_apart:
            yield f"{name} does not repeat week to week"
    yield from _amounts(planned, catalog, before, start, pain)
    for date in dates_of(*HARDNESS):
        if date.weekday() not in days:
            yield f"work on {date}, no day that was chosen"
    if len(dates_of(*HARDNESS)) > 5:
        yield "fewer than two days without work"
    if dates_of("running_drill") and not dates_of(*STRENGTH):
        yield "drills alone"
    for date, exercise, _ in planned:
        yesterday, tomorrow = (date.weekday() - 1) % 7 in hard, (date.weekday() + 1) % 7 in hard
        today = date.weekday() in hard
        if exercise.group.key == "running_drill" and yesterday:
            yield f"drills on {date}, after a hard day"
        if exercise.group.key in STRENGTH and today:
            yield f"strength on {date}, a hard day"
        if exercise.group.key in STRENGTH[:2] and tomorrow:
            yield f"strength for the legs on {date}, before a hard day"
        if exercise.group.key == "plyometric" and (yesterday or today or tomorrow):
            yield f"plyometrics on {date}, beside a hard day"
        if not set(exercise.equipment) <= set(equipment):
            yield f"{exercise.key} without {exercise.equipment}"
        for earlier in exercise.after:
            if _days_of(earlier, before) < 3:
                yield f"{exercise.key} before {earlier}"
    yield from _plyometrics(planned, exercises, before, start, pain)
    yield from _always(plan, catalog, planned, dates, pain)


def _amounts(planned, catalog, before, start, pain):
    for _, exercise, sets in planned:
        least, most = exercise.dose["sets"]
        if not least <= sets <= most:
            yield f"{exercise.key}: {sets} sets"
        if sets > least and exercise.group.key in HARDNESS and _days_of(exercise.key, before) < 3:
            yield f"{exercise.key}: more sets while it is new"
    work = sum(_minutes(one, sets) for _, one, sets in planned if one.group.key in HARDNESS)
    logged = 0
    for back in range(3):
        last = start - datetime.timedelta(days=7 * back)
        logged = logged or sum(
            _minutes(catalog.exercises[key], sets)
            for key, date, sets in before
            if key in catalog.exercises
            and catalog.exercises[key].group.key in HARDNESS
            and last - datetime.timedelta(days=7) <= date < last
        )
    allowed = logged if pain and logged else max(EVERYBODYS_MIN, 1.1 * logged)
    if work > allowed + 0.01:
        yield f"{work} min of work on {logged} logged"


def _plyometrics(planned, exercises, before, start, pain):
    keys = {one.key for _, one, _ in planned if one.group.key == "plyometric"}
    if not keys:
        return
    if pain:
        yield "plyometrics with pain"
    weeks = 0
    for back in range(6):
        last = start - datetime.timedelta(days=7 * back)
        days = {
            date
            for key, date, _ in before
            if key in exercises
            and exercises[key].group.key in STRENGTH
            and last - datetime.timedelta(days=7) <= date < last
        }
        weeks += len(days) >= 2
    if weeks < 4:
        yield f"plyometrics after {weeks} weeks of strength"
    if sum(_days_of(key, before) < 3 for key in keys) > 1:
        yield "two new plyometrics"


def _always(plan, catalog, planned, dates, pain):
    for date in dates:
        groups = {one.group.key for at, one, _ in planned if at == date}
        if not {"dynamic_stretch", "static_stretch"} <= groups:
            yield f"no mobility on {date}"
    for name in ("dynamic_stretch", "static_stretch"):
        if any(one.group.key == name and all(one is not each for _, each, _ in planned) for one in _all(catalog)):
            yield f"a {name} that no day has"
    for day in plan["days"]:
        groups = [item["group"] for item in day["items"]]
        work = [number for number, group in enumerate(groups) if group in HARDNESS]
        if work and not (set(groups[: work[0]]) == {"dynamic_stretch"} and "static_stretch" in groups[work[-1] :]):
            yield f"{day['date']} does not warm up first and stretch last"
    precautions = catalog.precautions
    if plan["precautions"] != list(precautions.always) or plan["guidance"] != precautions.guidance:
        yield "precautions are missing"
    if plan["mistakes"] != list(precautions.mistakes):
        yield "mistakes are missing"
    if bool(plan["cue_off"]) != bool(pain):
        yield "the cue is not turned off with pain"
    if catalog.exercises[plan["form_cue"]["exercise"]].group.key != "form_cue":
        yield "no form cue"


def _all(catalog):
    return catalog.exercises.values()


def _days_of(key, before):
    return len({date for each, date, _ in before if each == key})


def _minutes(exercise, sets):
    return exercise.minutes * sets / exercise.dose["sets"][0]
