"""What can be typed where, taken from the parsers themselves: nothing here knows a command's flags.

The scripts hold all of it as text, so that no Python starts when somebody presses a key.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

from reconciler.records import dataclass, replace

FILES, DIRECTORIES, NOTHING = "files", "directories", "nothing"


@dataclass(frozen=True, slots=True)
class Value:
    """What stands for a value: one of ``words``, or a file or directory, or nothing that could be known."""

    kind: str
    words: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag with all its spellings. ``value`` None: it takes none."""

    names: tuple[str, ...]
    help: str
    value: Value | None
    repeatable: bool


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its flags, what its first argument and the further ones are (None: it takes none)."""

    name: str
    help: str
    flags: tuple[Flag, ...]
    first: Value | None
    further: Value | None


def commands() -> tuple[Command, ...]:
    """Every command, in the order of ``--help``."""
    from reconciler.cli.overview import COMMANDS

    return tuple(_command(name, line) for name, line in COMMANDS.items())


def before(known: Sequence[Command]) -> tuple[Flag, ...]:
    """Flags that may stand before the command: the shared ones, as the command line itself finds the command."""
    from reconciler.cli.main import _SHARED

    alone = {"--quiet", "--verbose", "--help"}
    found: dict[tuple[str, ...], Flag] = {}
    for command in known:
        for flag in command.flags:
            if (set(flag.names) & _SHARED) if flag.value is not None else (set(flag.names) & alone):
                found[flag.names] = _either(found.get(flag.names, flag), flag)
    return (*found.values(), Flag(("--version",), "print the version", None, False))


def _either(one: Flag, other: Flag) -> Flag:
    """A flag of two commands: where both take words, those of either."""
    if one.value is None or other.value is None or not one.value.words:
        return one
    return replace(one, value=replace(one.value, words=tuple(dict.fromkeys((*one.value.words, *other.value.words)))))


def with_value(known: Sequence[Command]) -> tuple[str, ...]:
    """The spellings of :func:`before` that take a value, which is not the command."""
    return tuple(sorted(name for flag in before(known) if flag.value is not None for name in flag.names))


def _command(name: str, line: str) -> Command:
    from reconciler.cli.main import parser_of

    parser, _ = parser_of(name)
    places = [a for a in parser._actions if not a.option_strings]
    values = [_value(name, action) for action in places]
    endless = bool(places) and places[-1].nargs in ("*", "+")
    return Command(
        name, line, tuple(_flag(name, a) for a in parser._actions if a.option_strings),
        values[0] if values else None, values[-1] if endless or len(values) > 1 else None,
    )  # fmt: skip


def _flag(command: str, action: argparse.Action) -> Flag:
    takes = action.nargs != 0
    repeatable = type(action).__name__ in ("_Gather", "_CountAction", "_AppendAction")
    return Flag(tuple(action.option_strings), _plain(action), _value(command, action) if takes else None, repeatable)


def _plain(action: argparse.Action) -> str:
    """The help without the environment's twin and on one line."""
    text = " ".join((action.help or "").split()).replace("%%", "%")
    return text.rpartition(" [RECONCILE_")[0] if text.endswith("]") and " [RECONCILE_" in text else text


def _value(command: str, action: argparse.Action) -> Value:
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices:
        return Value("words", tuple(str(choice) for choice in action.choices), metavar)
    known = _KNOWN.get((command, metavar)) or _KNOWN.get(("", metavar))
    if known is not None:
        return Value("words", tuple(known()), metavar)
    if metavar in ("DIR", "DIRECTORY"):
        return Value(DIRECTORIES, (), metavar)
    if metavar in ("FILE", "PATH", "SEED") or "." in metavar:
        return Value(FILES, (), metavar)
    return Value(NOTHING, (), metavar)


def _codes() -> Sequence[str]:
    from reconciler.codes import pages

    return tuple(pages())


def _schemas() -> Sequence[str]:
    from reconciler.manifests.schemas import names

    return names()


def _types() -> Sequence[str]:
    from reconciler.model.plugin import plugin_types

    return plugin_types()


def _guards() -> Sequence[str]:
    from reconciler.cli.values import GUARDS

    return tuple(f"{guard}=" for guard in GUARDS)


_KNOWN: Mapping[tuple[str, str], Callable[[], Sequence[str]]] = {
    ("explain", "CODE"): _codes,
    ("schema", "NAME"): _schemas,
    ("providers", "TYPE"): _types,
    ("", "GUARD=ADDRESS"): _guards,
}
"""Values that only the code knows, by command (empty: any) and metavar."""
