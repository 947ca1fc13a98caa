"""What a command calls, one call each: read a run, pull, flash, join, replay, demo, a virtual board."""
