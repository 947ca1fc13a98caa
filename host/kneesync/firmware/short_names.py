"""Names of kneecore and the drivers, shortened for the board, where each distinct name takes up its length in memory.

Only names that they alone use are: none that a module of device/ mentions, none of a module or of Python's own. Their
tracebacks on the board name no lines anyway (see `image`); `of` says what stands for what.
"""

import array
import ast
import builtins
import functools
import io
import itertools
import keyword
import re
import string
import struct
import tokenize
from collections.abc import Iterator

_TYPES = (
    str,
    bytes,
    bytearray,
    memoryview,
    list,
    dict,
    tuple,
    int,
    float,
    set,
    property,
    OSError,
    array.array,
    type,
    object,
)
_PYTHON = {*dir(builtins), *keyword.kwlist, *dir(struct), *itertools.chain.from_iterable(map(dir, _TYPES))}
_LETTERS = string.ascii_letters


def shortened(ours: dict[str, bytes], others: dict[str, bytes]) -> dict[str, bytes]:
    """`ours` (file name -> source) with short names; `others`: the rest of the firmware's sources."""
    short = of(ours, others)
    return {name: _renamed(source, short) for name, source in ours.items()}


def of(ours: dict[str, bytes], others: dict[str, bytes]) -> dict[str, str]:
    """Name -> the shorter one that stands for it, the same in all of `ours`."""
    theirs = {token.string for source in others.values() for token in _names(source)}
    # their strings too: what is asked for by name at run time
    theirs.update(word for source in others.values() for word in _words(source))
    modules = {part for path in (*ours, *others) for part in path.removesuffix(".py").split("/")}
    kept = theirs | modules | _PYTHON | _imported(ours, modules)
    families = _families(ours)
    places: dict[str, dict[str, None]] = {}
    for path in sorted(ours):
        for token in _names(ours[path]):
            places.setdefault(token.string, {})[families[path]] = None
    # a constant's name never comes to the board, as long as it begins with a line below
    long = [n for n in places if len(n) > 2 and not (n.isupper() or n in kept or n.startswith("__"))]
    free = [a + b for a in _LETTERS for b in _LETTERS if a + b not in kept and a + b not in places]
    common = [name for name in long if len(places[name]) > 1]
    short = dict(zip(common, free, strict=False))
    for family in dict.fromkeys(families.values()):
        # names that one family alone has may be another family's too
        own = (name for name in long if list(places[name]) == [family])
        short |= dict(zip(own, free[len(common) :], strict=False))
    return short


def _imported(ours: dict[str, bytes], modules: set[str]) -> set[str]:
    """Names of modules that are MicroPython's own, and what `ours` takes from them."""
    found = set()
    for node in itertools.chain.from_iterable(ast.walk(ast.parse(source)) for source in ours.values()):
        match node:
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0) if module.split(".")[0] not in modules:
                found.update((module, *(alias.name for alias in names)))
    return {part for name in found for part in name.split(".")}


def _families(ours: dict[str, bytes]) -> dict[str, str]:
    """Path -> the first path of its family: files with classes of one object share its names."""
    first = {path: path for path in sorted(ours)}
    classes = {path: [c for c in ast.walk(ast.parse(ours[path])) if isinstance(c, ast.ClassDef)] for path in first}
    home = {c.name: path for path, found in classes.items() for c in found}
    for path, found in classes.items():
        for base in (base.id for c in found for base in c.bases if isinstance(base, ast.Name) and base.id in home):
            old, new = sorted((first[path], first[home[base]]), reverse=True)
            first = {each: new if family == old else family for each, family in first.items()}
    return first


@functools.cache
def _tokens(source: bytes) -> tuple[tokenize.TokenInfo, ...]:
    return tuple(
        t for t in tokenize.tokenize(io.BytesIO(source).readline) if t.type in (tokenize.NAME, tokenize.STRING)
    )


def _names(source: bytes) -> list[tokenize.TokenInfo]:
    return [t for t in _tokens(source) if t.type == tokenize.NAME]


def _words(source: bytes) -> Iterator[str]:
    for t in _tokens(source):
        if t.type == tokenize.STRING:
            yield from re.findall(r"\w+", t.string)


def _renamed(source: bytes, short: dict[str, str]) -> bytes:
    lines = source.decode().splitlines(keepends=True)
    for token in reversed(_names(source)):
        if token.string in short:
            row, at = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:at] + short[token.string] + line[at + len(token.string) :]
    return "".join(lines).encode()
