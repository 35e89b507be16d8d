"""The entry point: find the command, parse, run it, and turn everything that can happen into an exit code.

Nothing heavy is imported here: ``--help`` and ``--version`` cost little more than the interpreter's own start.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType
    from typing import NoReturn, TextIO

    from reconciler.cli.console import Console
    from reconciler.cli.parser import Parser
    from reconciler.diagnostics import Diagnostic

_SHARED = frozenset({
    "-C", "--directory", "--target", "--exclude", "--shard", "--format", "--out", "--json-into", "--color",
    "--log-format", "--parallelism", "--timeout", "--today", "--emulator", "--emulator-state", "--live",
    "--live-max-age",
})  # fmt: skip
"""Flags of most commands that take a value."""
_WITH_VALUE = _SHARED | frozenset({
    "--all-of", "--allow", "--annotations", "--baseline", "--ci", "--cloud",
    "--expect-digest", "--fault", "--host", "--html", "--into", "--latency", "--listener", "--listener-id",
    "--max-deletes", "--metrics", "--name", "--notify", "--notify-format", "--number", "--option", "--plan", "--port",
    "--project-id", "--provider", "--region", "--region-id", "--security-group", "--security-group-id", "--seed",
    "--since", "--stale-after", "--state", "--unit",
})  # fmt: skip
"""Every flag that takes a value, of whatever command: needed to find the command behind them."""


class Terminated(SystemExit):
    """SIGTERM came while no one else was listening. A SystemExit, so that an event loop lets it through."""


def run() -> "NoReturn":
    """Console entry: process streams, signals, exit."""
    import _signal  # type: ignore[import-not-found]  # what signal wraps into enumerations, which take longer to import than --help to print

    def terminate(number: int, frame: object) -> None:
        raise Terminated(143)

    # As the first process of a container nothing has a default action: without a handler SIGTERM would be lost.
    _signal.signal(_signal.SIGTERM, terminate)
    stdin, stdout, stderr = sys.stdin or _sink(), sys.stdout or _sink(), sys.stderr or _sink()
    code = main(sys.argv[1:], stdin, stdout, stderr, os.environ)
    for stream in (stdout, stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            # Nobody reads any more; without this the interpreter would complain while it shuts down.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    import gc

    gc.freeze()  # the process ends: looking through all that it made for cycles would take a tenth of a large plan
    sys.exit(code)


def _sink() -> "TextIO":
    """Stands in for a stream that was closed before the start."""
    return open(os.devnull, "r+")


def main(
    argv: "Sequence[str]", stdin: "TextIO", stdout: "TextIO", stderr: "TextIO", environ: "Mapping[str, str]"
) -> int:
    """One run of ``reconcile``; never raises, never exits. Returns the exit code."""
    try:
        command, rest = split(argv)
        if command is None and rest and rest[0] in ("--help", "-h", "--version"):
            return _told(_quick(rest[0]), stdout, stderr)
        return _command(command, rest, stdin, stdout, stderr, environ)
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    except Terminated:
        return 143
    except BaseException as error:
        # A signal while a module in another language loads: that one wraps it into an exception of its own.
        wrapped = [code for name, code in (("KeyboardInterrupt", 130), ("Terminated", 143)) if name in str(error)]
        if type(error).__name__ != "PanicException" or not wrapped:
            raise
        return wrapped[0]


def _told(text: str, stdout: "TextIO", stderr: "TextIO") -> int:
    """Write a text that needs no command; the exit code."""
    try:
        stdout.write(text)
        stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        import contextlib

        with contextlib.suppress(OSError, ValueError):
            stderr.write(f"error[CLI-STDOUT]: standard output cannot be written\n  {error.strerror}\n")
        return 1
    return 0


def split(argv: "Sequence[str]") -> tuple[str | None, list[str]]:
    """The command and everything else, in order: shared flags may stand before the command.

    Before a command, ``--help`` and ``--version`` are returned alone.
    """
    rest = list(argv)
    place = 0
    while place < len(rest):
        word = rest[place]
        if word in ("--help", "-h", "--version"):
            return None, [word]
        if not word.startswith("-") or word == "-":
            return word, rest[:place] + rest[place + 1 :]
        place += 2 if word in _WITH_VALUE else 1
    return None, rest


def _quick(word: str) -> str:
    if word == "--version":
        from reconciler import __version__

        return f"reconcile {__version__}\n"
    from reconciler.cli.overview import text

    return text()


def parser_of(command: str) -> "tuple[Parser, ModuleType]":
    """The parser of a command and its module."""
    from importlib import import_module

    from reconciler.cli.parser import Parser

    module = import_module(f"reconciler.cli.commands.{'import_' if command == 'import' else command}")
    parser = Parser(command, module.__doc__ or "", module.EXAMPLES)
    module.configure(parser)
    return parser, module


def _command(
    command: str | None,
    rest: list[str],
    stdin: "TextIO",
    stdout: "TextIO",
    stderr: "TextIO",
    environ: "Mapping[str, str]",
) -> int:
    from reconciler.cli.console import Console

    console = Console(stdin, stdout, stderr, environ)
    if wants_json(rest, environ):
        console.format = "json"
    try:
        return _run(command, rest, console)
    except (KeyboardInterrupt, Terminated, BrokenPipeError):
        raise
    except Exception as error:
        return _failed(console, error)


def _run(command: str | None, rest: list[str], console: "Console") -> int:
    from reconciler.cli.files import Stopped

    try:
        return _attempt(command, rest, console)
    except Stopped as stopped:
        console.json_into = console.out = None
        if stopped.diagnostic.code == "CLI-STDOUT":  # also the JSON document has no other place to be told in
            console.report([stopped.diagnostic])
            return stopped.code
        return console.finish([stopped.diagnostic], stopped.code)


def _attempt(command: str | None, rest: list[str], console: "Console") -> int:
    from reconciler.cli.overview import COMMANDS
    from reconciler.cli.parser import HelpRequested, UsageError
    from reconciler.diagnostics import DiagnosticError

    if command not in COMMANDS:
        return console.finish([_no_command(command, rest)], 3)
    parser, module = parser_of(command)
    try:
        args = parser.parse(rest, console.environ)
        console.configure(args)
        console.report(parser.without_effect(console.environ))
        code: int = module.run(args, console)
        return code
    except HelpRequested as request:
        console.write(str(request))
        return 0
    except UsageError as error:
        return console.finish([error.diagnostic], 3)
    except DiagnosticError as error:
        return console.finish(error.diagnostics, 3)


def wants_json(argv: "Sequence[str]", environ: "Mapping[str, str]") -> bool:
    """Was JSON asked for? Also answers for command lines that cannot be parsed."""
    asked = environ.get("RECONCILE_FORMAT")
    for place, word in enumerate(argv):
        if word == "--format" and place + 1 < len(argv):
            asked = argv[place + 1]
        elif word.startswith("--format="):
            asked = word.partition("=")[2]
    return asked == "json"


def _no_command(command: str | None, rest: "Sequence[str]") -> "Diagnostic":
    from reconciler.cli.overview import COMMANDS
    from reconciler.diagnostics import Diagnostic, did_you_mean

    if command is None:
        said = f"{rest[0]} alone does nothing" if rest else "no command was given"
        return Diagnostic("CLI-COMMAND", said, f"commands: {', '.join(COMMANDS)}", "reconcile --help explains them")
    # An address behind a misspelt --notify is a password: it is not repeated.
    return Diagnostic(
        "CLI-COMMAND",
        "an address is no command" if "://" in command else f"there is no command {command!r}",
        f"commands: {', '.join(COMMANDS)}",
        did_you_mean(command, COMMANDS) or "reconcile --help explains them",
    )


def _failed(console: "Console", error: Exception) -> int:
    """Something that should never happen: told as a diagnostic, without the exception's own words.

    Those may hold anything, also a header with a credential; ``-v`` adds where it happened.
    """
    import traceback

    from reconciler.diagnostics import Diagnostic

    if isinstance(error, OSError) and error.strerror:
        what = f"{type(error).__name__}: {error.strerror}"
    else:
        what = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
    console.out = console.json_into = None
    return console.finish(
        [
            Diagnostic(
                "CLI-INTERNAL",
                f"reconcile failed in a way that it did not foresee ({what})",
                "\n".join(places) if console.verbose else f"at {places[-1]}" if places else "",
                "please report this, with the output of the same command with -v",
            )
        ],
        1,
    )
