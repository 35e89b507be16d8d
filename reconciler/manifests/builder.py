"""One YAML document: parser events in, plain data and marks out. Nothing of YAML's magic comes through.

Written for speed: this loop sees every scalar of every manifest (22 microseconds a rule in all, two thirds of it
inside libyaml). Problems do not stop it: each is told once, its place is remembered in ``poisoned``, and the rest of
the document is built.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml import YAMLError
from yaml import events as yaml_events

from reconciler.diagnostics import Diagnostic, Path, Span
from reconciler.manifests import scalars
from reconciler.manifests.marks import COLLECTION, Marks
from reconciler.manifests.parsed import MEMO_LIMIT, Memo
from reconciler.manifests.parsed import MISSING as _MISSING

MAX_DEPTH = 100
MAX_ALIAS_NODES = 100_000
MULTI_LINE_KEYS = frozenset({"message_body", "description"})
"""Fields whose values may have line breaks and tabs."""

_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]"
_BREAK = "[\t\n\r]"
_TRASH = "".join(["<dropped", ">"])  # a string of its own: told by identity, equal ones of a user do not matter

_Frame = tuple[Any, bool, "str | None", int, "str | None", int]


class DocumentBuilder:
    """Builds one document from the events behind its start; see :meth:`build`."""

    def __init__(self, file: str, memo: Memo) -> None:
        self.marks = Marks(file)
        self.problems: list[Diagnostic] = []
        self.poisoned: set[Path] = set()
        self._memo = memo
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._open: set[str] = set()
        self._alias_nodes = 0
        self._refused_aliases = False
        self.end_line = 0

    def build(self, get: Callable[[], Any]) -> Any:
        """Consume events up to the document's end and return the document's value.

        Raises:
            yaml.YAMLError: the text is not YAML; ``problems`` holds what was found before.
        """
        Scalar, Mapping = yaml_events.ScalarEvent, yaml_events.MappingStartEvent
        Sequence, End = yaml_events.SequenceStartEvent, yaml_events.CollectionEndEvent
        extents, stack = self.marks.extents, self._stack
        place, extend = self.marks.places.append, extents.append
        plain, keys = self._memo.plain.get, self._memo.keys.get
        root: list[Any] = []
        container: Any = root
        is_map, key = False, None
        while True:
            event = get()
            kind = event.__class__
            if kind is Scalar:
                mark, text, unquoted = event.start_mark, event.value, event.implicit[0]
                place(mark.line << 32 | mark.column)
                extend(len(text) if unquoted else len(text) + 2)
                if is_map and key is None:
                    key = keys(text)
                    if key is None or key in container or not unquoted:
                        key = self._key(event, container)
                    continue
                value = plain(text, _MISSING) if unquoted else _MISSING
                if value is _MISSING or event.anchor is not None:
                    value = self._scalar(event, container, key)
            elif kind is Mapping or kind is Sequence:
                mark, anchor = event.start_mark, event.anchor
                stack.append((container, is_map, key, len(extents), anchor, self._alias_nodes))
                place(mark.line << 32 | mark.column)
                extend(COLLECTION)
                if anchor is not None or event.tag is not None or (is_map and key is None):
                    self._unusual(event, container, key)
                is_map, key = kind is Mapping, None
                container = {} if is_map else []
                if len(stack) > MAX_DEPTH:
                    self._too_deep(event, get)
                else:
                    continue
                container, is_map, key, node, anchor, _ = stack.pop()
                extents[node], value = COLLECTION | len(extents), None
            elif issubclass(kind, End):
                value = container
                container, is_map, key, node, anchor, aliases_before = stack.pop()
                extents[node] = COLLECTION | len(extents)
                if anchor is not None:
                    self._anchored(anchor, value, node, aliases_before)
            elif kind is yaml_events.AliasEvent:
                value = self._alias(event, container, is_map, key)
                if value is _MISSING:
                    key = _TRASH
                    continue
            else:
                self.end_line = event.start_mark.line
                return root[0] if root else None
            if not is_map:
                container.append(value)
                continue
            if key is not _TRASH:
                if key is None:  # a collection or an alias as a key
                    key = _TRASH
                    continue
                container[key] = value
            key = None

    # ------------------------------------------------------------------ scalars
    def _key(self, event: Any, container: dict[str, Any]) -> str:
        text: str = event.value
        if event.tag is not None:
            self._tag(event, container, None)
        if event.implicit[0] and text == "<<":
            return self._drop(
                event,
                "YAML-MERGE",
                "merge keys (<<) are not supported",
                "What a merge yields depends on the reader; YAML 1.2 has no such key.",
                "write the fields out, or use an alias (*name) as a whole value",
                self._path(),
            )
        if event.implicit[0] and not scalars.is_string(text):
            return self._drop(
                event,
                "YAML-KEY",
                f"the key {_short(text)} is not a string",
                "Keys are the names of fields.",
                f'put it in quotes: "{_short(text)}"',
                self._path(),
            )
        if text in container:
            return self._drop(
                event,
                "YAML-DUPLICATE-KEY",
                f"the key {_short(text)!r} is given twice",
                "Only one of the two could take effect, and readers differ in which.",
                "delete one of them",
                (*self._path(), text),
            )
        if len(self._memo.keys) < MEMO_LIMIT and (scalars.is_string(text)):
            self._memo.keys[text] = text
        return text

    def _drop(self, event: Any, code: str, summary: str, detail: str, hint: str, poisoned: Path) -> str:
        self._problem(code, summary, detail, hint, event.start_mark, event.end_mark, poisoned)
        self.marks.dropped.add(len(self.marks.places) - 1)
        return _TRASH

    def _scalar(self, event: Any, container: Any, key: str | None) -> Any:
        text = event.value
        value = text
        one_line = event.start_mark.line == event.end_mark.line
        if not one_line:
            self.marks.extents[-1] = 1
        if event.implicit[0]:
            try:
                value = scalars.resolve(text)
            except scalars.NumberRefused as error:
                self._at(event, container, key, "YAML-NUMBER", str(error), "", "put it in quotes if it is a text")
                value = None
            if "\n" in text:
                self._check_text(event, container, key, text)
            elif one_line and len(self._memo.plain) < MEMO_LIMIT and len(text) < 64:
                self._memo.plain[text] = value
        else:
            self._check_text(event, container, key, text)
        if event.tag is not None:
            self._tag(event, container, key)
        if event.anchor:
            self._anchors[event.anchor] = (value, len(self.marks.places) - 1, 1)
        return value

    def _check_text(self, event: Any, container: Any, key: str | None, text: str) -> None:
        if text.isprintable():
            return
        control = re.search(_CONTROL, text) or (None if key in MULTI_LINE_KEYS else re.search(_BREAK, text))
        if control is None:
            return
        character = control.group()
        if character in "\n\r":
            hint = "write the value on one line in quotes"
            if event.style in ("|", ">"):
                hint = f"a block scalar ({event.style}) ends with a line break: {hint}, or use {event.style}-"
            self._at(
                event,
                container,
                key,
                "YAML-LINE-BREAK",
                "the value holds a line break",
                "Line breaks are allowed in message_body and description only.",
                hint,
            )
        else:
            self._at(
                event,
                container,
                key,
                "YAML-CONTROL",
                f"the value holds the control character U+{ord(character):04X}",
                "Control characters are refused by the clouds and cannot be seen in a review.",
                "delete the escape",
            )

    # ------------------------------------------------------------------ collections and aliases
    def _unusual(self, event: Any, container: Any, key: str | None) -> None:
        """A collection with an anchor or a tag, or one that is a key; it is on the stack already."""
        frame = self._stack.pop()  # paths are told from the parent's view
        if isinstance(container, dict) and key is None:
            self._drop(
                event,
                "YAML-KEY",
                "a key is a list or a mapping",
                "Keys are the names of fields.",
                "write a plain name as the key",
                self._path(),
            )
        if event.tag is not None:
            self._tag(event, container, key)
        if event.anchor is not None:
            self._open.add(event.anchor)
        self._stack.append(frame)

    def _anchored(self, anchor: str, value: Any, node: int, aliases_before: int) -> None:
        """Remember a finished collection under its anchor, with the number of its nodes, aliases expanded."""
        self._open.discard(anchor)
        nodes = len(self.marks.places) - node + self._alias_nodes - aliases_before
        self._anchors[anchor] = (value, node, nodes)

    def _alias(self, event: Any, container: Any, is_map: bool, key: str | None) -> Any:
        marks, mark = self.marks, event.start_mark
        marks.places.append(mark.line << 32 | mark.column)
        marks.extents.append(max(1, event.end_mark.column - mark.column))
        name = event.anchor
        if is_map and key is None:
            self._drop(
                event,
                "YAML-KEY",
                "a key is an alias",
                "Keys are the names of fields.",
                "write the name as the key",
                self._path(),
            )
            return _MISSING
        if name in self._open:
            self._at(
                event,
                container,
                key,
                "YAML-ALIAS",
                f"the alias *{_short(name)} stands inside the value that it names",
                "Such a value would have no end.",
                "write the value out",
            )
            return None
        if name not in self._anchors:
            self._at(
                event,
                container,
                key,
                "YAML-ALIAS",
                f"nothing in this document is anchored as &{_short(name)}",
                "An alias stands for a value that was anchored above it, in the same document.",
                f"write &{_short(name)} in front of that value",
            )
            return None
        value, node, nodes = self._anchors[name]
        marks.aliases[len(marks.places) - 1] = node
        self._alias_nodes += nodes
        if self._alias_nodes > MAX_ALIAS_NODES:
            if not self._refused_aliases:
                self._refused_aliases = True
                self._problem(
                    "YAML-ALIAS",
                    f"the aliases of this document expand to more than {MAX_ALIAS_NODES} values",
                    "Aliases of aliases grow without bound.",
                    "write the values out",
                    mark,
                    event.end_mark,
                    (),
                )
            return None
        return value

    def _too_deep(self, event: Any, get: Callable[[], Any]) -> None:
        """Tell it once, then swallow events until this collection ends.

        Raises:
            YAMLError: it does not end soon; libyaml takes time by the square of the depth, so nobody waits for it.
        """
        self._problem(
            "YAML-DEPTH",
            f"more than {MAX_DEPTH} levels of nesting",
            "No manifest needs more than ten.",
            "look for a bracket that is not closed",
            event.start_mark,
            event.end_mark,
            (),
        )
        depth = 1
        while depth:
            kind = get().__class__
            if issubclass(kind, yaml_events.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise YAMLError("nested without end")
            elif issubclass(kind, yaml_events.CollectionEndEvent):
                depth -= 1

    # ------------------------------------------------------------------ problems
    def _tag(self, event: Any, container: Any, key: str | None) -> None:
        self._at(
            event,
            container,
            key,
            "YAML-TAG",
            f"tags are not supported: {_short(event.tag.replace('tag:yaml.org,2002:', '!!'))}",
            "The type of every value follows from how it is written.",
            "delete the tag; put the value in quotes if it is a text",
        )

    def _at(self, event: Any, container: Any, key: str | None, code: str, summary: str, detail: str, hint: str) -> None:
        """A problem of the value that is being read: below ``key`` of the innermost mapping, or the next item."""
        path = self._path()
        if isinstance(container, list):
            path += (len(container),) if self._stack else ()
        elif key is not None and key is not _TRASH:
            path += (key,)
        self._problem(code, summary, detail, hint, event.start_mark, event.end_mark, path)

    def _problem(self, code: str, summary: str, detail: str, hint: str, start: Any, end: Any, poisoned: Path) -> None:
        width = end.column - start.column if end.line == start.line else 1
        span = Span(self.marks.file, start.line + 1, start.column + 1, max(1, width))
        self.problems.append(Diagnostic(code, summary, detail, hint, path=poisoned, span=span))
        self.poisoned.add(poisoned)

    def _path(self) -> Path:
        """Path of the innermost open collection."""
        path: list[str | int] = []
        for container, is_map, key, _, _, _ in self._stack[1:]:
            path.append((key or "") if is_map else len(container))
        return tuple(path)


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
