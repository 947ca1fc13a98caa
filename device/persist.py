"""The small files that outlive a start: settings, boot count, start marker, the clock across a reset.

settings = persist.settings()
boot = persist.next_boot()
"""

import json
import os

import board

from kneecore import settings as table

SETTINGS = "/settings.json"
BOOTS = "/boots"
STARTING, FAILED = "/starting", "/failed"  # main.py counts starts in them
CLOCK = "/clock"
RUNS = "/runs"  # athlete and leg -> runs that had a baseline: by them cues are held back (delivery.py)
_MOST_BYTES = 4096
_MOST_BOOTS = 99_999
_RESET_TAKES_S = 1

this_boot = None  # this start's number, once the app has counted it


def _read(path):
    """The file's text, "" if there is none."""
    try:
        with open(path) as file:
            return file.read(min(os.stat(path)[6], _MOST_BYTES))  # read() makes room for all it is asked for
    except OSError:
        return ""


def _write(path, text):
    """Write so that a power cut leaves the old text or the new one."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def _number(path):
    try:
        return int(_read(path))
    except ValueError:
        return 0


def changes():
    """What the runner changed, a dict; {} if that cannot be read."""
    try:
        found = json.loads(_read(SETTINGS) or "{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def settings():
    """Every setting's value. What does not fit is left at its default, and said."""
    values, refused = table.merged(changes())
    for text in refused:
        board.say(text)
    return values


def save_changes(changed):
    """Keep `changed` (a dict, checked by the caller) in place of what changes() gave."""
    _write(SETTINGS, json.dumps(changed))


def _runs():
    try:
        found = json.loads(_read(RUNS) or "{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def runs(values):
    """How many runs with a baseline the athlete of these settings has had on that leg."""
    found = _runs().get(values["leg"] + values["athlete"], 0)
    return found if isinstance(found, int) else 0


def count_run(values):
    """One more."""
    found = _runs()
    found[values["leg"] + values["athlete"]] = runs(values) + 1
    try:
        _write(RUNS, json.dumps(found))
    except OSError:
        board.say("could not count this run for cue.observe_runs")


def boot():
    """How often this board has started its firmware."""
    return _number(BOOTS)


def next_boot():
    """Count this start; returns its number, or 0 if the flash does not take it: it may be full to the last block.

    A start that is not counted has no number of its own: nothing may be recorded under it, nor dated by it.
    """
    global this_boot
    number = boot() % _MOST_BOOTS + 1  # five digits in a session's name; after the last the first comes again
    try:
        _write(BOOTS, str(number))
    except OSError as error:
        board.say("this start is not counted (error %d): it records nothing" % error.errno)
        return 0
    this_boot = number
    return number


def started_well():
    """Take the start marker back: this start is not one of the failed ones. True if it stood."""
    stood = False
    for path in (STARTING, FAILED):
        try:
            os.remove(path)
            stood = True
        except OSError:
            pass
    return stood


def restart():
    """Reset the board as wanted: no failed start, and the clock comes along (a reset sets MicroPython's to 2021)."""
    started_well()
    now_s = board.clock_s()
    if now_s is not None:
        try:
            _write(CLOCK, str(now_s))
        except OSError:
            pass  # a full flash: the next pull sets it
    board.reset()


def recall_clock():
    """After restart(): set the clock again, to about a second."""
    before_s = _number(CLOCK)
    if before_s:
        try:
            os.remove(CLOCK)
        except OSError:
            return  # it would be set to this again at every start
        if board.clock_s() is None:
            board.set_clock(before_s + _RESET_TAKES_S)
