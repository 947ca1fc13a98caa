"""Months of two runners' sessions, as the board would have written them: a library to measure and to look at.

Anna wears two boards, one on each thigh, and gains a little knee lift over the months; Ben wears one, now left, now
right, and fades more in long runs. Pace, days, strides and drops are drawn with a fixed seed; the figures are of the
size that SCIENCE.md gives for them. Blocks are sealed by kneecore; strides come as whole columns.
"""

import hashlib
import json
import struct

import numpy as np

from bench.blocks import Blocks
from kneecore import __version__, settings
from kneecore import sessionlog as log
from kneesync.formats.session import EVENT_DTYPE, STRIDE_DTYPE

ANNA, BEN = "Anna", "Ben"
BOARDS = {(ANNA, "L"): "e66118604b0a0001", (ANNA, "R"): "e66118604b0a0002", (BEN, None): "e66118604b0b0001"}
FIRST_DAY_UNIX_S = 1_758_000_000  # in September 2025
BETWEEN_RUNS_DAYS = (1, 1, 2, 2, 3)
BLOCK_STRIDES = 18  # what 13 s of running come to
SKIP_S, LEARN_S = settings.defaults()["cue.skip_s"], settings.defaults()["cue.learn_s"]
_WRITTEN = np.dtype([("word", "<u2"), ("lift", "<i2"), ("extension", "<i2"), ("up", "<u2"), ("back", "<u2")])
assert _WRITTEN.itemsize == log.STRIDE_BYTES

BODY = {  # lift and range at 3 m/s, cadence there, change of the day's lift a week, spread of days, fall in a long run
    ANNA: {"lift_deg": 38.5, "extension_deg": -21.0, "cadence_spm": 172, "week_deg": 0.06, "day_deg": 1.8, "fade": 0.7},
    BEN: {"lift_deg": 35.0, "extension_deg": -19.0, "cadence_spm": 164, "week_deg": -0.03, "day_deg": 2.2, "fade": 1.3},
}
NOTES = (
    {"text": "long run by the river, last 3 km hard", "tags": ["long"], "effort": 6},
    {"text": "8 × 400 m, windy", "tags": ["intervals", "track"], "effort": 8},
    {"tags": ["easy"], "effort": 3},
    {"text": "new shoes", "tags": ["easy", "shoes"], "effort": 4, "marked": True},
    {"text": "shin felt tight after 30 min", "tags": ["easy"], "pain": 3, "pain_where": "left shin", "effort": 5},
)


def make(folder, sessions=500, minutes=60, seed=1, on_progress=None):
    """Fill `folder`/sessions with so many files and their side notes; the number of strides in them. No index yet."""
    target = folder / "sessions"
    target.mkdir(parents=True, exist_ok=True)
    strides = 0
    for number, (data, note) in enumerate(runs(sessions, minutes, seed), 1):
        sha256 = hashlib.sha256(data).hexdigest()
        strides += note.pop("strides")
        note.update(bytes=len(data), sha256=sha256)
        (target / f"{sha256[:10]}.knee").write_bytes(data)
        (target / f"{sha256[:10]}.json").write_text(json.dumps(note), encoding="utf-8")
        if on_progress:
            on_progress("sessions", number, sessions)
    return strides


def runs(sessions, minutes, seed):
    """Yields (file's bytes, sidecar) of each session; Anna's two boards make a session each."""
    rng = np.random.default_rng(seed)
    made, boots = 0, dict.fromkeys(BOARDS, 0)
    next_run = {ANNA: (0, 7.0), BEN: (0, 18.5)}  # day, hour
    while made < sessions:
        athlete = min(next_run, key=next_run.get)
        day, hour = next_run[athlete]
        next_run[athlete] = (day + int(rng.choice(BETWEEN_RUNS_DAYS)), float(rng.choice((6.5, 7.0, 12.2, 18.5))))
        start_unix_s = FIRST_DAY_UNIX_S // 86_400 * 86_400 + 86_400 * day + 3600 * hour + float(rng.uniform(0, 1500))
        plan = _plan(athlete, day, minutes, rng)
        note = NOTES[int(rng.integers(len(NOTES)))] if rng.random() < 0.3 else {}
        for leg in ("L", "R") if athlete == ANNA else (str(rng.choice(["L", "R"])),):
            if made == sessions:
                return
            key = (athlete, leg) if athlete == ANNA else (athlete, None)
            boots[key] += 1
            board_start_unix_s = start_unix_s + rng.uniform(-0.5, 0.5)  # as well as two clocks agree
            data, strides = _file(athlete, leg, BOARDS[key], boots[key], board_start_unix_s, plan, rng)
            yield (
                data,
                {
                    "board": BOARDS[key],
                    "name": f"{boots[key]:05d}-1.knee",
                    "start_unix_s": round(board_start_unix_s, 3),
                    "start_from": "pull",
                    "pulled_unix_s": round(start_unix_s + 60 * minutes + 7200, 3),
                    "strides": strides,
                    **note,
                },
            )
            made += 1


def _plan(athlete, day, minutes, rng):
    """What both legs share of a run: speeds of its strides' moments, cadence, the day's lift, when and how it falls."""
    body = BODY[athlete]
    length_s = 60.0 * minutes
    moments_s = np.arange(0, length_s + 30, 5.0)
    speed_mps = np.full(len(moments_s), rng.normal(3.0, 0.25)) + _wander(len(moments_s), 36, 0.10, rng)
    if rng.random() < 0.2:  # intervals: 3 min quick, 2 min slow, after a quarter of the run
        quick = (moments_s % 300 < 180) & (moments_s > length_s / 4) & (moments_s < 0.85 * length_s)
        speed_mps += np.where(quick, 0.7, -0.2 * (moments_s > length_s / 4))
    speed_mps -= 0.4 * np.exp(-moments_s / 120)  # easing in
    fall_deg = body["fade"] * max(0.0, rng.normal(2.2, 1.8))
    onset_s = length_s * rng.uniform(0.35, 0.85)
    shape = np.clip((moments_s - onset_s) / (0.05 * length_s if rng.random() < 0.3 else length_s - onset_s), 0, 1)
    cadence_spm = body["cadence_spm"] + rng.normal(0, 1.2)
    return {
        "moments_s": moments_s,
        "length_s": length_s,
        "speed_mps": np.clip(speed_mps, 2.0, 5.5),
        "t_s": _strike_s(moments_s, speed_mps, cadence_spm, length_s, rng),
        "day_deg": body["week_deg"] * day / 7 + rng.normal(0, body["day_deg"]) * 0.7,
        "fall_deg": fall_deg * shape,
    }


def _strike_s(moments_s, speed_mps, cadence_spm, length_s, rng):
    """When the left knee is highest in each stride, s; one run in seven stops for 45 s at a traffic light."""
    count = int(length_s / 60 * cadence_spm * 0.56) + 200
    pace = np.interp(np.arange(count) * 0.71, moments_s, speed_mps) - 3.0
    stride_s = 120 / (cadence_spm + 7.5 * pace + _wander(count, 90, 0.8, rng)) * (1 + rng.normal(0, 0.011, count))
    t_s = np.cumsum(stride_s)
    if rng.random() < 0.15:
        t_s[np.searchsorted(t_s, rng.uniform(0.2, 0.8) * length_s) :] += 45.0
    return t_s[t_s <= length_s]


def _file(athlete, leg, board, boot, start_unix_s, plan, rng):
    """(bytes, strides) of one leg's session file."""
    records, t_ms = _strides(athlete, leg, plan, rng)
    opened_ms = int(t_ms[13])  # the board opens the file once it is sure that this is a run
    events = _events(records, t_ms, opened_ms, rng)
    header = {
        "format": log.FORMAT,
        "firmware": __version__,
        "board": board,
        "leg": leg,
        "chip": "LSM6DSOX",
        "settings": {**settings.defaults(), "athlete": athlete, "leg": leg},
        "boot": boot,
        "ticks_ms": opened_ms,
        "clock_s": int(start_unix_s + (opened_ms - int(t_ms[0])) / 1000),
        "ranges": {"gyr_dps": 2000, "acc_g": 16},
    }
    blocks = Blocks()
    blocks.put(log.HEADER, json.dumps(header).encode())
    written, t_ms = _written(records, t_ms)
    before_ms = int(t_ms[0]) - int(records["dt_ms"][0])
    told = 0
    for at in range(0, len(written), BLOCK_STRIDES):
        chosen = written[at : at + BLOCK_STRIDES]
        blocks.put(log.STRIDES, struct.pack(log.STRIDES_HEAD, before_ms) + chosen.tobytes())
        before_ms = int(t_ms[at + len(chosen) - 1])
        upto = int(np.searchsorted(events["t_ms"], before_ms, side="right"))
        if upto > told:
            blocks.put(log.EVENTS, events[told:upto].tobytes())
            told = upto
    if rng.random() > 0.01:  # else the battery was pulled
        blocks.put(log.END, struct.pack(log.END_PAYLOAD, 0, before_ms + 4000, len(records)))
    return bytes(blocks.data), len(records)


def _written(records, t_ms):
    """Strides as a block holds them, with a time mark before each that comes after a pause; and the time of each row.

    A mark states the time of "the stride before the next"; the next one's own dt_ms is 0 here, so that is its own.
    """
    written = np.empty(len(records), _WRITTEN)
    written["word"] = records["dt_ms"] | records["flags"].astype(np.uint16) << log.FLAGS_SHIFT
    for name, field in zip(_WRITTEN.names[1:], STRIDE_DTYPE.names[1:5], strict=True):
        written[name] = records[field]
    (paused,) = np.nonzero(records["dt_ms"] == 0)
    marks = np.frombuffer(
        b"".join(struct.pack(log.TIME, log.TIME_MARK, int(t_ms[i]), 0) for i in paused), _WRITTEN, len(paused)
    )
    return np.insert(written, paused, marks), np.insert(t_ms, paused, t_ms[paused])


def _strides(athlete, leg, plan, rng):
    """(STRIDE_DTYPE records, board uptime of each stride's peak in ms) of one leg."""
    body = BODY[athlete]
    t_s = plan["t_s"]
    if leg == "R":  # half a stride later, and each leg with a little of its own
        t_s = t_s + np.append(np.diff(t_s), 0.7) / 2
    t_s = t_s + rng.normal(0, 0.004, len(t_s))
    count = len(t_s)
    pace = np.interp(t_s, plan["moments_s"], plan["speed_mps"]) - 3.0
    fall_deg = np.interp(t_s, plan["moments_s"], plan["fall_deg"])
    side_deg = 1.1 if leg == "L" else -1.1
    lift_deg = body["lift_deg"] + side_deg + plan["day_deg"] + 6.5 * pace - fall_deg + rng.normal(0, 0.8)
    lift_deg = lift_deg + _wander(count, 60, 0.5, rng) + rng.normal(0, 0.95, count)
    extension_deg = body["extension_deg"] - 3.5 * pace + 0.15 * fall_deg + rng.normal(0, 0.8)
    extension_deg = extension_deg + _wander(count, 60, 0.4, rng) + rng.normal(0, 0.8, count)
    up_dps = 5.6 * (lift_deg - extension_deg) + 40 * pace + rng.normal(0, 6, count)
    back_dps = 5.8 * (lift_deg - extension_deg) + 42 * pace + rng.normal(0, 6, count)
    t_ms = 40_000 + np.round(1000 * t_s).astype(np.int64)
    dt_ms = np.diff(t_ms, prepend=t_ms[0] - 700)
    flags = np.zeros(count, np.uint8)
    flags[:40] |= log.UNSURE
    flags[0] |= log.FIRST
    flags[rng.random(count) < 0.001] |= log.UNSURE
    flags[dt_ms > log.MAX_DT_MS] |= log.FIRST  # after a pause
    records = np.empty(count, STRIDE_DTYPE)
    records["dt_ms"] = np.where(dt_ms > log.MAX_DT_MS, 0, dt_ms)  # a time mark stands before it
    records["knee_lift_cdeg"] = np.round(100 * lift_deg)
    records["extension_cdeg"] = np.round(100 * extension_deg)
    records["swing_up_ddps"] = np.round(10 * up_dps)
    records["swing_back_ddps"] = np.round(10 * back_dps)
    records["flags"] = flags
    return records, t_ms


def _events(records, t_ms, opened_ms, rng):
    """EVENT_DTYPE, in order of time: start, alignment, baseline, cues as the detector's rules would have them."""
    rows = [(opened_ms, log.START, 0, ()), (opened_ms + 900, log.ALIGNED, int(rng.integers(86, 99)), _mounting(rng))]
    for i in np.flatnonzero(records["dt_ms"] == 0):
        rows += [(int(t_ms[i - 1]) + 2100, log.PAUSE, 0, ()), (int(t_ms[i]), log.RESUME, 0, ())]
    t_s = (t_ms - t_ms[0]) / 1000
    learnt = (t_s >= SKIP_S) & (t_s < SKIP_S + LEARN_S)
    if learnt.sum() > 40 and t_s[-1] > SKIP_S + LEARN_S:
        lift, stride = records["knee_lift_cdeg"], records["dt_ms"]
        base, base_ms = float(lift[learnt].mean()), float(stride[learnt].mean())
        first = int(np.searchsorted(t_s, SKIP_S + LEARN_S))
        means = (
            int(learnt.sum()) // 10,
            round(base),
            100,
            round(base_ms),
            round(records["extension_cdeg"][learnt].mean()),
        )
        rows.append((int(t_ms[first]), log.BASELINE, means[0], means[1:]))
        rows += _cues(records, t_ms, first, base, base_ms)
    events = np.zeros(len(rows), EVENT_DTYPE)
    for event, (at_ms, kind, detail, values) in zip(events, sorted(rows), strict=True):
        event["t_ms"], event["kind"], event["detail"] = at_ms, kind, detail
        event["values"][: len(values)] = values
    return events


def _cues(records, t_ms, first, base, base_ms):
    """Cue and cue-cleared rows; the strides while the motor runs are flagged in `records`."""
    count = (len(records) - first) // 10
    tens = slice(first, first + 10 * count)
    lift = records["knee_lift_cdeg"][tens].reshape(count, 10).mean(axis=1)
    stride_ms = records["dt_ms"][tens].reshape(count, 10).mean(axis=1)
    ends_ms = t_ms[tens].reshape(count, 10)[:, -1]
    expected = base + 85 * 100 * (base_ms / stride_ms - 1)
    drop = expected - lift
    steady = np.abs(base_ms / stride_ms - 1) < 0.05
    rows, in_row, low, quiet_ms, down = [], 0, 0, 0, False
    for i in range(count):
        if not steady[i]:
            low = 0
            continue
        if drop[i] < 150:
            if down:
                rows.append((int(ends_ms[i]), log.CUE_CLEARED, 0, (round(drop[i]), round(lift[i]), round(expected[i]))))
            down, low, in_row = False, 0, 0
            continue
        low = low + 1 if drop[i] >= 300 else 0
        if low >= 9 and ends_ms[i] >= quiet_ms:  # 9 means of ten strides last a minute
            in_row += 1
            values = (round(drop[i]), round(lift[i]), round(expected[i]), 60, round(stride_ms[i]), 300)
            rows.append((int(ends_ms[i]), log.CUE, in_row, values))
            records["flags"][first + 10 * i + 9 : first + 10 * i + 11] |= log.MOTOR
            down = True
            quiet_ms = ends_ms[i] + (60_000 if in_row < 3 else 300_000)
            in_row %= 3
    return rows


def _mounting(rng):
    """The thigh's up and right in chip axes, Q14: strapped nearly the same way each day."""
    up = np.array([0.05, 0.99, 0.08]) + rng.normal(0, 0.03, 3)
    up /= np.linalg.norm(up)
    right = np.array([0.99, -0.05, 0.02]) + rng.normal(0, 0.03, 3)
    right -= up * (up @ right)
    right /= np.linalg.norm(right)
    return tuple(int(value) for value in np.round(16384 * np.concatenate([up, right])))


def _wander(count, strides, spread, rng):
    """A slow wander of this spread (SD) that forgets itself after about so many strides."""
    width = min(strides, max(1, count))
    noise = rng.normal(0, 1, count + 2 * width)
    sums = np.cumsum(noise)
    return (sums[width : width + count] - sums[:count]) * (spread / np.sqrt(width))
