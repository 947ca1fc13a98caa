"""What --json prints: the same figures as the pages, units in the names, None for what is not known."""

import json
import math
import sys
from dataclasses import asdict
from datetime import UTC
from typing import Any

from kneesync import untrusted


def text(result):
    """A result as JSON text: indented, without NaN, every text free of control characters."""
    takes_all = (
        "utf" in (sys.stdout.encoding or "").lower()
    )  # Windows pipes in the code page, which programs cannot know
    return json.dumps(_clean(result), indent=2, ensure_ascii=not takes_all, allow_nan=False)


def report(figures, kept=None, pair=None, advice=None):
    """A session's figures, what the library knows of it, how it differs from the other leg's, and the coach's advice.

    "coach" is what `drills --json` prints: findings with the sessions and numbers they rest on, and the week.
    """
    return {
        **({"session": _kept(kept)} if kept else {}),
        **figures.as_json(),
        "pair": pair and pair.as_json(),
        "coach": advice,
    }


def sessions(kept):
    return [_kept(one) for one in kept]


def boards(found):
    return [asdict(board) for board in found]


def visit(done):
    """What a board's visit brought, and freed if that was asked for."""
    row = {**pulled(done.board, done.pulled), "closed": untrusted.session_name(done.info.get("closed"))}
    if done.freed:
        row["freed"] = freed(done.board, done.freed, done.left)["sessions"]
    return {**row, "problem": done.problem}


def pulled(board_id, results):
    """What a pull brought."""
    rows = []
    for result in results:
        row = {"name": result.name, "bytes": result.bytes, "state": result.state, "problem": result.problem}
        row["session"] = _kept(result.kept) if result.kept else None
        rows.append(row)
    return {"board": board_id, "sessions": rows}


def imported(found):
    """What an import brought."""
    return [
        {
            "file": one.file,
            "state": one.state,
            "problem": one.problem or None,
            "session": _kept(one.kept) if one.kept else None,
        }
        for one in found
    ]


def freed(board_id, found, left):
    """What was deleted on a board, and what was not."""
    rows = [{"name": one.name, "bytes": one.bytes, "state": one.state, "why": one.why or None} for one in found]
    return {"board": board_id, "sessions": rows, "free_bytes": untrusted.whole(left.get("free_bytes"), 0, 1 << 40)}


def flashed(done):
    """What a flash did, and the self-test's lines."""
    return asdict(done)


def strides(session, zero_ms=None):
    """Every stride as a dict; t_s counts from `zero_ms` of board uptime (default: the session's start)."""
    from kneesync.formats.session import ANGLES_AND_RATES, FLAG_NAMES

    names = (*ANGLES_AND_RATES, "stride_s", "cadence_spm")
    columns = session.columns
    t_s = columns["t_s"] if zero_ms is None else (session.t_ms - zero_ms) / 1000
    rows = []
    for i in range(len(t_s)):
        row: dict[str, Any] = {"t_s": float(t_s[i])}
        row.update({name: float(columns[name][i]) for name in names})
        row["flags"] = [name for name in FLAG_NAMES if columns[name][i]]
        rows.append(row)
    return rows


def tuned(table, chosen, fresh, written):
    """What a sweep of thresholds came to: see views.tuning.lines."""
    return {
        **table.as_json(),
        "recommended": chosen and chosen.as_json(),
        "fresh": [{"athlete": athlete, "leg": leg, **figures.as_json()} for athlete, leg, figures in fresh],
        "applied": written,
    }


def demo(shown):
    """The whole of a Demo: strides and cues with t_s from the feed's first sample, the report, and how true it is."""
    from kneesync.analysis.session import summary

    figures = summary(shown.session)
    shift_s = shown.session.start_ms / 1000 - shown.offset_s
    cues = [{**cue.as_json(), "t_s": cue.t_s + shift_s} for cue in figures.cues]
    return {
        "strides": strides(shown.session, shown.offset_s * 1000),
        "cues": cues,
        "report": report(figures),
        "truth": _agreement(shown.agreement()),
    }


def _agreement(match):
    if match is None:
        return None
    return {
        "strides": match.true,
        "matched": match.matched,
        "invented": match.invented,
        "knee_lift_rmse_deg": match.settled_rmse_deg(),
    }


def _kept(one):
    row = asdict(one)
    row["started"] = None
    if one.start_unix_s is not None:
        from datetime import datetime, timedelta

        # not fromtimestamp: Windows knows no year after 3000, a note may hold any
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(one.start_unix_s))
        row["started"] = moment.isoformat(timespec="seconds")
    return row


def _clean(value):
    if isinstance(value, dict):
        return {_clean(name): _clean(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(one) for one in value]
    if isinstance(value, str):
        return untrusted.printable(value, 1000)
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value
