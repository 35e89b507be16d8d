"""Where every key and value of a document stands: two arrays beside the data, twelve bytes a node.

Nodes are numbered in the order in which they are written: a mapping, its first key, that key's value, and so on.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from reconciler.diagnostics import Path, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LINE_SHIFT = 32
_COLUMN_MASK = (1 << _LINE_SHIFT) - 1
COLLECTION = 1 << 31


class Marks:
    """The places of one document.

    ``places`` holds line and column (0-based, packed); ``extents`` the width of a scalar, or, with the flag
    ``COLLECTION``, the number of the first node behind a collection; ``aliases`` the node that an alias stands for;
    ``dropped`` the keys that are not in the data (repeated ones, merge keys).
    """

    __slots__ = ("_children", "aliases", "dropped", "extents", "file", "places")

    def __init__(self, file: str) -> None:
        self.file = file
        self.places = array("Q")
        self.extents = array("I")
        self.aliases: dict[int, int] = {}
        self.dropped: set[int] = set()
        self._children: dict[int, array[int]] = {}

    def span(self, data: Any, path: Path, on_key: bool = False) -> Span | None:
        """The span of what stands at ``path``; of its key when ``on_key``; of the nearest parent that exists.

        ``data`` is the document that these marks belong to. None for an empty document.
        """
        if not self.places:
            return None
        node, value, key_node = 0, data, 0
        for step in path:
            found = self._step(node, value, step)
            if found is None:
                break
            key_node, node, value = found
        else:
            if on_key:
                return self.at(key_node)
        return self.at(node)

    def at(self, node: int) -> Span:
        """The span of a node by its number (a collection: its first character)."""
        place = self.places[node]
        extent = self.extents[node]
        width = 1 if extent & COLLECTION else max(1, extent)
        return Span(self.file, (place >> _LINE_SHIFT) + 1, (place & _COLUMN_MASK) + 1, width)

    def keys_of(self, node: int) -> array[int]:
        """Numbers of a mapping's keys; each value is the next number."""
        return self._child_nodes(self.aliases.get(node, node), pairs=True)

    def items_of(self, node: int) -> array[int]:
        """Numbers of a sequence's items."""
        return self._child_nodes(self.aliases.get(node, node), pairs=False)

    def _step(self, node: int, value: Any, step: str | int) -> tuple[int, int, Any] | None:
        node = self.aliases.get(node, node)
        if isinstance(value, Mapping):
            if step not in value:
                return None
            children = self._child_nodes(node, pairs=True)
            key_node = children[list(value).index(step)]
            return key_node, key_node + 1, value[step]
        if isinstance(value, Sequence) and not isinstance(value, str) and isinstance(step, int) and step < len(value):
            item = self._child_nodes(node, pairs=False)[step]
            return item, item, value[step]
        return None

    def _child_nodes(self, node: int, *, pairs: bool) -> array[int]:
        """Numbers of a sequence's items, or of a mapping's keys that are in the data (cached: lookups repeat)."""
        found = self._children.get(node)
        if found is None:
            found = array("I")
            at, end = node + 1, self._behind(node)
            while at < end:
                if pairs:
                    if at not in self.dropped:
                        found.append(at)
                    at = self._behind(at)
                else:
                    found.append(at)
                at = self._behind(at)
            self._children[node] = found
        return found

    def _behind(self, node: int) -> int:
        """The number of the node that follows a whole node."""
        extent = self.extents[node]
        return extent ^ COLLECTION if extent & COLLECTION else node + 1
