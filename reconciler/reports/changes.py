"""The changed fields of a step as lines: one line a field, nested fields and rules one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports import words
from reconciler.reports.lines import DETAIL, Line

_IN_TITLE = {"l7policy": ("name", "action")}


def field_lines(step: Mapping[str, Any], limit: int | None, besides: Collection[str] = frozenset()) -> Iterator[Line]:
    """The lines under a step's title: nothing for a rule that is created or deleted, its title says it all.

    ``besides``: fields that are told elsewhere.
    """
    op, kind = step["op"], step["kind"]
    if kind != "l7policy" and op in ("create", "delete"):
        return
    hidden = {*besides, *(_IN_TITLE.get(kind, ()) if op in ("create", "delete") else ())}
    for change in step["changed"]:
        if change["field"] in hidden:
            continue
        if op == "update" and _place(change["after"]):  # a number that is only known by the place: the policy moves
            yield Line(">", f"{change['field']}: {words.value(change['after'])}", 2, weight=DETAIL)
        else:
            yield from _field(change["field"], change["before"], change["after"], limit)


def _place(item: Any) -> bool:
    return isinstance(item, Mapping) and set(item) == {"$position"}


def change_lines(changed: Sequence[Mapping[str, Any]], limit: int | None) -> Iterator[Line]:
    """The lines of a list of changed fields."""
    for change in changed:
        yield from _field(change["field"], change["before"], change["after"], limit)


def _field(name: str, before: Any, after: Any, limit: int | None) -> Iterator[Line]:
    if name == "rules" and isinstance(before or [], Sequence) and isinstance(after or [], Sequence):
        yield from _rules(before or [], after or [], limit)
    elif _objects(before) and _objects(after) and (before or after):
        yield from _items(name, before or [], after or [], limit)
    elif _nested(before) and _nested(after):
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                yield from _field(f"{name}.{key}", before.get(key), after.get(key), limit)
    elif before is None:
        yield Line("+", f"{name}: {words.value(after, limit)}", 2, weight=DETAIL)
    elif after is None:
        yield Line("-", f"{name}: {words.value(before, limit)}", 2, weight=DETAIL)
    else:
        old, new = words.pair(before, after, limit)
        yield Line("~", f"{name}: {old} -> {new}", 2, weight=DETAIL)


def _nested(item: Any) -> bool:
    return isinstance(item, Mapping) and not any(key.startswith("$") for key in item)


def _objects(item: Any) -> bool:
    """A list of objects, or nothing."""
    return item is None or (isinstance(item, list) and all(_nested(part) for part in item))


def _items(name: str, before: Sequence[Any], after: Sequence[Any], limit: int | None) -> Iterator[Line]:
    """A list of objects, one line an object: what went and what came."""
    for symbol, items, others in (("-", before, after), ("+", after, before)):
        for item in items:
            if item not in others:
                yield Line(symbol, f"{name}: {words.value(item, limit)}", 2, weight=DETAIL)
    if all(item in after for item in before) and all(item in before for item in after):
        yield Line("~", f"{name}: {words.value(before, limit)} -> {words.value(after, limit)}", 2, weight=DETAIL)


def _rules(before: Sequence[Any], after: Sequence[Any], limit: int | None) -> Iterator[Line]:
    """Rules are a set: what went and what came; equal ones are not shown."""
    remaining = list(after)
    for item in before:
        if item in remaining:
            remaining.remove(item)
        else:
            yield Line("-", f"rule {words.rule(item, limit)}", 2, weight=DETAIL)
    for item in remaining:
        yield Line("+", f"rule {words.rule(item, limit)}", 2, weight=DETAIL)
