"""How many cues other thresholds would have given: the very code of the board over the strides of kept sessions.

Fading, observing and muting are left out of it: what is counted is every cue that was due. A recommendation rests on
the runs that are there; the campaign in docs/cue.md says what a threshold does to runs that nobody has run.
"""

from kneesync.errors import KneesyncError
from kneesync.replay import replay_session

DROPS_CDEG = (150, 200, 250, 300, 350, 400, 500, 600)
LEAST_HOURS = 1.0  # of running after the baseline, before anything is recommended


def sweep(sessions, changes=None):
    """Rows, one a threshold: {"cue.drop_cdeg", "cues", "cues_per_h", "runs_with_cues", "at": [[session id, t_s], ...]}.

    `sessions`: (id, Session) pairs. `changes`: other settings by name, for every row. Also `hours` judged: running
    after the baseline was learnt.
    """
    rows, hours = [], 0.0
    sessions = list(sessions)
    for drop_cdeg in DROPS_CDEG:
        at, hours, runs = [], 0.0, 0
        for name, session in sessions:
            found = replay_session(session, {**(changes or {}), "cue.drop_cdeg": drop_cdeg})
            learnt = [event["t_s"] for event in found["events"] if event["kind"] == "baseline"]
            if not learnt:
                continue
            strides = [stride["stride_s"] for stride in found["strides"] if stride["t_s"] > learnt[0]]
            hours += sum(stride_s for stride_s in strides if stride_s) / 3600
            runs += bool(found["cues"])
            at += [[name, cue["t_s"]] for cue in found["cues"]]
        per_h = len(at) / hours if hours else None
        rows.append(
            {"cue.drop_cdeg": drop_cdeg, "cues": len(at), "cues_per_h": per_h, "runs_with_cues": runs, "at": at}
        )
    return {"sessions": len(sessions), "hours": hours, "rows": rows}


def recommended(table, wished_per_h):
    """The row whose rate is next to the wished one without going beyond it. KneesyncError if too little was run."""
    if table["hours"] < LEAST_HOURS:
        raise KneesyncError(
            f"found {table['hours']:.1f} h of running after a baseline, expected {LEAST_HOURS:.0f} h or more to "
            "recommend by; run more, or read the table without --rate"
        )
    fitting = [row for row in table["rows"] if row["cues_per_h"] <= wished_per_h]
    return fitting[0] if fitting else table["rows"][-1]
