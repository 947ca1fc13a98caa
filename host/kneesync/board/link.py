"""The wire to one board: its REPL, through mpremote's serial transport. The only file that knows mpremote.

    with Link("/dev/ttyACM0") as link:
        print(link.info["board"], link.call("service.listing()", list))

Whatever happens inside the `with`, the board is restarted into its firmware at the end, and has said so.
Nothing here waits or reads without a bound: mpremote's loops end because the port under them does (_Bounded).
"""

import contextlib
import io
import re
import secrets
import struct
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast, overload

from kneesync import untrusted
from kneesync.errors import KneesyncError, NoBoardError

if TYPE_CHECKING:  # who only asks for help waits for neither
    from mpremote.transport_serial import SerialTransport
    from serial import Serial

OPEN_S = 1  # a port just plugged in may be looked at by the system first
ENTER_S = 20  # the firmware closes its log before it lets go; a flash erase can take 0.4 s
QUIET_S = 15  # silence inside an answer that means the board is gone
HASHING_QUIET_S = 90  # the board hashes its files before it lists them
RESTART_S = 15
LEAVES_S = 5
HUSH_S = 0.1
ANSWER_S = 5
LONGEST_LOOK_S = 0.25  # at the port, which waits 0.1 s: what passes beyond is this computer's doing, not the board's
LEAST_BYTES_PER_S = 4000
MOST_ANSWER_BYTES = 512 * 1024

# The firmware's slot on the path, also after a soft reset: what its loader would have done.
_PREAMBLE = """
import sys
_s = "/" + open("/active").read().strip()
if _s not in sys.path:
    sys.path.insert(0, _s)
import service
"""
# A wanted reset, where there is a service to say so; else a plain one.
_RESET = """
try:
    import service
    service.restart()
except Exception:
    pass
import machine
machine.reset()
"""
_READY = re.compile(rb"kneesync ([\x21-\x7e]{1,32}) ready ([0-9a-f]{4,32})\r?\n")


class LinkError(KneesyncError):
    """The wire or the board at its end failed in the middle of something."""


class BoardRefusedError(LinkError):
    """The board answered, with an error: it and the wire are well."""


class NoFirmwareError(LinkError):
    """MicroPython answers, and has nothing of kneesync's to import."""


class Link:
    """A board at `port`, stopped at its prompt. `board`, if given, is the id that must answer there."""

    def __init__(self, port: str, board: str | None = None) -> None:
        self.port = port
        self.board = board
        self.info: dict[str, object] = {}
        self.heard = b""  # what the board said last while it started
        self._clock = _Listening()
        self._transport: SerialTransport | None = None
        self._ours = True  # runs kneesync: will say when it is back

    def __enter__(self) -> Self:
        self._open(time.monotonic() + OPEN_S)
        try:
            self._take_over()
            self.info = self.call("service.info()")
            answered = untrusted.board_id(self.info.get("board"))
            if answered is None:
                raise LinkError(f"{self.port} answers without a board id; run `kneesync flash`")
            if self.board not in (None, answered):
                raise LinkError(f"found board {answered} at {self.port}, expected {self.board}; run `kneesync devices`")
            self.board = answered
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # a wire that is gone cannot be used to restart the board; its watchdog or lease does that within 30 s
            if error is None or (self._transport and not self._port.gone):
                self.restart()
        except KneesyncError:
            if error is None:
                raise
        finally:
            self._close()

    @overload
    def call(
        self,
        expression: str,
        kind: type[dict] = dict,
        quiet_s: float = QUIET_S,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> dict[str, object]: ...

    @overload
    def call(
        self,
        expression: str,
        kind: type[list],
        quiet_s: float = QUIET_S,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> list[object]: ...

    def call(
        self,
        expression: str,
        kind: type[dict] | type[list] = dict,
        quiet_s: float = QUIET_S,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> dict[str, object] | list[object]:
        """Run `expression` on the board; the one line of JSON that it prints, as `kind` (dict or list).

        meanwhile() is called while the board is at it. An answer {"error": text} becomes a BoardRefusedError; LinkError
        where the wire fails, or the answer is no such JSON.
        """
        answer = bytearray()
        self.stream(expression, answer.extend, MOST_ANSWER_BYTES, quiet_s, meanwhile=meanwhile)
        try:
            text = answer.decode()
        except UnicodeDecodeError:
            text = repr(bytes(answer[:60]))
        try:
            value = untrusted.parsed(text, kind)
        except KneesyncError as error:
            value = _complaint(text) or error
        if isinstance(value, dict) and "error" in value:
            raise BoardRefusedError(f"the board says: {untrusted.printable(value['error'], 160)}")
        if isinstance(value, KneesyncError):
            raise LinkError(str(value))
        return value

    def stream(
        self,
        expression: str,
        on_bytes: Callable[[bytes], object],
        most_bytes: int,
        quiet_s: float = QUIET_S,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Run `expression` on the board and hand on what it prints, in pieces as they come; first call meanwhile().

        LinkError after quiet_s of silence, past most_bytes, or if the board reports an exception.
        """
        with self._plainly():
            self._port.allow(quiet_s + most_bytes / LEAST_BYTES_PER_S, most_bytes)
            self._open_transport.exec_raw_no_follow(expression)
        if meanwhile:
            meanwhile()
        with self._plainly():
            self._until_eot(on_bytes, quiet_s)
            trouble = bytearray()
            self._until_eot(trouble.extend, quiet_s)
        if trouble:
            raise LinkError(f"the board stopped with: {untrusted.printable(_last_line(bytes(trouble)), 160)}")

    def restart(self, within_s: float = RESTART_S) -> str | None:
        """Reset the board and wait until its firmware says that it runs. Returns the firmware's version.

        None where the link is closed, or the board has no kneesync to wait for; LinkError if it does not come back.
        """
        if self._transport is None:
            return None
        with self._plainly():
            try:
                self._take_over(again=True)
                self._port.allow(QUIET_S, 1 << 16)
                self._open_transport.exec_raw_no_follow(_RESET)
            except LinkError:
                if not self._port.gone:
                    raise  # a port that went away may be a board that is resetting already
        if not self._ours:
            return None
        return self._wait_ready(within_s)

    # The wire

    @property
    def _open_transport(self) -> "SerialTransport":
        if self._transport is None:
            raise LinkError(f"the link to {self.port} is closed; open it again")
        return self._transport

    @property
    def _port(self) -> "_Bounded":
        return cast("_Bounded", self._open_transport.serial)  # what _open put there

    def _open(self, deadline: float) -> None:
        """Open the port; a busy or absent one may still come until `deadline` (monotonic s)."""
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport

        while True:
            try:
                # exclusive: two hosts on one board would eat each other's answers
                transport = SerialTransport(self.port, timeout=0.1, exclusive=True)
                break
            except (TransportError, OSError, ValueError):
                if time.monotonic() > deadline:
                    raise NoBoardError(
                        f"cannot open {untrusted.printable(self.port)}: no board, in use, or no permission; "
                        "run `kneesync doctor`"
                    ) from None
                time.sleep(0.1)
        serial = cast("Serial", transport.serial)  # mpremote puts another in its place only to mount a folder
        serial.write_timeout = 5
        transport.serial = _Bounded(serial, self._clock)
        self._transport = transport

    def _close(self):
        if self._transport:
            with contextlib.suppress(Exception):
                self._transport.close()
            self._transport = None

    def _take_over(self, again=False):
        """Stop what runs and stand at the raw prompt, without a soft reset; first time also load the service.

        What an earlier host left in the board's input or output may be taken for the board's answer: so the board is
        asked to repeat a number just made, until it does.
        """
        until_s = self._clock.now_s() + ENTER_S
        while True:
            try:
                with self._plainly():
                    self._port.allow(ENTER_S, 1 << 22)
                    self._hush()
                    # what mpremote prints when this fails belongs to neither stdout nor our errors
                    with contextlib.redirect_stdout(io.StringIO()):
                        self._open_transport.enter_raw_repl(soft_reset=False, timeout_overall=ENTER_S)
                return self._agree("" if again else _PREAMBLE)
            except LinkError:
                if self._port.gone or not self._ours or self._clock.now_s() > until_s:
                    raise

    def _soft_reset(self):
        """A fresh heap at the raw prompt: no main.py has run."""
        with self._plainly(), contextlib.redirect_stdout(io.StringIO()):
            self._port.allow(ENTER_S, 1 << 16)
            self._open_transport.enter_raw_repl(soft_reset=True, timeout_overall=ENTER_S)

    def _leave(self, expression):
        """Run what makes the board leave the wire, and let go of the port; whether it left."""
        with contextlib.suppress(LinkError), self._plainly():
            self._port.allow(LEAVES_S, 1 << 12)
            self._open_transport.exec_raw_no_follow(expression)
            while True:
                self._port.read_some(LEAVES_S)
        gone = self._port.gone
        self._close()
        return gone

    def _agree(self, preamble):
        """Run the preamble and have the board say a number that nobody said before."""
        number = secrets.token_hex(8)
        heard = bytearray()
        try:
            self.stream(f"{preamble}\nprint('{number}')", heard.extend, 1 << 12)
        except LinkError as error:
            if "ENOENT" in str(error) or "ImportError" in str(error):
                self._ours = False
                raise NoFirmwareError(f"{self.port} runs MicroPython without kneesync; run `kneesync flash`") from None
            raise
        if heard.strip() != number.encode():
            raise LinkError(f"the board at {self.port} answers something else than it is asked; reset it and try again")

    def _hush(self):
        """Break off an answer under way and pass over the rest of it, in bulk."""
        self._port.write(b"\x03")
        with contextlib.suppress(LinkError):
            while True:
                self._port.read_some(HUSH_S)

    def _until_eot(self, on_bytes, quiet_s):
        """Hand on what comes until the end-of-output mark; what came behind it stays to be read."""
        while True:
            data = self._port.read_some(quiet_s)
            output, mark, rest = data.partition(b"\x04")
            if output:
                on_bytes(output)
            if mark:
                self._port.unread(rest)
                return

    def _wait_ready(self, within_s):
        """Read until the firmware's sign of life, through a port that may vanish and come back (USB)."""
        from kneesync.board import find

        deadline = self._clock.now_s() + within_s
        self.heard = b""
        while (left_s := deadline - self._clock.now_s()) > 0:
            try:
                if self._transport is None:
                    self.port = find.port_of(self.board) or self.port
                    self._open(time.monotonic())
                with self._plainly():
                    self._port.allow(left_s, 1 << 20)
                    self.heard = (self.heard + self._port.read_some(left_s))[-4096:]
            except (LinkError, NoBoardError):
                if self._transport and not self._port.gone:
                    break  # there, but silent or flooding
                self._close()
                time.sleep(0.1)
                continue
            found = _READY.search(self.heard)
            if found and self.board in (None, found[2].decode()):
                return found[1].decode()
        raise LinkError(f"the board did not say within {within_s} s that its firmware runs; press its reset button")

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        """What mpremote and pyserial raise, as one line."""
        from mpremote.transport import TransportError

        try:
            yield
        except (TransportError, struct.error) as error:  # struct.error: half an answer to mpremote's offer of raw paste
            why = untrusted.printable(_last_line(str(error).encode()), 120)
            raise LinkError(
                f"the board at {self.port} does not answer as MicroPython does ({why}); reset it and try again"
            ) from None
        except OSError as error:  # pyserial's SerialException is one
            why = untrusted.printable(error.strerror or str(error), 120)
            raise LinkError(
                f"lost the board at {self.port} ({why}); plug it in and run the same again: it goes on from there"
            ) from None


class _Listening:
    """Time that passes while the board is listened to. A host that is held up, as by a busy machine or a suspended
    one, finds afterwards what the board said meanwhile: that is no silence of the board's."""

    def __init__(self):
        self._looked_s = time.monotonic()
        self._now_s = 0.0

    def now_s(self):
        now_s = time.monotonic()
        self._now_s += min(now_s - self._looked_s, LONGEST_LOOK_S)
        self._looked_s = now_s
        return self._now_s


class _Bounded:
    """A serial port that ends: past a time or a number of bytes every call on it raises LinkError.

    Stands in for the port inside mpremote's transport, whose loops read for as long as the other side talks.
    """

    def __init__(self, port: "Serial", clock: "_Listening") -> None:
        self._serial = port
        self._clock = clock
        self._until_s = 0.0
        self._bytes_left = 0
        self._heard = False
        self._again = b""  # read too far ahead: comes first
        self.gone = False

    def __getattr__(self, name):
        return getattr(self._serial, name)

    def allow(self, seconds: float, most_bytes: int) -> None:
        """From now on this long and this much, then no more."""
        self._until_s = self._clock.now_s() + seconds
        self._heard = False
        self._bytes_left = most_bytes + 4096  # the REPL's own words

    def _check(self):
        if self._clock.now_s() > self._until_s:
            if not self._heard:
                raise LinkError("the board is silent; press its reset button and run the command again")
            raise LinkError("the board talks on without an end to its answer; press its reset button and try again")
        if self._bytes_left < 0:
            raise LinkError("the board sent more than it announced; press its reset button and try again")

    def _on_port(self, call, *arguments):
        try:
            return call(*arguments)
        except (OSError, TypeError) as error:  # TypeError: pyserial on a port closed under it
            self.gone = True
            raise OSError(getattr(error, "errno", None), "the port is gone") from None

    def _take(self, size):
        self._check()
        if self._again:
            data, self._again = self._again[:size], self._again[size:]
            return data
        data = self._on_port(self._serial.read, size)
        self._bytes_left -= len(data)
        self._heard = self._heard or bool(data)
        return data

    def read(self, size: int = 1) -> bytes:
        """What mpremote asks for and counts on; a board may be busy with its flash before it sends that."""
        data = self._take(size)
        until_s = self._clock.now_s() + ANSWER_S
        while len(data) < size and self._clock.now_s() < until_s:
            data += self._take(size - len(data))
        return data

    def read_some(self, quiet_s: float) -> bytes:
        """What is there, up to 64 KB at once; waits for the first byte up to quiet_s."""
        until_s = self._clock.now_s() + quiet_s
        while True:
            data = self._take(min(max(1, self.inWaiting()), 65536))
            if data:
                return data
            if self._clock.now_s() > until_s:
                raise LinkError(
                    f"the board was silent for {quiet_s:.0f} s; press its reset button and run the command again"
                )

    def inWaiting(self) -> int:  # noqa: N802 - pyserial's name, which mpremote calls
        self._check()
        return len(self._again) or self._on_port(lambda: self._serial.in_waiting)

    def unread(self, data: bytes) -> None:
        """Put back what was read: the next read starts with it."""
        self._again = data + self._again

    def write(self, data: bytes) -> int | None:
        self._check()
        return self._on_port(self._serial.write, data)


def _complaint(text):
    """The {"error": ...} that a call printed behind the beginning of its answer, or None."""
    at = text.rfind('{"error": ')
    try:
        return untrusted.parsed(text[at:]) if at >= 0 else None
    except KneesyncError:
        return None


def _last_line(text):
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""
