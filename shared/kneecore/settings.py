"""What the runner may change: one row a setting, read by the board at start and by the host.

A value is an int within (low, high), one of a tuple of words, or a text of limited length.
Times, angles and shares carry their unit in the name, so that a number never travels alone.
"""

_ON_OFF = ("off", "on")

# name, default, allowed, meaning. allowed: (low, high) | words | longest text
TABLE = (
    ("athlete", "", 32, "whose runs these are"),
    ("leg", "L", ("L", "R"), "which thigh wears the board"),
    ("quiet", "off", _ON_OFF, "on: log cues, never buzz"),
    ("raw", "off", _ON_OFF, "on: keep every IMU sample too (about 3.5 MB an hour at 104 Hz)"),
    ("raw.rate_hz", "104", ("104", "208"), "the IMU's rate while raw samples are kept"),
    ("run.start_s", 10, (3, 60), "running for this long starts a session by itself"),
    ("run.stop_min", 5, (1, 60), "no stride for this long closes the session"),
    ("cue.skip_s", 120, (0, 1800), "warm-up left out of the baseline"),
    ("cue.learn_s", 240, (60, 1200), "running from which the fresh baseline is learnt"),
    ("cue.drop_cdeg", 300, (100, 1500), "smallest fall of knee lift below baseline that may cue, 0.01 degree"),
    ("cue.drop_percent", 6, (0, 50), "and smallest fall in percent of the baseline"),
    ("cue.hold_s", 60, (10, 600), "the fall must last this long"),
    ("cue.sigma_floor_cdeg", 100, (20, 500), "least spread of 10-stride means assumed, 0.01 degree"),
    ("cue.cusum_limit_tenths", 50, (10, 500), "CUSUM alarm level h, in tenths of sigma"),
    ("cue.slope_cdeg", 85, (0, 400), "knee lift expected to change per 1 % of cadence, 0.01 degree"),
    ("cue.freeze_percent", 5, (1, 30), "cadence further than this off baseline freezes the detector"),
    ("cue.refractory_s", 60, (20, 1800), "least time between two cues"),
    ("cue.most_in_row", 3, (1, 20), "cues in a row before the silence"),
    ("cue.silence_s", 300, (0, 3600), "the silence after that many"),
)


def row(name):
    """The TABLE row of `name`. ValueError names the unknown setting and the next step."""
    for entry in TABLE:
        if entry[0] == name:
            return entry
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
    _, _, allowed, _ = row(name)
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
    return {entry[0]: entry[1] for entry in TABLE}


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
