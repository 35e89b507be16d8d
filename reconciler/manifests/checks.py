"""What neither a schema nor a dialect can say: references inside a document and between documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path, did_you_mean
from reconciler.manifests.desired import POLICIES, RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def inside(data: Mapping[str, Any], address: str, fields: Sequence[str]) -> Iterator[Diagnostic]:
    """Everything about one scope document's own parts. ``fields`` are the API's fields of its items."""
    spec = data.get("spec")
    if not isinstance(spec, Mapping):
        return
    yield from _ignores(spec, address, fields)
    if data.get("kind") == "Listener":
        policies = [(index, p) for index, p in enumerate(_list(spec, "policies")) if isinstance(p, Mapping)]
        yield from _policy_names(policies, address)
    else:
        yield from _directions(spec, address)


def _list(spec: Mapping[str, Any], key: str) -> list[Any]:
    value = spec.get(key)
    return value if isinstance(value, list) else []


def _policy_names(policies: Sequence[tuple[int, Mapping[str, Any]]], address: str) -> Iterator[Diagnostic]:
    first: dict[str, int] = {}
    for index, policy in policies:
        name = policy.get("name")
        if not isinstance(name, str):
            continue
        if name in first:
            yield Diagnostic(
                "REF-DUPLICATE-POLICY",
                f"two policies are called {name!r}",
                f"The first one is entry {first[name] + 1} of the list. The name is what identifies a policy.",
                "give one of them another name",
                address=address,
                path=(*POLICIES, index, "name"),
            )
        first.setdefault(name, index)
    old: dict[str, int] = {}
    for index, policy in policies:
        was = policy.get("renamed_from")
        if not isinstance(was, str):
            continue
        path: Path = (*POLICIES, index, "renamed_from")
        if was == policy.get("name"):
            yield _rename(f"renamed_from is the policy's own name {was!r}", "delete renamed_from", address, path)
        elif was in first:
            yield _rename(
                f"{was!r} is also the name of entry {first[was] + 1} of this list",
                "a name that is still in use was not given up: delete renamed_from or that entry",
                address,
                path,
            )
        elif was in old:
            yield _rename(
                f"entry {old[was] + 1} of this list was renamed from {was!r} too",
                "one live policy can become one policy only: delete one renamed_from",
                address,
                path,
            )
        old.setdefault(was, index)


def _rename(summary: str, hint: str, address: str, path: Path) -> Diagnostic:
    return Diagnostic(
        "REF-RENAME",
        summary,
        "renamed_from names the live policy that becomes this one.",
        hint,
        address=address,
        path=path,
    )


def _directions(spec: Mapping[str, Any], address: str) -> Iterator[Diagnostic]:
    directions = _list(spec, "directions")
    for index, rule in enumerate(_list(spec, "rules")):
        direction = rule.get("direction") if isinstance(rule, Mapping) else None
        if directions and direction in ("ingress", "egress") and direction not in directions:
            yield Diagnostic(
                "REF-DIRECTION",
                f"the direction {direction} is not managed by this document",
                "Rules of a direction that spec.directions does not name are neither compared nor touched.",
                f"add {direction} to spec.directions, or move the rule to another document",
                address=address,
                path=(*RULES, index, "direction"),
            )


def _ignores(spec: Mapping[str, Any], address: str, fields: Sequence[str]) -> Iterator[Diagnostic]:
    policies = [p for p in _list(spec, "policies") if isinstance(p, Mapping)]
    unpinned = {f for f in ("priority", "position") if policies and not any(f in p for p in policies)}
    for index, entry in enumerate(_list(spec, "ignore")):
        if not isinstance(entry, Mapping):
            continue
        path: Path = ("spec", "ignore", index)
        for number, field in enumerate(_list(entry, "fields")):
            if isinstance(field, str) and field not in fields:
                yield Diagnostic(
                    "REF-IGNORE-FIELD",
                    f"{field!r} is no field that can be ignored",
                    f"Known here: {', '.join(fields)}.",
                    did_you_mean(field, fields),
                    address=address,
                    path=(*path, "fields", number),
                )
            elif isinstance(field, str) and field in unpinned:
                yield Diagnostic(
                    "REF-IGNORE-PLACE",
                    f"{field!r} cannot be ignored here: no policy of this list has it",
                    "The order of the list is what is wanted; the numbers are the planner's business.",
                    f"give every policy a {field}, or list the policies in the order that is to be",
                    address=address,
                    path=(*path, "fields", number),
                )
        until = entry.get("until")
        if isinstance(until, str) and _looks_like_a_date(until) and not _is_date(until):
            yield Diagnostic(
                "REF-DATE",
                f"there is no {until}",
                "until is the last day on which the entry holds.",
                "write YYYY-MM-DD",
                address=address,
                path=(*path, "until"),
            )


def _looks_like_a_date(text: str) -> bool:
    return len(text) == 10


def _is_date(text: str) -> bool:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def between(scopes: Sequence[tuple[str, Mapping[str, Any]]], where: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Two documents that manage the same live object, as far as that shows offline.

    ``scopes`` are addresses and data in reading order; ``where`` says for people where a document stands.
    """
    seen: dict[tuple[str, str, str, str], list[tuple[str, str | None]]] = {}
    for address, data in scopes:
        spec = data.get("spec")
        if not isinstance(spec, Mapping) or not isinstance(spec.get("provider"), str):
            continue
        kind = "listener" if data.get("kind") == "Listener" else "security_group"
        field, value = _target(kind, spec, data)
        if value is None:
            continue
        parent = spec.get("load_balancer_id") or spec.get("load_balancer")
        parent = parent if isinstance(parent, str) and field == kind else None
        same = seen.setdefault((spec["provider"], kind, field, value), [])
        for other, other_parent in same:
            if parent is None or other_parent is None or parent == other_parent:
                path: Path = ("spec", field) if field in spec else ("metadata", "name")
                words = kind.replace("_", " ")
                yield Diagnostic(
                    "REF-SAME-TARGET",
                    f"{other} manages the same {words} {value!r}",
                    f"It stands at {where[other]}. Two documents would undo each other's changes.",
                    "merge the two documents, or correct one of the names",
                    address=address,
                    path=path,
                )
                break
        same.append((address, parent))


def _target(kind: str, spec: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[str, str | None]:
    for field in (f"{kind}_id", kind):
        if field in spec:
            return field, spec[field] if isinstance(spec[field], str) else None
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return kind, name if isinstance(name, str) else None
