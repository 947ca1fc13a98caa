"""Whether a cue that is due is felt: not if muted, in quiet mode, before the runner is known, faded out, or by chance.

    delivery = Delivery(settings)
    delivery.new_run(runs, boot)
    why = delivery.why_held(drop_cdeg)   # 0: buzz

Decided here and not in kneecore, so that a replay shows every cue that was due.
"""

from micropython import const

_MUTED, _QUIET, _OBSERVING, _FADING, _EXPERIMENT = const(3), const(4), const(5), const(6), const(7)  # sessionread.HELD
_FADED = const(75)  # percent of the cues that fading takes away in the end


class Delivery:
    """Of the last cue: `drop_cdeg`, and `held`, why it was not buzzed. `muted`: cues are logged as held back."""

    def __init__(self, settings):
        self._settings = settings
        self.quiet = settings["quiet"] == "on"

    def new_run(self, runs, boot):
        """Which cues of the run to come are felt; `runs`: how many with a baseline came before it.

        The boot number, which stands in the session's header, seeds the chance of the experiment (Lehmer's generator
        modulo 65537).
        """
        settings = self._settings
        n = runs - settings["cue.observe_runs"]
        over = settings["cue.fade_runs"]
        share = 100
        if n < 0:
            share = -1
        elif over and 2 * n >= over:
            share -= _FADED * min(2 * n - over + 2, over) // over
        self._share = share  # percent of the cues that fading leaves
        self._chance = boot % 65536 + 1
        self._due = self.drop_cdeg = self.held = 0
        self.muted = self.quiet

    def why_held(self, drop_cdeg):
        """A cue is due: an index into sessionread.HELD; 0: buzz."""
        self.drop_cdeg = drop_cdeg
        self.held = (_QUIET if self.quiet else _MUTED) if self.muted else self._drawn()
        return self.held

    def _drawn(self):
        share = self._share
        if share < 0:
            return _OBSERVING
        self._due += 1
        if self._due * share // 100 == (self._due - 1) * share // 100:
            return _FADING
        self._chance = self._chance * 75 * 75 % 65537
        return _EXPERIMENT if self._chance % 100 < self._settings["cue.experiment_percent"] else 0
