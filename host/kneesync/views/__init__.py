"""What people read, on the terminal, a page, a full screen: text made from figures; nothing is computed here."""
