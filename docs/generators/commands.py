"""The tables of docs/commands.md: one row a command, in the words of its own --help."""

import typer

from docs.generators.blocks import cell
from kneesync.cli import app as cli

SHARED = ("--json", "--plain")  # explained once, at the top of the page


def commands(group=None, path="kneesync"):
    """(path, command) of each command in the order of --help; a group comes before its own commands."""
    group = group or typer.main.get_command(cli.app)
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")


def module_of(command):
    """The module of kneesync.cli that a command stands in."""
    return command.callback.__module__.rsplit(".", 1)[1]


def usage(path, command):
    """The command with its arguments, as its usage line has them; optional ones in brackets."""
    words = [path]
    for one in command.params:
        if one.param_type_name == "argument":
            name = one.metavar or (one.name.upper() + ("..." if one.nargs == -1 else ""))
            words.append(name if one.required or name.startswith("[") else f"[{name}]")
    return " ".join(words)


def taken(one):
    """What an option takes, as a word: its choices, its metavar, or N for a number."""
    if one.is_flag:
        return ""
    if one.metavar:
        return f" {one.metavar}"
    if choices := getattr(one.type, "choices", None):
        return " " + "|".join(str(getattr(choice, "value", choice)) for choice in choices)
    return " N" if "int" in one.type.name or "float" in one.type.name else " TEXT"


def option(one):
    """An option as Markdown: its names, what it takes, and its help; only the name where the page's top explains it."""
    names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
    if one.opts[0] in SHARED:
        return names
    named = "default" in one.help or one.default in (None, False, "", 0)
    known = "" if named else f" (default: {getattr(one.default, 'value', one.default)})"
    return f"{names[:-1]}{taken(one)}`: {one.help.rstrip('.')}{known}"


def table(module):
    """The commands of one module of kneesync.cli as a Markdown table."""
    lines = ["| command | what it does | options |", "|---|---|---|"]
    for path, command in commands():
        if module_of(command) != module:
            continue
        options = [option(one) for one in command.params if one.param_type_name == "option"]
        row = (f"`{usage(path, command)}`", command.help, "<br>".join(options))
        lines.append(f"| {' | '.join(map(cell, row))} |")
    return "\n".join(lines)


def tables():
    """Block's name -> table, for each module of kneesync.cli that has commands."""
    return {f"{module} commands": table(module) for module in sorted({module_of(one) for _, one in commands()})}
