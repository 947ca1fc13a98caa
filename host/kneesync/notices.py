"""What the package tells of by itself: a long piece of work that nobody asked for, a folder that cannot be written to.

The command line sets `to` to what tells it (`note(text)` and `Counting(doing)`, as views.terminal has them). A program
that uses the package hears nothing.
"""

import contextlib

to = None
_said = set()


def once(text):
    """Tell one line, once in this process."""
    if to is not None and text not in _said:
        _said.add(text)
        to.note(text)


def counting(doing):
    """A context whose value takes a name, how many are through and how many there are; or None if nobody hears."""
    return contextlib.nullcontext() if to is None else to.Counting(doing)
