"""The link and the pull against arbitrary replies: a line of error or right sessions; no hang, little memory.

The port is in memory and its clock jumps when it is read in vain, so that a board that says nothing costs no time.
"""

import contextlib
import hashlib
import json
import tempfile
import time
import tracemalloc
from binascii import b2a_base64, crc32

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mpremote import transport_serial

from kneesync.board import link as link_module
from kneesync.board.link import Link
from kneesync.board.pull import pull
from kneesync.errors import KneesyncError
from kneesync.library import Library
from tests.support.fake_board import BANNER
from tests.support.knee_files import BOARD, KneeFile

SESSION = bytes(KneeFile().stride_block(26_000, [(700, 4000, -1500, 3900, 4100, 0)] * 30).end(50_000).data)
SHA = hashlib.sha256(SESSION).hexdigest()
NUMBER = "0123456789abcdef"
MOST_CALLS = 2_000_000
BYTES_PER_S = 50_000
MOST_HEARD = 16 << 20
HELD_UP_S = 1000  # past every bound of the link's


class Clock:
    """The time module as link.py and mpremote see it."""

    def __init__(self):
        self.now_s = 1000.0
        self.calls = 0

    def monotonic(self):
        self.calls += 1
        assert self.calls < MOST_CALLS, "it hangs"
        self.now_s += 1e-4
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds

    time = monotonic

    def __getattr__(self, name):
        return getattr(time, name)


class Port:
    """A serial port on which `replies` come, each behind a write of the host's; the last one for ever if `endless`."""

    def __init__(self, clock, replies, endless, held_up_at=None):
        self._clock, self._replies, self._endless = clock, list(replies), endless
        self._waiting = b""
        self._held_up_at = held_up_at
        self.calls = 0
        self.heard = 0

    def _call(self):
        """The host comes to this call late, at one of them."""
        self._clock.now_s += HELD_UP_S if self.calls == self._held_up_at else 0
        self.calls += 1

    def write(self, data):
        self._call()
        if self._replies:
            self._waiting += self._replies.pop(0)
        return len(data)

    @property
    def in_waiting(self):
        self._call()
        return self._ready()

    def _ready(self):
        if not self._waiting and not self._replies and self._endless:
            self._waiting = self._endless * (1 + 4096 // len(self._endless))
        return len(self._waiting)

    def read(self, size=1):
        self._call()
        data, self._waiting = self._waiting[:size], self._waiting[size:] if self._ready() else b""
        self.heard += len(data)
        assert self.heard < MOST_HEARD, "it listens for ever"
        self._clock.now_s += len(data) / BYTES_PER_S if data else 0.1
        return data

    def close(self):
        pass


class FuzzedLink(Link):
    def __init__(self, *port):
        super().__init__("/fuzzed")
        self.wire = Port(*port)

    def _open(self, deadline):
        transport = transport_serial.SerialTransport.__new__(transport_serial.SerialTransport)
        transport.is_pty = False
        transport.in_raw_repl, transport.use_raw_paste, transport.mounted = False, True, False
        transport.serial = link_module._Bounded(self.wire, self._clock)
        self._transport = transport


def line(value):
    return json.dumps(value).encode() + b"\r\n"


def session_line(data):
    return b"\n%08x " % crc32(data) + b2a_base64(data, newline=False)


# What a sound board says, write by write; mpremote writes Ctrl-C, Ctrl-A, the offer of raw paste, code, Ctrl-D.
ENTER = [b"", b"\r\n>>> ", BANNER]
INFO = line({"firmware": "0.1.0", "wire": 2, "board": BOARD, "boot": 7, "up_ms": 120_000})
LISTING = line([{"name": "00007-1.knee", "bytes": len(SESSION), "sha256": SHA}])


def call(answer):
    return [b"", b"OK" + answer + b"\x04\x04>"]


SOUND = [
    *ENTER,
    b"R\x00",  # no raw paste: mpremote does not ask again
    *call(NUMBER.encode() + b"\r\n"),
    *(part for answer in (INFO, line({}), LISTING, session_line(SESSION) + b"\n.\n") for part in call(answer)),
    *ENTER,
    *call(NUMBER.encode() + b"\r\n"),
    *call(b"")[:-1],
    b"OK\x04\x04\r\nkneesync 0.1.0 ready " + BOARD.encode() + b"\r\n",
]
TOKENS = [
    b"", b"\x04", b"\x04>", b">", b"OK", b"R\x01\x80\x00", b"R\x00", b"R", BANNER, b"\n", b"\x01", b"\x1b[2J", b"[",
    b'{"error": "x"}', NUMBER.encode(), INFO, LISTING, session_line(SESSION), session_line(b"MZ" * 40), b"\xff\xfe",
    b"raw REPL", b"\r\nkneesync 0.1.0 ready " + BOARD.encode() + b"\r\n", b'{"board": "../../x"}', b"[]",
]  # fmt: skip
REPLY = st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=40)), max_size=6).map(b"".join)
# some of a sound conversation as it should be, then other replies: each stage is reached often
REPLIES = st.builds(
    lambda sound, other, later: SOUND[:sound] + other + SOUND[sound + later :],
    st.integers(0, len(SOUND)),
    st.lists(REPLY, max_size=6),
    st.integers(0, 4),
)
ENDLESS = st.one_of(st.just(b""), st.just(b""), REPLY)


def check(replies, endless, held_up_at=None):
    """The sessions that were kept; how often the port was called."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(link_module, "time", clock)
        patch.setattr(transport_serial, "time", clock)
        patch.setattr(link_module.secrets, "token_hex", lambda n: NUMBER)
        with Library(folder) as library:
            try:
                link = FuzzedLink(clock, replies, endless, held_up_at)
                with link:
                    pull(link, library)
            except KneesyncError as error:
                assert str(error).isprintable() and len(str(error)) < 400
            kept = [library.path(one).read_bytes() for one in library.sessions()]
        assert kept in ([], [SESSION])
    return kept, link.wire.calls


def test_the_sound_conversation_is_one():
    assert check(SOUND, b"")[0] == [SESSION]


def test_a_host_that_is_held_up_finds_what_the_board_said_meanwhile():
    """By a busy machine, or as a laptop was shut: longer than the board may be silent, at any call of the port."""
    for at in range(check(SOUND, b"")[1]):
        assert check(SOUND, b"", at)[0] == [SESSION], at


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REPLIES, ENDLESS)
@example(SOUND[:3], b"R\x01\x80\x00")
@example([], b">")
@example(SOUND[:7], b"\x01")
@example(SOUND, b"\x04")
def test_arbitrary_replies_end_in_one_line(replies, endless):
    check(replies, endless)


@pytest.mark.soak
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(REPLIES, ENDLESS)
def test_arbitrary_replies_end_in_one_line_in_full_count(replies, endless):
    check(replies, endless)


@pytest.mark.parametrize("sound", range(0, len(SOUND) + 1, 3))
def test_endless_output_at_any_stage_takes_little_memory(sound):
    check(SOUND, b"")  # what is imported and cached once
    tracemalloc.start()
    with contextlib.suppress(KneesyncError):
        check(SOUND[:sound], b"x" * 1024)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
