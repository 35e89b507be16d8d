"""The fast reader: manifests written plainly, as nearly all are, line by line and without libyaml.

It takes mappings and lists in block style whose values are plain, quoted or in brackets on one line, and gives exactly
what the complete reader gives, marks included (a property test holds both against each other). At the first document
with anything else (a null, an escape, an anchor, a block scalar, a tab, a mistake of any kind) it stops, and the
complete reader goes on from the start of that document. So nothing is ever told or understood differently.

It takes 0.6 of the complete reader's time, and small files do not wait until PyYAML is loaded (12 ms).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.manifests import scalars
from reconciler.manifests.marks import COLLECTION, Marks
from reconciler.manifests.parsed import MEMO_LIMIT, MISSING, Memo, Parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAX_DEPTH = 50
_KEY = "[A-Za-z_][A-Za-z0-9_.-]{0,99}"
_BLACK = r'[!"$-9;-~]'  # visible ASCII but : and #
_DOUBLE, _SINGLE = r'"([ !#-\[\]-~]*)"', r"'([ -&(-~]*)'"  # without escapes, without ''
_PLAIN = rf"([A-Za-z0-9_/.$^(\\+]{_BLACK}*(?:(?: +|:){_BLACK}+)*)"  # a colon only in front of something visible
_VALUE = rf"{_PLAIN}|{_DOUBLE}|{_SINGLE}|([\[{{].*)"
_LINE = re.compile(rf" *(?:(?:(- +)?(?:({_KEY}):(?: +(?:{_VALUE}))?|{_VALUE}))(?: +(?:#.*)?)?|#.*)?$", re.MULTILINE)
_DASH, _NAME, _FIRST = 1, 2, 3
"""Groups: behind a key come the four forms of a value, and then the same four for an item of a list."""
_IS_PLAIN, _IS_BRACKET = 0, 3
_MARKER = re.compile(r"---(?: +#.*| *)$", re.MULTILINE)
_WORD = "[A-Za-z0-9_/.$](?:[A-Za-z0-9_/.$*+~^ -]*[A-Za-z0-9_/.$*+~^-])?"
_FLOW = re.compile(rf" *(?:([\[{{]) *([\]}}])?|({_WORD})(?= *[],}}])|{_DOUBLE}|{_SINGLE})")
_FLOW_KEY = re.compile(rf" *({_KEY}):(?= )")
_FLOW_NEXT = re.compile(r" *([],}])")
_REST = re.compile(r" *(?: #.*)?$", re.MULTILINE)


class NotPlain(Exception):
    """This document is for the complete reader."""


class PlainReader:
    """Reads documents from the start of a text; where it stopped are ``offset`` and ``line`` (0-based)."""

    def __init__(self, name: str, text: str, memo: Memo) -> None:
        self._name, self._text, self._memo = name, text, memo
        self.offset = self.line = 0

    def documents(self) -> Iterator[Parsed]:
        """All documents up to the end, or up to the first that is not plain."""
        if "\r" in self._text or "\t" in self._text:
            return
        try:
            while self.offset < len(self._text):
                document = _Document(self._name, self._text, self._memo)
                offset, line = document.read(self.offset, self.line)
                if document.root is not None:
                    yield Parsed(document.root, document.marks, (document.first_line + 1, line + 1))
                self.offset, self.line = offset, line
        except NotPlain:
            return


class _Document:
    """One document under construction."""

    def __init__(self, name: str, text: str, memo: Memo) -> None:
        self.marks, self._text, self._memo = Marks(name), text, memo
        self.root: dict[str, Any] | None = None
        self.first_line = 0

    def read(self, at: int, line: int) -> tuple[int, int]:
        """Read the document at an offset; where the next one starts, and its line."""
        text, end = self._text, len(self._text)
        place, extents = self.marks.places.append, self.marks.extents
        extend, match, keys, plain = extents.append, _LINE.match, self._memo.keys.get, self._memo.plain.get
        stack: list[tuple[int, bool, Any, int]] = []  # the open collections around the innermost, which is:
        container: Any = None
        indent, is_map, node = -1, False, -1
        waiting: str | None = None  # the key whose value stands on the next lines
        explicit = _MARKER.match(text, at)
        if explicit is not None:
            self.first_line, at, line = line, explicit.end() + 1, line + 1
        while at < end:
            found = match(text, at)
            if found is None:
                if _MARKER.match(text, at) is None:
                    raise NotPlain
                break
            form = found.lastindex
            if form is None:  # a blank line, or a comment
                at, line = found.end() + 1, line + 1
                continue
            start, row = found.start(_DASH), line << 32
            is_item = start >= 0
            if not is_item:
                start = found.start(_NAME)
                if start < 0:  # a text, and neither an item nor a pair
                    raise NotPlain
            column = start - at
            if waiting is None and node >= 0:
                while column < indent or (column == indent and is_map is is_item):
                    extents[node] = COLLECTION | len(extents)
                    indent, is_map, container, node = stack.pop()
                if column != indent:
                    raise NotPlain
            else:
                if not (column > indent or (column == indent and is_item)) or len(stack) > _MAX_DEPTH:
                    raise NotPlain
                stack.append((indent, is_map, container, node))
                inner: Any = [] if is_item else {}
                if waiting is not None:
                    container[waiting], waiting = inner, None
                else:
                    self._begin(inner, explicit is not None, line)
                indent, is_map, container, node = column, not is_item, inner, len(extents)
                place(row | column)
                extend(COLLECTION)
            name = found.start(_NAME)
            if name >= 0:
                if is_item:
                    stack.append((indent, is_map, container, node))
                    inner = {}
                    container.append(inner)
                    indent, is_map, container, node = name - at, True, inner, len(extents)
                    place(row | indent)
                    extend(COLLECTION)
                word = found[_NAME]
                place(row | (name - at))
                extend(len(word))
                key = keys(word) or self._key(word)
                if key in container:
                    raise NotPlain
                if form == _NAME:
                    waiting = key
                    at, line = found.end() + 1, line + 1
                    continue
            kind = (form - _FIRST) & 3
            value: Any = found[form]
            column = found.start(form) - at
            if kind == _IS_PLAIN:
                place(row | column)
                extend(len(value))
                word, value = value, plain(value, MISSING)
                if value is MISSING:
                    value = self._scalar(word)
            elif kind != _IS_BRACKET:
                place(row | (column - 1))
                extend(len(value) + 2)
            else:
                value = self._flow(found.start(form), line, at)
            if name >= 0:
                container[key] = value
            else:
                container.append(value)
            at, line = found.end() + 1, line + 1
        if waiting is not None or (explicit is not None and node < 0):
            raise NotPlain
        while node >= 0:
            extents[node] = COLLECTION | len(extents)
            indent, is_map, container, node = stack.pop()
        return min(at, end), line

    def _begin(self, root: Any, explicit: bool, line: int) -> None:
        if not isinstance(root, dict):
            raise NotPlain
        self.root = root
        if not explicit:
            self.first_line = line

    def _key(self, word: str) -> str:
        if not scalars.is_string(word):
            raise NotPlain
        if len(self._memo.keys) < MEMO_LIMIT:
            self._memo.keys[word] = word
        return word

    def _scalar(self, word: str) -> Any:
        try:
            value = scalars.resolve(word)
        except scalars.NumberRefused:
            raise NotPlain from None
        if len(self._memo.plain) < MEMO_LIMIT and len(word) < 64:
            self._memo.plain[word] = value
        return value

    def _flow(self, at: int, line: int, start: int) -> Any:
        """A value in brackets that ends on its line."""
        value, end = self._inner(at, line << 32, start, 0)
        if _REST.match(self._text, end) is None:
            raise NotPlain
        return value

    def _inner(self, at: int, row: int, start: int, depth: int) -> tuple[Any, int]:
        """A value at an offset, and the offset behind it; ``start`` is that of the line."""
        found = _FLOW.match(self._text, at)
        if found is None or depth > _MAX_DEPTH:
            raise NotPlain
        form = found.lastindex or 0
        if form > 2:
            value: Any = found[form]
            quotes = form > 3
            self.marks.places.append(row | (found.start(form) - start - quotes))
            self.marks.extents.append(len(value) + 2 * quotes)
            return (value if quotes else self._word(value)), found.end()
        return self._brackets(found, row, start, depth)

    def _word(self, word: str) -> Any:
        value = self._memo.plain.get(word, MISSING)
        return self._scalar(word) if value is MISSING else value

    def _brackets(self, found: re.Match[str], row: int, start: int, depth: int) -> tuple[Any, int]:
        marks, opening, closing = self.marks, found[1], "]" if found[1] == "[" else "}"
        node, at = len(marks.extents), found.end(1)
        marks.places.append(row | (found.start(1) - start))
        marks.extents.append(COLLECTION)
        items: list[Any] = []
        pairs: dict[str, Any] = {}
        following = _FLOW_NEXT.match(self._text, at) if found[2] else None
        while following is None or following[1] == ",":
            if opening == "{":
                name = _FLOW_KEY.match(self._text, at)
                if name is None or name[1] in pairs:
                    raise NotPlain
                marks.places.append(row | (name.start(1) - start))
                marks.extents.append(len(name[1]))
                key = self._memo.keys.get(name[1]) or self._key(name[1])
                pairs[key], at = self._inner(name.end(), row, start, depth + 1)
            else:
                item, at = self._inner(at, row, start, depth + 1)
                items.append(item)
            following = _FLOW_NEXT.match(self._text, at)
            if following is None:
                raise NotPlain
            at = following.end()
        if following[1] != closing:
            raise NotPlain
        marks.extents[node] = COLLECTION | len(marks.extents)
        return (pairs if opening == "{" else items), following.end()
