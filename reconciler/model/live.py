"""What a provider's API shows: the inventory (names and ids), live objects, and facts that decide what is allowed."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Diagnostic
from reconciler.model.objects import Policy, Rule, SecurityRule
from reconciler.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Named:
    """One live object of the inventory. ``protocol`` for listeners and pools, ``port`` for listeners."""

    kind: str  # load_balancer | listener | pool | security_group
    id: str
    name: str
    load_balancers: tuple[str, ...] = ()  # ids; for a listener exactly one where the API tells it
    protocol: str | None = None
    port: int | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What resolution needs: for each kind the names and the ids that manifests use.

    ``pools_of`` and ``listeners_of`` are looked up on the load balancers of the found listeners.
    """

    names: Mapping[str, frozenset[str]] = field(hash=False)
    ids: Mapping[str, frozenset[str]] = field(hash=False)


@dataclass(frozen=True, slots=True)
class ReadTerm:
    """One term of the read formula: what was read, the formula in words, and how many calls that is."""

    name: str
    formula: str
    calls: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """Names and ids of load balancers, listeners, pools and security groups, and what reading them took.

    ``untold``: what was wanted and cannot be told, neither that it exists nor that it does not.
    """

    objects: tuple[Named, ...] = ()
    reads: tuple[ReadTerm, ...] = ()
    untold: Wanted | None = None

    def of(self, kind: str) -> tuple[Named, ...]:
        """All objects of one kind."""
        return tuple(o for o in self.objects if o.kind == kind)


@dataclass(frozen=True, slots=True)
class ScopeRef:
    """A resolved scope: the document's address, the live id of its listener or group, and its load balancer."""

    address: str
    kind: str  # listener | security_group
    id: str
    load_balancer_id: str | None = None


@dataclass(frozen=True, slots=True)
class LivePolicy:
    """A live policy. ``rule_ids`` stands beside ``policy.rules``: the id of the rule at the same index.

    ``rule_statuses`` and ``rule_stamps`` (updated_at) likewise, where the API has them.
    """

    id: str
    policy: Policy
    rule_ids: tuple[str, ...] = ()
    status: str = "ACTIVE"  # provisioning_status
    rule_statuses: tuple[str, ...] = ()
    updated_at: str | None = None
    rule_stamps: tuple[str | None, ...] = field(default=(), compare=False)

    @property
    def rules_with_ids(self) -> tuple[tuple[Rule, str], ...]:
        """Each rule with its id."""
        return tuple(zip(self.policy.rules, self.rule_ids, strict=True))


@dataclass(frozen=True, slots=True)
class LiveSecurityRule:
    """A live security group rule. ``system`` marks platform-made rules that are never touched (Gcore)."""

    id: str
    rule: SecurityRule
    system: bool = False
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class ListenerFacts:
    """What decides which policies a listener may have. None: the provider has no such thing (or did not tell)."""

    listener_id: str
    name: str = ""
    protocol: str | None = None
    port: int | None = None
    advanced_forwarding: bool | None = None  # Huawei's enhance_l7policy_enable
    load_balancer_id: str | None = None
    load_balancer_kind: str | None = None  # dedicated | shared
    load_balancer_status: str | None = None  # provisioning_status
    load_balancer_provider: str | None = None  # Octavia: amphora, ...
    default_pool_id: str | None = None
    settled: bool = True  # false: something is in flight on the load balancer (PENDING_*, a task)
    listeners: Mapping[str, Named] = field(default_factory=dict, hash=False)  # on the same load balancer, by id
    pools: Mapping[str, Named] = field(default_factory=dict, hash=False)  # on the same load balancer, by id


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What decides which rules a security group may have."""

    group_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """The live state of one scope.

    ``policies`` are in the order in which the API's numbers put them (evaluation classes not applied).
    ``unknown_fields`` counts server fields that no room knows: they stay out of the diff. ``diagnostics`` says what
    could not be read as an object. ``error`` is set when the scope could not be read at all.
    """

    scope: ScopeRef
    facts: ListenerFacts | GroupFacts
    policies: tuple[LivePolicy, ...] = ()
    security_rules: tuple[LiveSecurityRule, ...] = ()
    unknown_fields: Mapping[str, int] = field(default_factory=dict, hash=False)
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A scope that could not be read: the reason as a diagnostic."""

    scope: ScopeRef
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class ReadResult:
    """All scopes of one provider, read together so that list calls are shared."""

    lives: tuple[Live, ...] = ()
    failures: tuple[ReadFailure, ...] = ()
    reads: tuple[ReadTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class Quotas:
    """Limits and use by the API's quota key; -1 and absent mean unlimited or unknown."""

    limits: Mapping[str, int] = field(default_factory=dict, hash=False)
    used: Mapping[str, int] = field(default_factory=dict, hash=False)
    reads: tuple[ReadTerm, ...] = ()
