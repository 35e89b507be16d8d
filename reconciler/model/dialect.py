"""What a provider allows and how it evaluates: the protocol that every dialect fulfils (data and pure functions)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic
    from reconciler.model.canonical import Json
    from reconciler.model.desired import ListenerDocument, SecurityGroupDocument
    from reconciler.model.live import GroupFacts, ListenerFacts, Quotas
    from reconciler.model.objects import Policy, Rule, SecurityRule



class Dialect(Protocol):
    """One provider's rules of the game."""

    name: str
    """The provider type: huawei, gcore, openstack."""

    number_field: str
    """``priority`` (sparse numbers that are the policy's own) or ``position`` (a dense index)."""

    rules_inline: bool
    """True where a policy call carries its rules (Huawei); False where every rule is a call of its own."""

    numbers: tuple[int, int]
    """Smallest and largest number that a policy may have."""

    max_rules: int
    """How many rules (conditions where the provider counts those) a policy may have."""

    name_max: int
    """Longest policy name (for clones)."""

    guard: Rule | None
    """The rule that never matches, to arm a new policy late (Gcore); None where one call makes a whole policy."""

    disabled_create: bool
    """True where a policy can be created disabled and enabled last (Octavia)."""

    reject_duplicate_match_sets: bool
    """True where two policies of one listener must not have equal match sets (Huawei, HW-R79)."""

    # ------------------------------------------------------------------ normal form (desired and live alike)
    def policy(self, raw: Mapping[str, Json]) -> Policy:
        """A policy from the API's words (name, action, fields, rules as full objects, number); references are ids.

        Unknown keys are left out. Absent = null = default. Idempotent over ``Policy.to_json``.
        """
        ...

    def rule(self, raw: Mapping[str, Json]) -> Rule:
        """A rule from the API's words."""
        ...

    def security_rule(self, raw: Mapping[str, Json]) -> SecurityRule:
        """A security group rule from the API's words."""
        ...

    def unknown_fields(self, kind: str, raw: Mapping[str, Json]) -> list[str]:
        """Fields of a server's object (l7policy, l7rule, security_group_rule) that no room knows."""
        ...

    def defaults(self, kind: str) -> Mapping[str, Json]:
        """The value that stands for an absent field, by kind: what an encoder sends to take a field back."""
        ...

    # ------------------------------------------------------------------ identity and change
    def security_identity(self, rule: SecurityRule) -> Hashable:
        """Two rules that the provider itself would refuse as duplicates have equal identities."""
        ...

    def security_traffic(self, rule: SecurityRule) -> Hashable:
        """Two rules that admit (or deny) exactly the same traffic have equal keys; identity is finer or equal."""
        ...

    def can_update_policy(self, before: Policy, after: Policy) -> bool:
        """Can the policy itself (not its rules) be changed in place by one call? (Huawei: never the action.)"""
        ...

    def can_update_rule(self, before: Rule, after: Rule) -> bool:
        """Can one call on the rule turn ``before`` into ``after``?"""
        ...

    # ------------------------------------------------------------------ evaluation
    def ordered_by_number(self, facts: ListenerFacts) -> bool:
        """Does the number decide the order? False: the cloud orders by content (Huawei without adv. forwarding)."""
        ...

    def evaluation_class(self, policy: Policy, facts: ListenerFacts) -> int:
        """Policies of a lower class are evaluated before all of a higher one; 0 for all where classes do not hold."""
        ...

    def evaluation_key(self, policy: Policy, facts: ListenerFacts) -> tuple[object, ...]:
        """Sort key of the real evaluation order where :meth:`ordered_by_number` is False."""
        ...

    # ------------------------------------------------------------------ constraints
    def check_listener(self, document: ListenerDocument) -> Iterator[Diagnostic]:
        """All constraints that need no live facts. Diagnostics carry ``address`` (scope) and ``path``."""
        ...

    def check_security_group(self, document: SecurityGroupDocument) -> Iterator[Diagnostic]:
        """All constraints that need no live facts."""
        ...

    def check_listener_live(
        self, document: ListenerDocument, policies: Sequence[Policy], facts: ListenerFacts
    ) -> Iterator[Diagnostic]:
        """Constraints that need live facts. ``policies`` are the resolved ones, aligned with the document's."""
        ...

    def check_group_live(
        self, document: SecurityGroupDocument, rules: Sequence[SecurityRule], facts: GroupFacts
    ) -> Iterator[Diagnostic]:
        """Constraints that need live facts. ``rules`` are the resolved ones, aligned with the document's."""
        ...

    def state_violations(
        self, policies: Sequence[tuple[str, Policy]], facts: ListenerFacts, quotas: Quotas
    ) -> Iterator[tuple[str, str, str]]:
        """Provider constraints that a state of one listener breaks: (policy id, code, what). For every plan prefix.

        ``policies`` are (id, policy with rules and number) of everything on the listener. A dense position is not
        checked here. Must be linear in the number of policies.
        """
        ...

    def group_state_violations(
        self, rules: Sequence[tuple[str, SecurityRule]], quotas: Quotas
    ) -> Iterator[tuple[str, str, str]]:
        """Provider constraints that a state of one group breaks: (rule id, code, what), e.g. duplicates."""
        ...

    def arms(self, policy: Policy) -> bool:
        """Does this policy ever match? False for one without rules, or with the guard (Gcore, Octavia)."""
        ...
