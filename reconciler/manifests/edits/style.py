"""How a document is written (indents, brackets, quotes), and new values in the same manner."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.manifests import order, scalars, writer
from reconciler.manifests.edits.tree import MAPPING, SCALAR, SEQUENCE, Node, Page, dash_of
from reconciler.records import dataclass, field

_PLAIN = re.compile(r"[A-Za-z0-9_/.$^(\\+][^\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff]*")
_ODD = re.compile(r": |:$| #|[\[\]{},]")
_SIGN = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)")
_NUMBER = re.compile(r"[-+.0-9][0-9eExXoOa-fA-F_.:+TZtz -]*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan", "+.inf", "~", "="))


@dataclass(slots=True)
class Style:
    """The manner of one document; ``flow`` tells by a field's name whether its value, or its items, are in brackets.

    ``indent`` is the step of nested mappings, ``dash`` that of lists below their key, ``gap`` the width of what stands
    between a dash and its item; ``always`` the quote around every
    text, ``quoted_keys`` that around every field name; ``pad`` stands inside of braces.
    """

    indent: int = 2
    dash: int = 2
    gap: int = 1
    flow: dict[tuple[str, str], bool] = field(default_factory=dict)
    any_flow: bool = False
    quote: str = '"'
    always: str = ""
    quoted_keys: str = ""
    pad: str = ""
    newline: str = "\n"
    compact: bool = False

    # ------------------------------------------------------------------ scalars
    def scalar(self, value: Any, like: Node | None = None, *, in_flow: bool = False) -> str:
        """A scalar as it is written here; ``like`` is the one that it replaces."""
        if not isinstance(value, str):
            return writer.scalar(value)
        always = self.always or (self.quoted_keys if in_flow else "")
        style = like.style if like is not None and like.kind == SCALAR else always
        if style in ("'", '"'):
            return quoted(value, style)
        if like is not None and like.kind == SCALAR and is_plain(value, in_flow):
            return value
        found = writer.scalar(value)
        return quoted(value, self.quote) if found.startswith('"') else found

    def key(self, name: str) -> str:
        """A field's name."""
        return quoted(name, self.quoted_keys) if self.quoted_keys else writer.scalar(name)

    # ------------------------------------------------------------------ brackets
    def inline(self, value: Any) -> str:
        """A value in brackets, on one line."""
        comma, colon = (",", ":") if self.compact else (", ", ": ")
        if isinstance(value, Mapping):
            inner = comma.join(f"{self.key(k)}{colon}{self.inline(value[k])}" for k in order.arranged(value))
            return f"{{{self.pad}{inner}{self.pad}}}" if inner else "{}"
        if isinstance(value, (list, tuple)):
            return f"[{comma.join(map(self.inline, value))}]"
        return self.scalar(value, in_flow=True)

    def in_brackets(self, value: Any, name: str, what: str) -> bool:
        """Is a value of a field (``what`` "value"), or an item of its list ("item"), written in brackets?"""
        known = self.flow.get((name, what))
        leaf = isinstance(value, (list, tuple)) or not any(
            isinstance(v, (Mapping, list, tuple)) for v in value.values()
        )
        if isinstance(value, (list, tuple)):
            leaf = not any(isinstance(v, (Mapping, list, tuple)) for v in value)
        return known if known is not None else self.any_flow and leaf

    # ------------------------------------------------------------------ lines
    def entry(self, name: str, value: Any, column: int) -> list[str]:
        """A field and its value as lines without breaks; the first one is not indented."""
        head = f"{self.key(name)}:"
        if isinstance(value, (Mapping, list, tuple)):
            if not value:
                return [f"{head} {'{}' if isinstance(value, Mapping) else '[]'}"]
            if self.in_brackets(value, name, "value"):
                return [f"{head} {self.inline(value)}"]
            return [head, *self.block(value, name, column)]
        return [f"{head} {self.scalar(value)}"]

    def block(self, value: Any, name: str, column: int) -> list[str]:
        """The lines below ``name:`` at ``column``, all indented."""
        if isinstance(value, Mapping):
            inner = column + self.indent
            lines = self.fields(value, inner)
            return [" " * inner + lines[0], *lines[1:]]
        found: list[str] = []
        for item in value:
            found += self.item(item, name, column + self.dash)
        return found

    def fields(self, value: Mapping[str, Any], column: int) -> list[str]:
        """A mapping's lines at ``column``; the first one is not indented."""
        found: list[str] = []
        for name in order.arranged(value):
            lines = self.entry(name, value[name], column)
            found += [(" " * column if found else "") + lines[0], *lines[1:]]
        return found

    def item(self, value: Any, name: str, column: int, note: str = "") -> list[str]:
        """An item of the list ``name`` with its dash at ``column``; ``note`` ends its first line."""
        pad = " " * column
        tail = f"  # {note}" if note else ""
        if isinstance(value, Mapping) and value and not self.in_brackets(value, name, "item"):
            lines = self.fields(value, column + 1 + self.gap)
            return [f"{pad}-{' ' * self.gap}{lines[0]}{tail}", *lines[1:]]
        return [f"{pad}-{' ' * self.gap}{self.inline(value)}{tail}"]

    def literal(self, text: str, like: Node, page: Page, column: int) -> str | None:
        """A text of several lines as a block scalar below a field at ``column``; None where that cannot hold it."""
        body = text.rstrip("\n")
        rows = body.split("\n")
        if not body or rows[0].startswith(" ") or any(r != r.rstrip() or not r.isprintable() for r in rows):
            return None
        if like.style == ">":
            return None
        breaks = len(text) - len(body)
        sign = {0: "|-", 1: "|"}.get(breaks, "|+")
        first = page.line(page.line_of(like.start) + 1)
        indent = len(first) - len(first.lstrip(" ")) if first.strip() else column + self.indent
        lines = [" " * indent + r if r else "" for r in rows] + [""] * max(0, breaks - 1)
        return self.newline.join([sign + comment_of(page, like), *lines]) + self.newline


def comment_of(page: Page, node: Node) -> str:
    """The comment behind the sign of a text of several lines, with the blanks in front of it."""
    found = _SIGN.match(page.text, node.start, page.line_end(node.start))
    return found[1].rstrip() if found is not None else ""


def quoted(text: str, quote: str) -> str:
    """A text in quotes; single ones only where they can hold it."""
    if quote == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return writer.quoted(text)


def is_plain(text: str, in_flow: bool) -> bool:
    """May the text stand without quotes, in every reader?"""
    if _UUID.fullmatch(text):
        return True
    if _PLAIN.fullmatch(text) is None or text != text.strip() or not text.isprintable() or _NUMBER.fullmatch(text):
        return False
    found = _ODD.search(text)
    if found is not None and (in_flow or found.group() not in tuple("[]{},")):
        return False
    if any(sign in text for sign in (": ", " #")) or text.endswith(":"):
        return False
    return text.casefold() not in _WORDS and scalars.is_string(text)


def style_of(page: Page, root: Node) -> Style:
    """The manner in which a document is written."""
    style = Style(newline="\r\n" if "\r\n" in page.text else "\n")
    indents: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    gaps: Counter[int] = Counter()
    quotes: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    flows: dict[tuple[str, str], Counter[bool]] = {}
    braces: Counter[str] = Counter()
    for name, what, node, parent in _walk(root, "", "value", None):
        if node.kind == SCALAR:
            if what != "key" and _is_text(node):
                quotes[node.style] += 1
            elif what == "key":
                keys[node.style] += 1
            continue
        if node.kind not in (MAPPING, SEQUENCE) or not (node.pairs or node.items):
            continue
        flows.setdefault((name, what), Counter())[node.flow] += 1
        if node.kind == SEQUENCE and not node.flow:
            gaps.update(_gaps(page, node))
        style.any_flow = style.any_flow or node.flow
        if node.flow and node.kind == MAPPING and node.pairs:
            braces[" " if page.text[node.start + 1 : node.start + 2] == " " else ""] += 1
            gap = page.text[node.pairs[0][0].end : node.pairs[0][1].begin]
            style.compact = style.compact or gap == ":"
        elif not node.flow and parent is not None and what == "value":
            key = next(k for k, v in parent.pairs if v is node)
            inner = node.start if node.kind == MAPPING else dash_of(page, node.items[0])
            (indents if node.kind == MAPPING else dashes)[page.column(inner) - page.column(key.begin)] += 1
    style.indent = _most(indents, style.indent)
    style.gap = _most(gaps, 1)
    style.dash = _most(dashes, 0 if dashes else style.dash)
    style.flow = {key: count[True] > count[False] for key, count in flows.items()}
    style.pad = _most(braces, "")
    if quotes["'"] > quotes['"']:
        style.quote = "'"
    if not quotes[""] and (quotes['"'] or quotes["'"]):
        style.always = style.quote
    if keys['"'] > keys[""] or keys["'"] > keys[""]:
        style.quoted_keys = '"' if keys['"'] >= keys["'"] else "'"
    return style


def _is_text(node: Node) -> bool:
    return node.style in ("'", '"') or (node.style == "" and scalars.is_string(node.text))


def _gaps(page: Page, node: Node) -> Iterator[int]:
    """The widths between dashes and what stands in their lines."""
    for item in node.items:
        dash = dash_of(page, item)
        if page.line_of(dash) == page.line_of(item.begin):
            yield item.begin - dash - 1


def _most(count: Counter[Any], default: Any) -> Any:
    return min(count, key=lambda k: (-count[k], k)) if count else default


def _walk(node: Node, name: str, what: str, parent: Node | None) -> Iterator[tuple[str, str, Node, Node | None]]:
    yield name, what, node, parent
    for key, value in node.pairs:
        yield key.text, "key", key, node
        yield from _walk(value, key.text, "value", node)
    for item in node.items:
        yield from _walk(item, name, "item", node)
