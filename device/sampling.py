"""The IMU's samples on their way into the pipeline, and the IMU kept alive: faults retried, then set up anew.

sampling = Sampling(imu, recorder)
sampling.into(pipeline)
sampling.poll(now_ms)                # every quarter of a second; `up` says whether there is an IMU
"""

import board
from imu import NAME, NONSENSE, STEP, ImuError
from micropython import const

from kneecore import sessionlog as log

_AGAIN_MS = const(3_000)
_DOZING = const(-1)  # in place of when to try again
_FAULTS = const(3)  # in a row; then the chip is set up anew. It is at once if what it delivers cannot be:
_WHOLE_MS = const(1_000)  # no sample with both its halves for so long,
_LOST_BURSTS = const(5)  # losses in so many bursts in a row (three are a start's own),
_CHECK_MS = const(60_000)  # or other settings than it was given, looked at so often


class Sampling:
    """`up`: the IMU delivers. `samples`: how many went into a pipeline since boot."""

    def __init__(self, imu, recorder):
        self._imu = imu
        self._recorder = recorder
        self._raw = recorder.raw
        self._period_us = 1_000_000 // imu.rate_hz  # nominal, good enough for the length of a gap
        self._pipeline = self._feed = None
        self.up = False
        self.samples = 0
        self._fed_to_ms = 0
        self._again_ms = 0
        self._whole_ms = self._check_ms = 0
        self._lost_bursts = 0
        self._faults = 0  # in a row
        self._faults_ever = 0
        self._said = ""

    def into(self, pipeline):
        """From now on the samples go into that pipeline."""
        self._pipeline = pipeline
        self._feed = pipeline.feed
        if self._raw:
            self._feed = self._raw.into(pipeline)

    def poll(self, now_ms):
        """Drain the FIFO, or try again to get an IMU."""
        if not self.up:
            if now_ms >= self._again_ms:
                self._start()
            return
        try:
            if self._again_ms == _DOZING:
                if self._imu.moved():
                    self.up = False
                    self._again_ms = now_ms
                return
            self.drain()
            if now_ms - self._whole_ms > _WHOLE_MS:
                raise OSError(NONSENSE)
            if now_ms >= self._check_ms:
                self._check_ms = now_ms + _CHECK_MS
                self._imu.check()
            self._faults = 0
        except OSError as error:
            self._fault(now_ms, error.errno)

    def doze(self, now_ms):
        """Let the IMU rest until somebody moves the board."""
        if self._again_ms == _DOZING:
            return
        try:
            self._imu.doze()
            self._again_ms = _DOZING
        except OSError as error:
            self._fault(now_ms, error.errno)

    def stop(self):
        """Nothing is sampled any more, until a reset."""
        try:
            self._imu.stop()
        except OSError:
            pass  # it has lost its cable, or its power

    def drain(self):
        """FIFO → pipeline → recorder's blocks, until the FIFO holds less than a burst. Allocates nothing."""
        imu = self._imu
        feed = self._feed
        raw = self._raw
        clock = self._pipeline.clock
        while imu.ready():
            n = imu.read()
            if imu.lost:
                self._lost_bursts += 1
                if self._lost_bursts >= _LOST_BURSTS:
                    raise OSError(NONSENSE)
            else:
                self._lost_bursts = 0
            if n:
                self._whole_ms = imu.t_ms
                if imu.lost:
                    imu.lost = False
                    self._gap(imu.t_ms - (imu.waiting + n) * self._period_us // 1000)
                feed(imu.channels, STEP, n, imu.waiting, imu.t_ms)
                if raw:
                    raw.keep(imu.channels, n, clock)
                self.samples += n
                self._fed_to_ms = imu.t_ms - imu.waiting * self._period_us // 1000

    def _gap(self, to_ms):
        """Samples are missing between the last one fed and the next."""
        self._pipeline.gap(to_ms)
        gap_ms = max(0, min(to_ms - self._fed_to_ms, 32767))
        if self._raw:
            self._raw.gap(gap_ms)
        self._recorder.event(to_ms, log.SAMPLES_LOST, 0, gap_ms, 0, 0, 0, 0, 0)

    def _fault(self, now_ms, errno):
        self._faults += 1
        if self._faults == 1:
            board.say("IMU fault (error %d)%s" % (errno, ": it delivers nonsense" if errno == NONSENSE else ""))
            self._faults_ever = min(self._faults_ever + 1, 32767)
            self._recorder.event(now_ms, log.IMU_FAULT, errno & 0xFF, self._faults_ever, 0, 0, 0, 0, 0)
        if self._faults >= _FAULTS or errno == NONSENSE:
            self.up = False
            self._again_ms = now_ms

    def _start(self):
        """Set the IMU up; says once what stands in the way."""
        try:
            board.i2c()  # also wakes a bus that hangs
            self._imu.start()
            self.up = True
            self._faults = self._lost_bursts = 0
            self._whole_ms = board.up_ms() + _WHOLE_MS  # it drops what its filters settle in
            self._check_ms = self._whole_ms + _CHECK_MS
            if self._said:
                board.say("the IMU is back")
                self._said = ""
            self._imu.lost = self.samples > 0
        except (ImuError, OSError) as error:
            said = str(error) if isinstance(error, ImuError) else "the %s fails (error %d)" % (NAME, error.errno)
            if said != self._said:
                self._said = said
                board.say(said)
        self._again_ms = board.up_ms() + _AGAIN_MS
