"""What Huawei refuses in a state of one listener or one group: for every prefix of a plan. Linear, codes as data.

Independent of the manifest checks: these look at normal forms only, so that each can catch the other's mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.huawei import normal, tables
from reconciler.model.objects import Policy, SecurityRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.live import ListenerFacts, Quotas

Violation = tuple[str, str, str]


def ordered_by_number(facts_: ListenerFacts) -> bool:
    """Priorities decide only with advanced forwarding, which shared load balancers lack (HW-R22, HW-R29)."""
    return facts_.advanced_forwarding is True and facts_.load_balancer_kind != "shared"


def listener(policies: Sequence[tuple[str, Policy]], facts_: ListenerFacts, quotas: Quotas) -> Iterator[Violation]:
    """Every constraint that this set of policies breaks: (policy id, code, what)."""
    numbered = ordered_by_number(facts_)
    numbers: dict[int, tuple[str, str]] = {}
    matches: dict[object, tuple[str, str]] = {}
    conditions = _limit(quotas, "condition_per_policy", tables.MAX_CONDITIONS)
    pools = _limit(quotas, "pools_per_l7policy", tables.MAX_POOLS)
    for policy_id, policy in policies:
        yield from _policy(policy_id, policy, conditions, pools)
        if numbered and policy.number is not None:
            yield from _number(policy_id, policy, numbers)
        if policy.action != "REDIRECT_TO_LISTENER" and policy.rules:
            key = tuple(r.match_set for r in policy.rules)
            first = matches.setdefault(key, (policy_id, policy.name))
            if first[0] != policy_id:
                yield policy_id, "HW-R79", f"policy {policy.name!r} has the same rules as policy {first[1]!r}"
    limit = quotas.limits.get("l7policies_per_listener", -1)
    if 0 <= limit < len(policies):
        yield policies[-1][0], "HW-R80", f"{len(policies)} policies on one listener; at most {limit} take effect"


def _limit(quotas: Quotas, key: str, fixed: int) -> int:
    """The API's fixed limit, or the account's where that is smaller."""
    quota = quotas.limits.get(key, -1)
    return fixed if quota < 0 else min(quota, fixed)


def _policy(policy_id: str, policy: Policy, conditions: int, pools: int) -> Iterator[Violation]:
    if policy.action == "REDIRECT_TO_LISTENER" and policy.rules:
        yield policy_id, "HW-R60", f"policy {policy.name!r} redirects to a listener and has rules"
    count = 0
    seen: set[str] = set()
    for rule in policy.rules:
        count += len(rule.conditions) or 1
        if rule.type in tables.SINGLE_TYPES:
            if rule.type in seen:
                yield policy_id, "HW-R62", f"policy {policy.name!r} has more than one {rule.type} rule"
            seen.add(rule.type)
    if count > conditions:
        yield policy_id, "HW-R61", f"policy {policy.name!r} has {count} conditions; at most {conditions}"
    config = policy.fields.get("redirect_pools_config", ())
    if len(config) > pools:
        yield policy_id, "HW-R13", f"policy {policy.name!r} has {len(config)} pools; at most {pools}"


def _number(policy_id: str, policy: Policy, numbers: dict[int, tuple[str, str]]) -> Iterator[Violation]:
    number = policy.number
    assert number is not None
    low = 0 if policy.action == "REDIRECT_TO_LISTENER" else tables.NUMBERS[0]
    if not low <= number <= tables.NUMBERS[1]:
        yield (
            policy_id,
            "HW-R23",
            f"policy {policy.name!r} has priority {number}; {low} to {tables.NUMBERS[1]} are valid",
        )
    other_id, other = numbers.setdefault(number, (policy_id, policy.name))
    if other_id != policy_id:
        yield policy_id, "HW-R21", f"policies {other!r} and {policy.name!r} both have priority {number}"


def group(rules: Sequence[tuple[str, SecurityRule]], quotas: Quotas) -> Iterator[Violation]:
    """Duplicates in one group: (rule id, code, what)."""
    seen: dict[object, str] = {}
    for rule_id, rule in rules:
        first = seen.setdefault(normal.identity(rule), rule_id)
        if first != rule_id:
            yield rule_id, "HW-S03", f"the rule is a duplicate of rule {first}"
