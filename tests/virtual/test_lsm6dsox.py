"""The IMU model, driven in ways the firmware does not, and by the real Adafruit drivers."""

import adafruit_lsm6ds
import numpy as np
import pytest
from adafruit_lsm6ds import AccelRange, GyroRange, Rate
from adafruit_lsm6ds.ism330dhcx import ISM330DHCX
from adafruit_lsm6ds.lsm6dso32 import LSM6DSO32
from adafruit_lsm6ds.lsm6dsox import LSM6DSOX
from adafruit_register.i2c_bits import RWBits
from hypothesis import given, settings
from hypothesis import strategies as st

from kneesync.simulation.feed import NOMINAL_HZ, ArrayFeed, Still
from kneesync.virtual.bus import RegisterError
from kneesync.virtual.chips.lsm6dsox import RESET_US, Lsm6dsox
from tests.support.chips import HAPTIC, IMU, Bench, BusioI2C, parse, ramp_feed

FIFO_WTM_IA, FIFO_OVR_IA, FIFO_FULL_IA, COUNTER_BDR_IA, FIFO_OVR_LATCHED = 0x80, 0x40, 0x20, 0x10, 0x08

# DS12814 section 9: values after reset
RESET = {0x02: 0x3F, 0x0F: 0x6C, 0x12: 0x04, 0x18: 0xE0}
RESET |= dict.fromkeys((0x01, *range(0x07, 0x0F), 0x10, 0x11, *range(0x13, 0x18), 0x19, 0x1E, 0x3A, 0x3B), 0)
OUTPUTS = set(range(0x20, 0x2E))
READ_ONLY = {0x0F, 0x1E, 0x3A, 0x3B, 0x63} | OUTPUTS | set(range(0x78, 0x7F))


def expected(feed, first, n, tag=0):
    """The words of `n` samples from `first` on; `tag` is TAG_CNT of the first."""
    words = []
    for i, row in enumerate(feed.block(first, n).tolist()):
        words += [("gyro", (tag + i) & 3, tuple(row[:3])), ("acc", (tag + i) & 3, tuple(row[3:]))]
    return words


# Registers.


@pytest.mark.parametrize("register", RESET, ids="0x{:02X}".format)
def test_reset_values(register):
    assert Bench().get(register) == RESET[register]


@pytest.mark.parametrize("register", sorted(set(range(0x100)) - set(RESET) - READ_ONLY), ids="0x{:02X}".format)
def test_registers_the_model_does_not_know_are_loud(register):
    with pytest.raises(RegisterError, match=f"0x{register:02X}"):
        Bench().get(register)
    with pytest.raises(RegisterError, match=f"0x{register:02X}"):
        Bench().set(register, 0)


@pytest.mark.parametrize("register", sorted(READ_ONLY), ids="0x{:02X}".format)
def test_writing_what_is_read_only_is_loud(register):
    with pytest.raises(RegisterError, match="read-only"):
        Bench().set(register, 0)


# What drivers may ask for in vain: register, value, what the error names.
REFUSED = (
    ("FIFO_MODE that waits for an interrupt", 0x0A, 0x03, "FIFO_MODE"),
    ("temperature batching", 0x0A, 0x16, "FIFO_CTRL4"),
    ("compression", 0x08, 0x40, "FIFO_CTRL2"),
    ("interrupt on a pin", 0x0D, 0x08, "INT1_CTRL"),
    ("self-test", 0x14, 0x01, "CTRL5_C"),
    ("timestamps", 0x19, 0x20, "CTRL10_C"),
    ("bit 1 of CTRL3_C is always 0", 0x12, 0x06, "CTRL3_C"),
    ("I2C off", 0x13, 0x04, "CTRL4_C"),
    ("no such ODR_XL", 0x10, 0xC0, "ODR_XL"),
    ("no such ODR_G", 0x11, 0xB0, "ODR_G"),
    ("FS_4000 on an LSM6DSOX", 0x11, 0x01, "range"),
    ("no such BDR", 0x09, 0x0C, "BDR"),
    ("sensor hub bank", 0x01, 0x40, "FUNC_CFG_ACCESS"),
)


@pytest.mark.parametrize("name, register, value, says", REFUSED, ids=[row[0] for row in REFUSED])
def test_what_the_model_does_not_play_is_loud(name, register, value, says):
    bench = Bench()
    with pytest.raises(RegisterError, match=says):
        bench.set(register, value)
    assert bench.get(register) == RESET[register], "a refused value must not be stored"


def test_multi_byte_access_follows_if_inc():
    bench = Bench()
    bench.set(0x09, 0x44, 0x06, 0x01, 0x80)
    assert bench.get(0x09, 4) == bytes([0x44, 0x06, 0x01, 0x80])
    bench.set(0x12, 0x00)
    bench.set(0x09, 0x11, 0x22, 0x33)  # all three into the same register
    assert bench.get(0x09, 3) == bytes([0x33, 0x33, 0x33])


def test_a_probe_and_a_bare_address_change_nothing():
    bench = Bench()
    bench.bus.write(IMU, b"")
    bench.bus.write(IMU, b"\x0f")
    bench.bus.write(IMU, b"")
    assert bench.bus.read(IMU, 1) == b"\x6c"


def test_sw_reset_clears_itself_after_a_while():
    bench = Bench().stream()
    bench.wait(1)
    bench.set(0x12, 0x45)
    assert bench.get(0x12) == 0x05
    bench.now_us += RESET_US
    assert bench.get(0x12) == 0x04
    assert {register: bench.get(register) for register in RESET} == RESET
    bench.wait(1)
    assert (bench.level(), bench.get(0x1E), bench.get(0x22, 12)) == (0, 0, bytes(12))


def test_the_embedded_bank_hides_the_other_registers():
    bench = Bench()
    bench.set(0x01, 0x80)
    assert (bench.get(0x04), bench.get(0x05)) == (0, 0)
    bench.set(0x04, 0)
    with pytest.raises(RegisterError, match="bank"):
        bench.get(0x0F)
    with pytest.raises(RegisterError, match="EMB_FUNC_EN_A"):
        bench.set(0x04, 0x08)
    bench.set(0x01, 0x00)
    assert bench.get(0x0F) == 0x6C


@pytest.mark.parametrize(
    "deviation, steps", [(0, 0), (0.0015, 1), (-0.0015, -1), (0.02, 13), (-0.03, -20), (0.0007, 0)]
)
def test_internal_freq_fine_tells_the_rate(deviation, steps):
    bench = Bench(ramp_feed(fs_hz=NOMINAL_HZ * (1 + deviation)))
    assert bench.get(0x63) == steps & 0xFF
    bench.stream()
    bench.wait(1)
    count = 0
    t0 = bench.now_us - 1_000_000
    while bench.now_us < 31_000_000:
        count += len(bench.words()) // 2
        bench.wait(0.5)
    seconds = (bench.now_us - 500_000 - t0) / 1e6
    assert abs(count / seconds - NOMINAL_HZ * (1 + deviation)) < 0.05


# Output registers.


def test_byte_wise_reads_give_what_a_burst_gives():
    bench = Bench().stream()
    bench.wait(3)
    burst = bench.get(0x20, 14)
    assert bytes(bench.get(0x20 + i) for i in range(14)) == burst
    newest = bench.words()[-2:]
    assert np.frombuffer(burst[2:], "<i2").tolist() == [*newest[0][2], *newest[1][2]]


@pytest.mark.parametrize("bdu", [0x40, 0x00], ids=["BDU keeps the sample", "without BDU the sample changes in between"])
def test_bdu(bdu):
    values = np.zeros((400, 6), dtype=np.int16)
    values[:, 0] = np.where(np.arange(400) % 2, 0x0000, 0x1234)
    bench = Bench(ArrayFeed(values, NOMINAL_HZ)).stream()
    bench.set(0x12, 0x04 | bdu)
    bench.wait(0.5)
    whole = bench.get(0x22, 2)
    low = bench.get(0x22)
    bench.wait(1 / NOMINAL_HZ)
    torn = bytes([low, bench.get(0x23)])
    assert (torn == whole) is bool(bdu)


def test_status_tells_new_samples():
    bench = Bench().stream()
    bench.wait(0.1)
    assert bench.get(0x1E) == 0b111
    bench.get(0x28, 6)
    assert bench.get(0x1E) == 0b110
    bench.get(0x22, 6)
    bench.get(0x20, 2)
    assert bench.get(0x1E) == 0b000
    bench.wait(0.0097)
    assert bench.get(0x1E) & 0b011 == 0b011


@pytest.mark.parametrize("celsius, counts", [(25, 0), (26, 256), (-10, -8960), (60.5, 9088)])
def test_temperature(celsius, counts):
    bench = Bench(temperature_c=celsius).stream()
    assert int.from_bytes(bench.get(0x20, 2), "little", signed=True) == counts


# chip, FS_XL and CTRL2_G's low nibble, counts a feed count becomes: acceleration, gyro (table 2 of the data sheets)
RANGES = (
    ("LSM6DSOX", 1, 0xC, 1, 1),
    ("LSM6DSOX", 0, 0x0, 8, 8),
    ("LSM6DSOX", 2, 0x4, 4, 4),
    ("LSM6DSOX", 3, 0x8, 2, 2),
    ("LSM6DSOX", 1, 0x2, 1, 16),
    ("LSM6DSO32", 3, 0xC, 1, 1),
    ("LSM6DSO32", 1, 0xC, 0.5, 1),
    ("LSM6DSO32", 0, 0xC, 4, 1),
    ("ISM330DHCX", 1, 0x1, 1, 0.5),
    ("ISM330DHCX", 1, 0xD, 1, 0.5),
)


@pytest.mark.parametrize("chip, fs_xl, low, acc, gyro", RANGES)
def test_ranges_scale_and_saturate(chip, fs_xl, low, acc, gyro):
    feed = ArrayFeed(np.full((500, 6), (100, -30000, 32767, 1000, -32768, 3), dtype=np.int16), NOMINAL_HZ)
    bench = Bench(feed, chip=chip).stream()
    bench.set(0x10, 0x40 | fs_xl << 2)
    bench.set(0x11, 0x40 | low)
    bench.wait(1)
    wanted = np.clip(np.rint(feed.block(0, 1)[0] * np.array([gyro] * 3 + [acc] * 3)), -32768, 32767).tolist()
    gyro_word, acc_word = bench.words()[-2:]
    assert [*gyro_word[2], *acc_word[2]] == wanted
    assert np.frombuffer(bench.get(0x22, 12), "<i2").tolist() == wanted


# The FIFO: words, tags, addresses.


def test_sample_0_of_the_feed_is_the_first_one_stored():
    bench = Bench()
    bench.set(0x10, 0x44)
    bench.set(0x11, 0x4C)
    bench.wait(5)  # before the FIFO runs the thigh stands as at the feed's start, and the feed waits
    assert np.frombuffer(bench.get(0x22, 12), "<i2")[0] < 420
    assert bench.imu.started_us is None
    bench.stream()
    before_us = bench.now_us
    bench.wait(1)
    words = bench.words()
    assert len(words) in (208, 210) and words == expected(bench.feed, 0, len(words) // 2)
    assert 0 <= bench.imu.started_us - before_us <= 9600
    assert bench.imu.feed_ends_us - bench.imu.started_us == round(bench.feed.length / NOMINAL_HZ * 1e6)


def test_tags_count_slots_and_have_even_parity_over_thousands_of_words():
    bench = Bench(ramp_feed(30_000)).stream()
    data = b""
    while len(data) < 7 * 40_000:
        bench.wait(0.7)
        data += bench.get(0x78, 7 * bench.level())
    words = parse(data)
    n = len(words) // 2
    assert words == expected(bench.feed, 0, n)
    assert {bin(tag).count("1") % 2 for tag in data[::7]} == {0}
    assert set(data[::7]) == {0x09, 0x0A, 0x0C, 0x0F, 0x11, 0x12, 0x14, 0x17}


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_reads_of_any_size_go_on_where_the_last_one_stopped(sizes):
    """7Eh is followed by 78h within a transfer and across transfers that do not set the address."""
    bench = Bench().stream()
    bench.wait(2)
    bench.bus.write(IMU, b"\x78")
    data = b"".join(bench.bus.read(IMU, size) for size in sizes)
    whole = Bench().stream()
    whole.wait(2)
    assert data == whole.get(0x78, len(data))


@settings(max_examples=30, deadline=None)
@given(reads=st.lists(st.tuples(st.integers(0x78, 0x7E), st.integers(1, 21)), max_size=40))
def test_a_word_is_gone_once_its_last_byte_was_read(reads):
    """Any place and length of reading: what comes is the oldest word's bytes, and only 7Eh takes a word away."""
    bench = Bench().stream()
    bench.wait(2)
    level, oldest = bench.level(), 0
    stream = Bench().stream()
    stream.wait(2)
    stored = stream.get(0x78, 7 * level)
    for address, n in reads:
        at = 7 * oldest + address - 0x78
        assert bench.get(address, n) == stored[at : at + n].ljust(n, b"\0")
        oldest = min(level, oldest + (address - 0x78 + n) // 7)
        assert bench.level() == level - oldest


def test_a_tag_read_alone_stays_and_data_read_alone_takes_its_word():
    bench = Bench().stream()
    bench.wait(0.5)
    assert [bench.get(0x78) for _ in range(3)] == [0x09, 0x09, 0x09]
    assert np.frombuffer(bench.get(0x79, 6), "<i2").tolist() == [0, -9000, 7]
    assert bench.get(0x78) == 0x11


def test_without_if_inc_the_last_byte_read_over_and_over_eats_words():
    bench = Bench().stream()
    bench.wait(1)
    bench.set(0x12, 0x00)
    level = bench.imu.fifo_level
    assert bench.get(0x7E, 4) == bytes([0, 0xFF & (0 >> 8), 0, 0xFF])  # z high: 7, -0, 7, -1
    assert bench.imu.fifo_level == level - 4


def test_reading_more_than_it_holds_gives_zeros_and_is_counted():
    bench = Bench().stream()
    bench.wait(0.02)
    n = bench.level()
    assert bench.get(0x78, 7 * (n + 3))[7 * n :] == bytes(21)
    assert (bench.imu.empty_reads, bench.imu.words_lost) == (3, 0)


def test_a_feed_that_has_ended_stands_as_it_stood_at_the_start():
    feed = Still((0, 1, 0), seed=3)
    run = np.concatenate([feed.block(0, 500), np.full((100, 6), 20_000, dtype=np.int16)])
    bench = Bench(ArrayFeed(run, 104.5)).stream()
    bench.wait(4.9)
    bench.words()
    bench.wait(2)
    after = np.array([word[2] for word in bench.words()])
    assert 0 < (after[:, 0] == 20_000).sum() < 210
    assert abs(after[-100::2]).max() < 10 and abs(after[-99::2, 1] - 2049).max() < 10


# The FIFO: overrun, modes, watermark, flags.


def flags(bench):
    return bench.get(0x3B) & 0xF8


def test_overrun_comes_after_2_46_s_and_is_latched_until_read():
    bench = Bench().stream()
    bench.wait(2.455)
    assert (bench.imu.fifo_level, bench.imu.words_lost) == (510, 0)
    assert flags(bench) == FIFO_FULL_IA, "full at the next sample"
    bench.wait(0.01)
    assert (bench.imu.fifo_level, bench.imu.words_lost, flags(bench)) == (512, 0, FIFO_FULL_IA)
    bench.wait(1)
    assert flags(bench) == FIFO_OVR_IA | FIFO_FULL_IA | FIFO_OVR_LATCHED
    assert flags(bench) == FIFO_OVR_IA | FIFO_FULL_IA, "FIFO_OVR_LATCHED is cleared by reading it"
    bench.words(512)
    assert flags(bench) == 0
    bench.wait(0.1)
    assert flags(bench) == 0


def test_an_overrun_keeps_its_latch_through_a_drain():
    bench = Bench().stream()
    bench.wait(3)
    bench.words(512)
    assert flags(bench) == FIFO_OVR_LATCHED
    assert flags(bench) == 0


def test_an_overrun_in_continuous_mode_loses_the_oldest_words():
    bench = Bench().stream()
    bench.wait(10)
    words = bench.words()
    lost = bench.imu.words_lost
    assert (len(words), lost // 2) == (512, 1041 - 256)
    assert words == expected(bench.feed, lost // 2, 256, tag=lost // 2 & 3)
    bench.wait(0.1)
    assert bench.words()[:2] == expected(bench.feed, lost // 2 + 256, 1, tag=lost // 2 & 3)


def test_fifo_mode_stops_when_full_and_starts_again_through_bypass():
    bench = Bench().stream(mode=1)
    bench.wait(10)
    assert (bench.level(), flags(bench) & (FIFO_OVR_IA | FIFO_OVR_LATCHED)) == (512, FIFO_OVR_IA)
    assert bench.words() == expected(bench.feed, 0, 256)
    bench.set(0x0A, 0)
    bench.set(0x0A, 1)
    bench.wait(0.5)
    assert bench.words(1)[0][1] == 0


@pytest.mark.parametrize("watermark", [1, 24, 255, 256, 300, 511])
def test_the_watermark_has_nine_bits(watermark):
    bench = Bench().stream(bdr=(0, 4))
    bench.set(0x07, watermark & 0xFF)
    bench.set(0x08, watermark >> 8)
    while bench.level() < watermark - 1:
        bench.wait(0.004)
    assert bench.level() == watermark - 1 and not flags(bench) & FIFO_WTM_IA
    bench.wait(1 / NOMINAL_HZ)
    assert flags(bench) & FIFO_WTM_IA
    bench.words(1)
    assert not flags(bench) & FIFO_WTM_IA


def test_stop_on_wtm_bounds_the_depth():
    bench = Bench().stream()
    bench.set(0x07, 40)
    bench.set(0x08, 0x80)
    bench.wait(2)
    assert bench.imu.fifo_level == 40
    assert flags(bench) == FIFO_WTM_IA | FIFO_OVR_IA | FIFO_FULL_IA | FIFO_OVR_LATCHED


@pytest.mark.parametrize("trigger, name", [(0x00, "acc"), (0x20, "gyro")])
def test_the_batch_counter_counts_one_sensor(trigger, name):
    bench = Bench().stream(bdr=(4, 3))  # gyroscope 104 Hz, accelerometer 52 Hz
    bench.set(0x0B, trigger | 0x40)
    bench.set(0x0C, 52)
    period_s = 0.5 if name == "gyro" else 1.0
    bench.wait(period_s - 0.05)
    assert not flags(bench) & COUNTER_BDR_IA
    bench.wait(0.1)
    assert flags(bench) & COUNTER_BDR_IA
    assert not flags(bench) & COUNTER_BDR_IA, "cleared by reading"
    assert bench.get(0x0B) == trigger, "RST_COUNTER_BDR clears itself"


# What empties the FIFO, or does not: registers written in mid-stream, and whether words survive.
MID_STREAM = (
    ("continuous again", [(0x0A, 6)], True),
    ("bypass and back", [(0x0A, 0), (0x0A, 6)], False),
    ("to FIFO mode", [(0x0A, 1)], False),
    ("range", [(0x10, 0x40)], True),
    ("rate", [(0x11, 0x5C)], True),
    ("both off", [(0x10, 0x04), (0x11, 0x0C)], True),
    ("watermark", [(0x07, 9)], True),
    ("SW_RESET", [(0x12, 0x01)], False),
)


@pytest.mark.parametrize("name, writes, survive", MID_STREAM, ids=[row[0] for row in MID_STREAM])
def test_writes_in_mid_stream(name, writes, survive):
    bench = Bench().stream()
    bench.wait(0.5)
    bench.words(10)
    level = bench.level()
    for write in writes:
        bench.set(*write)
    assert bench.level() == (level if survive else 0)
    if survive:
        assert bench.words(level) == expected(bench.feed, 5, level // 2, tag=1)


def test_the_thigh_goes_on_while_the_chip_is_set_up_anew():
    """A driver that resets the chip in a run misses samples; it does not turn back time."""
    bench = Bench().stream()
    bench.wait(1)
    bench.words()
    bench.set(0x12, 0x05)
    bench.wait(2)
    bench.stream()
    bench.wait(0.5)
    first = bench.words()[0]
    assert first[0] == "gyro" and abs(first[2][0] - 3.0 * NOMINAL_HZ) < 2


def test_a_set_up_done_twice_begins_the_feed_once_anew():
    bench = Bench().stream()
    bench.wait(1)
    bench.set(0x12, 0x05)
    bench.wait(1)
    bench.stream()
    bench.wait(0.5)
    assert bench.words()[:2] == expected(bench.feed, 0, 1)


def test_play_begins_another_feed_at_its_own_rate():
    bench = Bench().stream()
    bench.wait(1)
    bench.words()
    other = ramp_feed(500, fs_hz=107.0)
    now_us = bench.now_us
    bench.imu.play(other)
    bench.wait(1.0)
    words = bench.words()
    assert [word[2] for word in words] == [word[2] for word in expected(other, 0, len(words) // 2)]
    assert len(words) // 2 in (106, 107, 108)
    assert [word[1] for word in words[::2]] == [words[0][1] + i & 3 for i in range(len(words) // 2)]
    assert 0 <= bench.imu.started_us - now_us <= 9400
    assert bench.get(0x63) == round((107.0 / NOMINAL_HZ - 1) / 0.0015)


# BDR codes of gyroscope and accelerometer under ODR 208 Hz, and words a second of each at 6667 Hz / 2^n.
BDR_PAIRS = (
    (4, 4, 104.17, 104.17),
    (5, 4, 208.34, 104.17),
    (3, 5, 52.09, 208.34),
    (2, 1, 26.04, 13.02),
    (0, 4, 0, 104.17),
    (4, 0, 104.17, 0),
    (11, 5, 6.51, 208.34),
    (4, 11, 104.17, 1.63),
    (8, 6, 208.34, 208.34),  # above the data rate: each sample once
)


@pytest.mark.parametrize("gyro, acc, gyro_hz, acc_hz", BDR_PAIRS)
def test_batch_rates_of_the_two_sensors(gyro, acc, gyro_hz, acc_hz):
    bench = Bench(ramp_feed(2500)).stream(odr=5, bdr=(gyro, acc))
    words = []
    for _ in range(40):
        bench.wait(0.5)
        words += bench.words()
    kinds = [word[0] for word in words]
    assert abs(kinds.count("gyro") - 20 * gyro_hz) <= 1
    assert abs(kinds.count("acc") - 20 * acc_hz) <= 1
    slots = []
    for kind, tag, _ in words:
        if not slots or slots[-1][0] != tag:
            slots.append((tag, []))
        slots[-1][1].append(kind)
    assert {tuple(kinds) for _, kinds in slots} <= {("gyro", "acc"), ("gyro",), ("acc",)}, "one time slot, one TAG_CNT"
    assert [tag for tag, _ in slots] == [i & 3 for i in range(len(slots))]


def test_208_hz_interpolates_the_feed():
    bench = Bench().stream(odr=5)
    bench.wait(1)
    gyro = [word[2] for word in bench.words() if word[0] == "gyro"]
    assert gyro[::2] == [tuple(row) for row in bench.feed.block(0, 104)[:, :3].tolist()]
    assert gyro[1][1:] == (-8999, 7) and gyro[3][1:] == (-8997, 7)


@pytest.mark.parametrize("high_performance, rate_hz", [(True, 13.02), (False, 1.63)])
def test_odr_11_depends_on_the_power_mode(high_performance, rate_hz):
    bench = Bench()
    bench.set(0x15, 0 if high_performance else 0x10)
    bench.set(0x10, 0xB4)
    bench.set(0x09, 0x05)
    bench.set(0x0A, 6)
    bench.wait(20)
    assert abs(bench.level() - 20 * rate_hz) <= 1


# Broken parts.


def test_another_chip_id():
    assert Bench(chip_id=0x6A).get(0x0F) == 0x6A
    assert Bench(chip="ISM330DHCX").get(0x0F) == 0x6B


def test_a_stuck_axis_from_now_on():
    bench = Bench().stream()
    bench.wait(0.5)

    def stuck(counts):
        counts[:, 2] = 1234
        return counts

    bench.imu.spoil(stuck)
    bench.wait(0.5)
    z = [word[2][2] for word in bench.words() if word[0] == "gyro"]
    assert set(z[:52]) == {7} and set(z[53:]) == {1234}
    bench.imu.spoil(None)
    bench.wait(0.1)
    assert {word[2][2] for word in bench.words()[2:] if word[0] == "gyro"} == {7}


def test_the_motor_shakes_the_samples_while_it_runs_and_the_same_way_each_time():
    def run():
        bench = Bench(Still(noise_lsb=0))
        bench.imu = bench.bus.devices[IMU] = Lsm6dsox(bench.time, bench.feed, motor=bench.haptic, seed=5)
        bench.stream()
        bench.wait(1)
        bench.words()
        bench.set(0x01, 0, address=HAPTIC)
        bench.set(0x04, 15, 0, address=HAPTIC)  # the 750 ms alert
        bench.set(0x0C, 1, address=HAPTIC)
        bench.wait(0.4)
        register = bench.get(0x28, 6)
        bench.wait(1.4)
        words = bench.words()
        return np.array([word[2] for word in words if word[0] == "acc"]), register

    acc, register = run()
    shaken, coasting, still = acc[20:77], acc[79:100], acc[155:]
    assert len(still) > 20 and np.ptp(still, axis=0).max() == 0, "the motor stands again"
    off = np.linalg.norm(shaken - still[0], axis=1) * 0.000488
    assert np.allclose(off, 0.08, atol=0.004), "0.08 g, turning"
    slower = np.linalg.norm(coasting - still[0], axis=1)
    assert (slower[:8] > 5).all() and slower[0] > 2 * slower[10], "it coasts"
    assert np.frombuffer(register, "<i2").tolist() in acc[38:44].tolist(), "the output registers are shaken too"
    assert (run()[0] == acc).all()


# The real drivers.


@pytest.fixture
def adafruit(monkeypatch):
    """make(driver class, feed, **imu) -> (driver, bench); the driver's sleeps turn the bench's clock."""

    def make(driver, feed=None, **imu):
        bench = Bench(feed or Still((0.0, 0.6, 0.8), gyro_bias_dps=(1.4, 0, -0.7)), **imu)
        monkeypatch.setattr(adafruit_lsm6ds, "sleep", bench.wait)
        return driver(BusioI2C(bench)), bench

    return make


DRIVERS = ((LSM6DSOX, "LSM6DSOX"), (LSM6DSO32, "LSM6DSO32"), (ISM330DHCX, "ISM330DHCX"))


@pytest.mark.parametrize("driver, chip", DRIVERS, ids=[row[1] for row in DRIVERS])
def test_the_adafruit_driver_reads_gravity_and_rates(adafruit, driver, chip):
    sensor, _ = adafruit(driver, chip=chip, temperature_c=31.5)
    for acc_range in (AccelRange.RANGE_8G, AccelRange.RANGE_16G):
        sensor.accelerometer_range = acc_range
        for gyro_range in (GyroRange.RANGE_125_DPS, GyroRange.RANGE_2000_DPS):
            sensor.gyro_range = gyro_range
            assert np.allclose(sensor.acceleration, (0, 0.6 * 9.80665, 0.8 * 9.80665), atol=0.05)
            assert np.allclose(np.degrees(sensor.gyro), (1.4, 0, -0.7), atol=0.5)
    assert sensor.temperature == 31.5
    assert (sensor.accelerometer_data_rate, sensor.gyro_data_rate) == (Rate.RATE_104_HZ, Rate.RATE_104_HZ)


def test_a_wrong_pairing_shows_in_gravity_alone(adafruit):
    """LSM6DSO32 and LSM6DSOX share 0x6C: driven as an LSM6DSOX, an LSM6DSO32 says 0.5 g."""
    sensor, _ = adafruit(LSM6DSOX, chip="LSM6DSO32")
    assert abs(np.linalg.norm(sensor.acceleration) / 9.80665 - 0.5) < 0.01


def test_the_adafruit_driver_refuses_another_chip(adafruit):
    with pytest.raises(RuntimeError, match="LSM6DSOX"):
        adafruit(LSM6DSOX, chip_id=0x6A)


def test_the_adafruit_driver_gets_the_fifo_going(adafruit):
    class Streaming(LSM6DSOX):
        fifo_rates = RWBits(8, 0x09, 0)
        fifo_mode = RWBits(3, 0x0A, 0)

    feed = ramp_feed()
    sensor, bench = adafruit(Streaming, feed)
    sensor.accelerometer_range = AccelRange.RANGE_16G
    sensor.gyro_range = GyroRange.RANGE_2000_DPS
    sensor.fifo_rates = 0x44
    sensor.fifo_mode = 6
    bench.wait(1)
    assert bench.words() == expected(feed, 0, 104)
