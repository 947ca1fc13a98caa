"""A runner without a board: gait, course, motion, and the counts that an IMU on the thigh would give."""
