"""The MicroPython VM of a virtual board: where it comes from, and the Node process that runs it."""
