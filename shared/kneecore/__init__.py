"""Knee lift and cadence from one thigh IMU, in integers, on the board and on the host alike."""

__version__ = "0.2.0.dev0"
