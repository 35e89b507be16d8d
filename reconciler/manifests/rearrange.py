"""Moves the fields of a document's mappings into order, as text: whole lines, or the parts of a one-line ``{...}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from reconciler.manifests import order
from reconciler.manifests.marks import Marks

_PREFIX = re.compile(r" *(?:- +)*")
_KEEP = re.compile(r"[|>][0-9]?\+")


def document(lines: list[str], data: Any, marks: Marks) -> None:
    """Rearrange one document in place; ``lines`` are the file's, each with its break.

    A document with aliases is left alone (an alias must stay below its anchor), as is one with ``|+`` texts (their
    last blank lines belong to the text).
    """
    first, last = (marks.places[0] >> 32), (marks.places[-1] >> 32)
    if marks.aliases or any(_KEEP.search(line) for line in lines[first : last + 1]):
        return
    found: list[tuple[int, Mapping[str, Any]]] = []
    _collect(data, 0, marks, found)
    for node, mapping in reversed(found):  # inner ones first: they stay within the lines of their parents
        names = list(mapping)
        wanted = order.arranged(names)
        if wanted == names:
            continue
        places = [_place(marks, key_node) for key_node in marks.keys_of(node)]
        moves = [names.index(name) for name in wanted]
        line, column = _place(marks, node)
        if lines[line][column : column + 1] == "{":
            _flow(lines, places, moves)
        else:
            _block(lines, places, moves, is_root=node == 0)


def _collect(value: Any, node: int, marks: Marks, found: list[tuple[int, Mapping[str, Any]]]) -> None:
    if isinstance(value, Mapping):
        found.append((node, value))
        for key_node, item in zip(marks.keys_of(node), value.values(), strict=True):
            _collect(item, key_node + 1, marks, found)
    elif isinstance(value, list):
        for item_node, item in zip(marks.items_of(node), value, strict=True):
            _collect(item, item_node, marks, found)


def _place(marks: Marks, node: int) -> tuple[int, int]:
    place = marks.places[node]
    return place >> 32, place & 0xFFFFFFFF


# ---------------------------------------------------------------------- block mappings
def _block(lines: list[str], places: list[tuple[int, int]], moves: list[int], *, is_root: bool) -> None:
    column = places[0][1]
    starts = [line for line, _ in places]
    prefix = lines[starts[0]][:column]
    if not _PREFIX.fullmatch(prefix) or any(lines[line][:column].strip() for line in starts[1:]):
        return  # an anchor, a "?" or a document marker stands in front of a key
    if len(set(starts)) != len(starts) or any(c != column for _, c in places):
        return
    end = _end(lines, starts[-1], column)
    first = starts[0]
    if "-" not in prefix and not is_root:
        while first > 0 and lines[first - 1][:column].isspace() and lines[first - 1][column : column + 1] == "#":
            first -= 1
    begins = [first, *(_content_end(lines, a, b, column) for a, b in pairwise(starts)), end]
    chunks = [lines[a:b] for a, b in pairwise(begins)]
    head = starts[0] - first
    chunks[0][head] = " " * column + chunks[0][head][column:]
    moved = [line for index in moves for line in chunks[index]]
    if "-" in prefix:
        at = next(n for n, line in enumerate(moved) if _is_content(line))
        if at:  # comments that would stand between the dash's place and the field: keep them above the item
            moved[:at] = [prefix.replace("-", " ").rstrip(" ") + _dedented(line, column, prefix) for line in moved[:at]]
        moved[at] = prefix + moved[at][column:]
    else:
        at = next(n for n, line in enumerate(moved) if _is_content(line))
        moved[at] = prefix + moved[at][column:]
    lines[first:end] = moved


def _dedented(line: str, column: int, prefix: str) -> str:
    return " " * prefix.index("-") + line.lstrip(" ") if line.strip() else line


def _is_content(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _content_end(lines: list[str], start: int, bound: int, column: int) -> int:
    """The line behind an entry's own lines; comments at the entry's indent or less belong to what follows."""
    end = start + 1
    for number in range(start + 1, bound):
        if lines[number].strip() and (_indent(lines[number]) > column or _is_content(lines[number])):
            end = number + 1
    return end


def _end(lines: list[str], start: int, column: int) -> int:
    """The line behind the last entry of a mapping."""
    bound = start + 1
    while bound < len(lines):
        line = lines[bound]
        inside = not _is_content(line) or _indent(line) > column
        compact = _indent(line) == column and (line[column : column + 2] == "- " or line[column : column + 1] in "]}")
        if re.match(r"(?:---|\.\.\.)(?:\s|$)", line) or not (inside or compact):
            break
        bound += 1
    return _content_end(lines, start, bound, column)


# ---------------------------------------------------------------------- flow mappings
def _flow(lines: list[str], places: list[tuple[int, int]], moves: list[int]) -> None:
    line = places[0][0]
    if any(number != line for number, _ in places):
        return
    text = lines[line]
    starts = [column for _, column in places]
    close = _closing(text, starts[0])
    if close is None:
        return
    parts: list[str] = []
    gaps: list[str] = []
    for start, bound in zip(starts, [*starts[1:], close], strict=True):
        entry = text[start:bound]
        part = entry.rstrip()
        part = part[:-1].rstrip() if part.endswith(",") else part
        parts.append(part)
        gaps.append(entry[len(part) :])
    joined = "".join(parts[index] + gap for index, gap in zip(moves, gaps, strict=True))
    lines[line] = text[: starts[0]] + joined + text[close:]


def _closing(text: str, start: int) -> int | None:
    """The column of the bracket that closes the mapping whose first key stands at ``start``; None: on another line."""
    depth, at, opening = 0, start, True
    while at < len(text):
        character = text[at]
        if opening and character in "\"'":
            at = _behind_quote(text, at)
            opening = False
            continue
        if character == "#" and text[at - 1] in " \t":
            return None
        if character in "{[":
            depth += 1
        elif character in "}]":
            if depth == 0:
                return at
            depth -= 1
        opening = character in "{[,:" or (opening and character == " ")
        at += 1
    return None


def _behind_quote(text: str, at: int) -> int:
    quote, at = text[at], at + 1
    while at < len(text):
        if quote == '"' and text[at] == "\\":
            at += 1
        elif text[at] == quote:
            if quote == "'" and text[at + 1 : at + 2] == "'":
                at += 1
            else:
                return at + 1
        at += 1
    return at
