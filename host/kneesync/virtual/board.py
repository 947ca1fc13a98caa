"""A virtual board: the unmodified firmware on the official MicroPython VM, with chips, flash and a serial port.

    with VirtualBoard(feed=Recording("run.npz")) as board:
        board.wait(lambda: "ready" in board.output, timeout_s=20)
        print(board.port)       # mpremote connect ...

    with VirtualBoard(feed=Recording("run.npz"), held=True) as board:
        board.run_until_printed("ready")
        board.run_until(120)
        print(board.led)        # two minutes after power-on, whenever we come to look

**Time** is simulated, in microseconds since power-on. What costs: a clock or pin call a few microseconds (so that a
busy wait ends), a sleep its length, an I2C transfer nine bits a byte at the bus's frequency, a flash erase or program
what the chip takes, printing a microsecond a byte. What does not: computing. Python code on the board takes no
simulated time at all, so nothing here says how busy the real chip would be.
Simulated time runs as fast as the machine allows, until QUIET_S after the last reset or the feed's end, whichever is
later; from then on, and with `realtime` always, it keeps to the wall clock. At the prompt, where no code runs, it
follows the wall clock too. Without a host that interferes, the same feed, flash and seed
give the same run, byte for byte.
**Time can be held** (`held`): it stands from power-on, and again wherever run_until() or run_until_printed() end. When
a host types, it goes on from there until the firmware says that it is ready; at the prompt meanwhile with the wall
clock. go_on() ends the holding. What a test does between, and how late, changes nothing.

One thread does everything: it gives the VM its commands, serves what the VM asks for meanwhile, and reads the port. A
Ctrl-C is noticed whenever the firmware asks for something; a pure computation is interrupted at its next such call.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable

from kneesync.errors import KneesyncError
from kneesync.simulation.feed import Feed
from kneesync.virtual.bootloader import Drive
from kneesync.virtual.clock import Clock, Pace
from kneesync.virtual.files import FileRequests
from kneesync.virtual.flash import FEATHER_BLOCKS, PICO_BLOCKS, Flash
from kneesync.virtual.hardware import BOOTLOADER, HARD, POWER_ON, SOFT, PinChange, Restart
from kneesync.virtual.hold import Goal, Hold
from kneesync.virtual.parts import Parts, told
from kneesync.virtual.printed import Printed
from kneesync.virtual.pty import HostPort
from kneesync.virtual.repl import Repl
from kneesync.virtual.usb import Usb
from kneesync.virtual.vm import process as vm_
from kneesync.virtual.vm.fetch import toolchain
from kneesync.virtual.vm.on_board import _requests as ask

QUIET_S = 600  # longer than the firmware waits for a stride before it closes a session
CALL_US = 3
LOOK_US = 5000  # simulated time between two looks for a Ctrl-C while code only reads the clock
REQUESTS_A_LOOK = 16
SLICE_US = 20_000  # of a sleep that keeps to the wall clock
PATIENCE_S = 1.0  # for a VM that computes, before its process is ended
LOOK_AT_DRIVE_S = 0.02
_POWERLESS = "power lost"
_CTRL_C = 3


class VirtualBoard:
    """See the module. `flash`: a Flash of one's own; by default a fresh board's, with the firmware in slot a.

    `wired`: which board this is and what is wired to it, in the words of a file /board ("rpi_pico LSM6DSO32 pin"). By
    default that file is believed; otherwise it need not be right.
    `imu`, `haptic` (a Drv2605, or what stands at the motor pin), `gauge` (None where there is none), `bus`, `flash`,
    `clock` are the models; what they are asked from outside should be reading only, or happen before start(), or while
    the board is at its prompt. `powered` is False from a power cut on the flash until
    power_cycle(). machine.bootloader() takes the port away and makes `drive` a folder, until a whole UF2 file stands
    there; on_move() is called at each change of the two.
    """

    def __init__(
        self,
        feed: Feed | None = None,
        flash: Flash | None = None,
        realtime: bool = False,
        board_id: str | None = None,
        seed: int = 0,
        wired: str | None = None,
        held: bool = False,
    ) -> None:
        if flash is None:
            from kneesync.firmware.image import fresh_board

            is_pico = wired is not None and "rpi_pico" in wired.split()
            flash = Flash(PICO_BLOCKS if is_pico else FEATHER_BLOCKS, fresh_board())
        self.board_id = board_id or hashlib.sha256(b"kneesync virtual board %d" % seed).hexdigest()[:16]
        self.realtime = realtime
        self.clock = Clock()
        self.flash = flash
        flash.memory.now_us = lambda: self.clock.now_us
        parts = Parts(told(flash) if wired is None else wired, self.clock, bytes.fromhex(self.board_id), feed, seed)
        self.wiring, self.hardware, self.bus = parts.wiring, parts.hardware, parts.bus
        self.imu, self.haptic, self.gauge = parts.imu, parts.haptic, parts.gauge
        self._seed = seed
        self._table = {**self.hardware.table, **FileRequests(flash).table}
        self._table[ask.CLOCK] = lambda a, b, data: 0
        self._table[ask.OUTPUT] = lambda a, b, data: self._print(data)
        self._table[ask.OUTPUT_ROOM] = lambda a, b, data: self.usb.room
        self._table[ask.INTERRUPT_LATER] = self._interrupt_later
        self._table[ask.SLEEP] = self._sleep
        self._table[ask.SLEEP_ON] = lambda a, b, data: self._sleep_on()
        self._port: HostPort | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._printed = Printed()
        self.usb = Usb()
        self._hold = Hold(self.clock, self._printed, self._listen, lambda: self._wanted, held)
        self._repl = Repl()
        self._drop = 0
        self._interrupt = False
        self._interrupt_char = -1
        self._requests = 0
        self.sleeps = 0  # that the firmware has asked for: turns of its loop
        self._sleep_until_us = 0
        self._hurry_until_us = 0
        self._pace = Pace(self.clock)
        self._outcome = POWER_ON
        self._wanted: str | None = None  # a power cycle or the end, asked for by another thread
        self.powered = False
        self.drive: str | None = None
        self.on_move: Callable[[], None] = lambda: None
        self._started = threading.Event()

    def __enter__(self) -> "VirtualBoard":
        self.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.stop()
        if error is None and self._failure:
            raise self._failure

    def start(self) -> None:
        """Switch the board on. Returns at once; `wait` for what the firmware should say."""
        tools = toolchain()
        self._port = HostPort()
        self._wanted = None
        self._vm = vm_.start_vm(tools)
        self._thread = threading.Thread(target=self._run, name="virtual board", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Switch off and leave nothing behind: no process, no thread, no port. The flash keeps what it holds."""
        if self._thread is None:
            return
        self._wanted = "stop"
        self._wake()
        self._vm.kill()
        self._thread.join()
        self._thread = None
        self._vm.close()
        if self._port:
            self._port.close()
            self._port = None

    @property
    def port(self) -> str:
        """The serial port's path while the board is on."""
        if self._port is None:
            raise KneesyncError("the virtual board is off, or in its bootloader, and has no port; start it first")
        return self._port.path

    @property
    def output(self) -> str:
        """All the firmware has printed since start(), whether a host was there or not; line ends are newlines."""
        return self._printed.text

    def lines(self, after: int = 0) -> list[tuple[float, str]]:
        """The whole lines of `output`, but the first `after`, each with the simulated time it ended at, s."""
        return self._printed.lines(after)

    @property
    def led(self) -> float:
        """The LED: 0 dark to 1 lit."""
        return self.hardware.level(self.hardware.wiring.led)

    @property
    def pin_log(self) -> list[PinChange]:
        """Every change of an output pin."""
        return self.hardware.pin_log

    @property
    def battery_mv(self) -> int:
        """The battery, as the supply pin sees it, or the gauge."""
        return self.hardware.battery_mv

    @battery_mv.setter
    def battery_mv(self, mv: int) -> None:
        self.hardware.battery_mv = mv

    @property
    def feed_started_up_ms(self) -> float | None:
        """The board's uptime, ms, at the feed's first sample; None before."""
        started_us = self.imu.started_us
        return None if started_us is None else (started_us - self.hardware.reset_us) / 1000

    def press_button(self, at_s: float | None = None, hold_s: float = 0.2) -> None:
        """Press at a simulated time since power-on (None, or one that is past: now) and let go `hold_s` later."""
        down_us = self.clock.now_us if at_s is None else max(self.clock.now_us, round(at_s * 1e6))
        self.clock.at(down_us, lambda: self._button(True))
        self.clock.at(down_us + round(hold_s * 1e6), lambda: self._button(False))
        self._wake()

    def type(self, keys: bytes) -> None:
        """As if a host had sent that at this very moment of simulated time. May be called by what is due on `clock`."""
        self.clock.at(self.clock.now_us, lambda: self._heard(keys))
        self._wake()

    def run_until(self, at_s: float) -> bool:
        """Let time run to `at_s` since the first power-on, and stand there; False if it stands earlier, as the supply
        went. Returns when it stands. Time runs as fast as may be, also at the prompt. Raises if the board broke."""
        goal = Goal(round(at_s * 1e6))
        self._run_to(goal)
        return self.clock.now_us >= goal.until_us

    def run_until_printed(self, text: str, count: int = 1, within_s: float = 36_000) -> bool:
        """The same, until `text` was printed for the count-th time since start(), in a whole line or before a prompt,
        at most `within_s` simulated seconds; whether it was. Where it was before, no time passes."""
        if self._printed.count(text.encode()) < count:
            self._run_to(Goal(self.clock.now_us + round(within_s * 1e6), text.encode(), count))
        return self._printed.count(text.encode()) >= count

    def go_on(self) -> None:
        """Hold time no longer: it runs on from here."""
        self._hold.go_on()
        self._wake()

    def _run_to(self, goal: Goal) -> None:
        self._hurry_until_us = goal.until_us
        self._hold.run_to(goal)
        self._wake()
        self._hold.wait(lambda: self._failure)
        self._hurry_until_us = 0
        if self._failure:
            raise self._failure

    def wait(self, predicate: Callable[[], object], timeout_s: float) -> bool:
        """Until `predicate()` is true, at most `timeout_s` wall seconds; whether it is. Raises if the board broke."""
        end_s = time.monotonic() + timeout_s
        while not predicate():
            if self._failure:
                raise self._failure
            if time.monotonic() > end_s:
                return False
            time.sleep(0.002)
        return True

    def power_cycle_at(self, at_s: float) -> None:
        """Plan a power cycle for that simulated time since the first power-on."""
        self.clock.at(round(at_s * 1e6), lambda: setattr(self, "_wanted", POWER_ON))

    def power_cycle(self) -> None:
        """Take the supply away and give it back: what was not on flash is lost. Returns when the board starts."""
        self._started.clear()
        self._wanted = POWER_ON
        self._wake()
        if not self._started.wait(PATIENCE_S):
            self._vm.kill()
            self._started.wait()

    # From here on, everything runs in the board's thread.

    def _run(self) -> None:
        kind = POWER_ON
        try:
            while self._wanted != "stop":
                kind = self._life(kind)
        except BaseException as error:  # raised again in the thread that waits or stops
            self._failure = error
        self._started.set()
        self._hold.look()

    def _life(self, kind: str) -> str:
        """One start of the board, until it starts anew or is switched off; how it starts anew."""
        if kind == BOOTLOADER:
            return self._bootloader()
        assert self._port is not None
        if kind == _POWERLESS:
            self.flash.mount()  # so that others may look at what survived
            self.powered = False
            self._hold.give_up()
            while not self._wanted:
                self._port.wait(0.5)
            return self._take_wanted()
        if kind == POWER_ON:
            for device in self.bus.devices.values():
                device.power_on()
        if kind == SOFT:
            self.flash.close_all()
        else:
            self.flash.mount()
        self.hardware.start(kind)
        self._pace.let_go()
        self._interrupt = False
        raw = kind == SOFT and self._repl.raw
        self._repl.restart(raw)
        self.powered = True
        self._started.set()
        if kind != SOFT:
            self._hold.starts()
        try:
            done = self._vm.load(raw, self._seed, self.hardware.reset_us, self.clock.now_us, self._serve)
            while done == vm_.IDLE:
                done = self._prompt()
        except Restart as restart:
            return restart.kind
        except vm_.VmGone:
            return self._revive()
        if done == vm_.SOFT_RESET:
            self._print(b"MPY: soft reboot\r\n")
            return SOFT
        return self._outcome

    def _bootloader(self) -> str:
        """A drive in place of the port, until a firmware was copied there or the board is switched."""
        assert self._port is not None
        self.flash.close_all()
        port, self._port = self._port, None
        port.close()
        with Drive() as drive:
            self.drive = str(drive.folder)
            self.on_move()
            while not self._wanted and not drive.programmed():
                time.sleep(LOOK_AT_DRIVE_S)
        self.drive = None
        self._port = HostPort()
        self.on_move()
        return self._take_wanted() if self._wanted else HARD

    def _take_wanted(self) -> str:
        wanted = self._wanted or POWER_ON
        if wanted != "stop":
            self._wanted = None
        return wanted

    def _revive(self) -> str:
        if not self._wanted:
            raise KneesyncError(f"the MicroPython VM ended by itself: {self._vm.complaint()}; please report this")
        wanted = self._take_wanted()
        if wanted != "stop":
            self._vm.close()
            self._vm = vm_.start_vm(toolchain())
        return wanted

    def _prompt(self) -> int:
        """The board at its prompt, until there is something for the VM to do; that done, how it ended."""
        assert self._port is not None
        self._interrupt_char = -1
        while True:
            self._hold.stand()
            since_us, since_s = self.clock.now_us, time.monotonic()
            if self._wanted:
                raise Restart(self._take_wanted())
            if self.hardware.timer_us <= self.clock.now_us:
                return self._vm.command(vm_.COMMAND_FIRE_TIMERS, b"", self.clock.now_us, self._serve)
            piece = self._repl.take()
            if piece is not None:
                if piece.reply:
                    self._port.write(piece.reply)
                if not piece.feed:
                    continue
                self._drop = piece.drop
                printed_from = len(self._printed.data)
                done = self._vm.command(vm_.COMMAND_FEED, piece.feed, self.clock.now_us, self._serve)
                self._repl.seen(piece.feed, bytes(self._printed.data[printed_from:]))
                return done
            next_us = min(self.clock.next_us, self.hardware.timer_us)
            if since_us < self._hurry_until_us:
                if not self._listen(0):
                    self.clock.advance_to(min(next_us, self._hurry_until_us))
            else:
                self._listen(min(0.5, (next_us - since_us) / 1e6))
                passed_us = round((time.monotonic() - since_s) * 1e6)
                self.clock.advance_to(min(since_us + passed_us, max(next_us, since_us)))

    def _serve(self, op: int, interrupt_char: int, a: int, b: int, data: bytes, clock_us: int) -> tuple:
        """Serve one request of the VM: (status, flags, clock, horizon, data)."""
        clock = self.clock
        self._interrupt_char = interrupt_char
        reply: bytes = b""
        flags = 0
        try:
            clock.advance_to(clock_us + CALL_US)
            answer = self._table[op](a, b, data)
            if type(answer) is tuple:
                answer, reply = answer
            memory = self.flash.memory
            if memory.spent_us:
                spent_us, memory.spent_us = memory.spent_us, 0
                clock.advance_to(clock.now_us + spent_us)
                if memory.without_power:
                    raise Restart(_POWERLESS)
            self._requests += 1
            if self._requests % REQUESTS_A_LOOK == 0 or op == ask.CLOCK:
                self._keep_pace()
                self._listen(0)
            if self._wanted:
                raise Restart(self._take_wanted())
        except Restart as restart:
            self._outcome = restart.kind
            return 0, vm_.FLAG_ABANDON, clock.now_us, clock.now_us, b""
        if self._interrupt and op not in (ask.PATH_STAT, ask.INTERRUPT_LATER):
            self._interrupt = False
            flags = vm_.FLAG_INTERRUPT
        return answer, flags, clock.now_us, min(clock.next_us, clock.now_us + LOOK_US), reply

    def _print(self, data: bytes) -> int:
        assert self._port is not None
        if self._drop:
            dropped = min(self._drop, len(data))
            data, self._drop = data[dropped:], self._drop - dropped
        self._printed.add(data, self.clock.now_us)
        self._port.write(data)
        self._hold.printed()
        self.clock.advance_to(self.clock.now_us + len(data) + self.usb.write(data))
        return 0

    def _sleep(self, a: int, b: int, data: bytes) -> int:
        self.sleeps += 1
        self._sleep_until_us = self.clock.now_us + max(0, a if b else a * 1000)
        return self._sleep_on()

    def _sleep_on(self) -> int:
        """Sleep on; 1 if a soft timer has come due, which the VM must serve before it goes on sleeping."""
        clock = self.clock
        while True:
            self._listen(0)
            if self._interrupt or self._wanted:
                return 0
            if self.hardware.timer_us <= clock.now_us:
                return 1
            if clock.now_us >= self._sleep_until_us:
                return 0
            step_us = min(self._sleep_until_us, self.hardware.timer_us)
            if not self._hurries():
                step_us = min(step_us, clock.now_us + SLICE_US)
            clock.advance_to(step_us)
            self._keep_pace()

    def _hurries(self) -> bool:
        if self.realtime:
            return False
        now_us = self.clock.now_us
        quiet_us = max(self.imu.feed_ends_us or 0, self.hardware.reset_us) + QUIET_S * 1_000_000
        return now_us < max(quiet_us, self._hurry_until_us)

    def _keep_pace(self) -> None:
        """Wait until the wall clock has come as far as the simulated one, where they keep step."""
        if self._hurries():
            self._pace.let_go()
        elif (ahead_s := self._pace.ahead_s()) > 0.001:
            self._listen(ahead_s)

    def _listen(self, timeout_s: float) -> bool:
        """Take what the host has typed, waiting up to `timeout_s`; whether it has."""
        assert self._port is not None
        typed = self._port.wait(timeout_s)
        if typed:
            self._hold.typed()
            self._heard(typed)
        return bool(typed)

    def _heard(self, typed: bytes) -> None:
        """A Ctrl-C that may interrupt does; the rest waits for the prompt."""
        if typed and self._interrupt_char == _CTRL_C and _CTRL_C in typed:
            self._interrupt = True
            typed = typed.replace(b"\x03", b"")
        self._repl.typed += typed

    def _interrupt_later(self, a: int, b: int, data: bytes) -> int:
        self._interrupt = True
        return 0

    def _button(self, down: bool) -> None:
        self.hardware.button_down = down

    def _wake(self) -> None:
        if port := self._port:
            with contextlib.suppress(OSError):  # it may be closing just now
                port.wake()
