"""Angles and lengths in integers, against what they must be."""

import unittest

from kneecore.trig import atan2_cdeg, length3, root, unit_q14


class TestRoot(unittest.TestCase):
    def test_is_the_largest_whose_square_fits(self):
        for n in (0, 1, 2, 3, 4, 8, 9, 24, 25, 26, 99, 4095, 4096, 65535, 1 << 20, (1 << 30) - 1, 805306367):
            found = root(n)
            self.assertTrue(found * found <= n)
            self.assertTrue((found + 1) * (found + 1) > n)


class TestArctangent(unittest.TestCase):
    # y, x, 0.01 degree
    KNOWN = (
        (0, 0, 0), (0, 5, 0), (5, 0, 9000), (0, -5, 18000), (-5, 0, -9000), (1000, 1000, 4500), (1000, -1000, 13500),
        (-1000, 1000, -4500), (-1000, -1000, -13500), (5774, 10000, 3000), (10000, 5774, 6000), (175, 10000, 100),
        (536870911, 536870911, 4500), (1, 1000000, 0), (-10000, 17321, -3000),
    )  # fmt: skip

    def test_known_angles(self):
        for y, x, cdeg in self.KNOWN:
            self.assertTrue(-2 <= atan2_cdeg(y, x) - cdeg <= 2, (y, x, atan2_cdeg(y, x)))


class TestVectors(unittest.TestCase):
    def test_unit_vectors_have_length_one(self):
        for vector in ([3, 4, 0], [-1, 0, 0], [0, 0, 536870911], [100000, -200000, 50000], [1, 1, -1]):
            self.assertTrue(unit_q14(vector))
            self.assertTrue(-12 <= length3(vector[0] >> 1, vector[1] >> 1, vector[2] >> 1) - 8192 <= 12, vector)

    def test_nothing_has_no_direction(self):
        vector = [0, 0, 0]
        self.assertFalse(unit_q14(vector))
        self.assertEqual(vector, [0, 0, 0])


if __name__ == "__main__":
    unittest.main()
