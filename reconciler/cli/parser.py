"""argparse as we want it: mistakes become diagnostics, and flags have environment twins."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Severity, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

PREFIX = "RECONCILE_"


class UsageError(Exception):
    """The command line cannot be understood: exit code 3."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.summary)
        self.diagnostic = diagnostic


class HelpRequested(Exception):
    """``--help`` was given; the text goes to stdout."""


class _Gather(argparse.Action):
    """Collects a repeatable flag; the first use on the command line replaces what the environment said."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        current = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*(current if isinstance(current, list) else ()), values])


class _Help(argparse.Action):
    """Leaves the parse, so that nothing but the command line's own code prints or exits."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        raise HelpRequested(parser.format_help())


class Parser(argparse.ArgumentParser):
    """The parser of one command. It never prints and never exits."""

    def __init__(self, command: str, description: str, examples: Sequence[str]) -> None:
        super().__init__(
            prog=f"reconcile {command}",
            description=description,
            epilog="examples:\n" + "\n".join(f"  {line}" for line in examples),
            formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=30, width=100),
            allow_abbrev=False,
            add_help=False,
        )
        self.command = command
        self.examples = tuple(examples)
        self.twins: dict[str, argparse.Action] = {}
        self.untwinned: dict[str, str] = {}
        self.partners: dict[str, str] = {}
        self.add_argument("-h", "--help", action=_Help, nargs=0, help="this text")

    def flag(self, *names: str, twin: bool = True, group: Any = None, needs: str = "", **options: Any) -> None:
        """Add a flag; with ``twin`` it may also come from the environment (``--log-format``: RECONCILE_LOG_FORMAT).

        ``needs`` is the flag without which this one has no effect: given on the command line without it, it is a
        mistake. (A variable may stand there for all commands of a job.)
        """
        if options.pop("repeat", False):
            options |= {"action": _Gather, "default": ()}
        action = (group or self).add_argument(*names, **options)
        long = next(name for name in names if name.startswith("--"))
        if needs:
            self.partners[long] = needs
        variable = PREFIX + long.removeprefix("--").replace("-", "_").upper()
        if twin:
            self.twins[variable] = action
            action.help = f"{action.help} [{variable}]"
        else:
            self.untwinned[variable] = long

    def without_effect(self, environ: Mapping[str, str]) -> list[Diagnostic]:
        """A warning for every variable that looks like the twin of a flag that has none."""
        return [
            Diagnostic(
                "CLI-NO-TWIN",
                f"the environment variable {variable} has no effect",
                f"{long} cannot come from the environment",
                f"give {long} on the command line",
                Severity.WARNING,
            )
            for variable, long in self.untwinned.items()
            if variable in environ
        ]

    def parse(self, argv: Sequence[str], environ: Mapping[str, str]) -> argparse.Namespace:
        """The parsed command line over the environment over the defaults.

        Raises:
            UsageError: something cannot be understood.
            HelpRequested: with the help text.
        """
        for variable, action in self.twins.items():
            if environ.get(variable, "") != "":
                self.set_defaults(**{action.dest: self._from_environment(variable, action, environ[variable])})
        namespace, rest = self.parse_known_args(list(argv))
        if rest:
            raise UsageError(self._unknown(rest))
        for flag, partner in self.partners.items():
            given = any(word == flag or word.startswith(f"{flag}=") for word in argv)
            if given and not getattr(namespace, partner.removeprefix("--").replace("-", "_")):
                what, fix = f"{flag} has no effect without {partner}", f"add {partner}, or leave {flag} out"
                raise UsageError(Diagnostic("CLI-MISSING", what, hint=fix))
        namespace.origins = {
            value: variable
            for variable, action in self.twins.items()
            if environ.get(variable, "") != "" and getattr(namespace, action.dest) == self.get_default(action.dest)
            for value in _texts(self.get_default(action.dest))
        }
        return namespace

    def _from_environment(self, variable: str, action: argparse.Action, text: str) -> Any:
        """One value of the environment, converted and checked like the flag's own."""
        try:
            if action.nargs == 0:
                return self._counted(action, text)
            if isinstance(action, _Gather):
                return tuple(self._get_value(action, part) for part in text.replace(",", " ").split())
            value = self._get_value(action, text)
            self._check_value(action, value)
        except (argparse.ArgumentError, argparse.ArgumentTypeError) as error:
            message = error.message if isinstance(error, argparse.ArgumentError) else str(error)
            raise UsageError(
                Diagnostic(
                    "CLI-ENV",
                    f"the environment variable {variable} has a value that {action.option_strings[-1]} does not take",
                    message,
                    f"correct {variable}, unset it, or give {action.option_strings[-1]} on the command line",
                )
            ) from None
        return value

    @staticmethod
    def _counted(action: argparse.Action, text: str) -> Any:
        from reconciler.cli import values

        if isinstance(action, argparse._CountAction):
            return values.count(text)
        return values.switch(text)

    def _unknown(self, rest: Sequence[str]) -> Diagnostic:
        """The first thing that nobody takes."""
        flags = [name for action in self._actions for name in action.option_strings]
        first = next((word for word in rest if word.startswith("-")), rest[0])
        name = first.partition("=")[0]
        if not first.startswith("-"):
            return Diagnostic(
                "CLI-EXTRA-ARGUMENT",
                f"{self.command} does not take {first!r}",
                f"too many arguments: {' '.join(repr(word) for word in rest)}",
                f"reconcile {self.command} --help lists what it takes",
            )
        near = did_you_mean(name.lstrip("-"), [flag[2:] for flag in flags if flag.startswith("--")])
        near = near.replace("mean '", "mean '--")
        return Diagnostic(
            "CLI-FLAG",
            f"{self.command} has no flag {name}",
            f"the flags of {self.command} are {', '.join(sorted(f for f in flags if f.startswith('--')))}",
            near or f"reconcile {self.command} --help explains them",
        )

    def error(self, message: str) -> NoReturn:
        """Turn argparse's message into a diagnostic."""
        raise UsageError(explain(self.command, message, self._choices()))

    def _choices(self) -> dict[str, tuple[str, ...]]:
        return {
            "/".join(action.option_strings) or str(action.metavar): tuple(str(choice) for choice in action.choices)
            for action in self._actions
            if action.choices
        }

    def format_help(self) -> str:
        """The help text, with the examples at its end."""
        return super().format_help()


def _texts(value: object) -> tuple[str, ...]:
    """The texts of a value that the environment gave: what a later diagnostic may quote."""
    return (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()


def explain(command: str, message: str, choices: Mapping[str, Iterable[str]]) -> Diagnostic:
    """The diagnostic for one of argparse's own complaints."""
    where, _, what = message.partition(": ") if message.startswith("argument ") else ("", "", message)
    flag = where.removeprefix("argument ")
    if what.startswith("the following arguments are required"):
        names = what.partition(": ")[2]
        return Diagnostic(
            "CLI-MISSING", f"{command} needs {names}", "", f"reconcile {command} --help shows how it is used"
        )
    if what.startswith("expected"):
        return Diagnostic("CLI-MISSING", f"{flag} needs a value", what, f"reconcile {command} --help explains {flag}")
    if what.startswith("invalid choice"):
        given = what.split("'")[1] if "'" in what else ""
        known = tuple(choices.get(flag, ()))
        return Diagnostic(
            "CLI-VALUE",
            f"{flag} does not take {given!r}",
            f"it takes one of {', '.join(known)}" if known else what,
            did_you_mean(given, known) or (f"give {', '.join(known)}" if known else ""),
        )
    if what.startswith("ignored explicit argument"):
        return Diagnostic("CLI-VALUE", f"{flag} takes no value", what, f"give {flag} alone")
    return Diagnostic(
        "CLI-VALUE",
        f"{flag} has a value that it does not take" if flag else what,
        what if flag else "",
        f"reconcile {command} --help explains {flag or 'its flags'}",
    )
