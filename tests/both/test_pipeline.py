"""A synthetic run through the whole pipeline: what is counted, what is not, and that nothing is lost on the way."""

import unittest

from synthetic import Runner

from kneecore import sessionlog


def warmed_up(**more):
    """A runner who has stood, raised the knee three times, and stands."""
    runner = Runner(**more)
    runner.stand(624)
    for _ in range(3):
        runner.raise_knee()
        runner.stand(30)
    runner.stand(200)
    return runner


class TestRun(unittest.TestCase):
    def test_strides_of_a_plain_run(self):
        runner = warmed_up()
        runner.run(60)
        runner.stand(120)
        strides = runner.ears.strides
        self.assertTrue(59 <= len(strides) <= 60, len(strides))
        self.assertTrue(strides[0][-1] & sessionlog.FIRST)
        for _, dt_ms, lift, low, up, back, flags in strides[20:55]:
            self.assertTrue(abs(dt_ms - 701) <= 2, dt_ms)
            self.assertTrue(abs(lift - 4000) < 40, lift)
            self.assertTrue(abs(low + 2000) < 40, low)
            # 30 degrees * 2 pi / 0.7008 s
            self.assertTrue(abs(up - 2690) < 60, up)
            self.assertTrue(abs(back - 2690) < 60, back)
            self.assertEqual(flags, 0)
        # from turning point to turning point it is 60 degrees, whatever the tilt's own error
        ranges = [row[2] - row[3] for row in strides[20:55]]
        self.assertTrue(abs(sum(ranges) - 6000 * len(ranges)) < 4 * len(ranges), ranges)

    def test_activities(self):
        runner = Runner()
        runner.stand(300)
        self.assertEqual(runner.pipeline.state.activity, sessionlog.STANDING)
        runner.raise_knee()
        runner.stand(60)
        self.assertEqual(runner.pipeline.state.activity, sessionlog.RAISES)
        runner.run(20)
        self.assertEqual(runner.pipeline.state.activity, sessionlog.RUNNING)
        self.assertTrue(9000 < runner.pipeline.state.running_ms < 15000, runner.pipeline.state.running_ms)
        runner.stand(400)
        self.assertEqual(runner.pipeline.state.activity, sessionlog.STANDING)
        self.assertEqual(runner.pipeline.state.running_ms, 0)
        self.assertTrue(3000 < runner.pipeline.state.still_ms < 5000, runner.pipeline.state.still_ms)

    def test_raises_are_no_strides(self):
        runner = warmed_up()
        for _ in range(5):
            runner.raise_knee(5000, 90)
        self.assertEqual(runner.ears.strides, [])

    def test_too_short_and_too_long_swings_are_no_strides(self):
        for samples in (35, 130):
            runner = warmed_up()
            runner.run(12, samples=samples)
            self.assertEqual(runner.ears.strides, [], samples)

    def test_a_halt_starts_anew(self):
        runner = warmed_up()
        runner.run(20)
        runner.stand(1000)
        runner.run(20)
        runner.stand(120)
        firsts = [row for row in runner.ears.strides if row[-1] & sessionlog.FIRST]
        self.assertEqual(len(firsts), 2)
        self.assertTrue(38 <= len(runner.ears.strides) <= 40, len(runner.ears.strides))
        self.assertTrue(all(row[-1] & sessionlog.FIRST or 690 < row[1] < 710 for row in runner.ears.strides[2:]))

    def test_true_rate_off_by_two_percent(self):
        for period_us in (9408, 9792):
            runner = warmed_up(period_us=period_us)
            runner.run(60)
            lifts = [row[2] for row in runner.ears.strides[20:]]
            times_ms = [row[1] for row in runner.ears.strides[20:]]
            self.assertTrue(abs(sum(lifts) // len(lifts) - 4000) < 40, lifts)
            self.assertTrue(abs(sum(times_ms) * 1000 // len(times_ms) - 73 * period_us) < 1000)

    def test_lost_samples_are_flagged_and_invent_nothing(self):
        runner = warmed_up()
        runner.run(30)
        before = len(runner.ears.strides)
        runner.samples += 230  # what the FIFO could not hold
        runner.pipeline.gap(runner.now_ms())
        runner.run(30)
        after = runner.ears.strides[before:]
        self.assertTrue(27 <= len(after) <= 31, len(after))
        self.assertTrue(after[0][-1] & sessionlog.FIRST)
        self.assertTrue(after[0][-1] & sessionlog.LOST or after[1][-1] & sessionlog.LOST)
        self.assertTrue(abs(after[-1][2] - 4000) < 150, after[-1])

    def test_strides_under_the_motor_are_flagged(self):
        runner = warmed_up()
        runner.run(20)
        now_ms = runner.now_ms()
        runner.pipeline.motor(now_ms + 1000, now_ms + 1400)
        runner.run(10)
        shaken = [row[0] for row in runner.ears.strides if row[-1] & sessionlog.MOTOR]
        self.assertTrue(1 <= len(shaken) <= 2, shaken)
        self.assertTrue(all(now_ms + 900 < t_ms < now_ms + 2200 for t_ms in shaken))

    def test_alignment_is_told_and_right(self):
        runner = warmed_up()
        runner.run(40)
        told = runner.ears.of_kind(sessionlog.ALIGNED)
        self.assertTrue(len(told) >= 1)
        axes = (0, 16384, 0, 0, 0, 16384)
        for i in range(6):
            self.assertTrue(abs(told[-1][3 + i] - axes[i]) < 160, told[-1])

    def test_any_burst_length_gives_the_same_strides(self):
        rows = []
        for burst in (12, 26):
            runner = warmed_up(burst=burst)
            runner.run(20)
            rows.append([(row[2], row[3]) for row in runner.ears.strides[:15]])
        self.assertEqual(len(rows[0]), len(rows[1]))
        for i in range(len(rows[0])):
            one, other = rows[0][i], rows[1][i]
            self.assertTrue(abs(one[0] - other[0]) <= 15 and abs(one[1] - other[1]) <= 15, (one, other))


if __name__ == "__main__":
    unittest.main()
