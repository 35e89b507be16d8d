"""Calls on the rules of one policy, where every rule is a call of its own (Gcore, Octavia).

A policy must never match more than its old and new rules together: new ones are armed last (semantics.md 6.5), live
ones narrow, cross over in one call and widen again (6.10), or a clone takes over.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.dialect import Dialect
from reconciler.model.live import LivePolicy
from reconciler.model.objects import Policy, Rule
from reconciler.planning.match import RuleDiff, match_rules
from reconciler.planning.order import DOWN, STAY, UP
from reconciler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class RuleCall:
    """One call on a rule. ``rule_id`` is its live id; None for a new one, and for the guard made in the same program.

    ``stands_for`` is the rule whose address the call has.
    """

    op: str  # create | update | delete
    before: Rule | None
    after: Rule | None
    rule_id: str | None = None
    role: str = "none"
    reason: str = ""
    stands_for: Rule | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """What happens to the rules of one live policy.

    ``phase``: where its calls belong (up: the region grows or crosses over; down: it shrinks). ``clone``: no calls in
    place, a clone takes over. ``unproven``: the new region neither contains nor is inside the old one. ``offline``: the
    policy matches nothing before or afterwards, and must not match in between either. ``cut``: so many of the calls
    come before the policy's own call, the others behind it (None: the policy's call is apart).
    """

    calls: tuple[RuleCall, ...] = ()
    phase: str = STAY
    clone: bool = False
    unproven: bool = False
    offline: bool = False
    cut: int | None = None


def creation(wanted: Sequence[Rule], dialect: Dialect, reason: str = "rule of a new policy") -> tuple[RuleCall, ...]:
    """The rules of a policy that has none: one alone arms it; several come behind the guard, which arms last."""
    if len(wanted) < 2 or dialect.guard is None:
        return tuple(RuleCall("create", None, r, reason=reason, stands_for=r) for r in wanted)
    last = _armed_last(wanted)
    rest = list(wanted)
    rest.remove(last)
    return (
        RuleCall("create", None, dialect.guard, role="guard", reason=_WHY_GUARD, stands_for=last),
        *(RuleCall("create", None, r, reason=reason, stands_for=r) for r in rest),
        RuleCall("update", dialect.guard, last, role="arm", reason=_WHY_ARM, stands_for=last),
    )


_WHY_GUARD = "keeps the policy from matching until its rules are complete"
_WHY_ARM = "the rules are complete: the guard becomes the last of them"


def _armed_last(rules: Sequence[Rule]) -> Rule:
    return next((r for r in rules if r.type == "PATH"), rules[0])


def creation_calls(wanted: Policy, dialect: Dialect) -> int:
    """How many calls a new policy takes, its own included."""
    k = len(wanted.rules)
    if dialect.rules_inline:
        return 1
    return k + 1 if k < 2 else k + 2


def program(live: LivePolicy, wanted: Policy, dialect: Dialect) -> Program:
    """The calls that turn the live policy's rules into the wanted ones, fewest first (semantics.md 6.10)."""
    if dialect.disabled_create and not (dialect.arms(live.policy) and dialect.arms(wanted)):
        return _offline(live, wanted, dialect)
    if not dialect.arms(live.policy):
        return Program(_finish(live, wanted, dialect), UP)
    diff = match_rules(live.rules_with_ids, wanted.rules, dialect.can_update_rule)
    touched = {i for _, i, _ in diff.changed} | {i for _, i in diff.removed}
    healing = _heal_rules(live, touched)
    if diff.empty:
        return Program(healing, UP if healing else STAY)
    if not wanted.rules:
        return Program(_disarm(live, dialect), DOWN)
    if not diff.removed and not diff.changed:
        return Program((*healing, *(_post(r) for r in diff.added)), DOWN)
    if not diff.added and not diff.changed:
        return Program((*healing, *(_delete(r, i) for r, i in diff.removed)), UP)
    found = _cross(live, wanted, diff, dialect)
    return found if found.clone else replace(found, calls=(*healing, *found.calls))


def _cross(live: LivePolicy, wanted: Policy, diff: RuleDiff, dialect: Dialect) -> Program:
    """Narrow within the old region, cross over in one call, widen within the new; or clone, arm and delete."""
    old = [*((r, i) for r, i, _ in diff.changed), *diff.removed]
    new = [*(w for _, _, w in diff.changed), *diff.added]
    clone_calls = creation_calls(wanted, dialect) + 2  # the old one goes, the clone gets its name
    in_place = len(old) + len(new) - 1
    room = len(live.policy.rules) + len(new) - 1 <= dialect.max_rules
    if not diff.changed or not room or clone_calls < in_place:
        return Program(clone=True, phase=UP, unproven=True)
    before, rule_id, after = diff.changed[0]
    new.remove(after)
    old.remove((before, rule_id))
    crossing = RuleCall("update", before, after, rule_id, reason="the rule differs", stands_for=after)
    calls = (*(_post(r) for r in new), crossing, *(_delete(r, i) for r, i in old))
    only_tags = not new and not old and before.match_set == after.match_set
    return Program(calls, UP, unproven=not only_tags)


def around(live: LivePolicy, wanted: Policy, dialect: Dialect) -> Program | None:
    """Target (or place) and rules change together: narrow to old AND new, the policy's own call, widen to new.

    POST all new rules, PATCH, DELETE all old ones: while the policy gets its new target, it matches only what its old
    and its new rules match both. None where the rule limit has no room.
    """
    diff = match_rules(live.rules_with_ids, wanted.rules, dialect.can_update_rule)
    old = [*((r, i) for r, i, _ in diff.changed), *diff.removed]
    new = [*(w for _, _, w in diff.changed), *diff.added]
    if not old or not new or len(live.policy.rules) + len(new) > dialect.max_rules:
        return None
    healing = _heal_rules(live, {i for _, i in old})
    calls = (*healing, *(_post(r) for r in new), *(_delete(r, i) for r, i in old))
    return Program(calls, UP, unproven=True, cut=len(healing) + len(new))


def _offline(live: LivePolicy, wanted: Policy, dialect: Dialect) -> Program:
    """A policy that does not match now, or is not to match afterwards: whatever differs, where it can be disabled."""
    diff = match_rules(live.rules_with_ids, wanted.rules, dialect.can_update_rule)
    touched = {i for _, i, _ in diff.changed} | {i for _, i in diff.removed}
    calls = (
        *_heal_rules(live, touched),
        *(_delete(r, i) for r, i in diff.removed),
        *(RuleCall("update", b, a, i, reason="the rule differs", stands_for=a) for b, i, a in diff.changed),
        *(_post(r) for r in diff.added),
    )
    return Program(calls, UP if dialect.arms(wanted) else DOWN, offline=True)


def _finish(live: LivePolicy, wanted: Policy, dialect: Dialect) -> tuple[RuleCall, ...]:
    """A policy that never matches (no rules, or the guard): complete it, arm it last."""
    guard = dialect.guard
    why = "completes a policy that an unfinished run left unarmed"
    guards = [(r, i) for r, i in live.rules_with_ids if guard is not None and r.match_set == guard.match_set]
    if not guards:
        return creation(wanted.rules, dialect, why)
    rest = [(r, i) for r, i in live.rules_with_ids if (r, i) not in guards]
    diff = match_rules(rest, wanted.rules, dialect.can_update_rule)
    calls = [_delete(r, i, why) for r, i in (*diff.removed, *guards[1:])]
    calls += [RuleCall("update", b, a, i, reason=why, stands_for=a) for b, i, a in diff.changed]
    the_guard, guard_id = guards[0]
    if not diff.added:
        if wanted.rules:
            calls.append(RuleCall("delete", the_guard, None, guard_id, "arm", _WHY_ARM, the_guard))
        return tuple(calls)
    last = _armed_last(diff.added)
    added = list(diff.added)
    added.remove(last)
    calls += [RuleCall("create", None, r, reason=why, stands_for=r) for r in added]
    calls.append(RuleCall("update", the_guard, last, guard_id, "arm", _WHY_ARM, last))
    return tuple(calls)


def _disarm(live: LivePolicy, dialect: Dialect) -> tuple[RuleCall, ...]:
    """All rules go: the first becomes the guard, so that the policy never matches more than it did."""
    (first, first_id), *rest = live.rules_with_ids
    if not rest or dialect.guard is None:
        return tuple(_delete(r, i) for r, i in live.rules_with_ids)
    return (
        RuleCall("update", first, dialect.guard, first_id, "guard", "takes the policy out of service", first),
        *(_delete(r, i) for r, i in rest),
        RuleCall("delete", dialect.guard, None, first_id, "none", "not listed", first),
    )


def _heal_rules(live: LivePolicy, touched: set[str]) -> tuple[RuleCall, ...]:
    """Rules in ERROR that nothing else writes are sent again with the same values."""
    return tuple(
        RuleCall("update", rule, rule, rule_id, "heal", "the rule is in ERROR", rule)
        for (rule, rule_id), status in zip(live.rules_with_ids, live.rule_statuses, strict=False)
        if status == "ERROR" and rule_id not in touched
    )


def _post(rule: Rule) -> RuleCall:
    return RuleCall("create", None, rule, reason="the rule is listed, not live", stands_for=rule)


def _delete(rule: Rule, rule_id: str, reason: str = "the rule is live, not listed") -> RuleCall:
    return RuleCall("delete", rule, None, rule_id, reason=reason, stands_for=rule)
