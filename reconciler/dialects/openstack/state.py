"""What Octavia and Neutron refuse in a state of one listener or one group: for every prefix of a plan. Linear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects import _neutron, _octavia
from reconciler.model.objects import Policy, SecurityRule

Violation = tuple[str, str, str]


def listener(policies: Sequence[tuple[str, Policy]]) -> Iterator[Violation]:
    """Policies with too many rules: (policy id, code, what)."""
    for policy_id, policy in policies:
        if len(policy.rules) > _octavia.MAX_RULES:
            what = f"policy {policy.name!r} has {len(policy.rules)} rules; at most {_octavia.MAX_RULES}"
            yield policy_id, "OS-RULES", what


def group(rules: Sequence[tuple[str, SecurityRule]]) -> Iterator[Violation]:
    """Duplicates in one group: (rule id, code, what)."""
    seen: dict[object, str] = {}
    for rule_id, rule in rules:
        first = seen.setdefault(_neutron.identity(rule), rule_id)
        if first != rule_id:
            yield rule_id, "OS-SG-DUPLICATE", f"the rule is a duplicate of rule {first}"
