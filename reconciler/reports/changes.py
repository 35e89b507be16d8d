"""The changed fields of a step: nested fields and rules one by one, as data and as lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from reconciler.records import dataclass
from reconciler.reports import words
from reconciler.reports.lines import DETAIL, Line

_IN_TITLE = {"l7policy": ("name", "action")}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, or one item of a list, in words before and after; None: it was not there, or will not be.

    ``rule``: ``field`` is the word rule, and the rule follows without a colon. ``place``: a number that is only known
    by the place that a policy moves to.
    """

    field: str
    before: str | None
    after: str | None
    rule: bool = False
    place: bool = False

    def line(self) -> Line:
        """The line that tells it."""
        name = self.field if self.rule else f"{self.field}:"
        if self.place:
            return Line(">", f"{name} {self.after}", 2, weight=DETAIL)
        if self.before is None:
            return Line("+", f"{name} {self.after}", 2, weight=DETAIL)
        if self.after is None:
            return Line("-", f"{name} {self.before}", 2, weight=DETAIL)
        return Line("~", f"{name} {self.before} -> {self.after}", 2, weight=DETAIL)


def field_lines(step: Mapping[str, Any], limit: int | None, besides: Collection[str] = frozenset()) -> Iterator[Line]:
    """The lines under a step's title: nothing for a rule that is created or deleted, its title says it all.

    ``besides``: fields that are told elsewhere.
    """
    yield from (difference.line() for difference in step_differences(step, limit, besides))


def change_lines(changed: Sequence[Mapping[str, Any]], limit: int | None) -> Iterator[Line]:
    """The lines of a list of changed fields."""
    yield from (difference.line() for difference in differences(changed, limit))


def step_differences(
    step: Mapping[str, Any], limit: int | None, besides: Collection[str] = frozenset()
) -> Iterator[Difference]:
    """What a step's title does not say."""
    op, kind = step["op"], step["kind"]
    if kind != "l7policy" and op in ("create", "delete"):
        return
    hidden = {*besides, *(_IN_TITLE.get(kind, ()) if op in ("create", "delete") else ())}
    for change in step["changed"]:
        if change["field"] in hidden:
            continue
        if op == "update" and _place(change["after"]):
            yield Difference(change["field"], None, words.value(change["after"]), place=True)
        else:
            yield from _field(change["field"], change["before"], change["after"], limit)


def differences(changed: Sequence[Mapping[str, Any]], limit: int | None) -> Iterator[Difference]:
    """Every difference of a list of changed fields."""
    for change in changed:
        yield from _field(change["field"], change["before"], change["after"], limit)


def _place(item: Any) -> bool:
    return isinstance(item, Mapping) and set(item) == {"$position"}


def _field(name: str, before: Any, after: Any, limit: int | None) -> Iterator[Difference]:
    if name == "rules" and _objects(before) and _objects(after):
        yield from _rules(before or [], after or [], limit)
    elif _objects(before) and _objects(after) and (before or after):
        yield from _items(name, before or [], after or [], limit)
    elif _nested(before) and _nested(after):
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                yield from _field(f"{name}.{key}", before.get(key), after.get(key), limit)
    elif before is None:
        yield Difference(name, None, words.value(after, limit))
    elif after is None:
        yield Difference(name, words.value(before, limit), None)
    else:
        yield Difference(name, *words.pair(before, after, limit))


def _nested(item: Any) -> bool:
    return isinstance(item, Mapping) and not any(key.startswith("$") for key in item)


def _objects(item: Any) -> bool:
    """A list of objects, or nothing."""
    return item is None or (isinstance(item, list) and all(_nested(part) for part in item))


def _items(name: str, before: Sequence[Any], after: Sequence[Any], limit: int | None) -> Iterator[Difference]:
    """A list of objects, one by one: what went and what came."""
    yield from (Difference(name, words.value(item, limit), None) for item in before if item not in after)
    yield from (Difference(name, None, words.value(item, limit)) for item in after if item not in before)
    if all(item in after for item in before) and all(item in before for item in after):
        yield Difference(name, words.value(before, limit), words.value(after, limit))


def _rules(before: Sequence[Any], after: Sequence[Any], limit: int | None) -> Iterator[Difference]:
    """Rules are a set: what went and what came; equal ones are not shown."""
    remaining = list(after)
    for item in before:
        if item in remaining:
            remaining.remove(item)
        else:
            yield Difference("rule", words.rule(item, limit), None, rule=True)
    for item in remaining:
        yield Difference("rule", None, words.rule(item, limit), rule=True)
