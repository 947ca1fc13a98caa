"""What the terminal shows: text made from figures, nothing computed here."""
