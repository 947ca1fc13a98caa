"""What becomes of strides and events: into preallocated blocks at once, onto the flash at times.

    recorder = Recorder(delivery)        # the pipeline's sink: .stride(...) and .event(...) allocate nothing
    recorder.open(t_ms, boot, header, reason)
    if recorder.due(t_ms): recorder.flush()
    recorder.close(t_ms, reason)

Flushed every 13 s: the longest that loses no more than 15 s of strides at a power cut. An hour then costs 306 erases
(every 5 s: 781, every 60 s: 77); a flush stands for 54 ms, 143 at most, and 1.2 s if all its three erases take the
chip's worst, 400 ms: half of what the IMU's FIFO holds at 104 Hz (bench/recorder.py).

A session's first strides are those of the run that opened it: they wait in their block until then.
"""

import os
from struct import pack_into

import board
from micropython import const
from sessionfile import Block, SessionFile

from kneecore import sessionlog as log

FOLDER = "/sessions"
RESERVE_BYTES = const(65536)  # left free: littlefs needs room to move, and so do settings
FULL = "the flash is full: kneesync pull --free"
FLUSH_MS = const(13000)
BUTTON, STILL, HOST, BATTERY, FLASH_FULL, ERROR = range(6)  # log.END_REASONS

_STRIDES_HELD = const(48)  # 20 s (the longest run.start_s), and a flush late, at 240 steps/min
_EVENTS_HELD = const(20)
_OLD_MS = const(3000)  # before the session: a stride this long before the next is none of its run
_MOST_OFF_MS = const(400)  # of the tops, which some thighs have two of in a stride
_FACTS = const(6)  # the last alignment, baselines and wander are remembered for the session that comes


def newest(boot):
    """The number of that boot's last session; 0 if it had none."""
    try:
        taken = os.listdir(FOLDER)
    except OSError:
        return 0
    n = 0
    while "%05d-%d.knee" % (boot, n + 1) in taken:
        n += 1
    return n


class Recorder:
    """`strides`: of this session, or of the run that may become one; `last_ms`: time of the last, or of the opening."""

    def __init__(self, delivery):
        self.raw = None  # raw.Raw, where raw samples are kept
        self._delivery = delivery
        self._strides = Block(log.STRIDES, log.STRIDES_HEAD_BYTES + _STRIDES_HELD * log.STRIDE_BYTES)
        self._events = Block(log.EVENTS, _EVENTS_HELD * log.EVENT_BYTES)
        self._end = Block(log.END, log.END_BYTES)
        self._facts = bytearray(_FACTS * log.EVENT_BYTES)
        self._file = None
        self._most_bytes = 0
        self.is_open = False
        self.name = ""
        self.new_session()

    def new_session(self):
        """Forget what was seen before: the next session starts from nothing."""
        self._strides.used = self._events.used = self._end.used = 0
        self._forget_facts(_FACTS)
        if self.raw:
            self.raw.close()
        self._sealed = False  # the end block stands ready
        self._safe = False  # and is on the flash
        self._since_ms = -1  # time of the oldest stride or event not yet flushed; -1: none
        self.strides = 0
        self.last_ms = 0
        self.learnt = False  # this session has a baseline

    def _forget_facts(self, n):
        for i in range(n):
            self._facts[i * log.EVENT_BYTES + 4] = 0  # no kind

    # The pipeline's sink: nothing is allocated

    def stride(self, t_ms, dt_ms, knee_lift_cdeg, extension_cdeg, swing_up_ddps, swing_back_ddps, flags):
        block = self._strides
        full = block.used + 2 * log.STRIDE_BYTES > block.most
        if not self.is_open and (full or t_ms - self.last_ms > _OLD_MS):
            full = False
            block.used = 0
            self.strides = 0
            self._since_ms = -1
        if full:
            return  # 48 strides in 13 s are not a runner's
        buffer = block.buffer
        if block.used == 0:
            dt_ms = min(dt_ms, log.MAX_DT_MS)
            pack_into(log.STRIDES_HEAD, buffer, log.BLOCK_BYTES, t_ms - dt_ms)
            block.used = log.STRIDES_HEAD_BYTES
        elif not -_MOST_OFF_MS < self.last_ms + dt_ms - t_ms < _MOST_OFF_MS:
            # the block counts from stride to stride; where that is no stride time, the record says so
            dt_ms = t_ms - self.last_ms
            flags |= log.FIRST
        else:
            # stride times run from valley to valley: the block's time lies within a part of a stride of the tops'
            t_ms = self.last_ms + dt_ms
        at = log.BLOCK_BYTES + block.used
        if not 0 <= dt_ms <= log.MAX_DT_MS:
            pack_into(log.TIME, buffer, at, log.TIME_MARK, t_ms, 0)
            dt_ms = 0
            at += log.STRIDE_BYTES
        word = dt_ms | flags << log.FLAGS_SHIFT
        pack_into(log.STRIDE, buffer, at, word, knee_lift_cdeg, extension_cdeg, swing_up_ddps, swing_back_ddps)
        block.used = at + log.STRIDE_BYTES - log.BLOCK_BYTES
        self.strides += 1
        self.last_ms = t_ms
        if self._since_ms < 0:
            self._since_ms = t_ms

    def event(self, t_ms, kind, detail, a, b, c, d, e, f):
        if kind == log.CUE:
            why = self._delivery.why_held(a)
            if why:
                kind = log.CUE_HELD
                detail = why
        if kind == log.ALIGNED or kind == log.BASELINE:
            self.learnt = self.learnt or kind == log.BASELINE
            at = 0 if kind == log.ALIGNED else (1 + (detail & 3)) * log.EVENT_BYTES
            pack_into(log.EVENT, self._facts, at, t_ms, kind, detail, a, b, c, d, e, f)
        elif kind == log.WANDER:
            pack_into(log.EVENT, self._facts, 5 * log.EVENT_BYTES, t_ms, kind, detail, a, b, c, d, e, f)
        elif kind == log.RESTRAPPED:
            self._forget_facts(5)
        block = self._events
        if not self.is_open or block.used + log.EVENT_BYTES > block.most:
            return  # due() has been asking for a flush since the block was half full
        pack_into(log.EVENT, block.buffer, log.BLOCK_BYTES + block.used, t_ms, kind, detail, a, b, c, d, e, f)
        block.used += log.EVENT_BYTES
        if self._since_ms < 0:
            self._since_ms = t_ms

    # The file

    def has_room(self):
        """Whether a session may open: room for an hour of strides beside the reserve."""
        self._most_bytes = board.free_bytes()[0] - RESERVE_BYTES
        return self._most_bytes >= RESERVE_BYTES

    def open(self, t_ms, boot, header, reason):
        """Start a session's file. False if the flash has no room for one. OSError if it fails."""
        if not self.has_room():
            return False
        try:
            os.mkdir(FOLDER)
        except OSError:
            pass
        self.name = "%05d-%d" % (boot, newest(boot) + 1)
        self._file = SessionFile("%s/%s.knee" % (FOLDER, self.name), header)
        self.is_open = True
        if self.strides == 0:
            self.last_ms = t_ms
        if self.raw:
            self.raw.open(self._most_bytes)
        self.event(t_ms, log.START, reason, 0, 0, 0, 0, 0, 0)
        self._recall_facts()
        self.flush()
        return True

    def _recall_facts(self):
        block = self._events
        for i in range(_FACTS):
            start = i * log.EVENT_BYTES
            if self._facts[start + 4]:
                at = log.BLOCK_BYTES + block.used
                block.buffer[at : at + log.EVENT_BYTES] = self._facts[start : start + log.EVENT_BYTES]
                block.used += log.EVENT_BYTES

    def due(self, t_ms):
        """Whether to flush now: the oldest stride waits for 13 s, the events fill their block, or no room is left."""
        return (
            (self._since_ms >= 0 and t_ms - self._since_ms >= FLUSH_MS)
            or self._events.used * 2 > self._events.most
            or self._file.bytes >= self._most_bytes
        )

    def flush(self):
        """Put what waits onto the flash. False once only the reserve is left. OSError if the flash refuses."""
        self.hand_over()
        self._file.flush()
        self._since_ms = -1
        return self._file.bytes < self._most_bytes

    def hand_over(self):
        """Give what waits to the file system, which may take an erase (400 ms at worst); flush() takes up to two."""
        self._file.put(self._strides)
        self._file.put(self._events)
        if self.raw:
            self._file.put(self.raw.block)

    def put(self, block):
        """Hand a block to the file system, which makes it last at the next flush. Returns how long the file is."""
        self._file.put(block)
        return self._file.bytes

    def close(self, t_ms, reason):
        """End the file; may be cut by a KeyboardInterrupt and called again. Without a session it does nothing."""
        if self._file is None:
            self.is_open = False
            return
        try:
            if not self._sealed:
                pack_into(log.END_PAYLOAD, self._end.buffer, log.BLOCK_BYTES, reason, t_ms, self.strides)
                self._end.used = log.END_BYTES
                self._sealed = True
            if not self._safe:
                self.flush()
                self._file.put(self._end)
                self._file.flush()
                self._safe = True
        except OSError as error:
            board.say("session %s: its end was not written (error %d)" % (self.name, error.errno))
        self._file.close()
        self._file = None
        self.is_open = False
