"""What the part refuses or does badly, the virtual board does too: each was once easier here than on the chip."""

import pytest

from kneesync.virtual import Flash, VirtualBoard
from kneesync.virtual.chips.max17048 import Max17048
from kneesync.virtual.flash import PICO_BLOCKS

WAIT_S = 60


def run(main, files=None, plan=lambda board: None):
    """What main.py printed, once it says "done"."""
    flash = Flash(blocks=64, files={"/main.py": f"{main}\nprint('done')\n".encode(), **(files or {})})
    board = VirtualBoard(flash=flash)
    plan(board)
    with board:
        assert board.wait(lambda: "done" in board.output or ">>>" in board.output, WAIT_S), board.output
        return board.output


# RP2040 data sheet table 2: SDA on even pins, SCL on odd ones, pin // 2 % 2 the controller; ADC on GPIO26 to 29.
WRONG = {
    "I2C(1, sda=Pin(4), scl=Pin(3))": "bad SDA pin",
    "I2C(1, sda=Pin(2), scl=Pin(5))": "bad SCL pin",
    "I2C(0, sda=Pin(2), scl=Pin(3))": "bad SCL pin",
    "I2C(1, sda=Pin(3), scl=Pin(2))": "bad SCL pin",
    "I2C(2, sda=Pin(2), scl=Pin(3))": "doesn't exist",
    "I2C(1, sda=Pin(2), scl=Pin(3), freq=0)": "invalid freq",
    "ADC(Pin(20))": "no ADC",
}


@pytest.mark.parametrize("call", WRONG)
def test_pins_and_controllers_that_do_not_belong_together(call):
    assert f"ValueError: {WRONG[call]}" in run(f"from machine import ADC, I2C, Pin\n{call}").replace(
        "I2C(2) ", ""
    ).replace("Pin(20) has ", "")


def test_pins_that_do():
    code = "from machine import I2C, Pin, SoftI2C\nI2C(1, sda=Pin(2), scl=Pin(3))\nI2C(0, sda=Pin(20), scl=Pin(21))\n"
    assert "Error" not in run(code + "SoftI2C(sda=Pin(7), scl=Pin(8))")


def test_a_boot_py_that_raises_keeps_main_py_from_running():
    """ports/rp2/main.c."""
    flash = Flash(blocks=64, files={"/boot.py": b"print('boot')\n1 / 0\n", "/main.py": b"print('main')\n"})
    with VirtualBoard(flash=flash) as board:
        assert board.wait(lambda: ">>>" in board.output, WAIT_S)
        assert "boot" in board.output and "ZeroDivisionError" in board.output and "main\n" not in board.output


def test_what_a_timer_raises_is_printed_and_nobody_else_hears_of_it():
    code = (
        "import machine, time\n"
        "def fail(timer): raise RuntimeError('in the timer')\n"
        "timer = machine.Timer(-1)\n"
        "timer.init(mode=machine.Timer.PERIODIC, period=100, callback=fail)\n"
        "for _ in range(50): time.sleep_ms(10)\n"
        "timer.deinit()\n"
    )
    assert run(code + "print('went on')").count("in the timer") >= 4


@pytest.mark.parametrize("code", ["open('/f', 'w').read(1)", "open('/main.py').write('x')"])
def test_a_file_used_against_its_mode_is_an_error(code):
    """In littlefs it is an assertion, which ended the virtual board's process."""
    assert "OSError" in run(code)


def test_a_register_read_on_a_stuck_bus_costs_two_timeouts():
    code = (
        "import machine, time\n"
        "bus = machine.I2C(1, sda=machine.Pin(2), scl=machine.Pin(3))\n"
        "def cost(call):\n"
        " a = time.ticks_ms()\n"
        " try: call()\n"
        " except OSError: pass\n"
        " return time.ticks_diff(time.ticks_ms(), a)\n"
        "print('cost', cost(lambda: bus.writeto(0x6a, b'x')), cost(lambda: bus.readfrom_mem(0x6a, 15, 1)))\n"
    )
    said = run(code, plan=lambda board: board.bus.stick())
    write_ms, read_ms = map(int, said.split("cost ")[1].split("\n")[0].split())
    assert 50 <= write_ms <= 52 and 100 <= read_ms <= 102


def test_a_chip_in_mid_byte_lets_go_once_it_was_clocked():
    code = (
        "import machine\n"
        "def bus(): return machine.I2C(1, sda=machine.Pin(2), scl=machine.Pin(3))\n"
        "def read():\n"
        " try: return bus().readfrom_mem(0x6a, 15, 1)[0]\n"
        " except OSError as error: return -error.errno\n"
        "before = read(), read()\n"
        "clock = machine.Pin(3, machine.Pin.OPEN_DRAIN, value=1)\n"
        "for _ in range(9): clock(0); clock(1)\n"
        "print('read', before, read())\n"
    )
    assert "read (-110, -110) 108" in run(code, plan=lambda board: board.bus.hold_sda())


def test_a_pico_has_352_blocks():
    board = VirtualBoard(wired="rpi_pico")
    assert board.flash.blocks == PICO_BLOCKS == 352 and board.flash.free_bytes() > 500_000


def test_a_gauge_that_hibernates_shows_what_was():
    """Data sheet 19-6171: a conversion every 250 ms, every 45 s once it hibernates."""
    mv, now_us = 4000, [0]
    gauge = Max17048(lambda: mv, lambda: now_us[0])

    def reading():
        gauge.write(b"\x02")
        high, low = gauge.read(2)
        return round((high << 8 | low) * 78.125e-3)

    now_us[0] = 10_000_000
    assert reading() == 4000
    mv = 3900
    now_us[0] += 260_000
    assert reading() == 3900
    now_us[0] = 3600_000_000
    assert reading() == 3900
    mv = 3200
    now_us[0] += 20_000_000
    assert reading() == 3900
    now_us[0] += 26_000_000
    assert reading() == 3200
