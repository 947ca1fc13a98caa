"""A board without hardware; see board.py."""

from importlib.util import find_spec

from kneesync.errors import KneesyncError

if find_spec("littlefs") is None:
    raise KneesyncError('the virtual board needs littlefs-python, which is not installed; pip install "kneesync[sim]"')

from kneesync.virtual.board import VirtualBoard
from kneesync.virtual.flash import Flash

__all__ = ["Flash", "VirtualBoard"]
