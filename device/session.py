"""One run after the other: a pipeline of its own for each, and a file, opened and closed with its reason.

session = Session(settings, boot, delivery, recorder, sampling)
why = session.open(now_ms, BY_BUTTON)     # "" if it is open
session.close(now_ms, recorder.BUTTON)    # and everything is as before the first run
"""

import gc

import board
import persist
from imu import NAME, RANGES
from recorder import FULL

from kneecore import __version__
from kneecore import sessionlog as log
from kneecore.pipeline import Pipeline

BY_RUNNING, BY_BUTTON, RESUMED = range(3)  # sessionread.START_REASONS
FLASH_FULL, ERROR = 4, 5  # log.END_REASONS


class Session:
    """`pipeline`: the run's; new after each session. `is_open`: whether it is being recorded."""

    def __init__(self, settings, boot, delivery, recorder, sampling):
        self._settings = settings
        self._boot = boot
        self._delivery = delivery
        self._recorder = recorder
        self._sampling = sampling
        self.renew()

    def renew(self):
        """A run's decisions depend on nothing before it: that is what makes them replayable."""
        self._segment = {}
        self._recorder.new_session()
        self._delivery.new_run(persist.runs(self._settings), self._boot)
        self.pipeline = Pipeline(self._settings, self._recorder)
        self._sampling.into(self.pipeline)

    def goes_on(self, segment):
        """The next run is a segment of one that was cut: what the header says of that. renew() takes it back."""
        self._segment = segment

    @property
    def is_open(self):
        return self._recorder.is_open

    def open(self, now_ms, reason):
        """Start recording. Returns why not, "" if it does."""
        if not self._boot:
            return FULL if not self._recorder.has_room() else "this start is not counted; reset the board"
        header = {
            "format": log.FORMAT,
            "firmware": __version__,
            "board": board.board_id(),
            "leg": self._settings["leg"],
            "chip": NAME,
            "settings": self._settings,
            "boot": self._boot,
            "ticks_ms": now_ms,
            "clock_s": board.clock_s(),
            "ranges": RANGES,
        }
        header.update(self._segment)
        try:
            if not self._recorder.open(now_ms, self._boot, header, reason):
                return FULL
        except OSError as error:
            self._recorder.close(now_ms, ERROR)
            return "the flash fails (error %d)" % error.errno
        board.start_watchdog()
        board.say("session %s opened" % self._recorder.name)
        gc.collect()
        return ""

    def flush(self):
        """Put on the flash what waits. Returns for which reason the session must end now, or None."""
        try:
            if self._recorder.raw:  # at 208 Hz the FIFO holds 1.2 s: three slow erases in a row are too long
                self._recorder.hand_over()
                self._sampling.poll(board.up_ms())
            if not self._recorder.flush():
                return FLASH_FULL
        except OSError as error:
            board.say("the flash fails (error %d)" % error.errno)
            return ERROR
        gc.collect()
        return None

    def end(self, now_ms, reason):
        """Close the file, if there is one. May be cut by a KeyboardInterrupt and called again."""
        was_open = self.is_open
        if was_open:
            self.pipeline.cue.baseline.end(now_ms)
        self._recorder.close(now_ms, reason)
        board.stop_watchdog()
        if was_open:
            if self._recorder.learnt:
                persist.count_run(self._settings)
            board.say("session %s closed (%s)" % (self._recorder.name, log.END_REASONS[reason]))

    def close(self, now_ms, reason):
        """End the session and be ready for the next run."""
        self.end(now_ms, reason)
        self.renew()
        gc.collect()
