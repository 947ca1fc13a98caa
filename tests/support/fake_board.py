"""A board at the byte level: a raw REPL on a pty that answers service calls, and can be told to go wrong.

It holds files instead of running a firmware, so that the real link, mpremote and pull can be tested byte by byte.
"""

import contextlib
import json
import os
import re
import select
import threading
from binascii import b2a_base64, crc32
from hashlib import sha256

from kneecore import __version__, settings
from tests.support.knee_files import BOARD

CHUNK_BYTES = 6144  # as device/service.py has it
INFO = {
    "firmware": __version__,
    "row": "feather_rp2040",
    "clock_s": None,
    "free_bytes": 7_000_000,
    "closed": None,
    "settings": settings.defaults(),
}
CHECKUP = {
    "micropython": [1, 28, 0],
    "machine": "Adafruit Feather RP2040 with RP2040",
    "active": "a",
    "holds": ["a"],
    "ran": True,
    "failed_starts": {"a": 1},
    "crash": "",
    "battery": None,
    "refused_settings": [],
}
SELFTEST = [
    {"check": "memory", "ok": True, "blocks": False, "text": "61 KB free once the firmware is loaded"},
    {"check": "IMU", "ok": True, "blocks": False, "text": "LSM6DSOX answers"},
    {"check": "FIFO", "ok": True, "blocks": False, "text": "104.6 samples a second"},
    {"check": "haptic", "ok": True, "blocks": False, "text": "buzzed once"},
]

BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_AGREE = re.compile(r"print\('(\w+)'\)$")
_CALL = re.compile(r"(?:import (\w+); )?\w+\.(\w+)\((.*)\)$", re.DOTALL)


class _Cut(Exception):  # noqa: N818 - no error: the wire was to be cut here
    pass


class FakeBoard:
    """Context manager. `spoil(data) -> data` sees everything sent; `cut_after` closes the wire after that many bytes.

    `answers`: call name -> bytes printed instead of the true answer.
    """

    def __init__(
        self, files=None, answers=None, spoil=None, cut_after=None, boot=7, up_ms=120_000, ready=True, id=BOARD, wire=2
    ):
        self.id = id
        self.files = dict(files or {})
        self.answers = dict(answers or {})
        self.spoil, self.cut_after, self.ready = spoil, cut_after, ready
        self.boot, self.up_ms, self.wire = boot, up_ms, wire
        self.changed = {}
        self.calls, self.sent, self.restarts, self.clock_s = [], 0, 0, None

    def __enter__(self):
        import pty  # POSIX only: tests that stand on it are skipped elsewhere
        import tty

        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping = True
        self._thread.join(5)
        for handle in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(handle)

    def _serve(self):
        with contextlib.suppress(_Cut):
            self._answer()

    def _answer(self):
        code, raw = b"", False
        while not self._stopping:
            if not select.select([self._master], [], [], 0.02)[0]:
                continue
            try:
                data = os.read(self._master, 4096)
            except OSError:
                continue
            for byte in data:
                if byte == 0x03:
                    code = b""
                    if not raw:
                        self._send(b"\r\nKeyboardInterrupt: \r\n>>> ")
                elif byte == 0x01 and code.endswith(b"\x05A"):  # raw paste: this board has none
                    code = b""
                    self._send(b"R\x00")
                elif byte == 0x01:
                    code, raw = b"", True
                    self._send(BANNER)
                elif byte == 0x04 and raw:
                    if code.startswith(b"\r"):
                        code = code[1:]
                    self._send(b"OK")
                    self._run(code.decode())
                    code = b""
                elif raw:
                    code += bytes([byte])

    def _run(self, code):
        if "machine.reset()" in code:
            self.restarts += 1
            if self.ready:
                self._send(f"\x04\x04\r\nkneesync {__version__} ready {self.id}\r\n".encode())
            return
        if agreed := _AGREE.search(code):
            self._send(agreed[1].encode() + b"\r\n\x04\x04>")
            return
        found = _CALL.match(code)
        module, name, arguments = found.groups()
        name = module or name  # a module that the host imports for one call is known by its name
        self.calls.append(code)
        if name in self.answers:
            answer = self.answers[name]
            self._send(answer(arguments) if callable(answer) else answer)
        else:
            getattr(self, "_" + name)(*eval(f"({arguments},)" if arguments else "()"))  # our own test's text
        self._send(b"\x04\x04>")

    def _say(self, value):
        self._send(json.dumps(value).encode() + b"\r\n")

    def _info(self):
        self._say(
            {
                **INFO,
                "wire": self.wire,
                "board": self.id,
                "boot": self.boot,
                "up_ms": self.up_ms,
                "sessions": len(self.files),
            }
        )

    def _set_clock(self, unix_s):
        self.clock_s = unix_s
        self._say({"clock_s": unix_s})

    def _listing(self):
        self._say(
            [
                {"name": name, "bytes": len(data), "sha256": sha256(data).hexdigest()}
                for name, data in self.files.items()
            ]
        )

    def _remove(self, name, digest):
        found = sha256(self.files[name]).hexdigest()
        if found != digest:
            self._say({"error": f"{name} is not what was listed, its SHA-256 is {found[:12]}...: it stays"})
            return
        del self.files[name]
        self._say({"removed": name})

    def _settings(self, text, afresh):
        kept = {} if afresh else self.changed
        self.changed = {name: value for name, value in {**kept, **json.loads(text)}.items() if value is not None}
        self._say({"settings": {**settings.defaults(), **self.changed}})

    def _checkup(self):
        self._say(CHECKUP)

    def _selftest(self):
        self._send(b"what a driver prints\r\n")
        for row in SELFTEST:
            self._say(row)

    def _read(self, name, offset, length):
        data = self.files[name][offset : offset + length]
        for at in range(0, len(data), CHUNK_BYTES):
            chunk = data[at : at + CHUNK_BYTES]
            self._send(b"\n%08x " % crc32(chunk) + b2a_base64(chunk, newline=False))
        self._send(b"\n.\n")

    def _send(self, data):
        if self.spoil:
            data = self.spoil(data)
        if self.cut_after is not None and self.sent + len(data) > self.cut_after:
            data = data[: max(0, self.cut_after - self.sent)]
            self._stopping = True
        self.sent += len(data)
        while data and not (self._stopping and self.cut_after is None):
            if select.select([], [self._master], [], 0.1)[1]:
                data = data[os.write(self._master, data[:1024]) :]
        if self._stopping and self.cut_after is not None:
            os.close(self._slave)
            os.close(self._master)
            raise _Cut
