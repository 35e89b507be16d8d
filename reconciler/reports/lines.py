"""What every renderer is given: sections of lines, already in the order of importance, not yet escaped.

The words are chosen once, here and in ``plan``/``outcome``; a renderer only escapes, indents, colours and cuts.
"""

from __future__ import annotations

from reconciler.records import dataclass, field

DANGER = 0
"""Weight of a line that no budget may cut: deletions, gaps, blocked scopes, created security group rules."""
MAIN = 1
"""Weight of what happens to an object."""
DETAIL = 2
"""Weight of a field of an object that changes."""
ASIDE = 3
"""Weight of what is told besides: unlisted, ignored, cosmetic, read calls."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``symbol`` is one of ``+ ~ - > !`` or a blank, and carries the meaning without colour.

    ``depth`` is the indentation, ``text`` holds raw values (a renderer escapes it), ``tail`` is said in passing
    (step ids), ``weight`` decides what a byte budget cuts first. ``names`` counts the steps of a plan that this line
    names: what is cut is counted in steps.
    """

    symbol: str
    text: str
    depth: int = 0
    tail: str = ""
    weight: int = MAIN
    names: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a title. ``title`` is ours; ``subject`` (an address) and ``note`` hold values."""

    title: str
    lines: tuple[Line, ...]
    subject: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report: ``summary`` in one line, sections, and closing lines (what to do next)."""

    title: str
    summary: str
    sections: tuple[Section, ...] = field(default_factory=tuple)
    closing: tuple[Line, ...] = ()
