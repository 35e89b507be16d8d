"""The script for bash, from version 3.2 on: no associative arrays, no mapfile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.cli.completion import words
from reconciler.cli.completion.words import Command, Flag, Value

_HEAD = """\
# bash completion for reconcile. Install it for yourself:
#   reconcile completion bash > ~/.local/share/bash-completion/completions/reconcile
# or for one session: source <(reconcile completion bash)
# Made from the command line's own parsers; make it again after an update.

_reconcile_words() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$2")
  # What ends in = goes on.
  if [ "${#COMPREPLY[@]}" -eq 1 ] && [ "${COMPREPLY[0]%=}" != "${COMPREPLY[0]}" ]; then
    compopt -o nospace 2>/dev/null || true
  fi
}

_reconcile_paths() {
  local line
  compopt -o filenames 2>/dev/null || true
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$1" -- "$2")
}

"""

_BODY = """\
_reconcile() {
  COMPREPLY=()
  local cur="${COMP_WORDS[COMP_CWORD]}" flag="" command="" word place=1
  # bash splits --flag=value at its =.
  if [ "$cur" = "=" ]; then
    flag="${COMP_WORDS[COMP_CWORD-1]}" cur=""
  elif [ "$COMP_CWORD" -ge 2 ] && [ "${COMP_WORDS[COMP_CWORD-1]}" = "=" ]; then
    flag="${COMP_WORDS[COMP_CWORD-2]}"
  elif [ "$COMP_CWORD" -ge 1 ]; then
    flag="${COMP_WORDS[COMP_CWORD-1]}"
  fi
  # The command is the first word that is neither a flag nor a flag's value.
  while [ "$place" -lt "$COMP_CWORD" ]; do
    word="${COMP_WORDS[place]}"
    case "$word" in
      @WITH_VALUE@)
        place=$((place + 1))
        if [ "${COMP_WORDS[place]:-}" = "=" ]; then place=$((place + 1)); fi ;;
      -?*) ;;
      *) command="$word"; break ;;
    esac
    place=$((place + 1))
  done
  case "$command" in
@CASES@
  esac
}

complete -F _reconcile reconcile
"""


def script(commands: Sequence[Command]) -> str:
    """The whole script."""
    shared = words.before(commands)
    cases = [_case('""', shared, Value("words", tuple(c.name for c in commands)))]
    cases += [_case(c.name, c.flags, c.first) for c in commands]
    with_value = "|".join(words.with_value(commands))
    return _HEAD + _BODY.replace("@WITH_VALUE@", with_value).replace("@CASES@", "\n".join(cases))


def _case(name: str, flags: Sequence[Flag], first: Value | None) -> str:
    lines = [f"    {name})", '      case "$flag" in']
    lines += [
        f"        {'|'.join(f.names)}) {_complete(f.value)}return ;;" for f in flags if f.value is not None
    ]
    lines += ["      esac", '      case "$cur" in']
    lines += [f"        -*) {_listed(name for f in flags for name in f.names if name.startswith('--'))}return ;;"]
    lines += ["      esac"]
    if first is not None:
        lines.append(f"      {_complete(first)}".rstrip(" ;"))
    return "\n".join([*lines, "      ;;"])


def _complete(value: Value) -> str:
    if value.kind == words.FILES:
        return '_reconcile_paths -f "$cur"; '
    if value.kind == words.DIRECTORIES:
        return '_reconcile_paths -d "$cur"; '
    return _listed(value.words) if value.words else ""


def _listed(found: Iterable[str]) -> str:
    return f"_reconcile_words {_quoted(' '.join(found))} \"$cur\"; "


def _quoted(text: str) -> str:
    """A word for the shell, in which nothing is expanded."""
    return "'" + text.replace("'", "'\\''") + "'"
