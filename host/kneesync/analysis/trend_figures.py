"""What is said of runs over weeks, as typed figures; values are in the unit of their metric (see trends.METRICS)."""

from dataclasses import dataclass, field

from kneesync.analysis.figures import IF_KNOWN, Figures, called


@dataclass(frozen=True, kw_only=True)
class Reason(Figures):
    """Why some sessions do not count: how many, and their ids."""

    why: str
    sessions: int
    ids: list[str]


@dataclass(frozen=True, kw_only=True)
class Point(Figures):
    """One session's value of a metric, at its start."""

    id: str
    unix_s: float
    value: float


@dataclass(frozen=True, kw_only=True)
class TrendLine(Figures):
    """A straight line through the days: its value on the first and last of them, its change with a 99 % interval."""

    from_unix_s: float
    to_unix_s: float
    from_value: float = field(metadata=called("from"))
    to_value: float = field(metadata=called("to"))
    change: float
    change_interval: list[float]
    per_week: float
    per_week_interval: list[float]
    weeks: float


@dataclass(frozen=True, kw_only=True)
class Trend(Figures):
    """One metric over time.

    `verdict`: "rose", "fell", "within noise", "unclear", "may be pace" or "no line"; `why_no_line` says why. `noise`:
    what days differ by anyway, from ("literature", "own sessions", "least called"); None where unknown. No change
    under `least_noise` is named. `may_be_pace`: the change that unseen pace could make; None without a line.
    """

    points: list[Point]
    days: int
    left_out: list[Reason]
    line: TrendLine | None
    verdict: str
    least_noise: float
    noise: float | None
    noise_from: str | None
    why_no_line: str | None
    may_be_pace: float | None = field(default=None, metadata=IF_KNOWN)


@dataclass(frozen=True, kw_only=True)
class Compared(Figures):
    """The band that sessions are compared in: `by` speed_mps or cadence_spm, from `low` to `high` in that unit."""

    by: str
    low: float = field(metadata=called("from"))
    high: float = field(metadata=called("to"))
    sessions: int


@dataclass(frozen=True, kw_only=True)
class RunnerTrends(Figures):
    """One athlete's leg. `compared`: None where no session can be compared with another; `metrics` by name."""

    athlete: str
    leg: str
    sessions: int
    with_watch: int
    compared: Compared | None
    left_out: list[Reason]
    metrics: dict[str, Trend]


@dataclass(frozen=True, kw_only=True)
class Trends(Figures):
    """The trends of all athletes and legs. `weeks`: as asked, 0 is all; `not_placed`: ids without a start time."""

    weeks: int
    from_unix_s: float | None
    to_unix_s: float | None
    sessions: int
    older: int
    not_placed: list[str]
    left_out: list[Reason]
    runners: list[RunnerTrends]
