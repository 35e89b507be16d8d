"""Normal form of Octavia's policies and Neutron's rules: one for desired and live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.dialects import _neutron, _octavia
from reconciler.dialects import _values as v
from reconciler.dialects.openstack.tables import TARGET_FIELD
from reconciler.model.objects import EMPTY, Policy, SecurityRule


def policy(raw: Mapping[str, Any]) -> Policy:
    """A policy with its rules (full objects); only the target field of its action has a meaning.

    A redirect without a code is a 302 (null can be stored, and is answered so by the data plane).
    """
    get = raw.get
    action = v.text(get("action")) or ""
    fields: dict[str, Any] = {}
    for name in (TARGET_FIELD[action],) if action in TARGET_FIELD else TARGET_FIELD.values():
        target = v.text(get(name)) if name is not None else None
        if name is not None and target is not None:
            fields[name] = target
    if action in _octavia.REDIRECTS:
        code = v.integer(get("redirect_http_code"))
        if code is not None and code != _octavia.DEFAULT_REDIRECT_CODE:
            fields["redirect_http_code"] = code
    description = v.text(get("description"))
    if description is not None:
        fields["description"] = description
    if get("admin_state_up") is False:
        fields["admin_state_up"] = False
    tags = _octavia.tags(get("tags"))
    if tags:
        fields["tags"] = list(tags)
    raw_rules = get("rules")
    rules = [_octavia.rule(r) for r in raw_rules if isinstance(r, Mapping)] if raw_rules else []
    if len(rules) > 1:
        rules.sort(key=lambda r: r.sort_key)
    return Policy(v.text(get("name")) or "", action, fields or EMPTY, tuple(rules), v.integer(get("position")))


def security_rule(raw: Mapping[str, Any]) -> SecurityRule:
    """A security group rule; protocol 4 is ``ipip``, as Neutron's table of names has it."""
    if raw.get("protocol") in ("4", 4):
        raw = {**raw, "protocol": "ipip"}
    return _neutron.security_rule(raw)


def arms(policy: Policy) -> bool:
    """Only an enabled policy with an enabled rule is rendered (semantics.md O1)."""
    return policy.fields.get("admin_state_up") is not False and any(r.admin_state_up for r in policy.rules)
