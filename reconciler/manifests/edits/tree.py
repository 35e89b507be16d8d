"""A document's nodes with the offsets where their text begins and ends: what editing in place needs beyond marks.

Offsets count characters of the whole file. A block collection ends behind the line break of its last line, with the
comments that are indented deeper than its entries; everything else ends behind its last character.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from yaml import events as yaml_events

from reconciler.records import dataclass, field

_BREAK = re.compile(r"\r\n|\n|\r")
_DEAD = re.compile(r"( *#+ *-) +(?:\{|[\"']?[A-Za-z_]+[\"']?:(?: |$))")
SCALAR, MAPPING, SEQUENCE, ALIAS = "scalar", "mapping", "sequence", "alias"


@dataclass(slots=True)
class Node:
    """One node. ``begin`` is where its anchor or tag stands, else ``start``; ``style`` a scalar's quote or block sign.

    ``pairs`` are a mapping's (key, value) nodes, ``items`` a sequence's; ``target`` is the node that an alias repeats.
    """

    kind: str
    begin: int
    start: int
    end: int
    flow: bool = False
    style: str = ""
    anchor: str | None = None
    text: str = ""
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    target: Node | None = None

    @property
    def is_block(self) -> bool:
        """A collection that is written in lines."""
        return self.kind in (MAPPING, SEQUENCE) and not self.flow

    @property
    def lined(self) -> bool:
        """Does it end with its last line?"""
        return self.is_block or self.style in ("|", ">")


class Page:
    """A file's text and its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(m.end() for m in _BREAK.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        """The offset of a place (0-based)."""
        return self.starts[line] + column if line < len(self.starts) else len(self.text)

    def line_of(self, offset: int) -> int:
        """The line (0-based) that holds an offset."""
        return bisect_right(self.starts, offset) - 1

    def line_start(self, offset: int) -> int:
        """Where the line begins that holds an offset."""
        return self.starts[self.line_of(offset)]

    def line_end(self, offset: int) -> int:
        """Where the next line begins."""
        line = self.line_of(offset) + 1
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def column(self, offset: int) -> int:
        """The column (0-based) of an offset."""
        return offset - self.line_start(offset)

    def line(self, number: int) -> str:
        """A line's text without its break; empty beyond the end."""
        if not 0 <= number < len(self.starts):
            return ""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end].rstrip("\r\n")


def compose(page: Page, first_line: int) -> Node:
    """The root of the document that begins at a line (0-based).

    Raises:
        yaml.YAMLError: it is not YAML.
        ValueError: there is no document.
    """
    from reconciler.manifests.stream import parser_of

    parser = parser_of(page.text[page.starts[first_line] :])
    try:
        return _Composer(page, first_line, parser.get_event).root()
    finally:
        parser.dispose()


class _Composer:
    def __init__(self, page: Page, first_line: int, get: Any) -> None:
        self._page, self._first, self._get = page, first_line, get
        self._anchors: dict[str, Node] = {}

    def root(self) -> Node:
        while True:
            event = self._get()
            if event.__class__ is yaml_events.DocumentStartEvent:
                return self._node(self._get())
            if event.__class__ is yaml_events.StreamEndEvent:
                raise ValueError("no document")

    def _offset(self, mark: Any) -> int:
        return self._page.offset(mark.line + self._first, mark.column)

    def _node(self, event: Any) -> Node:
        begin, end = self._offset(event.start_mark), self._offset(event.end_mark)
        if isinstance(event, yaml_events.AliasEvent):
            target = self._anchors[str(event.anchor)]
            return Node(ALIAS, begin, begin, end, flow=True, target=target)
        if isinstance(event, yaml_events.ScalarEvent):
            node = self._scalar(event, begin, end)
        else:
            node = self._collection(event, begin)
        if event.anchor is not None:
            node.anchor = event.anchor
            self._anchors[event.anchor] = node
        return node

    def _scalar(self, event: Any, begin: int, end: int) -> Node:
        start = begin
        if event.anchor is not None or event.tag is not None:
            found = re.compile(r"(?:[&!][^\s]*\s+)+").match(self._page.text, begin, end)
            start = found.end() if found else begin
        style = event.style or ""
        if style in ("|", ">") and "+" not in self._page.line(self._page.line_of(start)).partition("#")[0]:
            body = self._page.text[start:end].rstrip()
            end = self._page.line_end(start + len(body) - 1)
        return Node(SCALAR, begin, start, end, style=style, text=event.value)

    def _collection(self, event: Any, begin: int) -> Node:
        is_map = isinstance(event, yaml_events.MappingStartEvent)
        node = Node(MAPPING if is_map else SEQUENCE, begin, begin, begin, flow=bool(event.flow_style))
        while True:
            inner = self._get()
            if isinstance(inner, yaml_events.CollectionEndEvent):
                break
            child = self._node(inner)
            if is_map:
                node.pairs.append((child, self._node(self._get())))
            else:
                node.items.append(child)
        if node.flow:
            node.end = self._offset(inner.end_mark)
            node.start = self._page.text.index("{" if is_map else "[", begin)
        else:
            last = node.pairs[-1][1] if is_map else node.items[-1]
            column = self._column(node)
            node.start = node.pairs[0][0].begin if is_map else node.items[0].begin
            node.end = owned_end(self._page, last, column)
        return node

    def _column(self, node: Node) -> int:
        """The column of a block collection's entries: of its first key, or of its first dash."""
        if node.kind == MAPPING:
            return self._page.column(node.pairs[0][0].begin)
        return self._page.column(dash_of(self._page, node.items[0]))


def dash_of(page: Page, item: Node) -> int:
    """The offset of the dash in front of an item of a block sequence."""
    at = item.begin
    line = page.line_of(at)
    before = page.text[page.starts[line] : at]
    while "-" not in before or before.rstrip(" ")[-1:] != "-":
        line -= 1
        if line < 0:
            raise ValueError("no dash")
        before = page.line(line).partition(" #")[0]
    return page.starts[line] + len(before.rstrip(" ")) - 1


def owned_end(page: Page, value: Node, column: int) -> int:
    """Where an entry ends whose value is given: behind its last line and the comments below, deeper than ``column``."""
    end = value.end if value.lined else page.line_end(max(value.start, value.end - 1))
    line = page.line_of(end) if end < len(page.text) else len(page.starts)
    found = end
    while line < len(page.starts) and page.starts[line] < len(page.text):
        content = page.line(line)
        stripped = content.lstrip(" ")
        if stripped.startswith("#") and len(content) - len(stripped) > column:
            found = page.starts[line + 1] if line + 1 < len(page.starts) else len(page.text)
        elif stripped.strip():
            break
        line += 1
    return found


def lead_start(page: Page, offset: int, column: int) -> int:
    """Where the comments begin that stand directly above an offset's line, at ``column`` or left of it; else that line.

    An item that is commented out is no comment on the one below: what stands below it is.
    """
    below = page.line_of(offset)
    line = below
    while line > 0:
        above = page.line(line - 1)
        stripped = above.lstrip(" ")
        if not stripped.startswith("#") or len(above) - len(stripped) > column:
            break
        line -= 1
    for n in range(below - 1, line - 1, -1):
        dead = _DEAD.match(page.line(n))
        if dead is not None:
            line = n + 1
            while line < below and _is_deeper(page.line(line), dead.end(1)):
                line += 1
            break
    return page.starts[line]


def _is_deeper(text: str, column: int) -> bool:
    """Does a comment's text begin behind a column, as that of an item does whose dash stands there?"""
    inner = text.lstrip(" ").removeprefix("#").lstrip(" ")
    return inner == "" or len(text) - len(inner) >= column
