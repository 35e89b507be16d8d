"""Normal form of Gcore policies: one for desired and live. Rules and security rules are Octavia's and Neutron's."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.dialects import _octavia
from reconciler.dialects import _values as v
from reconciler.dialects.gcore.tables import TARGET_FIELD
from reconciler.model.objects import EMPTY, Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def policy(raw: Mapping[str, Any]) -> Policy:
    """A policy with its rules (full objects); only the target field of its action has a meaning.

    A redirect without a code is a 302: replies show either that or null.
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
    tags = _octavia.tags(get("tags"))
    if tags:
        fields["tags"] = list(tags)
    raw_rules = get("rules")
    rules = [_octavia.rule(r) for r in raw_rules if isinstance(r, Mapping)] if raw_rules else []
    if len(rules) > 1:
        rules.sort(key=lambda r: r.sort_key)
    return Policy(v.text(get("name")) or "", action, fields or EMPTY, tuple(rules), v.integer(get("position")))
