"""From what a run does in a second to how long the board works for it, and how long a battery lasts: a projection.

    python -m bench.power            # writes hardware/power.md

COUNTS is what bench/duty.py counted on the virtual board; a test counts again. Times are those of an emulated RP2040
(MicroPython 1.28, 125 MHz), currents those of data sheets and of others' measurements: each says where it comes from.
No board was at hand to measure one.
"""

import textwrap
from dataclasses import dataclass, replace
from pathlib import Path

PAGE = Path(__file__).parent.parent / "hardware" / "power.md"
FULL_MHZ, RUN_MHZ, IDLE_MHZ = 125, 60, 50  # MicroPython's own; device/board.py pace()
BATTERY_MAH = 400
USABLE = 0.95  # down to 3.3 V, where the run is closed
GOAL_H = 20

# What a pass counted on the virtual board takes at 125 MHz: a sample of 73.6 of them took 390 to 420 us of the whole
# firmware on the emulated RP2040, where it is 112 to 119 passes of 3.5 us.
PASS_US = 5.5
I2C_BIT_US = 2.5  # 400 kHz; the CPU waits for it
I2C_TRANSFER_US = 35  # MicroPython around a transfer: 12 bytes take 380 us emulated, their 138 bits 345
ERASE_MS, PROGRAM_MS = 45.0, 0.4  # a sector, a page: W25Q64JV data sheet, typical; the CPU waits for them
COLLECT_MS = 20.0  # gc.collect() at 125 MHz: 2 to 20 ms emulated


@dataclass(frozen=True)
class Counts:
    """What a second of running does, on average."""

    samples: float
    passes_a_sample: float  # FIFO decoding, attitude, strides, cue
    turns: float  # of the loop
    passes_a_turn: float  # button, LED, motor
    transfers: float
    i2c_bits: float
    erases: float
    programs: float
    collects: float
    motor_s: float
    led_s: float


COUNTS = Counts(
    samples=105.8, passes_a_sample=73.6, turns=19.22, passes_a_turn=50.5, transfers=10.54, i2c_bits=13_785,
    erases=0.0857, programs=0.796, collects=0.0769, motor_s=0.00048, led_s=0.0498,
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """Something that draws current from the battery: `ma` while it does."""

    name: str
    ma: float
    source: str


# A Raspberry Pi Pico under MicroPython at 125 MHz, drawing from USB at 5 V: asleep at the prompt, and in a busy loop.
PICO_ASLEEP_MA, PICO_BUSY_MA = 15.2, 18.0
PICO_SOURCE = "D. George on a Pico at 5 V, github.com/raspberrypi/pico-sdk issue 1812: 15.2 mA asleep, 18 mA in a loop"
# The same board at other clocks, busy: what a clock draws, beside 125 MHz.
CLOCK_MA = {133: 22.0, 50: 11.6}
CLOCK_SOURCE = "M. Müller on a Pico, elektronik-labor.de/Raspberry/Pico34.html: 22 mA at 133 MHz, 11.6 mA at 50 MHz"
# The Pico makes its 3.3 V by a switching regulator, the Feather by a linear one: 90 % is the most the first may lose
# least, so that the Feather's share is rather too high than too low.
PICO_EFFICIENCY = 0.90

PARTS = (
    Part("LSM6DSOX, both sensors, high-performance", 0.55, "ST data sheet DS12814, features; LSM6DSO32 the same"),
    Part("DRV2605L, in standby between signals", 0.007, "TI data sheet SLOS854, standby, at most"),
    Part("MAX17048", 0.023, "Maxim data sheet 19-6171: active"),
    Part("NeoPixel on the Feather, dark", 1.0, "pjrc.com/how-much-current-do-ws2812-neopixel-leds-really-use"),
    Part("3.3 V regulator", 0.055, "AP2112K data sheet, quiescent, typical (not looked up again)"),
    Part("power LEDs of three breakouts", 1.5, "assumed, 0.5 mA each: cut their jumpers and they are gone"),
)
# The build before: the driver awake, one clock for all, a longer flash of the LED.
BEFORE_MHZ, BEFORE_DRIVER_MA, BEFORE_LED_S, BEFORE_IDLE_LED_S = 64, 0.65, 0.150, 0.050
IDLE_LED_S = 0.05 / 3
LOOKS = 4.4  # a second, device/app.py _DRAIN_MS
IMU_DOZING_MA = 0.02  # acceleration alone, low power, 12.5 Hz: DS12814 table 3 gives 0.01 to 0.03 (not looked up again)
MOTOR = Part("motor, while it runs", 80.0, "assumed: coin motors' data sheets say 50 to 100 mA")
LED = Part("LED, while it is lit", 2.0, "assumed")


def busy(counts: Counts, mhz: float = FULL_MHZ) -> dict[str, float]:
    """What takes how much of the time at that clock, 0..1 each. The bus and the flash take the same at any."""
    scale = FULL_MHZ / mhz
    return {
        "samples": counts.samples * counts.passes_a_sample * PASS_US / 1e6 * scale,
        "loop": counts.turns * counts.passes_a_turn * PASS_US / 1e6 * scale,
        "bus": counts.i2c_bits * I2C_BIT_US / 1e6 + counts.transfers * I2C_TRANSFER_US / 1e6 * scale,
        "flash": (counts.erases * ERASE_MS + counts.programs * PROGRAM_MS) / 1e3,
        "memory": counts.collects * COLLECT_MS / 1e3 * scale,
    }


def clock_share(mhz: float) -> float:
    """What the chip draws at that clock, beside 125 MHz: along the line through two measured ones."""
    (high, high_ma), (low, low_ma) = sorted(CLOCK_MA.items(), reverse=True)
    slope = (high_ma - low_ma) / (high - low)
    return (low_ma + slope * (mhz - low)) / (low_ma + slope * (FULL_MHZ - low))


def chip_ma(mhz: float, busy_ma: bool) -> float:
    """RP2040 and flash from a 3.3 V rail, mA."""
    at_5_v = PICO_BUSY_MA if busy_ma else PICO_ASLEEP_MA
    return at_5_v * clock_share(mhz) * 5 * PICO_EFFICIENCY / 3.3


def idle(counts: Counts, led_s: float = IDLE_LED_S) -> Counts:
    """What is left of a run's work while the board waits for its runner: samples, loop and bus, and a shorter flash."""
    return replace(counts, erases=0.0, programs=0.0, collects=0.0, motor_s=0.0, led_s=led_s)


def lying(counts: Counts) -> Counts:
    """The same once nobody has moved it for five minutes: no samples, a look at the acceleration at each drain."""
    return replace(idle(counts), samples=0.0, transfers=LOOKS, i2c_bits=LOOKS * 9 * 10)


def total_ma(counts: Counts, mhz: float) -> float:
    return sum(ma for _, ma, _ in currents(counts, mhz))


def lying_ma(counts: Counts) -> float:
    """Of a board that lies about."""
    saved = next(part.ma for part in PARTS if part.name.startswith("LSM6DSOX")) - IMU_DOZING_MA
    return total_ma(lying(counts), IDLE_MHZ) - saved


def before_ma(counts: Counts) -> tuple[float, float]:
    """(running, idle) of the build before, by the same sums."""
    more = BEFORE_DRIVER_MA - next(part.ma for part in PARTS if part.name.startswith("DRV2605L"))
    running = total_ma(replace(counts, led_s=BEFORE_LED_S), BEFORE_MHZ) + more
    return running, total_ma(idle(counts, BEFORE_IDLE_LED_S), BEFORE_MHZ) + more


def currents(counts: Counts, mhz: float) -> list[tuple[str, float, str]]:
    """(what, mA on average, how it comes about), of the reference board while its wearer runs."""
    share = sum(busy(counts, mhz).values())
    awake, asleep = chip_ma(mhz, True), chip_ma(mhz, False)
    rows = [
        ("RP2040 and flash, awake", awake * share, f"{awake:.1f} mA × {share:.1%}"),
        ("RP2040 and flash, asleep", asleep * (1 - share), f"{asleep:.1f} mA × {1 - share:.1%}"),
    ]
    rows += [(part.name, part.ma, part.source) for part in PARTS]
    for part, seconds in ((MOTOR, counts.motor_s), (LED, counts.led_s)):
        rows.append((part.name, part.ma * seconds, f"{part.ma:g} mA × {seconds:.2%}; {part.source}"))
    return rows


def hours(counts: Counts, mhz: float) -> float:
    """How long the reference board's battery lasts while its wearer runs."""
    return BATTERY_MAH * USABLE / sum(ma for _, ma, _ in currents(counts, mhz))


def page(counts: Counts = COUNTS) -> str:
    """hardware/power.md."""
    full, run = busy(counts, FULL_MHZ), busy(counts, RUN_MHZ)
    was_running, was_idle = before_ma(counts)
    now_running, now_idle = total_ma(counts, RUN_MHZ), total_ma(idle(counts), IDLE_MHZ)
    now_lying = lying_ma(counts)
    drawn = currents(counts, RUN_MHZ)
    saved_ma = chip_ma(FULL_MHZ, False) - chip_ma(RUN_MHZ, False)
    paragraphs = [
        "# Power, on paper",
        "<!-- Written by `python -m bench.power` from bench/power.py: change it there. -->",
        """**A projection.** No board was at hand: what a run does was counted on the virtual board, and multiplied by
        what such things cost on an emulated RP2040, by the parts' data sheets and by what others measured on a
        Raspberry Pi Pico. `make bench` counts again and prints the same (part `duty`).""",
        f"""**The reference board runs for {hours(counts, RUN_MHZ):.0f} h on {BATTERY_MAH} mAh** (goal: {GOAL_H} h), at
        {RUN_MHZ} MHz; at MicroPython's own {FULL_MHZ} MHz it would be {hours(counts, FULL_MHZ):.0f} h. That is with
        {USABLE:.0%} of a new cell, at room temperature; an old or a cold one holds less. What is assumed below, not
        looked up, could shorten it: 10 % more current makes it {hours(counts, RUN_MHZ) / 1.1:.1f} h.""",
        "## What a second of running does",
        table(
            ("", "a second", "costs"),
            (
                "samples",
                f"{counts.samples:.1f}",
                f"{counts.passes_a_sample:.0f} passes each, as counted here: {PASS_US:g} µs at {FULL_MHZ} MHz",
            ),
            ("turns of the loop", f"{counts.turns:.1f}", f"{counts.passes_a_turn:.0f} passes each"),
            (
                "I2C transfers",
                f"{counts.transfers:.1f}",
                f"{I2C_TRANSFER_US} µs each at {FULL_MHZ} MHz, and {counts.i2c_bits:,.0f} bits at 400 kHz",
            ),
            ("flash erases", f"{counts.erases:.3f} ({counts.erases * 3600:.0f} an hour)", f"{ERASE_MS:g} ms each"),
            ("flash pages", f"{counts.programs:.2f} ({counts.programs * 3600:.0f} an hour)", f"{PROGRAM_MS:g} ms each"),
            ("collections of memory", f"{counts.collects:.3f}", f"{COLLECT_MS:g} ms each at {FULL_MHZ} MHz"),
        ),
        """So the CPU is busy for this share of the time, and sleeps for the rest (`sleep_ms`, which waits for an event;
        `lightsleep` would stop USB, the motor's pulse width and the real-time clock):""",
        table(
            ("", f"at {FULL_MHZ} MHz", f"at {RUN_MHZ} MHz"),
            *((name, f"{full[name]:.1%}", f"{run[name]:.1%}") for name in full),
            ("**in all**", f"**{sum(full.values()):.1%}**", f"**{sum(run.values()):.1%}**"),
        ),
        "## What that draws from the battery",
        table(
            (f"at {RUN_MHZ} MHz", "mA", "source"),
            *((name, f"{ma:.2f}", how) for name, ma, how in drawn),
            ("**in all**", f"**{sum(ma for _, ma, _ in drawn):.1f}**", ""),
        ),
        f"""What the chip itself draws in such a use is not in its data sheet (5.4 has a video demo, the bootloader,
        SLEEP and DORMANT). It is taken from {PICO_SOURCE}. What the clock changes is taken from {CLOCK_SOURCE}; on
        the line through these, {RUN_MHZ} MHz draws {clock_share(RUN_MHZ):.0%} of what {FULL_MHZ} MHz draws. From 5 V
        by the Pico's switching regulator to 3.3 V: × 5 / 3.3 × {PICO_EFFICIENCY:g}, its efficiency put high so that
        the result is rather too high. The Feather's regulator is linear: the battery gives what the 3.3 V rail takes.
        An ISM330DHCX's current is another; it is not counted here.""",
        f"## Why {RUN_MHZ} and {IDLE_MHZ} MHz",
        f"""It saves {saved_ma:.1f} mA asleep, and the CPU still sleeps {1 - sum(run.values()):.0%} of the time. The
        Feather's flash is read by an even divisor of the clock, at most at 31.25 MHz: at 64 MHz that would be 16, at
        {RUN_MHZ} it is 30. USB wants at least its own 48 MHz: below, it fails (github.com/raspberrypi/pico-sdk issue
        1697, where 64 MHz is reported well); {IDLE_MHZ} MHz, for waiting, is as close as we go, and untried on a board.
        While a host talks to the board it runs at {FULL_MHZ} MHz. What else hangs on the clock stands in
        `device/board.py`.""",
        "## Beside the build before",
        table(
            ("", "before", "now", "share"),
            ("running", f"{was_running:.1f} mA", f"{now_running:.1f} mA", f"{now_running / was_running:.2f}"),
            ("waiting for a runner", f"{was_idle:.1f} mA", f"{now_idle:.1f} mA", f"{now_idle / was_idle:.2f}"),
            ("lying about for 5 min", f"{was_idle:.1f} mA", f"{now_lying:.1f} mA", f"{now_lying / was_idle:.2f}"),
        ),
        f"""By the same sums. Before: one clock of {BEFORE_MHZ} MHz, the motor's driver awake all the while, a flash of
        {BEFORE_LED_S:g} s. An empty battery ends in the chip's deep sleep, both sensors in power-down, with a look
        every ten minutes.""",
        "## What else could be saved",
        """The breakouts' LEDs can be cut; the dark NeoPixel of this Feather cannot be switched off. The IMU measures on
        at full rate until the board has lain still for five minutes, so that a run's first strides are known.
        Between runs only the switch saves the battery. **Switched off the Feather still draws 0.4 mA**: its EN has
        10 kΩ to the battery's side. That is 400 mAh in six weeks: unplug the battery for the winter.""",
    ]
    return "\n\n".join(map(_wrapped, paragraphs)) + "\n"


def table(*rows: tuple[str, ...]) -> str:
    """Rows as a Markdown table, the first as its head."""
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def _wrapped(paragraph: str) -> str:
    if paragraph.startswith("|"):
        return paragraph
    return textwrap.fill(" ".join(paragraph.split()), 120, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
