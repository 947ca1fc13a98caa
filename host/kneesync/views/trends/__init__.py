"""Weeks of runs in the terminal."""
