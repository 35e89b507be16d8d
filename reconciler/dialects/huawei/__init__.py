"""Huawei Cloud: ELB v3 policies and rules, VPC v3 security group rules."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.dialects.huawei import checks, evaluation, normal, tables
from reconciler.model.canonical import Json
from reconciler.model.desired import ListenerDocument, SecurityGroupDocument
from reconciler.model.objects import EMPTY, Policy, Rule, SecurityRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.live import GroupFacts, ListenerFacts, Quotas


class Huawei:
    """The :class:`reconciler.model.dialect.Dialect` of Huawei Cloud. Without state; use :data:`HUAWEI`."""

    name = "huawei"
    number_field = "priority"
    rules_inline = True
    numbers = tables.NUMBERS
    max_rules = tables.MAX_CONDITIONS
    name_max = tables.NAME_MAX
    guard: Rule | None = None
    disabled_create = False
    reject_duplicate_match_sets = True

    def policy(self, raw: Mapping[str, Json]) -> Policy:
        """A policy in normal form."""
        return normal.policy(raw)

    def rule(self, raw: Mapping[str, Json]) -> Rule:
        """A rule in normal form."""
        return normal.rule(raw)

    def security_rule(self, raw: Mapping[str, Json]) -> SecurityRule:
        """A security group rule in normal form."""
        return normal.security_rule(raw)

    def unknown_fields(self, kind: str, raw: Mapping[str, Json]) -> list[str]:
        """Fields of a server's object that nobody here knows."""
        known = tables.KNOWN[kind]
        return [] if known.issuperset(raw) else sorted(set(raw) - known)

    def defaults(self, kind: str) -> Mapping[str, Json]:
        """What stands for an absent field, by kind; nested objects (``redirect_url_config`` ...) are kinds, too."""
        return tables.DEFAULTS.get(kind, EMPTY)

    def security_identity(self, rule: SecurityRule) -> Hashable:
        """Equal for what the API refuses as a duplicate (HW-S03)."""
        return normal.identity(rule)

    def security_traffic(self, rule: SecurityRule) -> Hashable:
        """Equal for rules with exactly the same effect."""
        return normal.traffic(rule)

    def can_update_policy(self, before: Policy, after: Policy) -> bool:
        """Never the action: it is create-only."""
        return before.action == after.action

    def can_update_rule(self, before: Rule, after: Rule) -> bool:
        """Never the type; and whether a rule PUT can swap conditions and value is not documented: a policy PUT can."""
        return before.type == after.type and bool(before.conditions) == bool(after.conditions)

    def ordered_by_number(self, facts: ListenerFacts) -> bool:
        """By priority with advanced forwarding on a dedicated load balancer; else by content."""
        from reconciler.dialects.huawei import state

        return state.ordered_by_number(facts)

    def evaluation_class(self, policy: Policy, facts: ListenerFacts) -> int:
        """0 for REDIRECT_TO_LISTENER, which beats every other policy (HW-R05); 1 for the others."""
        return evaluation.evaluation_class(policy)

    def evaluation_key(self, policy: Policy, facts: ListenerFacts) -> tuple[object, ...]:
        """The automatic order (HW-R28)."""
        return evaluation.evaluation_key(policy)

    def check_listener(self, document: ListenerDocument) -> Iterator[Diagnostic]:
        """HW-R constraints that the manifest alone decides."""
        return checks.listener(document)

    def check_security_group(self, document: SecurityGroupDocument) -> Iterator[Diagnostic]:
        """HW-S constraints that the manifest alone decides."""
        from reconciler.dialects.huawei import check_groups

        return check_groups.security_group(document)

    def check_listener_live(
        self, document: ListenerDocument, policies: Sequence[Policy], facts: ListenerFacts
    ) -> Iterator[Diagnostic]:
        """HW-R constraints that depend on the listener and its load balancer."""
        from reconciler.dialects.huawei import check_live

        return check_live.listener_live(document, policies, facts)

    def check_group_live(
        self, document: SecurityGroupDocument, rules: Sequence[SecurityRule], facts: GroupFacts
    ) -> Iterator[Diagnostic]:
        """Duplicates that only show once names are ids."""
        from reconciler.dialects.huawei import check_groups

        return check_groups.group_live(document, rules)

    def state_violations(
        self, policies: Sequence[tuple[str, Policy]], facts: ListenerFacts, quotas: Quotas
    ) -> Iterator[tuple[str, str, str]]:
        """What the API refuses in this state of a listener."""
        from reconciler.dialects.huawei import state

        return state.listener(policies, facts, quotas)

    def group_state_violations(
        self, rules: Sequence[tuple[str, SecurityRule]], quotas: Quotas
    ) -> Iterator[tuple[str, str, str]]:
        """What the API refuses in this state of a group."""
        from reconciler.dialects.huawei import state

        return state.group(rules, quotas)

    def arms(self, policy: Policy) -> bool:
        """Every policy is in effect from its one call on."""
        return True


HUAWEI = Huawei()
"""The dialect of Huawei Cloud."""
