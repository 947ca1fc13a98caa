"""Boards: finding them, talking to them, bringing their sessions home."""
