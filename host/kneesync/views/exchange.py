"""What `join` and `export` did, in lines."""

from kneesync import untrusted
from kneesync.services import join as joining
from kneesync.views import results
from kneesync.views.units import clock, count, day, pace

_PLACED = {
    joining.BY_BOTH: "by the clocks, and by cadence to the second",
    joining.BY_CADENCE: "by cadence alone",
    joining.BY_TIME: "by the clocks alone: cadence could not tell",
}

_CUT = "went on by itself"  # how the session says that its board was off for an unknown while


def joined(done, merged=None):
    """What a join did: a few lines for each session."""
    for one in done.found:
        watch, kept = one.watch, one.kept
        yield f"{kept.id}: {untrusted.printable(done.called)} is the same run"
        yield f"  placed   {_PLACED[one.placed_by]}; expected error {_seconds(one.error_s)}"
        if at := one.placement:
            yield (
                f"  match    correlation {at.correlation:.2f} over {clock(at.overlap_s)} min, "
                f"{100 * at.overlap_share:.0f} % of the shorter's running"
            )
            yield f"           {at.z:.0f} sigma above chance; the second-best place has {max(at.second_z, 0):.0f}"
        yield f"  start    {day(kept.start_unix_s)} ({_start(one)})"
        yield f"  brings   {_brings(watch)}"
        if any(_CUT in problem for problem in one.session.problems):
            yield "  but      the run was cut and went on: after the cut, strides may lie too early"
    if merged and merged != "-":
        yield f"Written to {untrusted.printable(merged, 200)}: the watch's file with knee lift in it"


def _seconds(value):
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def _start(one):
    if one.kept.start_from == "watch":
        return "from the watch"
    off_s = one.start_unix_s - one.kept.start_unix_s
    return f"the watch has it {abs(off_s):.1f} s {'later' if off_s > 0 else 'earlier'}"


def _brings(watch):
    import numpy as np

    told = []
    if np.isfinite(watch.speed_mps).any():
        told.append(pace(float(np.nanmean(watch.speed_mps))))
    if np.isfinite(watch.grade_percent).any():
        error = f" (± {watch.grade_error_percent:.1f} %)" if watch.grade_error_percent is not None else ""
        told.append(f"grade{error}")
    if np.isfinite(watch.heart_rate_bpm).any():
        told.append(f"{np.nanmean(watch.heart_rate_bpm):.0f} beats/min")
    if np.isfinite(watch.distance_m).any():
        far_m = float(np.nanmax(watch.distance_m) - np.nanmin(watch.distance_m))
        told.append(f"{far_m / 1000:.1f} km")
    return ", ".join(told) if told else "nothing but its clock: no speed, altitude or heart rate in it"


def joined_figures(done, merged=None):
    """The same for programs."""
    return {
        "file": done.called,
        "sport": done.recording.sport,
        "from_unix_s": float(done.recording.unix_s[0]),
        "to_unix_s": float(done.recording.unix_s[-1]),
        "joined": [{"session": results.sessions([one.kept])[0], **one.kept.watch} for one in done.found],
        "refused": [{"id": kept.id, "why": why} for kept, why in done.refused],
        "merged": merged,
    }


def exported(done):
    """Where an export went, and what is beside it."""
    what = {"strides": "strides", "events": "events", "raw": "samples"}[done.table]
    yield f"{count(done.rows)} {what} of {done.called} written to {untrusted.printable(done.path, 200)}"
    if done.beside:
        yield f"what they are and where they come from: {untrusted.printable(done.beside, 200)}"
