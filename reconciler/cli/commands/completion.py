"""Print a script that lets a shell complete commands, flags, choices and files.

bash: reconcile completion bash > ~/.local/share/bash-completion/completions/reconcile
zsh:  reconcile completion zsh > "${fpath[1]}/_reconcile"
fish: reconcile completion fish > ~/.config/fish/completions/reconcile.fish

The script holds everything as text: nothing of reconcile runs when a key is pressed. Make it again after an update.
"""

from __future__ import annotations

from reconciler.cli import flags
from reconciler.cli.console import Console
from reconciler.cli.parser import Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXAMPLES = (
    "source <(reconcile completion bash)",
    "reconcile completion fish --out ~/.config/fish/completions/reconcile.fish",
)
SHELLS = ("bash", "zsh", "fish")


def configure(parser: Parser) -> None:
    """The shell."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"one of {', '.join(SHELLS)}")
    flags.output(parser, ("text", "json"), files=False)


def run(args: Any, console: Console) -> int:
    """Always 0."""
    from importlib import import_module

    from reconciler.cli.completion.words import commands

    script = import_module(f"reconciler.cli.completion.{args.shell}").script(commands())
    return console.finish([], 0, script, "Completion", shell=args.shell, script=script)
