"""Which turning points are a stride's peak."""

import unittest

from kneecore.stride import Turns

START_CDEG = -2000


def peak_of(tops, dip_cdeg=2000):
    """(height, sample) of the peak among `tops`, (height in 0.01 degree, sample), with a dip between each two."""
    turns = Turns()
    turns.minimum(START_CDEG, 0, -30000000)
    for i in range(len(tops)):
        if i:
            assert not turns.minimum(dip_cdeg, (tops[i - 1][1] + tops[i][1]) * 128, -5000000)
        turns.maximum(tops[i][0], tops[i][1] * 256, 30000000)
    assert turns.minimum(START_CDEG, 70 * 256, -30000000)
    return turns.top_cdeg, turns.top_at // 256


class TestTwoTops(unittest.TestCase):
    # tops, peak
    KNOWN = (
        (((3000, 20),), (3000, 20)),
        (((3000, 20), (3100, 41)), (3100, 41)),
        (((3000, 20), (2900, 41)), (3000, 20)),
        # so near that the sensor's bandwidth decides: the later one is the blunted one
        (((3000, 20), (2990, 41)), (3000, 41)),
        (((3000, 20), (2984, 41)), (3000, 20)),
        # it is measured against the height seen, not against what it was taken for
        (((3000, 20), (2990, 41), (2980, 55)), (3000, 41)),
        # a ripple on one top is no second top
        (((3000, 20), (2995, 26)), (3000, 20)),
        (((3000, 20), (3005, 26)), (3005, 26)),
    )

    def test_the_higher_one_counts(self):
        for tops, peak in self.KNOWN:
            self.assertEqual(peak_of(tops), peak)


if __name__ == "__main__":
    unittest.main()
