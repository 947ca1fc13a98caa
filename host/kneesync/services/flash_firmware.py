"""Firmware onto a board, with the user's library at hand: what it lacks is not flashed over."""

from kneesync.board import find, micropython
from kneesync.board.flash import Image, flash
from kneesync.library import Library


def flash_firmware(wanted, micropython_file=None, say=None, **options):
    """board.flash.flash() of the board that `wanted` names (find.pick). Returns its Flashed; `options` are passed on.

    `micropython_file`: a UF2 that is installed first. say(text) hears what is going on.
    """
    with Library() as library:
        if micropython_file:
            image = Image.built()
            picked = micropython.install(wanted, micropython_file, library, say, options.get("even_unpulled", False))
            return flash(picked.port, picked.id, library, image=image, **options)
        picked = find.pick(wanted)
        return flash(picked.port, picked.id, library, **options)
