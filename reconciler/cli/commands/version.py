"""Print the version of reconcile, of its document formats and of Python."""

from __future__ import annotations

from typing import Any

from reconciler.cli import flags
from reconciler.cli.console import Console
from reconciler.cli.parser import Parser

EXAMPLES = ("reconcile version", "reconcile version --format json")


def configure(parser: Parser) -> None:
    """Only the output flags."""
    flags.output(parser, ("text", "json"), files=False)


def run(args: Any, console: Console) -> int:
    """Never fails."""
    import platform

    from reconciler import __version__

    python = platform.python_version()
    return console.finish([], 0, f"reconcile {__version__} (Python {python})\n", "Version",
                          version=__version__, python=python)  # fmt: skip
