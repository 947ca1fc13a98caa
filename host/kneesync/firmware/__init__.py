"""What a board's flash holds: the image, the chips' drivers in it, and what is wired to the board."""
