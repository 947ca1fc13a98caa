"""What other thresholds of the cue would have given, and what the runner is like when fresh, as lines."""

from kneesync import untrusted
from kneesync.views import words


def lines(table, chosen, rate, fresh=(), written=None):
    """One line a threshold, then what is recommended; one a leg that is known; what was written to the board.

    `table`: analysis.tuning.Sweep; `chosen`: a row of it or None; `fresh`: (athlete, leg, FreshLeg) each.
    """
    sessions = words.plural(table.sessions, "session")
    yield f"{sessions}, {table.hours:.1f} h of running after a baseline; every cue that was due:"
    yield "threshold   cues   an hour   runs with cues"
    for row in table.rows:
        per_h = "–" if row.cues_per_h is None else f"{row.cues_per_h:.1f}"
        yield f"{row.drop_cdeg / 100:8.1f}° {row.cues:6d} {per_h:>9} {row.runs_with_cues:16d}"
    if chosen:
        setting = f"cue.drop_cdeg={chosen.drop_cdeg}"
        next_step = "." if written else f": kneesync settings --set {setting}"
        yield f"For at most {rate:g} cues an hour, {setting} would have done{next_step}"
    for athlete, leg, one in fresh:
        yield (
            f"Fresh, {untrusted.printable(athlete, 32)}, leg {leg}, {one.runs} runs: knee lift "
            f"{one.knee_lift_deg:.1f}° at {120 / one.stride_s:.0f} steps/min, ± {one.knee_lift_days_deg:.1f}° "
            "from day to day;"
        )
        slope = f"{one.slope_deg_per_percent:.2f} ± {one.slope_error_deg_per_percent:.2f}°"
        yield f"  {slope} for 1 % of cadence, by {one.slopes} of them and what runners have in common."
    if fresh and not written:
        yield "`kneesync tune --apply` lets the board begin with it, until a run has its own baseline."
    if written:
        yield "Written to the board: " + ", ".join(f"{name}={value}" for name, value in sorted(written.items()))
