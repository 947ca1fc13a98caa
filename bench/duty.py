"""What a run does in a second, counted on the virtual board, and the share of the time that projects to on an RP2040.

Bytecode is counted in passes of an empty loop timed beside it, as bench/cost.py does; bus, flash, motor and LED by
their models. bench/power.py holds what each costs, and makes hardware/power.md of the counts.
"""

import dataclasses

from bench import cost, power
from bench.power import FULL_MHZ, RUN_MHZ, Counts
from kneesync.board.link import Link
from kneesync.services.demo import worn_before
from kneesync.simulation.runner import demo_run
from kneesync.virtual import VirtualBoard

MINUTES = 25
ROUNDS = 15
TURNS, PASSES = 400, 20_000
FLUSH_S = 13  # device/recorder.py collects memory after each flush

# The loop's own work, without what it asks of the hardware: that crosses a pipe here.
_SETUP = f"""
from js import performance
import signals
signals.led = lambda lit: None
signals.pressed = lambda: False
s = signals.Signals(None, False)
b = signals.Button()
def up(): return 5
def passes():
    for i in range({PASSES}): pass
def turns():
    for i in range({TURNS}):
        now_ms = up()
        s.tick(now_ms)
        press = b.poll(now_ms)
        if press: pass
        if now_ms >= 10: pass
        s.wait_ms(now_ms, b.wait_ms(50))
def round():
    now = performance.now
    a = now(); turns(); c = now(); passes(); d = now()
    print((c - a) / (d - c) * {PASSES} / {TURNS})
"""


def run():
    samples = cost.run()[1]["passes_per_sample"]
    counts = dataclasses.replace(counted(demo_run(minutes=MINUTES)), passes_a_sample=samples, passes_a_turn=a_turn())
    full, slow = (sum(power.busy(counts, mhz).values()) for mhz in (FULL_MHZ, RUN_MHZ))
    rows = [
        f"duty cycle, a projection: {MINUTES} min of running on the virtual board x costs on an emulated RP2040",
        f"  a second: {counts.samples:.1f} samples of {counts.passes_a_sample:.0f} passes, "
        f"{counts.turns:.1f} turns of the loop of {counts.passes_a_turn:.0f},",
        f"  {counts.transfers:.1f} I2C transfers of {counts.i2c_bits:,.0f} bits in all; motor {counts.motor_s:.2%}, "
        f"LED {counts.led_s:.0%} of the time;",
        f"  an hour: {counts.erases * 3600:.0f} erases and {counts.programs * 3600:.0f} pages of flash",
    ]
    for mhz, share in ((FULL_MHZ, full), (RUN_MHZ, slow)):
        parts = ", ".join(f"{name} {part:.1%}" for name, part in power.busy(counts, mhz).items())
        ma = sum(row[1] for row in power.currents(counts, mhz))
        rows.append(
            f"  at {mhz:3} MHz busy {share:.1%} of the time ({parts}), asleep {1 - share:.1%}; {ma:.1f} mA, "
            f"{power.hours(counts, mhz):.0f} h on {power.BATTERY_MAH} mAh"
        )
    rows.append(f"  the firmware runs at {RUN_MHZ} MHz; every current with its source: hardware/power.md")
    figures = {"counts": dataclasses.asdict(counts), "busy_125_mhz": full, "busy_64_mhz": slow}
    figures |= {f"hours_{mhz}_mhz": power.hours(counts, mhz) for mhz in (FULL_MHZ, RUN_MHZ)}
    return rows, figures


def counted(feed):
    """Counts of the feed's run by the chip models, from its session's opening to its end; passes are left at 0."""
    with VirtualBoard(feed=feed, flash=worn_before()) as board:
        marks = {}

        def mark(name):
            hardware, ops = board.hardware, [op.kind for op in board.flash.journal]
            marks[name] = (
                board.clock.now_us,
                (
                    board.sleeps,
                    hardware.i2c_transfers,
                    hardware.i2c_bits,
                    ops.count("erase"),
                    pages(board.flash.journal),
                ),
            )

        board.wait(lambda: board.feed_started_up_ms is not None, 60)
        start_us = board.imu.started_us
        end_us = start_us + round(feed.length / feed.fs_hz * 1e6)
        board.clock.at(start_us + 60_000_000, lambda: mark("from"))
        board.clock.at(end_us, lambda: mark("to"))
        board.wait(lambda: "to" in marks, 600)
        (from_us, before), (to_us, after) = marks["from"], marks["to"]
        seconds = (to_us - from_us) / 1e6
        sleeps, transfers, bits, erases, programs = [(b - a) / seconds for a, b in zip(before, after, strict=True)]
        motor_us = sum(min(row[1], to_us) - max(row[0], from_us) for row in board.haptic.pulses(from_us, to_us))
        return Counts(
            samples=feed.fs_hz, passes_a_sample=0, turns=sleeps, passes_a_turn=0, transfers=transfers, i2c_bits=bits,
            erases=erases, programs=programs, collects=1 / FLUSH_S, motor_s=motor_us / 1e6 / seconds,
            led_s=lit_us(board, from_us, to_us) / 1e6 / seconds,
        )  # fmt: skip


def pages(journal):
    """How many pages were programmed: an operation may write several."""
    return sum(-(-len(op.data) // 256) for op in journal if op.kind == "program")


def lit_us(board, from_us, to_us):
    """How long the LED was lit between the two."""
    lit, since_us, level = 0, from_us, 0.0
    for change in board.pin_log:
        if change.pin != board.wiring.led:
            continue
        at_us = min(max(change.t_us, from_us), to_us)
        lit += round(level * (at_us - since_us))
        since_us, level = at_us, change.level
    return lit + round(level * (to_us - since_us))


def a_turn():
    """Empty loop passes of one turn of the firmware's loop, beside what it asks of the hardware: the median."""
    with VirtualBoard() as board:
        board.wait(lambda: "ready" in board.output, 60)
        with Link(board.port) as link:
            link.stream(_SETUP, lambda _: None, 1 << 16)
            found = []
            for _ in range(ROUNDS):
                said = bytearray()
                link.stream("round()", said.extend, 1 << 16)
                found.append(float(said.decode().split()[-1]))
    return sorted(found)[ROUNDS // 2]
