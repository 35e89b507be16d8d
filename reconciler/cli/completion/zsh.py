"""The script for zsh: a function for its own completion system (``_arguments``)."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.cli.completion import words
from reconciler.cli.completion.words import Command, Flag, Value

_HEAD = """\
#compdef reconcile
# zsh completion for reconcile. Install it where $fpath looks, before compinit runs:
#   reconcile completion zsh > "${fpath[1]}/_reconcile"
# or for one session: source <(reconcile completion zsh)
# Made from the command line's own parsers; make it again after an update.

_reconcile() {
  local curcontext="$curcontext" state line ret=1
  local -a commands
  commands=(
@COMMANDS@
  )
  _arguments -C \\
@SHARED@
    '1: :->command' \\
    '*:: :->rest' && ret=0
  case $state in
    command) _describe -t commands 'reconcile command' commands && ret=0 ;;
    rest)
      curcontext="${curcontext%:*:*}:reconcile-$line[1]:"
      case $line[1] in
@CASES@
      esac ;;
  esac
  return ret
}

if [ "$funcstack[1]" = "_reconcile" ]; then
  _reconcile "$@"
else
  compdef _reconcile reconcile
fi
"""


def script(commands: Sequence[Command]) -> str:
    """The whole script."""
    listed = "\n".join(f"    {_quoted(f'{c.name}:{_colons(c.help)}')}" for c in commands)
    shared = "\n".join(f"    {_flag(f)} \\" for f in words.before(commands))
    cases = "\n".join(_case(c) for c in commands)
    return _HEAD.replace("@COMMANDS@", listed).replace("@SHARED@", shared).replace("@CASES@", cases)


def _case(command: Command) -> str:
    specs = [_flag(flag) for flag in command.flags]
    if command.first is not None:
        specs.append(_quoted(f"1:{_message(command.first)}:{_action(command.first)}"))
    if command.further is not None:
        specs.append(_quoted(f"*:{_message(command.further)}:{_action(command.further)}"))
    lines = " \\\n            ".join(specs)
    return f"        {command.name})\n          _arguments \\\n            {lines} && ret=0 ;;"


def _flag(flag: Flag) -> str:
    """One spec; several spellings exclude each other unless the flag may be repeated."""
    text = f"[{_bracketed(flag.help)}]"
    if flag.value is not None:
        text += f":{_message(flag.value)}:{_action(flag.value)}"
    names = [f"{name}=" if flag.value is not None and name.startswith("--") else name for name in flag.names]
    names = [f"{name}+" if flag.value is not None and not name.startswith("--") else name for name in names]
    head = "'*'" if flag.repeatable else _quoted(f"({' '.join(flag.names)})")
    if len(names) == 1:
        return head + names[0] + _quoted(text)
    return f"{head}{{{','.join(names)}}}{_quoted(text)}"


def _message(value: Value) -> str:
    return _colons(value.name or " ")


def _action(value: Value) -> str:
    if value.kind == words.FILES:
        return "_files"
    if value.kind == words.DIRECTORIES:
        return "_files -/"
    listed = " ".join(_word(word) for word in value.words)
    return f"({listed})" if listed else " "


def _word(word: str) -> str:
    return word.replace("\\", "\\\\").replace(":", "\\:").replace(" ", "\\ ").replace("(", "\\(").replace(")", "\\)")


def _colons(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _bracketed(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
