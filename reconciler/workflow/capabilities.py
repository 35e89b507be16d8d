"""What each provider type can do, asked of its own code: the dialect, the published schemas, the plug-in.

Nothing is kept by hand here. Constants are the dialect's; fields and actions are the schemas'; what depends on several
things at once (which rule type takes which compare type, which listeners take policies) is found by judging small
documents exactly as ``validate`` and ``plan`` judge real ones. So plug-ins of other distributions are told as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.model.canonical import Json
from reconciler.model.plugin import Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.model.desired import ListenerDocument
    from reconciler.model.dialect import Dialect

YES, WARNED = "yes", "warned"
"""How something is taken: without a word, or with a warning (the cloud's pages do not promise it)."""

PROTOCOLS = ("HTTP", "HTTPS", "TERMINATED_HTTPS", "QUIC", "TLS", "TCP", "UDP", "SCTP", "PROMETHEUS")
"""Protocols of the clouds' listeners that are tried."""

_VALUES = ("/a", "a.example.com", "GET", "10.0.0.0/8", "jpg", "True", "0")
"""One of these fits each rule type; a combination counts as taken when one of them is."""


def capabilities(plugin: Plugin) -> dict[str, Json]:
    """One provider type as data (``reconcile providers --format json``).

    Raises:
        KeyError: the plug-in ships no schema of the name that it gives.
    """
    from reconciler.manifests import schemas

    dialect = plugin.dialect()
    listener = schemas.schema(f"listener.{plugin.schema}")
    group = schemas.schema(f"security_group.{plugin.schema}")
    policy, rule = (listener["$defs"][name]["properties"] for name in ("policy", "rule"))
    group_rule = group["$defs"]["rule"]
    return {
        "type": plugin.type,
        "policies": {
            "actions": list(policy["action"]["enum"]),
            "number_field": dialect.number_field,
            "numbers": list(dialect.numbers),
            "own_numbers": dialect.number_field == "priority",
            "name_max": dialect.name_max,
            "rules_inline": dialect.rules_inline,
            "rules_max": dialect.max_rules,
            "rules_counted": "conditions" if _known(rule, "conditions") else "rules",
            "disabled_create": dialect.disabled_create,
            "duplicate_match_sets": not dialect.reject_duplicate_match_sets,
            "evaluated_first": _classes(dialect, policy["action"]["enum"]),
        },
        "listener_protocols": dict(_protocols(dialect, listener)),
        "rule_types": _rule_types(plugin, dialect, listener),
        "security_group_rules": {
            "fields": [name for name in group_rule["properties"] if _known(group_rule["properties"], name)],
            "required": list(group_rule.get("required", ())),
        },
        "hosts": list(plugin.hosts),
        "permissions": {kind: list(rights) for kind, rights in plugin.permissions.items()},
        "variables": {what: list(names) for what, names in plugin.variables().items()},
        "extra": plugin.extra,
    }


def _known(properties: Mapping[str, Any], name: str) -> bool:
    """Is it a field of this type? The schemas also name fields of other types, to refuse them in words."""
    return name in properties and properties[name].get("not") != {}


def _classes(dialect: Dialect, actions: Sequence[str]) -> list[Json]:
    """Actions that are evaluated before others whatever the order of the list, class by class; [] where none is.

    On a data plane whose evaluation is known (Octavia's own).
    """
    from reconciler.model.live import ListenerFacts

    facts = ListenerFacts("example", advanced_forwarding=True, load_balancer_provider="amphora")
    classes: dict[int, list[Json]] = {}
    for action in actions:
        policy = dialect.policy({"name": "example", "action": action, "rules": []})
        classes.setdefault(dialect.evaluation_class(policy, facts), []).append(action)
    return [classes[number] for number in sorted(classes)] if len(classes) > 1 else []


# ---------------------------------------------------------------------- rule types and compare types
def _rule_types(plugin: Plugin, dialect: Dialect, schema: Mapping[str, Any]) -> dict[str, Json]:
    """For each rule type the compare types that it takes, each ``yes`` or ``warned``."""
    properties = schema["$defs"]["rule"]["properties"]
    conditions = _known(properties, "conditions")
    found: dict[str, Json] = {}
    for type_ in properties["type"]["enum"]:
        taken = {c: _taken(plugin, dialect, schema, type_, c, conditions) for c in properties["compare_type"]["enum"]}
        found[type_] = {compare_type: how for compare_type, how in taken.items() if how is not None}
    return found


def _taken(
    plugin: Plugin, dialect: Dialect, schema: Mapping[str, Any], type_: str, compare_type: str, conditions: bool
) -> str | None:
    """How a combination is taken at its best; None where every document with it is refused."""
    best = None
    for shape in _shapes(type_, compare_type, conditions):
        found = list(_about_the_rule(plugin, dialect, schema, shape))
        if not found:
            return YES
        if not any(d.is_error for d in found):
            best = WARNED
    return best


def _shapes(type_: str, compare_type: str, conditions: bool) -> Iterator[dict[str, Json]]:
    """Rules of this combination, written in every way that a cloud may want."""
    head: dict[str, Json] = {"type": type_, "compare_type": compare_type}
    for value in _VALUES:
        yield {**head, "value": value}
        yield {**head, "key": "CN", "value": value}
        if conditions:
            yield {**head, "conditions": [{"value": value}]}
            yield {**head, "conditions": [{"key": "CN", "value": value}]}


def _about_the_rule(
    plugin: Plugin, dialect: Dialect, schema: Mapping[str, Any], rule: Mapping[str, Json]
) -> Iterator[Diagnostic]:
    """What ``validate`` says of a policy's only rule."""
    from reconciler.manifests import judge

    document = _document(schema, [{**_policy(schema), "rules": [rule]}])
    _, found = judge.judge(document, dialect, plugin.schema)
    return (d for d in found if d.path[:4] == ("spec", "policies", 0, "rules"))


def _policy(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The first policy of the schema's own example, without its rules."""
    policy = schema["examples"][0]["spec"]["policies"][0]
    return {key: value for key, value in policy.items() if key != "rules"}


def _document(schema: Mapping[str, Any], policies: list[Any]) -> Any:
    from reconciler.manifests.envelope import Document
    from reconciler.manifests.marks import Marks

    example = schema["examples"][0]
    spec = {key: value for key, value in example["spec"].items() if key not in ("policies", "protect", "ignore")}
    data = {**example, "spec": {**spec, "policies": policies}}
    return Document(data, Marks("example"), "Listener", "example", "listener/example")


# ---------------------------------------------------------------------- listeners
def _protocols(dialect: Dialect, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The listener protocols that take policies, each ``yes`` or ``warned``."""
    from reconciler.manifests import desired

    policy = {**_policy(schema), "rules": []}
    document = desired.listener(_document(schema, [policy]).data, dialect.number_field, [(0, policy)])
    silent = _said(dialect, document, None)
    for protocol in PROTOCOLS:
        more = [d for d in _said(dialect, document, protocol) if d not in silent]
        if not any(d.is_error for d in more):
            yield protocol, WARNED if more else YES


def _said(dialect: Dialect, document: ListenerDocument, protocol: str | None) -> list[Diagnostic]:
    from reconciler.model.live import ListenerFacts

    facts = ListenerFacts("example", "example", protocol, 443, advanced_forwarding=True)
    policies = [dialect.policy(policy.raw) for policy in document.policies]
    return list(dialect.check_listener_live(document, policies, facts))
