"""Gcore: L7 policies and rules, security group rules (Octavia and Neutron in other verbs)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.dialects import _neutron, _octavia
from reconciler.dialects.gcore import check_groups, check_policies, normal, state, tables
from reconciler.model.canonical import Json
from reconciler.model.desired import ListenerDocument, SecurityGroupDocument
from reconciler.model.objects import EMPTY, Policy, Rule, SecurityRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.live import GroupFacts, ListenerFacts, Quotas


class Gcore:
    """The :class:`reconciler.model.dialect.Dialect` of Gcore. Without state; use :data:`GCORE`."""

    name = "gcore"
    number_field = "position"
    rules_inline = False
    numbers = _octavia.POSITIONS
    max_rules = _octavia.MAX_RULES
    name_max = tables.NAME_MAX
    guard: Rule | None = tables.GUARD
    disabled_create = False
    reject_duplicate_match_sets = False

    def policy(self, raw: Mapping[str, Json]) -> Policy:
        """A policy in normal form."""
        return normal.policy(raw)

    def rule(self, raw: Mapping[str, Json]) -> Rule:
        """A rule in normal form."""
        return _octavia.rule(raw)

    def security_rule(self, raw: Mapping[str, Json]) -> SecurityRule:
        """A security group rule in normal form."""
        return _neutron.security_rule(raw)

    def unknown_fields(self, kind: str, raw: Mapping[str, Json]) -> list[str]:
        """Fields of a server's object that nobody here knows."""
        known = tables.KNOWN[kind]
        return [] if known.issuperset(raw) else sorted(set(raw) - known)

    def defaults(self, kind: str) -> Mapping[str, Json]:
        """What stands for an absent field, by kind."""
        return tables.DEFAULTS.get(kind, EMPTY)

    def security_identity(self, rule: SecurityRule) -> Hashable:
        """Equal for what Neutron refuses as a duplicate."""
        return _neutron.identity(rule)

    def security_traffic(self, rule: SecurityRule) -> Hashable:
        """Equal for rules with exactly the same effect."""
        return _neutron.traffic(rule)

    def can_update_policy(self, before: Policy, after: Policy) -> bool:
        """Always: a PATCH takes any action with its target."""
        return True

    def can_update_rule(self, before: Rule, after: Rule) -> bool:
        """Everything but taking a key away: ``key`` is not nullable in the request."""
        return before.key is None or after.key is not None

    def ordered_by_number(self, facts: ListenerFacts) -> bool:
        """Always by position."""
        return True

    def evaluation_class(self, policy: Policy, facts: ListenerFacts) -> int:
        """0 for all: that Gcore evaluates in Octavia's phases is likely, not documented. They only give warnings."""
        return 0

    def evaluation_key(self, policy: Policy, facts: ListenerFacts) -> tuple[object, ...]:
        """The position."""
        return (policy.number or 0,)

    def check_listener(self, document: ListenerDocument) -> Iterator[Diagnostic]:
        """GC constraints that the manifest alone decides."""
        return check_policies.listener(document)

    def check_security_group(self, document: SecurityGroupDocument) -> Iterator[Diagnostic]:
        """GC constraints that the manifest alone decides."""
        return check_groups.security_group(document)

    def check_listener_live(
        self, document: ListenerDocument, policies: Sequence[Policy], facts: ListenerFacts
    ) -> Iterator[Diagnostic]:
        """GC constraints that depend on the listener and its load balancer."""
        return check_policies.listener_live(document, facts)

    def check_group_live(
        self, document: SecurityGroupDocument, rules: Sequence[SecurityRule], facts: GroupFacts
    ) -> Iterator[Diagnostic]:
        """Duplicates that only show once names are ids."""
        return check_groups.group_live(document, rules)

    def state_violations(
        self, policies: Sequence[tuple[str, Policy]], facts: ListenerFacts, quotas: Quotas
    ) -> Iterator[tuple[str, str, str]]:
        """What the API refuses in this state of a listener."""
        return state.listener(policies)

    def group_state_violations(
        self, rules: Sequence[tuple[str, SecurityRule]], quotas: Quotas
    ) -> Iterator[tuple[str, str, str]]:
        """What the API refuses in this state of a group."""
        return state.group(rules)

    def arms(self, policy: Policy) -> bool:
        """False without rules and with the guard."""
        return _octavia.arms(policy, tables.GUARD)


GCORE = Gcore()
"""The dialect of Gcore."""
