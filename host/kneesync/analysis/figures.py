"""What is said of one run as typed figures: the unit stands in each field's name, None is "cannot be told".

`as_json()` of any of them is the plain dict that --json prints. Angles are in degrees from the runner's own standing
pose, times in s since the session's start, intervals (low, high) hold 95 %.
"""

from dataclasses import dataclass, field, fields
from typing import Any, Self


def as_json(value: Any) -> Any:
    """A figure, or a list or dict of figures, as what json.dumps takes."""
    if isinstance(value, Figures):
        return value.as_json()
    if isinstance(value, (list, tuple)):
        return [as_json(one) for one in value]
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    return value


def called(key: str) -> dict[str, str]:
    """Of a field that has another name in JSON, where the unit is left to the figure around it."""
    return {"key": key}


IF_KNOWN = {"if_known": True}  # of a field that JSON has only where it is known


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures that belong together."""

    def as_json(self) -> dict[str, Any]:
        """The same as a plain dict, fit for JSON: keys in the order of the fields."""
        found = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None or "if_known" not in one.metadata:
                found[one.metadata.get("key", one.name)] = as_json(value)
        return found

    @classmethod
    def of(cls, named: dict[str, Any]) -> Self:
        """These figures from a dict by field name; others in it are left out."""
        return cls(**{one.name: named[one.name] for one in fields(cls) if one.name in named})


@dataclass(frozen=True, kw_only=True)
class Means(Figures):
    """Means over the sure strides of a whole run. `knee_lift_error_deg`: the lift mean's standard error."""

    strides_used: int
    knee_lift_deg: float | None
    extension_deg: float | None
    range_deg: float | None
    swing_up_dps: float | None
    swing_back_dps: float | None
    knee_lift_error_deg: float | None


@dataclass(frozen=True, kw_only=True)
class Stretch(Figures):
    """The same over the span from `from_s` to `to_s`, with its cadence."""

    strides_used: int
    from_s: float
    to_s: float
    cadence_spm: float | None
    knee_lift_deg: float | None
    extension_deg: float | None
    range_deg: float | None
    swing_up_dps: float | None
    swing_back_dps: float | None
    knee_lift_error_deg: float | None


@dataclass(frozen=True, kw_only=True)
class Change(Figures):
    """Late minus fresh, each with its interval. `drop_deg`: the fall of knee lift; `..._95_...`: half its interval."""

    knee_lift_deg: float | None
    knee_lift_deg_interval: list[float] | None
    extension_deg: float | None
    extension_deg_interval: list[float] | None
    range_deg: float | None
    range_deg_interval: list[float] | None
    swing_up_dps: float | None
    swing_up_dps_interval: list[float] | None
    swing_back_dps: float | None
    swing_back_dps_interval: list[float] | None
    cadence_spm: float | None
    cadence_spm_interval: list[float] | None
    knee_lift_95_percent_deg: float | None
    drop_deg: float
    drop_deg_interval: list[float] | None


@dataclass(frozen=True, kw_only=True)
class Variability(Figures):
    """How much one stride differs from the next, without the slow trend."""

    knee_lift_sd_deg: float | None
    stride_time_cv_percent: float | None


@dataclass(frozen=True, kw_only=True)
class Baseline(Figures):
    """What the board learnt as fresh at `t_s`; `slope_deg` of knee lift for 1 % of cadence."""

    t_s: float
    band: int
    knee_lift_deg: float
    sigma_deg: float
    stride_s: float
    extension_deg: float
    slope_deg: float
    slope_error_deg: float
    cadence_spm: float | None


@dataclass(frozen=True, kw_only=True)
class Onset(Figures):
    """When knee lift began to fall, between `from_s` and `to_s` at 95 %, and how: "step", "gradual" or "steady"."""

    t_s: float
    from_s: float
    to_s: float
    drop_deg: float
    kind: str


@dataclass(frozen=True, kw_only=True)
class BelowBaseline(Figures):
    """How long knee lift was `threshold_deg` or more below the baseline of `by`, "board" or "report"."""

    below_s: float = field(metadata=called("s"))
    percent: float
    longest_s: float
    judged_s: float
    threshold_deg: float
    by: str


@dataclass(frozen=True, kw_only=True)
class CadenceRelation(Figures):
    """How knee lift went with cadence, deg for 1 %, and the share of its ups and downs that this explains."""

    deg_per_percent: float
    low: float
    high: float
    r_squared: float


@dataclass(frozen=True, kw_only=True)
class Slope(Figures):
    """A straight line through the whole run: change an hour of running, in the figure's own unit."""

    per_h: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Cue(Figures):
    """One cue, felt or held back (`held_by` says why), and what knee lift did then: see cue_response.cues()."""

    t_s: float
    drop_deg: float
    knee_lift_deg: float
    expected_deg: float
    in_row: int | None
    held_by: str | None
    buzzed: bool
    answer_deg: float | None
    cleared_after_s: float | None
    back_deg: dict[str, float | None]  # by how many strides after
    came_back: bool | None


@dataclass(frozen=True, kw_only=True)
class CueResponse(Figures):
    """All cues together: how many, of how many it can be judged, how many came back; mean rises by strides after."""

    cues: int
    judged: int
    came_back: int
    back_deg: dict[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Effect(Figures):
    """The buzz's doing in the self-experiment: see experiment.effect(). `runs`: over how many, where over several."""

    buzzed: int
    held: int
    difference_deg: float | None
    low_deg: float | None = field(metadata=called("low"))
    high_deg: float | None = field(metadata=called("high"))
    helps: bool | None
    needed: int | None
    runs: int | None = field(default=None, metadata=IF_KNOWN)


@dataclass(frozen=True, kw_only=True)
class Unlearnt(Figures):
    """Why the board learnt no baseline: steady running that it had, and that it needed."""

    learnt_s: int
    needed_s: int
    running_s: int


@dataclass(frozen=True, kw_only=True)
class Watched(Figures):
    """What else was off the baseline: `what` is lift, extension or range; `to_s` None where it stayed so."""

    what: str
    way: str
    from_s: float
    to_s: float | None
    change_deg: float


@dataclass(frozen=True, kw_only=True)
class Repeat(Figures):
    """One repeat, found by "pauses" or "cadence"; `rest_s` to the next one, `drop_deg` below the first."""

    from_s: float
    to_s: float
    rest_s: float | None
    strides: int
    cadence_spm: float | None
    knee_lift_deg: float | None
    range_deg: float | None
    drop_deg: float | None
    by: str
    drop_interval_deg: list[float] | None = field(default=None, metadata=called("drop_interval"))


@dataclass(frozen=True, kw_only=True)
class Pause(Figures):
    """A stretch without a stride."""

    from_s: float
    to_s: float


@dataclass(frozen=True, kw_only=True)
class Minute(Figures):
    """One minute of the run, counted from 1."""

    minute: int
    strides: int
    knee_lift_deg: float
    cadence_spm: float | None


@dataclass(frozen=True, kw_only=True)
class Quality(Figures):
    """How far the session can be trusted: shares of strides, what the board reported, what is wrong with the file."""

    unsure_percent: float | None
    clipped_percent: float | None
    lost_percent: float | None
    samples_lost_ms: int
    imu_faults: int
    restrapped: int
    alignment_sure_percent: int | None
    ended: str | None
    problems: list[str]


@dataclass(frozen=True, kw_only=True)
class Flag(Figures):
    """One thing that limits the figures: its name, and a sentence."""

    what: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PaceMeans(Figures):
    """What the watch says of a stretch."""

    speed_mps: float | None
    stride_length_m: float | None
    heart_rate_bpm: float | None
    grade_percent: float | None


@dataclass(frozen=True, kw_only=True)
class EqualPace(Figures):
    """The fall of knee lift over bands of pace that fresh and late share."""

    drop_deg: float
    low_deg: float = field(metadata=called("low"))
    high_deg: float = field(metadata=called("high"))
    bands_mps: list[float]
    band_width_mps: float


@dataclass(frozen=True, kw_only=True)
class BySlope(Figures):
    """The fall projected to equal pace; `slope_own_percent`: how much of the slope this run itself told."""

    drop_deg: float
    low_deg: float = field(metadata=called("low"))
    high_deg: float = field(metadata=called("high"))
    raw_drop_deg: float
    fresh_mps: float
    late_mps: float
    slope_deg_per_mps: float
    slope_error: float
    slope_own_percent: float


@dataclass(frozen=True, kw_only=True)
class Pace(Figures):
    """What the watch adds to a run, fresh and late, and knee lift at equal pace or why there is none."""

    speed_mps: float | None
    stride_length_m: float | None
    heart_rate_bpm: float | None
    grade_percent: float | None
    fresh: PaceMeans | None
    late: PaceMeans | None
    at_equal_pace: EqualPace | None = None
    why_not_at_equal_pace: str | None = None
    by_slope: BySlope | None = None


@dataclass(frozen=True, kw_only=True)
class RunFigures(Figures):
    """All figures of one run. A `why_...` says why what it names is None; `flags` and `notes` what limits the rest."""

    board: str | None
    leg: str | None
    athlete: str
    firmware: str | None
    duration_s: float
    running_s: float
    strides: int
    strides_sure: int
    cadence_spm: float | None
    strides_used: int
    knee_lift_deg: float | None
    extension_deg: float | None
    range_deg: float | None
    swing_up_dps: float | None
    swing_back_dps: float | None
    knee_lift_error_deg: float | None
    fresh: Stretch | None
    late: Stretch | None
    change: Change | None
    why_no_change: str | None
    variability: Variability
    baseline: Baseline | None
    onset: Onset | None
    why_no_onset: str | None
    below_baseline: BelowBaseline | None
    cadence_relation: CadenceRelation | None
    trend_per_h: dict[str, Slope | None]  # by name: angles, rates, cadence_spm, knee_lift_sd_deg
    cues: list[Cue]
    cues_held: list[Cue]
    cue_response: CueResponse | None
    experiment: Effect | None
    unlearnt: Unlearnt | None
    watched: list[Watched]
    repeats: list[Repeat]
    pauses: list[Pause]
    per_minute: list[Minute]
    quality: Quality
    flags: list[Flag]
    absolute_error_deg: list[float]
    notes: list[str]
    pace: Pace | None = field(default=None, metadata=IF_KNOWN)
    experiment_over_runs: Effect | None = None
