"""The sample clock finds a chip's true rate from FIFO levels and board times."""

import unittest

from kneecore.clock import NOMINAL_PERIOD, SampleClock


def follow(clock, period_ns, bursts, sample=0, poll_ms=250, start_ms=1000):
    """Polls of a FIFO that fills with this period, drained in bursts of 26; returns samples drained."""
    t_ms = start_ms
    for _ in range(bursts):
        t_ms += poll_ms
        existing = (t_ms - start_ms) * 1000 // (period_ns // 1000)
        while existing - sample >= 26:
            sample += 26
            clock.observe(26, existing - sample, t_ms)
    return sample, t_ms


class TestRate(unittest.TestCase):
    def test_within_a_hundredth_of_a_percent_after_a_minute(self):
        for period_ns in (9408000, 9600000, 9792000):
            clock = SampleClock()
            follow(clock, period_ns, 240)
            found_ns = clock.period * 1000 // 1024
            self.assertTrue(abs(found_ns - period_ns) * 5000 < period_ns, (period_ns, found_ns))

    def test_within_half_a_percent_after_six_seconds(self):
        clock = SampleClock()
        follow(clock, 9792000, 24)
        self.assertTrue(abs(clock.period * 1000 // 1024 - 9792000) * 200 < 9792000)

    def test_starts_at_the_nominal_rate(self):
        self.assertEqual(SampleClock().period, NOMINAL_PERIOD)

    def test_times_are_the_boards(self):
        clock = SampleClock()
        sample, t_ms = follow(clock, 9700000, 240)
        true_ms = 1000 + (sample + 1) * 9700 // 1000
        self.assertTrue(abs(clock.time_ms(sample, 0) - true_ms) <= 6)
        self.assertTrue(abs(clock.time_ms(sample - 100, 128) - (true_ms - 965)) <= 6)
        self.assertTrue(t_ms >= true_ms)

    def test_lost_samples_move_the_time_and_not_the_rate(self):
        clock = SampleClock()
        sample, _ = follow(clock, 9700000, 400)
        before = clock.period
        clock.lost()
        follow(clock, 9700000, 40, start_ms=200000, sample=0)
        self.assertTrue(abs(clock.period - before) * 2000 < before)
        self.assertTrue(abs(clock.time_ms(clock.count, 0) - 210000) < 300)
        self.assertTrue(sample > 0)


if __name__ == "__main__":
    unittest.main()
