"""The steps of a plan as lines: each alone, or steps that do the same to different objects told once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from json import dumps
from typing import Any

from reconciler.reports import words
from reconciler.reports.changes import field_lines
from reconciler.reports.lines import ASIDE, DANGER, DETAIL, MAIN, Line, Section

SYMBOLS = {"create": "+", "update": "~", "delete": "-", "move": ">"}
SAME_FROM = 3
"""From so many equal changes on they are told once."""
_OF_ITS_OWN = frozenset({"name", "priority", "position"})
"""What may differ between new (or deleted) policies that are told together: their names say it."""
_ROLES = {"guard": " (guard: keeps it from matching)", "arm": " (arms it)", "clone": " (clone)", "heal": " (heals it)"}

Step = Mapping[str, Any]


def sections(plan: Mapping[str, Any], full: bool, limit: int | None) -> list[Section]:
    """One section a scope; equal changes of several scopes stand together, first. ``full``: each by itself."""
    scopes = {scope["address"]: scope for scope in plan["scopes"]}
    several: list[Line] = []
    by_scope: dict[str, list[Line]] = defaultdict(list)
    for steps in groups(plan["steps"], full):
        inside = {step["scope"] for step in steps}
        (several if len(inside) > 1 else by_scope[steps[0]["scope"]]).extend(lines(steps, full, limit))
    found = [Section("Several scopes", tuple(several))] if several else []
    return found + [Section("", tuple(by_scope[a]), a, scope_note(scopes.get(a, {}))) for a in sorted(by_scope)]


def scope_note(scope: Mapping[str, Any]) -> str:
    """Provider, live id and what happens to unlisted objects."""
    parts = [str(scope[key]) for key in ("provider", "id") if key in scope]
    return ", ".join([*parts, f"unlisted: {scope['unlisted']}"] if "unlisted" in scope else parts)


def groups(steps: Sequence[Step], full: bool) -> list[list[Step]]:
    """Steps that do the same to different objects, from ``SAME_FROM`` of them on; else each step alone."""
    if full:
        return [[step] for step in steps]
    same: dict[str, list[Step]] = {}
    for step in steps:
        same.setdefault(_sameness(step), []).append(step)
    out: list[list[Step]] = []
    for group in same.values():
        out += [group] if len(group) >= SAME_FROM else [[step] for step in group]
    return sorted(out, key=lambda group: int(group[0]["id"][1:]))


def _sameness(step: Step) -> str:
    """Equal for steps that may be told together: what is changed, apart from the object's own name and number."""
    op, kind = step["op"], step["kind"]
    if op == "move" or step["gap"] or step["warnings"] or step["replaces"] or step["role"] != "none":
        return str(step["id"])
    if op == "update":
        if any(_is_place(change["after"]) for change in step["changed"]):
            return str(step["id"])
        return dumps([op, kind, step["changed"]], sort_keys=True)
    shown = step["after"] if step["after"] is not None else step["before"]
    if kind == "security_group_rule":
        head, _, rest = words.security_rule_parts(shown)
        return dumps([op, kind, step["scope"], head, rest])
    if kind == "l7rule":
        return dumps([op, kind, step["scope"], shown], sort_keys=True)
    content = [change for change in step["changed"] if change["field"] not in _OF_ITS_OWN]
    return dumps([op, kind, step["scope"], content], sort_keys=True)


def _is_place(item: Any) -> bool:
    return isinstance(item, Mapping) and "$position" in item


def lines(steps: Sequence[Step], full: bool, limit: int | None) -> Iterator[Line]:
    """A step, or several that do the same: title, names, fields, reason."""
    step = steps[0]
    yield from (_alone(step, limit) if len(steps) == 1 else _together(steps, limit))
    hidden = _OF_ITS_OWN if len(steps) > 1 and step["op"] in ("create", "delete") else frozenset()
    yield from field_lines(step, limit, hidden)
    if step["reason"]:
        yield Line(" ", f"because: {step['reason']}", 2, weight=ASIDE)
    if full:
        yield from _full(step)


def _weight(step: Step) -> int:
    """A deletion is listed under danger already; a created security group rule must be seen wherever it stands."""
    return DANGER if step["op"] == "create" and step["kind"] == "security_group_rule" else MAIN


def _alone(step: Step, limit: int | None) -> Iterator[Line]:
    shown = step["after"] if step["after"] is not None else step["before"]
    text = words.label(step["kind"], step["address"], shown, limit)
    text += "" if step["op"] == "delete" else _ROLES.get(step["role"], "")  # what goes is the original, no clone
    yield Line(SYMBOLS[step["op"]], text, 1, step["id"], _weight(step), 1)


def _together(steps: Sequence[Step], limit: int | None) -> Iterator[Line]:
    step, several = steps[0], len({other["scope"] for other in steps}) > 1
    op, kind, number = step["op"], step["kind"], len(steps)
    shown = step["after"] if step["after"] is not None else step["before"]
    if op == "update":
        title = f"the same change on {words.objects(number, kind)}:"
        names = [other["address"] if several else words.name(words.tail(other["address"])) for other in steps]
    elif kind == "security_group_rule":
        head, _, rest = words.security_rule_parts(shown, limit)
        title = f"{number:,} rules {head} each of these{', ' + rest if rest else ''}:"
        names = [words.security_rule_parts(_object(other))[1] for other in steps]
    elif kind == "l7rule":
        title = f"rule {words.rule(shown, limit)} of {number:,} policies:"
        names = [words.name(words.tail(other["address"]).partition(" rule/")[0]) for other in steps]
    else:
        title = f"{number:,} policies that differ in name and number only, {words.word(shown.get('action', ''))}:"
        names = [words.name(words.tail(other["address"])) + _number(_object(other)) for other in steps]
    yield Line(SYMBOLS[op], title, 1, f"{step['id']}..{steps[-1]['id']}", _weight(step))
    weight = DANGER if _weight(step) == DANGER else DETAIL
    for text, count in words.names(names):
        yield Line(" ", text, 3, "", weight, count)


def _object(step: Step) -> Mapping[str, Any]:
    found: Mapping[str, Any] = step["after"] if step["after"] is not None else step["before"]
    return found


def _number(item: Mapping[str, Any]) -> str:
    for key in ("priority", "position"):
        if isinstance(item.get(key), int):
            return f" ({key} {item[key]})"
    return ""


def _full(step: Step) -> Iterator[Line]:
    yield Line(" ", f"address: {step['address']}", 2, weight=ASIDE)
    if step["object_id"] is not None:
        yield Line(" ", f"id: {words.value(step['object_id'])}", 2, weight=ASIDE)
    yield Line(" ", f"call: {call(step)}", 2, weight=ASIDE)
    if step["call"]["body"] is not None:
        yield Line(" ", f"body: {words.value(step['call']['body'])}", 2, weight=ASIDE)


def call(step: Step) -> str:
    """``elb PUT /v3/.../l7policies/ID``."""
    made = step["call"]
    path = "/".join(words.value(part) if isinstance(part, Mapping) else str(part) for part in made["path"])
    return f"{made['service']} {made['method']} /{path}"
