"""A board's settings as pages: in groups, the changed ones marked."""

from kneecore import settings as table
from kneesync import untrusted

GROUPS = (("Runner", ("athlete", "leg", "quiet")), ("Recording", ("raw", "run")), ("Cue", ("cue",)))
_OTHER = "Other"
# What the ending of a name says of its number: (unit, how many of the number make one)
_UNITS = {"_cdeg": ("°", 100), "_percent": (" %", 1), "_s": (" s", 1), "_min": (" min", 1), "_hz": (" Hz", 1)}


def show(console, board_id, settings):
    """A table of 80 columns."""
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="dim")
    grid.add_column("setting", no_wrap=True)
    grid.add_column("value", overflow="fold", max_width=12)
    grid.add_column("default", no_wrap=True)
    grid.add_column("takes", no_wrap=True)
    grid.add_column("meaning")
    for group, members in _grouped(settings):
        grid.add_row(Text(group, style="bold"))
        for one in members:
            mark, style = ("* ", "bold") if one.changed else ("  ", "")
            cells = (mark + one.name, shown(one.value), shown(one.default), _range(one.allowed))
            grid.add_row(*(Text(cell, style=style) for cell in cells), Text(one.meaning))
    console.print(grid)
    console.print(Text(summary(board_id, settings), style="dim"))


def plain(board_id, settings):
    """One sentence a setting."""
    for one in settings:
        was = f", changed from {shown(one.default)}" if one.changed else ""
        takes = f"; takes {table.allowed_text(one.allowed)}" if one.allowed is not None else ""
        yield f"{one.name}: {shown(one.value)}{was}{takes}; {one.meaning}."
    yield summary(board_id, settings)


def summary(board_id, settings):
    """How many are changed, in one line."""
    changed = sum(one.changed for one in settings)
    if not changed:
        return f"Board {board_id}: every setting is at its default."
    return f"Board {board_id}: {changed} of {len(settings)} settings changed (*)."


def changes(before, after):
    """One line for each setting that has another value now."""
    earlier = {one.name: one.value for one in before}
    changed = [one for one in after if earlier.get(one.name) != one.value]
    for one in changed:
        yield f"{one.name}: {shown(earlier.get(one.name))} → {shown(one.value)}"
    if not changed:
        yield "nothing to change: the board has these values already"


def explanation(setting, advice):
    """What a setting is, in a few lines."""
    name, number = setting.name, _quantity(setting.name, setting.default)
    yield f"{name}: {setting.meaning}"
    takes, same = table.allowed_text(setting.allowed), f" ({number})" if number else ""
    yield f"takes {takes}; default {shown(setting.default)}{same}"
    if advice:
        yield advice
    example = shown(setting.default) if setting.default != "" else "TEXT"
    yield f"Set it: kneesync settings --set {name}={example}    back to the default: kneesync settings --reset {name}"


def figures(board_id, settings):
    """For --json."""
    return {"board": board_id, "settings": [_figures(one) for one in settings]}


def explained(setting, advice):
    """One setting without a board, for --json."""
    return {
        "name": setting.name,
        "default": setting.default,
        **_takes(setting.allowed),
        "meaning": setting.meaning,
        "advice": advice,
    }


def _figures(one):
    row = {"name": one.name, "value": one.value, "default": one.default, "changed": one.changed}
    return {**row, **_takes(one.allowed), "meaning": one.meaning}


def _takes(allowed):
    if allowed is None:
        return {}
    if isinstance(allowed, int):
        return {"longest": allowed}
    return {"low": allowed[0], "high": allowed[1]} if isinstance(allowed[0], int) else {"words": list(allowed)}


def shown(value):
    """A value as it is written on the command line."""
    return "–" if value is None else "empty" if value == "" else untrusted.printable(value, 40)


def _quantity(name, value):
    """The number with its unit, where the number alone does not say it: 300 of cue.drop_cdeg are 3°."""
    unit, divisor = next((_UNITS[ending] for ending in _UNITS if name.endswith(ending)), ("", 1))
    return f"{value / divisor:g}{unit}" if unit and isinstance(value, int) else ""


def _range(allowed):
    if allowed is None:
        return "–"
    if isinstance(allowed, int):
        return f"{allowed} chars"
    return f"{allowed[0]}–{allowed[1]}" if isinstance(allowed[0], int) else "|".join(allowed)


def _grouped(settings):
    """(group, its settings), in the order of GROUPS; unknown ones last."""
    by_group = {}
    for one in settings:
        first = one.name.partition(".")[0]
        group = next((group for group, members in GROUPS if first in members), _OTHER)
        by_group.setdefault(group, []).append(one)
    order = [group for group, _ in GROUPS] + [_OTHER]
    return [(group, by_group[group]) for group in order if group in by_group]
