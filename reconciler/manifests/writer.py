"""Writes manifests for import: deterministic, block style, nothing that a YAML reader could take for something else.

Every text that YAML 1.1 or 1.2 might read as a number, truth value, null, date or sexagesimal is quoted, so other
tools in a pipeline read the same data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.diagnostics import Path
from reconciler.manifests import order

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./()]+)*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_ESCAPED = re.compile("[\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


Notes = Mapping[Path, str]
"""Comments for the ends of lines, by the path of the scalar that stands there."""

_NO_NOTES: Notes = {}


def dump(documents: Sequence[Mapping[str, Any]], notes: Sequence[Notes] = ()) -> str:
    """YAML text of several documents; reading it back gives equal data.

    Args:
        documents: plain data (mappings with string keys, lists, strings, integers, finite floats, booleans, None).
        notes: for each document its comments, printable and without line breaks.

    Raises:
        TypeError: a value is none of these.
    """
    pairs = zip(documents, [*notes, *[_NO_NOTES] * (len(documents) - len(notes))], strict=True)
    return "---\n".join("".join(f"{line}\n" for line in _mapping(d, 0, (), n)) for d, n in pairs)


def _mapping(data: Mapping[str, Any], indent: int, path: Path, notes: Notes) -> list[str]:
    lines: list[str] = []
    pad = " " * indent
    for key in order.arranged(data):
        value = data[key]
        head = f"{pad}{scalar(key)}:"
        if isinstance(value, Mapping) and value:
            lines += (head, *_mapping(value, indent + 2, (*path, key), notes))
        elif _is_list(value) and value:
            lines += (head, *_sequence(value, indent + 2, (*path, key), notes))
        else:
            note = notes.get((*path, key)) if notes else None
            lines.append(f"{head} {_leaf(value)}" + (f"  # {note}" if note else ""))
    return lines or [f"{pad}{{}}"]


def _sequence(items: Sequence[Any], indent: int, path: Path, notes: Notes) -> list[str]:
    lines: list[str] = []
    pad = " " * indent
    for n, item in enumerate(items):
        nested: list[str] = []
        if isinstance(item, Mapping) and item:
            nested = _mapping(item, indent + 2, (*path, n), notes)
        elif _is_list(item) and item:
            nested = _sequence(item, indent + 2, (*path, n), notes)
        if nested:
            lines += (f"{pad}- {nested[0][indent + 2 :]}", *nested[1:])
        else:
            lines.append(f"{pad}- {_leaf(item)}")
    return lines


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _leaf(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if _is_list(value) else scalar(value)


def scalar(value: Any) -> str:
    """One scalar as it is written: plain where that is safe in every reader, else in double quotes.

    Raises:
        TypeError: not a scalar that JSON knows.
    """
    if isinstance(value, str):
        return value if _is_safe(value) else quoted(value)
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value, allow_nan=False)
    raise TypeError(f"{type(value).__name__} cannot be written to a manifest")


def quoted(text: str) -> str:
    """A text in double quotes; what is invisible or looks like a blank is escaped."""
    return _ESCAPED.sub(lambda m: f"\\u{ord(m.group()):04x}", json.dumps(text, ensure_ascii=False))


def _is_safe(text: str) -> bool:
    return len(text) < 100 and _PLAIN.fullmatch(text) is not None and text.casefold() not in _WORDS
