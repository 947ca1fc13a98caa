"""A board's settings: what they are, what changing one does, and changing them, all that were asked for or none.

with Link(port) as link:
    before = listed(link.info)
    after = change(link, from_pairs(["leg=R"]), reset=["cue.hold_s"])
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple, cast

from kneecore import settings as table
from kneesync import untrusted
from kneesync.board.link import Link
from kneesync.errors import KneesyncError

# What a setting is; its default and range are in kneecore.settings.
MEANING = {
    "athlete": "whose runs these are",
    "leg": "which thigh wears the board",
    "quiet": "on: log cues, never buzz",
    "raw": "on: keep every IMU sample too (about 3.5 MB an hour at 104 Hz)",
    "raw.rate_hz": "the IMU's rate while raw samples are kept",
    "run.start_s": "running for this long starts a session by itself",
    "run.stop_min": "no stride for this long closes the session",
    "cue.metric": "what a cue is about: knee lift, or range (lift less extension)",
    "cue.skip_s": "warm-up left out of the baseline",
    "cue.learn_s": "running from which the fresh baseline is learnt",
    "cue.band_s": "another cadence held so long learns a baseline of its own",
    "cue.drop_cdeg": "smallest fall below baseline that may cue, 0.01 degree",
    "cue.drop_percent": "and smallest fall in percent of the baseline",
    "cue.hold_s": "the fall must last this long",
    "cue.wander_cdeg": "wander from minute to minute assumed before the run has shown its own, 0.01 degree",
    "cue.sharp_tenths": "a sharp fall is so many tenths of the wander; it may cue at once",
    "cue.deep_tenths": "a slow fall must be so many tenths of the wander beyond 0.2 degree",
    "cue.slope_cdeg": "lift expected to change per 1 % of cadence, 0.01 degree",
    "cue.slope_error_cdeg": "how unsure that is (a standard error), 0.01 degree for 1 %",
    "cue.freeze_percent": "cadence further than this off every known one freezes the detector",
    "cue.pulse_ms": "length of each of a cue's two pulses at the smallest fall; twice that at most",
    "cue.refractory_s": "least time between two cues",
    "cue.most_in_row": "cues in a row before the silence",
    "cue.observe_runs": "first runs of a runner and leg in which cues are logged, not buzzed",
    "cue.fade_runs": "runs after those over whose second half cues get rarer, to a quarter; 0: never",
    "cue.experiment_percent": "share of the cues held back at random, to learn whether they help",
    "cue.silence_s": "the silence after that many",
    "cue.seed": "the fresh baseline of earlier runs, until a run has its own",
}

# What one would change it for.
ADVICE = {
    "athlete": "Stands in every session, so that several runners can share a board and a library.",
    "leg": "Decides which side is outward: set it before the run. Symmetry compares a left board with a right one.",
    "quiet": "For a run without a buzz, such as a reference run or a race. Cues are still logged, as muted.",
    "raw": "To replay a run with other settings, or to report a fault. Fills the flash within hours, not weeks.",
    "raw.rate_hz": "The higher rate shows foot strike better, and fills the flash twice as fast.",
    "run.start_s": "Longer if walks or drills open sessions; shorter if starts are missed. The button opens one too.",
    "run.stop_min": "Longer if halts at crossings end your sessions; the pause is marked in either case.",
    "cue.metric": "Range also falls when the thigh goes back less far, and depends less on how the board sits.",
    "cue.skip_s": "Longer if your form takes longer to settle after the start; cues begin after this and cue.learn_s.",
    "cue.learn_s": "Longer makes a steadier baseline, and the first cue possible later.",
    "cue.band_s": "Shorter for short intervals: each pace is compared with itself once it was held so long in all.",
    "cue.drop_cdeg": "Smaller cues earlier and more often; below 200 ordinary changes of pace and ground begin to cue.",
    "cue.drop_percent": "As cue.drop_cdeg, in percent of your own lift; the larger of the two counts.",
    "cue.hold_s": "Longer ignores more of hills and turns; shorter answers sooner.",
    "cue.wander_cdeg": "What the run itself shows soon outweighs it; `kneesync tune` says what your own runs had.",
    "cue.sharp_tenths": "Higher: fewer cues that nothing called for, but falls found late; 0 takes no account.",
    "cue.deep_tenths": "Higher if slow ups and downs of your form cue; lower if slow falls go unnoticed.",
    "cue.slope_cdeg": "How much of a fall is put down to a slower cadence, and not cued. 0 takes no account of pace.",
    "cue.slope_error_cdeg": "Smaller where cue.slope_cdeg is your own; `kneesync tune --apply` writes both.",
    "cue.freeze_percent": "Smaller suspends cues at smaller changes of pace, such as in intervals.",
    "cue.pulse_ms": "Longer if you miss cues. A deeper fall buzzes longer, up to twice this.",
    "cue.refractory_s": "Longer for fewer reminders.",
    "cue.most_in_row": "After this many unanswered cues the board stays still for cue.silence_s: nagging helps nobody.",
    "cue.observe_runs": "0 cues from the first run on. A run counts once its baseline was learnt.",
    "cue.fade_runs": "What was learnt should stand without the board. 0 keeps every cue.",
    "cue.experiment_percent": "30 to 50 answers soonest. The report says what the buzz did, and how sure that is.",
    "cue.silence_s": "See cue.most_in_row.",
    "cue.seed": "`kneesync tune --apply` writes it: level (0.01 degree), stride (ms), SD between days, whose.",
}

MOST_UNKNOWN = 20  # settings of another firmware version that are shown


Value = int | str
Allowed = tuple[int, int] | tuple[str, ...] | int
"""What a setting takes: (lowest, highest), one of these words, or a text of up to so many characters."""


class Described(NamedTuple):
    """What is known of a setting without a board: kneecore.settings' row and its meaning."""

    name: str
    default: Value
    allowed: Allowed
    meaning: str


@dataclass
class Setting:
    """One setting as a board has it. `default` and `allowed` (kneecore.settings.rows()) are None if unknown here."""

    name: str
    value: object
    default: Value | None = None
    allowed: Allowed | None = None
    meaning: str = "of another firmware version"

    @property
    def changed(self) -> bool:
        """Whether it is known and not at its default."""
        return self.allowed is not None and self.value != self.default


def names() -> list[str]:
    """Every setting's name, in kneecore's order."""
    return [setting.name for setting in described()]


def described() -> list[Described]:
    """Every setting as kneecore has it, in its order."""
    rows = cast("Iterable[tuple[str, Value, Allowed]]", table.rows())  # kneecore carries no types: it runs on the board
    return [Described(name, default, allowed, MEANING[name]) for name, default, allowed in rows]


def listed(info: Mapping[str, object]) -> list[Setting]:
    """Every Setting in the answer of service.info(), in kneecore's order; a board's further ones at the end."""
    found = info.get("settings")
    found = found if isinstance(found, dict) else {}
    known = [
        Setting(row.name, found.get(row.name, row.default), row.default, row.allowed, row.meaning)
        for row in described()
    ]
    others = sorted(name for name in found if name not in names())[:MOST_UNKNOWN]
    return known + [Setting(untrusted.printable(name, 40), untrusted.printable(found[name], 40)) for name in others]


def explained(name: str) -> tuple[Setting, str]:
    """(Setting at its default, what one would change it for). KneesyncError names what it might have meant."""
    row = _row(name)
    return Setting(name, row.default, row.default, row.allowed, row.meaning), ADVICE.get(name, "")


def from_pairs(pairs: Iterable[str]) -> dict[str, Value]:
    """NAME=VALUE texts as a checked dict. KneesyncError says what a setting takes, or what might have been meant."""
    changes: dict[str, Value] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise KneesyncError(
                f"found {untrusted.printable(pair)!r}, expected NAME=VALUE; `kneesync settings` lists the names"
            )
        _row(name)
        try:
            changes[name] = table.checked(name, value)
        except ValueError as error:
            raise KneesyncError(str(error)) from None
    return changes


def change(
    link: Link, changes: Mapping[str, Value], reset: Iterable[str] = (), reset_all: bool = False
) -> list[Setting]:
    """Have the board at `link` keep `changes` (checked) and forget those in `reset`; everything or nothing of it.

    Returns every Setting as the board has it then; its firmware uses them from its restart on.
    """
    for name in reset:
        _row(name)
    both = [name for name in reset if name in changes]
    if both:
        raise KneesyncError(f"found {both[0]} both to set and to reset; give one of them")
    wanted: dict[str, Value | None] = {**dict.fromkeys(reset), **changes}
    after = listed(link.call(f"service.settings({json.dumps(wanted)!r}, {reset_all})"))
    values = {setting.name: setting.value for setting in after}
    for name, value in wanted.items():
        expected = _row(name).default if value is None else value
        if values[name] != expected:
            raise KneesyncError(f"the board answers {name}={values[name]!r}, expected {expected!r}; run the same again")
    return after


def _row(name: str) -> Described:
    if found := next((row for row in described() if row.name == name), None):
        return found
    meant = _meant(name)
    advice = f"did you mean {' or '.join(meant)}?" if meant else "`kneesync settings` lists them"
    raise KneesyncError(f"unknown setting {untrusted.printable(name)!r}; {advice}")


def _meant(name: str) -> list[str]:
    """Names that look like `name`, or contain it: the likeliest first."""
    wanted = name.strip().lower().replace("-", "_")
    containing = [known for known in names() if len(wanted) >= 3 and wanted in known]
    return (containing + [known for known in get_close_matches(wanted, names(), 3, 0.6) if known not in containing])[:3]
