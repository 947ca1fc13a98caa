"""The board under the firmware: one table row a board, and the peripherals built from it.

Only this file, main.py and install.py (which must run on a bare board) import machine.

    import board
    board.led(1)
    bus = busio.I2C(board.i2c())
"""

import os
import sys
import time
from binascii import hexlify

import machine
from micropython import const

# What MicroPython calls the board, LED, button (to ground), I2C (id, SDA, SCL), IMU, haptic driver or None, motor pin
# (PWM) or None, ADC pin that sees the supply through a divider by three or None. Numbers are GPIOs.
# A file /board with a row's name decides where MicroPython's own name cannot (a generic build on a clone).
ROWS = {
    # LSM6DSOX and DRV2605L on STEMMA QT; button between D5 and GND; this board cannot read its battery
    "feather_rp2040": ("Adafruit Feather RP2040", 13, 7, (1, 2, 3), "LSM6DSOX", "DRV2605", None, None),
    # the same breakouts on GP2 and GP3; button between GP7 and GND; VSYS on GPIO29
    "rpi_pico": ("Raspberry Pi Pico", 25, 7, (1, 2, 3), "LSM6DSOX", "DRV2605", 16, 29),
}
_I2C_HZ = const(400_000)
_LEAST_SUPPLY_MV = const(2_000)
_WATCHDOG_MS = const(8_000)  # the RP2040's longest is 8388 ms

# RP2040 data sheet 4.7.6: bit 30 of the watchdog's CTRL enables it; 2.1.2: at +0x3000 stands the alias that clears bits
_WATCHDOG_CTRL_CLEAR = const(0x4005_B000)
_WATCHDOG_ENABLE = const(1 << 30)
_MOTOR_DUTY_U16 = const(50_000)


def _row_name():
    try:
        with open("/board") as file:
            name = file.read(32).strip()
        if name in ROWS:
            return name
        print("no board %r in board.py; /board may hold one of: %s" % (name, ", ".join(ROWS)))
    except OSError:
        pass
    running_on = getattr(sys.implementation, "_machine", "")
    for name in ROWS:
        if running_on.startswith(ROWS[name][0]):
            return name
    return "feather_rp2040"


name = _row_name()
_, _led_pin, _button_pin, _i2c_pins, imu_name, haptic_name, motor_pin, _supply_pin = ROWS[name]

led = machine.Pin(_led_pin, machine.Pin.OUT)
_button = machine.Pin(_button_pin, machine.Pin.IN, machine.Pin.PULL_UP)
_supply = machine.ADC(machine.Pin(_supply_pin)) if _supply_pin is not None else None
_watchdog = None
_timer = None
_ticks = 0
_up_ms = 0


def board_id():
    """The chip's own number, as hex."""
    return hexlify(machine.unique_id()).decode()


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
    bus, sda, scl = _i2c_pins
    clock = machine.Pin(scl, machine.Pin.OPEN_DRAIN, value=1)
    for _ in range(9):
        clock(0)
        time.sleep_us(5)
        clock(1)
        time.sleep_us(5)
    return machine.I2C(bus, sda=machine.Pin(sda), scl=machine.Pin(scl), freq=_I2C_HZ)


def motor():
    """A function that drives the motor pin (1 or 0), or None where the board has none."""
    if motor_pin is None:
        return None
    pwm = machine.PWM(machine.Pin(motor_pin), freq=20_000, duty_u16=0)
    return lambda on: pwm.duty_u16(_MOTOR_DUTY_U16 if on else 0)


def battery_mv():
    """Supply behind the battery, mV, mean of four readings; None where the board cannot read it.

    A reading at which no RP2040 board runs is that of a pin without its divider, not of a battery.
    """
    if _supply is None:
        return None
    total = 0
    for _ in range(4):
        total += _supply.read_u16()
    mv = (total >> 2) * 9900 // 65535
    return mv if mv >= _LEAST_SUPPLY_MV else None


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


def call_later(ms, callback):
    """Call callback(timer) once in ms, also at the prompt. One at a time; ms 0 takes it back."""
    global _timer
    if _timer:
        _timer.deinit()
        _timer = None
    if ms:
        _timer = machine.Timer(-1)
        _timer.init(mode=machine.Timer.ONE_SHOT, period=ms, callback=callback)


def was_reset():
    """Whether a reset started the board, not power: little time has passed."""
    return machine.reset_cause() == machine.WDT_RESET


def reset():
    machine.reset()
