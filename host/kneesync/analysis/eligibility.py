"""Which runs count, said once for trends and the coach, and in which words those that do not are named.

All of it is decided from the figures in the index (analysis.comparable.row).
"""

from typing import Any

from kneesync.analysis import comparable
from kneesync.analysis.quality import SURE_PERCENT
from kneesync.analysis.trend_figures import Reason

CANNOT_BE_READ = "cannot be read"
OTHER_VERSION = "figures of another version: kneesync reindex"
NO_STRIDES = "no strides"
ALIGNMENT_UNSURE = "alignment unsure"
RESTRAPPED = "re-strapped during the run"


def unknown(figures: dict[str, Any]) -> str | None:
    """Why the index holds no figures of a run that can be used, or None where it does."""
    if not figures:
        return CANNOT_BE_READ
    return None if figures.get("version") == comparable.VERSION else OTHER_VERSION


def unfit_angles(figures: dict[str, Any]) -> str | None:
    """Why a run's angles are not to be compared with another's, or None where they are."""
    sure_percent = figures["alignment_sure_percent"]
    if not figures["strides"]:
        return NO_STRIDES
    if 2 * figures["strides_sure"] < figures["strides"] or (sure_percent is not None and sure_percent < SURE_PERCENT):
        return ALIGNMENT_UNSURE
    return RESTRAPPED if "re-strapped" in figures["flags"] else None


def too_short(figures: dict[str, Any], least_s: float) -> str | None:
    """Why a run of less than `least_s` of running says nothing, or None for a longer one."""
    return under(least_s) if figures["running_s"] < least_s else None


def under(least_s: float) -> str:
    """That there is less running than that, in words."""
    return f"under {least_s // 60:g} min of running"


def experimented(figures: dict[str, Any]) -> bool:
    """Whether a run was part of the self-experiment: some of its cues were to be held back at random."""
    return bool(figures.get("cue_settings", {}).get("cue.experiment_percent"))


class LeftOut:
    """Why sessions do not count: each reason with its sessions' ids, in order of coming up."""

    def __init__(self) -> None:
        self._ids: dict[str, list[str]] = {}

    def add(self, why: str, session_id: str) -> None:
        """One session does not count."""
        self._ids.setdefault(why, []).append(session_id)

    def reasons(self) -> list[Reason]:
        """Each reason with its sessions."""
        return [Reason(why=why, sessions=len(ids), ids=ids) for why, ids in self._ids.items()]
