"""The wearable: its states and its one loop.

idle → standing → raises → running ⇄ paused → closed → idle. Running for run.start_s opens a session, so does a press;
a long press or run.stop_min without a stride closes it. A double press mutes this run's cues, another unmutes them.
Whatever else happens (flash full, empty battery, a host's Ctrl-C), an open session is closed with its reason.
"""

import gc
import sys
from time import sleep_ms

import board
import busio
import haptics
import micropython
import persist
import recorder
import session
import signals
from battery import Battery
from delivery import Delivery
from imu import Imu
from micropython import const
from sampling import Sampling

from kneecore import __version__
from kneecore import sessionlog as log

_SLICE_MS = const(50)  # the button is looked at so often; a quick press takes 90 ms
_DRAIN_MS = const(225)
_PAUSE_MS = const(6_000)  # without a stride
_SHOWN_MS = const(5_000)  # how long closed and refused are shown
_GOOD_START_MS = const(30_000)
_STOP_MS = const(600)  # how long the motor is told to stop before something else is done
_DOZE_MS = const(5 * 60 * 1000)  # at rest, and no session open: nobody wears it
_EMPTY_MS = const(55_000)  # after the run was closed
_ASLEEP_MS = const(600_000)
_GOES_ON_MS = const(2_000)  # of running: the segment of a run that was cut opens
_STOOD = const(4)  # windows at rest (1.2 s) after power-on: the runner sets out anew
_RESTART_MS = const(2 * 24 * 3600 * 1000)  # idle for so long: start afresh, long before small ints end (2**29 ms)
_ACTIVITIES = (signals.IDLE, signals.STANDING, signals.RAISES)  # of state.activity before a run


class App:
    def __init__(self):
        self.started_ms = board.up_ms()
        board.pace(False)
        persist.recall_clock()
        self.settings = persist.settings()
        self._start_ms = int(self.settings["run.start_s"]) * 1000
        self._stop_ms = int(self.settings["run.stop_min"]) * 60_000
        i2c = board.i2c()
        bus = busio.I2C(i2c)
        self.delivery = Delivery(self.settings)
        self.signals = signals.Signals(haptics.find_motor(), self.delivery.quiet)
        self.button = signals.Button()
        self.battery = Battery()
        self.recorder = recorder.Recorder(self.delivery)
        rate_hz = 104
        if self.settings["raw"] == "on":
            import raw

            rate_hz = raw.keep_raw(self.recorder, self.settings)
        self.sampling = Sampling(Imu(i2c, bus, rate_hz), self.recorder)
        boot = persist.next_boot()
        if not boot and not self.recorder.has_room():
            board.say(recorder.FULL)
        self._boot = boot
        self._ended_by_button = False  # the run before, a moment ago: it may go on
        self.session = session.Session(self.settings, boot, self.delivery, self.recorder, self.sampling)
        self._resume_ms = self._cut_run(boot - 1)
        self._shown_until_ms = 0
        self._refused = False  # do not try again before the runner stops or presses
        self._full = False
        self._start_confirmed = False
        self._paused = False
        self._moved_ms = self.started_ms

    def _cut_run(self, boot):
        """If that boot left a run without its end, or this one's button ended it: until when it may go on, ms of
        uptime. Else 0."""
        n = recorder.newest(boot)
        if n == 0:
            return 0
        import resume

        del sys.modules["resume"]  # its memory comes back
        return resume.look(boot, n, self.session, self.recorder, self._stop_ms, self._ended_by_button)

    def run(self):
        """The loop. Leaves only by an exception, with the session closed."""
        board.say("kneesync %s ready %s" % (__version__, board.board_id()))
        try:
            board.start_watchdog()
            self._show(board.up_ms(), signals.IDLE)
            self._loop()
        except KeyboardInterrupt:
            self._end_for(recorder.HOST)
            raise
        except Exception:
            self._end_for(recorder.ERROR)
            raise

    def _loop(self):
        drain_ms = 0
        while True:
            now_ms = board.up_ms()
            self.signals.tick(now_ms)
            press = self.button.poll(now_ms)
            if press:
                self._pressed(now_ms, press)
            if now_ms >= drain_ms:
                drain_ms = now_ms + _DRAIN_MS
                if self.sampling.up or not self.signals.haptics.busy:  # to set the IMU up takes a second
                    self.sampling.poll(now_ms)
                # the FIFO is as good as empty: time for the flash
                self._decide(board.up_ms())
            sleep_ms(self.signals.wait_ms(now_ms, self.button.wait_ms(_SLICE_MS)))

    def _end_for(self, reason):
        """End the session, however many Ctrl-Cs come meanwhile. Leaves Ctrl-C off: main.py restores it."""
        while True:
            try:
                micropython.kbd_intr(-1)
                self.signals.haptics.stop(_STOP_MS)
                self.session.end(board.up_ms(), reason)
                return
            except KeyboardInterrupt:
                pass  # it was on its way before kbd_intr; the end goes on where it was

    def _show(self, now_ms, state):
        self.state = state
        self._light(now_ms)
        self._sign(now_ms, state)

    def _light(self, now_ms):
        state = self.state
        is_low = self.battery.low and (state == signals.IDLE or state == signals.RUNNING)
        self.signals.state(now_ms, signals.LOW_BATTERY if is_low else state)

    def _sign(self, now_ms, sign, pulse_ms=0):
        """Let the motor say it; the pipeline should know when the motor shakes the IMU."""
        still_ms = self.signals.once(now_ms, sign, pulse_ms)
        if still_ms > now_ms:
            self.session.pipeline.motor(now_ms, still_ms)

    def _pressed(self, now_ms, press):
        """A double press mutes this run's cues and brings them back, a long one ends it: no knock does either."""
        if not self.session.is_open:
            if press == signals.SHORT or press == signals.HELD:
                self._open(now_ms, session.RESUMED if self._ended_by_button else session.BY_BUTTON)
        elif press == signals.DOUBLE:
            self.delivery.muted = self.delivery.quiet or not self.delivery.muted
            self._sign(now_ms, signals.MUTED if self.delivery.muted else signals.UNMUTED)
        elif press == signals.HELD:
            self._sign(now_ms, signals.HOLDING)
        elif press == signals.LONG:
            self._close(now_ms, recorder.BUTTON)

    def _decide(self, now_ms):
        """What a drain's news mean."""
        if self.session.pipeline.pulse_ms:
            self._cue(now_ms)
        if self.recorder.raw:
            self.recorder.raw.tell(now_ms, self._sign)
        if self.battery.poll(now_ms):
            board.say("battery low: %d mV (if it never moves: a gauge on 3.3 V)" % self.battery.mv)
            self.recorder.event(now_ms, log.BATTERY, self.battery.percent(), self.battery.mv, 0, 0, 0, 0, 0)
            self._light(now_ms)
        if self.session.is_open:
            board.feed_watchdog()
            self._go_on(now_ms)
        else:
            self._wait(now_ms)
        if not self._start_confirmed:
            self._confirm_start(now_ms)

    def _confirm_start(self, now_ms):
        """The first 30 s: a loop that hangs then must end in a reset, which the loader counts as a failed start."""
        if now_ms - self.started_ms < _GOOD_START_MS:
            board.feed_watchdog()
            return
        self._start_confirmed = True
        persist.started_well()
        if not self.session.is_open:
            board.stop_watchdog()

    def _go_on(self, now_ms):
        """A session is open."""
        still_ms = now_ms - self.recorder.last_ms
        if self.battery.empty:
            self._close(now_ms, recorder.BATTERY)
        elif still_ms >= self._stop_ms:
            self._close(now_ms, recorder.STILL)
        elif self.recorder.due(now_ms) and not self.signals.haptics.busy:
            reason = self.session.flush()
            if reason is not None:
                self._close(now_ms, reason)
        else:
            paused = still_ms >= _PAUSE_MS
            if paused != self._paused:
                self._paused = paused
                self.recorder.event(now_ms, log.PAUSE if paused else log.RESUME, 0, 0, 0, 0, 0, 0, 0)
            state = signals.PAUSED if paused else signals.RUNNING
            if not self.sampling.up:
                state = signals.NO_IMU
            if state != self.state:
                self._show(now_ms, state)

    def _wait(self, now_ms):
        """No session is open."""
        running_ms = self.session.pipeline.state.running_ms
        if self._resume_ms:
            if running_ms >= _GOES_ON_MS:
                self._open(now_ms, session.RESUMED)
                return
            stands = self.session.pipeline.state.attitude.still >= _STOOD and not board.was_reset()
            if now_ms >= self._resume_ms or (stands and not self._ended_by_button):
                self._resume_ms = 0
                self._ended_by_button = False
                self.session.renew()
        if running_ms >= self._start_ms and not self._refused:
            self._open(now_ms, session.BY_RUNNING)
            return
        if running_ms == 0:
            self._refused = False
        if now_ms < self._shown_until_ms:
            return
        activity = self.session.pipeline.state.activity
        state = _ACTIVITIES[activity] if activity < len(_ACTIVITIES) else self.state
        if not self.sampling.up:
            state = signals.NO_IMU
        elif state > signals.RAISES:
            state = signals.IDLE
        if state == signals.STANDING and self.state == signals.IDLE:
            self._full = not self.recorder.has_room()
            if self._full:
                board.say(recorder.FULL)
        if self._full and (state == signals.STANDING or state == signals.RAISES):
            state = signals.REFUSED
        if state != self.state:
            gc.collect()
            self._show(now_ms, state)
        if running_ms == 0 and now_ms > _RESTART_MS:
            persist.restart()
        if not self.sampling.up or self.session.pipeline.state.attitude.still < _STOOD:
            self._moved_ms = now_ms
        elif now_ms - self._moved_ms >= _DOZE_MS and not self._resume_ms:
            self.sampling.doze(now_ms)
        if self.battery.empty and self._start_confirmed and now_ms > self._shown_until_ms + _EMPTY_MS:
            # nobody wants anything: the lowest current, and a look every ten minutes
            board.say("the battery is empty: asleep for ten minutes")
            self.signals.haptics.stop(_STOP_MS)
            self.sampling.stop()
            board.led(0)
            board.deepsleep(_ASLEEP_MS)

    def _open(self, now_ms, reason):
        self.signals.haptics.stop(_STOP_MS)
        board.pace(True)
        if self._resume_ms and reason != session.RESUMED:
            self.session.renew()
        self._resume_ms = 0
        self._ended_by_button = False
        why = "the battery is empty; charge it" if self.battery.empty else self.session.open(now_ms, reason)
        if why:
            board.say("no session: %s" % why)
            self._refused = True
            board.pace(False)
            self._show_for_a_while(signals.REFUSED)
        else:
            self._show(board.up_ms(), signals.RUNNING)

    def _close(self, now_ms, reason):
        self.signals.haptics.stop(_STOP_MS)
        muted = self.delivery.muted
        self.session.close(now_ms, reason)
        board.pace(False)
        self._ended_by_button = reason == recorder.BUTTON
        if self._ended_by_button:
            self._resume_ms = self._cut_run(self._boot)
            self._ended_by_button = self._resume_ms > 0
            self.delivery.muted = muted
            self.recorder.learnt = False  # its baseline is counted
        self._paused = False
        self._refused = reason >= recorder.BATTERY
        self._show_for_a_while(signals.REFUSED if self._refused else signals.CLOSED)

    def _show_for_a_while(self, state):
        now_ms = board.up_ms()  # the flash took its time
        self._show(now_ms, state)
        self._shown_until_ms = now_ms + _SHOWN_MS

    def _cue(self, now_ms):
        pulse_ms = self.session.pipeline.pulse_ms
        self.session.pipeline.pulse_ms = 0
        if not self.session.is_open:
            return
        held = self.delivery.held
        if not held:
            self._sign(now_ms, signals.CUE, pulse_ms // 2)
        tenths = (self.delivery.drop_cdeg + 5) // 10
        board.say("cue %d.%d deg below%s" % (tenths // 10, tenths % 10, ", held back" if held else ""))


def main():
    """Run until something stops it. A Ctrl-C comes out of here with Ctrl-C switched off and the session closed."""
    App().run()
