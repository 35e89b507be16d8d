"""The independent replay of a security group's calls; see :mod:`reconciler.planning.verify`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.model.calls import Decoder, Effect
from reconciler.model.dialect import Dialect
from reconciler.model.live import Live, Quotas
from reconciler.model.objects import SecurityRule
from reconciler.planning.verify import FULL_CHECKS, Expected, Finding, Move


def verify_group(
    live: Live, moves: Sequence[Move], expected: Expected, dialect: Dialect, decoder: Decoder, quotas: Quotas
) -> tuple[list[Finding], int]:
    """Replay a group's calls: constraints and exposure between before-and-after and before-or-after at each state."""
    rules = {r.id: r.rule for r in live.security_rules}
    findings: list[Finding] = []
    known = {(i, c) for i, c, _ in dialect.group_state_violations(list(rules.items()), quotas)}
    traffic = dialect.security_traffic
    counts: Counter[object] = Counter(traffic(r) for r in rules.values())
    wanted = {traffic(r) for r in expected.rules}
    keep = {key for key in counts if key in wanted}
    gaps: set[int] = set()
    full = len(rules) * (len(moves) + 1) <= FULL_CHECKS
    for n, move in enumerate(moves):
        effect = decoder.effect(move.call)
        touched = _group_step(rules, counts, move, effect, dialect, expected, findings)
        state = rules if full or n == len(moves) - 1 else _same_identity(rules, touched, dialect)
        for rule_id, code, what in dialect.group_state_violations(list(state.items()), quotas):
            if (rule_id, code) not in known:
                known.add((rule_id, code))
                findings.append(Finding(code, move.id, what))
        for k, (first, last) in enumerate(expected.gaps):
            if move.id == first:
                gaps.add(k)
            if move.id == last:
                gaps.discard(k)
        if not gaps and any(counts[key] <= 0 for key in (keep if full else keep & {touched})):
            findings.append(Finding("PLAN-VERIFY", move.id, f"{move.address} is closed meanwhile, and no gap says so"))
    left = Counter(traffic(r) for i, r in rules.items() if i not in expected.untouched)
    if set(left) != wanted:
        findings.append(Finding("PLAN-VERIFY", None, "the group does not end as listed"))
    return findings, len(moves) + 1


def _group_step(
    rules: dict[str, SecurityRule],
    counts: Counter[object],
    move: Move,
    effect: Effect,
    dialect: Dialect,
    expected: Expected,
    findings: list[Finding],
) -> object:
    if effect.kind != "security_group_rule" or effect.op not in ("create", "delete"):
        findings.append(Finding("PLAN-VERIFY", move.id, f"{effect.op} {effect.kind} on a security group"))
        return None
    if effect.op == "create":
        rule = dialect.security_rule(effect.values)
        rules[move.id] = rule
        counts[dialect.security_traffic(rule)] += 1
        return dialect.security_traffic(rule)
    object_id = str(effect.object_id)
    if object_id in expected.untouched or object_id not in rules:
        findings.append(Finding("PLAN-VERIFY", move.id, f"the rule {object_id} is not the plan's to delete"))
        return None
    rule = rules.pop(object_id)
    counts[dialect.security_traffic(rule)] -= 1
    return dialect.security_traffic(rule)


def _same_identity(rules: Mapping[str, SecurityRule], touched: object, dialect: Dialect) -> dict[str, SecurityRule]:
    return {i: r for i, r in rules.items() if dialect.security_traffic(r) == touched}
