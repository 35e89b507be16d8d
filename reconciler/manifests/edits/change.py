"""What is to become of a value, as data: nothing (no entry), another value, other fields, or another list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.model.canonical import Json
from reconciler.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Set:
    """The whole value becomes another one."""

    value: Json


@dataclass(frozen=True, slots=True)
class New:
    """A new item of a list; ``note`` is a comment for the end of its first line."""

    value: Json
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping of which some fields change; all others stay as they are written.

    ``rename`` gives a field another name in its place (its edit, if any, stands under the old name). ``live_id`` is
    for a comment ``# id: ...`` on the mapping's first line, where there is one already.
    """

    edits: Mapping[str, Edit] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    rename: Mapping[str, str] = field(default_factory=dict)
    add: Mapping[str, Json] = field(default_factory=dict)
    live_id: str = ""

    @property
    def empty(self) -> bool:
        """Nothing changes in the data."""
        return not (self.edits or self.drop or self.rename or self.add)


@dataclass(frozen=True, slots=True)
class Items:
    """A list in a new order: indexes of items that stay (perhaps edited), and new ones."""

    order: Sequence[int | New]
    edits: Mapping[int, Edit] = field(default_factory=dict)

    def moves(self, length: int) -> bool:
        """Is it more than edits inside of items that stay where they are?"""
        return list(self.order) != list(range(length))


Edit = Set | Fields | Items


def applied(data: Json, edit: Edit | None) -> Json:
    """The data after an edit."""
    if edit is None:
        return data
    if isinstance(edit, Set):
        return edit.value
    if isinstance(edit, Items):
        return [i.value if isinstance(i, New) else applied(data[i], edit.edits.get(i)) for i in edit.order]
    found = {
        edit.rename.get(name, name): applied(value, edit.edits.get(name))
        for name, value in data.items()
        if name not in edit.drop
    }
    return {**found, **edit.add}
