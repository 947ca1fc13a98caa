"""What the runner may change: one line a setting, read by the board at start and by the host.

A value is an int within bounds, one of some words, or a text of limited length. Times, angles and shares carry their
unit in the name, so that a number never travels alone. What each means stands where it is read: on the host, in
kneesync.board.settings.
"""

# name, default, and what it takes: a number's low and high | words with | between, -1 | longest text, -1.
# One flat tuple: a tuple each would cost the board a kilobyte.
_FLAT = (
    "athlete", "", 32, -1,
    "leg", "L", "L|R", -1,
    "quiet", "off", "off|on", -1,
    "raw", "off", "off|on", -1,
    "raw.rate_hz", "104", "104|208", -1,
    "run.start_s", 10, 3, 20,
    "run.stop_min", 5, 1, 60,
    "cue.metric", "lift", "lift|range", -1,
    "cue.skip_s", 120, 0, 1800,
    "cue.learn_s", 240, 60, 1200,
    "cue.band_s", 180, 60, 1200,
    "cue.drop_cdeg", 250, 100, 1500,
    "cue.drop_percent", 5, 0, 50,
    "cue.hold_s", 60, 10, 240,
    "cue.wander_cdeg", 60, 10, 300,
    "cue.sharp_tenths", 50, 0, 200,
    "cue.deep_tenths", 45, 0, 1000,
    "cue.slope_cdeg", 85, 0, 400,
    "cue.slope_error_cdeg", 30, 5, 100,
    "cue.freeze_percent", 5, 1, 30,
    "cue.pulse_ms", 150, 100, 300,
    "cue.refractory_s", 60, 20, 1800,
    "cue.most_in_row", 3, 1, 20,
    "cue.observe_runs", 3, 0, 50,
    "cue.fade_runs", 8, 0, 100,
    "cue.experiment_percent", 0, 0, 70,
    "cue.silence_s", 300, 0, 3600,
    "cue.seed", "", 64, -1,
)  # fmt: skip


def rows():
    """Every setting's (name, default, allowed). allowed: (low, high) | words | longest text."""
    for i in range(0, len(_FLAT), 4):
        yield _row(i)


def _row(i) -> tuple:
    low, high = _FLAT[i + 2], _FLAT[i + 3]
    allowed = (low, high) if high >= 0 else tuple(low.split("|")) if isinstance(low, str) else low
    return _FLAT[i], _FLAT[i + 1], allowed


def row(name):
    """The row of `name`. ValueError names the unknown setting and the next step."""
    for i in range(0, len(_FLAT), 4):
        if _FLAT[i] == name:
            return _row(i)
    raise ValueError("unknown setting %s; `kneesync settings` lists them" % repr(name))


def allowed_text(allowed):
    """What a setting takes, in words."""
    if isinstance(allowed, int):
        return "a text of up to %d characters" % allowed
    if isinstance(allowed[0], int):
        return "a whole number from %d to %d" % allowed
    return " or ".join(allowed)


def checked(name, value):
    """`value` as setting `name` stores it (an int for a number, else a str). ValueError if it does not fit."""
    allowed = row(name)[2]
    if isinstance(allowed, int):
        fits = isinstance(value, str) and len(value) <= allowed and "\n" not in value
    elif isinstance(allowed[0], int):
        if isinstance(value, str):
            try:
                value = int(value)
            except ValueError:
                pass
        fits = isinstance(value, int) and not isinstance(value, bool) and allowed[0] <= value <= allowed[1]
    else:
        fits = value in allowed
    if not fits:
        raise ValueError("setting %s is %s; it takes %s" % (name, repr(value), allowed_text(allowed)))
    return value


def defaults():
    """A new dict of every setting at its default."""
    return {_FLAT[i]: _FLAT[i + 1] for i in range(0, len(_FLAT), 4)}


def merged(changes):
    """Defaults with `changes` (a mapping) over them, and what had to be refused: (dict, list of texts)."""
    values = defaults()
    refused = []
    for name in changes:
        try:
            values[name] = checked(name, changes[name])
        except ValueError as error:
            refused.append(str(error))
    return values, refused
