"""The virtual board as firmware and host meet it: clock, REPL, Ctrl-C, watchdog, resets, pins."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kneesync.virtual import Flash, VirtualBoard

WAIT_S = 60


class Terminal:
    """A host's end of the port, without any client's help: a held board goes on once something is typed."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self.seen = b""

    def type(self, keys):
        while keys:
            keys = keys[os.write(self._fd, keys) :]

    def until(self, text):
        """What came up to and with `text`."""
        while text not in self.seen:
            assert select.select([self._fd], [], [], WAIT_S)[0], (text, self.seen[-1000:])
            self.seen += os.read(self._fd, 65536)
        end = self.seen.index(text) + len(text)
        found, self.seen = self.seen[:end], self.seen[end:]
        return found

    def close(self):
        os.close(self._fd)


@pytest.fixture
def boards():
    """A function that starts a board with the files given; every one is stopped at the end."""
    started = []

    def start(main="", files=None, held=True, **more):
        flash = Flash(blocks=352, files={"/main.py": main.encode(), **(files or {})})
        board = VirtualBoard(flash=flash, held=held, **more)
        started.append(board)
        board.start()
        return board

    yield start
    for board in started:
        board.stop()
    assert "virtual board" not in [thread.name for thread in threading.enumerate()]


@pytest.fixture
def terminals():
    """A function that opens a board's port."""
    opened = []

    def connect(board):
        opened.append(Terminal(board.port))
        return opened[-1]

    yield connect
    for terminal in opened:
        terminal.close()


def says(board, text, count=1):
    assert board.run_until_printed(text, count), board.output[-2000:]


def at_prompt(board, count=1):
    says(board, ">>> ", count)
    return board.output


# Start and clock


def test_boot_then_main_then_banner(boards):
    board = boards("print('main')", {"/boot.py": b"print('boot')"})
    text = at_prompt(board)
    assert text.index("boot") < text.index("main") < text.index("MicroPython v1.29") < text.index('Type "help()"')


def test_sleep_moves_the_clock_and_not_the_wall(boards):
    board = boards(
        "import time\n"
        "a = time.ticks_ms(); time.sleep(100); time.sleep_ms(500); time.sleep_us(250); b = time.ticks_ms()\n"
        "print(a < 100, time.ticks_diff(b, a))"
    )
    assert "True 100500" in at_prompt(board)
    assert 100_500_000 < board.clock.now_us < 101_000_000


def test_busy_wait_ends(boards):
    board = boards(
        "import time\na = time.ticks_ms()\nwhile time.ticks_diff(time.ticks_ms(), a) < 50: pass\nprint('over')"
    )
    assert "over" in at_prompt(board)


def test_board_without_feed_keeps_to_the_wall_clock_after_a_while(boards):
    board = boards("import time\ntime.sleep(600)\nprint('quiet')\nwhile True: time.sleep(1)")
    says(board, "quiet")
    assert board.run_until(5000)
    began_s = time.monotonic()
    board.go_on()
    assert board.wait(lambda: board.clock.now_us >= 5000.3e6, WAIT_S)
    assert time.monotonic() - began_s > 0.25


def test_traceback_of_main_is_printed_as_on_rp2(boards):
    board = boards("def f():\n    1 / 0\nf()")
    text = at_prompt(board)
    assert (
        "Traceback (most recent call last):\n"
        '  File "main.py", line 3, in <module>\n'
        '  File "main.py", line 2, in f\n'
        "ZeroDivisionError: divide by zero\n" in text
    )


def test_main_runs_in_the_prompts_namespace(boards, terminals):
    board = boards("answer = 42")
    terminal = terminals(board)
    at_prompt(board)
    terminal.type(b"print(answer)\r")
    terminal.until(b"\r\n42\r\n>>> ")


def test_modules_are_those_of_the_chip(boards):
    """C modules, none of the frozen Python ones that would shadow them."""
    board = boards(
        "import sys, os, binascii, collections, time, machine, errno, json, struct, hashlib, micropython\n"
        "print(sys.path, [n for n in ('os', 'binascii', 'collections') if hasattr(sys.modules.get(n), '__file__')])"
    )
    assert "['', '/lib'] []" in at_prompt(board)


def test_same_seed_gives_the_same_run(boards):
    main = (
        "import random, time, machine\n"
        "bus = machine.I2C(1)\n"
        "for i in range(50):\n"
        "    time.sleep_us(random.getrandbits(12))\n"
        "    with open('/log', 'ab') as f: f.write(bus.readfrom_mem(0x6A, 0x0F, 1))\n"
        "    print(time.ticks_us(), random.getrandbits(30))\n"
    )
    runs = []
    for _ in range(2):
        board = boards(main, seed=5)
        text = at_prompt(board)
        runs.append((text, board.flash.journal, bytes(board.flash.memory.data)))
    assert runs[0] == runs[1]
    assert at_prompt(boards(main, seed=6)) != runs[0][0]


# REPL


def test_friendly_repl_edits_and_answers(boards, terminals):
    board = boards()
    terminal = terminals(board)
    at_prompt(board)
    terminal.type(b"1 + 3\x7f2\r")
    terminal.until(b"\r\n3\r\n>>> ")
    terminal.type(b"for i in range(2):\rprint(i)\r\x7f\r")
    terminal.until(b"0\r\n1\r\n")


def test_raw_repl(boards, terminals):
    board = boards()
    terminal = terminals(board)
    at_prompt(board)
    terminal.type(b"\r\x01")
    terminal.until(b"raw REPL; CTRL-B to exit\r\n>")
    terminal.type(b"print('a')\n1/0\x04")
    answer = terminal.until(b"\x04>")
    assert answer.startswith(b"OKa\r\n\x04Traceback") and b"ZeroDivisionError" in answer
    terminal.type(b"\x02")
    terminal.until(b"\r\n>>> ")


def test_raw_paste_keeps_its_windows(boards, terminals):
    board = boards()
    terminal = terminals(board)
    terminal.type(b"\r\x01")
    terminal.until(b"raw REPL; CTRL-B to exit\r\n>")
    terminal.type(b"\x05A\x01")
    assert terminal.until(b"R\x01\x80\x00") == b"R\x01\x80\x00"
    source = b"print(len('" + b"x" * 1000 + b"'))"
    for start in range(0, len(source), 128):
        part = source[start : start + 128]
        terminal.type(part)
        if len(part) == 128:
            assert terminal.until(b"\x01") == b"\x01"
    terminal.type(b"\x04")
    assert terminal.until(b"\x04>") == b"\x041000\r\n\x04\x04>"


def test_raw_paste_given_up_by_ctrl_c(boards, terminals):
    board = boards()
    terminal = terminals(board)
    terminal.type(b"\r\x01")
    terminal.until(b"raw REPL; CTRL-B to exit\r\n>")
    terminal.type(b"\x05A\x01print(1")
    terminal.until(b"R\x01\x80\x00")
    terminal.type(b"\x03")
    assert b"KeyboardInterrupt" in terminal.until(b"\x04>")
    terminal.type(b"print(2)\x04")
    terminal.until(b"OK2\r\n\x04\x04>")


def test_a_megabyte_arrives_whole(boards, terminals):
    board = boards()
    terminal = terminals(board)
    terminal.type(b"\r\x01")
    terminal.until(b"raw REPL; CTRL-B to exit\r\n>")
    terminal.type(b"for i in range(250): print('%04d' % i * 1024)\x04")
    answer = terminal.until(b"\x04\x04>")
    assert answer[2:-3] == b"".join(b"%04d" % i * 1024 + b"\r\n" for i in range(250))


def test_what_nobody_reads_is_lost_and_does_not_stop_the_board(boards):
    board = boards("for i in range(20): print('x' * 4000)\nprint('end')")
    assert "end\n" in at_prompt(board)


def test_soft_reset_runs_main_from_the_friendly_prompt_only(boards, terminals):
    board = boards("print('main runs')", {"/boot.py": b"print('boot runs')"})
    terminal = terminals(board)
    at_prompt(board)
    terminal.type(b"\x04")
    terminal.until(b"main runs")
    terminal.until(b">>> ")
    terminal.type(b"\r\x01")
    terminal.until(b"raw REPL; CTRL-B to exit\r\n>")
    terminal.type(b"\x04")
    answer = terminal.until(b"raw REPL; CTRL-B to exit\r\n>")
    assert answer.startswith(b"OK\r\nMPY: soft reboot\r\n") and b"boot runs" in answer and b"main" not in answer


def test_soft_reset_keeps_ticks_clock_and_open_files_data(boards):
    board = boards(
        "import time, machine\n"
        "if time.time() < 1700000000:\n"
        "    machine.RTC().datetime((2026, 1, 2, 4, 3, 4, 5, 0))\n"
        "    time.sleep(50)\n"
        "    kept = open('/kept', 'w'); kept.write('data')\n"
        "else:\n"
        "    print(time.ticks_ms() > 50000, time.localtime()[:6], open('/kept').read())\n"
    )
    at_prompt(board)
    board.type(b"\x04")
    says(board, "True (2026, 1, 2, 3, 4, 5")
    assert "data\n" in at_prompt(board, 2)


# Ctrl-C


@pytest.mark.parametrize(
    "loop",
    [
        "time.sleep_ms(5)",
        "time.sleep(1000)",
        "bus.readfrom_mem(0x6A, 0x0F, 1)",
        "time.ticks_ms()",
        "print('.', end='')",
        "pin.value()",
        "open('/main.py').read()",
    ],
)
@pytest.mark.parametrize("realtime", [False, True])
def test_ctrl_c_interrupts(boards, terminals, loop, realtime):
    main = f"import machine, time\nbus = machine.I2C(1)\npin = machine.Pin(7)\nprint('go')\nwhile True: {loop}"
    board = boards(main, realtime=realtime)
    says(board, "go")
    assert board.run_until(board.clock.now_us / 1e6 + 0.2)
    terminal = terminals(board)
    terminal.type(b"\x03")
    assert b"KeyboardInterrupt" in terminal.until(b">>> ")


@pytest.mark.parametrize("end", ["", ", end='\\n>>> '"])
def test_ctrl_c_that_comes_with_a_print_ends_the_sleep_behind_it(boards, end):
    board = boards(f"import time\nprint('go'{end})\ntime.sleep(1000)\nprint('slept')")
    says(board, "go")
    board.type(b"\x03")
    says(board, "KeyboardInterrupt")
    assert board.clock.now_us < 1e6


def test_kbd_intr_holds_ctrl_c_off(boards, terminals):
    board = boards(
        "import micropython, time\n"
        "micropython.kbd_intr(-1)\n"
        "print('closing')\n"
        "while True:\n"
        "    time.sleep_ms(1)\n"
        "    try: open('/go'); break\n"
        "    except OSError: pass\n"
        "micropython.kbd_intr(3)\n"
        "print('closed')\n"
        "while True: time.sleep_ms(1)\n"
    )
    terminal = terminals(board)
    says(board, "closing")
    board.type(b"\x03\x03")
    assert board.run_until(10) and "Interrupt" not in board.output
    board.flash.write_file("/go", b"")
    says(board, "closed")
    terminal.type(b"\x03")
    assert b"KeyboardInterrupt" in terminal.until(b">>> ")


def test_ctrl_c_can_be_caught(boards, terminals):
    board = boards(
        "import time\nprint('go')\ntry:\n    while True: time.sleep_ms(1)\n"
        "except KeyboardInterrupt:\n    time.sleep(3)\n    print('cleaned up')"
    )
    says(board, "go")
    terminal = terminals(board)
    terminal.type(b"\x03")
    assert b"cleaned up" in terminal.until(b">>> ")


# Watchdog, timers, resets

ARMED = "import machine, time\nprint('cause', machine.reset_cause(), time.ticks_ms())\n"


def test_watchdog_bites_a_program_that_forgets_it(boards):
    board = boards(
        ARMED + "if machine.reset_cause() == 1:\n"
        "    w = machine.WDT(timeout=8000)\n"
        "    for i in range(5): time.sleep(5); w.feed()\n"
        "    print('fed'); time.sleep(9); print('never')\n"
    )
    text = at_prompt(board)
    assert "fed" in text and "never" not in text and "cause 3" in text
    assert 33e6 < board.clock.now_us < 34e6
    assert text.count("cause") == 2 and "cause 3 0" in text, "ticks start anew"


def test_watchdog_bites_at_the_prompt_and_a_soft_reset_does_not_stop_it(boards, terminals):
    board = boards(ARMED + "if machine.reset_cause() == 1: w = machine.WDT(timeout=8000)")
    terminal = terminals(board)
    at_prompt(board)
    terminal.type(b"\r\x01")
    terminal.until(b"raw REPL; CTRL-B to exit\r\n>")
    terminal.type(b"\x04")
    terminal.until(b"raw REPL; CTRL-B to exit\r\n>")
    says(board, "cause 3")


def test_watchdog_follows_the_wall_clock_at_the_prompt(boards):
    board = boards(ARMED + "if machine.reset_cause() == 1: w = machine.WDT(timeout=300)", held=False)
    assert board.wait(lambda: "cause 3" in board.output, WAIT_S)


def test_watchdog_is_stopped_by_its_register_alone(boards):
    board = boards(
        ARMED + "w = machine.WDT(timeout=2000)\n"
        "print(machine.mem32[0x40058000] >> 30)\n"
        "machine.mem32[0x4005B000] = 1 << 30\n"
        "print(machine.mem32[0x40058000] >> 30)\n"
        "time.sleep(60); print('alive')\n"
        "machine.mem32[0x40058000] = 1 << 30\n"
        "time.sleep(1); print('still counts from where it stood')\n"
        "time.sleep(1); print('never')\n"
    )
    says(board, "cause 3")
    assert "1\n0\nalive\nstill" in board.output and "never" not in board.output


def test_watchdog_armed_anew_with_less_time(boards):
    board = boards(
        ARMED + "if machine.reset_cause() == 1:\n"
        "    machine.WDT(timeout=8000); machine.WDT(timeout=500); time.sleep(1); print('never')"
    )
    says(board, "cause 3")
    assert "never" not in board.output and board.clock.now_us < 2e6


@pytest.mark.parametrize(
    "line", ["machine.mem32[0x40054000]", "machine.mem32[0x4005B004] = 1", "machine.WDT(timeout=8389)"]
)
def test_what_the_chip_does_not_have_raises(boards, line):
    board = boards("import machine\n" + line)
    assert "ValueError" in at_prompt(board)


def test_reset_runs_main_again_with_the_clock_lost(boards):
    board = boards(
        "import machine, time\n"
        "print(time.localtime()[0], time.ticks_ms() < 1000)\n"
        "machine.RTC().datetime((2026, 1, 2, 4, 3, 4, 5, 0))\n"
        "if machine.reset_cause() == 1:\n"
        "    time.sleep(10)\n"
        "    try: machine.reset()\n"
        "    finally: print('never')\n"
    )
    text = at_prompt(board)
    assert text.count("2021 True") == 2 and "never" not in text


def test_one_shot_timer_fires_in_a_sleep_and_at_the_prompt(boards):
    board = boards(
        "import machine, time\n"
        "once = machine.Timer.ONE_SHOT\n"
        "t = machine.Timer(-1); t.init(mode=once, period=100, callback=lambda t: print(time.ticks_ms()))\n"
        "u = machine.Timer(); u.init(mode=once, period=150, callback=print); u.deinit()\n"
        "time.sleep_ms(250); print('slept', time.ticks_ms())\n"
        "t.init(mode=once, period=25000, callback=lambda t: machine.reset())\n"
    )
    says(board, "slept", 2)
    text = board.output
    assert text.startswith("100\nslept 250\n") and text.count("Timer") == 0
    assert board.clock.now_us > 25e6


def test_power_cycle_starts_anew_even_out_of_a_computation(boards):
    board = boards("import machine\nprint('cause', machine.reset_cause())\nwhile True: pass")
    says(board, "cause 1")
    board.power_cycle()
    says(board, "cause 1", 2)


# Pins


def test_button_led_pwm_and_battery(boards):
    board = boards(
        "import machine, time\n"
        "led = machine.Pin('LED', machine.Pin.OUT); button = machine.Pin(7, machine.Pin.IN, machine.Pin.PULL_UP)\n"
        "while button.value(): time.sleep_ms(10)\n"
        "a = time.ticks_ms(); led(1)\n"
        "while not button(): time.sleep_ms(10)\n"
        "led.off(); pwm = machine.PWM(machine.Pin(16), freq=20000, duty_u16=32768); pwm.duty_u16(0)\n"
        "print('held', time.ticks_ms() - a, led.value(), machine.ADC(29).read_u16() * 9900 // 65535)\n",
        {"/board": b"rpi_pico"},
    )
    board.battery_mv = 3700
    board.press_button(at_s=30, hold_s=0.5)
    text = at_prompt(board)
    held, led, mv = text.split("held ")[1].split()[:3]
    assert 490 <= int(held) <= 510 and led == "0" and abs(int(mv) - 3700) < 5
    changes = [(change.pin, round(change.level, 2)) for change in board.pin_log]
    assert changes == [(25, 1), (25, 0), (16, 0.5), (16, 0)]
    assert abs(board.pin_log[0].t_us - 30e6) < 20e3


def test_the_cpu_clock_is_what_i2c_and_pwm_divide(boards):
    """Set up before, they go on with their divisors, so at another rate; what the PLL cannot make is refused."""
    board = boards(
        "import machine\n"
        "print(machine.freq()); bus = machine.I2C(1, freq=400000); pwm = machine.PWM(machine.Pin(16), freq=20000)\n"
        "machine.freq(64000000); print(machine.freq())\n"
        "try: machine.freq(61700000)\n"
        "except ValueError as e: print(e)\n"
    )
    assert "125000000\n64000000\ncannot change frequency\n" in at_prompt(board)
    hardware = board.hardware
    assert abs(hardware.i2c_hz / 400_000 - 64 / 125) < 0.01 and abs(hardware.pwm_hz(16) / 20_000 - 64 / 125) < 0.01


# Nothing allocated, nothing left


def test_calls_on_a_samples_way_allocate_nothing(boards):
    board = boards(
        "import gc, machine, micropython, time\n"
        "from array import array\n"
        "bus = machine.I2C(1, freq=400000)\n"
        "pin = machine.Pin(7, machine.Pin.IN, machine.Pin.PULL_UP); led = machine.Pin(13, machine.Pin.OUT)\n"
        "pwm = machine.PWM(machine.Pin(16), freq=20000); w = machine.WDT(timeout=8000); adc = machine.ADC(29)\n"
        "one = bytearray(1); view = memoryview(bytearray(2)); words = array('h', [0])\n"
        "who = b'\\x0f'; rate = b'\\x40'\n"
        "def calls():\n"
        "    bus.readfrom_mem_into(0x6A, 0x0F, one); bus.writeto(0x6A, who, False); bus.readfrom_into(0x6A, one)\n"
        "    bus.readfrom_mem_into(0x6A, 0x22, view); bus.readfrom_mem_into(0x6A, 0x24, words)\n"
        "    bus.writeto_mem(0x6A, 0x10, rate)\n"
        "    time.sleep_ms(1); time.sleep_us(5); time.ticks_diff(time.ticks_ms(), time.ticks_add(time.ticks_us(), 3))\n"
        "    pin.value(); pin(); led(1); led.value(0); led.on(); led.off(); pwm.duty_u16(9); adc.read_u16(); w.feed()\n"
        "    file.write(one); file.readinto(one); file.flush(); file.seek(0)\n"
        "def locked():\n"
        "    before = gc.mem_alloc()\n"
        "    micropython.heap_lock()\n"
        "    try:\n"
        "        for i in range(20): calls()\n"
        "    finally:\n"
        "        micropython.heap_unlock()\n"
        "    print('allocated', gc.mem_alloc() - before, one[0])\n"
        "file = open('/log', 'w+b')\n"
        "calls(); locked()\n"
    )
    assert "allocated 0 108" in at_prompt(board)


def test_i2c_errors_are_those_of_rp2(boards):
    board = boards(
        "import machine, time\n"
        "bus = machine.I2C(1, timeout=20000)\n"
        "print(bus.scan())\n"
        "def tried(call):\n"
        "    a = time.ticks_us()\n"
        "    try: call()\n"
        "    except OSError as e: print(e.errno, time.ticks_diff(time.ticks_us(), a) // 1000)\n"
        "tried(lambda: bus.readfrom(0x33, 1)); tried(lambda: bus.writeto(0x33, b''))\n"
        "time.sleep(60)\n"
        "tried(lambda: bus.readfrom_mem(0x6A, 15, 1))\n"
    )
    board.bus.stick(after_us=30_000_000)
    assert "[54, 90, 106]\n5 0\n5 0\n110 40\n" in at_prompt(board)


def test_transfers_take_their_bits(boards):
    board = boards(
        "import machine, time\n"
        "for hz in (100_000, 400_000):\n"
        "    bus = machine.I2C(1, freq=hz); data = bytearray(100)\n"
        "    a = time.ticks_us(); bus.writeto(0x5A, b'\\0'); print(time.ticks_diff(time.ticks_us(), a))\n"
    )
    slow, fast = map(int, at_prompt(board).split("\n")[:2])
    assert 200 < slow < 240 and 50 < fast < 75  # 20 bits


def test_two_boards_at_once(boards):
    left, right = boards("print('left')", seed=1), boards("print('right')", seed=2)
    assert at_prompt(left).startswith("left") and at_prompt(right).startswith("right")
    assert left.port != right.port and left.board_id != right.board_id


@pytest.mark.parametrize("main", ["", "while True: pass", "import time\nwhile True: time.sleep_ms(1)"])
@pytest.mark.parametrize("held", [False, True])
def test_stop_leaves_nothing(main, held):
    threads = threading.active_count()
    descriptors = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    files = {"/main.py": b"print('go')\n" + main.encode()}
    with VirtualBoard(flash=Flash(blocks=64, files=files), held=held) as board:
        assert board.run_until_printed("go") if held else board.wait(lambda: "go" in board.output, WAIT_S)
        port, process = board.port, board._vm._process
    assert process.poll() is not None and threading.active_count() == threads
    assert not Path(port).exists()
    if descriptors:
        assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the end of a process that is not ours: Linux only")
def test_vm_dies_with_the_program_that_ran_it():
    """Also out of a computation, and when nobody could clean up."""
    program = (
        "from kneesync.virtual import Flash, VirtualBoard\n"
        "board = VirtualBoard(flash=Flash(blocks=64, files={'/main.py': b'print(1)\\nwhile True: pass'}))\n"
        f"board.start(); board.wait(lambda: '1' in board.output, {WAIT_S})\n"
        "print(board._vm._process.pid, flush=True); input()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program], **pipes, text=True) as runner:
        pid = int(runner.stdout.readline())
        vm = os.pidfd_open(pid)
        runner.kill()
    ended, _, _ = select.select([vm], [], [], WAIT_S)
    os.close(vm)
    if not ended:
        os.kill(pid, signal.SIGKILL)
        pytest.fail("the VM's process outlived its board")
