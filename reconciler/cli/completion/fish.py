"""The script for fish."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.cli.completion import words
from reconciler.cli.completion.words import Command, Flag, Value

_HEAD = """\
# fish completion for reconcile. Install it for yourself:
#   reconcile completion fish > ~/.config/fish/completions/reconcile.fish
# or for one session: reconcile completion fish | source
# Made from the command line's own parsers; make it again after an update.

function __reconcile_command
    # The command is the first word that is neither a flag nor a flag's value.
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case @WITH_VALUE@
                set skip 1
            case '-'
                echo $word
                return
            case '-*'
            case '*'
                echo $word
                return
        end
    end
end

function __reconcile_is
    set -l command (__reconcile_command)
    test "$command" = "$argv[1]"
end

complete -c reconcile -f
"""


def script(commands: Sequence[Command]) -> str:
    """The whole script."""
    lines = [_HEAD.replace("@WITH_VALUE@", " ".join(words.with_value(commands)))]
    lines += [f"complete -c reconcile -n '__reconcile_is \"\"' {_flag(flag)}" for flag in words.before(commands)]
    for command in commands:
        lines.append(f"complete -c reconcile -n '__reconcile_is \"\"' -a {command.name} -d {_quoted(command.help)}")
    for command in commands:
        here = f"complete -c reconcile -n '__reconcile_is {command.name}'"
        lines += [f"{here} {_flag(flag)}" for flag in command.flags]
        argument = command.first if command.first is not None else None
        if argument is not None and (told := _value(argument)):
            lines.append(f"{here} {told}")
    return "\n".join(lines) + "\n"


def _flag(flag: Flag) -> str:
    names = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in flag.names)
    told = ""
    if flag.value is not None:
        told = " -x" if flag.value.kind != words.FILES else " -r"
        told += f" {_value(flag.value)}" if _value(flag.value) else ""
    return f"{names}{told} -d {_quoted(flag.help)}"


def _value(value: Value) -> str:
    if value.kind == words.FILES:
        return "-F"
    if value.kind == words.DIRECTORIES:
        return "-a '(__fish_complete_directories)'"
    return f"-a {_quoted(' '.join(value.words))}" if value.words else ""


def _quoted(text: str) -> str:
    """A word in which fish expands nothing."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
