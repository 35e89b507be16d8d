"""The capability table: a document of kind ``Providers`` as text or markdown, one row a question, one column a type."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.reports.visible import visible

_LABEL = 21
_NARROWEST = 24


def _actions(of: Mapping[str, Any]) -> list[str]:
    return list(of["policies"]["actions"])


def _order(of: Mapping[str, Any]) -> list[str]:
    policies = of["policies"]
    low, high = policies["numbers"]
    kind = "its own number, with gaps" if policies["own_numbers"] else "its place among all policies"
    first = [" and ".join(classes) for classes in policies["evaluated_first"]]
    lines = [f"{policies['number_field']} {low} to {high}: {kind}"]
    return [*lines, f"always {', then '.join(first)}"] if first else lines


def _policy_calls(of: Mapping[str, Any]) -> list[str]:
    policies = of["policies"]
    lines = ["one call with its rules" if policies["rules_inline"] else "one call, and one for each rule"]
    if policies["disabled_create"]:
        lines.append("can be made disabled and enabled last")
    return lines


def _limits(of: Mapping[str, Any]) -> list[str]:
    policies = of["policies"]
    counted = "every condition counts" if policies["rules_counted"] == "conditions" else "each rule counts once"
    twins = "allowed" if policies["duplicate_match_sets"] else "refused"
    return [
        f"{policies['rules_max']} rules a policy: {counted}",
        f"name: {policies['name_max']} characters",
        f"two policies of equal rules: {twins}",
    ]


def _marked(how: str) -> str:
    return "" if how == "yes" else f" ({how})"


def _protocols(of: Mapping[str, Any]) -> list[str]:
    return [f"{name}{_marked(how)}" for name, how in of["listener_protocols"].items()] or ["none"]


def _rule_types(of: Mapping[str, Any]) -> list[str]:
    alike: dict[str, list[str]] = {}
    for type_, compare_types in of["rule_types"].items():
        taken = ", ".join(f"{name}{_marked(how)}" for name, how in compare_types.items())
        alike.setdefault(taken or "none", []).append(type_)
    return [f"{', '.join(types)}: {taken}" for taken, types in alike.items()]


def _group_fields(of: Mapping[str, Any]) -> list[str]:
    rules = of["security_group_rules"]
    return [f"{name} (required)" if name in rules["required"] else name for name in rules["fields"]]


def _hosts(of: Mapping[str, Any]) -> list[str]:
    return list(of["hosts"]) or ["none by name: the one that is configured with the credentials, and its catalog's"]


def _rights(kind: str) -> Callable[[Mapping[str, Any]], list[str]]:
    return lambda of: list(of["permissions"].get(kind, ())) or ["not told"]


def _variables(of: Mapping[str, Any]) -> list[str]:
    return [f"{what}: {' or '.join(names)}" for what, names in of["variables"].items()] or ["none"]


def _extra(of: Mapping[str, Any]) -> list[str]:
    return [of["extra"] or "nothing"]


ROWS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "actions": _actions,
    "order": _order,
    "a policy is": _policy_calls,
    "limits": _limits,
    "listener protocols": _protocols,
    "rule types": _rule_types,
    "group rule fields": _group_fields,
}
"""Rows that are compared type by type."""

OWN: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "credentials go to": _hosts,
    "least rights: read": _rights("read"),
    "least rights: write": _rights("write"),
    "variables": _variables,
    "to install besides": _extra,
}
"""Rows that are each type's own business. No row of either kind is ever empty."""

_NOTES = "(warned): taken with a warning, because the cloud's own pages do not promise it"


def text(document: Mapping[str, Any], *, width: int, ascii_only: bool = False) -> str:
    """A table as wide as ``width`` columns; where that is too narrow for one, a list for each type."""
    types: Sequence[Mapping[str, Any]] = document["providers"]
    column = (width - _LABEL) // len(types) - 2 if types else 0
    if column < _NARROWEST:
        out = "\n".join(_block(of, ROWS | OWN, width, ascii_only) for of in types)
    else:
        rows = [("", [[visible(of["type"], ascii_only=ascii_only)] for of in types])]
        rows += [(label, [_wrapped(row(of), column, ascii_only) for of in types]) for label, row in ROWS.items()]
        out = "\n\n".join(_row(label, cells, column) for label, cells in rows) + "\n\n"
        out += "\n".join(_block(of, OWN, width, ascii_only) for of in types)
    return f"{out}\n{_NOTES}\n" if types else "no provider type\n"


def _wrapped(lines: Sequence[str], width: int, ascii_only: bool) -> list[str]:
    """Lines cut at blanks, or wherever they must be; what goes on is indented."""
    seen = (visible(line, ascii_only=ascii_only) for line in lines)
    return [part for line in seen for part in textwrap.wrap(line, width, subsequent_indent="  ") or [""]]


def _row(label: str, cells: Sequence[Sequence[str]], width: int) -> str:
    height = max(len(cell) for cell in cells)
    lines = []
    for n in range(height):
        parts = [label if n == 0 else "", *(cell[n] if n < len(cell) else "" for cell in cells)]
        lines.append(f"{parts[0]:<{_LABEL}}" + "  ".join(f"{part:<{width}}" for part in parts[1:]))
    return "\n".join(line.rstrip() for line in lines)


def _block(of: Mapping[str, Any], rows: Mapping[str, Any], width: int, ascii_only: bool) -> str:
    lines = [visible(of["type"], ascii_only=ascii_only)]
    for label, row in rows.items():
        told = ["; ".join(row(of))] if label in OWN else row(of)
        cell = _wrapped(told, max(20, width - _LABEL - 2), ascii_only)
        lines.append("  " + _row(label, [cell], 0).replace("\n", "\n  "))
    return "\n".join(lines) + "\n"


def markdown(document: Mapping[str, Any]) -> str:
    """A table; values are code, so nothing in them acts."""
    types: Sequence[Mapping[str, Any]] = document["providers"]
    lines = ["| | " + " | ".join(_code(of["type"]) for of in types) + " |", "|---" * (len(types) + 1) + "|"]
    for label, row in (ROWS | OWN).items():
        lines.append(f"| **{label}** | " + " | ".join("<br>".join(_code(v) for v in row(of)) for of in types) + " |")
    return "\n".join([*lines, "", _NOTES, ""])


def _code(value: str) -> str:
    """A code span in a table's cell: no pipe ends the cell, no backtick the span, no line the row."""
    plain = visible(value).replace("|", "\\|")
    ticks = "``" if "`" in plain else "`"
    return f"{ticks} {plain} {ticks}" if ticks == "``" else f"`{plain}`"
