"""The self-test of a firmware on its board, before it becomes the one that starts. The firmware never imports this.

    import selftest
    selftest.run()          # a line of JSON a check: {"check", "ok", "blocks", "text"}

`blocks` says that this firmware should not become the active one: it would not run, or a part answers as it must not.
A part that does not answer at all is not wired yet or has lost its cable: failed, but no firmware's fault.
"""

import gc
import json
import os
import sys
from time import sleep_ms

import board
import busio

from kneecore.trig import length3

LEAST_FREE_BYTES = 30_000  # a run takes a few KB beyond the imports
MEASURED_MS = 2_000
RATE_DHZ = (940, 1150)  # 104.17 Hz as far off as the chip may be
REST_MG = (900, 1100)
PULSE_MS = 300
LATE_MS = 350  # a burst more, so that the FIFO's last samples are those of the pulse
LEAST_SHAKING = 15  # counts of 0.488 mg
_PATTERN = bytes(range(256))


def say(check, ok, text, blocks=True):
    print(json.dumps({"check": check, "ok": ok, "blocks": blocks and not ok, "text": text}))


def test_memory():
    import app  # noqa: F401 - the whole firmware

    gc.collect()
    free = gc.mem_free()
    say("memory", free >= LEAST_FREE_BYTES, "%d KB free once the firmware is loaded" % (free // 1024))


def test_flash():
    path = "/selftest"
    with open(path, "wb") as file:
        for _ in range(16):
            file.write(_PATTERN)
    with open(path, "rb") as file:
        same = file.read() == _PATTERN * 16
    os.remove(path)
    say("flash", same, "reads back what was written" if same else "reads back something else than was written")


def answers(i2c, addresses):
    """Whether anybody is at one of these addresses; a bus that hangs counts as an answer."""
    try:
        return any(address in addresses for address in i2c.scan())
    except OSError:
        return True


def test_imu(i2c, bus):
    """The chip once it delivers, else None."""
    import imu

    chip = imu.Imu(i2c, bus)
    try:
        chip.start()
    except (imu.ImuError, OSError) as error:
        text = str(error) if isinstance(error, imu.ImuError) else "the IMU fails (%r); check its cable" % error
        say("IMU", False, text, answers(i2c, (0x6A, 0x6B)))
        return None
    say("IMU", True, "%s answers" % imu.NAME)
    n, arrived, span_ms, sums = measured(chip, imu.STEP)
    rate_dhz = arrived * 10_000 // span_ms if span_ms > 0 else 0
    ok = RATE_DHZ[0] <= rate_dhz <= RATE_DHZ[1]
    say("FIFO", ok, "%d.%d samples a second%s" % (rate_dhz // 10, rate_dhz % 10, "" if ok else "; expected 94 to 115"))
    if n:
        test_rest(imu, n, sums)
    return chip if n else None


def measured(chip, step):
    """(samples read after the first burst, how many arrived in how many ms, sums of x y z acceleration)."""
    acc = chip.channels[3:]
    sums = [0, 0, 0]
    n = -1
    first_ms = last_ms = late = 0
    began_ms = board.up_ms()
    while board.up_ms() - began_ms < MEASURED_MS:
        while chip.ready():
            got = chip.read()
            if n < 0:
                if got:
                    n, first_ms, late = 0, chip.t_ms, chip.waiting
                continue
            n += got
            last_ms = chip.t_ms
            for i in range(got):
                for axis in range(3):
                    sums[axis] += acc[axis][step * i]
        board.feed_watchdog()
        sleep_ms(50)
    return max(n, 0), n + chip.waiting - late, last_ms - first_ms, sums


def test_rest(imu, n, sums):
    x, y, z = [total // n * imu.RANGES["acc_g"] * 125 // 4096 for total in sums]  # counts of 2**15 to mg
    mg = length3(x, y, z)
    text = "%d.%02d g at rest" % (mg // 1000, mg % 1000 // 10)
    ok = REST_MG[0] <= mg <= REST_MG[1]
    if 450 <= mg <= 550 and imu.NAME == "LSM6DSOX":
        text += "; expected 1 g. Half of it is what an LSM6DSO32 shows here: kneesync flash --wired LSM6DSO32"
    elif 1800 <= mg <= 2200 and imu.NAME == "LSM6DSO32":
        text += "; expected 1 g. Twice that is what an LSM6DSOX shows here: kneesync flash --wired LSM6DSOX"
    elif not ok:
        text += "; expected 1 g. Lay the board still and flash again"
    say("acceleration", ok, text)


def test_haptic(i2c, chip):
    from feel import found, play

    if board.haptic_name == "none":
        say("haptic", True, "none wired: signals by LED only")
        return
    motor = found()
    if motor is None:
        there = answers(i2c, (0x5A,))
        text = "what answers at 0x5A is no DRV2605L" if there else "no DRV2605L answers at 0x5A; check its cable"
        say("haptic", False, text + ". Signals by LED only until then", there)
        return
    if chip is None:
        play(motor, 1, PULSE_MS)
        say("haptic", True, "buzzed once: did you feel it? Without the IMU nobody else can tell")
        return
    before = shaken(chip, lambda: sleep_ms(PULSE_MS))
    during = shaken(chip, lambda: play(motor, 1, PULSE_MS))
    if getattr(motor, "over", 0):
        say("haptic", False, "its driver reports over-current or heat; check the motor's two leads for a short", False)
    elif during > 2 * before + LEAST_SHAKING:
        say("haptic", True, "buzzed once, and the IMU felt it")
    else:
        text = "buzzed once, and the IMU felt nothing; check the motor's two leads, and that it is glued down"
        say("haptic", False, text, False)


def shaken(chip, wait):
    """How much the acceleration changes from sample to sample in wait(): counts, of the burst that has most."""
    while chip.ready():
        chip.read()
    wait()
    sleep_ms(LATE_MS)
    most = 0
    acc = chip.channels[3:]
    while chip.ready():
        got = chip.read()
        total = 0
        for axis in range(3):
            for i in range(1, got):
                total += abs(acc[axis][7 * i] - acc[axis][7 * i - 7])
        if got:
            most = max(most, total // got)
    return most


def guarded(check, function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        sys.print_exception(error)
        say(check, False, "stopped with %r" % error)
    finally:
        board.feed_watchdog()


def run():
    """All checks; about four seconds. The board should lie still, and is to be reset afterwards."""
    board.start_watchdog()
    guarded("memory", test_memory)
    guarded("flash", test_flash)
    i2c = board.i2c()
    bus = busio.I2C(i2c)
    chip = guarded("IMU", test_imu, i2c, bus)
    guarded("haptic", test_haptic, i2c, chip)
