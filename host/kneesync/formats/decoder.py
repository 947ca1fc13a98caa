"""From a session file, or its bytes in pieces as they come, to the Session that they hold."""

import struct
from pathlib import Path
from zlib import crc32

import numpy as np

from kneecore import rawlog, sessionread
from kneecore import sessionlog as log
from kneesync import untrusted
from kneesync.errors import KneesyncError
from kneesync.formats import rawsamples
from kneesync.formats.session import EVENT_DTYPE, STRIDE_DTYPE, NotASessionError, Session, word

MOST_FILE_BYTES = 64 << 20  # no board of ours has half as much flash
_STORED_DTYPE = np.dtype(
    list(zip(("word", *sessionread.STRIDE_FIELDS[1:5]), ("<u2", "<i2", "<i2", "<u2", "<u2"), strict=True))
)
_MARK_DTYPE = np.dtype([("word", "<u2"), ("t_ms", "<u4"), ("rest", "<u4")])  # the same bytes where they state a time
assert _STORED_DTYPE.itemsize == _MARK_DTYPE.itemsize == log.STRIDE_BYTES and EVENT_DTYPE.itemsize == log.EVENT_BYTES


def read(path: str | Path) -> Session:
    """Decode the session file at `path`. NotASessionError if it is none, KneesyncError if it is of a newer format.

    A torn tail or a damaged block loses only itself; `.problems` says so.
    """
    return decode(read_bytes(path), _shown(path))


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a session file. KneesyncError if it cannot be read, or is larger than any session."""
    path = Path(path)
    try:
        file_bytes = path.stat().st_size
        if file_bytes > MOST_FILE_BYTES:
            raise KneesyncError(
                f"{_shown(path)} has {file_bytes} bytes, a session at most {MOST_FILE_BYTES}; is it the right file?"
            )
        return path.read_bytes()
    except OSError as error:
        raise KneesyncError(
            f"cannot read {_shown(path)}: {error.strerror or error}; `kneesync sessions` lists what is kept"
        ) from None


def decode(data: bytes, called: str = "the file") -> Session:
    """Decode a session file's bytes; `called` names it in errors."""
    decoder = Decoder(called)
    decoder.take(data)
    return decoder.session()


def _shown(path):
    return untrusted.printable(str(path), 200)


class Decoder:
    """Collects a file's blocks in order and keeps count of what is missing between them. `called` names it in errors.

    take() the file's bytes in pieces of any length, then session() once.
    """

    def __init__(self, called: str = "the file") -> None:
        self._called = called
        self._blocks = sessionread.Blocks()
        self._no_session = False
        self.header = {}
        self.strides, self.stride_heads, self.stride_counts = bytearray(), bytearray(), []  # of all blocks of strides
        self.events, self.raw, self.raw_heads = bytearray(), [], []
        self.run = ""
        self.end = None
        self.file_bytes = 0
        self.at = 4  # end of the last intact block
        self.expected = 0
        self.lost_blocks = self.damaged_bytes = self.repeated = self.odd = 0

    def take(self, data: bytes, last: bool = False) -> None:
        """The file's next bytes. What is wrong with them, session() says."""
        self.file_bytes += len(data)
        if self._no_session:
            return
        try:
            self._take_blocks(self._blocks.of(data, last))
        except ValueError:
            self._no_session = True

    def session(self) -> Session:
        """The Session, of all that was taken. NotASessionError if it is none, KneesyncError if of a newer format."""
        self.take(b"", last=True)
        if self._no_session:
            head = untrusted.printable(repr(self._blocks.rest[:4]))
            raise NotASessionError(
                f"{self._called} is no kneesync session: found {head} at its start, expected {log.SIGNATURE!r}; "
                "pass a .knee file or an id from `kneesync sessions`"
            )
        if self.at == 4:
            raise NotASessionError(
                f"{self._called} is cut or damaged: {self.file_bytes} bytes without one intact block; "
                "pull it again if the board still has it"
            )
        newest = untrusted.whole(self.header.get("format"), 0, 1 << 16)
        if newest is not None and newest > log.FORMAT:
            raise KneesyncError(
                f"{self._called} has session format {newest}, this one reads up to {log.FORMAT}: "
                "pip install -U kneesync"
            )
        return self._decoded()

    def _take_blocks(self, blocks):
        """Most blocks are strides with nothing wrong around them: this loop is for them."""
        strides, heads, counts = self.strides, self.stride_heads, self.stride_counts
        kind_wanted, head_bytes, record_bytes = log.STRIDES, log.STRIDES_HEAD_BYTES, log.STRIDE_BYTES
        for offset, kind, sequence, payload in blocks:
            if kind == kind_wanted and sequence == self.expected and offset == self.at:
                count, rest = divmod(len(payload) - head_bytes, record_bytes)
                if count > 0 and not rest:
                    strides += payload[head_bytes:]
                    heads += payload[:head_bytes]
                    counts.append(count)
                    self.at = offset + log.BLOCK_BYTES + len(payload)
                    self.expected = (sequence + 1) & 0xFFFF
                    continue
            self._take_block(offset, kind, sequence, payload)

    def _take_block(self, offset, kind, sequence, payload):
        self.damaged_bytes += offset - self.at
        self.at = offset + log.BLOCK_BYTES + len(payload)
        ahead = (sequence - self.expected) & 0xFFFF
        if ahead >= 0x8000:  # an older block again
            self.repeated += 1
            return
        self.lost_blocks += ahead
        self.expected = (sequence + 1) & 0xFFFF
        if kind == log.STRIDES:
            if records := self._records(payload, log.STRIDES_HEAD_BYTES, log.STRIDE_BYTES):
                self.strides += records
                self.stride_counts.append(len(records) // log.STRIDE_BYTES)
                self.stride_heads += payload[: log.STRIDES_HEAD_BYTES]
        elif kind == log.EVENTS:
            self.events += self._records(payload, 0, log.EVENT_BYTES)
        elif kind == log.RAW:
            count = sum(n for n, _ in sessionread.raw_groups(payload))
            if count:
                self.raw.append(payload)
                self.raw_heads.append((*struct.unpack_from(rawlog.HEAD, payload)[:2], count))
            else:
                self.odd += 1
        elif kind == log.HEADER and not self.header:
            try:
                self.header = untrusted.parsed(bytes(payload))
            except KneesyncError:
                self.odd += 1
            boot = untrusted.whole(self.header.get("boot"), 0, 99_999) or 0
            crc = crc32(payload, crc32(struct.pack("<BHH", kind, len(payload), sequence)))
            self.run = f"{boot:05d}-{crc:08x}"
        elif kind == log.END and len(payload) >= log.END_BYTES:
            reason, t_ms, strides = struct.unpack_from(log.END_PAYLOAD, payload)
            self.end = {"reason": word(log.END_REASONS, reason), "t_ms": t_ms, "strides": strides}

    def _records(self, payload, head_bytes, record_bytes):
        """The bytes of a payload's whole records behind its head."""
        count, rest = divmod(len(payload) - head_bytes, record_bytes)
        if count < 0 or rest:
            self.odd += 1
        return payload[head_bytes : head_bytes + max(0, count) * record_bytes]

    def _decoded(self):
        stride_records, t_ms = self._take_strides()
        session = Session(
            header=self.header,
            stride_records=stride_records,
            t_ms=t_ms,
            event_records=np.frombuffer(self.events, EVENT_DTYPE),
            raw_heads=np.array(self.raw_heads, dtype=np.int64).reshape(-1, 3),
            raw_lsb=rawsamples.counts(self.raw, sum(count for _, _, count in self.raw_heads)),
            end=self.end,
            file_bytes=self.file_bytes,
            run=untrusted.run_id(self.header.get("run")) or self.run,
            segment=untrusted.whole(self.header.get("segment"), 1, 9999) or 1,
        )
        session.problems = list(self._problems(session, self.file_bytes - self.at))
        return session

    def _take_strides(self):
        """(STRIDE_DTYPE records, int64 board times in ms) of the strides blocks, which are given away with it."""
        stored = np.frombuffer(self.strides, _STORED_DTYPE)
        self.strides = bytearray()  # an hour's worth need not stand in memory three times
        marks = np.flatnonzero(stored["word"] & log.TIME_MARK == log.TIME_MARK)
        # From each block's start on times count from what its head states, from each mark on from what it states.
        firsts = np.cumsum([0, *self.stride_counts])[:-1]
        at = np.concatenate([firsts - np.searchsorted(marks, firsts), marks - np.arange(len(marks))])
        from_ms = np.concatenate(
            [
                np.frombuffer(self.stride_heads, log.STRIDES_HEAD).astype(np.int64),
                stored[marks].view(_MARK_DTYPE)["t_ms"],
            ]
        )
        order = np.argsort(at, kind="stable")  # a mark at a block's start has the last word
        at, from_ms = at[order], from_ms[order]
        strides = np.delete(stored, marks) if len(marks) else stored
        records = np.empty(len(strides), STRIDE_DTYPE)
        records["dt_ms"] = strides["word"] & log.TIME_MARK
        records["flags"] = strides["word"] >> log.FLAGS_SHIFT
        for name in sessionread.STRIDE_FIELDS[1:5]:
            records[name] = strides[name]
        del stored, strides
        t_ms = records["dt_ms"].astype(np.int64)
        if len(t_ms):
            holds = at < np.append(at[1:], len(t_ms))  # a stride comes before the next start
            at, from_ms = at[holds], from_ms[holds]
            ended_ms = from_ms + np.add.reduceat(t_ms, at)
            t_ms[at] += from_ms - np.concatenate([[0], ended_ms[:-1]])  # so that one running sum does for all
            np.cumsum(t_ms, out=t_ms)
        return records, t_ms

    def _problems(self, session, tail_bytes):
        if not self.header:
            yield "the header is missing or damaged: settings, leg and start time are unknown"
        if self.lost_blocks or self.damaged_bytes:
            yield f"{self.damaged_bytes} damaged bytes passed over, {self.lost_blocks} blocks lost with what they held"
        if self.repeated:
            yield f"{self.repeated} blocks stood in it twice or out of order and were passed over"
        if self.odd:
            yield f"{self.odd} blocks hold other than whole records; the whole ones are used"
        if tail_bytes > 0:
            yield f"the last {tail_bytes} bytes are torn; all before them holds"
        if self.end is None:
            yield "no end mark: the run was cut; strides up to the last save hold"
        elif self.end["strides"] != len(session.stride_records):
            yield f"the end mark counts {self.end['strides']} strides, the file holds {len(session.stride_records)}"
        if np.any(session.t_ms[1:] < session.t_ms[:-1]):
            yield "stride times run backwards in places: rates over time are not to be trusted"
        unknown = len(set(session.event_records["kind"].tobytes()) - set(sessionread.EVENT_KINDS))
        if unknown:
            yield f"{unknown} kinds of event are unknown to this version and left out"
