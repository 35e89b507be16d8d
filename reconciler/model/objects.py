"""The things that are reconciled, in normal form: conditions, rules, policies, security group rules.

A dialect makes them (``Dialect.policy`` and friends), equally for desired and live ones: absent, null and default are
one, references are ids, rules are in a fixed order. Equal objects therefore compare equal with ``==``, and the JSON
form of an object (``to_json``) holds no default and no null.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.canonical import Json, digest
from reconciler.records import dataclass, field

EMPTY: Mapping[str, Json] = {}
"""The one empty mapping: shared, never written to."""


def _empty() -> Mapping[str, Json]:
    return EMPTY


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """One alternative of a rule (Huawei): key and value; ``key`` is ``""`` for the types without a key."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One L7 rule. All rules of a policy must match; ``conditions`` are alternatives within one rule."""

    type: str
    compare_type: str
    value: str | None = None
    key: str | None = None
    invert: bool = False
    conditions: tuple[Condition, ...] = ()
    tags: tuple[str, ...] = ()
    admin_state_up: bool = True

    @property
    def sort_key(self) -> tuple[object, ...]:
        """A total order over rules, independent of where they came from."""
        return (
            self.type, self.key or "", self.compare_type, self.value or "", self.conditions,
            self.invert, self.tags, self.admin_state_up,
        )  # fmt: skip

    @property
    def match_set(self) -> tuple[object, ...]:
        """What decides which requests match: everything but the tags."""
        return (self.type, self.key or "", self.compare_type, self.value or "", self.conditions, self.invert,
                self.admin_state_up)  # fmt: skip

    def to_json(self) -> dict[str, Json]:
        """The API's own words, defaults and nulls left out."""
        out: dict[str, Json] = {"type": self.type, "compare_type": self.compare_type}
        if self.key is not None:
            out["key"] = self.key
        if self.value is not None:
            out["value"] = self.value
        if self.conditions:
            out["conditions"] = [
                {"key": c.key, "value": c.value} if c.key else {"value": c.value} for c in self.conditions
            ]
        if self.invert:
            out["invert"] = True
        if self.tags:
            out["tags"] = list(self.tags)
        if not self.admin_state_up:
            out["admin_state_up"] = False
        return out


@dataclass(frozen=True, slots=True)
class Policy:
    """One L7 policy with its rules.

    ``fields`` holds every other field of the API in normal form (``redirect_pool_id``, ``redirect_url_config``,
    ``description``, ``tags`` ...): no nulls, no defaults, references as ids, lists in a fixed order. ``number`` is
    the priority (Huawei) or position (Octavia, Gcore); it is no part of equality, because order is judged by list.
    """

    name: str
    action: str
    fields: Mapping[str, Json] = field(default_factory=_empty, hash=False)
    rules: tuple[Rule, ...] = ()
    number: int | None = field(default=None, compare=False)

    @property
    def match_set(self) -> tuple[tuple[object, ...], ...]:
        """Which requests match: the multiset of the rules' match sets (``rules`` is sorted already)."""
        return tuple(sorted((r.match_set for r in self.rules), key=repr))

    def to_json(self, *, with_rules: bool, number_field: str | None = None) -> dict[str, Json]:
        """The API's own words in normal form; ``rules`` only where the API takes them inline."""
        out: dict[str, Json] = {"name": self.name, "action": self.action, **self.fields}
        if with_rules:
            out["rules"] = [r.to_json() for r in self.rules]
        if number_field is not None and self.number is not None:
            out[number_field] = self.number
        return out


@dataclass(frozen=True, slots=True)
class SecurityRule:
    """One security group rule in normal form.

    Ports are ``port_range_min``/``port_range_max`` (Gcore, Neutron) or ``multiport`` (Huawei: sorted, merged by the
    dialect's rules). ``None`` means "any". ``description`` is no part of any identity.
    """

    direction: str
    ethertype: str
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    multiport: str | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None
    action: str | None = None
    priority: int | None = None
    enabled: bool = True
    description: str = ""

    def to_json(self) -> dict[str, Json]:
        """The API's own words, nulls and defaults left out."""
        out: dict[str, Json] = {"direction": self.direction, "ethertype": self.ethertype}
        for name in _OPTIONAL:
            value = getattr(self, name)
            if value is not None:
                out[name] = value
        if not self.enabled:
            out["enabled"] = False
        if self.description:
            out["description"] = self.description
        return out

    @property
    def ports(self) -> str:
        """Ports for people and addresses: ``443``, ``80-90``, ``22,80`` or ``any``."""
        if self.multiport is not None:
            return self.multiport
        if self.port_range_min is None and self.port_range_max is None:
            return "any"
        if self.port_range_min == self.port_range_max or self.port_range_max is None:
            return str(self.port_range_min)
        return f"{self.port_range_min}-{self.port_range_max}"

    @property
    def remote(self) -> str:
        """The other side for people and addresses: a prefix, a group's id, an address group's id, or ``any``."""
        return self.remote_ip_prefix or self.remote_group_id or self.remote_address_group_id or "any"


_OPTIONAL = (
    "protocol", "port_range_min", "port_range_max", "multiport", "remote_ip_prefix", "remote_group_id",
    "remote_address_group_id", "action", "priority",
)  # fmt: skip


def policy_fingerprint(policy: Policy, number_field: str | None) -> str:
    """Digest of one policy with its rules: the unit of staleness.

    ``number_field`` is given where the number is the policy's own (Huawei's priority) and None where it is an index
    that neighbours move.
    """
    return digest(policy.to_json(with_rules=True, number_field=number_field))


def security_rule_fingerprint(rule: SecurityRule) -> str:
    """Digest of one security group rule."""
    return digest(rule.to_json())
