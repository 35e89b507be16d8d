"""From a document's data to the model: frozen scope documents with paths back into the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.diagnostics import Path
from reconciler.model.desired import (
    DesiredPolicy,
    DesiredRule,
    Ignore,
    ListenerDocument,
    Reference,
    SecurityGroupDocument,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

POLICIES: Path = ("spec", "policies")
RULES: Path = ("spec", "rules")


def listener(data: Mapping[str, Any], number_field: str, policies: Iterable[tuple[int, Any]]) -> ListenerDocument:
    """The document with the given policies, each with its index; they and the rest of ``spec`` are schema-valid."""
    name, spec = data["metadata"]["name"], data["spec"]
    return ListenerDocument(
        name=name,
        provider=spec["provider"],
        listener=_reference("listener", "listener", spec) or Reference("listener", name, path=("metadata", "name")),
        load_balancer=_reference("load_balancer", "load_balancer", spec),
        unlisted=spec["unlisted"],
        policies=tuple(policy(raw, number_field, (*POLICIES, index)) for index, raw in policies),
        protect=tuple(spec.get("protect", ())),
        ignore=_ignores(spec, "policy"),
    )


def policy(raw: Mapping[str, Any], number_field: str, path: Path) -> DesiredPolicy:
    """One listed policy."""
    ours = ("name", "renamed_from", number_field)
    return DesiredPolicy(
        name=raw["name"],
        raw={key: value for key, value in raw.items() if key not in ours},
        number=raw.get(number_field),
        renamed_from=raw.get("renamed_from"),
        path=path,
    )


def security_group(data: Mapping[str, Any], rules: Iterable[tuple[int, Any]]) -> SecurityGroupDocument:
    """The document with the given rules, each with its index; they and the rest of ``spec`` are schema-valid."""
    name, spec = data["metadata"]["name"], data["spec"]
    group = _reference("security_group", "security_group", spec)
    return SecurityGroupDocument(
        name=name,
        provider=spec["provider"],
        security_group=group or Reference("security_group", name, path=("metadata", "name")),
        directions=tuple(spec["directions"]),
        unlisted=spec["unlisted"],
        rules=tuple(DesiredRule(raw, (*RULES, index)) for index, raw in rules),
        protect=tuple(spec.get("protect", ())),
        ignore=_ignores(spec, "rule"),
    )


def _reference(kind: str, field: str, spec: Mapping[str, Any]) -> Reference | None:
    if f"{field}_id" in spec:
        return Reference(kind, id=spec[f"{field}_id"], path=("spec", f"{field}_id"))
    if field in spec:
        return Reference(kind, spec[field], path=("spec", field))
    return None


def _ignores(spec: Mapping[str, Any], pattern_field: str) -> tuple[Ignore, ...]:
    return tuple(
        Ignore(
            pattern=entry[pattern_field],
            fields=tuple(entry.get("fields", ())),
            reason=entry.get("reason", ""),
            until=entry.get("until"),
            path=("spec", "ignore", index),
        )
        for index, entry in enumerate(spec.get("ignore", ()))
    )
