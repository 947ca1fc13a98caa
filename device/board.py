"""The board under the firmware: one table row a board, and the peripherals built from it.

Only this file, main.py and install.py (which must run on a bare board) import machine.

    import board
    board.led(1)
    bus = busio.I2C(board.i2c())
"""

import os
import select
import sys
import time
from binascii import hexlify

import machine
from micropython import const

# A board is one row, and its wiring pictures, its virtual board and CONTRIBUTING's table are made from it: host code
# reads this literal with ast (kneesync.firmware.wiring), so it must stay one. Numbers are GPIOs. The columns:
#   what MicroPython calls the board, up to " with"
#   status: simulated (tests run the firmware on the virtual board wired so), emulated, or hardware (a real one ran)
#   LED; button (to ground, a pin of its own: BOOT at reset enters the ROM's bootloader); I2C: controller, SDA, SCL
#   IMU: a name of imu.py's; haptics: DRV2605L, pin (a motor module on the motor pin) or none; motor pin
#   battery: MAX17048, or the ADC pin that sees it through a divider by three, or None
ROWS = {
    # breakouts on STEMMA QT; button between D5 and GND; motor module on D10. It cannot read its battery: a gauge does
    "feather_rp2040": (
        "Adafruit Feather RP2040", "simulated", 13, 7, (1, 2, 3), "LSM6DSOX", "DRV2605L", 10, "MAX17048"
    ),
    # the same breakouts on GP2 and GP3; button between GP7 and GND; motor module on GP16; VSYS on GPIO29
    "rpi_pico": (
        "Raspberry Pi Pico", "emulated", 25, 7, (1, 2, 3), "LSM6DSOX", "DRV2605L", 16, 29
    ),
}  # fmt: skip
# A file /board says what else is wired, in words: a row's name where MicroPython's own cannot tell (a clone), and parts
# in place of the row's, such as "LSM6DSO32 pin". What a word stands for:
PARTS = {
    "LSM6DSOX": "imu",
    "LSM6DSO32": "imu",
    "ISM330DHCX": "imu",
    "DRV2605L": "haptic",
    "pin": "haptic",
    "none": "haptic",
    "MAX17048": "battery",
}
_I2C_HZ = const(400_000)
_RUN_HZ = const(60_000_000)
_IDLE_HZ = const(50_000_000)
_WATCHDOG_MS = const(8_000)  # the RP2040's longest is 8388 ms

# RP2040 data sheet 4.7.6: bit 30 of the watchdog's CTRL enables it; 2.1.2: at +0x3000 stands the alias that clears bits
_WATCHDOG_CTRL_CLEAR = const(0x4005_B000)
_WATCHDOG_ENABLE = const(1 << 30)
_MOTOR_DUTY_U16 = const(50_000)
_DRV2605 = const(0x5A)
_STOP_TRIES = const(10)  # 0.05 s where nobody answers, 0.6 s on a bus that hangs


def _wired():
    """The row's name, and what is wired: the row, changed as /board says."""
    name = "feather_rp2040"
    running_on = getattr(sys.implementation, "_machine", "").split(" with ")[0]
    for row in ROWS:
        if running_on == ROWS[row][0]:
            name = row
    parts = {}
    try:
        with open("/board") as file:
            for word in file.read(64).split():
                if word in ROWS:
                    name = word
                elif word in PARTS:
                    parts[PARTS[word]] = word
                else:
                    print("/board: no %r; it takes %s, %s" % (word, ", ".join(ROWS), ", ".join(PARTS)))
    except OSError:
        pass
    row = ROWS[name]
    return name, row, parts.get("imu", row[5]), parts.get("haptic", row[6]), parts.get("battery", row[8])


name, _row, imu_name, haptic_name, _battery = _wired()
_, _, _led_pin, _button_pin, _i2c_pins, _, _, _motor_pin, _ = _row

led = machine.Pin(_led_pin, machine.Pin.OUT)
_button = machine.Pin(_button_pin, machine.Pin.IN, machine.Pin.PULL_UP)
# the pin that sees the battery through a divider by three, or None; whether a gauge does
supply = machine.ADC(machine.Pin(_battery)) if isinstance(_battery, int) else None
has_gauge = _battery == "MAX17048"
_full_hz = machine.freq()
_out = select.poll()
_out.register(sys.stdout, select.POLLOUT)
_bus = None
_watchdog = None
_ticks = 0
_up_ms = 0


def board_id():
    """The chip's own number, as hex."""
    return hexlify(machine.unique_id()).decode()


def say(text):
    """Print a line, as far as whoever is there takes it at once.

    print() waits half a second for the text and another for its end while a host has the port open and reads nothing
    (MicroPython shared/tinyusb/mp_usbd_cdc.c): long enough for a pulse to go on and on. A byte at a time waits for
    nothing while there is room, which is what a poll asks for.
    """
    for char in text + "\n":
        for _ in _out.ipoll(0):
            break
        else:
            return
        sys.stdout.write(char)


def pace(running):
    """The CPU clock of a run, or of waiting for one; the bus is set up for it.

    It saves a third of the current, and the CPU still sleeps most of the time (hardware/power.md). 60 MHz and not 64:
    the Feather's flash is read by an even divisor of it, at most at 31.25 MHz, so at 30 and not at 16.
    What machine.freq() touches on an RP2040 (MicroPython ports/rp2/modmachine.c, pico-sdk set_sys_clock_pll): clk_sys,
    and with it I2C and PWM, which divide it by what they computed when they were set up; clk_peri (UART, SPI), which
    becomes 48 MHz whatever clk_sys is, and the UART's REPL is set up anew. What it does not: ticks, timers and
    watchdog, which count the crystal (clk_ref), and USB, ADC and RTC, which have a PLL of their own. USB wants clk_sys
    at its own 48 MHz at least: below, it fails (pico-sdk issue 1697, where 64 MHz is reported well).
    A reset, not a soft one, undoes it.
    """
    machine.freq(_RUN_HZ if running else _IDLE_HZ)
    if _bus:
        i2c()


def speed_up():
    """The clock that the board started with, for a host; the bus is set up for it."""
    machine.freq(_full_hz)
    if _bus:
        i2c()


def up_ms():
    """Time since power-on or reset, ms. Does not wrap as ticks_ms does, if called at least every six days."""
    global _ticks, _up_ms
    ticks = time.ticks_ms()
    _up_ms += time.ticks_diff(ticks, _ticks)
    _ticks = ticks
    return _up_ms


def pressed():
    """Whether the button is down now (bounces are the caller's)."""
    return not _button.value()


def i2c():
    """The bus with the breakouts, set up anew. A chip caught in mid-byte is clocked free (I2C spec, 3.1.16)."""
    global _bus
    controller, sda, scl = _i2c_pins
    clock = machine.Pin(scl, machine.Pin.OPEN_DRAIN, value=1)
    for _ in range(9):
        clock(0)
        time.sleep_us(5)
        clock(1)
        time.sleep_us(5)
    _bus = machine.I2C(controller, sda=machine.Pin(sda), scl=machine.Pin(scl), freq=_I2C_HZ)
    return _bus


def bus():
    """The bus as it was set up last, or now for the first time."""
    return _bus or i2c()


def motor():
    """A function that drives the motor pin (1) or does not (0, -1)."""
    pwm = machine.PWM(machine.Pin(_motor_pin), freq=20_000, duty_u16=0)
    return lambda level: pwm.duty_u16(_MOTOR_DUTY_U16 if level > 0 else 0)


def stop_motor():
    """The motor off, before anything else is set up. A reset does not do it: the driver has power, and a pin's pulses
    go on over a soft one (MicroPython 1.29: slices 4 to 7)."""
    if haptic_name == "pin":
        machine.Pin(_motor_pin, machine.Pin.OUT, value=0)
    elif haptic_name == "DRV2605L":
        for _ in range(_STOP_TRIES):
            try:
                i2c().writeto_mem(_DRV2605, 1, b"\x40")  # MODE: standby
                return
            except OSError:
                time.sleep_ms(5)


def free_bytes():
    """Flash free for files, and in all: (bytes, bytes)."""
    volume = os.statvfs("/")
    return volume[0] * volume[3], volume[1] * volume[2]


def clock_s():
    """Wall clock, Unix seconds; None if nobody has set it since power-on (MicroPython then starts in 2021)."""
    at = machine.RTC().datetime()
    if at[0] < 2024:
        return None
    return time.mktime((at[0], at[1], at[2], at[4], at[5], at[6], 0, 0))


def set_clock(unix_s):
    """Set the wall clock from Unix seconds."""
    at = time.gmtime(unix_s)
    machine.RTC().datetime((at[0], at[1], at[2], at[6], at[3], at[4], at[5], 0))


def start_watchdog():
    """From now on the board resets itself unless fed every 8 s."""
    global _watchdog
    _watchdog = machine.WDT(timeout=_WATCHDOG_MS)


def feed_watchdog():
    if _watchdog:
        _watchdog.feed()


def stop_watchdog():
    """MicroPython cannot stop it, and a soft reset does not: clear its enable bit in the chip."""
    global _watchdog
    _watchdog = None
    machine.mem32[_WATCHDOG_CTRL_CLEAR] = _WATCHDOG_ENABLE


def was_reset():
    """Whether a reset started the board, not power: little time has passed."""
    return machine.reset_cause() == machine.WDT_RESET


def reset():
    machine.reset()


def deepsleep(ms):
    """Sleep, then a reset: the lowest current that the board has; USB, clock and motor are off meanwhile."""
    machine.deepsleep(ms)
