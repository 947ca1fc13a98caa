"""Drawings and tables of the hardware, made from the firmware's table of boards."""
