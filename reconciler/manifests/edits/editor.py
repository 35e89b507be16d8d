"""Edits one document in its file: only what changes is written anew, every other character stays.

The result is a list of replacements for the file's text. Whoever uses it reads the new text again and compares the
data: what cannot be edited like this is refused (:class:`CannotEdit`), never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.manifests import order
from reconciler.manifests.edits.change import Edit, Fields, Items, New, Set, applied
from reconciler.manifests.edits.lists import assembled, inline_list
from reconciler.manifests.edits.replacements import CannotEdit, Replacement, replaced
from reconciler.manifests.edits.style import Style, comment_of, style_of
from reconciler.manifests.edits.tree import (
    ALIAS,
    MAPPING,
    SEQUENCE,
    Node,
    Page,
    compose,
    dash_of,
    lead_start,
    owned_end,
)
from reconciler.records import dataclass, field

_MISSING = object()
_ID = re.compile(r" # id: (\S+)")


@dataclass(slots=True)
class Edited:
    """Replacements of a file's text, and what had to be written out (``*anchor`` where it stood)."""

    replacements: list[Replacement]
    written_out: list[str]


def edit(page: Page, first_line: int, data: Mapping[str, Any], change: Edit, *, loose: bool = False) -> Edited:
    """The replacements that turn a document's data into ``applied(data, change)``.

    ``loose``: where items move, what repeats an anchor of the same list is written out: it may come to stand above it.

    Raises:
        CannotEdit: the document is written in a way that cannot be edited in place.
        yaml.YAMLError: it is not YAML.
    """
    root = compose(page, first_line)
    editor = _Editor(page, style_of(page, root), loose)
    editor.survey(root, data, change, gone=False)
    editor.node(root, data, change, "", 0)
    return Edited(editor.found, editor.written_out)


@dataclass(slots=True)
class _Editor:
    page: Page
    style: Style
    loose: bool
    found: list[Replacement] = field(default_factory=list)
    written_out: list[str] = field(default_factory=list)
    values: dict[int, Any] = field(default_factory=dict)
    moving: Node | None = None

    # ------------------------------------------------------------------ anchors
    def survey(self, node: Node, data: Any, change: Edit | None, *, gone: bool) -> None:
        """Note the value that every anchored node will have (none where it goes)."""
        if node.kind == ALIAS:
            return
        if node.anchor is not None:
            self.values[id(node)] = _MISSING if gone else applied(data, change)
        for key, value in node.pairs:
            dropped = gone or isinstance(change, Set) or (isinstance(change, Fields) and key.text in change.drop)
            inner = change.edits.get(key.text) if isinstance(change, Fields) else None
            self.survey(value, data[key.text], inner, gone=dropped)
        for n, item in enumerate(node.items):
            dropped = gone or isinstance(change, Set) or (isinstance(change, Items) and n not in change.order)
            self.survey(item, data[n], change.edits.get(n) if isinstance(change, Items) else None, gone=dropped)

    def _alias(self, node: Node, value: Any, name: str, column: int, *, in_flow: bool) -> None:
        """An alias stays while its anchor keeps (or gets) the value that is wanted here."""
        assert node.target is not None
        inside = self.moving is not None and self.moving.begin <= node.target.begin < self.moving.end
        if self.values.get(id(node.target), _MISSING) == value and not (self.loose and inside):
            return
        self.written_out.append(self.page.text[node.begin : node.end])
        self._whole(node, value, name, column, in_flow=in_flow)

    # ------------------------------------------------------------------ any node
    def node(
        self, node: Node, data: Any, change: Edit | None, name: str, column: int, *, in_flow: bool = False
    ) -> None:
        """Replacements for one node; ``name`` and ``column`` are those of the field whose value (or item) it is."""
        if node.kind == ALIAS:
            self._alias(node, applied(data, change), name, column, in_flow=in_flow)
        elif isinstance(change, Set):
            self._whole(node, change.value, name, column, in_flow=in_flow)
        elif isinstance(change, Items) and node.kind == SEQUENCE:
            self._list(node, data, change, name, column, in_flow)
        elif node.kind == MAPPING:
            self._fields(node, data, change if isinstance(change, Fields) else Fields())
        elif node.kind == SEQUENCE:
            for n, item in enumerate(node.items):
                self.node(item, data[n], None, name, self.page.column(item.begin), in_flow=node.flow)

    def _whole(self, node: Node, value: Any, name: str, column: int, *, in_flow: bool) -> None:
        """Write a value anew where another one stood."""
        style, page = self.style, self.page
        is_collection = isinstance(value, (Mapping, list, tuple))
        if node.is_block:
            if not is_collection:
                raise CannotEdit("a text comes where a list or a mapping stands", node.start)
            self._whole_block(node, value, name, column)
        elif node.lined and is_collection:
            raise CannotEdit("a list or a mapping comes where a text of several lines stands", node.start)
        elif node.lined:
            text = style.literal(value, node, page, column) if isinstance(value, str) else None
            text = text or f"{style.scalar(value)}{comment_of(page, node)}{style.newline}"
            self.found.append((node.start, node.end, text))
        elif not is_collection:
            self.found.append((node.start, node.end, style.scalar(value, node, in_flow=in_flow)))
        elif in_flow or not value or bool(node.pairs or node.items) or style.in_brackets(value, name, "value"):
            self.found.append((node.start, node.end, "{}" if value == {} else style.inline(value)))
        else:
            self._below(node, style.block(value, name, column))

    def _whole_block(self, node: Node, value: Any, name: str, column: int) -> None:
        style, page = self.style, self.page
        first = dash_of(page, node.items[0]) if node.kind == SEQUENCE else node.start
        start = page.line_start(first)
        if page.text[start:first].strip(" "):  # a mapping behind a dash
            if not isinstance(value, Mapping) or not value:
                raise CannotEdit("another kind of value comes where a mapping stands", first)
            lines = style.fields(value, page.column(first))
            self.found.append((first, node.end, style.newline.join(lines) + style.newline))
        elif value:
            lines = style.block(value, name, column)
            self.found.append((start, node.end, style.newline.join(lines) + style.newline))
        else:
            self.found.append((start, node.end, ""))
            self._empty(start, " {}" if isinstance(value, Mapping) else " []")

    def _empty(self, start: int, brackets: str) -> None:
        """The line of the key above gets brackets, since nothing follows below."""
        line = self.page.line_of(len(self.page.text[:start].rstrip()))
        while line > 0 and self.page.line(line).lstrip(" ").startswith("#"):
            line -= 1
        bare = self.page.line(line).partition(" #")[0].rstrip()
        if not re.search(r":(?:\s+&\S+)?$", bare):
            raise CannotEdit("what stands there becomes empty", start)
        at = self.page.starts[line] + len(bare)
        self.found.append((at, at, brackets))

    def _below(self, node: Node, lines: Sequence[str]) -> None:
        """A block collection instead of a value that stands behind its key: below that line; a comment there stays."""
        text, newline = self.page.text, self.style.newline
        start = len(text[: node.begin].rstrip(" "))
        line, end = self.page.line_start(node.begin), self.page.line_end(node.end)
        if start <= line and not text[node.end : end].strip():  # alone in a line below its key
            self.found.append((line, end, newline.join(lines) + newline))
            return
        if text[start - 1] != ":":
            raise CannotEdit("a list or a mapping comes where a text stands", node.begin)
        self.found.append((start, node.end, ""))
        self.found.append((end, end, newline.join(lines) + newline))

    # ------------------------------------------------------------------ mappings
    def _fields(self, node: Node, data: Mapping[str, Any], change: Fields) -> None:
        column = self.page.column(node.start)
        for key, value in node.pairs:
            if key.text in change.drop:
                continue
            new = change.rename.get(key.text)
            if new is not None:
                self.found.append((key.start, key.end, quoted_like(self.style, key, new)))
            name = new or key.text
            inner = change.edits.get(key.text)
            at = self.page.column(key.begin) if not node.flow else column
            self.node(value, data[key.text], inner, name, at, in_flow=node.flow)
        if change.live_id:
            self._note(node, change)
        if node.flow:
            self._flow_fields(node, change)
        else:
            self._block_fields(node, change, column)

    def _note(self, node: Node, change: Fields) -> None:
        """Put another id into the comment of the first line."""
        if not node.flow and (node.pairs[0][1].lined or node.pairs[0][0].text in change.drop):
            return
        at = node.end if node.flow else node.pairs[0][1].end
        found = _ID.search(self.page.text, at, self.page.line_end(at))
        if found is not None and found[1] != change.live_id:
            self.found.append((*found.span(1), change.live_id))

    def _block_fields(self, node: Node, change: Fields, column: int) -> None:
        page = self.page
        for n, (key, _) in enumerate(node.pairs):
            if n and page.text[page.line_start(key.begin) : key.begin].strip(" "):
                raise CannotEdit("a field stands behind a question mark or a dash of its own", key.begin)
            if key.text in change.drop:
                self._drop_entry(node, n, column, change)
        for name in order.arranged(change.add):
            before = self._predecessor(node, name, change)
            at = self._entry_end(node, before, column)
            lines = self.style.entry(name, change.add[name], column)
            lines[0] = " " * column + lines[0]
            self.found.append((at, at, self.style.newline.join(lines) + self.style.newline))

    def _entry_start(self, node: Node, n: int, column: int) -> int:
        key = node.pairs[n][0]
        inline = self.page.text[self.page.line_start(key.begin) : key.begin].strip(" ") != ""
        return key.begin if inline else lead_start(self.page, key.begin, column)

    def _entry_end(self, node: Node, n: int, column: int) -> int:
        return owned_end(self.page, node.pairs[n][1], column)

    def _drop_entry(self, node: Node, n: int, column: int, change: Fields) -> None:
        page = self.page
        start, end = self._entry_start(node, n, column), self._entry_end(node, n, column)
        if page.line_start(start) != start:  # behind a dash: the next entry takes the place
            following = [m for m in range(n + 1, len(node.pairs)) if node.pairs[m][0].text not in change.drop]
            if not following or following[0] != n + 1:
                raise CannotEdit("the first fields of an item go", start)
            end = node.pairs[n + 1][0].begin
            comments = page.text[owned_end(page, node.pairs[n][1], column) : page.line_start(end)]
            if comments.strip():
                line = page.line_start(start)
                pad = page.line(page.line_of(start)).partition("-")[0]
                rows = "".join(pad + row.lstrip(" ") for row in comments.splitlines(keepends=True) if row.strip())
                self.found.append((line, line, rows))
        self.found.append((start, end, ""))

    def _predecessor(self, node: Node, name: str, change: Fields) -> int:
        """The entry behind which a new field belongs: the last one that is written before it."""
        rank = order.rank(name)
        best = -1
        for n, (key, _) in enumerate(node.pairs):
            if key.text not in change.drop and order.rank(change.rename.get(key.text, key.text)) <= rank:
                best = n
        kept = [n for n, (key, _) in enumerate(node.pairs) if key.text not in change.drop]
        if not kept:
            raise CannotEdit("every field of a mapping goes", node.start)
        return best if best >= 0 else kept[0]

    # ------------------------------------------------------------------ mappings in brackets
    def _flow_fields(self, node: Node, change: Fields) -> None:
        if not change.drop and not change.add:
            return
        parts: list[int | str] = [n for n, (key, _) in enumerate(node.pairs) if key.text not in change.drop]
        colon = ":" if self.style.compact else ": "
        for name in order.arranged(change.add):
            rank = order.rank(name)
            at = 0
            for place, part in enumerate(parts):
                known = part if isinstance(part, int) else -1
                if (
                    known >= 0
                    and order.rank(change.rename.get(node.pairs[known][0].text, node.pairs[known][0].text)) <= rank
                ):
                    at = place + 1
            at = max(at, 1) if parts else 0
            parts.insert(at, f"{self.style.key(name)}{colon}{self.style.inline(change.add[name])}")
        spans = [(key.begin, value.end) for key, value in node.pairs]
        self._inside(node, spans, parts)

    def _inside(self, node: Node, spans: Sequence[tuple[int, int]], parts: Sequence[int | str]) -> None:
        """Rearrange what stands in brackets; edits inside of the parts are taken along."""
        inner = [r for r in self.found if node.start <= r[0] and r[1] <= node.end]
        self.found = [r for r in self.found if r not in inner]

        def rendered(start: int, end: int) -> str:
            mine = [(a - start, b - start, new) for a, b, new in inner if start <= a and b <= end]
            return replaced(self.page.text[start:end], mine)

        self.found.append((node.start, node.end, inline_list(self.page, node, spans, parts, rendered, self.style)))

    # ------------------------------------------------------------------ lists
    def _list(self, node: Node, data: Sequence[Any], change: Items, name: str, column: int, in_flow: bool) -> None:
        mark = len(self.found)
        inner: dict[int, list[Replacement]] = {}
        outer = self.moving
        if outer is None and change.moves(len(node.items)):
            self.moving = node
        for n, item in enumerate(node.items):
            if n in change.order:
                at, before = self.page.column(item.begin), len(self.found)
                self.node(item, data[n], change.edits.get(n), name, at, in_flow=node.flow)
                inner[n] = self.found[before:]
        self.moving = outer
        if not change.moves(len(node.items)):
            return
        if node.flow and not node.items:
            values = [i.value for i in change.order if isinstance(i, New)]
            self._whole(node, values, name, column, in_flow=in_flow)
        elif node.flow:
            parts: list[int | str] = [i if isinstance(i, int) else self.style.inline(i.value) for i in change.order]
            self._inside(node, [(i.begin, i.end) for i in node.items], parts)
        else:
            del self.found[mark:]
            start, end, text = assembled(self.page, node, change, name, self.style, inner)
            self.found.append((start, end, text))
            if not change.order:
                self._empty(start, " []")


def quoted_like(style: Style, key: Node, name: str) -> str:
    """A field's name, quoted as the one that it replaces."""
    return style.scalar(name, key) if key.style else name
