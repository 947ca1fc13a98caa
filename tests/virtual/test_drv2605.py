"""The DRV2605L model, driven by hand and by the real Adafruit driver."""

import adafruit_drv2605
import pytest

from kneesync.virtual.bus import RegisterError
from kneesync.virtual.chips.drv2605 import EFFECTS, Drv2605
from tests.support.chips import HAPTIC, Bench, BusioI2C

MODE, RTP, LIBRARY, SLOT1, GO, CONTROL2, CONTROL3 = 0x01, 0x02, 0x03, 0x04, 0x0C, 0x1C, 0x1D

# What a DRV2605L answers after power-on: SLOS854, "Register Map Overview".
RESET = {0x00: 0xE0, 0x01: 0x40, 0x02: 0, 0x04: 1, 0x05: 0, 0x0C: 0, 0x16: 0x3E, 0x17: 0x8C, 0x1A: 0x36, 0x1B: 0x93,
         0x1C: 0xF5, 0x1D: 0xA0, 0x1E: 0x20, 0x1F: 0x80}  # fmt: skip


@pytest.fixture
def bench():
    return Bench()


def put(bench, register, *values):
    bench.set(register, *values, address=HAPTIC)


def get(bench, register):
    return bench.get(register, address=HAPTIC)


def ready(bench, *slots):
    """Out of standby, library A, the slots filled."""
    put(bench, MODE, 0)
    put(bench, SLOT1, *slots, *([0] if len(slots) < 8 else []))


@pytest.mark.parametrize("register", RESET, ids="0x{:02X}".format)
def test_reset_values(bench, register):
    assert get(bench, register) == RESET[register]


def test_registers_are_read_one_after_the_other(bench):
    assert bench.get(0x1A, 6, address=HAPTIC) == bytes([0x36, 0x93, 0xF5, 0xA0, 0x20, 0x80])


def test_a_sequence_plays_effects_and_waits_and_clears_go(bench):
    """Slots: 750 ms alert, wait of 100 ms (bit 7, 10 ms a count), 1000 ms alert, end; nothing after the end plays."""
    ready(bench, 15, 0x80 | 10, 16, 0, 16)
    start = bench.now_us
    put(bench, GO, 1)
    bench.wait(1.8)
    assert get(bench, GO) == 1
    bench.wait(0.05)
    assert get(bench, GO) == 0
    assert bench.haptic.log == [
        (start, start + 750_000, "effect 15 750 ms alert", 1.0),
        (start + 850_000, start + 1_850_000, "effect 16 1000 ms alert", 1.0),
    ]


def test_all_eight_slots_play(bench):
    ready(bench, *[15] * 8)
    put(bench, GO, 1)
    bench.wait(10)
    assert len(bench.haptic.log) == 8


def test_go_again_while_it_plays_changes_nothing(bench):
    ready(bench, 15)
    put(bench, GO, 1)
    bench.wait(0.3)
    put(bench, GO, 1)
    bench.wait(1)
    assert [b - a for a, b, _, _ in bench.haptic.log] == [750_000]


@pytest.mark.parametrize("register, value", [(GO, 0), (MODE, 0x40), (MODE, 0x80)], ids=["GO 0", "standby", "DEV_RESET"])
def test_what_stops_a_sequence(bench, register, value):
    ready(bench, 15, 15)
    start = bench.now_us
    put(bench, GO, 1)
    bench.wait(0.2)
    put(bench, register, value)
    bench.wait(2)
    assert bench.haptic.log == [(start, start + 200_000, "effect 15 750 ms alert", 1.0)]
    assert get(bench, GO) == 0


def test_standby_plays_nothing(bench):
    put(bench, GO, 1)
    bench.wait(1)
    assert (get(bench, GO), bench.haptic.log) == (0, [])


def test_dev_reset_brings_reset_values_and_standby(bench):
    put(bench, CONTROL3, 0x08)
    put(bench, MODE, 0x80)
    assert {register: get(bench, register) for register in RESET} == RESET


# CONTROL2 BIDIR_INPUT, CONTROL3 ERM_OPEN_LOOP and DATA_FORMAT_RTP, RTP_INPUT, share of full drive
REAL_TIME = (
    ("signed, full", 0xF5, 0xA0, 127, 1.0),
    ("signed, brake", 0xF5, 0xA0, 0x81, -1.0),
    ("signed, -128 is no more than full", 0xF5, 0xA0, 0x80, -1.0),
    ("unsigned, both ways, full", 0xF5, 0xA8, 255, 1.0),
    ("unsigned, both ways, middle is off", 0xF5, 0xA8, 128, 0),
    ("unsigned, one way", 0x75, 0x88, 255, 1.0),
    ("signed, one way, negative is off", 0x75, 0x80, 0x81, 0),
)


@pytest.mark.parametrize("case", REAL_TIME, ids=[row[0] for row in REAL_TIME])
def test_real_time_playback(bench, case):
    _, control2, control3, value, share = case
    put(bench, CONTROL2, control2, control3)
    put(bench, RTP, value)
    start = bench.now_us
    put(bench, MODE, 5)
    bench.wait(0.15)
    put(bench, MODE, 0x40)
    bench.wait(0.1)
    assert bench.haptic.log == ([(start, start + 150_000, "real-time playback", share)] if share else [])


def test_real_time_playback_follows_its_input(bench):
    put(bench, MODE, 5)
    start = bench.now_us
    for value in (127, 127, 0, 64):
        put(bench, RTP, value)
        bench.wait(0.1)
    put(bench, GO, 0)  # belongs to the sequencer: no effect
    bench.wait(0.1)
    rows = [(a - start, b - start, round(share, 2)) for a, b, _, share in bench.haptic.log]
    assert rows == [(0, 200_000, 1.0), (300_000, 500_000, 0.5)]
    assert [bench.haptic.motor_on(start + ms * 1000) for ms in (-1, 0, 199, 200, 299, 300, 499)] == [
        False, True, True, False, False, True, True,
    ]  # fmt: skip


def test_pulses_finds_what_touches_a_span(bench):
    ready(bench, 15, 0x80 | 100, 15)
    t0 = bench.now_us
    put(bench, GO, 1)
    spans = {(-10, 0): 0, (0, 1): 1, (749_999, 750_000): 1, (750_000, 1_750_000): 0, (700_000, 1_750_001): 2}
    assert {span: len(bench.haptic.pulses(t0 + span[0], t0 + span[1])) for span in spans} == spans


# Driver mistakes that must not pass in silence.
WRONG = (
    ("unknown register", [0x23, 0], "0x23"),
    ("read-only register", [0x00, 0], "read-only"),
    ("unknown bits", [0x0C, 2], "GO"),
    ("audio mode", [0x01, 4], "MODE 4"),
)


@pytest.mark.parametrize("name, data, says", WRONG, ids=[row[0] for row in WRONG])
def test_what_the_model_does_not_know_is_loud(bench, name, data, says):
    with pytest.raises(RegisterError, match=says):
        bench.bus.write(HAPTIC, bytes(data))


def test_reading_an_unknown_register_is_loud(bench):
    with pytest.raises(RegisterError, match="0x23"):
        get(bench, 0x23)


@pytest.mark.parametrize("library", [0, 6])
def test_a_library_the_model_does_not_have_is_loud(bench, library):
    ready(bench, 1)
    put(bench, LIBRARY, library)
    with pytest.raises(RegisterError, match="library"):
        put(bench, GO, 1)


def test_an_effect_that_no_library_has_is_loud(bench):
    ready(bench, 124)
    with pytest.raises(RegisterError, match="124"):
        put(bench, GO, 1)


def test_the_library_has_123_effects_of_sane_length_and_strength():
    assert sorted(EFFECTS) == list(range(1, 124))
    assert all(10 <= ms <= 10_000 and 0 < share <= 1 for _, ms, share in EFFECTS.values())


def test_the_adafruit_driver_plays_a_sequence(bench):
    chip = adafruit_drv2605.DRV2605(BusioI2C(bench))
    chip.sequence[0] = adafruit_drv2605.Effect(16)
    chip.sequence[1] = adafruit_drv2605.Pause(0.5)
    chip.sequence[2] = adafruit_drv2605.Effect(15)
    chip.sequence[3] = adafruit_drv2605.Effect(0)
    assert repr(chip.sequence).startswith("[Effect(16), Pause(0.5), Effect(15), Effect(0)")
    chip.play()
    start = bench.now_us
    bench.wait(3)
    assert [(a - start, b - start) for a, b, _, _ in bench.haptic.log] == [(0, 1_000_000), (1_500_000, 2_250_000)]
    assert (chip.mode, chip.library) == (adafruit_drv2605.MODE_INTTRIG, adafruit_drv2605.LIBRARY_TS2200A)


def test_the_adafruit_driver_plays_in_real_time(bench):
    chip = adafruit_drv2605.DRV2605(BusioI2C(bench))
    chip.realtime_value = 64
    chip.mode = adafruit_drv2605.MODE_REALTIME
    bench.wait(0.15)
    chip.mode = adafruit_drv2605.MODE_INTTRIG
    ((a, b, what, share),) = bench.haptic.log
    assert (what, round(share, 2)) == ("real-time playback", 0.5)
    assert 150_000 <= b - a < 151_000


def test_the_adafruit_driver_refuses_another_chip(bench):
    bench.bus.devices[HAPTIC] = Drv2605(bench.time, device_id=4)
    with pytest.raises(RuntimeError, match="wiring"):
        adafruit_drv2605.DRV2605(BusioI2C(bench))
