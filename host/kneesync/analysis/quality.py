"""How far a session can be trusted: shares of doubtful strides, what the board reported, and what of it matters."""

import numpy as np

from kneecore import sessionlog as log
from kneesync import untrusted
from kneesync.analysis.figures import Flag, Quality
from kneesync.analysis.run import Run
from kneesync.formats.session import CAUTIONS

SHORT_S = 360  # skip and learn by default: less running has no fresh stretch
UNSURE_PERCENT = 10
LOST_PERCENT = 2
CLIPPED_PERCENT = 2
FEW_SURE = 0.9
SURE_PERCENT = 60  # an alignment below that is in doubt


def quality(run: Run) -> Quality:
    """Shares of strides that carry each caution, in percent, and samples lost."""
    session, count = run.session, len(run.t_s)
    shares = {name + "_percent": 100 * float(run.columns[name].sum()) / count if count else None for name in CAUTIONS}
    events = session.event_records
    gaps_ms = events["values"][events["kind"] == log.SAMPLES_LOST, 0]
    aligned = session.named_events(log.ALIGNED, most=1)
    return Quality(
        **shares,
        samples_lost_ms=int(gaps_ms.sum(dtype=np.int64)),
        imu_faults=int((events["kind"] == log.IMU_FAULT).sum()),
        restrapped=int((events["kind"] == log.RESTRAPPED).sum()),
        alignment_sure_percent=untrusted.whole(aligned[-1].detail, 0, 100) if aligned else None,
        ended=session.end["reason"] if session.end else None,
        problems=list(session.problems),
    )


def flags(run: Run, figures: Quality) -> list[Flag]:
    """What limits these figures, the gravest first. `figures`: quality() of the run."""
    count = len(run.t_s)
    found = []

    def say(what, text):
        found.append(Flag(what=what, text=text))

    if not count:
        say("empty", "There is no stride in it: no figure of running can be given.")
    if figures.problems:
        holds = "the strides that were read hold" if count else "nothing of running was left to read"
        say("damaged", f"The file is not whole ({len(figures.problems)} found, named below); {holds}.")
    if count and run.running_s < SHORT_S:
        say(
            "short",
            f"It is short ({_minutes(run.running_s)} of running): averages hold, change within the run cannot be told.",
        )
    if count and not run.sure.any():
        say("nothing sure", "No stride's angles are sure: they are left out; cadence and times hold.")
    elif count and run.sure.mean() < FEW_SURE:
        say(
            "few sure strides",
            f"Only {100 * run.sure.mean():.0f} % of the strides are sure; angles come from those, cadence from all.",
        )
    if figures.unsure_percent and figures.unsure_percent > UNSURE_PERCENT:
        say(
            "alignment unsure",
            f"{figures.unsure_percent:.0f} % of the strides came before the board was sure how it sits: "
            "they count for cadence, not for angles.",
        )
    elif figures.alignment_sure_percent is not None and figures.alignment_sure_percent < SURE_PERCENT:
        say(
            "alignment unsure",
            f"The board was only {figures.alignment_sure_percent} % sure how it sits: "
            "change within the run holds, absolute angles may be off by more than said.",
        )
    if figures.restrapped:
        times = "once" if figures.restrapped == 1 else f"{figures.restrapped} times"
        say(
            "re-strapped",
            f"The board moved on the thigh {times}: angles before and after it are on different zeros, "
            "cadence and range hold.",
        )
    if figures.samples_lost_ms or (figures.lost_percent or 0) > LOST_PERCENT:
        say(
            "lost samples",
            f"Samples were lost for {figures.samples_lost_ms / 1000:.1f} s in all: "
            "strides there are left out of the angles.",
        )
    if (figures.clipped_percent or 0) > CLIPPED_PERCENT:
        say(
            "clipped",
            f"{figures.clipped_percent:.0f} % of the strides went beyond the sensor's range: "
            "they are left out of the angles.",
        )
    if figures.imu_faults:
        times = "once" if figures.imu_faults == 1 else f"{figures.imu_faults} times"
        say("sensor failed", f"The sensor failed {times} and was started again; strides in between are missing.")
    return found


def _minutes(seconds):
    return f"{seconds / 60:.1f} min" if seconds >= 60 else "less than a minute"
