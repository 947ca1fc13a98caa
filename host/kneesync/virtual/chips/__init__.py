"""The chips on a virtual board, register by register."""
