"""Replacements of a text: (start, end, new text), none overlapping another."""

from __future__ import annotations

from collections.abc import Sequence

Replacement = tuple[int, int, str]


class CannotEdit(Exception):
    """The document is written in a way that this editor does not know; the text says which, ``at`` where (offset)."""

    def __init__(self, why: str, at: int | None = None) -> None:
        super().__init__(why)
        self.at = at


def replaced(text: str, replacements: Sequence[Replacement]) -> str:
    """A text with replacements that do not overlap; insertions at one place stay in their order."""
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(replacements, key=lambda r: (r[0], r[1])):
        if start < at:
            raise CannotEdit("two changes meet at one place")
        parts += (text[at:start], new)
        at = end
    return "".join([*parts, text[at:]])
