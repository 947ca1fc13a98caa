"""Which sessions of the library are shown: search and filters, free of any screen."""

from dataclasses import dataclass, field

from kneesync import untrusted
from kneesync.library import choice
from kneesync.views import words


@dataclass(frozen=True)
class Filters:
    """What a session must be to be shown; None and "" ask for nothing."""

    words: str = ""  # each must occur in the session's day, id, athlete, tags or note
    athlete: str | None = None
    leg: str | None = None
    tag: str | None = None
    marked: bool = False
    since: str = ""  # a date, or a span up to now such as 8w; KneesyncError if it is neither

    def __post_init__(self):
        if self.since:
            choice.since(self.since)

    def keep(self, kept):
        """The sessions of a list that are shown, in its order."""
        since_unix_s = choice.since(self.since) if self.since else None
        found = choice.chosen(kept, self.athlete, self.leg, self.tag, since_unix_s, self.words or None)
        return [one for one in found if one.marked] if self.marked else found

    def said(self):
        """What is asked for, in words; "" where nothing is."""
        parts = []
        if self.athlete is not None:
            parts.append(untrusted.printable(self.athlete, 32))
        if self.leg is not None:
            parts.append(words.leg(self.leg))
        if self.tag is not None:
            parts.append(f"tag {untrusted.printable(self.tag, 32)}")
        if self.marked:
            parts.append("marked")
        if self.since:
            parts.append(f"since {self.since}")
        if self.words:
            parts.append(f"with “{untrusted.printable(self.words, 40)}”")
        return ", ".join(parts)


@dataclass
class Runs:
    """The library's sessions, those shown, and the one that is looked at. Newest first, as the library lists them."""

    every: list = field(default_factory=list)
    filters: Filters = field(default_factory=Filters)
    current_id: str | None = None
    shown: list = field(default_factory=list)

    def __post_init__(self):
        self.refilter()

    def renew(self, every):
        """Take a new list of the library; returns how many of its sessions were not in the one before."""
        known = {one.id for one in self.every}
        self.every = every
        self.refilter()
        return sum(one.id not in known for one in every)

    def refilter(self, filters=None):
        """Show what the filters keep. The current session stays current while it is shown, else the nearest one is."""
        before = self.at
        if filters is not None:
            self.filters = filters
        self.shown = self.filters.keep(self.every)
        if self.at is None:
            nearest = min(before or 0, len(self.shown) - 1)
            self.current_id = self.shown[nearest].id if self.shown else None

    @property
    def at(self):
        """The current session's place in `shown`, or None."""
        return next((place for place, one in enumerate(self.shown) if one.id == self.current_id), None)

    @property
    def current(self):
        """The current session, or None."""
        at = self.at
        return None if at is None else self.shown[at]

    def step(self, places):
        """Go so many places down the list (up if negative); False where it ends."""
        at = self.at
        if at is None or not 0 <= at + places < len(self.shown):
            return False
        self.current_id = self.shown[at + places].id
        return True

    def neighbours(self):
        """The sessions after and before the current one, as far as there are any."""
        at = self.at
        if at is None:
            return []
        return [self.shown[i] for i in (at + 1, at - 1) if 0 <= i < len(self.shown)]

    def athletes(self):
        return sorted({one.athlete for one in self.every})

    def legs(self):
        return sorted({one.leg for one in self.every if one.leg})

    def tags(self):
        return sorted({tag for one in self.every for tag in one.tags})

    def counted(self):
        """How many there are, and how many of them are shown."""
        every = words.plural(len(self.every), "session")
        return f"{len(self.shown):,} of {every}" if self.filters != Filters() else every
