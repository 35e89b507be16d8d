"""What stood as wanted at the end of a run, in tokens: short digests of normal forms that two runs compare.

The unit is as small as a cause can be: a field of a policy, an L7 rule, a security group rule.
"""

from __future__ import annotations

from collections.abc import Hashable

from reconciler.model.canonical import Json, digest
from reconciler.model.dialect import Dialect
from reconciler.model.objects import Policy, Rule, SecurityRule

DIGITS = 12
"""Hex digits of a token: enough to tell contents of one scope apart, a fifth of a whole digest."""


def token(value: Json) -> str:
    """The first hex digits of a value's digest."""
    return digest(value)[:DIGITS]


def field_tokens(policy: Policy, pin: int | None, number_field: str) -> dict[str, str]:
    """Every field of a policy that is not its default, by name; its number only where the manifest pins it."""
    values = policy.to_json(with_rules=False)
    if pin is not None:
        values[number_field] = pin
    return {name: token(value) for name, value in sorted(values.items())}


def rule_token(rule: Rule) -> str:
    """The token of an L7 rule."""
    return token(rule.to_json())


def traffic_token(rule: SecurityRule, dialect: Dialect) -> str:
    """The token of what a security group rule admits or denies: words and spelling are no part of it."""
    return token(_plain(dialect.security_traffic(rule)))


def _plain(value: Hashable) -> Json:
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return repr(value)
