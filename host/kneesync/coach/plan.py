"""A week of training that fits the findings, the runner's days and what was logged. The same input gives the same week.

    plan = week(load(), found["barriers"], training.done, datetime.date(2026, 11, 23), days=(0, 2, 5), minutes=30)

Rules, each held by an independent checker in tests/support/plan_rules.py: groups no more often than the catalogue says
and as far apart, also from what was logged; work grows by at most a tenth over the last logged week (up to START_MIN is
open to everybody); drills only beside strength, and never the day after a hard run; strength for the legs neither on a
hard day nor the day before; plyometrics only on four logged strength weeks, with at most one that is new, away from
hard days, and none with pain; an exercise only with its equipment and once one is at home in what comes before it;
mobility every day; a day's minutes.
"""

import datetime
import itertools
from dataclasses import dataclass, field

from kneesync.coach.history import LOADED, STRENGTH, History, least_sets, minutes_of, most_sets
from kneesync.errors import KneesyncError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPREAD = {1: (2,), 2: (1, 4), 3: (0, 2, 5), 4: (0, 2, 4, 6), 5: (0, 1, 3, 4, 6), 6: (0, 1, 2, 3, 4, 5)}
MINUTES = (10, 120)
# Minutes of loaded work open to everybody: a first week, of which who logged less is no less capable than who logged
# nothing. It holds two short days of strength and one of drills, the least that the article's frequencies ask for.
START_MIN = 40
GROWTH = 1.10  # a week over the last logged one, beyond START_MIN
FIRST_WEEK, A_TENTH, NO_GROWTH = "first week", "a tenth more", "no growth"  # what bounds a week's work
PER_GROUP = 2  # exercises of one strength group on one day
DRILLS_A_DAY = 3
MOST_LOADED_DAYS = 5  # two days of the week stay without
_LEGS = ("hip_flexor_strength", "posterior_chain_strength")
_ORDER = ("dynamic_stretch", "running_drill", "plyometric", *STRENGTH, "static_stretch", "foam_rolling")


@dataclass
class Day:
    """One date of the plan: [exercise, sets] in the order of doing."""

    date: datetime.date
    items: list = field(default_factory=list)

    @property
    def weekday(self):
        return self.date.weekday()

    def minutes(self):
        return sum(minutes_of(exercise, sets) for exercise, sets in self.items)

    def holds(self, exercise):
        return any(one is exercise for one, _ in self.items)

    def has(self, *groups):
        return any(exercise.group.key in groups for exercise, _ in self.items)


def weekdays(text):
    """Weekdays (0 Monday) from "mon,wed,sat" or a count such as "3". KneesyncError if it is neither."""
    words = [word.strip().lower() for word in text.replace(" ", ",").split(",") if word.strip()]
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        if int(words[0]) not in SPREAD:
            raise KneesyncError(
                f"found {words[0]} days, expected 1 to {max(SPREAD)}: a day of rest is part of the week"
            )
        return SPREAD[int(words[0])]
    known = {name: number for number, name in enumerate(DAYS)}
    found = []
    for word in words:
        if len(word) < 3 or word[:3] not in known or not _FULL[known[word[:3]]].startswith(word):
            raise KneesyncError(f"found {word[:20]!r}, expected days such as mon,wed,sat, or how many a week")
        found.append(known[word[:3]])
    return tuple(sorted(set(found)))


_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def week(catalog, barriers, done, start, days=SPREAD[3], minutes=30, equipment=(), hard=(), pain=None):
    """Seven days from `start` as a dict, fit for JSON. barriers: findings()["barriers"]; done: library.training.Done.

    days, hard: weekdays (0 Monday) to train on, and of hard runs. equipment: what there is, by the catalogue's words.
    pain: None or {"pain": 1 to 10, "where", "id", "day"}. The result: "start", "days" [{"day", "date", "minutes",
    "loaded", "items" [{"exercise", "name", "group", "sets", "dose", "minutes", "why", "how", "variants", "mistakes",
    "cautions", "new"}]}], "form_cue" (an item), "volume" {"minutes", "allowed", "logged", "bound": FIRST_WEEK,
    A_TENTH or NO_GROWTH}, "notes", "cue_off" (a command, or None), "precautions", "mistakes", "guidance".
    """
    return _Week(catalog, barriers, History(catalog, done, start), start, days, minutes, equipment, hard, pain).made()


class _Week:
    def __init__(self, catalog, barriers, history, start, days, minutes, equipment, hard, pain):
        self._catalog, self._barriers, self._history = catalog, barriers, history
        self._minutes, self._equipment, self._pain = minutes, set(equipment), pain
        self._hard = set(hard)
        self._days = [Day(start + datetime.timedelta(days=i)) for i in range(7)]
        self._chosen = [day for day in self._days if day.weekday in set(days)]
        self._notes, self._why = [], {}
        for row in barriers:
            for key in row["train"]:
                self._why.setdefault(key, row["key"])
        self._logged = history.volume_min()
        if pain and self._logged:
            self._allowed, self._bound = self._logged, NO_GROWTH
        elif self._logged and GROWTH * self._logged > START_MIN:
            self._allowed, self._bound = GROWTH * self._logged, A_TENTH
        else:
            self._allowed, self._bound = START_MIN, FIRST_WEEK

    def made(self):
        if not self._barriers:
            self._notes.append(
                "No finding names a weakness, so this is a base that suits most runners, not advice for you."
            )
        self._mobility()
        strength = self._strength_days()
        # in this order, so that a small week has something of each: what comes later takes the room that is left
        groups = self._groups()
        self._fill(strength, groups[:1], 1)
        self._add_plyometric()
        drills = self._drill_days() if any(day.has(*STRENGTH) for day in self._days) else []
        self._add_drills(drills, 1)
        self._fill(strength, groups[:2], 1)
        self._fill(strength, groups, 1)
        if not drills and any(day.has(*STRENGTH) for day in self._days):  # the first group had no day
            drills = self._drill_days()
        self._add_drills(drills, DRILLS_A_DAY)
        self._fill(strength, groups, PER_GROUP)
        self._more_sets()
        if not any(day.has("running_drill") for day in self._days):
            self._notes.append(self._why_no_drills())
        self._say_what_is_lacking()
        return self._described()

    # What may be done

    def _ranked(self, group):
        """The exercises of a group that may be done, those that the barriers want first, in the barriers' order."""
        of_group = [one for one in self._catalog.exercises.values() if one.group.key == group]
        order = list(self._why)
        of_group.sort(key=lambda one: order.index(one.key) if one.key in self._why else len(order))
        return [one for one in of_group if self._may(one)]

    def _may(self, exercise):
        return set(exercise.equipment) <= self._equipment and all(self._history.at_home(key) for key in exercise.after)

    def _volume(self):
        return sum(minutes_of(*item) for day in self._days for item in day.items if item[0].group.key in LOADED)

    def _fits(self, day, more_min):
        return day.minutes() + more_min <= self._minutes + 1e-9 and self._volume() + more_min <= self._allowed + 1e-9

    def _put(self, day, exercise):
        """Add an exercise with its fewest sets if day and week have room for it."""
        sets = least_sets(exercise)
        loaded = {each.date for each in self._days if each.has(*LOADED)} | {day.date}
        if day.holds(exercise) or not self._fits(day, minutes_of(exercise, sets)) or len(loaded) > MOST_LOADED_DAYS:
            return False
        day.items.append([exercise, sets])
        return True

    # Mobility, every day

    def _mobility(self):
        dynamic, static = self._ranked("dynamic_stretch"), self._ranked("static_stretch")
        for number, day in enumerate(self._days):
            wanted = [dynamic[number % len(dynamic)], static[number % len(static)]]
            if self._minutes >= 20:  # what the barriers want most, each day
                wanted += [dynamic[0], static[0]] if self._minutes >= 30 else [static[0]]
            for exercise in wanted + (self._ranked("foam_rolling") if self._minutes >= 30 else []):
                share = self._minutes if day not in self._chosen else max(self._minutes / 2, 5)
                if not day.holds(exercise) and day.minutes() + exercise.minutes <= share:
                    day.items.append([exercise, least_sets(exercise)])

    # Which days

    def _after_hard(self, day):
        return (day.weekday - 1) % 7 in self._hard

    def _before_hard(self, day):
        return (day.weekday + 1) % 7 in self._hard

    def _apart(self, days, group):
        """Whether days lie apart as a group needs it: from one another, week to week, and from the log."""
        apart = self._catalog.groups[group].days_apart
        places = sorted((day.date - self._days[0].date).days for day in days)
        gaps = [later - earlier for earlier, later in itertools.pairwise(places)]
        gaps += [places[0] + 7 - places[-1]] if len(places) > 1 else []
        since = self._history.since(group)
        return all(gap >= apart for gap in gaps) and (since is None or not places or places[0] + since >= apart)

    def _best(self, days, groups, most, better=lambda day: 0):
        """Of the days that keep all groups' distances as many as may be, evenly spread, `better` ones first."""
        for count in range(min(most, len(days)), 0, -1):
            fits = [
                some for some in itertools.combinations(days, count) if all(self._apart(some, one) for one in groups)
            ]
            if fits:
                return list(max(fits, key=lambda some: (sum(map(better, some)), self._evenness(some))))
        return []

    def _evenness(self, days):
        places = [(day.date - self._days[0].date).days for day in days]
        return min((later - earlier for earlier, later in itertools.pairwise([*places, places[0] + 7])), default=7)

    def _strength_days(self):
        free = [day for day in self._chosen if day.weekday not in self._hard]
        free = [day for day in free if not self._before_hard(day)] or free
        most = (
            self._catalog.groups[_LEGS[0]].per_week[1] if self._logged else self._catalog.groups[_LEGS[0]].per_week[0]
        )
        return self._best(free, STRENGTH, most)

    def _drill_days(self):
        free = [day for day in self._chosen if not self._after_hard(day)]
        most = self._catalog.groups["running_drill"].per_week[1]
        return self._best(
            free, ["running_drill"], most, lambda day: day.weekday in self._hard or self._before_hard(day)
        )

    # What on them

    def _groups(self):
        """The groups of strength that have an exercise here, in the order in which the barriers ask for them."""
        first = list(dict.fromkeys(self._catalog.exercises[key].group.key for key in self._why))
        groups = [group for group in STRENGTH if self._ranked(group)]
        return sorted(groups, key=lambda one: first.index(one) if one in first else len(first))

    def _fill(self, days, groups, rounds):
        """Strength in turn: an exercise of each group on each day, then a second one."""
        for number in range(rounds):
            for group in groups:
                for day in days:
                    if group in _LEGS and self._before_hard(day):
                        continue
                    here = [one for one, _ in day.items if one.group.key == group]
                    ranked = [one for one in self._ranked(group) if one not in here]
                    if ranked and len(here) <= number:
                        self._put(day, self._next(ranked) if here else ranked[0])

    def _next(self, ranked):
        """The second place goes round: the first that one is not at home in yet, else the least practised."""
        new = [one for one in ranked if not self._history.at_home(one.key)]
        return new[0] if new else min(ranked, key=lambda one: self._history.days(one.key))

    def _add_drills(self, days, most):
        for number in range(most):
            for day in days:
                drills = self._drills()
                if number < len(drills):
                    self._put(day, drills[number])

    def _drills(self):
        """Drills in order: each wanted one, or the step before it that one is not at home in yet."""
        drills = [one for one in self._catalog.exercises.values() if one.group.key == "running_drill"]
        order = list(self._why)
        steps = []
        for wanted in sorted(drills, key=lambda one: order.index(one.key) if one.key in self._why else len(order)):
            step = wanted
            while not self._may(step) and step.after:
                step = self._catalog.exercises[step.after[0]]
            if self._may(step) and step not in steps:
                steps.append(step)
        return steps

    def _add_plyometric(self):
        wanted = [key for key in self._why if self._catalog.exercises[key].group.key == "plyometric"]
        if not wanted:
            return
        if self._pain:
            self._notes.append("No plyometrics while something hurts.")
        elif not self._history.has_strength_base():
            weeks = self._history.strength_weeks()
            self._notes.append(f"Plyometrics come after four logged weeks of strength; {weeks} of the last six count.")
        else:
            free = [day for day in self._chosen if not (self._after_hard(day) or self._before_hard(day))]
            free = [day for day in free if day.weekday not in self._hard]
            best = self._best(free, ["plyometric"], 1)
            if not best:
                self._notes.append("No plyometrics this week: each of your days is a hard run's, or next to one.")
            for day in best:
                known = [one for one in self._ranked("plyometric") if self._history.at_home(one.key)]
                new = [one for one in self._ranked("plyometric") if not self._history.at_home(one.key)]
                new.sort(key=lambda one: -self._history.days(one.key))  # the one that was begun, else the first
                for exercise in (*new[:1], *known[:1]):
                    self._put(day, exercise)

    def _more_sets(self):
        """A set more of what one is at home in, while there is room."""
        if self._pain:
            return
        grown = True
        while grown:
            grown = False
            for day in self._days:
                for item in day.items:
                    exercise, sets = item
                    more_min = minutes_of(exercise, 1)
                    known = exercise.group.key in LOADED and self._history.at_home(exercise.key)
                    if known and sets < most_sets(exercise) and self._fits(day, more_min):
                        item[1] += 1
                        grown = True

    # What is said

    def _why_no_drills(self):
        if not any(day.has(*STRENGTH) for day in self._days):
            return "No drills this week: they come only beside strength, and no day has room for that."
        if not self._drill_days():
            return (
                "No drills this week: none of your days keeps clear of the day after a hard run and of the last drills."
            )
        return "No drills this week: what there is time for goes to strength first."

    def _say_what_is_lacking(self):
        least = self._catalog.groups[_LEGS[0]].per_week[0]
        days = sum(day.has(*STRENGTH) for day in self._days)
        if days < least:
            self._notes.append(
                f"Strength on {days} of the {least} days a week that it takes: choose days further apart, free of hard "
                "runs and the day before, or more minutes."
            )
        lacking = [
            self._catalog.exercises[key]
            for key in self._why
            if not set(self._catalog.exercises[key].equipment) <= self._equipment
        ]
        if lacking:
            names = ", ".join(f"{one.name.lower()} ({', '.join(one.equipment)})" for one in lacking[:5])
            self._notes.append(f"With more equipment: {names}.")
        if self._pain:
            self._notes.append("The work does not grow while something hurts.")
        elif not self._logged:
            self._notes.append("Log what you do, the next week builds on it: kneesync drills done NAME")

    def _described(self):
        for day in self._days:
            day.items.sort(key=lambda item: (_ORDER.index(item[0].group.key), self._step(item[0])))
        precautions, cue = self._catalog.precautions, self._form_cue()
        logged = self._logged
        return {
            "start": self._days[0].date.isoformat(),
            "days": [
                {
                    "day": DAYS[day.weekday],
                    "date": day.date.isoformat(),
                    "hard": day.weekday in self._hard,
                    "loaded": day.has(*LOADED),
                    "minutes": round(day.minutes(), 1),
                    "items": [self._item(exercise, sets) for exercise, sets in day.items],
                }
                for day in self._days
            ],
            "form_cue": self._item(cue, 1),
            "volume": {
                "minutes": round(self._volume(), 1),
                "allowed": round(self._allowed, 1),
                "logged": None if logged is None else round(logged, 1),
                "bound": self._bound,
            },
            "notes": self._notes,
            "pain": self._pain,
            "cue_off": "kneesync settings --set quiet=on" if self._pain else None,
            "precautions": list(precautions.always),
            "mistakes": list(precautions.mistakes),
            "guidance": precautions.guidance,
        }

    def _step(self, exercise):
        """Drills go from slow to fast, as the catalogue has them; the rest keeps the order it was chosen in."""
        return list(self._catalog.exercises).index(exercise.key) if exercise.group.key == "running_drill" else 0

    def _form_cue(self):
        """One at a time: the first wanted one that was not run with on a week's days yet, else the least practised."""
        ranked = self._ranked("form_cue")
        fresh = [one for one in ranked if self._history.days(one.key) < 7]
        return fresh[0] if fresh else min(ranked, key=lambda one: self._history.days(one.key))

    def _item(self, exercise, sets):
        return {
            "exercise": exercise.key,
            "name": exercise.name,
            "group": exercise.group.key,
            "when": exercise.group.when,
            "sets": sets,
            "dose": dose(exercise, sets),
            "minutes": round(minutes_of(exercise, sets), 1),
            "why": self._why.get(exercise.key),
            "how": exercise.how,
            "variants": list(exercise.variants),
            "mistakes": list(exercise.mistakes),
            "cautions": list(exercise.cautions),
            "new": exercise.group.key in LOADED and not self._history.days(exercise.key),
        }


def dose(exercise, sets=None):
    """How much, in words: "2 × 8–12 each side"; "" where the catalogue gives none."""
    if not exercise.dose:
        return ""
    units = {"reps": "", "seconds": " s", "metres": " m"}
    (name,) = set(exercise.dose) & set(units)
    low, high = exercise.dose[name]
    least, most = exercise.dose["sets"]
    times = sets if sets is not None else least if least == most else f"{least}–{most}"
    each = " each side" if exercise.dose.get("each_side") else ""
    return f"{times} × {low if low == high else f'{low}–{high}'}{units[name]}{each}"
