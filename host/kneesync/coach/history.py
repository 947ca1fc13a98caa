"""What a training log says for the next week: how much was done, which exercises one is at home in, the strength base.

Weeks are the seven days before the plan's first day, and those before them: a log of two days ago counts at once.
"""

import datetime

AT_HOME_DAYS = 3  # done on so many days: the next step may come, more sets may come
STRENGTH = ("hip_flexor_strength", "posterior_chain_strength", "core_strength")
LOADED = (*STRENGTH, "running_drill", "plyometric")  # what counts as volume; mobility and form cues do not
BASE_WEEKS, OF_WEEKS, STRENGTH_DAYS = 4, 6, 2  # a strength base: so many weeks of the last, each with so many days
FORGOTTEN_WEEKS = 3  # after so long without training one begins anew


class History:
    """A log (library.training.Done) as seen on the first day of a plan; days from then on do not count yet."""

    def __init__(self, catalog, done, start):
        self._start = start
        self._rows = [
            (catalog.exercises[one.exercise], one.day, one.sets)
            for one in done
            if one.exercise in catalog.exercises and one.day < start
        ]

    def days(self, key):
        """On how many days an exercise was done."""
        return len({day for exercise, day, _ in self._rows if exercise.key == key})

    def at_home(self, key):
        return self.days(key) >= AT_HOME_DAYS

    def since(self, group):
        """Days from the last time anything of a group was done to the plan's first day; None if never."""
        days = [day for exercise, day, _ in self._rows if exercise.group.key == group]
        return (self._start - max(days)).days if days else None

    def volume_min(self):
        """Minutes of loaded work in the newest week that has any, None if none has for FORGOTTEN_WEEKS."""
        for weeks in range(FORGOTTEN_WEEKS):
            minutes = sum(minutes_of(exercise, sets) for exercise, _, sets in self._loaded(weeks))
            if minutes:
                return minutes
        return None

    def strength_weeks(self):
        """Of the last OF_WEEKS weeks, how many had strength on STRENGTH_DAYS days or more."""
        weeks = 0
        for back in range(OF_WEEKS):
            days = {day for exercise, day, _ in self._loaded(back) if exercise.group.key in STRENGTH}
            weeks += len(days) >= STRENGTH_DAYS
        return weeks

    def has_strength_base(self):
        return self.strength_weeks() >= BASE_WEEKS

    def _loaded(self, weeks_back):
        last = self._start - datetime.timedelta(days=7 * weeks_back)
        first = last - datetime.timedelta(days=7)
        return [row for row in self._rows if row[0].group.key in LOADED and first <= row[1] < last]


def minutes_of(exercise, sets):
    """Minutes that so many sets take; the catalogue's minutes are those of the smallest dose."""
    return exercise.minutes * sets / least_sets(exercise)


def least_sets(exercise):
    return exercise.dose["sets"][0] if exercise.dose else 1


def most_sets(exercise):
    return exercise.dose["sets"][1] if exercise.dose else 1
