"""A board without hardware; see board.py."""

from kneesync.virtual.board import VirtualBoard
from kneesync.virtual.flash import Flash

__all__ = ["Flash", "VirtualBoard"]
