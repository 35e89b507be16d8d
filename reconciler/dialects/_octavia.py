"""L7 facts of Octavia and the clouds built on it (Gcore).

Sources: semantics.md 2.1, 2.2 (rendered and measured HAProxy), openstack.md "L7 rule", gcore.md 3.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.dialects import _values as v
from reconciler.model.objects import Policy, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EVALUATION_CLASSES = {"REJECT": 0, "REDIRECT_TO_URL": 1, "REDIRECT_PREFIX": 1, "REDIRECT_TO_POOL": 2}
"""Octavia's phases: every REJECT before every redirect, every redirect before every pool policy."""

REDIRECTS = ("REDIRECT_TO_URL", "REDIRECT_PREFIX")
DEFAULT_REDIRECT_CODE = 302
MAX_RULES = 50
POSITIONS = (1, 2147483647)

ALL_COMPARE_TYPES = ("CONTAINS", "ENDS_WITH", "EQUAL_TO", "REGEX", "STARTS_WITH")
COMPARE_TYPES: Mapping[str, tuple[str, ...]] = {
    "HOST_NAME": ALL_COMPARE_TYPES,
    "PATH": ALL_COMPARE_TYPES,
    "HEADER": ALL_COMPARE_TYPES,
    "COOKIE": ALL_COMPARE_TYPES,
    "SSL_DN_FIELD": ALL_COMPARE_TYPES,
    "FILE_TYPE": ("EQUAL_TO", "REGEX"),
    "SSL_CONN_HAS_CERT": ("EQUAL_TO",),
    "SSL_VERIFY_RESULT": ("EQUAL_TO",),
}
"""Which compare types each rule type takes."""

KEYED = frozenset({"HEADER", "COOKIE", "SSL_DN_FIELD"})
"""Rule types that are about one named thing and need a key."""


def tags(value: Any) -> tuple[str, ...]:
    """Tags are a set: sorted, each once; anything that is no list counts as none."""
    if not value or not isinstance(value, (list, tuple)):
        return ()
    return tuple(sorted({str(tag) for tag in value}))


def rule(raw: Mapping[str, Any]) -> Rule:
    """The normal form of a rule; a key on a type without one has no meaning and is left out."""
    get = raw.get
    type_ = v.text(get("type")) or ""
    key = get("key")
    value = v.text(get("value"))
    if type_ == "SSL_CONN_HAS_CERT" and value is not None and value.lower() == "true":
        value = "True"  # any case is accepted and kept
    tag_list = get("tags")
    return Rule(
        type_,
        v.text(get("compare_type")) or "",
        value,
        v.text(key) if key and (type_ in KEYED or type_ not in COMPARE_TYPES) else None,
        get("invert") is True,
        (),
        tags(tag_list) if tag_list else (),
        get("admin_state_up") is not False,
    )


def arms(policy: Policy, guard: Rule) -> bool:
    """A policy without (enabled) rules is not rendered, and the guard matches no request."""
    return bool(policy.rules) and not any(is_guard(r, guard) for r in policy.rules)


def is_guard(rule: Rule, guard: Rule) -> bool:
    """Is this the rule that never matches? (Tags do not matter.)"""
    return rule.match_set == guard.match_set
